"""Read a document file (.md, .txt, .docx, .pdf) into lines with their places.

Nothing here knows what a plan looks like: `outline` does. What can be known from the file format alone is
noted on each block: Word's automatic numbers, page headers, whether a line may be the rest of the one above.
"""

from __future__ import annotations

import codecs
import hashlib
import re
from pathlib import Path

from pipeline.blocks import Block, Document
from pipeline.errors import InputError, why
from pipeline.pdf_lines import read_pdf
from pipeline.word_paragraphs import read_word

__all__ = ["FORMATS", "Block", "Document", "read_document"]

FORMATS = (".md", ".txt", ".docx", ".pdf")
# Only these end a line. `str.splitlines` would also cut at U+2028, form feeds and others inside a text.
_LINE_END = re.compile(r"\r\n|\n|\r")
# Encrypted .docx and all old .doc files are this kind of container instead of a zip.
_COMPOUND_FILE = bytes.fromhex("D0CF11E0A1B11AE1")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


def read_document(path: Path) -> Document:
    """Read a document by its file ending.

    Raises
    ------
    InputError
        if the file is missing, empty, damaged, protected by a password, of an unknown format, in an unknown
        encoding, or a scanned PDF without text.
    """
    name = path.name
    ending = path.suffix.lower()
    if ending not in FORMATS:
        raise InputError(
            f"この形式の文書は読めません。使える形式: {' '.join(FORMATS)}",
            f"documents of this format cannot be read; use one of {' '.join(FORMATS)}",
            file=name,
        )
    data = _bytes(path)
    if not data.strip():
        raise InputError("ファイルが空です。", "the file is empty", file=name)
    encoding = ""
    if ending == ".pdf":
        blocks = read_pdf(data, name)
    elif ending == ".docx":
        _refuse_compound_file(data, name)
        blocks = read_word(data, name)
    else:
        text, encoding = decode(data, name)
        blocks = _lines(text, lazy=ending == ".md")
    if not any(b.text.strip() for b in blocks):
        raise InputError("ファイルに文字がありません。", "there is no text in the file", file=name)
    return Document(name, hashlib.sha256(data).hexdigest(), encoding, tuple(blocks))


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise InputError("ファイルが見つかりません。", "there is no such file", file=path.name) from None
    except OSError as error:
        raise InputError(
            f"ファイルを開けません({why(error)})。",
            f"the file cannot be opened ({error.strerror})",
            file=path.name,
        ) from error


def decode(data: bytes, name: str) -> tuple[str, str]:
    """Return the text and the name of its encoding: by its BOM, else strict UTF-8, else CP932.

    Raises
    ------
    InputError
        if it is none of these, or not text at all.
    """
    marked = (
        (codecs.BOM_UTF8, "utf-8-sig", "UTF-8 (BOM)"),
        (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
        (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
    )
    tries = [(codec, shown) for bom, codec, shown in marked if data.startswith(bom)]
    for codec, shown in tries or [("utf-8", "UTF-8"), ("cp932", "CP932")]:
        try:
            text = data.decode(codec)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text, shown
    raise InputError(
        "文字コードが分かりません。UTF-8 か Shift_JIS(CP932)のテキストとして保存し直してください。",
        "the encoding is unknown; save it again as text in UTF-8 or Shift_JIS (CP932)",
        file=name,
    )


def _lines(text: str, lazy: bool) -> list[Block]:
    """Cut a text into its non-blank lines.

    In Markdown (`lazy`) a line straight below another belongs to the same paragraph, unless that is a heading
    with #; in plain text only if it is indented.
    """
    blocks: list[Block] = []
    above_is_text = False
    for number, line in enumerate(_LINE_END.split(text), start=1):
        if line.strip():
            continues = above_is_text and (lazy or line[0].isspace())
            blocks.append(Block(line, number, kind="table" if _is_row(line) else "line", continues=continues))
        above_is_text = bool(line.strip()) and not (lazy and line.lstrip().startswith("#"))
    return blocks


def _is_row(line: str) -> bool:
    """Tell a table row: cells between tabs, or between the bars of a Markdown table."""
    return ("\t" in line.strip(" ") and not line.startswith("\t")) or line.strip().startswith("|")


def _refuse_compound_file(data: bytes, name: str) -> None:
    if not data.startswith(_COMPOUND_FILE):
        return
    if _ENCRYPTED in data:
        raise InputError(
            "パスワードで保護されています。保護を外して保存し直してください。",
            "the file is protected by a password; remove it and save again",
            file=name,
        )
    raise InputError(
        "古い Word の形式です。Word で開き、.docx として保存し直してください。",
        "this is the old Word format; open it in Word and save it as .docx",
        file=name,
    )
