"""Figures that take a while, kept until the record changes."""

from __future__ import annotations

import threading
from collections.abc import Callable

from pipeline.agreement import Agreement


class Latest:
    """What takes long to compute, kept until the record it was computed of changes. Safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: tuple[object, Agreement] | None = None

    def of(self, state: object, compute: Callable[[], Agreement]) -> Agreement:
        """Return what belongs to a state of the record; computed once, whoever else asks meanwhile waits."""
        with self._lock:
            if self._kept is None or self._kept[0] != state:
                self._kept = (state, compute())
            return self._kept[1]
