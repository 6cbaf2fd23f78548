"""Excel files as XlsxWriter makes them, of which nothing stays behind: its temporary files hold the comments, too."""

from __future__ import annotations

import traceback
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zipfile import ZipFile

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError


class ExcelBook(xlsxwriter.Workbook):
    """A workbook that keeps one row in memory, unless `options` say otherwise.

    However it ends, its temporary files are gone once it is closed.
    """

    def __init__(self, path: Path, **options: Any) -> None:
        # On Windows what is still open stays, until the program ends.
        self._folder = TemporaryDirectory(ignore_cleanup_errors=True)
        super().__init__(str(path), {"constant_memory": True, "tmpdir": self._folder.name} | options)

    def close(self) -> None:
        """Finish the file.

        Raises
        ------
        OSError
            if it cannot be written.
        """
        try:
            super().close()
        except FileCreateError as error:
            cause: OSError = error.args[0]
            _close_archives(cause)
            raise cause from None
        finally:
            for sheet in self.worksheets() if self.constant_memory else ():
                with suppress(OSError):
                    sheet._opt_close()
            self._folder.cleanup()


def _close_archives(error: OSError) -> None:
    """Close the archive that XlsxWriter leaves open after a fault.

    Open, it could not be deleted on Windows, and Python would tell the fault once more, to nobody, with a traceback.
    """
    for frame, _ in traceback.walk_tb(error.__traceback__):
        for value in [*frame.f_locals.values()]:
            if isinstance(value, ZipFile):
                with suppress(OSError, ValueError):
                    value.close()
