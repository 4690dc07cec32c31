"""Forced buying and selling, how unusual it is, and whether it feeds itself."""

import math
from collections.abc import Mapping
from typing import ClassVar, Final

import numpy as np
from msgspec import field

from bot.model.event import MarketEvent
from bot.model.units import NS_PER_HOUR, NS_PER_SECOND, InstrumentId
from bot.signals.base import Terms
from bot.signals.gauge import Gauge, GaugeWatch, Input, Reading
from bot.signals.liquidations.hawkes import (
    Excitement,
    Hawkes,
    branching_of_counts,
    fit,
)
from bot.signals.liquidations.tally import TEN_MINUTES_NS, Tally, tally_for

SIX_HOURS_NS: Final = 6 * NS_PER_HOUR
EVENTS_MIN: Final = 200
EVENTS_MAX: Final = 4_000
"""Of more the newest are fitted: it must not hold up the step that it happens in."""
SAMPLE_QUALITY: Final = 0.5
DECAYS_PER_BIN: Final = 20.0


class LiquidationFlowGauge(Gauge):
    """The memory of `LiquidationFlow`."""

    tally: Tally
    times: list[int] = field(default_factory=list)
    excitement: Excitement = field(default_factory=Excitement)
    process: Hawkes | None = None
    checked: float | None = None
    fitted_ns: int | None = None

    def hear(self, event: MarketEvent) -> None:
        """Take in a forced order."""
        if self.tally.hear(event) is None:
            return
        now = event.ts_recv
        self.times.append(now)
        if self.process is not None:
            self.excitement.add(now / NS_PER_SECOND, self.process)
        self._refit_when_due(now)

    def sample(self, t_ns: int, scores: Mapping[str, float | None]) -> None:
        """A second has passed: silence too is something to fit, or not enough to."""
        del scores
        if self.fitted_ns is not None:
            self._refit_when_due(t_ns)

    def read(self, now_ns: int) -> Reading:
        """The flow of a minute and of ten, its ratio to the usual, and the intensity."""
        tally = self.tally
        heard = tally.heard_ns is not None
        process = self.process
        intensity = None
        if process is not None:
            intensity = self.excitement.at(now_ns / NS_PER_SECOND, process)
        minute = tally.last_minute(now_ns) if heard else None
        return Reading(
            outputs={
                "value": tally.minute.at(now_ns) if heard else None,
                "ten_minutes": tally.ten.at(now_ns) if heard else None,
                "ratio": tally.ratio(now_ns),
                "complete": float(tally.complete),
                "intensity": intensity,
                "branching": None if process is None else process.branching,
                "branching_check": self.checked,
            },
            inputs=(
                Input(
                    "last forced order",
                    tally.last,
                    "quote",
                    now_ns - tally.heard_ns if tally.heard_ns is not None else None,
                ),
                Input("last minute", minute, "quote"),
                Input("usual minute", tally.baseline(now_ns), "quote"),
                Input("of the other completeness", float(tally.foreign), "records left out"),
            ),
            stale=heard and not tally.listening,
            quality=0.0 if not tally.listening else (1.0 if tally.complete else SAMPLE_QUALITY),
        )

    def _refit_when_due(self, now: int) -> None:
        if self.fitted_ns is None or now - self.fitted_ns >= TEN_MINUTES_NS:
            self._refit(now)

    def _refit(self, now: int) -> None:
        """Fit the last six hours anew, when there are enough events in them."""
        self.times = [t for t in self.times if now - t < SIX_HOURS_NS][-EVENTS_MAX:]
        self.fitted_ns = now
        if len(self.times) < EVENTS_MIN:
            self.process, self.checked = None, None
            return
        seconds = (np.array(self.times, np.int64) - self.times[0]) / NS_PER_SECOND
        # Up to now: that nothing has happened since the last is part of what happened.
        self.process = fit(seconds, max((now - self.times[0]) / NS_PER_SECOND, 1e-9))
        if self.process is None:
            return
        bin_s = max(60.0, math.ceil(DECAYS_PER_BIN / self.process.beta))
        self.checked = branching_of_counts(seconds, bin_s)
        self.excitement = Excitement()
        for t in self.times:
            self.excitement.add(t / NS_PER_SECOND, self.process)


class LiquidationFlow(GaugeWatch, frozen=True):
    """Worth of forced orders, fading with a half-life of a minute, in quote.

    + when shorts are being bought in, - when longs are being sold out. Also published:
    `ten_minutes`, the same with that half-life; `ratio` of the last minute's worth, both sides,
    to the median of a day's minutes that had any; `complete`; and of a self-exciting process
    fitted every ten minutes to the last six hours, from 200 orders on: `intensity` in orders a
    second, `branching`, how many orders one sets off, and `branching_check`, a rougher figure.
    complete: whether records of complete feeds are counted (Bybit, Deribit) or of samples
        (Binance publishes at most one a second: a lower bound, at half the quality). The other
        kind is never mixed in; how many were left out is among the inputs.
    Silence is a flow of nothing, not an unknown one; before the first order it is unknown, and
    while a feed is lost it is stale.
    Source: Hawkes with exponential kernel; check by Hardiman & Bouchaud (2014).
    """

    unit: ClassVar[str] = "quote"
    outputs: ClassVar[tuple[str, ...]] = (
        "value",
        "ten_minutes",
        "ratio",
        "complete",
        "intensity",
        "branching",
        "branching_check",
    )

    instruments: tuple[InstrumentId, ...]
    complete: bool

    def concerns(self) -> tuple[InstrumentId, ...]:
        """All the venues' contracts."""
        return self.instruments

    def gauge(self, terms: Terms) -> LiquidationFlowGauge:
        """A gauge that has heard nothing."""
        if not self.instruments:
            raise ValueError("LiquidationFlow.instruments: got none, expected at least one")
        return LiquidationFlowGauge(tally_for(self.complete, self.instruments, terms))
