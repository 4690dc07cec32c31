"""Open interest against price: four names for who is likely to be moving the market."""

import enum
import math
from collections.abc import Mapping
from typing import ClassVar, Final

from msgspec import field

from bot.model.event import MarketEvent
from bot.model.units import NS_PER_HOUR, NS_PER_SECOND, InstrumentId
from bot.signals.base import Terms, Watch
from bot.signals.gauge import Gauge, GaugeWatch, Input, Reading
from bot.signals.open_interest.change import interest_for
from bot.signals.open_interest.interest import INTEREST_AGE_S_MAX, Interest
from bot.signals.plain.series import Series
from bot.signals.plain.shape import known

FAST_NS: Final = 900 * NS_PER_SECOND
SLOW_NS: Final = 4 * NS_PER_HOUR
PRICE_STEP_NS: Final = 10 * NS_PER_SECOND


class Quadrant(enum.IntEnum):
    """What open interest and price did together; the number is what is published.

    The names are the desk's: each new contract has a long and a short, and the price says
    which of the two was in the greater hurry.
    """

    NONE = 0
    LONG_BUILD = 1
    SHORT_COVER = 2
    SHORT_BUILD = -1
    LONG_UNWIND = -2


def quadrant(grown: float, returned: float, least: float) -> Quadrant:
    """The quadrant of a growth of open interest and a return of price, both fractions.

    least: the smallest change of open interest that means anything.
    """
    if grown > least and returned != 0.0:
        return Quadrant.LONG_BUILD if returned > 0.0 else Quadrant.SHORT_BUILD
    if grown < -least and returned != 0.0:
        return Quadrant.SHORT_COVER if returned > 0.0 else Quadrant.LONG_UNWIND
    return Quadrant.NONE


class QuadrantsGauge(Gauge):
    """The memory of `Quadrants`."""

    interest: Interest
    least: float
    log_bps: Series = field(default_factory=lambda: Series(SLOW_NS, PRICE_STEP_NS))

    def hear(self, event: MarketEvent) -> None:
        """Take in a report of open interest."""
        last = self.log_bps.last
        self.interest.hear(event, None if last is None else math.exp(last / 1e4))

    def sample(self, t_ns: int, scores: Mapping[str, float | None]) -> None:
        """Look at the price."""
        price = scores.get("price")
        if known(price) and abs(price) < 5e5:
            self.log_bps.add(t_ns, price)

    def read(self, now_ns: int) -> Reading:
        """The quadrants of a quarter of an hour and of four hours."""
        fast, slow = self._look(now_ns, FAST_NS), self._look(now_ns, SLOW_NS)
        age = self.interest.age_ns(now_ns)
        known_spans = sum(span[2] is not None for span in (fast, slow))
        fresh = self.interest.fresh(now_ns)
        return Reading(
            outputs={"value": fast[2], "slow": slow[2]},
            inputs=(
                Input("open interest, 15 min", fast[0], "fraction", age),
                Input("return, 15 min", fast[1], "fraction"),
                Input("open interest, 4 h", slow[0], "fraction", age),
                Input("return, 4 h", slow[1], "fraction"),
            ),
            stale=fresh == 0 or self._price_age(now_ns) > self.interest.age_ns_max,
            quality=fresh / len(self.interest.venues) * known_spans / 2,
        )

    def _look(self, now: int, span: int) -> tuple[float | None, float | None, float | None]:
        grown = self.interest.change(now, span)
        moved = self.log_bps.change(now, span, self.interest.age_ns_max + span // 5)
        if grown is None or moved is None:
            return grown, None, None
        returned = math.expm1(moved / 1e4)
        return grown, returned, float(quadrant(grown, returned, self.least))

    def _price_age(self, now: int) -> int:
        return now - self.log_bps.times[-1] if self.log_bps.times else now


class Quadrants(GaugeWatch, frozen=True):
    """What open interest and price did over a quarter of an hour, as a number with a name.

    1 long build (both rose), 2 short cover (price rose, positions closed), -1 short build
    (price fell, positions added), -2 long unwind (both fell), 0 neither; + is a rising price.
    A change of open interest below `least` (0.1 %) means nothing. Also published: `slow`, the
    same over four hours. Unknown until a span is covered by reports and prices.
    price: as `LogMid` says it.
    Source: the desk's reading of open interest against price.
    """

    unit: ClassVar[str] = "quadrant"
    outputs: ClassVar[tuple[str, ...]] = ("value", "slow")

    instruments: tuple[InstrumentId, ...]
    price: Watch
    least: float = 0.001
    age_s_max: float = INTEREST_AGE_S_MAX

    def concerns(self) -> tuple[InstrumentId, ...]:
        """All the venues' contracts."""
        return self.instruments

    def inputs(self) -> Mapping[str, Watch]:
        """The price."""
        return {"price": self.price}

    def gauge(self, terms: Terms) -> QuadrantsGauge:
        """A gauge that has heard nothing."""
        if not self.least >= 0:
            raise ValueError(f"Quadrants.least: got {self.least}, expected >= 0")
        interest = interest_for(self, self.instruments, self.age_s_max, terms)
        return QuadrantsGauge(interest, self.least)
