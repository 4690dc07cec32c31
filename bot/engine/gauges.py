"""Signals of rare events inside the engine: told what happened, and looking on once a second.

A second's look is of the state before the first thing that was received at that second or later.
It is taken at a timer that the engine asks for, so that it has its place on the tape, and it does
not matter how that is cut.
"""

from collections import defaultdict
from collections.abc import Callable
from functools import partial
from typing import Final

import msgspec
from msgspec import Struct

from bot.engine.attempt import attempt
from bot.engine.chains import Chains
from bot.engine.market import Market
from bot.model.event import InstrumentChanged, MarketEvent
from bot.model.units import NS_PER_SECOND, InstrumentId
from bot.signals.entries import Gauged
from bot.signals.gauge import Gauge, Reading
from bot.signals.options.chain import Chain

SILENCE_NS_MAX: Final = 600 * NS_PER_SECOND
"""After so much silence nobody looks until it is broken: all there is to see is stale by then."""


class GaugesState(Struct, frozen=True):
    """All that gauges remember.

    memories: in their order, as msgpack. second_ns: the next look. heard_ns: when anything was
    last received. broken: the signals of those that raised, and how.
    """

    memories: tuple[bytes, ...]
    second_ns: int | None
    heard_ns: int
    broken: tuple[tuple[int, str], ...]


class Gauges:
    """The gauges of all strategies, those that others look at before them."""

    def __init__(self, market: Market) -> None:
        """Know nothing yet; ValueError when a watch makes no sense."""
        self._market = market
        self._table = market.table
        self._places = market.table.gauges
        self._gauges = {one.signal: one.watch.gauge(market.terms) for one in self._places}
        self._concerned: defaultdict[InstrumentId, list[Gauged]] = defaultdict(list)
        for one in self._places:
            for name in one.watch.concerns():
                self._concerned[name].append(one)
        self._chained: defaultdict[str, list[Gauged]] = defaultdict(list)
        for one in self._places:
            for chain in one.watch.chains():
                self._chained[chain].append(one)
        self._second_ns: int | None = None
        self._heard_ns = 0
        self._broken: dict[int, str] = {}
        self._faults: list[tuple[int, str]] = []

    @property
    def none(self) -> bool:
        """Whether there is nothing to tell and nothing to look at."""
        return not self._places

    def gauge(self, place: Gauged) -> Gauge:
        """The memory at a place."""
        return self._gauges[place.signal]

    def working(self, signal: int) -> Gauge | str:
        """The memory of a signal; how it raised, when it is not asked any more."""
        return self._broken.get(signal, self._gauges[signal])

    def hear(self, event: MarketEvent) -> None:
        """Tell the gauges that an event concerns, and publish what they say now."""
        name = event.instrument.id if isinstance(event, InstrumentChanged) else event.instrument
        for place in self._concerned.get(name, ()):
            gauge = self._gauges[place.signal]
            self._told(place, partial(gauge.hear, event), self._market.now)

    @property
    def due_ns(self) -> int | None:
        """When to be woken for the next look: the last moment before a whole second."""
        return None if self._second_ns is None else self._second_ns - 1

    def listen(self, now_ns: int) -> None:
        """Something was received: from here on every second is looked at, until silence falls."""
        self._heard_ns = now_ns
        if self._second_ns is None and self._places:
            self._second_ns = (now_ns // NS_PER_SECOND + 1) * NS_PER_SECOND

    def look(self, now_ns: int, chains: Chains) -> None:
        """Look at every second that ends with this moment or before, at due chains first."""
        while self._second_ns is not None and self._second_ns - 1 <= now_ns:
            for chain in chains.pass_time(self._second_ns):
                self.take_chain(chain)
            self._look(self._second_ns)
            self._second_ns += NS_PER_SECOND
            if self._second_ns - self._heard_ns > SILENCE_NS_MAX:
                self._second_ns = None

    def take_chain(self, chain: Chain) -> None:
        """Show a chain that was computed anew to the gauges that look at it."""
        for name in {each.chain for each in chain.series}:
            for place in self._chained.get(name, ()):
                gauge = self._gauges[place.signal]
                self._told(
                    place, partial(gauge.take_chain, chain), max(self._market.now, chain.at_ns)
                )

    def faults(self) -> list[tuple[int, str]]:
        """Signals whose gauges have raised since the last call, and how; they stay unknown."""
        faults, self._faults = self._faults, []
        return faults

    def state(self) -> GaugesState:
        """What every gauge remembers."""
        return GaugesState(
            tuple(msgspec.msgpack.encode(self._gauges[one.signal]) for one in self._places),
            self._second_ns,
            self._heard_ns,
            tuple(sorted(self._broken.items())),
        )

    def restore(self, state: GaugesState) -> None:
        """Go on from a state; nothing of it is taken when it is of other watches."""
        kinds = [type(self._gauges[one.signal]) for one in self._places]
        if len(state.memories) != len(kinds):
            return
        try:
            gauges = [
                msgspec.msgpack.decode(memory, type=kind)
                for memory, kind in zip(state.memories, kinds, strict=True)
            ]
        except msgspec.MsgspecError:
            return
        self._second_ns, self._heard_ns = state.second_ns, state.heard_ns
        self._broken = dict(state.broken)
        for place, gauge in zip(self._places, gauges, strict=True):
            self._gauges[place.signal] = gauge
            if place.signal not in self._broken:
                self._table.note(place, gauge.read(self._market.now))
        self._table.grown_stale.clear()  # whoever needed them was told then

    def _look(self, at_ns: int) -> None:
        """What a gauge looks at is read before it; one that looks at nothing sees the time pass."""
        market, table = self._market, self._table
        for place in self._places:
            gauge = self._gauges[place.signal]
            scores = {name: table.value(entry, market.book, at_ns) for name, entry in place.inputs}
            self._told(place, partial(gauge.sample, at_ns, scores), at_ns)

    def _told(self, place: Gauged, tell: Callable[[], None], now: int) -> None:
        """Publish what a gauge says once it was told; one that raises is not asked again."""
        if place.signal in self._broken:
            return

        def work() -> Reading:
            tell()
            return self._gauges[place.signal].read(now)

        reading, fault = attempt(work)
        if reading is not None:
            self._table.tell(place, reading)
            return
        self._broken[place.signal] = f"{type(place.watch).__name__}: {fault}"
        self._faults.append((place.signal, self._broken[place.signal]))
        self._table.withdraw(place)
