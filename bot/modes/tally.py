"""How often orders, cancels and refusals of each kind happened, and why."""

from msgspec import Struct

from bot.engine.outcome import Outcome
from bot.model.command import Refused
from bot.model.event import (
    AnyEvent,
    Liquidated,
    OrderAccepted,
    OrderCanceled,
    OrderExpired,
    OrderRejected,
    OrderUnknown,
    SendAborted,
)
from bot.model.units import InstrumentId, StrategyName


class Placed(Struct, frozen=True):
    """Orders of one strategy in one instrument for one reason, in the words of execution."""

    strategy: StrategyName
    instrument: InstrumentId
    reason: str
    times: int


class Taken(Struct, frozen=True):
    """Cancels of one strategy in one instrument for one reason."""

    strategy: StrategyName
    instrument: InstrumentId
    reason: str
    times: int


class Stopped(Struct, frozen=True):
    """Orders of one strategy that one limit stopped: how many, and the first and last of them.

    value: with the last order; None where a reference was unknown. allowed: the bound.
    """

    strategy: StrategyName
    limit: str
    times: int
    first_ns: int
    last_ns: int
    value: str | None
    allowed: str


_REPORTS: dict[type[AnyEvent], str] = {
    OrderAccepted: "accepted by the venue",
    OrderRejected: "rejected by the venue",
    OrderCanceled: "canceled",
    OrderExpired: "expired",
    OrderUnknown: "without an answer",
    SendAborted: "stopped before sending",
    Liquidated: "liquidations",
}


class Tally:
    """Counts by kind; they grow with the number of kinds, not with the length of a run."""

    def __init__(self) -> None:
        """Nothing has happened."""
        self._placed: dict[tuple[StrategyName, InstrumentId, str], int] = {}
        self._taken: dict[tuple[StrategyName, InstrumentId, str], int] = {}
        self._stopped: dict[tuple[StrategyName, str], Stopped] = {}
        self._reports = dict.fromkeys(_REPORTS.values(), 0)

    def watch(self, outcome: Outcome) -> None:
        """Count what a step came to."""
        for approved in outcome.approved:
            order = approved.proposal
            key = (order.strategy, order.instrument, order.reason)
            self._placed[key] = self._placed.get(key, 0) + 1
        for cancel in outcome.cancels:
            key = (cancel.strategy, cancel.instrument, cancel.reason)
            self._taken[key] = self._taken.get(key, 0) + 1
        for refused in outcome.refused:
            self._stop(refused, outcome.now)
        word = None if outcome.event is None else _REPORTS.get(type(outcome.event))
        if word is not None:
            self._reports[word] += 1

    @property
    def placed(self) -> list[Placed]:
        """Orders by strategy, instrument and reason."""
        return [Placed(*key, times) for key, times in sorted(self._placed.items())]

    @property
    def taken(self) -> list[Taken]:
        """Cancels by strategy, instrument and reason."""
        return [Taken(*key, times) for key, times in sorted(self._taken.items())]

    @property
    def stopped(self) -> list[Stopped]:
        """Refusals by strategy and limit."""
        return [each for _, each in sorted(self._stopped.items())]

    @property
    def reports(self) -> dict[str, int]:
        """What the venue said of orders, by kind."""
        return dict(self._reports)

    def _stop(self, refused: Refused, now: int) -> None:
        key = (refused.proposal.strategy, refused.limit)
        before = self._stopped.get(key)
        self._stopped[key] = Stopped(
            *key,
            times=1 if before is None else before.times + 1,
            first_ns=now if before is None else before.first_ns,
            last_ns=now,
            value=refused.value,
            allowed=refused.allowed,
        )
