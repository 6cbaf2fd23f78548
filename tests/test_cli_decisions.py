"""The way from decisions back to the model, by commands."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from commands import LIGHT, iken
from conftest import ROOT, SEED_CODEBOOK, SEED_LABELS

from pipeline.cli.console import Console
from pipeline.cli.inputs import TrainingInputs, find_inputs, read_labels, say_unsure_plan
from pipeline.codebook import Codebook
from pipeline.labels import check_ids, prepare_labels
from pipeline.models import FORMAT, load_model, read_manifest
from pipeline.tableio import read_table, write_table
from pipeline.tables import DECISIONS, LABELS

BOOK = ("--codebook", SEED_CODEBOOK)


@pytest.fixture
def decisions(tmp_path: Path) -> Path:
    """Two coders on 40 opinions of the seed: five disagreements, one settled, one unsure, one that fits nowhere."""
    seed = read_table(SEED_LABELS).head(40)
    rows: list[dict[str, str]] = []
    for i, (opinion, text, code) in enumerate(
        zip(seed["opinion_id"], seed["text"], seed["code"], strict=True)
    ):
        for coder in "AB":
            row = {"opinion_id": opinion, "text": text, "coder": coder, "decision_id": f"{coder}{i}"}
            row |= {"suggestion_shown": "no", "suggested_code": code if i % 2 else "G3-5-1"}
            row |= {"action": "change", "code": "G3-5-1" if coder == "B" and i < 5 else code}
            if i == 10:
                row |= {"action": "unsure", "code": ""}
            if i == 11:
                row |= {"action": "none-fits", "code": "", "note": "=1+1"}
            rows.append(row)
    settled = {
        "coder": "C",
        "round": "adjudication",
        "decision_id": "c",
        "note": "協議",
        "suggestion_shown": "",
    }
    rows.append(rows[0] | settled)
    path = tmp_path / "判定 1.csv"
    write_table(DECISIONS.table(rows), path)
    return path


# -- labels of another plan ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command",
    [
        ("audit", "--labels", "LABELS", "--model", ROOT / "models/default"),
        ("evaluate", "--labels", "LABELS", "--model", ROOT / "models/default"),
        ("train", "--labels", "LABELS", *BOOK, "--no-bank", "--out", "OUT"),
        ("report", "LABELS", *BOOK, "--no-pictures", "--out", "OUT"),
        ("agreement", "LABELS", *BOOK),
        ("crosswalk", SEED_CODEBOOK, SEED_CODEBOOK, "--labels", "LABELS", "--out", "OUT"),
        ("ingest", "LABELS", *BOOK, "--out", "OUT"),
    ],
    ids=lambda c: c[0],
)
def test_labels_that_came_away_from_their_codebook_tell_their_plan(
    tmp_path: Path, command: tuple[object, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    plan = Codebook.from_table(read_table(SEED_CODEBOOK))
    named = {"LABELS": tmp_path / "labels.csv", "OUT": tmp_path / "out.xlsx"}
    seed = read_table(SEED_LABELS).assign(coder="佐藤")
    titles = [plan[c].title for c in seed["code"]]
    write_table(seed.assign(code_title=[f"{t}の推進" for t in titles]), named["LABELS"])
    assert iken(*(named.get(str(a), a) for a in command)) == 2
    assert "labels.csv: 別の計画の表のようです。" in capsys.readouterr().err
    assert not named["OUT"].exists()
    if command[0] not in ("train", "agreement"):  # which cost time, or want two coders
        write_table(seed.assign(code_title=titles), named["LABELS"])
        assert iken(*(named.get(str(a), a) for a in command)) == 0


def test_training_tells_of_labels_whose_plan_nothing_tells(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seed, plan = read_table(SEED_LABELS), Codebook.from_table(read_table(SEED_CODEBOOK))
    away = tmp_path / "away.csv"
    shutil.copy(SEED_LABELS, away)
    assert iken("train", "--labels", away, *BOOK, *LIGHT, "--out", tmp_path / "model") == 0
    assert "away.csv: 今とは違うコードブックで付けたラベルです。" in capsys.readouterr().err

    def told(labels: Path, codebook: Path = SEED_CODEBOOK) -> bool:
        inputs = TrainingInputs((labels,), codebook)
        say_unsure_plan(Console("ja"), inputs, Codebook.from_table(read_table(codebook)))
        return "違うコードブックで付けたラベルです" in capsys.readouterr().err

    assert told(away)
    # Beside the codebook itself, of which definitions were reworded since.
    assert not told(SEED_LABELS)
    titles = [plan[c].title for c in seed["code"]]
    for known in (
        {"code_title": titles},
        {"codebook_sha256": plan.sha256},
        {"codebook_sha256": ""},
    ):
        write_table(seed.assign(**known), away)
        assert not told(away), known
    # Beside the codebook they were given by, whose titles have been compared; or beside one of other labels.
    for folder in ("codebook", "labels"):
        (tmp_path / "old" / folder).mkdir(parents=True)
    own = read_table(SEED_CODEBOOK).assign(definition="前の説明")
    write_table(own, tmp_path / "old/codebook/codebook.csv")
    labels = tmp_path / "old/labels/a.csv"
    write_table(seed.assign(codebook_sha256=Codebook.from_table(own).sha256), labels)
    assert not told(labels)
    write_table(seed, labels)
    assert told(labels)


def test_what_labels_say_of_their_plan_does_not_reach_a_model(tmp_path: Path) -> None:
    plan = Codebook.from_table(read_table(SEED_CODEBOOK))
    seed = read_table(SEED_LABELS)
    with_titles = tmp_path / "kamakura_workshop_2025.csv"
    write_table(seed.assign(code_title=[plan[c].title for c in seed["code"]]), with_titles)
    assert read_labels([with_titles], plan).equals(read_labels([SEED_LABELS], plan))


@pytest.mark.parametrize(
    "command",
    [
        ("agreement", "DECISIONS", *BOOK, "--out", "OUT"),
        ("adjudicate", "DECISIONS", *BOOK, "--out", "OUT"),
        ("themes", SEED_LABELS, "--coded", "DECISIONS", "--model", ROOT / "models/default", "--out", "OUT"),
    ],
    ids=lambda c: c[0],
)
def test_decisions_tell_their_plan(
    decisions: Path, tmp_path: Path, command: tuple[object, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    plan = Codebook.from_table(read_table(SEED_CODEBOOK))
    table = read_table(decisions)
    titles = [plan[c].title if c else "" for c in table["code"]]
    named = {"DECISIONS": decisions, "OUT": tmp_path / "out.xlsx"}
    other = [t and f"{t}の推進" for t in titles]
    write_table(table.assign(code_title=other), decisions)
    assert iken(*(named.get(str(a), a) for a in command)) == 2
    assert "判定 1.csv: 別の計画の表のようです。" in capsys.readouterr().err
    assert sorted(p.name for p in tmp_path.iterdir()) == [decisions.name]
    if command[0] == "themes":  # which costs time
        return
    for known in (titles, [""] * len(titles), [*other[:2], *titles[2:]]):  # of before, or reworded since
        write_table(table.assign(code_title=known), decisions)
        assert iken(*(named.get(str(a), a) for a in command)) == 0


# -- agreement -------------------------------------------------------------------------------------


def test_agreement_prints_and_writes_the_figures(
    decisions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert iken("agreement", decisions, "--out", tmp_path / "一致度.xlsx", *BOOK) == 0
    said = capsys.readouterr().out
    assert "判定 80件(担当者: A、B)" in said and "2人以上が判定した意見 39件" in said
    assert "モデル × 全員" in said and "モデルの精度" in said
    book = openpyxl.load_workbook(tmp_path / "一致度.xlsx")
    assert book.sheetnames == ["一致度", "取り違え", "食い違い"]
    header, first = list(book["一致度"].values)[:2]
    row = dict(zip(header, first, strict=True))
    assert row["指標"] == "Krippendorff α" and row["件数"] == 39 and 0 < row["値"] < 1
    assert book["食い違い"].max_row == 6
    english = tmp_path / "a.xlsx"
    assert iken("--lang", "en", "agreement", decisions, "--out", english, *BOOK) == 0
    assert "Krippendorff's alpha" in capsys.readouterr().out
    assert next(openpyxl.load_workbook(english)["agreement"].values)[0] == "compared"


def test_one_file_a_coder_or_labels_give_the_same(
    decisions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = read_table(decisions)
    files = []
    for coder in "AB":
        files.append(tmp_path / f"{coder}.csv")
        write_table(table[table["coder"] == coder], files[-1])
    assert iken("agreement", decisions, *BOOK) == 0
    together = capsys.readouterr().out
    assert iken("agreement", *files, *BOOK) == 0
    assert capsys.readouterr().out == together
    labels = table[(table["code"] != "") & table["coder"].isin(["A", "B"])]
    write_table(LABELS.check(labels[["opinion_id", "text", "code", "coder"]]), tmp_path / "labels.csv")
    assert iken("agreement", tmp_path / "labels.csv", *BOOK) == 0
    assert "2人以上が判定した意見 38件" in capsys.readouterr().out


def test_accuracy_is_refused_with_the_reason(
    decisions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = read_table(decisions).assign(suggestion_shown="yes")
    write_table(table, tmp_path / "d.csv")
    assert iken("agreement", tmp_path / "d.csv", *BOOK) == 0
    said = capsys.readouterr().out
    assert (
        "精度はまだ言えません" in said
        and "採用率(精度ではない): 画面に出た第1候補" in said
        and "該当なしの疑いの行も" in said
        and "モデル ×" not in said
    )


# -- adjudicate ------------------------------------------------------------------------------------


def test_from_decisions_to_labels_that_training_reads(
    decisions: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "data/labels"
    folder.mkdir(parents=True)
    shutil.copytree(SEED_CODEBOOK.parent, tmp_path / "data/codebook")
    out = folder / "調査.csv"
    assert iken("adjudicate", decisions, "--out", out, *BOOK) == 0
    said = capsys.readouterr().out
    assert "ラベル: 意見 34件(裁定 1、2人以上一致 33)" in said and "未決: 意見 5件" in said
    assert "判定 81行 = ラベルになった 67 + 未決 10 + 使わない 4" in said
    # What `iken train` would read from there, and nothing else.
    monkeypatch.chdir(tmp_path)
    inputs = find_inputs(None, Path("data/codebook/codebook.csv"), None, no_bank=True)
    assert inputs.labels == (Path("data/labels/調査.csv"),)
    codebook = Codebook.from_table(read_table(inputs.codebook))
    labels = LABELS.check(read_table(inputs.labels[0]))
    check_ids({"調査.csv": labels})
    kept, aside = prepare_labels(labels, codebook)
    assert len(kept) == 34 and len(aside) == 0
    assert kept["label_source"].value_counts().to_dict() == {"double": 33, "adjudicated": 1}
    account = openpyxl.load_workbook(folder / "調査.account.xlsx")["全判定"]
    assert account.max_row == 82
    notes = [c.value for row in account for c in row if isinstance(c.value, str) and c.value.startswith("=")]
    assert notes == ["=1+1", "=1+1"]
    assert all(c.data_type != "f" for row in account for c in row)
    assert openpyxl.load_workbook(folder / "調査.open.xlsx")["未決"].max_row == 6
    # Again, after more decisions: the same file anew; and a sign for scripts that something is open.
    assert iken("adjudicate", decisions, "--out", out, "--strict", *BOOK) == 1


def test_gold_labels_of_others_are_never_overwritten(
    decisions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gold = Path(shutil.copy(SEED_LABELS, tmp_path / "gold.csv"))
    before = gold.read_bytes()
    assert iken("adjudicate", decisions, "--out", gold, *BOOK) == 2
    assert "上書きしません" in capsys.readouterr().err
    assert gold.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["gold.csv", decisions.name]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"coder": "名前"}, "coder"),
        ({"action": "判定"}, "action"),
    ],
)
def test_a_renamed_column_is_named(
    decisions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], change: dict[str, str], words: str
) -> None:
    write_table(read_table(decisions).rename(columns=change), tmp_path / "d.csv")
    for command in (
        ("agreement", tmp_path / "d.csv"),
        ("adjudicate", tmp_path / "d.csv", "--out", tmp_path / "l.csv"),
    ):
        assert iken(*command, *BOOK) == 2
        assert words in capsys.readouterr().err
    assert not (tmp_path / "l.csv").exists()


def test_a_foreign_code_and_bad_endings(
    decisions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = read_table(decisions)
    table.loc[3, "code"] = "K9-9"
    write_table(table, tmp_path / "d.csv")
    for command in ("agreement", "adjudicate"):
        out = tmp_path / ("a.xlsx" if command == "agreement" else "l.csv")
        assert iken(command, tmp_path / "d.csv", "--out", out, *BOOK) == 2
        assert "d.csv、5行目、列「code」: コード「K9-9」" in capsys.readouterr().err
        assert not out.exists()
    assert iken("agreement", decisions, "--out", tmp_path / "a.csv", *BOOK) == 2
    assert ".xlsx" in capsys.readouterr().err
    assert iken("adjudicate", decisions, "--out", tmp_path / "l.txt", *BOOK) == 2
    assert iken("agreement", tmp_path / "none.csv", *BOOK) == 2


# -- audit, compare, promote -----------------------------------------------------------------------


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_audit_lists_the_antennas_and_changes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], ending: str
) -> None:
    before = SEED_LABELS.read_bytes()
    out = tmp_path / f"見直し{ending}"
    assert iken("audit", "--model", ROOT / "models/default", "--labels", SEED_LABELS, "--out", out) == 0
    said = capsys.readouterr().out
    assert "コード付き意見 84件" in said and "ほぼ同じ内容に別の" in said
    table = read_table(out)
    column = "text" if ending == ".csv" else "本文"
    assert table[column].str.contains("アンテナ").sum() == 2
    assert SEED_LABELS.read_bytes() == before


def test_audit_rank(capsys: pytest.CaptureFixture[str]) -> None:
    assert iken("audit", "--model", ROOT / "models/default", "--rank", 37) == 0
    assert "見直したほうがよいもの 2件" in capsys.readouterr().out


def test_compare_a_model_with_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model, out = ROOT / "models/default", tmp_path / "c.xlsx"
    assert iken("compare", model, model, "--labels", SEED_LABELS, "--out", out) == 0
    said = capsys.readouterr().out
    assert "第1候補が変わった意見: 0件" in said and "+0.000 [-0.023, +0.023]" in said
    assert openpyxl.load_workbook(out).sheetnames == ["全体", "項目別", "変わった意見", "使わなかった行"]
    assert iken("compare", model, tmp_path / "nothing") == 2


def test_labels_that_coders_decided_are_told_apart_from_those_of_a_document(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever decides with a suggestion before their eyes agrees with it more often than without."""
    model, reviewed = ROOT / "models/default", tmp_path / "labels.csv"
    table = read_table(SEED_LABELS)
    sources = ["single", "double", "adjudicated", *["document"] * (len(table) - 3)]
    write_table(table.assign(label_source=sources), reviewed)
    for command in (("compare", model, model), ("evaluate", "--model", model)):
        assert iken(*command, "--labels", reviewed) == 0
        assert "うち 3件は、担当者が判定したコードです" in capsys.readouterr().out
        assert iken(*command, "--labels", SEED_LABELS) == 0
        assert "担当者が判定したコード" not in capsys.readouterr().out


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with models/default and models/new (the same model under another name)."""
    for name in ("default", "new"):
        shutil.copytree(ROOT / "models/default", tmp_path / "models" / name)
    manifest = tmp_path / "models/new/manifest.json"
    content = json.loads(manifest.read_text("utf-8"))
    content["model_id"] = content["model_id"].replace("default-", "new-")
    manifest.write_text(json.dumps(content), "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "models"


def test_promote_keeps_the_former_default(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    former, new = (str(read_manifest(models / n)["model_id"]) for n in ("default", "new"))
    assert iken("promote", "new") == 0
    said = capsys.readouterr().out
    assert f"models/{former}" in said.replace("\\", "/") and new in said
    assert sorted(p.name for p in models.iterdir()) == ["default", former]
    assert load_model(models / "default").model_id == new
    # And back, twice: nothing is ever replaced.
    assert iken("promote", former) == 0
    assert sorted(p.name for p in models.iterdir()) == ["default", f"default-{new}"]
    shutil.copytree(models / "default", models / "third")
    for taken in (former, f"{former}-2"):
        shutil.copytree(models / "default", models / taken)
    assert iken("promote", models / "third") == 0
    assert sorted(p.name for p in models.iterdir()) == sorted(
        ["default", former, f"{former}-2", f"{former}-3", f"default-{new}"]
    )


def test_promote_refuses_what_could_not_be_used(
    models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def untouched() -> bool:
        return sorted(p.name for p in models.iterdir()) == ["default", "new"]

    for same in ("default", models / "default"):
        assert iken("promote", same) == 2 and "既に" in capsys.readouterr().err
    assert iken("promote", "nothing") == 2 and untouched()
    shutil.copytree(models / "new", tmp_path / "elsewhere")
    assert iken("promote", tmp_path / "elsewhere") == 2 and untouched()
    with (models / "new/model.skops").open("ab") as file:
        file.write(b"x")
    assert iken("promote", "new") == 2 and untouched()
    assert "ハッシュ" in capsys.readouterr().err


def test_promote_where_there_is_no_default(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(models / "default")
    assert iken("promote", "new") == 0
    assert [p.name for p in models.iterdir()] == ["default"]
    assert "残しました" not in capsys.readouterr().out


@pytest.mark.skipif(os.name == "nt", reason="to make a link, Windows asks for a right")
def test_a_link_to_a_model_is_not_promoted(models: Path) -> None:
    (models / "link").symlink_to(models / "new", target_is_directory=True)
    assert iken("promote", "link") == 2
    assert sorted(p.name for p in models.iterdir()) == ["default", "link", "new"]


@pytest.mark.parametrize("manifest", [None, "{", json.dumps({"format": FORMAT})])
def test_a_damaged_default_is_kept_too(models: Path, manifest: str | None) -> None:
    (models / "default/manifest.json").unlink()
    if manifest is not None:
        (models / "default/manifest.json").write_text(manifest, "utf-8")
    assert iken("promote", "new") == 0
    kept = [p.name for p in models.iterdir() if p.name != "default"]
    assert len(kept) == 1 and pd.Timestamp(kept[0].removeprefix("default-"))


def test_why_labels_are_left_out_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seed, labels = read_table(SEED_LABELS), tmp_path / "labels.csv"
    write_table(pd.concat([seed, seed.head(2)]), labels)
    default = ROOT / "models/default"
    for command in (("audit", "--model", default), ("compare", default, default)):
        assert iken(*command, "--labels", labels) == 0
        assert "同じ意見に同じコードが既にある 2件" in capsys.readouterr().err


def test_tables_of_earlier_stages_are_told_what_makes_decisions_of_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = ("--model", ROOT / "models/default")
    made, long, form = tmp_path / "提案.xlsx", tmp_path / "long.csv", tmp_path / "確認.xlsx"
    assert iken("suggest", ROOT / "data/sample/survey.csv", "--out", made, *model) == 0
    assert iken("suggest", ROOT / "data/sample/survey.csv", "--out", long, "--long", *model) == 0
    assert iken("review", "sheet", made, "--out", form, *BOOK) == 0
    out = ("--out", tmp_path / "out.csv")
    for path, hint in ((made, "iken ingest"), (long, "iken review sheet"), (form, "iken review collect")):
        for command in (
            ("agreement", path, *BOOK),
            ("adjudicate", path, *out, *BOOK),
            ("audit", "--labels", path, *model),
        ):
            capsys.readouterr()
            assert iken(*command) == 2
            assert hint in (said := capsys.readouterr().err) and "ある列" not in said
    # A form has no code where a suggestion was accepted: read as it is, these opinions would be set aside.
    for command in (
        ("ingest", form, "--out", tmp_path / "読んだ", *BOOK),
        ("report", form, *out[:1], tmp_path / "r.md", *BOOK),
    ):
        assert iken(*command) == 2
        assert "iken review collect" in capsys.readouterr().err
    assert not (tmp_path / "読んだ").exists()
    # Labels keep the columns of the suggestions that they were made of.
    labels = tmp_path / "labels.csv"
    write_table(read_table(SEED_LABELS).assign(status="提案", suggested_code="G1"), labels)
    assert iken("audit", "--labels", labels, *model) == 0
    for path in (made, long):
        assert iken("suggest", path, *out, *model) == 2
        assert "元の調査ファイル" in capsys.readouterr().err
    assert not (tmp_path / "out.csv").exists()


# -- a record of decisions is no table of labels ---------------------------------------------------


@pytest.mark.parametrize(
    "command",
    [
        ("ingest", "判定", "--codebook", SEED_CODEBOOK, "--out", "OUT"),
        ("train", "--labels", "判定", *BOOK, "--no-bank", "--out", "OUT"),
        ("evaluate", "--labels", "判定"),
        ("audit", "--labels", "判定", "--out", "OUT.xlsx"),
        ("crosswalk", SEED_CODEBOOK, SEED_CODEBOOK, "--labels", "判定", "--out", "OUT.csv"),
    ],
)
def test_decisions_of_one_coder_are_not_read_as_labels(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: tuple[object, ...]
) -> None:
    given = tmp_path / "判定.csv"
    seed = read_table(SEED_LABELS).head(20)
    rows = seed[["opinion_id", "text", "code"]].assign(coder="A", action="change", decided_at="2026-01-01")
    write_table(DECISIONS.table(rows.to_dict("records")), given)
    where = {"判定": given, "OUT": tmp_path / "out"}
    where |= {f"OUT{ending}": tmp_path / f"out{ending}" for ending in (".csv", ".xlsx")}
    assert iken(*(where.get(str(a), a) for a in command)) == 2
    assert "先に `iken adjudicate` でコード付き意見に" in capsys.readouterr().err
    assert [p.name for p in tmp_path.iterdir()] == ["判定.csv"]


def test_labels_without_their_codebook_bring_its_titles(tmp_path: Path) -> None:
    titles = read_table(SEED_CODEBOOK).set_index("code")["title"]
    labels = read_table(SEED_LABELS)
    labels = labels.assign(code_title=labels["code"].map(titles))
    write_table(labels, tmp_path / "ラベル.csv")
    assert iken("ingest", tmp_path / "ラベル.csv", "--out", tmp_path / "o") == 0
    made = read_table(tmp_path / "o/codebook/codebook.csv").set_index("code")["title"]
    assert {c: made[c] for c in labels["code"]} == {c: titles[c] for c in labels["code"]}
