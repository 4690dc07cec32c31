"""Who is crowded: ratios of long to short among a venue's accounts and its largest traders."""

from typing import ClassVar, Final

from msgspec import Struct

from bot.model.event import FeedLost, LongShortRatio, MarketEvent
from bot.model.units import NS_PER_SECOND, InstrumentId
from bot.signals.base import Terms
from bot.signals.gauge import Gauge, GaugeWatch, Input, Reading
from bot.signals.plain.robust import RobustWindow

RATIO_AGE_S_MAX: Final = 600.0
UNCHANGED_S_MAX: Final = 1_800.0
"""A ratio of thousands of accounts that stands still so long is a feed that does."""
RATIO_MAX: Final = 20.0
"""Beyond it, or below one over it, a ratio is a percentage or a share: no crowd is so one-sided.
It says where it lies by itself, so that a change of unit must not be believed however often it
repeats."""
MONTH_OF_FIVE_MINUTES: Final = 8_640
DAY_OF_FIVE_MINUTES: Final = 288


def imbalance_of(ratio: float) -> float:
    """A ratio of long to short as an imbalance in [-1, 1]: 1.5 is +0.2."""
    return (ratio - 1.0) / (ratio + 1.0)


class RatioTrack(Struct):
    """One published ratio as an imbalance, and since when it stands.

    refused: reports in a row, now, that cannot be such a ratio.
    """

    population: str
    refused: int = 0
    imbalance: float | None = None
    heard_ns: int | None = None
    said_ns: int | None = None
    changed_ns: int | None = None

    def take(self, event: LongShortRatio) -> bool:
        """Take in a report; whether it was new and makes sense."""
        if event.population != self.population:
            return False
        if self.said_ns is not None and event.ts_venue <= self.said_ns:
            return False
        self.said_ns = event.ts_venue
        ratio = float(event.ratio)
        if not 1.0 / RATIO_MAX < ratio < RATIO_MAX:
            self.refused += 1
            return False
        self.refused = 0
        imbalance = imbalance_of(ratio)
        if imbalance != self.imbalance:
            self.changed_ns = event.ts_recv
        self.imbalance, self.heard_ns = imbalance, event.ts_recv
        return True

    def old(self, now_ns: int, age_ns_max: int) -> bool:
        """Whether it was heard too long ago, or never."""
        return self.heard_ns is None or now_ns - self.heard_ns > age_ns_max

    def stale(self, now_ns: int, age_ns_max: int, unchanged_ns_max: int) -> bool:
        """Whether it is too old, or has stood still for too long."""
        still = self.changed_ns is None or now_ns - self.changed_ns > unchanged_ns_max
        return still or self.old(now_ns, age_ns_max)

    def input(self, now_ns: int, contribution: float | None) -> Input:
        """It, for whoever asks why."""
        age = None if self.heard_ns is None else now_ns - self.heard_ns
        return Input(self.population, self.imbalance, "imbalance", age, contribution)


class PositioningGauge(Gauge):
    """The memory of the three positioning imbalances: a sum of signed tracks.

    signs: +1 or -1 for each track.
    """

    tracks: list[RatioTrack]
    signs: list[float]
    age_ns_max: int
    unchanged_ns_max: int
    window: RobustWindow
    z: float | None = None

    def hear(self, event: MarketEvent) -> None:
        """Take in a ratio of one of its populations."""
        if isinstance(event, FeedLost):
            for track in self.tracks:
                track.heard_ns = None
        if not isinstance(event, LongShortRatio):
            return
        taken = [track.take(event) for track in self.tracks]
        value = self._value()
        # Standardised when the last of its tracks speaks: one observation a round of reports,
        # and none of a report against what the other said long ago.
        if not taken[-1] or value is None:
            return
        if any(track.old(event.ts_recv, self.age_ns_max) for track in self.tracks):
            self.z = None
        else:
            self.z = self.window.take(value)

    def read(self, now_ns: int) -> Reading:
        """The imbalance and its z."""
        stale = any(
            track.stale(now_ns, self.age_ns_max, self.unchanged_ns_max) for track in self.tracks
        )
        refused = any(track.refused for track in self.tracks)
        return Reading(
            outputs={"value": self._value(), "z": self.z},
            inputs=tuple(
                track.input(now_ns, None if track.imbalance is None else sign * track.imbalance)
                for track, sign in zip(self.tracks, self.signs, strict=True)
            ),
            stale=stale,
            quality=0.0 if stale else (0.5 if refused else 1.0),
        )

    def _value(self) -> float | None:
        total = 0.0
        for track, sign in zip(self.tracks, self.signs, strict=True):
            if track.imbalance is None:
                return None
            total += sign * track.imbalance
        return total


class Positioning(GaugeWatch, frozen=True):
    """What the three positioning imbalances share."""

    outputs: ClassVar[tuple[str, ...]] = ("value", "z")
    populations: ClassVar[tuple[str, ...]] = ()

    instrument: InstrumentId
    z_obs: int = MONTH_OF_FIVE_MINUTES
    age_s_max: float = RATIO_AGE_S_MAX
    unchanged_s_max: float = UNCHANGED_S_MAX

    def concerns(self) -> tuple[InstrumentId, ...]:
        """The one contract."""
        return (self.instrument,)

    def gauge(self, terms: Terms) -> PositioningGauge:
        """A gauge that has heard nothing."""
        terms.instrument(self.instrument)
        if self.z_obs < 1 or not self.age_s_max > 0 or not self.unchanged_s_max > 0:
            raise ValueError(
                f"{type(self).__name__}: expected z_obs, age_s_max, unchanged_s_max > 0"
            )
        return PositioningGauge(
            tracks=[RatioTrack(population) for population in self.populations],
            signs=[1.0, -1.0][: len(self.populations)],
            age_ns_max=round(self.age_s_max * NS_PER_SECOND),
            unchanged_ns_max=round(self.unchanged_s_max * NS_PER_SECOND),
            window=RobustWindow(self.z_obs, obs_min=min(DAY_OF_FIVE_MINUTES, self.z_obs)),
        )


class AccountImbalance(Positioning, frozen=True):
    """Accounts that are net long against accounts that are net short, in [-1, 1].

    + when more accounts are net long: the crowd leans long. It counts heads, not contracts;
    of those as many are long as short, always. (R - 1) / (R + 1) of the published ratio R.
    Also published: `z` against 30 days of five-minute reports, from a day of them on. Stale
    when a report is older than ten minutes or the figure has not moved for thirty.
    Source: Binance `globalLongShortAccountRatio` and what other venues publish like it.
    """

    populations: ClassVar[tuple[str, ...]] = ("accounts",)


class TopTraderImbalance(Positioning, frozen=True):
    """Long against short positions of a venue's largest traders, in [-1, 1].

    + when the largest accounts hold more long than short contracts; everybody else together
    then holds the reverse. (R - 1) / (R + 1) of the published ratio R. Also published: `z` as
    of `AccountImbalance`.
    Source: Binance `topLongShortPositionRatio`.
    """

    populations: ClassVar[tuple[str, ...]] = ("top_positions",)


class SmartMinusCrowd(Positioning, frozen=True):
    """Positions of the largest traders less the lean of all accounts, in [-2, 2].

    + when the largest traders are longer than the crowd of accounts is. Also published: `z` as
    of `AccountImbalance`. Unknown until both have been heard, stale as soon as one is.
    Source: `TopTraderImbalance` less `AccountImbalance`.
    """

    populations: ClassVar[tuple[str, ...]] = ("top_positions", "accounts")
