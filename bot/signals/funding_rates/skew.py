"""Funding across venues: who pays more than the others for the same coin."""

import math
from collections.abc import Container, Mapping
from typing import ClassVar, Final

from msgspec import Struct

from bot.model.event import InstrumentChanged, MarketEvent, OpenInterest
from bot.model.units import NS_PER_HOUR, InstrumentId
from bot.signals.base import Terms, Watch
from bot.signals.funding_rates.heard import FUNDING_AGE_NS_MAX, FundingTrack
from bot.signals.funding_rates.rules import apr, apy
from bot.signals.gauge import Gauge, GaugeWatch, Input, Reading
from bot.signals.open_interest.interest import VenueInterest
from bot.signals.plain.looks import LOOK_AGE_NS_MAX
from bot.signals.plain.robust import median_of
from bot.signals.plain.shape import known, price_of_log_bps
from bot.signals.price import LogMid, LogTouchMid
from bot.signals.standard import MAD_TO_SIGMA

HOURS_OF_YEAR: Final = 8_760.0
SIGMA_PER_HOUR_MIN: Final = 1e-6
VENUES_MIN: Final = 3
"""Of two rates neither can be called the strange one."""
INTEREST_AGE_NS_MAX: Final = 10 * FUNDING_AGE_NS_MAX


class Skew(Struct, frozen=True):
    """Rates per hour of some venues against each other.

    z: of each venue against the median; None where fewer than three are known.
    """

    median: float
    sigma: float
    spread_apr: float
    z: Mapping[str, float] | None


class Pair(Struct, frozen=True):
    """Where to be short and where to be long: dearest earns a short most, cheapest costs least."""

    dearest: str
    cheapest: str


def skew_of(hourly: Mapping[str, float]) -> Skew | None:
    """How rates per hour, by venue, lie to each other; None when fewer than two are known."""
    if len(hourly) < 2:
        return None
    ascending = sorted(hourly.values())
    median = median_of(ascending)
    sigma = MAD_TO_SIGMA * median_of(sorted(abs(rate - median) for rate in ascending))
    z = None
    if len(hourly) >= VENUES_MIN:
        divisor = max(sigma, SIGMA_PER_HOUR_MIN)
        z = {name: (rate - median) / divisor for name, rate in hourly.items()}
    spread = (ascending[-1] - ascending[0]) * HOURS_OF_YEAR
    return Skew(median, sigma, spread, z)


def best_pair(hourly: Mapping[str, float], tradable: Container[str]) -> Pair | None:
    """The best short and the best long of the venues that can be traded; None below two of them.

    Of equal rates the first by name, so that the answer does not depend on the order heard.
    """
    open_now = [name for name in hourly if name in tradable]
    if len(open_now) < 2:
        return None
    return Pair(
        dearest=min(open_now, key=lambda name: (-hourly[name], name)),
        cheapest=min(open_now, key=lambda name: (hourly[name], name)),
    )


def weighted_mean(hourly: Mapping[str, float], weights: Mapping[str, float]) -> float | None:
    """The mean of rates by the open interest that pays them; None when none is known."""
    total = sum(weights[name] for name in hourly if name in weights)
    if total <= 0.0:
        return None
    return sum(hourly[name] * weights[name] for name in hourly if name in weights) / total


class FundingSkewGauge(Gauge):
    """The memory of `FundingSkew`.

    listed: whether each venue trades its contract. quoted: those whose best prices were known
    and fresh at the last look, `looked_ns`.
    """

    instrument: InstrumentId
    tracks: dict[InstrumentId, FundingTrack]
    interest: dict[InstrumentId, VenueInterest]
    listed: dict[InstrumentId, bool]
    age_ns_max: int
    price: float | None = None
    quoted: frozenset[str] = frozenset()
    looked_ns: int | None = None

    def hear(self, event: MarketEvent) -> None:
        """Take in a rate or open interest of one of the venues."""
        if isinstance(event, InstrumentChanged):
            name = event.instrument.id
            if name in self.listed:
                self.listed[name] = event.instrument.active
                self.interest[name] = self.interest[name].renewed(event.instrument.inverse)
        else:
            name = event.instrument
        if isinstance(event, OpenInterest) and name in self.interest:
            self.interest[name].take(event)
        elif name in self.tracks:
            self.tracks[name].hear(event)

    def sample(self, t_ns: int, scores: Mapping[str, float | None]) -> None:
        """Look at the price that turns inverse open interest into coins, and who is quoted."""
        self.price = price_of_log_bps(scores.get("price"))
        self.quoted = frozenset(
            name for name in self.tracks if any(known(scores.get(look)) for look in _looks_at(name))
        )
        self.looked_ns = t_ns

    def read(self, now_ns: int) -> Reading:
        """The skew over the venues that are fresh."""
        hourly: dict[str, float] = {}
        weights: dict[str, float] = {}
        for name, track in self.tracks.items():
            rate = track.per_hour()
            if rate is None or not track.fresh(now_ns, self.age_ns_max):
                continue
            hourly[name] = rate
            coins = self.interest[name].coins(self.price)
            if coins is not None and self.interest[name].fresh(now_ns, INTEREST_AGE_NS_MAX):
                weights[name] = coins
        skew = skew_of(hourly)
        own = hourly.get(self.instrument)
        value = None if skew is None or own is None else own - skew.median
        mean = weighted_mean(hourly, weights)
        tradable = self._tradable(now_ns)
        pair = best_pair(hourly, tradable)
        names = list(self.tracks)
        return Reading(
            outputs={
                "value": None if value is None else value * HOURS_OF_YEAR,
                "z": None if skew is None or skew.z is None else skew.z.get(self.instrument),
                "spread": None if skew is None else skew.spread_apr,
                "mean": None if mean is None else mean * HOURS_OF_YEAR,
                "dearest": _place(names, None if pair is None else pair.dearest),
                "cheapest": _place(names, None if pair is None else pair.cheapest),
                "tradable": float(len(tradable)),
                "apr": None if own is None else apr(own, 1.0),
                "apy": self._apy() if own is not None else None,
            },
            inputs=tuple(
                Input(
                    str(name),
                    None if (rate := track.per_hour()) is None else rate * HOURS_OF_YEAR,
                    "fraction a year",
                    track.age_ns(now_ns),
                )
                for name, track in self.tracks.items()
            ),
            stale=not self.tracks[self.instrument].fresh(now_ns, self.age_ns_max),
            quality=len(hourly) / len(self.tracks),
        )

    def _apy(self) -> float | None:
        track = self.tracks[self.instrument]
        if track.rate is None or track.interval_ns is None:
            return None
        return apy(track.rate, track.interval_ns / NS_PER_HOUR)

    def _tradable(self, now_ns: int) -> frozenset[str]:
        """The venues whose contract is traded and whose best prices are known and fresh."""
        if self.looked_ns is None or now_ns - self.looked_ns > LOOK_AGE_NS_MAX:
            return frozenset()
        return frozenset(name for name in self.quoted if self.listed[InstrumentId(name)])


class FundingSkew(GaugeWatch, frozen=True):
    """How much more this contract's longs pay than the median of its venues, a fraction a year.

    + when it is dearer to be long here than elsewhere: short here, long where it is cheapest.
    Rates are compared per hour, whatever their intervals; a rate older than `age_s_max`, or of
    an unknown interval, is left out. Also published: `z` against the venues' spread, from
    three venues on; `spread`, the highest less the lowest, a year; `mean`, by the open interest
    that pays it; `dearest` and `cheapest`, places in `venues` of where a short earns most and
    a long pays least, of those that can be traded: active, with best prices (of the book or of
    the touch) that are known and under two seconds old; unknown below two such. `tradable` says
    how many there are; `apr` and `apy` what this contract's own rate is a year, simple and with
    every payment reinvested. A venue that cannot be traded still counts in median, z, spread and
    mean while its rate is fresh. The quality is the share of venues with a fresh rate.
    instrument: one of `venues`. price: as `LogMid` says it, to weigh inverse contracts.
    Caution: most published spreads do not survive costs and reversals.
    Source: cross-venue comparison of ours; caution from Zhivkov (2026).
    """

    unit: ClassVar[str] = "fraction a year"
    outputs: ClassVar[tuple[str, ...]] = (
        "value",
        "z",
        "spread",
        "mean",
        "dearest",
        "cheapest",
        "tradable",
        "apr",
        "apy",
    )

    instrument: InstrumentId
    venues: tuple[InstrumentId, ...]
    price: Watch | None = None
    age_s_max: float = 120.0

    def concerns(self) -> tuple[InstrumentId, ...]:
        """All the venues' contracts."""
        return self.venues

    def inputs(self) -> Mapping[str, Watch]:
        """The price, if there is one, and the best prices of every venue."""
        looks: dict[str, Watch] = {} if self.price is None else {"price": self.price}
        for name in self.venues:
            book, touch = _looks_at(name)
            looks[book] = LogMid(name, wake=math.inf)
            looks[touch] = LogTouchMid(name, wake=math.inf)
        return looks

    def gauge(self, terms: Terms) -> FundingSkewGauge:
        """A gauge that has heard nothing."""
        if self.instrument not in self.venues or len(set(self.venues)) != len(self.venues):
            raise ValueError(f"FundingSkew.venues: got {self.venues}, expected its own and others")
        listed = {name: terms.instrument(name) for name in self.venues}
        return FundingSkewGauge(
            instrument=self.instrument,
            tracks={name: FundingTrack(one.funding_interval_ns) for name, one in listed.items()},
            interest={name: VenueInterest(one.inverse) for name, one in listed.items()},
            listed={name: one.active for name, one in listed.items()},
            age_ns_max=round(self.age_s_max * 1e9),
        )


def _looks_at(name: str) -> tuple[str, str]:
    """What the best prices of a venue are looked at as: of its book, and of its touch."""
    return f"book of {name}", f"touch of {name}"


def _place(names: list[InstrumentId], name: str | None) -> float | None:
    return None if name is None else float([str(one) for one in names].index(name))
