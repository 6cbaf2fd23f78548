"""Small counts for the line above each comment: asked for after every decision, so they must stay cheap."""

from __future__ import annotations

from sqlalchemy import and_, func, select

from pipeline.decision_checks import FIRST_ROUND
from pipeline.review.database import Database
from pipeline.review.schema import AssignmentRow, CommentRow, DecisionRow, StandingRow


class PageFigures:
    """The part of the store that the pages ask for on every screen."""

    _db: Database

    def recent_hits(self, round: str = FIRST_ROUND, last: int = 50) -> tuple[int, int]:
        """Return (hits, judged): how often the first suggestion was among the codes, of the last decisions.

        Decisions without a suggestion on screen and those called unsure are not judged: a count that moved with
        a hidden suggestion would tell it.
        """
        query = (
            select(DecisionRow.suggested_code, DecisionRow.codes)
            .join(
                # By the whole key, so that the newest are found without looking at all that stand.
                StandingRow,
                and_(
                    StandingRow.comment_id == DecisionRow.comment_id,
                    StandingRow.round == DecisionRow.round,
                    StandingRow.coder == DecisionRow.coder,
                    StandingRow.seq == DecisionRow.seq,
                ),
            )
            .where(
                DecisionRow.round == round,
                DecisionRow.suggestion_shown,
                DecisionRow.suggested_code != "",
                DecisionRow.action != "unsure",
            )
            .order_by(DecisionRow.seq.desc())
            .limit(last)
        )
        with self._db.read() as session:
            rows = session.execute(query).all()
        return sum(code in codes for code, codes in rows), len(rows)

    def counts(self, coder: str, round: str = FIRST_ROUND) -> tuple[int, int, int]:
        """Return the comments decided in this round by this coder, by all who are to decide them, and all comments.

        The last two are those of `Figures.progress`, without its other figures, which take longer.
        """
        own = select(func.count()).where(StandingRow.coder == coder, StandingRow.round == round)
        wanted = (
            select(AssignmentRow.comment_id, func.count().label("coders"))
            .where(AssignmentRow.round == round, AssignmentRow.slot != "")
            .group_by(AssignmentRow.comment_id)
            .subquery()
        )
        done = (
            select(StandingRow.comment_id)
            .outerjoin(wanted, wanted.c.comment_id == StandingRow.comment_id)
            .where(StandingRow.round == round)
            .group_by(StandingRow.comment_id, wanted.c.coders)
            .having(func.count() >= func.coalesce(wanted.c.coders, 1))
            .subquery()
        )
        everything = CommentRow.__table__ if round == FIRST_ROUND else wanted
        with self._db.read() as session:
            counted = [select(func.count()).select_from(table) for table in (done, everything)]
            values = [session.scalar(q) for q in (own, *counted)]
        mine, decided, total = (int(v or 0) for v in values)
        return mine, decided, total

    def double_coders(self) -> list[str]:
        """Return everybody to whom comments are assigned for double coding."""
        with self._db.read() as session:
            names = session.scalars(
                select(AssignmentRow.coder).where(AssignmentRow.slot != "").distinct()
            ).all()
        return sorted(names)

    def last_seq(self) -> int:
        """Return the number of the last decision or undo of all, 0 if there is none."""
        with self._db.read() as session:
            return int(session.scalar(select(func.max(DecisionRow.seq))) or 0)
