"""`iken report` as a user runs it: from the seed's labels and from suggestions, to all kinds of file."""

from __future__ import annotations

from pathlib import Path

import docx
import openpyxl
import pandas as pd
import pytest
from commands import iken
from conftest import ROOT, SEED_CODEBOOK, SEED_LABELS

from pipeline.documents import read_document
from pipeline.opinions import ingest_document
from pipeline.tableio import read_table, write_table
from pipeline.tables import THEMES

PLAIN = ("--codebook", SEED_CODEBOOK, "--no-pictures", "--date", "令和7年7月", "--model", "none")


def test_markdown_of_the_seed_is_ingested_to_the_same_labels(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "まとめ.md"
    workshops = ROOT / "data/workshops.csv"
    assert iken("report", SEED_LABELS, "--out", out, "--workshops", workshops, *PLAIN) == 0
    assert "意見 84件" in capsys.readouterr().out
    assert iken("ingest", out, "--out", tmp_path / "data", "--strict") == 0
    labels, seed = read_table(tmp_path / "data/labels/まとめ.csv"), read_table(SEED_LABELS)
    assert labels[["text", "code"]].equals(seed[["text", "code"]])
    columns = ["code", "parent", "level", "number", "title"]
    assert read_table(tmp_path / "data/codebook/codebook.csv")[columns].equals(
        read_table(SEED_CODEBOOK)[columns]
    )
    assert "138人" in out.read_text("utf-8")


def _suggested(path: Path) -> Path:
    """A small file as `iken suggest` writes it, with two decisions."""
    rows = [
        {
            "回答番号": str(i),
            "地区": "北" if i % 3 else "南",
            "自由記述": f"バスが少なくて困る、その{i}。連絡は0467-12-3456の田中さんまで"
            if i < 30
            else f"空き家が多い{i}",
            "opinion_id": f"R{i}",
            "status": "提案",
            "suggested_code": "G3-3",
            "suggested_confidence": "0.9",
            "code_1": "G3-3-2" if i < 30 else "G3-3-1",
            "confidence_1": "0.7",
            "確定コード": {0: "G3-3-2 外出・移動支援", 1: "該当なし"}.get(i, ""),
            "model_id": "m-1",
        }
        for i in range(40)
    ]
    write_table(pd.DataFrame(rows), path)
    return path


def test_groups_are_counted_though_nothing_is_coded(tmp_path: Path) -> None:
    table = read_table(_suggested(tmp_path / "提案.csv")).assign(
        status="要確認", suggested_code="", 確定コード=""
    )
    write_table(table, tmp_path / "提案.csv")
    out = tmp_path / "o.md"
    assert iken("report", tmp_path / "提案.csv", "--by", "地区", "--out", out, *PLAIN) == 0
    assert "| 回答の数 | 14 | 26 | 40 |" in out.read_text("utf-8")


@pytest.mark.parametrize("ending", ["docx", "html", "xlsx", "md"])
def test_suggestions_to_every_kind_of_file(
    tmp_path: Path, ending: str, capsys: pytest.CaptureFixture[str]
) -> None:
    source, out = _suggested(tmp_path / "提案.csv"), tmp_path / "新しい フォルダ" / f"まとめ.{ending}"
    options = ("--by", "地区", "--min-confidence", "0.5", "--mask", "--previous", SEED_LABELS)
    assert iken("report", source, "--out", out, *options, *PLAIN) == 0
    said = capsys.readouterr()
    assert "未確認の提案が含まれます" in said.err and "公開の前に" in said.err
    if ending == "docx":
        document = docx.Document(str(out))
        text = "\n".join(p.text for p in document.paragraphs)
    elif ending == "xlsx":
        book = openpyxl.load_workbook(out)
        text = "\n".join(str(c.value) for s in book for row in s.iter_rows() for c in row)
    else:
        text = out.read_text("utf-8")
    assert "未確認の提案" in text and "〔電話番号〕" in text
    assert "0467-12-3456" not in text and "田中" not in text
    assert sorted(p.name for p in out.parent.iterdir()) == [out.name]


def test_labels_that_were_not_checked_do_not_come_back(tmp_path: Path) -> None:
    out = tmp_path / "まとめ.md"
    assert iken("report", _suggested(tmp_path / "提案.csv"), "--out", out, "--examples", "0", *PLAIN) == 0
    back = ingest_document(read_document(out))
    assert len(back.labels) == 1 and back.labels["code"].tolist() == ["G3-3-2"]
    assert back.counts["set_aside"] == 38


def test_pictures_lie_beside_markdown(tmp_path: Path) -> None:
    out = tmp_path / "まとめ.md"
    options = [o for o in PLAIN if o != "--no-pictures"]
    assert iken("report", SEED_LABELS, "--out", out, *options) == 0
    names = {p.name for p in (tmp_path / "まとめ_図").iterdir()}
    assert {"図1.png", "図1.svg"} <= names and not [n for n in names if n.endswith(".tmp")]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--out", "{t}/まとめ.pdf"), ".docx .md .html .xlsx"),
        (("--out", "{t}/a.md", "--by", "職業"), "ある列"),
        (("--out", "{t}/a.md", "--by", "回答番号"), "提案.csv、列「回答番号」: 5件以上の"),
        (("--out", "{t}/a.md", "--by", "opinion_id"), "提案.csv、列「opinion_id」: 5件以上の"),
        (("--out", "{t}/a.md", "--workshops", "{t}/ない.csv"), "ない.csv"),
        (("--out", "{t}/a.md", "--previous", "{t}/提案.csv", "--text-column", "感想"), "感想"),
        (("--out", "{t}/提案.csv"), ".docx"),
    ],
)
def test_bad_input_says_why_and_writes_nothing(
    tmp_path: Path, arguments: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    source = _suggested(tmp_path / "提案.csv")
    filled = [a.format(t=tmp_path) for a in arguments]
    assert iken("report", source, *filled, *PLAIN) == 2
    assert message in capsys.readouterr().err
    assert [p.name for p in tmp_path.iterdir()] == ["提案.csv"]


@pytest.mark.parametrize(("opinions", "texts", "column"), [("多い", "3", "opinions"), ("3", "inf", "texts")])
def test_a_count_of_themes_that_is_none_is_told_with_its_row(
    tmp_path: Path, opinions: str, texts: str, column: str, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [("T1", "4", "4"), ("T2", opinions, texts)]
    table = THEMES.table({"theme": t, "name": "坂", "opinions": n, "texts": m} for t, n, m in rows)
    write_table(table, tmp_path / "themes.csv")
    out = ("--themes", tmp_path / "themes.csv", "--out", tmp_path / "a.md")
    assert iken("report", SEED_LABELS, *out, *PLAIN) == 2
    assert (
        f"themes.csv、3行目、列「{column}」" in capsys.readouterr().err and not (tmp_path / "a.md").exists()
    )


def test_a_report_never_overwrites_its_source(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = read_table(SEED_LABELS)
    source = tmp_path / "意見.xlsx"
    write_table(table, source)
    before = source.read_bytes()
    assert iken("report", source, "--out", source, *PLAIN) == 2
    assert "同じファイル" in capsys.readouterr().err and source.read_bytes() == before


def test_labels_of_another_plan_are_refused_with_their_row(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "意見.csv"
    write_table(read_table(SEED_LABELS).assign(code="Z9"), source)
    assert iken("--lang", "en", "report", source, "--out", tmp_path / "a.md", *PLAIN) == 2
    assert "row 2" in capsys.readouterr().err and not (tmp_path / "a.md").exists()


@pytest.mark.parametrize(("language", "other"), [("ja", "there is no model"), ("en", "モデルがありません")])
def test_why_a_model_is_not_read_is_said_in_one_language(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], language: str, other: str
) -> None:
    given, out = _suggested(tmp_path / "提案.csv"), tmp_path / "o.md"
    assert iken("--lang", language, "report", given, "--out", out, *PLAIN) == 0
    said = capsys.readouterr().err
    assert "manifest.json" in said and other not in said


# -- the long form ---------------------------------------------------------------------------------


@pytest.fixture
def long_form(tmp_path: Path) -> Path:
    """What `iken suggest --long` makes of a small survey."""
    survey, out = tmp_path / "回答.csv", tmp_path / "長い.csv"
    write_table(pd.DataFrame({"意見": ["バスが少なくて困る", "空き家が多い", "特になし"]}), survey)
    assert iken("suggest", survey, "--out", out, "--long") == 0
    return out


@pytest.mark.parametrize("command", ["report", "themes", "review sheet", "review open"])
def test_another_column_of_the_long_form_is_refused(
    long_form: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    out = {
        "report": ("--out", tmp_path / "o.md"),
        "themes": ("--out", tmp_path / "o"),
        "review sheet": ("--out", tmp_path / "o.xlsx"),
        "review open": ("--db", tmp_path / "o.sqlite", "--no-browser"),
    }
    assert iken(*command.split(), long_form, "--text-column", "意見", *out[command]) == 2
    assert "--text-column を外してください" in capsys.readouterr().err
    assert not (tmp_path / "o").exists()
    assert not list(tmp_path.glob("o.[mx]*"))


def test_the_column_of_the_long_form_may_be_named(long_form: Path, tmp_path: Path) -> None:
    themes = tmp_path / "t"
    assert iken("themes", long_form, "--out", themes, "--text-column", "unit_text") == 0
    assert len(read_table(themes / "theme_opinions.csv")) == 3
    assert iken("report", long_form, "--out", tmp_path / "o.md", *PLAIN, "--text-column", "unit_text") == 0


def test_the_column_of_this_survey_is_not_asked_of_an_earlier_one_in_the_long_form(
    long_form: Path, tmp_path: Path
) -> None:
    this = _suggested(tmp_path / "提案.csv")
    columns = ("--previous", long_form, "--text-column", "自由記述")
    assert iken("report", this, "--out", tmp_path / "o.md", *PLAIN, *columns) == 0
