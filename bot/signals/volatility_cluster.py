"""How volatile a market is, whether it jumps, and how unusual that is."""

import math
from collections.abc import Mapping
from typing import ClassVar, Final

from msgspec import Struct, field

from bot.model.units import NS_PER_SECOND, InstrumentId
from bot.signals.base import Terms, Watch, positive
from bot.signals.gauge import Gauge, GaugeWatch, Input, Reading
from bot.signals.plain.looks import LOOK_AGE_NS_MAX
from bot.signals.plain.robust import RobustWindow
from bot.signals.plain.shape import known
from bot.signals.realised import (
    autocorrelation,
    bipower_variation,
    deviation_share,
    jump_share,
    ljung_box,
    realised_variance,
)

MINUTE_NS: Final = 60 * NS_PER_SECOND
HOUR: Final = 60
"""In minutes."""
YEAR: Final = 365 * 24 * 60
LAMBDA: Final = 0.94
RANK_EVERY: Final = 5
"""Minutes between two observations of what is ranked."""
LAGS: Final = 10

CALM, USUAL, HIGH, EXTREME = 0, 1, 2, 3
BORDERS: Final = (30.0, 80.0, 95.0)
"""Percentiles between the regimes."""


def regime_after(before: int | None, percentile: float, margin: float) -> int:
    """The regime at a percentile: calm and high ones are left a margin behind their border."""
    calm, *highs = BORDERS
    if before is None:
        return sum(percentile > border for border in BORDERS)
    up = sum(percentile > border for border in (calm + margin, *highs))
    down = sum(percentile >= border for border in (calm, *(high - margin for high in highs)))
    return min(max(before, up), down)


class Minutes(Struct):
    """The returns of the last hour of whole minutes, and what was made of them at each."""

    returns: list[float] = field(default_factory=list)
    sigmas: list[float] = field(default_factory=list)
    minute: int | None = None
    at_minute: float | None = None
    last: float | None = None
    variance: float | None = None

    def look(self, minute: int, log_bps: float | None) -> bool:
        """See the price, in bps of its logarithm; True when a minute with a return is over.

        A minute's price is that of its first look; after a hole the hour begins anew, for
        neighbours are no neighbours then.
        """
        if self.minute is not None and minute <= self.minute:
            return False
        follows = self.minute is not None and minute == self.minute + 1
        before = self.at_minute if follows else None
        self.minute, self.at_minute = minute, log_bps
        if before is None or log_bps is None:
            self.returns.clear()
            self.sigmas.clear()
            return False
        self._take((log_bps - before) / 1e4)
        return True

    def _take(self, r: float) -> None:
        before = self.variance
        self.variance = r * r if before is None else LAMBDA * before + (1.0 - LAMBDA) * r * r
        self.returns.append(r)
        self.sigmas.append(math.sqrt(self.variance))
        del self.returns[:-HOUR], self.sigmas[:-HOUR]

    @property
    def whole(self) -> bool:
        """Whether there is an hour of them."""
        return len(self.returns) == HOUR


class VolatilityGauge(Gauge):
    """The memory of `VolatilityCluster`."""

    minutes: Minutes
    past: RobustWindow
    margin: float
    percentile: float | None = None
    regime: int | None = None
    seen_ns: int | None = None

    def sample(self, t_ns: int, scores: Mapping[str, float | None]) -> None:
        """Look at the price; at each minute, at the hour up to it."""
        price = scores.get("price")
        minutes = self.minutes
        if known(price):
            self.seen_ns = t_ns
        if not minutes.look(t_ns // MINUTE_NS, price if known(price) else None):
            return
        if not minutes.whole:
            return
        variance = realised_variance(minutes.returns)
        # Scored against the past, then remembered.
        rank = self.past.rank(variance)
        if rank is not None:
            self.percentile = 100.0 * rank
            self.regime = regime_after(self.regime, self.percentile, self.margin)
        if (t_ns // MINUTE_NS) % RANK_EVERY == 0:
            self.past.add(variance)

    def read(self, now_ns: int) -> Reading:
        """Volatility a year, its jumps, its own volatility, and its percentile."""
        minutes = self.minutes
        fresh = self.seen_ns is not None and now_ns - self.seen_ns <= LOOK_AGE_NS_MAX
        hour = minutes.returns if minutes.whole else []
        variance = realised_variance(hour)
        squares = [r * r for r in hour]
        known_rank = minutes.whole and self.percentile is not None
        age = None if self.seen_ns is None else now_ns - self.seen_ns
        outputs: dict[str, float | None] = dict.fromkeys(VolatilityCluster.outputs)
        if minutes.whole and minutes.variance is not None:
            outputs |= {
                "value": math.sqrt(minutes.variance * YEAR),
                "realised": math.sqrt(variance * YEAR / HOUR),
                "jumps": jump_share(variance, bipower_variation(hour)),
                "own": deviation_share(minutes.sigmas),
                "percentile": self.percentile if known_rank else None,
                "regime": float(self.regime) if known_rank and self.regime is not None else None,
                "clustering": ljung_box(squares, LAGS),
                "memory": autocorrelation([abs(r) for r in hour], 1),
            }
        return Reading(
            outputs=outputs,
            inputs=(Input("price", minutes.at_minute, "bps of the logarithm", age),),
            stale=not fresh,
            quality=len(minutes.returns) / HOUR if fresh else 0.0,
        )


class VolatilityCluster(GaugeWatch, frozen=True):
    """Volatility of one-minute returns, each weighing 0.94 of the next, as a fraction a year.

    It is never negative: high is volatile. Also published, of the last hour: `realised`, the root
    of the sum of squared returns, a year; `jumps`, the share of that sum above bipower
    variation; `own`, the volatility's own standard deviation over its mean; `clustering`, the
    Ljung-Box statistic of ten lags of squared returns; `memory`, the autocorrelation of their
    size. `percentile`: where the hour's sum stands among those of the last `rank_days`, one in
    five minutes, from `ranks_min` on. `regime`: 0 calm below 30, 1, 2 high above 80, 3 extreme
    above 95; it is left once the border is passed by `margin`. Unknown before sixty returns; a
    minute without a price starts the hour anew.
    price: as `LogMid` says it.
    Source: RiskMetrics (1996); Barndorff-Nielsen & Shephard (2004); Ljung & Box (1978).
    """

    unit: ClassVar[str] = "fraction a year"
    outputs: ClassVar[tuple[str, ...]] = (
        "value",
        "realised",
        "jumps",
        "own",
        "percentile",
        "regime",
        "clustering",
        "memory",
    )

    price: Watch
    rank_days: int = 30
    ranks_min: int = 288
    margin: float = 5.0

    def concerns(self) -> tuple[InstrumentId, ...]:
        """It hears no events."""
        return ()

    def inputs(self) -> Mapping[str, Watch]:
        """The price."""
        return {"price": self.price}

    def gauge(self, terms: Terms) -> VolatilityGauge:
        """A gauge that has seen nothing."""
        del terms
        positive(self, "rank_days", "ranks_min")
        if not 0.0 <= self.margin < 15.0:
            raise ValueError(f"VolatilityCluster.margin: got {self.margin}, expected 0 to below 15")
        length = self.rank_days * 24 * HOUR // RANK_EVERY
        return VolatilityGauge(Minutes(), RobustWindow(length, self.ranks_min), self.margin)
