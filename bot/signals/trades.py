"""Scores of trades: who was the aggressor, and where price stands against what was paid."""

from typing import ClassVar

from bot.book.layout import HEARD_TRADE, LADDER
from bot.model.units import NS_PER_SECOND, InstrumentId
from bot.signals import codes
from bot.signals.base import (
    HEARD_ALL,
    Recipe,
    Terms,
    Watch,
    base_per_lot,
    positive,
    reading,
)
from bot.signals.trade_kernels import RING, VWAP_RING
from bot.signals.windows import ring_size
from bot.tape.rows import TRADE


class TradeImbalance(Watch, frozen=True):
    """Aggressive buying against selling: signed over total volume, in [-1, 1].

    + when buyers are the aggressors. Over a fading half-life, the last `window_s` seconds, or
    the last `trades` trades. Unknown when there was none, or fewer than `trades`. Also
    published: the cumulative volume delta, ever and since 00:00 UTC, in base coins (quote units
    for inverse contracts). The quality of a window is the share of it that was listened to.
    Source: the venue's aggressor flags; trade imbalance as in Cont, Kukanov & Stoikov (2014).
    """

    instrument: InstrumentId
    half_life_s: float = 10.0
    window_s: float | None = None
    trades: int | None = None
    capacity: int = 65_536

    def recipe(self, terms: Terms) -> Recipe:
        """Two sums, recomputed at every trade; a window at every message."""
        i = terms.index(self.instrument)
        if self.window_s is not None and self.trades is not None:
            raise ValueError("TradeImbalance: got window_s and trades, expected at most one")
        positive(self, "half_life_s", "capacity")
        windowed, counted = self.window_s is not None, self.trades is not None
        if windowed or counted:
            positive(self, "window_s" if windowed else "trades")
        fading = not windowed and not counted
        capacity = self.trades or self.capacity
        outputs = ("value", "cvd", "cvd_session")
        return Recipe(
            code=codes.TRADE_IMBALANCE,
            instrument=i,
            param=(
                self.half_life_s * NS_PER_SECOND if fading else 0.0,
                (self.window_s or 0.0) * NS_PER_SECOND,
                float(self.trades or 0),
                float(capacity),
                base_per_lot(terms.instrument(self.instrument)),
            ),
            states=RING if fading else RING + ring_size(capacity),
            outputs=(*outputs, "quality") if windowed else outputs,
            hears=HEARD_ALL if windowed else HEARD_TRADE,
            within=LADDER + 1,
            rows=1 << TRADE,
            sources=((i, HEARD_TRADE),),
        )


class VwapDeviation(Watch, frozen=True):
    """The mid against the volume-weighted average price, in bps of the mid.

    + when price stands above what was paid. Over the session from 00:00 UTC, the last
    `window_s` seconds, or since `anchor_ns`. Also published in volume-weighted standard
    deviations (`deviations`). Known from `trades_min` trades on. The quality of a window is the
    share of it that was listened to.
    Source: Berkowitz, Logue & Noser (1988) for the average; the deviations are ours.
    """

    unit: ClassVar[str] = "bps"

    instrument: InstrumentId
    source: str = "touch"
    window_s: float | None = None
    anchor_ns: int | None = None
    trades_min: int = 50
    capacity: int = 65_536

    def recipe(self, terms: Terms) -> Recipe:
        """Three sums over trades; recomputed when the mid moved, too; a window at every message."""
        i = terms.index(self.instrument)
        code, heard = reading(self, self.source)
        rolling = self.window_s is not None
        if rolling and self.anchor_ns is not None:
            raise ValueError("VwapDeviation: got window_s and anchor_ns, expected at most one")
        positive(self, "trades_min", "capacity")
        if rolling:
            positive(self, "window_s")
        outputs = ("value", "deviations")
        anchor = (-1, 0) if self.anchor_ns is None else divmod(self.anchor_ns, NS_PER_SECOND)
        return Recipe(
            code=codes.VWAP_DEVIATION,
            instrument=i,
            param=(
                float(code),
                (self.window_s or 0.0) * NS_PER_SECOND,
                *map(float, anchor),
                float(self.capacity),
                float(self.trades_min),
            ),
            states=VWAP_RING + ring_size(self.capacity) if rolling else VWAP_RING,
            outputs=(*outputs, "quality") if rolling else outputs,
            hears=HEARD_ALL if rolling else heard | HEARD_TRADE,
            within=LADDER + 1 if rolling else 1,
            rows=1 << TRADE,
            sources=((i, heard),),
        )
