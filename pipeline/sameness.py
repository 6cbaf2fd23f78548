"""Whether two trained parts, tables or records are the same but for last digits, which another processor rounds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

# The directions of the Gaussian kernel and the texts along them: another library may find them turned or mirrored,
# which changes no kernel. What is learned with them (`coefficients_`) is compared.
_TURNED = ("axes_", "landmarks_")


def alike(a: Any, b: Any, tolerance: float) -> bool:
    """Tell whether two values are the same, their floats to within `tolerance` of the greatest beside them, or of 1.

    Values are plain ones, arrays, tables and objects made of such.

    >>> alike({"n": 84, "share": 0.5}, {"n": 84, "share": 0.5000001}, 1e-4)
    True
    >>> alike({"n": 84, "share": 0.5}, {"n": 85, "share": 0.5}, 1e-4), alike([1.0], [1.0, 2.0], 1e-4)
    (False, False)
    """
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return a.keys() == b.keys() and all(alike(a[k], b[k], tolerance) for k in a)
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(alike(x, y, tolerance) for x, y in zip(a, b, strict=True))
    if isinstance(a, float) and isinstance(b, float):
        return alike(np.array([a]), np.array([b]), tolerance)
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray):
        if a.shape != b.shape or a.dtype != b.dtype:
            return False
        if a.dtype.kind != "f":
            return bool(np.array_equal(a, b))
        room = tolerance * max(1.0, float(np.abs(b).max(initial=0.0)))
        return bool(np.allclose(a, b, rtol=0.0, atol=room, equal_nan=True))
    if isinstance(a, pd.DataFrame):
        return bool(a.equals(b))
    if sp.issparse(a):
        return a.shape == b.shape and all(
            alike(getattr(a, n), getattr(b, n), tolerance) for n in ("indptr", "indices", "data")
        )
    if hasattr(a, "__dict__"):
        mine, other = ({k: v for k, v in vars(x).items() if k not in _TURNED} for x in (a, b))
        return alike(mine, other, tolerance)
    return bool(a == b)
