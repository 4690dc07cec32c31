"""Where open interest sits among the venues, and what those venues pay."""

from collections.abc import Mapping
from typing import ClassVar, Final

from msgspec import Struct, field

from bot.model.event import FeedLost, FundingRate, InstrumentChanged, MarketEvent, OpenInterest
from bot.model.units import NS_PER_HOUR, NS_PER_SECOND, InstrumentId
from bot.signals.base import Terms, Watch
from bot.signals.funding_rates.crowding import Crowding, crowding_for
from bot.signals.gauge import Gauge, GaugeWatch, Input, Reading
from bot.signals.open_interest.interest import INTEREST_AGE_S_MAX, VenueInterest
from bot.signals.plain.shape import price_of_log_bps

VENUES_MIN: Final = 2
WEEK_OF_HOURS: Final = 168
DAY_OF_HOURS: Final = 24


def concentration(shares: list[float]) -> float:
    """The Herfindahl index of shares that sum to 1: 1 is one venue, 1/n is n alike."""
    return sum(share * share for share in shares)


class VenueShare(Struct):
    """One venue's open interest, its funding, and its share in the last week of hours."""

    interest: VenueInterest
    crowding: Crowding
    shares: list[float] = field(default_factory=list)

    def usual(self) -> float | None:
        """Its mean share; None below a day."""
        if len(self.shares) < DAY_OF_HOURS:
            return None
        return sum(self.shares) / len(self.shares)


class VenueConcentrationGauge(Gauge):
    """The memory of `VenueConcentration`."""

    venues: dict[InstrumentId, VenueShare]
    age_ns_max: int
    price: float | None = None
    hour: int | None = None

    def hear(self, event: MarketEvent) -> None:
        """Take in open interest or funding of one of the venues."""
        if isinstance(event, InstrumentChanged):
            name = event.instrument.id
        else:
            name = event.instrument
        venue = self.venues.get(name)
        if venue is None:
            return
        if isinstance(event, OpenInterest):
            venue.interest.take(event)
        elif isinstance(event, InstrumentChanged):
            venue.interest = venue.interest.renewed(event.instrument.inverse)
        elif isinstance(event, FeedLost):
            venue.interest.heard_ns = None
        if isinstance(event, FundingRate | FeedLost):
            venue.crowding.hear(event)

    def sample(self, t_ns: int, scores: Mapping[str, float | None]) -> None:
        """Look at the price; once an hour, remember the shares."""
        self.price = price_of_log_bps(scores.get("price"))
        shares = self._shares(t_ns)
        hour = t_ns // NS_PER_HOUR
        # A share means something only while the set of venues is whole.
        if len(shares) < len(self.venues) or (self.hour is not None and hour <= self.hour):
            return
        self.hour = hour
        for name, share in shares.items():
            venue = self.venues[name]
            venue.shares.append(share)
            del venue.shares[: max(0, len(venue.shares) - WEEK_OF_HOURS)]

    def read(self, now_ns: int) -> Reading:
        """The concentration, the tilt, and how far shares are from their week."""
        shares = self._shares(now_ns)
        enough = len(shares) >= VENUES_MIN
        tilts = {name: self._tilt(name, share, now_ns) for name, share in shares.items()}
        known = [tilt for tilt in tilts.values() if tilt is not None]
        whole = sum(shares[name] for name, tilt in tilts.items() if tilt is not None)
        tilt = sum(known) / whole if enough and whole > 0.0 else None
        return Reading(
            outputs={
                "value": tilt,
                "concentration": concentration(list(shares.values())) if enough else None,
                "moved": self._moved(shares) if enough else None,
            },
            inputs=tuple(
                Input(
                    str(name),
                    shares.get(name),
                    "share",
                    None if venue.interest.heard_ns is None else now_ns - venue.interest.heard_ns,
                    _over(tilts.get(name), whole) if tilt is not None else None,
                )
                for name, venue in self.venues.items()
            ),
            stale=not enough,
            quality=len(shares) / len(self.venues) * (len(known) / len(shares) if shares else 0.0),
        )

    def _shares(self, now: int) -> dict[InstrumentId, float]:
        """Shares of the venues that are fresh; they sum to 1."""
        coins: dict[InstrumentId, float] = {}
        for name, venue in self.venues.items():
            held = venue.interest.coins(self.price)
            if held is not None and venue.interest.fresh(now, self.age_ns_max):
                coins[name] = held
        total = sum(coins.values())
        return {name: held / total for name, held in coins.items()}

    def _tilt(self, name: InstrumentId, share: float, now: int) -> float | None:
        crowding = self.venues[name].crowding
        if crowding.z is None or not crowding.track.fresh(now):
            return None
        return share * crowding.z

    def _moved(self, shares: dict[InstrumentId, float]) -> float | None:
        """Half the sum of how far shares are from their mean of a week; None below a day."""
        away = 0.0
        for name, venue in self.venues.items():
            usual = venue.usual()
            if usual is None or name not in shares:
                return None
            away += abs(shares[name] - usual)
        return 0.5 * away


class VenueConcentration(GaugeWatch, frozen=True):
    """Funding's z of each venue, weighted by the open interest that sits there.

    + when the venues that hold the open interest are those whose longs pay more than usual:
    leverage sits with payers. Each venue's z is as of `FundingCrowding`, weighed by its share
    of open interest in coins among those that are fresh. Also published: `concentration`, the
    Herfindahl index of the shares, and `moved`, how much of open interest would have to change
    venue to give the mean shares of the last week of hours (from a day on). Unknown below two
    venues. The quality is the share of venues that are fresh and have a z.
    interest_bps_8h: of each contract, in order. price: as `LogMid` says it; inverse contracts
        need one.
    Source: ours, spec S25.
    """

    unit: ClassVar[str] = "z"
    outputs: ClassVar[tuple[str, ...]] = ("value", "concentration", "moved")

    instruments: tuple[InstrumentId, ...]
    interest_bps_8h: tuple[float, ...]
    price: Watch | None = None
    age_s_max: float = INTEREST_AGE_S_MAX

    def concerns(self) -> tuple[InstrumentId, ...]:
        """All the venues' contracts."""
        return self.instruments

    def inputs(self) -> Mapping[str, Watch]:
        """The price, if there is one."""
        return {} if self.price is None else {"price": self.price}

    def gauge(self, terms: Terms) -> VenueConcentrationGauge:
        """A gauge that has heard nothing."""
        if len(self.instruments) != len(self.interest_bps_8h) or len(self.instruments) < VENUES_MIN:
            raise ValueError(
                f"VenueConcentration.interest_bps_8h: got {self.interest_bps_8h}, "
                f"expected one for each of at least two instruments"
            )
        pairs = zip(self.instruments, self.interest_bps_8h, strict=True)
        return VenueConcentrationGauge(
            {
                name: VenueShare(
                    VenueInterest(terms.instrument(name).inverse),
                    crowding_for(name, interest, terms),
                )
                for name, interest in pairs
            },
            round(self.age_s_max * NS_PER_SECOND),
        )


def _over(part: float | None, whole: float) -> float | None:
    return None if part is None or whole <= 0.0 else part / whole
