"""The codebook of a review: as loaded, with definitions that adjudicators amend on the spot, all versions kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pandas as pd
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pipeline.codebook import Codebook
from pipeline.errors import InputError
from pipeline.review.database import Database
from pipeline.review.people import write_audit
from pipeline.review.schema import CodebookVersionRow, ProjectRow
from pipeline.review.views import Definition
from pipeline.tables import CODEBOOK

_SEEN = "codebook"


def read_codebook(session: Session) -> Codebook:
    """Return the codebook with the newest definition of every code; `InputError` before a project is loaded."""
    version = session.execute(
        select(ProjectRow.created_at, select(func.max(CodebookVersionRow.id)).scalar_subquery())
    ).one_or_none()
    if version is None:
        raise InputError("まだ何も読み込まれていません。", "nothing has been loaded yet")
    seen: tuple[object, Codebook] | None = session.info["seen"].get(_SEEN)
    if seen is None or seen[0] != tuple(version):
        seen = (tuple(version), _amended(session))
        session.info["seen"][_SEEN] = seen
    return seen[1]


def _amended(session: Session) -> Codebook:
    rows = session.scalars(select(ProjectRow.codebook)).one()
    newest = (
        select(CodebookVersionRow.code, func.max(CodebookVersionRow.version).label("version"))
        .group_by(CodebookVersionRow.code)
        .subquery()
    )
    amended = session.execute(
        select(CodebookVersionRow.code, CodebookVersionRow.text).join(
            newest,
            (newest.c.code == CodebookVersionRow.code) & (newest.c.version == CodebookVersionRow.version),
        )
    )
    texts: dict[str, str] = dict(amended.all())
    table = pd.DataFrame(rows, dtype=str)
    table["definition"] = [
        texts.get(code, text) for code, text in zip(table["code"], table["definition"], strict=True)
    ]
    return Codebook.from_table(CODEBOOK.check(table))


class Definitions:
    """The part of the store that keeps the codebook."""

    _db: Database
    _now: Callable[[], datetime]

    def codebook(self) -> Codebook:
        """Return the codebook with all amended definitions."""
        with self._db.read() as session:
            return read_codebook(session)

    def amend_definition(self, code: str, text: str, who: str) -> Definition:
        """Give a code a new definition; earlier versions are kept. `InputError` for an unknown code."""
        at = self._now().isoformat(timespec="milliseconds")
        with self._db.write() as session:
            _check_code(session, code)
            last = session.scalar(
                select(func.max(CodebookVersionRow.version)).where(CodebookVersionRow.code == code)
            )
            row = CodebookVersionRow(code=code, version=(last or 0) + 1, text=text.strip(), who=who, at=at)
            session.add(row)
            write_audit(session, at, who, "amend-definition", f"{code} v{row.version}")
            return Definition(row.version, code, row.text, who, at)

    def definition_history(self, code: str) -> list[Definition]:
        """Return all versions of a code's definition, oldest first; version 0 is the loaded one."""
        with self._db.read() as session:
            _check_code(session, code)
            project = session.scalars(select(ProjectRow)).one()
            loaded = next(str(r["definition"]) for r in project.codebook if r["code"] == code)
            rows = session.scalars(
                select(CodebookVersionRow)
                .where(CodebookVersionRow.code == code)
                .order_by(CodebookVersionRow.version)
            )
            first = Definition(0, code, loaded, "", project.created_at)
            return [first, *(Definition(r.version, r.code, r.text, r.who, r.at) for r in rows)]


def _check_code(session: Session, code: str) -> None:
    if code not in read_codebook(session):
        raise InputError(
            f"コード「{code}」はコードブックにありません。", f"code '{code}' is not in the codebook"
        )
