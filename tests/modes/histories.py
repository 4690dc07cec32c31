"""Random markets and a strategy that wants anything, for runs that must keep every rule."""

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from bot import (
    Base,
    Basket,
    BookImbalance,
    InstrumentId,
    LogMid,
    Quote,
    Strategy,
    Target,
    TradeImbalance,
    Urgency,
    View,
)
from bot.testing import Tape

PERP = InstrumentId("sim:BTC/USDT:USDT")
SPOT = InstrumentId("sim:BTC/USDT")
ETH = InstrumentId("other:ETH/USDT:USDT")
NAMES = (PERP, SPOT, ETH)
URGENCIES = tuple(Urgency)

Step = tuple[Any, ...]


class Whim(Strategy):
    """Wants whatever the time and the price come to; a pure function of its view all the same."""

    seed: int
    size: Base
    paired: bool = False

    def watches(self):
        return {
            "mid": LogMid(PERP, wake=1.0),
            "lean": BookImbalance(ETH, levels=3, wake=0.2, optional=True),
            "flow": TradeImbalance(SPOT, wake=0.2, optional=True, quiet_ms=40),
        }

    def decide(self, view: View):
        whim = (
            view.now // 1_000_000 * 7_919 + round(view["mid"] * 1e3) + self.seed * 104_729
        ) % 997
        view.gate("lean", above=0.2)
        urgency = URGENCIES[whim % 3]
        size = self.size * (whim % 7 - 3)
        if self.paired:
            legs = Target(PERP, -abs(size), urgency), Target(SPOT, abs(size))
            return Basket(*legs, max_unhedged=self.size)
        if whim % 11 == 5 and (touch := view.touch(ETH)) is not None:
            return Quote(ETH, (touch.bid - 0.1, self.size), (touch.ask + 0.1, self.size))
        return [Target(PERP, size, urgency), Target(ETH, -size if whim % 2 else 0.0, urgency)]


STRATEGIES: dict[str, Strategy] = {
    "one": Whim(seed=1, size=Base(1.0)),
    "two": Whim(seed=2, size=Base(2.0)),
    "pair": Whim(seed=3, size=Base(0.5), paired=True),
}

_names = st.sampled_from(NAMES)
_ticks = st.integers(-30, 30)
_sizes = st.integers(1, 40)

steps: st.SearchStrategy[Step] = st.one_of(
    st.tuples(st.just("book"), _names, _ticks, _sizes, _sizes, st.integers(1, 6)),
    st.tuples(st.just("book"), st.just(PERP), _ticks, _sizes, _sizes, st.just(2)),
    st.tuples(st.just("trade"), _names, st.sampled_from(["buy", "sell"]), _ticks, _sizes),
    st.tuples(st.just("wait"), st.sampled_from([0.003, 0.05, 0.4, 1.3])),
    st.tuples(st.just("wait"), st.sampled_from([0.02, 0.2, 0.7])),
    st.tuples(st.just("silence"), st.sampled_from([0.0, 0.5, 3.0])),
    st.tuples(st.just("gap"), _names),
    st.tuples(st.just("outage"), st.sampled_from(["sim", "other"]), st.sampled_from([0.2, 4.0])),
    st.tuples(st.just("funding"), st.sampled_from([-0.002, 0.0001, 0.003])),
    st.tuples(st.just("operator"), st.sampled_from(["pause", "resume", "flatten"])),
)
histories: st.SearchStrategy[Sequence[Step]] = st.lists(steps, min_size=10, max_size=60)


def tape_of(history: Sequence[Step]) -> Tape:
    """A market that did these things, after a moment in which every book is known."""
    tape = Tape()
    for name in NAMES:
        tape.book(name, 99.9, 100.1)
    tape.wait(0.1)
    for what, *given in history:
        _STEPS[what](tape, *given)
    return tape.wait(2.5)


def _book(tape: Tape, name: str, ticks: int, bid: int, ask: int, spread: int) -> None:
    middle = round(100 + ticks / 10, 1)
    low, high = round(middle - spread / 10, 1), round(middle + spread / 10, 1)
    bids = [(low, bid / 8), (round(low - 0.1, 1), 3.0)]
    tape.book(name, bids, [(high, ask / 8), (round(high + 0.1, 1), 3.0)])


def _trade(tape: Tape, name: str, side: str, ticks: int, size: int) -> None:
    tape.trade(name, side, round(100 + ticks / 10, 1), size / 4)


_STEPS: dict[str, Any] = {
    "book": _book,
    "trade": _trade,
    "wait": Tape.wait,
    "silence": Tape.silence,
    "gap": Tape.gap,
    "outage": Tape.outage,
    "funding": lambda tape, rate: tape.funding(PERP, rate),
    "operator": lambda tape, verb: tape.operator(verb, "one"),
}
