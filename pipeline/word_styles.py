"""The look of a Word report: A4, styles with Japanese type, numbered headings, contents, header and footer.

python-docx has no words for numbering, fields and East-Asian type; their XML is written here, and only here.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any
from unicodedata import east_asian_width

from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt, RGBColor

FONT = "BIZ UDPGothic"  # comes with Windows; made to be read easily, and usual in public offices
DARK = RGBColor(0x1F, 0x3A, 0x5F)
GREY = RGBColor(0x55, 0x55, 0x55)
WARN = RGBColor(0x8A, 0x4B, 0x00)
_POINT = 25.4 / 72  # mm
_SIZES = {1: 16, 2: 13, 3: 11.5, 4: 10.5, 5: 10.5, 6: 10.5, 7: 10.5, 8: 10.5, 9: 10.5}
BULLET_STYLE, NOTE_STYLE = "意見", "注記"
_HEADINGS, _BULLETS = 90, 91  # ids of the numbering definitions


def set_up(document: Any) -> None:
    """Give an empty document page, styles and numbering."""
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(25)
    section.top_margin, section.bottom_margin = Mm(25), Mm(22)
    section.header_distance = section.footer_distance = Mm(11)
    _numbering(document)
    normal = document.styles["Normal"]
    set_font(normal, 10.5)
    normal.paragraph_format.line_spacing = 1.25
    normal.paragraph_format.space_after = Pt(4)
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), "en-US")
    language.set(qn("w:eastAsia"), "ja-JP")
    normal.element.get_or_add_rPr().append(language)
    for level, size in _SIZES.items():
        style = document.styles[f"Heading {level}"]
        set_font(style, size, bold=True, colour=DARK if level < 4 else RGBColor(0, 0, 0))
        style.font.italic = False
        style.paragraph_format.space_before = Pt({1: 20, 2: 14, 3: 10}.get(level, 8))
        style.paragraph_format.space_after = Pt({1: 8, 2: 5}.get(level, 3))
        style.paragraph_format.keep_with_next = True
    _bound_to_list(document.styles["Heading 1"], _HEADINGS, 0)
    _rule_below(document.styles["Heading 1"])
    set_font(document.styles["Title"], 20, bold=True, colour=DARK)
    document.styles["Title"].paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
    border = document.styles["Title"].element.pPr.find(qn("w:pBdr"))
    if border is not None:
        document.styles["Title"].element.pPr.remove(border)
    set_font(document.styles["Caption"], 9, colour=RGBColor(0x33, 0x33, 0x33))
    bullets = document.styles.add_style(BULLET_STYLE, 1)
    bullets.base_style = normal
    bullets.paragraph_format.space_after = Pt(2)
    _bound_to_list(bullets, _BULLETS, 0)
    note = document.styles.add_style(NOTE_STYLE, 1)
    note.base_style = normal
    set_font(note, 9, colour=GREY)
    for level in range(1, 4):
        _contents_style(document, level)


def set_font(style: Any, size: float, *, bold: bool | None = None, colour: RGBColor | None = None) -> None:
    """Set a style's type, for Latin and for East-Asian letters; themes would bring in other type."""
    style.font.name = FONT
    style.font.size = Pt(size)
    style.font.bold = bold
    if colour is not None:
        style.font.color.rgb = colour
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for name in list(fonts.attrib):
        if name.endswith("Theme"):
            del fonts.attrib[name]
    for name in ("w:ascii", "w:hAnsi", "w:eastAsia", "w:cs"):
        fonts.set(qn(name), FONT)


def text_width(text: str, size: float) -> float:
    """Return the width in mm of the longest line of a text in `FONT`, whose digits and signs are broad.

    Between Japanese and other letters Word leaves a quarter of a letter.

    >>> round(text_width("1,426", 9), 1), round(text_width("105\\n(24%)", 9), 1), round(text_width("70代", 9), 1)
    (11.2, 11.2, 8.8)
    """
    return max(_ems(line) for line in text.split("\n")) * size * _POINT


def _ems(line: str) -> float:
    wide = [east_asian_width(c) in "WFA" for c in line]
    widths = (
        1.0 if w or c in "%+" else 0.76 if c.isalnum() else 0.5 for c, w in zip(line, wide, strict=True)
    )
    return sum(widths) + 0.25 * sum(a != b for a, b in pairwise(wide))


def number_as(paragraph: Any, depth: int) -> None:
    """Number a heading within its chapter: 2.1, 2.2, …"""
    paragraph._p.get_or_add_pPr().append(_list_properties(_HEADINGS, depth))


def _contents_style(document: Any, level: int) -> None:
    style = document.styles.add_style(f"toc {level}", 1)
    style.base_style = document.styles["Normal"]
    style.paragraph_format.left_indent = Mm(6 * (level - 1))
    style.paragraph_format.space_after = Pt(1)
    width = Mm(210 - 50)
    style.element.get_or_add_pPr().append(
        parse_xml(
            f'<w:tabs {nsdecls("w")}><w:tab w:val="right" w:leader="dot" w:pos="{int(width.twips)}"/></w:tabs>'
        )
    )


def _rule_below(style: Any) -> None:
    style.element.get_or_add_pPr().append(
        parse_xml(
            f'<w:pBdr {nsdecls("w")}><w:bottom w:val="single" w:sz="8" w:space="2" w:color="1F3A5F"/></w:pBdr>'
        )
    )


# -- numbering -------------------------------------------------------------------------------------


def _numbering(document: Any) -> None:
    root = document.part.numbering_part.element
    headings = "".join(
        f'<w:lvl w:ilvl="{depth}"><w:start w:val="1"/><w:numFmt w:val="decimal"/>{style}'
        f'<w:suff w:val="space"/><w:lvlText w:val="{text}"/><w:lvlJc w:val="left"/>'
        '<w:pPr><w:ind w:left="0" w:firstLine="0"/></w:pPr></w:lvl>'
        for depth, text, style in ((0, "%1", '<w:pStyle w:val="Heading1"/>'), (1, "%1.%2", ""))
    )
    bullets = (
        '<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="bullet"/><w:lvlText w:val="・"/>'
        '<w:lvlJc w:val="left"/><w:pPr><w:ind w:left="420" w:hanging="280"/></w:pPr>'
        f'<w:rPr><w:rFonts w:ascii="{FONT}" w:hAnsi="{FONT}" w:eastAsia="{FONT}" w:hint="eastAsia"/></w:rPr></w:lvl>'
    )
    kinds = ((_HEADINGS, "multilevel", headings), (_BULLETS, "hybridMultilevel", bullets))
    for number, kind, levels in reversed(kinds):
        root.insert(
            0,
            parse_xml(
                f'<w:abstractNum {nsdecls("w")} w:abstractNumId="{number}"><w:multiLevelType w:val="{kind}"/>'
                f"{levels}</w:abstractNum>"
            ),
        )
    for number, _, _ in kinds:
        root.append(
            parse_xml(f'<w:num {nsdecls("w")} w:numId="{number}"><w:abstractNumId w:val="{number}"/></w:num>')
        )


def _list_properties(number: int, depth: int) -> Any:
    return parse_xml(
        f'<w:numPr {nsdecls("w")}><w:ilvl w:val="{depth}"/><w:numId w:val="{number}"/></w:numPr>'
    )


def _bound_to_list(style: Any, number: int, depth: int) -> None:
    properties = style.element.get_or_add_pPr()
    for old in properties.findall(qn("w:numPr")):
        properties.remove(old)
    properties.insert(0, _list_properties(number, depth))


# -- fields, bookmarks, header and footer ------------------------------------------------------------


def add_field(paragraph: Any, instruction: str, shown: str) -> None:
    """Add a field (a page number, say) that Word fills in."""
    _begin_field(paragraph, instruction)
    paragraph.add_run(shown)
    _mark_field(paragraph, "end")


def _begin_field(paragraph: Any, instruction: str) -> None:
    """Begin a field; what it shows comes next, and then its end."""
    _mark_field(paragraph, "begin")
    element = OxmlElement("w:instrText")
    element.set(qn("xml:space"), "preserve")
    element.text = f" {instruction} "
    paragraph.add_run()._r.append(element)
    _mark_field(paragraph, "separate")


def _mark_field(paragraph: Any, kind: str) -> None:
    element = OxmlElement("w:fldChar")
    element.set(qn("w:fldCharType"), kind)
    paragraph.add_run()._r.append(element)


def add_bookmark(paragraph: Any, name: str, number: int) -> None:
    """Put a bookmark around what a heading says, for the contents to point to."""
    start, end = OxmlElement("w:bookmarkStart"), OxmlElement("w:bookmarkEnd")
    for element in (start, end):
        element.set(qn("w:id"), str(number))
    start.set(qn("w:name"), name)
    properties = paragraph._p.get_or_add_pPr()
    properties.addnext(start)
    paragraph._p.append(end)


def add_contents(document: Any, entries: list[tuple[int, str, str]], before: Any) -> None:
    """Insert the table of contents (level, text, bookmark) in front of paragraph `before`.

    A real field: Word and LibreOffice bring it up to date. Until then it shows these entries.
    """
    for i, (level, text, bookmark) in enumerate(entries):
        paragraph = before.insert_paragraph_before(style=f"toc {level}")
        if i == 0:
            _begin_field(paragraph, 'TOC \\o "1-3" \\h \\z \\u')
        paragraph.add_run(f"{text}\t")
        add_field(paragraph, f"PAGEREF {bookmark} \\h", shown="")
        if i == len(entries) - 1:
            _mark_field(paragraph, "end")
    update = OxmlElement("w:updateFields")
    update.set(qn("w:val"), "true")
    document.settings.element.append(update)


def header_and_footer(document: Any, title: str, warning: str) -> None:
    """Put title and warning above each page but the first, and its number below."""
    section = document.sections[0]
    section.different_first_page_header_footer = True
    head = section.header.paragraphs[0]
    head.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    run = head.add_run(title)
    run.font.size, run.font.color.rgb = Pt(8.5), GREY
    if warning:
        run = head.add_run(f"  {warning}")
        run.font.size, run.font.color.rgb, run.font.bold = Pt(8.5), WARN, True
    for footer in (section.footer, section.first_page_footer):
        foot = footer.paragraphs[0]
        foot.alignment = WD_ALIGN_PARAGRAPH.CENTER
        foot.add_run("- ")
        add_field(foot, "PAGE", "1")
        foot.add_run(" -")
        for run in foot.runs:
            run.font.size = Pt(9)
