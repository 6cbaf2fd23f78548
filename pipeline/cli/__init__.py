"""The command line: the only part that knows paths, prints and exit codes.

Exit codes: 0 done; 1 done, but something was set aside or differs (`--strict`, `reproduce`, `crosswalk`,
`review collect --accept-valid`); 2 bad input, nothing written.
"""

from __future__ import annotations

import errno
import gc
import os
import sys
import tempfile
from collections.abc import Sequence

from pipeline.cli.console import Console
from pipeline.errors import IkenError, InputError, Language, why

_STOPPED = 130  # what Typer ends with after Ctrl+C


def language_of(arguments: Sequence[str], environment: dict[str, str]) -> Language:
    """Return the language of messages: `--lang en` anywhere, else IKEN_LANG, else Japanese."""
    for i, argument in enumerate(arguments):
        value = arguments[i + 1] if argument == "--lang" and i + 1 < len(arguments) else argument
        if argument.startswith("--lang"):
            return "en" if value.removeprefix("--lang=") == "en" else "ja"
    return "en" if environment.get("IKEN_LANG") == "en" else "ja"


def _language_first(arguments: Sequence[str]) -> list[str]:
    """Move `--lang en` to the front, where the command line knows it, from wherever it stands."""
    for i, argument in enumerate(arguments):
        if argument == "--":  # what follows are names of files
            break
        if argument == "--lang" or argument.startswith("--lang="):
            width = 2 if argument == "--lang" else 1
            return [*arguments[i : i + width], *arguments[:i], *arguments[i + width :]]
    return list(arguments)


def _unusable_place(error: OSError) -> InputError:
    """Return the error for what may come up anywhere: a share that went away, a name too long, a full disk."""
    place = error.filename
    if place is None and error.errno == errno.ENOSPC:
        place = tempfile.gettempdir()  # what is written elsewhere says where
    return InputError(
        f"読み書きできません({why(error)})。場所と名前と、ディスクの空きを確かめてください。",
        f"cannot read or write ({error.strerror or error}); check the place, the name and the free space on the disk",
        file=None if place is None else str(place),
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Run `iken` and exit."""
    # Libraries and tables are millions of objects and hardly any cycles: looking for cycles as often as usual is
    # a tenth of the time, from the first import on.
    gc.set_threshold(100_000, 50, 50)
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        # A Windows console in CP932 cannot show every character; better a mark than a crash.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    console = Console(language_of(arguments, dict(os.environ)))
    from pipeline.cli.commands import build_app

    app = build_app(console)
    try:
        app(args=_language_first(arguments), prog_name="iken")
    except IkenError as error:
        console.error(error)
        sys.exit(2)
    except OSError as error:
        console.error(_unusable_place(error))
        sys.exit(2)
    except SystemExit as end:
        if end.code == _STOPPED:
            console.warn("中止しました。出力は書かれていません。", "stopped; no output was written")
        raise
