"""Cascades of liquidations that run, and what strategies may do meanwhile.

The house watches the contracts that the configuration names, for no strategy and at whole
seconds. From `Alarm.DEFEND` on, whoever trades the contract's underlying may only reduce, with
baskets evened out; at `Alarm.CAUTION` risk judges single orders (`risk.cascade`).
"""

from collections.abc import Iterable, Mapping
from copy import copy
from typing import Final

from bot.engine.gauges import Gauges
from bot.engine.market import Market
from bot.model.alarm import Alarm
from bot.model.units import Currency, InstrumentId
from bot.signals.liquidations.cascade import Cascade, CascadeGauge
from bot.signals.liquidations.cascade_state import CascadeState

CALM: Final = (Alarm.NORMAL, 0)


class Alarms:
    """The alarms of all watched contracts, and the strictest of each underlying.

    A watch that has raised knows nothing any more, and that is no calm: who trades its
    underlying may only reduce.
    """

    def __init__(
        self, watched: Mapping[InstrumentId, Cascade], market: Market, gauges: Gauges
    ) -> None:
        """Nothing has happened yet."""
        self._gauges = gauges
        self._watched = {
            name: (market.terms.instrument(name).base, market.table.house[name].signal)
            for name in watched
        }
        self._strictest: dict[Currency, tuple[Alarm, int]] = {}
        self._faults: dict[Currency, str] = {}

    @property
    def none(self) -> bool:
        """Whether nothing is watched."""
        return not self._watched

    def of(self, underlying: Currency) -> tuple[Alarm, int]:
        """The strictest alarm over an underlying, and the direction of its move."""
        return self._strictest.get(underlying, CALM)

    def over(self, underlyings: Iterable[Currency]) -> str | None:
        """Why who trades these may only reduce; None: they may trade."""
        for underlying in underlyings:
            alarm, _ = self.of(underlying)
            if underlying in self._faults:
                return f"nobody watches liquidations of {underlying}: {self._faults[underlying]}"
            if alarm >= Alarm.DEFEND:
                return f"liquidations of {underlying} cascade: {alarm.name.lower()}"
        return None

    def look(self) -> None:
        """Look at every watch."""
        self._strictest, self._faults = {}, {}
        for underlying, signal in self._watched.values():
            gauge = self._gauges.working(signal)
            if isinstance(gauge, str):
                self._faults[underlying] = gauge
                stands = Alarm.DEFEND, 0
            else:
                assert isinstance(gauge, CascadeGauge)
                stands = gauge.state.alarm, gauge.state.direction
            known = self.of(underlying)
            if stands[0] > known[0]:
                self._strictest[underlying] = stands
            elif stands[0] is known[0] and stands[1] != known[1]:
                # Two contracts that say otherwise: then nobody knows which way it goes.
                self._strictest[underlying] = stands[0], 0

    def state(self) -> dict[InstrumentId, CascadeState]:
        """What stands, for a restart; what the scores were made of is not part of it."""
        return {
            name: copy(gauge.state)
            for name, (_, signal) in self._watched.items()
            if isinstance(gauge := self._gauges.working(signal), CascadeGauge)
        }

    def restore(self, state: Mapping[InstrumentId, CascadeState]) -> None:
        """Let stand what stood, of the contracts that are still watched."""
        for name, (_, signal) in self._watched.items():
            gauge = self._gauges.working(signal)
            if name in state and isinstance(gauge, CascadeGauge):
                gauge.state = copy(state[name])
        self.look()
