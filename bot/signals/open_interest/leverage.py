"""How much is open against what carries it: coins in reserve, a market's worth, its depth."""

from collections.abc import Mapping
from typing import ClassVar, Final

from msgspec import field

from bot.model.event import FeedLost, MarketEvent, OpenInterestWorth
from bot.model.units import NS_PER_HOUR, InstrumentId
from bot.signals.base import Terms, Watch
from bot.signals.gauge import Gauge, GaugeWatch, Input, Reading
from bot.signals.open_interest.change import interest_for
from bot.signals.open_interest.interest import INTEREST_AGE_S_MAX, Interest
from bot.signals.plain.robust import RobustWindow
from bot.signals.plain.shape import known, positive, price_of_log_bps

QUARTER_OF_HOURS: Final = 90 * 24
MONTH_OF_HOURS: Final = 30 * 24


class LeverageRatioGauge(Gauge):
    """The memory of `LeverageRatio`.

    worths: of venues that tell what is open only by its worth, and when that was so.
    """

    interest: Interest
    window: RobustWindow
    worths: dict[str, tuple[float, int]] = field(default_factory=dict)
    price: float | None = None
    against: float | None = None
    sampled: int | None = None
    rank: float | None = None

    def hear(self, event: MarketEvent) -> None:
        """Take in a report of open interest."""
        self.interest.hear(event, self.price)
        if isinstance(event, OpenInterestWorth):
            worth, at_ns = float(event.worth), min(event.ts_venue, event.ts_recv)
            before = self.worths.get(event.instrument)
            if known(worth) and (before is None or at_ns > before[1]):
                self.worths[str(event.instrument)] = worth, at_ns
        elif isinstance(event, FeedLost):
            self.worths.pop(event.instrument, None)

    def sample(self, t_ns: int, scores: Mapping[str, float | None]) -> None:
        """Look at the price and at what carries it; once an hour, rank the ratio."""
        self.price = price_of_log_bps(scores.get("price"))
        against = scores.get("against")
        self.against = against if positive(against) else None
        hour = t_ns // NS_PER_HOUR
        ratio = self._ratio(t_ns)
        if ratio is None or (self.sampled is not None and hour <= self.sampled):
            return
        self.sampled = hour
        self.rank = self.window.rank(ratio)
        self.window.add(ratio)

    def read(self, now_ns: int) -> Reading:
        """The ratio and how high that is."""
        fresh = self.interest.fresh(now_ns) + len(self._by_worth(now_ns))
        coins = self.interest.coins(now_ns, self.price)
        age = self.interest.age_ns(now_ns)
        told = self._by_worth(now_ns)
        return Reading(
            outputs={"value": self._ratio(now_ns), "rank": self.rank},
            inputs=(
                Input("open interest", coins, "coins", age),
                Input("open by worth", sum(told.values()) if told else None, "quote"),
                Input("price", self.price, "quote"),
                Input("against", self.against, "quote"),
            ),
            stale=fresh == 0,
            quality=fresh / len(self.interest.venues),
        )

    def _ratio(self, now: int) -> float | None:
        coins = self.interest.coins(now, self.price)
        parts = list(self._by_worth(now).values())
        if coins is not None:
            if self.price is None:
                return None
            parts.append(coins * self.price)
        if not parts or self.against is None:
            return None
        ratio = sum(parts) / self.against
        return ratio if known(ratio) else None

    def _by_worth(self, now: int) -> dict[str, float]:
        """The worth that venues told lately which have told no amount lately."""
        interest = self.interest
        return {
            name: worth
            for name, (worth, at_ns) in self.worths.items()
            if now - at_ns <= interest.age_ns_max
            and not interest.venues[InstrumentId(name)].fresh(now, interest.age_ns_max)
        }


class LeverageRatio(GaugeWatch, frozen=True):
    """The worth of open interest over what carries it: 60 is sixty times as much.

    High is crowded leverage; it has no side. against: the other figure in quote. The exchanges'
    reserve of the coin makes it the estimated leverage ratio; without such a series take the
    market capitalisation, the volume of 24 h, or the depth within 2 % of the mid: the last is
    leverage amplification, how many times over a rush out would empty the book. Also published:
    `rank`, the share of the last 90 days of hours that lay below, from 30 days on.
    A venue that tells no amount but the worth of what is open counts with that, as it is said:
    a dollar is taken for a unit of quote. price: as `LogMid` says it.
    Source: CryptoQuant's definition of the estimated leverage ratio; the proxies are ours.
    """

    unit: ClassVar[str] = "ratio"
    outputs: ClassVar[tuple[str, ...]] = ("value", "rank")

    instruments: tuple[InstrumentId, ...]
    price: Watch
    against: Watch
    age_s_max: float = INTEREST_AGE_S_MAX

    def concerns(self) -> tuple[InstrumentId, ...]:
        """All the venues' contracts."""
        return self.instruments

    def inputs(self) -> Mapping[str, Watch]:
        """The price, and what carries the open interest."""
        return {"price": self.price, "against": self.against}

    def gauge(self, terms: Terms) -> LeverageRatioGauge:
        """A gauge that has heard nothing."""
        return LeverageRatioGauge(
            interest_for(self, self.instruments, self.age_s_max, terms),
            RobustWindow(QUARTER_OF_HOURS, obs_min=MONTH_OF_HOURS),
        )
