"""`iken audit`, `iken compare` and `iken promote`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from pipeline.audit import FAR_DOWN, NEAR_TEXT, NEIGHBOURS, SAME_TEXT, audit
from pipeline.cli.console import Console
from pipeline.cli.environment import find_model
from pipeline.cli.figures import metric_name, say_decided
from pipeline.cli.for_people import write_for_people
from pipeline.cli.inputs import read_labels
from pipeline.cli.outputs import check_outputs
from pipeline.cli.source_notes import say_reasons, say_sheets
from pipeline.comparison import BETTER, BOTH_WRONG, WORSE, Comparison, compare
from pipeline.errors import counted
from pipeline.labels import unique_ids
from pipeline.models import load_model
from pipeline.placing import make_folder
from pipeline.promotion import promote
from pipeline.sheets import check_excel
from pipeline.tableio import check_ending, write_table
from pipeline.tables import records

_SHOWN = 20
# What the sheet of an audit leaves to its CSV form, so that it can be printed.
_NOT_FOR_PEOPLE = ("kind", "source", "label_source", "probability")
_KINDS = {
    SAME_TEXT: "同じ文面に別のコード",
    NEAR_TEXT: "ほぼ同じ内容に別のコード",
    NEIGHBOURS: "似た3件が別のコード",
    FAR_DOWN: "1件抜きで下位",
}
_EFFECTS = {
    WORSE: ("悪くなった", "worse"),
    BETTER: ("良くなった", "better"),
    BOTH_WRONG: ("どちらも外れ", "both wrong"),
    "both-right": ("どちらも正しい", "both right"),
}


def run_audit(
    console: Console, labels: Sequence[Path] | None, folder: Path, rank: int, out: Path | None
) -> int:
    """Print and write the labels to look at again; return the exit code."""
    check_outputs([("--out", out)], labels or ())
    if out is not None:
        check_ending(out)
    model = load_model(find_model(folder))
    say_sheets(console, *labels or ())
    given = unique_ids(read_labels(labels, model.codebook)) if labels else None
    with console.status("点検中", "examining"):
        found, aside = audit(model, given, rank_limit=rank)
    examined = (model.opinions if given is None else given)["opinion_id"].nunique()
    console.say(
        f"コード付き意見 {examined:,}件のうち、見直したほうがよいもの {found['opinion_id'].nunique():,}件"
        "(正しいものも含まれます。ラベルは変えていません)",
        f"of {examined:,} coded opinions {found['opinion_id'].nunique():,} should be looked at again "
        "(some are right; no label was changed)",
    )
    _print_found(console, found.head(_SHOWN))
    if len(found) > _SHOWN:
        console.say(
            f"ほか {len(found) - _SHOWN:,}件(--out で全部)",
            f"{len(found) - _SHOWN:,} more (--out writes all)",
        )
    if len(aside):
        console.warn(f"調べなかった行: {len(aside):,}", f"rows not examined: {len(aside):,}")
        say_reasons(console, aside)
    if out is not None:
        make_folder(out.parent)
        if out.suffix.lower() == ".xlsx":
            name = console.t("見直し", "audit")
            write_for_people(console, {name: found.drop(columns=list(_NOT_FOR_PEOPLE))}, out)
        else:
            write_table(found, out)
        console.say(f"書き出し: {out}", f"written: {out}")
    return 0


def _print_found(console: Console, found: pd.DataFrame) -> None:
    rows = [
        [
            console.t(_KINDS[r["kind"]], r["kind"]),
            r["text"],
            f"{r['codes']} {r['titles']}",
            f"{r['other_code']} {r['other_title']}",
            f"{r['rank']}{console.t('位', '')}" if r["kind"] == FAR_DOWN else f"「{r['other_text']}」",
        ]
        for r in records(found)
    ]
    header = [
        console.t("理由", "kind"),
        console.t("意見", "opinion"),
        console.t("付いているコード", "its code"),
        console.t("別のコード", "other code"),
        console.t("順位・似た意見", "rank, or similar opinion"),
    ]
    if rows:
        console.table("", header, rows)


def run_compare(
    console: Console, folder_a: Path, folder_b: Path, labels: Path | None, out: Path | None
) -> int:
    """Print and write how two models differ; return the exit code."""
    check_outputs([("--out", out)], [labels])
    if out is not None:
        check_excel(out)
    a, b = (load_model(find_model(f)) for f in (folder_a, folder_b))
    say_sheets(console, labels)
    given = None if labels is None else unique_ids(read_labels([labels], b.codebook))
    with console.status("比較中", "comparing"):
        result = compare(a, b, given)
    console.say(f"A: {folder_a} ({a.model_id})", f"A: {folder_a} ({a.model_id})")
    console.say(f"B: {folder_b} ({b.model_id})", f"B: {folder_b} ({b.model_id})")
    console.say(
        f"比べた意見 {result.opinions:,}件。学習した意見(A {result.seen_a:,}件、B {result.seen_b:,}件)は1件抜きで評価",
        f"{counted(result.opinions, 'opinion')}; those learned from (A {result.seen_a:,}, B {result.seen_b:,}) by leave-one-out",
    )
    say_decided(console, result.decided)
    _print_differences(console, result)
    _print_changed(console, result)
    if len(result.set_aside):
        console.warn(
            f"使わなかった行: {len(result.set_aside):,}", f"rows set aside: {len(result.set_aside):,}"
        )
        say_reasons(console, result.set_aside)
    if out is not None:
        sheets = {
            console.t("全体", "overall"): result.differences,
            console.t("項目別", "by item"): result.items,
            console.t("変わった意見", "changed"): result.changed,
            console.t("使わなかった行", "set aside"): result.set_aside,
        }
        write_for_people(console, sheets, out)
        console.say(f"書き出し: {out}", f"written: {out}")
    return 0


def _interval(row: Mapping[str, str]) -> str:
    value = f"{float(row['difference']):+.3f}"
    return f"{value} [{float(row['low']):+.3f}, {float(row['high']):+.3f}]" if row["low"] else value


def _print_differences(console: Console, result: Comparison) -> None:
    difference = console.t("差 B−A [95%]", "B - A [95 %]")
    rows = [
        [metric_name(console, r["measure"]), f"{float(r['a']):.3f}", f"{float(r['b']):.3f}", _interval(r)]
        for r in records(result.differences)
    ]
    console.table(
        console.t("全体(区間が0を含む差は、あるとは言えません)", "overall"),
        [console.t("指標", "measure"), "A", "B", difference],
        rows,
    )
    items = [
        [f"{r['code']} {r['title']}", int(r["n"]), int(r["hits_a"]), int(r["hits_b"]), _interval(r)]
        for r in records(result.items)
        if r["hits_a"] != r["hits_b"]
    ]
    if items:
        console.table(
            console.t(
                "第1候補の正解が変わった項目(5件未満は区間なし)",
                "items whose hits differ (no interval below 5)",
            ),
            [console.t("項目", "item"), console.t("件数", "n"), "A", "B", difference],
            items,
        )


def _print_changed(console: Console, result: Comparison) -> None:
    console.say(
        f"第1候補が変わった意見: {len(result.changed):,}件",
        f"opinions whose first suggestion changed: {len(result.changed):,}",
    )
    if not len(result.changed):
        return
    rows = [
        [console.t(*_EFFECTS[r["effect"]]), r["text"], r["codes"]]
        + [f"{r[f'first_{s}']} ({float(r[f'confidence_{s}']):.2f})" for s in "ab"]
        for r in records(result.changed.head(_SHOWN))
    ]
    header = [
        console.t("変化", "effect"),
        console.t("意見", "opinion"),
        console.t("正解", "gold"),
        "A",
        "B",
    ]
    console.table("", header, rows)


def run_promote(console: Console, folder: Path, default: Path) -> int:
    """Make a model the default one; return the exit code."""
    folder = find_model(folder)
    kept = promote(folder, default)
    model_id = load_model(default).model_id
    console.say(f"{folder} を {default} にしました({model_id})。", f"{folder} is now {default} ({model_id})")
    if kept is not None:
        console.say(
            f"これまでの既定は {kept} に残しました。戻すには: iken promote {kept}",
            f"the former default is kept as {kept}; to go back: iken promote {kept}",
        )
    return 0
