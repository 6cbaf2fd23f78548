"""What the command line says, and how: two languages, tables, progress bars."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from pipeline.errors import IkenError, Language

_LONGEST_SHOWN = 200
# What values of columns (status, use, relation, reason) mean. The files have them in Japanese, whatever the language.
_IN_ENGLISH = {
    "提案": "suggested", "要確認": "to be checked", "該当なしの疑い": "may be about no item",
    "意見なし": "no opinion",
    "計画の項目": "item of the plan", "新しいテーマの候補": "candidate theme", "まとまらない": "in no group",
    "人がコード済み": "coded by a person",
    "同じ題名": "same title", "言い換え": "reworded", "統合": "merged", "分割の候補": "may be a split",
    "他の候補": "other candidate", "対応なし": "no counterpart", "新設の疑い": "may be new",
    "本文が空欄": "no text", "合計の行(意見ではない)": "row of totals, no opinion",
    "同じ意見の2位以下の提案(意見としては1位の行で読み込んだ)": "lower suggestion of an opinion that is read",
    "項目より上の階層のコード。対応表に行を足せば引き継げる": "code above the items; a row in the table carries it over",
    "対応表で○の付いた新しい項目がない": "no new item is marked in the table",
    "同じ判定が二重に読み込まれている": "the same decision read twice",
    "取り消しの操作そのもの": "an undo itself", "本人が取り消した": "undone by the coder",
    "本人の後の判定に置き換わった": "replaced by the coder's later decision",
    "後の裁定に置き換わった": "replaced by a later adjudication", "裁定が優先された": "settled by adjudication",
    "本文(text)が空欄なので、ラベルにできない": "no text to make a label of",
}  # fmt: skip


class Console:
    """Prints results to standard output, and everything else to standard error, in one language."""

    def __init__(self, language: Language = "ja") -> None:
        self.language = language

    def t(self, ja: str, en: str) -> str:
        """Return the text in the console's language."""
        return ja if self.language == "ja" else en

    def value(self, value: str) -> str:
        """Return a value of a column as people read it; in English with the value itself, as the files have it.

        >>> Console("ja").value("要確認"), Console("en").value("要確認"), Console("en").value("G1-1-1")
        ('要確認', 'to be checked (要確認)', 'G1-1-1')
        """
        return self.t(value, f"{_IN_ENGLISH[value]} ({value})" if value in _IN_ENGLISH else value)

    def say(self, ja: str, en: str) -> None:
        """Print one line of result."""
        print(self.t(ja, en))

    def warn(self, ja: str, en: str) -> None:
        """Print one line that is no result."""
        print(self.t(ja, en), file=sys.stderr)

    def error(self, error: IkenError) -> None:
        """Print an error as people read it."""
        prefix = self.t("エラー", "error")
        print(f"{prefix}: {error.message(self.language)}", file=sys.stderr)

    def table(self, title: str, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Print a table; numbers to the right, and of a long text its beginning: one comment can fill the screen."""
        from rich import box
        from rich.console import Console as Rich
        from rich.table import Table

        table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
        for i, name in enumerate(header):
            numeric = bool(rows) and all(isinstance(r[i], int | float) for r in rows)
            table.add_column(name, justify="right" if numeric else "left", overflow="fold")
        for row in rows:
            table.add_row(*(_beginning(str(c)) for c in row))
        width = None if sys.stdout.isatty() else 110
        Rich(width=width, highlight=False, markup=False).print(table)

    @contextmanager
    def progress(self, ja: str, en: str, total: int | None) -> Iterator[Callable[[int], None]]:
        """Show a progress bar with rate and time left on a terminal, nothing elsewhere.

        Yields a function to be called with the number of rows just done.
        """
        if not sys.stderr.isatty():
            yield lambda done: None
            return
        from rich.console import Console as Rich
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=Rich(stderr=True)) as bar:
            task = bar.add_task(self.t(ja, en), total=total, rate="")

            def advance(done: int) -> None:
                speed = bar.tasks[0].speed
                bar.update(
                    task,
                    advance=done,
                    rate="" if not speed else self.t(f"{speed:,.0f}件/秒", f"{speed:,.0f}/s"),
                )

            yield advance

    @contextmanager
    def status(self, ja: str, en: str) -> Iterator[Callable[[str], None]]:
        """Show a spinner with the present step on a terminal; yields the function that names the step."""
        if not sys.stderr.isatty():
            yield lambda step: None
            return
        from rich.console import Console as Rich

        with Rich(stderr=True).status(self.t(ja, en)) as spinner:
            yield lambda step: spinner.update(f"{self.t(ja, en)}: {step}")


def _beginning(text: str) -> str:
    """Return a text, or where it is long its beginning and an ellipsis."""
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
