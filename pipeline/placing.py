"""Files appear whole or not at all: written under a temporary name, then given their own."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import InputError, why


def check_folder(folder: Path, option: str = "--out") -> None:
    """Raise `InputError` if `folder` cannot come to be since a file stands there or above; makes nothing.

    Parameters
    ----------
    option : what named the folder, or a file in it
    """
    place = folder.resolve()
    above = next(p for p in (place, *place.parents) if p.exists())
    if not above.is_dir():
        raise InputError(
            f"フォルダではなくファイルです。{option} に別の名前を指定してください。",
            f"this is a file, not a folder; give {option} another name",
            file=str(above),
        )


def make_folder(folder: Path, option: str = "--out") -> None:
    """Make a folder if it is not there; an `InputError` if that cannot be done (see `check_folder`)."""
    check_folder(folder, option)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"フォルダを作れません({why(error)})。{option} に別の場所を指定してください。",
            f"cannot make the folder ({error.strerror}); give {option} another place",
            file=str(folder),
        ) from None


def temporary_beside(path: Path) -> Path:
    """Return a free path in the folder of `path`; an `InputError` if there is no such folder."""
    if not path.parent.is_dir():
        raise InputError(
            "保存先のフォルダがありません。", "the folder to write to does not exist", file=str(path)
        )
    # A short name: Japanese file names come near the 255 bytes that file systems allow.
    return path.with_name(f".iken-{uuid.uuid4().hex}.tmp")


def put_in_place(temporary: Path, path: Path) -> None:
    """Give a finished temporary file its name; an `InputError` if the old one is held open."""
    try:
        temporary.replace(path)
    except OSError as error:
        raise unwritable(path, error) from None


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a temporary file to write to, which becomes `path` at the end, or nothing after an error.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with whole_file(Path(folder) / "a.txt") as temporary:
    ...         _ = temporary.write_text("x")
    ...     [p.name for p in Path(folder).iterdir()]
    ['a.txt']
    """
    temporary = temporary_beside(path)
    try:
        yield temporary
        put_in_place(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def swap_folders(new: Path, place: Path, kept: Path | None) -> None:
    """Rename the folder `new` to `place`, and what stands there to `kept` (None if nothing does).

    If the second rename fails, the first is undone.

    Raises
    ------
    InputError
        if a folder cannot be renamed; all is as it was.
    """
    try:
        if kept is not None:
            place.rename(kept)
        try:
            new.rename(place)
        except OSError:
            if kept is not None:
                kept.rename(place)
            raise
    except OSError as error:
        raise InputError(
            f"フォルダの名前を変えられません({why(error)})。中のファイルを開いていれば閉じてください。",
            f"cannot rename the folder ({error.strerror}); close its files if they are open",
            file=str(place),
        ) from None


def unwritable(path: Path, error: OSError) -> InputError:
    """Return the error that says that `path` cannot be written, and why."""
    ja = f"書き込めません({why(error)})。Excel などで開いていれば閉じてください。"
    return InputError(ja, f"cannot write ({error.strerror}); close it if it is open in Excel", file=str(path))
