"""A squeeze in the making: crowded payers, much open, and their liquidations near."""

from collections.abc import Mapping
from typing import ClassVar, Final

from msgspec import Struct, field

from bot.model.event import MarketEvent
from bot.model.units import NS_PER_HOUR, InstrumentId
from bot.signals.base import Terms, Watch
from bot.signals.funding_rates.crowding import Crowding, crowding_for
from bot.signals.gauge import Gauge, GaugeWatch, Input, Reading
from bot.signals.liquidations.ledger import CLASSES, Classes
from bot.signals.liquidations.risk_map import RiskMap, risk_map_for
from bot.signals.liquidations.surroundings import Surroundings
from bot.signals.open_interest.change import interest_for
from bot.signals.open_interest.interest import FIVE_MINUTES_NS, WEEK_OF_FIVE_MINUTES, Interest
from bot.signals.plain.robust import RobustWindow
from bot.signals.plain.shape import clip01, mean_of, ramp

REACH: Final = 0.03
INTEREST_AGE_S_MAX: Final = 900.0


class SqueezeScore(Struct, frozen=True):
    """Both squeezes in [0, 1], None where nothing is known of them; signed: short less long.

    parts: funding, open interest and liquidations of the side that would be squeezed, each in
    [0, 1]. quality: the share of the inputs that are known.
    """

    short: float | None
    long: float | None
    signed: float | None
    short_parts: tuple[float | None, ...]
    long_parts: tuple[float | None, ...]
    quality: float


def squeeze_score(
    *,
    z_funding: float | None,
    z_interest: float | None,
    shorts_above: float | None,
    ask_depth: float | None,
    longs_below: float | None,
    bid_depth: float | None,
    z_moved: float | None,
) -> SqueezeScore:
    """How near both squeezes are; the move decides how much of it is happening.

    shorts_above, longs_below: worth liquidated within 3 %; ask_depth, bid_depth: worth resting
    up to there. An unknown part leaves the mean to the others; an unknown move is none.
    """
    shorts = (_third(z_funding, -1.0), _third(z_interest, 1.0), _fuel(shorts_above, ask_depth))
    longs = (_third(z_funding, 1.0), _third(z_interest, 1.0), _fuel(longs_below, bid_depth))
    moved = z_moved or 0.0
    short, long = mean_of(shorts), mean_of(longs)
    if short is not None:
        short *= 0.25 + 0.75 * clip01(moved / 3.0)
    if long is not None:
        long *= 0.25 + 0.75 * clip01(-moved / 3.0)
    signed = None if short is None or long is None else short - long
    known = sum(part is not None for part in (*shorts, *longs)) + 2 * (z_moved is not None)
    return SqueezeScore(short, long, signed, shorts, longs, known / 8)


class SqueezeGauge(Gauge):
    """The memory of `Squeeze`."""

    crowding: Crowding
    interest: Interest
    map: RiskMap
    around: Surroundings = field(default_factory=Surroundings)
    moves: RobustWindow = field(default_factory=lambda: RobustWindow(WEEK_OF_FIVE_MINUTES))
    z_moved: float | None = None
    step: int | None = None
    score: SqueezeScore | None = None

    def hear(self, event: MarketEvent) -> None:
        """Take in funding, open interest, or who took meanwhile."""
        self.crowding.hear(event)
        self.interest.hear(event, self.map.price)
        self.map.hear(event)

    def sample(self, t_ns: int, scores: Mapping[str, float | None]) -> None:
        """Look at price and depth, and score."""
        around = self.around
        around.look(t_ns, scores)
        self.map.look(around.price)
        moved = around.motion.moved(t_ns, NS_PER_HOUR)
        self.z_moved = None if moved is None else self.moves.score(moved)
        step = t_ns // FIVE_MINUTES_NS
        if moved is not None and (self.step is None or step > self.step):
            self.step = step
            self.moves.add(moved)
        self.score = self._score(t_ns)

    def read(self, now_ns: int) -> Reading:
        """The score of the last look."""
        score = self.score
        age = self.around.age_ns(now_ns)
        short_parts: tuple[float | None, ...] = (None,) * 3 if score is None else score.short_parts
        long_parts: tuple[float | None, ...] = (None,) * 3 if score is None else score.long_parts
        names = ("funding", "open interest", "liquidations near")
        return Reading(
            outputs={
                "value": None if score is None else score.signed,
                "short": None if score is None else score.short,
                "long": None if score is None else score.long,
            },
            inputs=(
                *(
                    Input(f"{side}: {name}", part, "0 to 1", age)
                    for side, parts in (("shorts", short_parts), ("longs", long_parts))
                    for name, part in zip(names, parts, strict=True)
                ),
                Input("move of an hour", self.z_moved, "z", age),
            ),
            stale=self.around.stale(now_ns),
            quality=0.0 if score is None else score.quality,
        )

    def _score(self, now: int) -> SqueezeScore:
        open_known = self.interest.fresh(now) > 0
        return squeeze_score(
            z_funding=self.crowding.z if self.crowding.track.fresh(now) else None,
            z_interest=self.interest.z if open_known else None,
            shorts_above=self.map.within(REACH) if open_known else None,
            ask_depth=self.around.depth_ask,
            longs_below=self.map.within(-REACH) if open_known else None,
            bid_depth=self.around.depth_bid,
            z_moved=self.z_moved,
        )


class Squeeze(GaugeWatch, frozen=True):
    """A short squeeze less a long squeeze in the making, in [-1, 1].

    + when shorts pay, much is open, their liquidations are near, and the price is rising: a
    squeeze upwards; - the mirror. Each side is the mean of three thirds: the z of funding over
    its interest (nothing at 0, all at 3), the z of open interest's growth, and worth liquidated
    within 3 % against the book up to there (0.5 to 5 times); times a quarter, up to all of it
    as the z of the hour's return goes from 0 to 3. Beyond 0.5 it counts as active. Also
    published: `short` and `long`. An unknown part leaves the mean to the others, with less
    quality; an unknown move counts as none.
    price: as `LogMid` says it. depth_bid, depth_ask: worth resting within 3 % of the mid, in
        quote. interest_bps_8h: as of `FundingCrowding`. margin, classes: as of
        `OpenInterestAtRisk`.
    Source: ours, spec S34.
    """

    unit: ClassVar[str] = "-1 to 1"
    outputs: ClassVar[tuple[str, ...]] = ("value", "short", "long")

    instrument: InstrumentId
    price: Watch
    depth_bid: Watch
    depth_ask: Watch
    interest_bps_8h: float
    margin: float
    classes: Classes = CLASSES
    age_s_max: float = INTEREST_AGE_S_MAX

    def concerns(self) -> tuple[InstrumentId, ...]:
        """The one contract."""
        return (self.instrument,)

    def inputs(self) -> Mapping[str, Watch]:
        """Price and depth."""
        return {"price": self.price, "depth_bid": self.depth_bid, "depth_ask": self.depth_ask}

    def gauge(self, terms: Terms) -> SqueezeGauge:
        """A gauge that has heard nothing."""
        return SqueezeGauge(
            crowding=crowding_for(self.instrument, self.interest_bps_8h, terms),
            interest=interest_for(self, (self.instrument,), self.age_s_max, terms),
            map=risk_map_for(self.instrument, self.margin, self.classes, terms),
        )


def _third(z: float | None, sign: float) -> float | None:
    return None if z is None else clip01(sign * z / 3.0)


def _fuel(at_risk: float | None, depth: float | None) -> float | None:
    return None if at_risk is None or not depth else ramp(at_risk / depth, 0.5, 5.0)
