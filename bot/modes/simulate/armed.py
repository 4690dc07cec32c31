"""The faults of one run: which has come to pass, and which is still to."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from bot.model.units import NS_PER_MS, NS_PER_SECOND, InstrumentId
from bot.modes.simulate.faults import (
    AnyFault,
    Deleverages,
    FillsLate,
    FillsPartly,
    IsDown,
    LosesAnswers,
    LosesCancels,
    LosesOrder,
    Rejects,
    Settles,
    Which,
    drawn_all,
)


class Fired(Struct, frozen=True):
    """A fault that came to pass. until_ns: when its own span ends. lots: that it took or gave."""

    at_ns: int
    fault: str
    instrument: InstrumentId
    until_ns: int
    lots: int = 0


class One(Struct):
    """A fault with its numbers drawn. done: how often it came to pass."""

    fault: AnyFault
    n: dict[str, int]
    done: int = 0


class Armed:
    """Faults with the numbers of this run drawn, and what has been counted since the first fill.

    legs: the instrument of each role. fired: what came to pass, in order.
    """

    def __init__(
        self, faults: Sequence[AnyFault], legs: Mapping[Which, InstrumentId], seed: int
    ) -> None:
        """Draw every number that a fault leaves open."""
        self.legs = dict(legs)
        self.fired: list[Fired] = []
        self.all = [One(fault, numbers) for fault, numbers in drawn_all(faults, seed)]
        self._began = False
        self._orders: Counter[InstrumentId] = Counter()
        self._cancels: Counter[InstrumentId] = Counter()

    def begin(self) -> None:
        """The strategy holds something: count from here on."""
        self._began = True

    def count_order(self, name: InstrumentId) -> None:
        """Another order of a leg has arrived."""
        self._orders[name] += self._began

    def count_cancel(self, name: InstrumentId) -> None:
        """Another cancel of a leg has arrived."""
        self._cancels[name] += self._began

    # --- whether it happens now --------------------------------------------------------

    def rejects(self, name: InstrumentId, now_ns: int) -> bool:
        """Whether the order that has just been counted is rejected."""
        for one in self._of(Rejects, name):
            nth, count, for_ns = one.n["nth"], one.n["count"], one.n["for_s"] * NS_PER_SECOND
            began = next((each.at_ns for each in self.fired if each.fault == "Rejects"), now_ns)
            late = one.done and now_ns < began + for_ns
            if late or nth <= self._orders[name] < nth + count:
                self.fire(one, name, now_ns, began + for_ns)
                return True
        return False

    def loses_order(self, name: InstrumentId, now_ns: int) -> bool:
        """Whether the order that has just been counted never came."""
        return self._once(LosesOrder, name, self._orders[name], now_ns)

    def loses_answers(self, name: InstrumentId, now_ns: int) -> bool:
        """Whether nothing is told of the order that has just been counted."""
        return self._once(LosesAnswers, name, self._orders[name], now_ns)

    def loses_cancel(self, name: InstrumentId, now_ns: int) -> bool:
        """Whether the cancel that has just been counted never came."""
        for one in self._of(LosesCancels, name):
            if one.n["nth"] <= self._cancels[name] < one.n["nth"] + one.n["count"]:
                self.fire(one, name, now_ns, now_ns)
                return True
        return False

    def fills_late(self, name: InstrumentId, now_ns: int, lots: int) -> int | None:
        """How much later a fill after the cancel that was counted is told; None: there is none."""
        for one in self._of(FillsLate, name):
            if self._cancels[name] >= one.n["nth"] and not one.done and lots:
                late_ns = one.n["late_ms"] * NS_PER_MS
                self.fire(one, name, now_ns, now_ns + late_ns, lots)
                return late_ns
        return None

    def may_fill_partly(self, name: InstrumentId) -> bool:
        """Whether no more than half of the order that has just been counted may fill."""
        return any(
            not one.done and self._orders[name] >= one.n["nth"]
            for one in self._of(FillsPartly, name)
        )

    def filled_partly(self, name: InstrumentId, now_ns: int) -> int | None:
        """Such an order traded: until when nothing is heard; None: it is not the first."""
        for one in self._of(FillsPartly, name):
            if not one.done:
                until_ns = now_ns + one.n["for_s"] * NS_PER_SECOND
                self.fire(one, name, now_ns, until_ns)
                return until_ns
        return None

    def fire(self, one: One, name: InstrumentId, at_ns: int, until_ns: int, lots: int = 0) -> None:
        """A fault comes to pass."""
        one.done += 1
        kind = type(one.fault).__name__
        self.fired.append(Fired(at_ns, kind, name, max(at_ns, until_ns), lots))

    def timed(self) -> Iterator[One]:
        """Those that come at a time of their own."""
        return (one for one in self.all if isinstance(one.fault, IsDown | Deleverages | Settles))

    def _once(
        self, kind: type[LosesOrder | LosesAnswers], name: InstrumentId, count: int, now_ns: int
    ) -> bool:
        for one in self._of(kind, name):
            if count == one.n["nth"] and not one.done:
                self.fire(one, name, now_ns, now_ns)
                return True
        return False

    def _of(self, kind: type[AnyFault], name: InstrumentId) -> Iterator[One]:
        return (
            one
            for one in self.all
            if isinstance(one.fault, kind) and self.legs[one.fault.which] == name
        )
