"""What an automated market maker's pool still holds, and what trading with it costs.

No feed reads a pool yet: nothing calls `PoolGauge.take_pool` outside of tests, so the watch
stays unknown, and whoever wants it must bring the state of a pool.
"""

import math
from typing import ClassVar, Final

from msgspec import Struct

from bot.model.units import NS_PER_SECOND, InstrumentId
from bot.signals.base import Terms, positive
from bot.signals.gauge import Gauge, GaugeWatch, Input, Reading
from bot.signals.plain.shape import clip01
from bot.signals.plain.shape import positive as above_zero

HALT_ABOVE: Final = 0.8
REDUCE_ABOVE: Final = 0.5


class Swap(Struct, frozen=True):
    """What a pool gives for a size: quote out, quote a unit, the share lost against the price
    before, the price after, and the share of the pool's quote that it takes.
    """

    out: float
    price: float
    slippage: float
    price_after: float
    taken: float


def swap(base: float, quote: float, size: float, fee: float) -> Swap:
    """Sell a size into a pool that keeps base times quote constant.

    base, quote: what it holds. fee: the share of the size that it keeps. The price after is
    that of a pool without a fee. ValueError for anything but amounts above zero.
    """
    if not (all(map(above_zero, (base, quote, size))) and 0.0 <= fee < 1.0):
        raise ValueError(
            f"swap: got {base}, {quote}, {size}, {fee}, expected amounts > 0 and a fee in [0, 1)"
        )
    counted = size * (1.0 - fee)
    out = quote * counted / (base + counted)
    return Swap(
        out=out,
        price=out / size,
        slippage=1.0 - (out / size) / (quote / base),
        price_after=(quote - out) / (base + counted),
        taken=out / quote,
    )


class Range(Struct, frozen=True):
    """Liquidity that is concentrated between two prices."""

    liquidity: float
    low: float
    high: float

    def base_left(self, price: float) -> float:
        """What it holds of the base at a price."""
        at = min(self.high, max(self.low, price))
        return self.liquidity * (1.0 / math.sqrt(at) - 1.0 / math.sqrt(self.high))

    def quote_left(self, price: float) -> float:
        """What it holds of the quote at a price."""
        at = min(self.high, max(self.low, price))
        return self.liquidity * (math.sqrt(at) - math.sqrt(self.low))

    @property
    def sound(self) -> bool:
        """Whether it is a range at all."""
        numbers = (self.liquidity, self.low, self.high)
        return all(map(above_zero, numbers)) and self.low < self.high


def exhausted(left: float, before: float) -> float | None:
    """The share of what was held that is gone, in [0, 1]; None when there was nothing."""
    return clip01(1.0 - left / before) if before > 0.0 else None


def size_allowed(exhaustion: float) -> float:
    """The share of the usual size to trade with a pool: 1 up to a half, 0 from 0.8 on."""
    return clip01((HALT_ABOVE - exhaustion) / (HALT_ABOVE - REDUCE_ABOVE))


class PoolState(Struct, frozen=True):
    """A pool as it was seen: its range, the price now, and the price it is compared with."""

    at_ns: int
    range: Range
    price: float
    price_before: float

    @property
    def sound(self) -> bool:
        """Whether it can be computed with."""
        return self.range.sound and above_zero(self.price) and above_zero(self.price_before)


class PoolGauge(Gauge):
    """The memory of `PoolExhaustion`."""

    age_ns_max: int
    state: PoolState | None = None

    def take_pool(self, state: PoolState) -> None:
        """See the pool; a state that makes no sense leaves nothing known."""
        self.state = state if state.sound else None

    def read(self, now_ns: int) -> Reading:
        """The shares of both sides that are gone."""
        state = self.state
        outputs: dict[str, float | None] = dict.fromkeys(PoolExhaustion.outputs)
        if state is None:
            return Reading(outputs=outputs, stale=True, quality=0.0)
        pool, price, before = state.range, state.price, state.price_before
        base = exhausted(pool.base_left(price), pool.base_left(before))
        quote = exhausted(pool.quote_left(price), pool.quote_left(before))
        worst = max((x for x in (base, quote) if x is not None), default=None)
        outputs |= {"value": worst, "base": base, "quote": quote}
        outputs["size"] = None if worst is None else size_allowed(worst)
        age = now_ns - state.at_ns
        return Reading(
            outputs=outputs,
            inputs=(
                Input("price", price, "quote", age),
                Input("price before", before, "quote", age),
                Input("liquidity", pool.liquidity, "1", age),
            ),
            stale=age > self.age_ns_max,
            quality=0.5 * ((base is not None) + (quote is not None)),
        )


class PoolExhaustion(GaugeWatch, frozen=True):
    """The share of a concentrated pool's holdings that is gone, of the side that has lost more.

    High is depleted, in [0, 1]; it has no direction. Of each side: 1 - left / left at the price
    that the pool is compared with. Also published: `base` and `quote`, the two shares, and
    `size`, the share of the usual size to trade with it: 1 up to a half, 0 from 0.8 on. Off as
    long as nobody brings the state of a pool, and nobody does yet: it is unknown.
    Source: the mathematics of constant-product pools and of ranges; thresholds of this project.
    """

    unit: ClassVar[str] = "share"
    outputs: ClassVar[tuple[str, ...]] = ("value", "base", "quote", "size")

    instrument: InstrumentId
    age_s_max: float = 60.0

    def concerns(self) -> tuple[InstrumentId, ...]:
        """The contract that is traded against the pool."""
        return (self.instrument,)

    def gauge(self, terms: Terms) -> PoolGauge:
        """A gauge without a pool."""
        terms.instrument(self.instrument)
        positive(self, "age_s_max")
        return PoolGauge(round(self.age_s_max * NS_PER_SECOND))
