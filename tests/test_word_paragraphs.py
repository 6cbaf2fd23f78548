"""Reading Word files: body order, automatic numbers, text boxes, tracked changes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import docx
import pytest
from conftest import SOURCE
from docx.enum.style import WD_STYLE_TYPE
from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn

from pipeline.blocks import Document
from pipeline.documents import read_document
from pipeline.ingested import Ingested
from pipeline.opinions import ingest_document

PLAN_LEVELS = [("decimal", "目標%1"), ("decimal", "(%2)"), ("decimalEnclosedCircle", "%3"), ("bullet", "o")]


def saved(document: Any, tmp_path: Path, name: str = "a.docx") -> Document:
    document.save(tmp_path / name)
    return read_document(tmp_path / name)


def define_list(document: Any, levels: list[tuple[str, str]]) -> int:
    """Add a numbering definition to a Word file and return its number."""
    root = document.part.numbering_part.element
    inner = "".join(
        f'<w:lvl w:ilvl="{i}"><w:start w:val="1"/><w:numFmt w:val="{form}"/><w:lvlText w:val="{text}"/></w:lvl>'
        for i, (form, text) in enumerate(levels)
    )
    abstract = f'<w:abstractNum {nsdecls("w")} w:abstractNumId="77">{inner}</w:abstractNum>'
    root.insert(0, parse_xml(abstract))
    num = f'<w:num {nsdecls("w")} w:numId="77"><w:abstractNumId w:val="77"/></w:num>'
    root.append(parse_xml(num))
    return 77


def numbered(document: Any, text: str, depth: int) -> None:
    properties = document.add_paragraph(text)._p.get_or_add_pPr()
    properties.append(
        parse_xml(f'<w:numPr {nsdecls("w")}><w:ilvl w:val="{depth}"/><w:numId w:val="77"/></w:numPr>')
    )


def pairs(result: Ingested) -> tuple[list[tuple[str, str, str]], list[tuple[str, str]]]:
    nodes = [(n.code, n.number, n.title) for n in result.codebook]
    return nodes, list(zip(result.labels["code"], result.labels["text"], strict=True))


def test_the_real_document_as_word_file_gives_the_same_plan_and_labels(tmp_path: Path) -> None:
    document = docx.Document()
    rows: Any = None
    for line in SOURCE.read_text(encoding="utf-8").split("\n"):
        text = line.strip()
        body = re.sub(r"^(#+|-) *", "", text)
        if "\t" in line:
            rows = rows or document.add_table(rows=0, cols=4)
            for cell, content in zip(rows.add_row().cells, line.split("\t"), strict=True):
                cell.text = content
        elif text.startswith("#"):
            document.add_heading(body, level=min(3, text.count("#")))
        elif text.startswith("- ") and not re.match(r"[(①-⑳・]", body):
            document.add_paragraph(body, style="List Bullet")  # the bullet that lacks its 「・」
        else:
            document.add_paragraph(body)
    result = ingest_document(saved(document, tmp_path, "kamakura_workshop_2025.docx"))
    original = ingest_document(read_document(SOURCE))
    assert pairs(result) == pairs(original)
    assert (result.counts["goals"], result.counts["policies"], result.counts["items"]) == (3, 11, 37)
    assert result.counts["labels"] == 84
    assert result.counts["set_aside"] == 0
    columns = ["kind", "name", "date", "venue", "participants", "doubtful"]
    assert result.workshops[columns].to_dict("records") == original.workshops[columns].to_dict("records")


def test_paragraphs_and_rows_come_in_body_order(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_paragraph("一")
    table = document.add_table(rows=2, cols=3)
    for i, text in enumerate(["地区", "", "人数"]):
        table.rows[0].cells[i].text = text
    table.rows[1].cells[0].merge(table.rows[1].cells[1]).text = "結合"
    table.rows[1].cells[2].text = "15名"
    document.add_paragraph("")
    document.add_table(rows=1, cols=1).rows[0].cells[0].text = "枠の一行目\n二行目"
    document.add_heading("二", level=2)
    blocks = saved(document, tmp_path).blocks
    assert [(b.line, b.kind, b.text, b.heading) for b in blocks] == [
        (1, "line", "一", 0),
        (2, "table", "地区\t\t人数", 0),
        (3, "table", "結合\t\t15名", 0),
        (5, "line", "枠の一行目 二行目", 0),
        (6, "line", "二", 2),
    ]


def test_each_opinion_in_the_cells_of_a_table_is_one(tmp_path: Path) -> None:
    document = docx.Document()
    for text in ("目標1 安心", "(1) 支援", "① 見守り"):
        document.add_paragraph(text)
    box = document.add_table(rows=1, cols=1)
    table = document.add_table(rows=3, cols=2)
    for cell, written in ((box.rows[0].cells[0], "一二三"), (table.rows[0].cells[1], "四五")):
        for text in written:
            cell.add_paragraph(f"・{text}")
    table.rows[1].cells[0].text, table.rows[1].cells[1].text = "・左の意見", "- 右の意見"
    for cell, text in zip(table.rows[2].cells, ("印のない意見", "もう一つ"), strict=True):
        cell.paragraphs[0].text = text
        cell.paragraphs[0].style = "List Bullet"
    result = ingest_document(saved(document, tmp_path))
    texts = ["一", "二", "三", "四", "五", "左の意見", "右の意見", "印のない意見", "もう一つ"]
    assert result.labels["text"].tolist() == texts
    lines = ["L004", "L004-2", "L004-3", "L005", "L005-2", "L006", "L006-2", "L007", "L007-2"]
    assert result.labels["opinion_id"].tolist() == [f"a-{name}" for name in lines]
    assert result.counts["lines"] == result.counts["used"] == 12


def test_lines_of_a_table_of_contents_and_of_counts_are_no_headings(tmp_path: Path) -> None:
    """Word's table of contents repeats all headings; so does a table of how many opinions each goal had."""
    document = docx.Document()
    style = document.styles.add_style("toc 1", WD_STYLE_TYPE.PARAGRAPH)
    for text in ("目標1 安心\t2", "(1) 見守り\t2", "目標2 道\t3"):
        document.add_paragraph(text, style=style)
    document.add_paragraph("1 意見のまとめ")
    table = document.add_table(rows=3, cols=2)
    for row, cells in zip(
        table.rows, (("", "意見"), ("目標1 安心", "1件"), ("目標2 道", "1件")), strict=True
    ):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    for text in ("目標1 安心", "(1) 見守り", "・声", "目標2 道", "(1) バス", "・遠い"):
        document.add_paragraph(text)
    result = ingest_document(saved(document, tmp_path))
    assert pairs(result)[1] == [("G1-1", "声"), ("G2-1", "遠い")]
    aside = result.set_aside
    assert aside["text"].tolist()[:3] == ["目標1 安心\t2", "(1) 見守り\t2", "目標2 道\t3"]
    assert aside["reason"].tolist()[:3] == ["目次の行"] * 3
    assert result.counts["lines"] == result.counts["used"] + result.counts["set_aside"]


def test_an_opinion_behind_a_bullet_of_word_may_begin_like_a_heading(tmp_path: Path) -> None:
    """「40-50 代…」 in Word's list was a heading, and the opinion below it belonged to nothing."""
    document = docx.Document()
    for text in ("目標1 安心", "(1) 見守り"):
        document.add_paragraph(text)
    texts = ["40-50 代の生きがい", "1-1 とある意見", "(1)の件は賛成", "①より②がよい", "【要望】道", "声"]
    for text in texts:
        document.add_paragraph(text, style="List Bullet")
    assert pairs(ingest_document(saved(document, tmp_path)))[1] == [("G1-1", t) for t in texts]


def test_automatic_numbers_are_worked_out(tmp_path: Path) -> None:
    document = docx.Document()
    define_list(document, PLAN_LEVELS)
    for depth, text in enumerate(["安心", "支援", "見守り", "一人暮らしが多い"]):
        numbered(document, text, depth)
    for depth, text in [(2, "サロン"), (3, "場がほしい"), (3, "遠い"), (1, "人材"), (2, "研修"), (0, "連携")]:
        numbered(document, text, depth)
    read = saved(document, tmp_path)
    labels = [b.label for b in read.blocks]
    assert labels == ["目標1", "(1)", "①", "・", "②", "・", "・", "(2)", "①", "目標2"]
    nodes, opinions = pairs(ingest_document(read))
    assert nodes == [
        ("G1", "目標1", "安心"),
        ("G1-1", "(1)", "支援"),
        ("G1-1-1", "①", "見守り"),
        ("G1-1-2", "②", "サロン"),
        ("G1-2", "(2)", "人材"),
        ("G1-2-1", "①", "研修"),
        ("G2", "目標2", "連携"),
    ]
    assert opinions == [("G1-1-1", "一人暮らしが多い"), ("G1-1-2", "場がほしい"), ("G1-1-2", "遠い")]


def test_a_number_in_the_text_leads(tmp_path: Path) -> None:
    document = docx.Document()
    define_list(document, PLAN_LEVELS)
    numbered(document, "目標3 安心", 0)
    numbered(document, "⑤見守り", 2)
    numbered(document, "・心配", 3)
    result = ingest_document(saved(document, tmp_path))
    assert pairs(result) == ([("G3", "目標3", "安心"), ("G3-5", "⑤", "見守り")], [("G3-5", "心配")])


def test_heading_styles_make_the_plan_when_nothing_is_numbered(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_heading("目的", level=1)
    document.add_paragraph("ねらい", style="List Bullet")
    for goal in ("安心", "連携"):
        document.add_heading(goal, level=1)
        for policy in ("支援", "人材"):
            document.add_heading(f"{goal}の{policy}", level=2)
            document.add_heading("項目", level=3)
            document.add_paragraph(f"{goal}{policy}の意見", style="List Bullet")
    result = ingest_document(saved(document, tmp_path))
    codes = ["G1", "G1-1", "G1-1-1", "G1-2", "G1-2-1", "G2", "G2-1", "G2-1-1", "G2-2", "G2-2-1"]
    assert [n.code for n in result.codebook] == codes
    assert pairs(result)[1] == [
        ("G1-1-1", "安心支援の意見"),
        ("G1-2-1", "安心人材の意見"),
        ("G2-1-1", "連携支援の意見"),
        ("G2-2-1", "連携人材の意見"),
    ]
    assert result.counts["doubts"] == 10
    assert result.counts["set_aside"] == 0


def test_text_boxes_furigana_and_tracked_changes(tmp_path: Path) -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("・本文")._p
    w = nsdecls("w")
    paragraph.append(parse_xml(f"<w:del {w}><w:r><w:delText>消した</w:delText></w:r></w:del>"))
    paragraph.append(parse_xml(f"<w:ins {w}><w:r><w:t>足した</w:t></w:r></w:ins>"))
    ruby = "<w:ruby><w:rt><w:r><w:t>かまくら</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>鎌倉</w:t></w:r></w:rubyBase></w:ruby>"
    paragraph.append(parse_xml(f"<w:r {w}>{ruby}</w:r>"))
    box = "<w:txbxContent><w:p><w:r><w:t>囲み</w:t></w:r></w:p></w:txbxContent>"
    paragraph.append(parse_xml(f"<w:r {w}><w:pict>{box}</w:pict></w:r>"))
    blocks = saved(document, tmp_path).blocks
    assert [(b.kind, b.text) for b in blocks] == [("line", "・本文足した鎌倉"), ("textbox", "囲み")]


def planned(document: Any) -> None:
    for text in ("目標1 みどり", "(1) 公園", "① 清掃"):
        document.add_paragraph(text)


def test_an_opinion_that_was_moved_is_read_where_it_went(tmp_path: Path) -> None:
    """As when a line is dragged below another item with changes tracked: it stands in the file twice."""
    document, w = docx.Document(), nsdecls("w")
    planned(document)
    run = "<w:r><w:t>・ごみを拾う</w:t></w:r>"
    document.add_paragraph()._p.append(parse_xml(f"<w:moveFrom {w}>{run}</w:moveFrom>"))
    document.add_paragraph("・落ち葉")
    document.add_paragraph("② 遊具")
    document.add_paragraph()._p.append(parse_xml(f"<w:moveTo {w}>{run}</w:moveTo>"))
    labels = ingest_document(saved(document, tmp_path)).labels
    assert labels[["text", "code"]].values.tolist() == [["落ち葉", "G1-1-1"], ["ごみを拾う", "G1-1-2"]]


def test_what_is_struck_through_is_worth_a_look(tmp_path: Path) -> None:
    document = docx.Document()
    planned(document)
    for before, struck in (("・ごみを", "捨てる"), ("・落ち葉", ""), ("・花", "壇")):
        document.add_paragraph(before).add_run(struck).font.strike = True
    document.paragraphs[-1].runs[-1].font.strike = False
    document.add_table(1, 1).cell(0, 0).paragraphs[0].add_run("・水やり").font.double_strike = True
    result = ingest_document(saved(document, tmp_path))
    assert result.labels["text"].tolist() == ["ごみを捨てる", "落ち葉", "花壇", "水やり"]
    assert result.doubts["text"].tolist() == ["・ごみを捨てる", "・水やり"]
    assert all("取り消し線" in r for r in result.doubts["reason"])


def test_footnotes_are_accounted_for(tmp_path: Path) -> None:
    document, w = docx.Document(), nsdecls("w")
    planned(document)
    document.add_paragraph("・ごみを拾う")
    notes = f"<w:footnotes {w}><w:footnote><w:p><w:r><w:separator/></w:r></w:p></w:footnote>"
    notes += "<w:footnote><w:p><w:r><w:t>2日目の意見</w:t></w:r></w:p></w:footnote></w:footnotes>"
    name, kind = PackURI("/word/footnotes.xml"), CONTENT_TYPE.WML_FOOTNOTES
    part = Part(name, kind, notes.encode(), document.part.package)
    document.part.relate_to(part, RELATIONSHIP_TYPE.FOOTNOTES)
    result = ingest_document(saved(document, tmp_path))
    assert result.set_aside[["location", "text", "reason"]].values.tolist() == [
        ["L5", "2日目の意見", "脚注・文末脚注"]
    ]
    assert result.counts["lines"] == 5 and result.labels["text"].tolist() == ["ごみを拾う"]


def test_content_controls_are_read(tmp_path: Path) -> None:
    document = docx.Document()
    inner = "<w:sdtContent><w:p><w:r><w:t>中身</w:t></w:r></w:p></w:sdtContent>"
    document.element.body.insert(0, parse_xml(f"<w:sdt {nsdecls('w')}>{inner}</w:sdt>"))
    assert [b.text for b in saved(document, tmp_path).blocks] == ["中身"]


@pytest.mark.parametrize("start", [1, 4])
def test_a_restarted_list_counts_again(tmp_path: Path, start: int) -> None:
    document = docx.Document()
    define_list(document, [("decimalEnclosedCircle", "%1")])
    numbered(document, "あ", 0)
    numbered(document, "い", 0)
    override = f'<w:lvlOverride w:ilvl="0"><w:startOverride w:val="{start}"/></w:lvlOverride>'
    num = f'<w:num {nsdecls("w")} w:numId="78"><w:abstractNumId w:val="77"/>{override}</w:num>'
    document.part.numbering_part.element.append(parse_xml(num))
    for text in ("う", "え"):
        numbered(document, text, 0)
        document.paragraphs[-1]._p.pPr.find(qn("w:numPr")).find(qn("w:numId")).set(qn("w:val"), "78")
    circled = "①②③④⑤"
    labels = [b.label for b in saved(document, tmp_path).blocks]
    assert labels == ["①", "②", circled[start - 1], circled[start]]


@pytest.mark.parametrize(
    ("form", "text", "label"),
    [
        ("aiueo", "(%3)", "(ウ)"),
        ("upperRoman", "%3", "Ⅲ"),
        ("upperLetter", "%3.", "C."),
        ("decimal", "%2-%3", "1-3"),
    ],
)
def test_lists_of_other_kinds_below_the_plan_are_no_opinions(
    tmp_path: Path, form: str, text: str, label: str
) -> None:
    """(ア) was read as the (1) of a plan, and 1-3 as an opinion."""
    document = docx.Document()
    define_list(document, [("decimal", "目標%1"), ("decimal", "(%2)"), (form, text), ("bullet", "\uf0b7")])
    numbered(document, "安心", 0)
    numbered(document, "支援", 1)
    for part in "あいう":
        numbered(document, part, 2)
        numbered(document, f"{part}の意見", 3)
    read = saved(document, tmp_path)
    assert read.blocks[-2].label == label
    result = ingest_document(read)
    assert [n.code for n in result.codebook] == ["G1", "G1-1"]
    assert result.labels["text"].tolist() == []
    assert result.set_aside["text"].tolist() == ["あ", "あの意見", "い", "いの意見", "う", "うの意見"]


def test_numbered_opinions_are_opinions_unless_others_stand_below_them(tmp_path: Path) -> None:
    document = docx.Document()
    for text, style in (
        ("目標1 安心", None), ("(1) 支援", None), ("遠い", "List Number"), ("高い", "List Number"),
    ):  # fmt: skip
        document.add_paragraph(text, style=style)
    assert ingest_document(saved(document, tmp_path)).labels["text"].tolist() == ["遠い", "高い"]
    document.add_paragraph("補足", style="List Bullet")
    result = ingest_document(saved(document, tmp_path))
    assert result.labels["text"].tolist() == []
    assert result.set_aside["text"].tolist() == ["遠い", "高い", "補足"]


@pytest.mark.parametrize(
    ("sign", "labels"), [("■", ["■", "・"]), ("\uf06e", ["■", "・"]), ("o", ["・", "・"])]
)
def test_a_bullet_of_word_that_headings_bear_is_told_from_others(
    tmp_path: Path, sign: str, labels: list[str]
) -> None:
    document = docx.Document()
    define_list(document, [("bullet", sign), ("bullet", "\uf0b7")])
    document.add_paragraph("目標1 安心")
    document.add_paragraph("(1) 支援")
    numbered(document, "高齢者", 0)
    numbered(document, "声をかける", 1)
    read = saved(document, tmp_path)
    assert [b.label for b in read.blocks[2:]] == labels
    assert ingest_document(read).counts["labels"] == (0 if labels[0] == "■" else 2)


def test_numbers_in_headings_with_styles_lead(tmp_path: Path) -> None:
    """「3-1」 was counted as G2-1, which 「2-1」 in a table of coded comments would have meant."""
    document = docx.Document()
    for level, text in (
        (1, "2 安心"), (2, "2-1 支援"), (2, "2-3 人材"), (1, "第4章 交通"), (2, "第1節 バス"), (2, "9-7 道"), (2, "駅"),
    ):  # fmt: skip
        document.add_heading(text, level=level)
        if level == 2:
            document.add_paragraph("遠い", style="List Bullet")
    result = ingest_document(saved(document, tmp_path))
    assert [(n.code, n.title) for n in result.codebook] == [
        ("G2", "2 安心"),
        ("G2-1", "2-1 支援"),
        ("G2-3", "2-3 人材"),
        ("G4", "第4章 交通"),
        ("G4-1", "第1節 バス"),
        ("G4-2", "9-7 道"),
        ("G4-3", "駅"),
    ]
    assert result.doubts["text"].tolist()[:7] == [n.title for n in result.codebook]
    assert [("合わない" in r) for r in result.doubts["reason"]][:7] == [False] * 5 + [True] * 2
