"""What a document is once it has been read: a name, a hash and its lines, whatever the file format was."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

DOTS = "・\uff65•"
# Twice in a row the others are text (「○○さん」). The last four are bullets of Word's symbol fonts.
BULLET = re.compile(rf"[{DOTS}]|(?P<bullet>[●○◦‣▪■◆◇▸►\uf0b7\uf06c\uf0a7\uf0d8])(?!(?P=bullet))")
# How a line begins that is an opinion by itself: with a bullet, or a dash and a space.
BULLETED = re.compile(rf"\s*(?:{BULLET.pattern}|[-*+–−]\s)")

BlockKind = Literal["line", "table", "running", "textbox", "note", "contents", "no-text", "no-font", "row"]


@dataclass(frozen=True)
class Block:
    """One line (or paragraph, or table row) of a document, never blank except for kinds 'no-text' and 'no-font'.

    Attributes
    ----------
    text
        Verbatim; the cells of a table row are joined by tabs.
    line
        Counts from 1: physical lines of a text file, paragraphs and rows of a Word file, lines of a PDF page.
    page
        Page of a PDF, from 1; None elsewhere.
    kind
        'line'; 'table' (a row of several cells); 'running' (page header, footer or number); 'textbox';
        'note' (a footnote or endnote of Word, numbered on from the last line);
        'no-text' (a PDF page that is only a picture); 'no-font' (characters of a PDF page that cannot be
        read for want of a font); 'row' (of a table file, the header being row 1).
    label
        The number or bullet that Word prints by itself and that is not in the text, e.g. '①' or '・'.
    heading
        Depth of the heading style in Word, 0 for other text. Only a fallback: numbers say the level.
    continues
        The layout allows this line to be the rest of the one before it.
    struck
        Some of the text is struck through in Word: whether it is still meant, only a person can tell.
    """

    text: str
    line: int
    page: int | None = None
    kind: BlockKind = "line"
    label: str = ""
    heading: int = 0
    continues: bool = False
    struck: bool = False

    @property
    def location(self) -> str:
        """The place as tables show it: 'L57', 'p3 L12' in a PDF, 'R5' in a table file."""
        if self.kind == "row":
            return f"R{self.line}"
        return f"L{self.line}" if self.page is None else f"p{self.page} L{self.line}"


@dataclass(frozen=True)
class Document:
    """A document that has been read: file name, SHA-256 of its bytes, encoding, blocks in reading order."""

    name: str
    sha256: str
    encoding: str
    blocks: tuple[Block, ...]

    @property
    def stem(self) -> str:
        """The name without its ending, which identifiers of opinions start with."""
        return self.name.rpartition(".")[0] or self.name


@dataclass(frozen=True)
class Use:
    """What became of one block: what it was used as, or ('set aside') why it was not."""

    block: Block
    use: str
    reason: str = ""
