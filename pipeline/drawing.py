"""What every picture shares: Japanese type, colours that all can tell apart, PNG and SVG, the table behind it.

The type comes from a package (IPAexGothic of matplotlib-fontja), never from the machine, and in SVG letters are
drawn as paths: there is no tofu (□) on a machine without Japanese fonts. The same input gives the same bytes.
"""

from __future__ import annotations

import functools
import html
import importlib.util
import io
import re
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib
import pandas as pd
from matplotlib import font_manager
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from pipeline.errors import MissingPartError

WIDTH = 6.3  # inches: A4 less margins of 25 mm
TALLEST = 9.7  # inches: the same for the height
DPI = 200
# Okabe & Ito (2008): told apart with any kind of colour blindness. Black and yellow are left out: the one
# is the colour of type, the other is not seen on white.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9")
# In grey print colours are told apart by these, in the same order.
HATCHES = ("", "///", "...", "xxx", "\\\\\\", "++")
MARKERS = ("o", "s", "^", "D", "v", "P")
GREY = "#666666"
NO_ITEM = "項目なし"
# Lightness falls steadily, so that the picture reads the same in grey.
SHADES = "YlGnBu"
_STYLE: Any = {
    # DejaVu, which comes with matplotlib, for the signs that IPAexGothic lacks.
    "font.family": ["IPAexGothic", "DejaVu Sans"],
    "font.size": 9,
    "axes.titlesize": 11,
    "axes.unicode_minus": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "hatch.linewidth": 0.5,
    "legend.frameon": False,
    "legend.fontsize": 8,
    "savefig.dpi": DPI,
    "svg.fonttype": "path",
    "text.parse_math": False,  # a $ in a comment is a $
}
_NOT_FIRST = frozenset("、。，．・ー)」』】〕》％ぁぃぅぇぉっゃゅょァィゥェォッャュョ々")
# matplotlib's settings belong to the process: one picture at a time.
_LOCK = threading.Lock()


@dataclass(frozen=True)
class Picture:
    """One picture in both forms, the numbers behind it (for Excel), and in words what it shows (alternative text)."""

    title: str
    png: bytes
    svg: str
    table: pd.DataFrame
    alt: str


@functools.cache
def font_path() -> Path:
    """Return the file of the Japanese type and make it known to matplotlib.

    Raises
    ------
    MissingPartError
        if matplotlib-fontja is not installed.
    """
    # Looked up, not imported: importing it changes the settings of the whole process.
    found = importlib.util.find_spec("matplotlib_fontja")
    path = Path(found.origin).parent / "fonts" / "ipaexg.ttf" if found and found.origin else None
    if path is None or not path.is_file():
        raise MissingPartError(
            "図の日本語書体がありません。`pip install matplotlib-fontja` で入れてください。",
            "the Japanese type for pictures is missing; install matplotlib-fontja",
        )
    font_manager.fontManager.addfont(path)
    return path


@contextmanager
def canvas(height: float, width: float = WIDTH) -> Iterator[Figure]:
    """Yield an empty figure (inches) to draw on; finish with `picture` before the block ends.

    Settings of the user's own matplotlib are set aside meanwhile and restored after.
    """
    font_path()
    with _LOCK, matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_STYLE)
        figure = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasAgg(figure)
        yield figure


def picture(figure: Figure, title: str, table: pd.DataFrame, alt: str) -> Picture:
    """Return a drawn figure as `Picture`; the title stands in the document, not in the picture itself."""
    png = io.BytesIO()
    figure.savefig(png, format="png", metadata={"Software": None})
    matplotlib.rcParams["svg.hashsalt"] = title
    svg = io.StringIO()
    figure.savefig(svg, format="svg", metadata={"Date": None, "Creator": None, "Title": title})
    text = re.sub(r"[ \t]+$", "", svg.getvalue(), flags=re.MULTILINE)
    label = f'<svg role="img" aria-label="{html.escape(alt)}" '
    return Picture(title, png.getvalue(), text.replace("<svg ", label, 1), table, alt)


def is_dark(red: float, green: float, blue: float) -> bool:
    """Tell whether a colour (0 to 1 each) is so dark that type on it must be white (luma of ITU-R BT.601)."""
    return 0.299 * red + 0.587 * green + 0.114 * blue < 0.5


def display_width(text: str) -> int:
    """Return how wide a text is, in half-width characters.

    >>> display_width("目標1")
    5
    """
    return sum(2 if unicodedata.east_asian_width(c) in "WFA" else 1 for c in text)


def shortened(text: str, width: int) -> str:
    """Cut a text to a width in half-width characters, with … at the end if something was cut.

    >>> shortened("見守り活動について", 10)
    '見守り活…'
    """
    if display_width(text) <= width:
        return text
    while display_width(text) > width - 2:
        text = text[:-1]
    return text + "…"


def wrapped(text: str, width: int) -> str:
    """Break a text into two lines of about the same width, in half-width characters; what does not fit is cut.

    No line begins with a mark that may not begin one (、 ー ッ).

    >>> print(wrapped("制度の狭間をつくらない、福祉支援", 24))
    制度の狭間をつくら
    ない、福祉支援
    """
    whole = display_width(text)
    if whole <= width:
        return text
    at = len(text)
    while display_width(text[:at]) > min(width, whole // 2 + 2):
        at -= 1
    while at < len(text) - 1 and text[at] in _NOT_FIRST:
        at += 1
    return f"{text[:at]}\n{shortened(text[at:].strip(), width)}"
