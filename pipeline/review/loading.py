"""From a survey or suggestion file to the comments of a review."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pipeline.models import Model
from pipeline.review.store import Store
from pipeline.vectorcache import VectorCache


@dataclass(frozen=True)
class LoadReport:
    """What became of the rows of the file: rows = rows in `loaded` + rows of `set_aside` (SET_ASIDE table).

    added : comments new in the store (0 when the same file is opened again)
    """

    rows: int
    loaded: int
    added: int
    set_aside: pd.DataFrame
    text_column: str
    encoding: str | None


def load_file(
    store: Store,
    path: Path,
    model: Model,
    *,
    text_column: str | None = None,
    id_column: str | None = None,
    sheet: str | None = None,
    hidden_share: float = 0.1,
    seed: int = 0,
    cache: VectorCache | None = None,
    advance: Callable[[int], object] = lambda done: None,
) -> LoadReport:
    """Read a survey file, or the wide output of `iken suggest`, into the store; the same file again adds nothing.

    Parameters
    ----------
    hidden_share : share of comments whose suggestions stay hidden, so that accuracy can be measured
    advance : called with the number of rows just done

    Raises
    ------
    InputError
        if the file cannot be read, lacks columns, repeats ids, or the store holds another project.
    """
    raise NotImplementedError
