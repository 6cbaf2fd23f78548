"""How many opinions each item has, and who speaks of what: bars and heat map."""

from __future__ import annotations

from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import MaxNLocator

from pipeline.codebook import Codebook
from pipeline.disclosure import HIDDEN, THRESHOLD, shown_shares
from pipeline.drawing import (
    COLOURS,
    HATCHES,
    SHADES,
    TALLEST,
    Picture,
    canvas,
    display_width,
    is_dark,
    picture,
    shortened,
    wrapped,
)

_LABEL = 46  # half-width characters of an item's name
_MANY_GROUPS = 14
_FEW = 20  # rows that leave room for two lines
_UNCHECKED = "未確認(機械の提案)"


def _nodes(codebook: Codebook, level: int | None) -> list[str]:
    """Return the codes of one level, or the items; an item above the level stands for itself."""
    if level is None:
        return [n.code for n in codebook.items]
    items = {n.code for n in codebook.items}
    return [n.code for n in codebook if n.level == level or (n.level < level and n.code in items)]


def _opinions_of(coded: pd.DataFrame, codebook: Codebook, codes: list[str]) -> pd.DataFrame:
    """Return one row for each opinion and code of `codes` at or above its own codes, the rest as it was.

    The parts of a comment (`unit`, where there are any) are opinions of their own, as in the tables of a report.
    """
    wanted = set(codes)
    at = [
        next((c for c in reversed(codebook.path(code)) if c in wanted), "") if code in codebook else ""
        for code in coded["code"]
    ]
    out = coded.assign(code=at)
    if "checked" in out:  # what a person has seen counts before what the machine says of the same
        out = out.sort_values("checked", key=lambda c: c == "no", kind="stable")
    return out[out["code"] != ""].drop_duplicates([c for c in ("opinion_id", "unit", "code") if c in out])


def _names(codebook: Codebook, codes: list[str]) -> list[str]:
    """Return number and title of each code; on two lines where few rows leave room for them."""
    names = []
    for code in codes:
        node = codebook[code]
        number = codebook.display(code).removesuffix(node.title).strip()
        name = f"{number} {node.title}"
        names.append(wrapped(name, _LABEL) if len(codes) <= _FEW else shortened(name, _LABEL))
    return names


def _row_height(names: list[str]) -> float:
    return 0.33 if any("\n" in n for n in names) else 0.235


def item_bars(
    coded: pd.DataFrame, codebook: Codebook, *, level: int | None = None, title: str | None = None
) -> Picture:
    """Return bars of the number of opinions of each item, in plan order, coloured by goal.

    Parameters
    ----------
    coded : opinion_id, code (and unit, if comments have several); several codes of one opinion are several rows.
        With a column `checked`, rows in which it is "no" (suggested by the machine, seen by nobody) are drawn pale
        and said to be so.
    level : level of the plan, 1 at the top; None for the items

    Returns
    -------
    Picture whose table has code, title, opinions, unchecked. Codes above the level count nowhere in it.
    """
    codes = _nodes(codebook, level)
    counted = _opinions_of(coded, codebook, codes)
    unchecked = counted["checked"] == "no" if "checked" in counted else pd.Series(False, counted.index)
    total = counted["code"].value_counts().reindex(codes, fill_value=0)
    pale = counted.loc[unchecked, "code"].value_counts().reindex(codes, fill_value=0)
    if title is None:
        title = "項目ごとの意見の数" if level is None else f"第{level}階層ごとの意見の数"
    tops = [n.code for n in codebook.children("")]
    names = _names(codebook, codes)
    with canvas(min(TALLEST, 1.0 + _row_height(names) * len(codes))) as figure:
        axes = figure.subplots()
        for k, top in enumerate(tops):
            own = [i for i, c in enumerate(codes) if codebook.path(c)[0] == top]
            colour, hatch = COLOURS[k % len(COLOURS)], HATCHES[k % len(HATCHES)]
            sure = (total - pale).iloc[own].to_numpy()
            axes.barh(own, sure, 0.7, color=colour, hatch=hatch, edgecolor="white", linewidth=0)
            axes.barh(own, pale.iloc[own], 0.7, left=sure, color="white", edgecolor=colour, linestyle="--")
        for i, n in enumerate(total):
            axes.annotate(str(n), (n, i), (3, 0), textcoords="offset points", va="center", fontsize=8)
        axes.set_yticks(range(len(codes)), names, fontsize=7.5)
        axes.set_ylim(len(codes) - 0.4, -0.6)
        axes.set_xlim(0, max(1, int(total.max())) * 1.08)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_xlabel("意見の数(件)")
        axes.tick_params(axis="y", length=0)
        handles = [
            Patch(
                facecolor=COLOURS[k % len(COLOURS)],
                hatch=HATCHES[k % len(HATCHES)],
                edgecolor="white",
                label=shortened(f"{codebook[c].number or c} {codebook[c].title}", 60),
            )
            for k, c in enumerate(tops)
        ]
        if pale.any():
            handles.append(Patch(facecolor="white", edgecolor="black", linestyle="--", label=_UNCHECKED))
        if len(handles) > 1 and level != 1:
            figure.legend(handles=handles, loc="outside lower left", ncols=1)
        table = pd.DataFrame(
            {
                "code": codes,
                "title": [codebook[c].title for c in codes],
                "opinions": total.to_numpy(),
                "unchecked": pale.to_numpy(),
            }
        )
        most = table.sort_values("opinions", ascending=False, kind="stable").head(3)
        listed = "、".join(f"{t}({n}件)" for t, n in zip(most["title"], most["opinions"], strict=True) if n)
        return picture(figure, title, table, f"{title}の棒グラフ。多い順に {listed or '意見なし'}。")


def cross_counts(coded: pd.DataFrame, codebook: Codebook, by: str, level: int | None = None) -> pd.DataFrame:
    """Return the number of opinions of each item (rows: codes) in each group (columns: values of `by`).

    Groups come in the order in which they first stand; an empty value counts as 「無回答」.
    """
    codes = _nodes(codebook, level)
    groups = coded[by].astype(str).str.strip().replace("", "無回答")
    counted = _opinions_of(coded.assign(**{by: groups}), codebook, codes)
    return pd.crosstab(counted["code"], counted[by]).reindex(
        index=codes, columns=list(dict.fromkeys(groups)), fill_value=0
    )


def heat_map(
    counts: pd.DataFrame,
    codebook: Codebook,
    *,
    by: str = "地区",
    threshold: int = THRESHOLD,
    title: str | None = None,
    hidden: pd.DataFrame | None = None,
    sizes: pd.Series[int] | None = None,
) -> Picture:
    """Return a heat map of items by groups: numbers are opinions, shades their share of the group's opinions.

    Parameters
    ----------
    counts : whole numbers, rows codes of the plan, columns groups (see `cross_counts`)
    threshold : cells of 1 to `threshold` - 1 opinions are hidden, so that no resident can be recognised
    hidden : cells to hide instead, of the form of `counts` (see `crosstab`), each shown as `HIDDEN`
    sizes : opinions of each group, which no secret may be; without them, shares are of the opinions shown

    Returns
    -------
    Picture whose table has code, title and the groups; hidden cells say 「5未満」. It holds no totals, from
    which a hidden number could be worked out.
    """
    title = title or f"項目×{by}の意見の数"
    values = counts.to_numpy(dtype=np.int64)
    own = hidden is not None
    secret = (values > 0) & (values < threshold) if hidden is None else hidden.to_numpy(dtype=bool)
    shown = shown_shares(values, secret, sizes)
    codes = [str(c) for c in counts.index]
    groups = [str(c) for c in counts.columns]
    names = _names(codebook, codes)
    with canvas(min(TALLEST, 1.5 + _row_height(names) * len(codes))) as figure:
        axes = figure.subplots()
        image = axes.imshow(shown, cmap=SHADES, vmin=0, vmax=max(float(shown.max()), 1e-9), aspect="auto")
        _draw_cells(axes, values, shown, secret)
        _name_cells(axes, names, groups)
        bar = figure.colorbar(image, ax=axes, location="bottom", shrink=0.5, aspect=40, pad=0.02)
        bar.ax.xaxis.set_major_formatter(lambda x, _: f"{x:.0%}")
        small = "伏せた数" if own else f"{threshold}件未満"
        note = f"斜線: {small}(個人が特定されないよう伏せています)" if secret.any() else ""
        of = f"その{by}の意見{'(斜線を除く)' if sizes is None and secret.any() else ''}に占める割合"
        bar.set_label("\n".join(x for x in (of, note) if x), fontsize=8, linespacing=1.5)
        cells = np.where(secret, HIDDEN if own else f"{threshold}未満", values.astype(object))
        table = pd.DataFrame({"code": codes, "title": [codebook[c].title for c in codes]})
        for j, group in enumerate(groups):
            table[group] = cells[:, j]
        return picture(
            figure, title, table, _heat_alt(title, codes, groups, np.where(secret, 0, values), codebook)
        )


def _draw_cells(axes: Axes, values: np.ndarray, shown: np.ndarray, secret: np.ndarray) -> None:
    """Write the number into each cell, in ink that its shade lets one read, and cover those that are secret."""
    shades = matplotlib.colormaps[SHADES]
    for i, j in np.ndindex(*values.shape):
        if secret[i, j]:
            box = Rectangle(
                (j - 0.5, i - 0.5),
                1,
                1,
                facecolor="white",
                edgecolor="#999999",
                hatch="////",
                linewidth=0,
            )
            axes.add_patch(box)
        else:
            red, green, blue, _ = shades(shown[i, j] / max(float(shown.max()), 1e-9))
            ink = "w" if is_dark(red, green, blue) else "k"
            axes.text(j, i, str(values[i, j]), ha="center", va="center", fontsize=8, color=ink)


def _name_cells(axes: Axes, names: list[str], groups: list[str]) -> None:
    """Put the groups above the columns and the names before the rows, with a thin line between cells."""
    longest = max(display_width(g) for g in groups)
    turned = longest * len(groups) > 60
    upright = turned and len(groups) > _MANY_GROUPS  # aslant they would run into one another
    small: dict[str, Any] = {"va": "center", "fontsize": 7} if upright else {}
    axes.set_xticks(
        range(len(groups)),
        [shortened(g, 20) for g in groups],
        rotation=90 if upright else 45 if turned else 0,
        ha="left" if turned else "center",
        rotation_mode="anchor",
        **small,
    )
    axes.xaxis.tick_top()
    axes.set_yticks(range(len(names)), names, fontsize=7.5)
    axes.set_xticks(np.arange(len(groups) + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(len(names) + 1) - 0.5, minor=True)
    axes.grid(which="minor", color="#dddddd", linewidth=0.5)
    axes.tick_params(which="both", length=0)
    axes.spines[:].set_visible(False)


def _heat_alt(title: str, codes: list[str], groups: list[str], values: np.ndarray, codebook: Codebook) -> str:
    most = [
        f"{group}は{codebook[codes[int(values[:, j].argmax())]].title}({values[:, j].max()}件)"
        for j, group in enumerate(groups)
        if values[:, j].any()
    ]
    return f"{title}の一覧図。最も多い項目: {'、'.join(most) or '示せるものはない'}。"
