"""Pictures to explore in HTML: the map of opinions and the heat map, each one piece that needs nothing else.

No library, no font file, no request: inline SVG and a table with a few lines of style and script, which may stand
any number of times in one page. Without script the texts are still there as tooltips.
"""

from __future__ import annotations

import hashlib
from html import escape

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.colors import to_hex

from pipeline.cells import in_percent
from pipeline.codebook import Codebook
from pipeline.disclosure import HIDDEN, THRESHOLD, shown_shares
from pipeline.drawing import COLOURS, GREY, NO_ITEM, SHADES, is_dark

_SIZE = (720, 520)
_MARGIN = 16
_RADIUS = 5
_MAP_STYLE = """
#ID{font-family:"BIZ UDPGothic","Hiragino Sans","Noto Sans CJK JP",sans-serif;margin:1em 0;max-width:720px;color:#222}
#ID svg{width:100%;height:auto;border:1px solid #ddd;background:#fff}
#ID .p{stroke:#fff;stroke-width:.7;fill-opacity:.85;cursor:pointer}
#ID .p:hover,#ID .p:focus,#ID .p.on{stroke:#000;stroke-width:2;outline:none}
#ID .said{min-height:4.5em;padding:.5em .8em;border-left:4px solid #bbb;background:#f7f7f7;line-height:1.6}
#ID .said b{display:block;font-weight:normal;font-size:.85em;color:#555}
#ID label{display:block;font-size:.9em;line-height:1.8}#ID label svg{width:1em;height:1em;border:0;vertical-align:-.1em}
"""
_MAP_SCRIPT = """
(function(){var f=document.getElementById("ID"),s=f.querySelector(".said"),on=null;
function show(p){if(on)on.classList.remove("on");on=p;p.classList.add("on");s.textContent="";
var b=document.createElement("b");b.textContent=p.getAttribute("data-item");s.appendChild(b);
s.appendChild(document.createTextNode(p.getAttribute("data-text")));}
f.querySelectorAll(".p").forEach(function(p){["mouseenter","focus","click"].forEach(function(e){
p.addEventListener(e,function(){show(p);});});});
f.querySelectorAll("input").forEach(function(i){i.addEventListener("change",function(){
f.querySelectorAll('[data-goal="'+i.value+'"]').forEach(function(p){p.style.display=i.checked?"":"none";});});});
})();
"""
_HEAT_STYLE = """
#ID{font-family:"BIZ UDPGothic","Hiragino Sans","Noto Sans CJK JP",sans-serif;margin:1em 0;color:#222;overflow-x:auto}
#ID table{border-collapse:collapse;font-size:.85em}
#ID caption{text-align:left;padding:.3em 0}
#ID th{font-weight:normal;text-align:left;padding:.25em .6em;min-width:14em;max-width:24em;background:#fff}
#ID thead th{text-align:center;min-width:0;border-bottom:1px solid #999}
#ID td{text-align:center;min-width:3.2em;padding:.25em;border:1px solid #ddd}
#ID td.h{background:repeating-linear-gradient(45deg,#fff,#fff 4px,#bbb 4px,#bbb 5px);color:#444;font-size:.85em}
#ID tr:hover th,#ID td:hover{outline:2px solid #000;outline-offset:-2px}
"""


def opinion_map_html(table: pd.DataFrame, codebook: Codebook, *, title: str = "意見の地図") -> str:
    """Return the map of opinions as a piece of HTML (`<figure>`): pointing at a sign shows what was said.

    Signs can be reached with the Tab key; goals can be hidden one by one.

    Parameters
    ----------
    table : from `pictures_map.map_table`
    """
    tops = [n.code for n in codebook.children("")]
    goals = [*tops, ""] if (table["goal"] == "").any() else tops
    signs, legend = [], []
    width, height = _SIZE
    for k, goal in enumerate(goals):
        own = table[table["goal"] == goal]
        colour = COLOURS[k % len(COLOURS)] if goal else GREY
        shape = k if goal else -1
        for text, code, x, y in zip(own["text"], own["code"], own["x"], own["y"], strict=True):
            item = codebook.display(code) if code else NO_ITEM
            left = _MARGIN + float(x) * (width - 2 * _MARGIN)
            top = _MARGIN + (1 - float(y)) * (height - 2 * _MARGIN)
            signs.append(
                f'<path class="p" tabindex="0" role="img" d="{_shape(shape, left, top)}" fill="{colour}" '
                f'data-goal="{escape(goal)}" data-item="{escape(item)}" data-text="{escape(text)}" '
                f'aria-label="{escape(f"{item}: {text}")}"><title>{escape(text)}</title></path>'
            )
        name = f"{codebook[goal].number or goal} {codebook[goal].title}" if goal else NO_ITEM
        legend.append(
            f'<label><input type="checkbox" value="{escape(goal)}" checked> <svg viewBox="0 0 12 12" '
            f'aria-hidden="true"><path d="{_shape(shape, 6, 6)}" fill="{colour}"/></svg> '
            f"{escape(name)}({len(own)}件)</label>"
        )
    inner = (
        f"<figcaption>{escape(title)}(似た意見ほど近い。印にカーソルを合わせると意見が出ます)</figcaption>"
        f'<svg viewBox="0 0 {width} {height}" role="group" aria-label="{escape(title)}">{"".join(signs)}</svg>'
        f'<div class="said" aria-live="polite"></div>{"".join(legend)}'
    )
    own_id = _id("map", inner)
    return (
        f'<figure id="{own_id}"><style>{_MAP_STYLE.replace("ID", own_id)}</style>{inner}'
        f"<script>{_MAP_SCRIPT.replace('ID', own_id)}</script></figure>"
    )


def heat_map_html(
    counts: pd.DataFrame,
    codebook: Codebook,
    *,
    by: str = "地区",
    threshold: int = THRESHOLD,
    title: str | None = None,
    hidden: pd.DataFrame | None = None,
    sizes: pd.Series[int] | None = None,
) -> str:
    """Return the heat map as a piece of HTML: a table in which each cell tells item, group, number and share.

    Parameters are those of `pictures_bars.heat_map`; hidden cells are hidden here too, also in the source.
    """
    title = title or f"項目×{by}の意見の数"
    values = counts.to_numpy(dtype=np.int64)
    mark, what = (f"{threshold}未満", f"{threshold}件未満") if hidden is None else (HIDDEN, "伏せた数")
    secret = (values > 0) & (values < threshold) if hidden is None else hidden.to_numpy(dtype=bool)
    share = shown_shares(values, secret, sizes)
    greatest = max(float(share.max(initial=0.0)), 1e-9)
    of = f"{by}の意見{'(斜線を除く)' if sizes is None and secret.any() else ''}"
    shades = matplotlib.colormaps[SHADES]
    groups = [str(c) for c in counts.columns]
    rows = []
    for i, code in enumerate(map(str, counts.index)):
        name = codebook.display(code)
        cells = []
        for j, group in enumerate(groups):
            if secret[i, j]:
                about = escape(f"{name} × {group}: {what}")
                cells.append(f'<td class="h" title="{about}">{mark}</td>')
                continue
            red, green, blue, _ = shades(round(share[i, j] / greatest, 2))
            colour = "#fff" if is_dark(red, green, blue) else "#000"
            about = escape(f"{name} × {group}: {values[i, j]}件(この{of}の約{in_percent(share[i, j])})")
            cells.append(
                f'<td style="background:{to_hex((red, green, blue))};color:{colour}" title="{about}">'
                f"{values[i, j]}</td>"
            )
        rows.append(f'<tr><th scope="row">{escape(name)}</th>{"".join(cells)}</tr>')
    head = "".join(f'<th scope="col">{escape(g)}</th>' for g in groups)
    note = f"斜線は{what}で、個人が特定されないよう伏せています。" if secret.any() else ""
    inner = (
        f"<table><caption>{escape(title)}。色はその{escape(of)}に占める割合。{note}</caption>"
        f'<thead><tr><th scope="col">項目</th>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>'
    )
    own_id = _id("heat", inner)
    return f'<figure id="{own_id}"><style>{_HEAT_STYLE.replace("ID", own_id)}</style>{inner}</figure>'


def _id(kind: str, content: str) -> str:
    """Return an id that differs between the pieces of one page and is the same in every run."""
    return f"iken-{kind}-{hashlib.sha256(content.encode()).hexdigest()[:10]}"


def _shape(number: int, x: float, y: float) -> str:
    """Return the path of one sign: circle, square, triangle, diamond, upturned triangle, plus; a cross for -1."""
    r = _RADIUS
    if number == -1:
        return f"M{x - r:.1f} {y - r + 2:.1f}l2-2 3 3 3-3 2 2-3 3 3 3-2 2-3-3-3 3-2-2 3-3z"
    forms = (
        f"M{x - r:.1f} {y:.1f}a{r} {r} 0 1 0 {2 * r} 0a{r} {r} 0 1 0 {-2 * r} 0z",
        f"M{x - r + 0.5:.1f} {y - r + 0.5:.1f}h{2 * r - 1}v{2 * r - 1}h{1 - 2 * r}z",
        f"M{x:.1f} {y - r - 0.5:.1f}l{r + 0.5} {2 * r}h{-2 * r - 1}z",
        f"M{x:.1f} {y - r - 1:.1f}l{r + 1} {r + 1} {-r - 1} {r + 1} {-r - 1} {-r - 1}z",
        f"M{x:.1f} {y + r + 0.5:.1f}l{r + 0.5} {-2 * r}h{-2 * r - 1}z",
        f"M{x - 1.8:.1f} {y - r:.1f}h3.6v{r - 1.8}h{r - 1.8}v3.6h{1.8 - r}v{r - 1.8}h-3.6v{1.8 - r}h{1.8 - r}v-3.6h{r - 1.8}z",
    )
    return forms[number % len(forms)]
