"""Files appear whole or not at all: written under a temporary name, then given their own."""

from __future__ import annotations

import errno
import os
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from pipeline.errors import InputError, why

_HELD = (errno.EACCES, errno.EPERM, errno.EBUSY)  # what Windows says of a file that is open elsewhere


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
def writing(path: Path) -> Iterator[None]:
    """Make one message of whatever keeps `path` from being written: a disk may be full at any moment."""
    try:
        yield
    except OSError as error:
        raise unwritable(path, error) from None


def discard(temporary: Path) -> None:
    """Delete a temporary file; where not even that can be done, a message is on its way that says why."""
    with suppress(OSError):
        temporary.unlink()


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
    with whole_files([path]) as (temporary,), writing(path):
        yield temporary


@contextmanager
def whole_files(paths: Sequence[Path]) -> Iterator[list[Path]]:
    """Give a temporary file for each of several: at the end all become what they are called, after an error none.

    Raises
    ------
    InputError
        if one of them cannot be written.
    """
    temporaries = [temporary_beside(p) for p in paths]
    try:
        yield temporaries
        for path in paths:
            check_replaceable(path)
        for temporary, path in zip(temporaries, paths, strict=True):
            put_in_place(temporary, path)
    finally:
        for temporary in temporaries:
            discard(temporary)


def check_writable(path: Path) -> None:
    """Raise `InputError` if no file can be made in the folder of `path`, when there is one, or `path` not replaced."""
    if path.parent.is_dir():
        temporary = temporary_beside(path)
        with writing(path):
            temporary.touch()
        discard(temporary)
    check_replaceable(path)


def check_replaceable(path: Path) -> None:
    """Raise `InputError` if a file stands there that cannot be written over: one that is open in Excel, on Windows."""
    if path.is_dir():
        raise unwritable(path, IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR)))
    if path.is_file():
        with writing(path), path.open("r+b"):
            pass


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
    ja, en = "別の場所か名前を指定してください。", "give another place or name"
    if error.errno in _HELD:
        ja, en = "Excel などで開いていれば閉じてください。", "close it if it is open in Excel"
    return InputError(
        f"書き込めません({why(error)})。{ja}", f"cannot write ({error.strerror}); {en}", file=str(path)
    )
