"""Which queue somebody is working through, and the bar on top that narrows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from pipeline.decision_checks import FIRST_ROUND
from pipeline.errors import InputError
from pipeline.review.desk import Visit
from pipeline.review.views import Filters

STATUS_NAMES = {
    "open": "未判定",
    "decided": "判定済み",
    "unsure": "保留",
    "none-fits": "該当なし",
    "all": "すべて",
}
QUEUE_NAMES = {"informative": "学びの多い順", "file": "ファイルの順"}


@dataclass(frozen=True)
class Where:
    """Which queue somebody is working through: it goes along with every form and link as a query string."""

    queue: str = "informative"
    round: str = FIRST_ROUND
    status: str = "open"
    item: str = ""
    reason: str = ""
    column: str = ""
    value: str = ""
    text: str = ""

    @classmethod
    def read(cls, pairs: Sequence[tuple[str, str]]) -> Where:
        """Return the queue of a query string; what is not known in it is left out."""
        given = {k: v for k, v in pairs if k in cls.__dataclass_fields__ and v}
        return cls(**given)

    @classmethod
    def of(cls, visit: Visit) -> Where:
        """Return the queue of a request: in the form as `where`, else in the address.

        Raises
        ------
        InputError
            for a round that nobody has assigned; that of adjudication has a page and a right of its own.
        """
        in_form = "where" in visit.form
        pairs = parse_qsl(visit.form["where"]) if in_form else visit.request.query_params.multi_items()
        # In a blind round, to be found by its suggestion would tell it.
        blind = visit.desk.settings.blind
        where = cls.read([(k, v) for k, v in pairs if not (blind and k == "item")])
        if where.round != FIRST_ROUND and where.round not in visit.store.rounds():
            raise InputError(
                f"「{where.round}」という回はありません。画面上の「回」から選んでください。",
                f"there is no round '{where.round}'; choose one on the page",
            )
        return where

    @property
    def query(self) -> str:
        """The queue as a query string, without what is as usual."""
        usual = Where()
        named = {k: getattr(self, k) for k in self.__dataclass_fields__}
        return urlencode({k: v for k, v in named.items() if v != getattr(usual, k)})

    @property
    def narrowed(self) -> bool:
        """Whether anything but the order is asked for."""
        return bool(self.item or self.reason or self.text or self.column or self.status != "open")

    def filters(self) -> Filters:
        """Return what the store is to look for."""
        columns = {self.column: self.value} if self.column else {}
        return Filters(self.item, columns, self.status, self.reason, self.text)


def bar(visit: Visit, where: Where) -> dict[str, object]:
    """Return what the filter bar needs."""
    columns = visit.store.columns()
    known = where.column in columns
    return {
        "where": where,
        "blind": visit.desk.settings.blind,
        "rounds": visit.store.rounds(),
        "statuses": STATUS_NAMES,
        "queues": QUEUE_NAMES,
        "columns": columns,
        "values": visit.store.column_values(where.column) if known else [],
    }
