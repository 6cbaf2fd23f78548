"""`iken agreement` and `iken adjudicate`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from pipeline.accuracy import Accuracy, TooFewLabelsError, acceptance_rate, independent_accuracy
from pipeline.adjudicate import ASIDE, Adjudication, adjudicate
from pipeline.agreement import ALL_ROUNDS, MEASURES, MODEL, Agreement, agreement, decisions_from_labels
from pipeline.cells import in_percent
from pipeline.cli.console import Console
from pipeline.cli.for_people import write_for_people
from pipeline.cli.inputs import read_plan, refuse_earlier_stages
from pipeline.cli.outputs import check_outputs
from pipeline.cli.source_notes import say_sheets
from pipeline.codebook import Codebook
from pipeline.decisions import (
    check_decisions,
    check_texts,
    naming_the_file,
    read_decisions,
    with_canonical_codes,
)
from pipeline.disagreement import PARTLY
from pipeline.errors import InputError, counted, listed
from pipeline.metrics import Figure
from pipeline.notation import level_name
from pipeline.placing import make_folder, whole_files
from pipeline.sheets import check_excel
from pipeline.tableio import check_ending, open_rows, read_table, write_table
from pipeline.tables import DECISIONS, LABELS, records

_SHOWN = 10


def run_agreement(
    console: Console, files: Sequence[Path], codebook_path: Path, out: Path | None, seed: int
) -> int:
    """Print agreement, accuracy and acceptance; write the tables; return the exit code."""
    check_outputs([("--out", out)], [*files, codebook_path])
    if out is not None:
        check_excel(out)
    say_sheets(console, codebook_path, *files)
    codebook = read_plan(console, codebook_path)
    table = _read(files, codebook)
    with console.status("計算中", "computing"):
        result = agreement(table, codebook, seed=seed)
    console.say(
        f"判定 {result.decisions:,}件(担当者: {'、'.join(result.coders)})。2人以上が判定した意見 {result.compared:,}件、"
        f"コードなし(unsure・reject)で数えない判定 {result.missing:,}件",
        f"{counted(result.decisions, 'decision')} ({', '.join(result.coders)}); {counted(result.compared, 'opinion')} coded by two or more; "
        f"{result.missing:,} without a code (unsure, reject) are not counted",
    )
    _print_figures(console, result, codebook.depth)
    _print_confusions(console, result)
    sheets = {
        console.t("一致度", "agreement"): result.figures,
        console.t("取り違え", "confusions"): result.confusions,
        console.t("食い違い", "disagreements"): result.disagreements,
    }
    _print_accuracy(console, table, codebook)
    if out is not None:
        write_for_people(console, sheets, out)
        console.say(f"書き出し: {out}", f"written: {out}")
    return 0


def _read(files: Sequence[Path], codebook: Codebook) -> pd.DataFrame:
    """Read DECISIONS, or LABELS of several coders; each file may be either."""
    tables = []
    for path in files:
        content = read_table(path)
        refuse_earlier_stages(content.columns, path, LABELS, DECISIONS)
        if not {"action", "decision_id", "round"} & set(content.columns):
            content = decisions_from_labels(content, str(path))
        tables.append(with_canonical_codes(check_decisions(content, str(path)), codebook, str(path)))
    try:
        table = check_decisions(pd.concat(tables, ignore_index=True).fillna(""))
        check_texts(table)
    except InputError as error:
        raise naming_the_file(error, files, tables) from None
    return table


def _print_figures(console: Console, result: Agreement, depth: int) -> None:
    found = {
        (r["compared"], r["coder_a"], r["coder_b"], r["level"], r["measure"]): r
        for r in records(result.figures)
        if r["round"] == ALL_ROUNDS
    }
    measures = [m for m in MEASURES if any(key[4] == m for key in found)]
    groups = list(dict.fromkeys(key[:3] for key in found))
    rows = []
    for group in groups:
        for level in range(1, depth + 1):
            cells = [found.get((*group, str(level), m)) for m in measures]
            units = max(int(c["units"]) for c in cells if c)
            name = _who(console, *group) if level == 1 else ""
            rows.append([name, level_name(level, depth, console.language), units, *(_cell(c) for c in cells)])
    console.table(
        console.t(
            "一致度。[ ] は95%信頼区間、– は計算しないもの。MASI は複数のコードを組として比べる",
            "agreement; [ ] is the 95 % interval; MASI compares several codes as a set",
        ),
        [
            console.t("誰と誰", "who"),
            console.t("階層", "level"),
            console.t("件数", "n"),
            *(console.t(*MEASURES[m]) for m in measures),
        ],
        rows,
    )


def _who(console: Console, compared: str, a: str, b: str) -> str:
    if compared == "people":
        return console.t("全担当者", "all coders")
    if compared == MODEL:
        return f"{console.t('モデル', 'model')} × {b or console.t('全員', 'everybody')}"
    return f"{a} × {b}"


def _cell(row: Mapping[str, str] | None) -> str:
    if row is None or not row["value"]:
        return "–"
    value = f"{float(row['value']):.3f}"
    # Without the zero before the point, so that four measures stand side by side.
    low, high = (f"{float(row[k]):.2f}".replace("0.", ".") if row[k] else "" for k in ("low", "high"))
    return f"{value} [{low}, {high}]" if low else value


def _print_confusions(console: Console, result: Agreement) -> None:
    if not len(result.confusions):
        return
    rows = [
        [f"{r['code_a']} {r['title_a']}", f"{r['code_b']} {r['title_b']}", r["differs_at"], int(r["n"])]
        for r in records(result.confusions.head(_SHOWN))
    ]
    console.table(
        console.t(
            f"取り違えの多い組(全{len(result.confusions)}組)",
            f"codes confused ({counted(len(result.confusions), 'pair')})",
        ),
        [
            console.t("一方", "one"),
            console.t("他方", "other"),
            console.t("分かれる階層", "part at level"),
            console.t("件数", "n"),
        ],
        rows,
    )
    partly = int((result.disagreements["differs_at"] == PARTLY).sum())
    if partly:
        console.say(
            f"第1コードは同じで、2つ目以降が違う組: {partly}",
            f"pairs with the same first code and other further codes: {partly}",
        )


def _print_accuracy(console: Console, table: pd.DataFrame, codebook: Codebook) -> None:
    rate = acceptance_rate(table)
    if rate.n:
        console.say(
            f"採用率(精度ではない): 画面に出た第1候補 {rate.n:,}件(要確認・該当なしの疑いの行も)のうち {_percent(rate)} が採用された",
            f"acceptance (no accuracy): {_percent(rate)} taken of {counted(rate.n, 'first suggestion')} on screen, "
            "those of comments left to people or maybe outside the plan too",
        )
    try:
        accuracy: Accuracy = independent_accuracy(table, codebook)
    except TooFewLabelsError as error:
        console.say(error.ja, error.en)
        return
    console.say(
        f"モデルの精度(提案を見ずに判定した意見 {accuracy.labels:,}件から): "
        + "、".join(
            f"{level_name(k, codebook.depth, 'ja')} {_percent(f)}" for k, f in accuracy.levels.items()
        ),
        f"accuracy of the model (on {counted(accuracy.labels, 'opinion')} coded without sight of it): "
        + ", ".join(
            f"{level_name(k, codebook.depth, 'en')} {_percent(f)}" for k, f in accuracy.levels.items()
        ),
    )


def _percent(figure: Figure) -> str:
    value, low, high = (in_percent(v, 1) for v in (figure.value, figure.low, figure.high))
    return f"{value} [{low}, {high}]"


# -- adjudicate ------------------------------------------------------------------------------------


def run_adjudicate(
    console: Console, files: Sequence[Path], codebook_path: Path, out: Path, *, strict: bool
) -> int:
    """Write labels, open cases and the account of all decisions; return the exit code."""
    check_ending(out)
    # Excel files: `iken train` reads every .csv in data/labels.
    open_file, account_file = (out.with_name(f"{out.stem}.{name}.xlsx") for name in ("open", "account"))
    check_outputs([("--out", p) for p in (out, open_file, account_file)], [*files, codebook_path])
    say_sheets(console, codebook_path, *files)
    codebook = read_plan(console, codebook_path)
    for path in files:
        refuse_earlier_stages(open_rows(path).columns, path, DECISIONS)
    result = adjudicate(read_decisions(list(files), codebook), codebook)
    _check_target(out, result)
    make_folder(out.parent)
    with whole_files([open_file, account_file, out]) as (open_cases, account, labels):
        write_for_people(console, {console.t("未決", "open"): result.open}, open_file, open_cases)
        write_for_people(console, {console.t("全判定", "account"): result.account}, account_file, account)
        write_table(result.labels, out, labels)
    sources = Counter(result.labels.drop_duplicates("opinion_id")["label_source"])
    names = {
        "adjudicated": ("裁定", "adjudicated"),
        "double": ("2人以上一致", "double"),
        "single": ("1人", "single"),
    }
    kinds = listed(f"{console.t(*names[s])} {n:,}" for s, n in sorted(sources.items()))
    opinions = result.labels["opinion_id"].nunique()
    console.say(
        f"ラベル: 意見 {opinions:,}件({kinds[0] or 'なし'}) → {out}",
        f"labels: {counted(opinions, 'opinion')} ({kinds[1] or 'none'}) → {out}",
    )
    outcome = result.account["outcome"].value_counts()
    used, still, aside = (int(outcome.get(k, 0)) for k in ("label", "open", ASIDE))
    console.say(
        f"判定 {len(result.account):,}行 = ラベルになった {used:,} + 未決 {still:,} + 使わない {aside:,} → {account_file}",
        f"{counted(len(result.account), 'row')} of decisions = {used:,} in labels + {still:,} open + {aside:,} aside → {account_file}",
    )
    _print_open(console, result, open_file)
    return 1 if strict and len(result.open) else 0


def _check_target(out: Path, result: Adjudication) -> None:
    """Refuse to write over labels that do not come from these decisions."""
    if not out.exists():
        return
    old = LABELS.check(read_table(out), str(out))
    ids = result.account["opinion_id"]
    ours = set(ids) | set(ids + "#" + result.account["unit"])
    foreign = sorted(set(old["opinion_id"]) - ours)
    if foreign:
        raise InputError(
            f"この判定にない意見のラベルが{len(foreign)}件入っているファイルには上書きしません(例: {foreign[0]})。"
            "--out に別の名前を指定してください。",
            f"the file holds labels of {counted(len(foreign), 'opinion')} that these decisions do not know (e.g. {foreign[0]}); "
            "give --out another name",
            file=str(out),
        )


def _print_open(console: Console, result: Adjudication, file: Path) -> None:
    for reason, n in Counter(result.aside["reason"]).most_common():
        console.say(f"  使わない: {reason} {n:,}行", f"  aside: {console.value(reason)}: {counted(n, 'row')}")
    if not len(result.open):
        return
    console.say(
        f"未決: 意見 {len(result.open):,}件 → {file}",
        f"open: {counted(len(result.open), 'opinion')} → {file}",
    )
    rows = [
        [
            r["opinion_id"] + (f"#{r['unit']}" if r["unit"] else ""),
            console.t(r["reason"], r["kind"]),
            r["decisions"],
            r["text"],
        ]
        for r in records(result.open.head(_SHOWN))
    ]
    header = [
        console.t("意見ID", "opinion"),
        console.t("理由", "reason"),
        console.t("判定", "decisions"),
        console.t("本文", "text"),
    ]
    console.table("", header, rows)
