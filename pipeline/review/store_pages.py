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
        """Return the comments decided in this round by this coder, by anybody, and all comments."""
        own = select(func.count()).where(StandingRow.coder == coder, StandingRow.round == round)
        anybody = select(func.count(StandingRow.comment_id.distinct())).where(StandingRow.round == round)
        with self._db.read() as session:
            values = [session.scalar(q) for q in (own, anybody, select(func.count(CommentRow.id)))]
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
