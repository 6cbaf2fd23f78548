"""Double coding: who codes what blindly, and where their decisions differ."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, exists, insert, select
from sqlalchemy.orm import Session

from pipeline.adjudicate import how_they_part, last_rounds
from pipeline.decision_checks import ADJUDICATION, FIRST_ROUND
from pipeline.errors import InputError
from pipeline.review.database import Database
from pipeline.review.definitions import read_codebook
from pipeline.review.handing import Handing
from pipeline.review.people import write_audit
from pipeline.review.sampling import share_of
from pipeline.review.schema import AssignmentRow, CommentRow, DecisionRow, StandingRow
from pipeline.review.standing import decided
from pipeline.review.views import Decided, Disagreement
from pipeline.typed import person_name


class DoubleCoding(Handing):
    """The part of the store for double coding."""

    _db: Database
    _now: Callable[[], datetime]

    def assign_double(
        self,
        share: float,
        coders: Sequence[str],
        seed: int = 0,
        round: str = FIRST_ROUND,
        *,
        hide: bool = True,
        who: str = "",
    ) -> list[int]:
        """Have a share of the open comments coded by all `coders`, blind to each other; return comment ids.

        Chosen by a hash of seed and opinion_id, so that all units of a comment go together. In round "1"
        comments already decided, held or assigned are left out; another round takes any that it has not got.
        `hide` hides the suggestions too.

        Raises
        ------
        InputError
            for fewer than two coders, an empty or reserved round, or a share that is not above 0 and at most 1.
        """
        names = [person_name(c) for c in coders]
        if len(set(names)) != len(names) or len(names) < 2 or not all(names):
            raise InputError(
                "担当者を2人以上、重複なく指定してください。", "name two or more different coders"
            )
        if not 0 < share <= 1:
            raise InputError(
                "割合は0より大きく1以下にしてください。", "the share must be above 0 and at most 1"
            )
        if not round.strip() or round == ADJUDICATION:
            raise InputError(f"回の名前「{round}」は使えません。", f"the round cannot be called '{round}'")
        with self._db.write() as session:
            query = select(CommentRow).where(~_in_round(AssignmentRow, round))
            if round == FIRST_ROUND:
                query = query.where(~_in_round(StandingRow, round))
            chosen = [
                row
                for row in session.scalars(query.order_by(CommentRow.position))
                if share_of(row.opinion_id, f"double{seed}") < share
            ]
            places = [
                {
                    "comment_id": row.id,
                    "round": round,
                    "slot": name,
                    "coder": name,
                    "lease_until": None,
                    "hidden": hide,
                }
                for row in chosen
                for name in names
            ]
            if places:
                session.execute(insert(AssignmentRow), places)
            at = self._now().isoformat(timespec="milliseconds")
            detail = f"round {round}: {len(chosen)} comments, {'、'.join(names)}"
            write_audit(session, at, who, "assign-double", detail)
            return [row.id for row in chosen]

    def disagreements(self, *, settled: bool | None = None) -> list[Disagreement]:
        """Return the comments that `adjudicate` calls open, or an adjudicator decided.

        Of each coder the last round counts. What a single coder is unsure of is theirs to decide yet, see
        `unsure_alone`.

        settled : only those settled (True), only open ones (False), or all (None)
        """
        with self._db.read() as session:
            said, answers = _last_words(session)
            codebook = read_codebook(session)
            differing = {
                comment_id
                for comment_id, given in said.items()
                if len(given) > 1 and how_they_part(given, codebook)[0]
            }
            comments = session.scalars(select(CommentRow).order_by(CommentRow.position))
            wanted = [row for row in comments if row.id in differing or row.id in answers]
            # As nobody's own: without suggestions, which are not what the coders differ on.
            views = self._views(session, wanted, "", FIRST_ROUND)
            found = [Disagreement(v, said.get(v.comment_id, ()), answers.get(v.comment_id)) for v in views]
            return [d for d in found if settled is None or settled != d.is_open]

    def unsure_alone(self) -> int:
        """Return how many more comments `adjudicate` calls open: of one coder, who is unsure."""
        with self._db.read() as session:
            said, answers = _last_words(session)
            return sum(
                len(given) == 1 and given[0].missing
                for comment_id, given in said.items()
                if comment_id not in answers
            )

    def rounds(self) -> list[str]:
        """Return the names of the rounds there are, "1" first, without that of adjudication."""
        with self._db.read() as session:
            names = set(session.scalars(select(AssignmentRow.round).distinct()))
            names |= set(session.scalars(select(StandingRow.round).distinct()))
            return [FIRST_ROUND, *sorted(names - {FIRST_ROUND, ADJUDICATION})]


def _last_words(session: Session) -> tuple[dict[int, tuple[Decided, ...]], dict[int, Decided]]:
    """Return for each comment what each coder said in their last round, and what was settled."""
    by_comment: dict[int, list[Decided]] = {}
    answers: dict[int, Decided] = {}
    rows = session.scalars(
        select(DecisionRow).join(StandingRow, StandingRow.seq == DecisionRow.seq).order_by(DecisionRow.seq)
    )
    for row in rows:
        if row.round == ADJUDICATION:
            answers[row.comment_id] = decided(row)  # the newest, whoever settled it
        else:
            by_comment.setdefault(row.comment_id, []).append(decided(row))
    said = {
        comment_id: tuple(sorted(last_rounds(given)[0], key=lambda d: d.coder))
        for comment_id, given in by_comment.items()
    }
    return said, answers


def _in_round(table: type[AssignmentRow] | type[StandingRow], round: str) -> ColumnElement[bool]:
    return exists().where(table.comment_id == CommentRow.id, table.round == round)
