"""Which kernels numpy and scipy calculate with, so that training gives the same last digits on every ordinary PC.

OpenBLAS and numpy choose their code by the processor they find, and code for other processors adds in another order
or rounds another last bit. Training takes what all x86 processors since about 2013 have (AVX2 and FMA), on newer ones
too; the choice is made by environment variables, which are read once, when the libraries are loaded (decision 0021).
"""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path

# OPENBLAS_CORETYPE: https://github.com/OpenMathLib/OpenBLAS/blob/develop/USAGE.md
# NPY_DISABLE_CPU_FEATURES: https://numpy.org/doc/stable/reference/simd/build-options.html
# Names of all versions of numpy that iken works with; those it does not know it passes over.
_FIXED = {
    "OPENBLAS_CORETYPE": "Haswell",
    "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512F AVX512CD AVX512_SKX AVX512_KNL AVX512_KNM AVX512_CLX AVX512_CNL "
    "AVX512_ICL AVX512_SPR",
}
_WINDOWS_AVX2 = 40  # PF_AVX2_INSTRUCTIONS_AVAILABLE of IsProcessorFeaturePresent


def fix_arithmetic() -> bool:
    """Choose the kernels that training is done with; call before numpy is loaded.

    Returns False, and changes nothing, where they cannot be chosen: numpy is loaded already, or the processor is not
    of the kind (ARM, or older than AVX2), where its own kernels are used.
    """
    if "numpy" in sys.modules or not _has_avx2():
        return False
    os.environ.update(_FIXED)
    return True


def arithmetic() -> str:
    """Return the kernels in use, for the record: those of OpenBLAS, and what numpy uses of the processor."""
    import numpy as np
    import scipy.linalg  # noqa: F401 - loads its own library
    from threadpoolctl import threadpool_info

    blas = {
        f"{b['internal_api']} {b.get('version')} {b.get('architecture', '')}".strip()
        for b in threadpool_info()
        if b["user_api"] == "blas"
    }
    features = np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])
    return ", ".join([*sorted(blas), f"numpy {'+'.join(features) or 'baseline'}"])


def _has_avx2() -> bool:
    if platform.machine().lower() not in ("x86_64", "amd64"):
        return False
    if sys.platform == "win32":
        import ctypes

        return bool(ctypes.windll.kernel32.IsProcessorFeaturePresent(_WINDOWS_AVX2))
    try:
        found = Path("/proc/cpuinfo").read_text("utf-8").split()
    except OSError:
        return False
    return "avx2" in found and "fma" in found
