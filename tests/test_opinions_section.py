"""The opinions of a Markdown report come back as they were: any plan, any text."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from conftest import SEED_CODEBOOK, SEED_LABELS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.codebook import Codebook
from pipeline.coded_opinions import read_coded
from pipeline.documents import read_document
from pipeline.errors import InputError
from pipeline.ingested import Ingested
from pipeline.opinions import ingest_document
from pipeline.opinions_section import BEGIN, END, escape, opinion_line, unescape
from pipeline.report import build_report
from pipeline.report_markdown import markdown
from pipeline.report_parts import ReportOptions
from pipeline.tableio import read_table
from pipeline.tables import CODEBOOK, LABELS

_PLAN_COLUMNS = ["code", "parent", "level", "number", "title"]
# What plans, Markdown and our own marks are made of, and what files and terminals do not like.
_NASTY = st.text(
    "・-*#`_[]()<>|~&$\\!{}〔〕①(1)目標1.、。\n\r\t \u3000\u2028\ufeff\x00\x85abバス件未確認の提案ikn/",
    max_size=12,
)
_PIECES = st.sampled_from(
    [
        "- ・",
        "**〔未確認の提案〕**",
        "〔3件〕",
        "<!-- iken [] -->",
        "-->",
        "<br>",
        "&#32;",
        "\\",
        "# ",
        "目標2 ",
        "*このほか 3件*",
        END,
        BEGIN,
    ]
)
_TEXTS = st.lists(_NASTY | _PIECES, min_size=1, max_size=4).map("".join).filter(lambda t: t.strip() != "")


@st.composite
def _plans(draw: st.DrawFn) -> tuple[Codebook, pd.DataFrame]:
    """An invented plan of up to 7 levels, ragged, and opinions coded to any node, some to several."""
    rows: list[dict[str, str]] = []
    for i in range(draw(st.integers(1, 8))):
        above = draw(st.sampled_from(["", *(r["code"] for r in rows)]))
        odd = draw(st.sampled_from(["", "->", '"', "甲", "<b>"]))
        number = draw(st.sampled_from(["", f"目標{i}", f"({i})", "①", "*", "第1 部", "->", "1.\n2"]))
        rows.append({"code": f"X{i}{odd}", "parent": above, "number": number, "title": draw(_TEXTS)})
    codebook = Codebook.from_table(CODEBOOK.table(rows))
    codes = [n.code for n in codebook]
    labels = [
        {"opinion_id": f"o{i}", "text": text, "code": code, "label_source": "single"}
        for i, text in enumerate(draw(st.lists(_TEXTS, max_size=8)))
        for code in draw(st.lists(st.sampled_from(codes), min_size=1, max_size=3, unique=True))
    ]
    return codebook, LABELS.table(labels)


def _back(codebook: Codebook, labels: pd.DataFrame, path: Path, examples: int | None = None) -> Ingested:
    opinions = read_coded(labels, codebook, file="x.csv")
    report = build_report(opinions, codebook, ReportOptions(examples=examples, pictures=False))
    path.write_text(markdown(report), "utf-8", newline="\n")
    return ingest_document(read_document(path))


def _partition(labels: pd.DataFrame) -> list[list[tuple[str, str]]]:
    """Return the opinions as sets of (text, code), without their names."""
    return sorted(
        sorted(zip(own["text"], own["code"], strict=True)) for _, own in labels.groupby("opinion_id")
    )


@given(_plans())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_invented_plans_come_back_as_they_were(
    tmp_path: Path, invented: tuple[Codebook, pd.DataFrame]
) -> None:
    codebook, labels = invented
    back = _back(codebook, labels, tmp_path / "報告.md")
    before, after = codebook.to_table()[_PLAN_COLUMNS], back.codebook.to_table()[_PLAN_COLUMNS]
    assert after.equals(before)
    assert _partition(back.labels) == _partition(labels)
    assert len(back.set_aside) == 0


@pytest.mark.parametrize("examples", [None, 5])
def test_the_seed_comes_back_exactly(tmp_path: Path, examples: int | None) -> None:
    codebook, labels = Codebook.from_table(read_table(SEED_CODEBOOK)), read_table(SEED_LABELS)
    back = _back(codebook, labels, tmp_path / "報告.md", examples)
    assert back.codebook.to_table()[_PLAN_COLUMNS].equals(codebook.to_table()[_PLAN_COLUMNS])
    assert back.labels[["text", "code"]].equals(labels[["text", "code"]])
    assert back.counts["lines"] == back.counts["used"]


@given(_TEXTS)
def test_escaping_is_undone_and_leaves_one_line(text: str) -> None:
    shown = escape(text)
    assert unescape(shown) == text
    assert len(shown.splitlines()) == 1 and shown.strip() == shown


def _document(tmp_path: Path, *lines: str) -> Ingested:
    path = tmp_path / "報告.md"
    path.write_text("\n\n".join(["# 報告", BEGIN, *lines]), "utf-8")
    return ingest_document(read_document(path))


def test_suggestions_never_come_back_as_labels(tmp_path: Path) -> None:
    heading = '## 目標1 みどり〔2件、うち未確認の提案1件〕 <!-- iken ["G1", "", "目標1"] -->'
    back = _document(
        tmp_path,
        heading,
        opinion_line("木を植える"),
        opinion_line("芝生", unchecked=True),
        "*このほか 3件*",
        END,
    )
    assert back.labels["text"].tolist() == ["木を植える"]
    assert back.codebook["G1"].title == "みどり"
    assert [r.split("、")[0] for r in back.set_aside["reason"]] == [
        "未確認の提案は",
        "代表として選ばれなかった意見は",
    ]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (("## 目標1 みどり〔0件〕", END), "コード"),
        (('## 目標2 みどり〔0件〕 <!-- iken ["G1", "", "目標1"] -->', END), "番号「目標1」"),
        (('## 目標1 みどり <!-- iken ["G1", "G9", "目標1"] -->', END), "G9"),
        (("- ・木を植える", END), "見出しより前"),
        (('## 目標1 みどり〔0件〕 <!-- iken ["G1", "", "目標1"] -->',), "終わり"),
    ],
)
def test_damage_is_reported_with_its_line(tmp_path: Path, lines: tuple[str, ...], message: str) -> None:
    with pytest.raises(InputError) as error:
        _document(tmp_path, *lines)
    assert message in error.value.ja
    assert error.value.place.row == (3 if len(lines) == 1 else 5)
