"""How often orders, cancels and refusals of each kind happened, and why."""

from typing import Final

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


REASONS_MAX: Final = 60

_REPORTS: Final[dict[type[AnyEvent], str]] = {
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
        self._reports: dict[str, int] = {}

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
        if outcome.event is not None:
            self._report(outcome.event)

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
        """What became of orders, by kind, and of those that failed by their reason."""
        return {name: times for name, times in self._reports.items() if times}

    def _report(self, event: AnyEvent) -> None:
        word = _REPORTS.get(type(event))
        if word is None:
            return
        if isinstance(event, OrderRejected | SendAborted | OrderUnknown):
            said = f"{word}: {event.reason.partition(':')[0]}"  # behind it stand amounts
            if said in self._reports or len(self._reports) < REASONS_MAX:
                word = said
        self._reports[word] = self._reports.get(word, 0) + 1

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
