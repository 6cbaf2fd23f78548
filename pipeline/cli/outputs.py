"""Where a command may write: never over what it reads, nor two things into one file; said before the work begins."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pipeline.errors import InputError
from pipeline.placing import check_folder, check_writable


def check_outputs(outputs: Iterable[tuple[str, Path | None]], inputs: Iterable[Path | None]) -> None:
    """Raise `InputError` for a file that would be written over an input or another output, or cannot be written.

    Parameters
    ----------
    outputs : option that names a file to write, and the file; None for one that was not asked for
    inputs : files that are read; None for one that was not given
    """
    taken = [p for p in inputs if p is not None]
    for option, path in outputs:
        if path is None:
            continue
        if any(_is_same(path, other) for other in taken):
            raise InputError(
                f"入力や他の出力と同じファイルには書けません。{option} に別の名前を指定してください。",
                f"the output would overwrite an input or another output; give {option} another name",
                file=str(path),
            )
        taken.append(path)
        check_folder(path.parent, option)
        check_writable(path)


def _is_same(a: Path, b: Path) -> bool:
    # Two names may be of one file: links, and letter case on Windows and macOS.
    return a.resolve() == b.resolve() or (a.exists() and b.exists() and a.samefile(b))
