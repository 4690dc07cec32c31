"""How open interest grows, over the venues that can be compared."""

from collections.abc import Mapping
from typing import ClassVar

from bot.model.event import MarketEvent
from bot.model.units import InstrumentId
from bot.signals.base import Terms, Watch
from bot.signals.gauge import Gauge, GaugeWatch, Input, Reading
from bot.signals.open_interest.interest import (
    DAY_NS,
    FIVE_MINUTES_NS,
    HOUR_NS,
    INTEREST_AGE_S_MAX,
    Interest,
    interest_of,
)
from bot.signals.plain.shape import price_of_log_bps


class OpenInterestChangeGauge(Gauge):
    """The memory of `OpenInterestChange`."""

    interest: Interest
    price: float | None = None

    def hear(self, event: MarketEvent) -> None:
        """Take in a report of one venue."""
        self.interest.hear(event, self.price)

    def sample(self, t_ns: int, scores: Mapping[str, float | None]) -> None:
        """Look at the price."""
        self.price = price_of_log_bps(scores.get("price"))

    def read(self, now_ns: int) -> Reading:
        """Growth over three spans, and how much is open."""
        interest = self.interest
        fresh = interest.fresh(now_ns)
        coins = interest.coins(now_ns, self.price)
        z = interest.z
        spans = {"value": HOUR_NS, "change_5m": FIVE_MINUTES_NS, "change_24h": DAY_NS}
        changes = {name: interest.change(now_ns, span) for name, span in spans.items()}
        return Reading(
            outputs={
                **changes,
                "z": z,
                "coins": coins,
                "usd": coins * self.price if coins is not None and self.price else None,
            },
            inputs=(
                *(
                    Input(
                        str(name),
                        venue.amount,
                        "quote" if venue.inverse else "coins",
                        None if venue.heard_ns is None else now_ns - venue.heard_ns,
                    )
                    for name, venue in interest.venues.items()
                ),
                Input("price", self.price, "quote"),
                Input("refused for its unit", float(interest.suspects()), "venues"),
            ),
            stale=fresh == 0,
            quality=fresh / len(interest.venues),
        )


class OpenInterestChange(GaugeWatch, frozen=True):
    """How much open interest grew in an hour, as a fraction: 0.01 is 1 % more contracts.

    + when positions are added, by a long and a short alike: it has no side. Each report is
    compared with the one before of the same venue, and only venues that were fresh before and
    after count, so that a venue dropping out is not a crash. Trends are of coins (quote for
    inverse contracts), not of their worth. Also published: `change_5m`, `change_24h`, `z` of
    the five-minute growth against seven days, `coins`, and `usd` at the price.
    instruments: the venues' contracts of one coin. price: their price as `LogMid` says it;
    without one `usd` is unknown, and inverse contracts count only alone.
    A report of another order of magnitude than the one before is refused until twelve agree.
    The quality is the share of venues that are fresh.
    Source: the venues' open interest; chain-linking as for price indices.
    """

    unit: ClassVar[str] = "fraction"
    outputs: ClassVar[tuple[str, ...]] = (
        "value",
        "change_5m",
        "change_24h",
        "z",
        "coins",
        "usd",
    )

    instruments: tuple[InstrumentId, ...]
    price: Watch | None = None
    age_s_max: float = INTEREST_AGE_S_MAX

    def concerns(self) -> tuple[InstrumentId, ...]:
        """All the venues' contracts."""
        return self.instruments

    def inputs(self) -> Mapping[str, Watch]:
        """The price, if there is one."""
        return {} if self.price is None else {"price": self.price}

    def gauge(self, terms: Terms) -> OpenInterestChangeGauge:
        """A gauge that has heard nothing."""
        return OpenInterestChangeGauge(interest_for(self, self.instruments, self.age_s_max, terms))


def interest_for(
    watch: Watch, instruments: tuple[InstrumentId, ...], age_s_max: float, terms: Terms
) -> Interest:
    """The series that a watch over these instruments keeps; ValueError when there is none."""
    name = type(watch).__name__
    if not instruments or len(set(instruments)) != len(instruments):
        raise ValueError(f"{name}.instruments: got {instruments}, expected some, each once")
    if not age_s_max > 0:
        raise ValueError(f"{name}.age_s_max: got {age_s_max}, expected > 0")
    return interest_of({name: terms.instrument(name).inverse for name in instruments}, age_s_max)
