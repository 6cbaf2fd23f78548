"""The review's database behind one small interface: comments handed out, decisions recorded, people known."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, select

from pipeline.codebook import Codebook
from pipeline.errors import InputError
from pipeline.review.bulk import BulkAcceptance
from pipeline.review.changes import Changes
from pipeline.review.database import Database
from pipeline.review.definitions import Definitions
from pipeline.review.doubles import DoubleCoding
from pipeline.review.figures import Figures
from pipeline.review.handing import column_names
from pipeline.review.people import People
from pipeline.review.schema import CommentRow, ProjectRow
from pipeline.review.store_pages import PageFigures
from pipeline.tables import records

MOST_VALUES = 100  # of a column, that one can choose from
_AT_ONCE = 500


class Store(DoubleCoding, BulkAcceptance, Changes, Figures, PageFigures, Definitions, People):
    """One review project in SQLite (file) or PostgreSQL (URL). Safe for threads and several processes.

    Every method is one transaction: it raises and leaves nothing, or has its result on the disk. All may
    raise `StoreBusy` (locked by another program, nothing stored, try again) and `StoreFull`.

    backup : the copy that was made of an SQLite file of an older schema before it was brought up to date
    """

    def __init__(self, database: Database, clock: Callable[[], datetime], backup: Path | None) -> None:
        self._db = database
        self._now = clock
        self.backup = backup

    @classmethod
    def open(cls, url: str, *, clock: Callable[[], datetime] | None = None) -> Store:
        """Open a database, make it if absent, bring an older schema up to date (after a backup copy).

        Parameters
        ----------
        url : path of an SQLite file, `sqlite:///…`, or `postgresql+psycopg://…`
        clock : the present moment with its offset, for tests

        Raises
        ------
        InputError
            if it is no database of iken review, of a newer version, or cannot be reached.
        """
        clock = clock or _now
        database = Database(url)
        try:
            return cls(database, clock, database.upgrade(clock()))
        except BaseException:
            database.close()
            raise

    def close(self) -> None:
        """Give back all connections."""
        self._db.close()

    # -- project and comments ------------------------------------------------------------------

    def is_empty(self) -> bool:
        """Tell whether no project has been loaded yet."""
        with self._db.read() as session:
            return session.scalar(select(ProjectRow.id)) is None

    def set_project(
        self, *, source: str, source_sha256: str, model_id: str, codebook: Codebook, columns: Sequence[str]
    ) -> None:
        """Say what is reviewed; again with the same source and plan does nothing.

        Raises
        ------
        InputError
            if the database holds the review of another source, or of a plan with other codes.
        """
        with self._db.write() as session:
            row = session.scalar(select(ProjectRow))
            if row is None:
                session.add(
                    ProjectRow(
                        id=1,
                        source=source,
                        source_sha256=source_sha256,
                        model_id=model_id,
                        codebook=records(codebook.to_table()),
                        columns=list(columns),
                        created_at=self._now().isoformat(timespec="milliseconds"),
                    )
                )
            elif row.source_sha256 != source_sha256 and row.source == source:
                raise InputError(
                    "このファイルは、前に開いたあとで中身が変わっています(保存し直しただけでも変わります)。続けるには元の"
                    "ファイルに戻してください。今の中身で新しく始めるには、--db に別の名前を指定してください。",
                    "the file has changed since the review was begun (saving it again is enough); to go on, put the "
                    "former file back; to begin anew with what it holds now, give --db another name",
                    file=source,
                )
            elif row.source_sha256 != source_sha256:
                raise InputError(
                    f"このデータベースには別のファイル({row.source})の判定が入っています。--db に別の名前を指定してください。",
                    f"the database holds the review of another file ({row.source}); give --db another name",
                    file=source,
                )
            else:
                _check_plan({str(node["code"]) for node in row.codebook}, codebook)

    def columns(self) -> list[str]:
        """Return the names of the input's other columns, in order."""
        with self._db.read() as session:
            return column_names(session)

    def column_values(self, column: str) -> list[tuple[str, int]]:
        """Return the `MOST_VALUES` most frequent values of an input column with their counts, those first."""
        with self._db.read() as session:
            names = column_names(session)
            if column not in names:
                raise InputError(f"列「{column}」はありません。", f"there is no column '{column}'")
            value = CommentRow.cells[names.index(column)].as_string().label("value")
            counts = select(value, func.count().label("n")).group_by(value)
            found = session.execute(counts.order_by(func.count().desc(), value).limit(MOST_VALUES))
            return [(str(v), int(n)) for v, n in found]

    def load_comments(self, rows: Sequence[Mapping[str, Any]]) -> int:
        """Add comments (columns of `schema.CommentRow`); those whose (opinion_id, unit) is there stay as they are.

        Returns the number added.

        Raises
        ------
        InputError
            if a comment is there with another text.
        """
        with self._db.write() as session:
            known = {
                (opinion_id, unit): text
                for opinion_id, unit, text in session.execute(
                    select(CommentRow.opinion_id, CommentRow.unit, CommentRow.text)
                )
            }
            new = []
            for row in rows:
                before = known.get((row["opinion_id"], row["unit"]))
                if before is None:
                    known[(row["opinion_id"], row["unit"])] = row["text"]
                    new.append(dict(row))
                elif before != row["text"]:
                    raise InputError(
                        f"ID「{row['opinion_id']}」の本文が、読み込み済みのものと違います。",
                        f"the text of id '{row['opinion_id']}' differs from the one loaded before",
                    )
            for start in range(0, len(new), _AT_ONCE):
                session.execute(insert(CommentRow), new[start : start + _AT_ONCE])
            return len(new)

    def count(self) -> int:
        """Return the number of comments."""
        with self._db.read() as session:
            return session.scalar(select(func.count()).select_from(CommentRow)) or 0

    def loaded(self) -> set[tuple[str, str, str]]:
        """Return (opinion_id, unit, text of the whole comment) of all comments."""
        with self._db.read() as session:
            rows = session.execute(select(CommentRow.opinion_id, CommentRow.unit, CommentRow.text))
            return {(opinion_id, unit, text) for opinion_id, unit, text in rows}

    def texts(self) -> list[tuple[int, str]]:
        """Return (comment_id, unit text) of all comments by position, for the learner."""
        with self._db.read() as session:
            rows = session.execute(
                select(CommentRow.id, CommentRow.text, CommentRow.unit_start, CommentRow.unit_end).order_by(
                    CommentRow.position
                )
            )
            return [(i, text[start:end]) for i, text, start, end in rows]


def _check_plan(stored: set[str], codebook: Codebook) -> None:
    """Raise `InputError` for a model of other codes; what a code means may have been amended since."""
    codes = {node.code for node in codebook}
    for code in sorted(stored ^ codes):
        here, there = ("このデータベース", "the database") if code in stored else ("モデル", "the model")
        raise InputError(
            f"モデルの計画が、このデータベースの計画と違います(コード「{code}」は{here}だけにあります)。--model に、"
            "これまでと同じコードブックで学習したモデルを指定するか、--db に別の名前を付けて新しく始めてください。",
            f"the model's plan is not the database's (code '{code}' is only in {there}); give --model a model of the "
            "same codebook, or --db another name to begin anew",
        )


def _now() -> datetime:
    return datetime.now().astimezone()
