"""The cascade score as a signal, and the state that the risk layer reads of it."""

from collections.abc import Mapping
from typing import ClassVar, Final

from msgspec import field

from bot.model.event import MarketEvent
from bot.model.units import NS_PER_SECOND, InstrumentId
from bot.signals.base import Terms, Watch
from bot.signals.gauge import Gauge, GaugeWatch, Input, Reading
from bot.signals.liquidations.cascade_score import CascadeScore, cascade_score
from bot.signals.liquidations.cascade_state import CascadeState
from bot.signals.liquidations.ledger import CLASSES, Classes
from bot.signals.liquidations.risk_map import INTERVAL_AGE_S_MAX, RiskMap, risk_map_for
from bot.signals.liquidations.surroundings import Surroundings
from bot.signals.liquidations.tally import Tally, tally_for
from bot.signals.plain.robust import RobustWindow
from bot.signals.plain.shape import clip01

REACH: Final = 0.02
TRUSTED_QUALITY: Final = 0.5
"""Two factors of four: one thin second alone is no cascade, and nobody stops for it."""
DEPTH_STEP_NS: Final = 5 * NS_PER_SECOND
DEPTH_OBS: Final = 360
"""Half an hour of looks, one each five seconds."""


class CascadeGauge(Gauge):
    """The memory of `Cascade`; `state` is what the risk layer reads."""

    map: RiskMap
    tally: Tally
    around: Surroundings = field(default_factory=Surroundings)
    bids: RobustWindow = field(default_factory=lambda: RobustWindow(DEPTH_OBS, obs_min=60))
    asks: RobustWindow = field(default_factory=lambda: RobustWindow(DEPTH_OBS, obs_min=60))
    depth_step: int | None = None
    score: CascadeScore | None = None
    state: CascadeState = field(default_factory=CascadeState)

    def hear(self, event: MarketEvent) -> None:
        """Take in a forced order, open interest, or who took meanwhile."""
        self.tally.hear(event)
        self.map.hear(event)

    def sample(self, t_ns: int, scores: Mapping[str, float | None]) -> None:
        """Look at price and depth, score them, and let the state follow."""
        around = self.around
        around.look(t_ns, scores)
        self.map.look(around.price)
        self.score = self._score(t_ns)
        trusted = self.score.score if self.score.quality >= TRUSTED_QUALITY else None
        self.state.look(t_ns, trusted, self.score.direction)
        # Scored against the depths before, then remembered.
        step = t_ns // DEPTH_STEP_NS
        if self.depth_step is None or step > self.depth_step:
            self.depth_step = step
            for depth, window in ((around.depth_bid, self.bids), (around.depth_ask, self.asks)):
                if depth is not None:
                    window.add(depth)

    def read(self, now_ns: int) -> Reading:
        """The score of the last look, its factors, and the state."""
        score = self.score
        age = self.around.age_ns(now_ns)
        known = score is not None and score.score is not None
        factors = {
            "shock": None if score is None else score.shock,
            "map": None if score is None else score.map,
            "liquidity": None if score is None else score.liquidity,
            "flow": None if score is None else score.flow,
        }
        return Reading(
            outputs={
                "value": None if score is None else score.score,
                "direction": float(score.direction) if score is not None and known else None,
                "core": None if score is None else score.core,
                **factors,
                "alarm": float(self.state.alarm),
            },
            inputs=tuple(Input(name, value, "0 to 1", age) for name, value in factors.items()),
            stale=self.around.stale(now_ns),
            quality=0.0 if score is None else score.quality,
        )

    def _score(self, now: int) -> CascadeScore:
        """The score of the side that the price moves to; of the worse one while nobody knows."""
        moved = self.around.motion.moved(now)
        if moved:
            return self._score_of(now, moved, down=moved < 0.0)
        sides = [self._score_of(now, moved, down=down) for down in (True, False)]
        return max(sides, key=lambda one: (one.score or 0.0, one.quality))

    def _score_of(self, now: int, moved: float | None, *, down: bool) -> CascadeScore:
        depth = self.around.depth_bid if down else self.around.depth_ask
        window = self.bids if down else self.asks
        drawdown = None
        if depth is not None and window.ready and window.median > 0.0:
            drawdown = clip01(1.0 - depth / window.median)
        at_risk = None
        if self.map.venue.fresh(now, round(INTERVAL_AGE_S_MAX * NS_PER_SECOND)):
            at_risk = self.map.within(-REACH if down else REACH)
        return cascade_score(
            moved=moved,
            sigma=self.around.motion.sigma(),
            at_risk=at_risk,
            depth=depth,
            drawdown=drawdown,
            liquidated=self.tally.last_minute(now) if self.tally.listening else None,
            usual=self.tally.baseline(now),
        )


class Cascade(GaugeWatch, frozen=True):
    """How far a cascade of liquidations has gone, in [0, 1].

    The geometric mean of three: the last minute's move against its usual size (nothing at 2,
    all at 8 of them), worth that the next 2 % would liquidate against the book up to there
    (0.5 to 5 times), and how much of the side's usual depth of half an hour is gone (0.2 to
    0.8); while nobody knows which way the price moves, the last two are of the worse side. Or
    the flow of liquidations against a usual minute (3 to 100 times) where it says
    more. Where a factor is unknown the others stand for it, with less quality.
    Also published: `direction` of the move, the factors, `core` without the flow, and `alarm`:
    1 caution from 0.3, 2 defend from 0.6, 3 halt from 0.85 for half an hour, 0 again after ten
    minutes at or below 0.15. The score has no sign of its own. The alarm follows scores with two
    factors or more, and where they are unknown it is no calm. It has no forward edge by itself.
    price: as `LogMid` says it. depth_bid, depth_ask: worth resting within 2 % of the mid, in
        quote. margin, classes: as of `OpenInterestAtRisk`. complete: as of `LiquidationFlow`.
    Source: ours; that severity is shock times map times liquidity, from measured cascades.
    """

    unit: ClassVar[str] = "0 to 1"
    outputs: ClassVar[tuple[str, ...]] = (
        "value",
        "direction",
        "core",
        "shock",
        "map",
        "liquidity",
        "flow",
        "alarm",
    )

    instrument: InstrumentId
    price: Watch
    depth_bid: Watch
    depth_ask: Watch
    margin: float
    complete: bool
    classes: Classes = CLASSES

    def concerns(self) -> tuple[InstrumentId, ...]:
        """The one contract."""
        return (self.instrument,)

    def inputs(self) -> Mapping[str, Watch]:
        """Price and depth."""
        return {"price": self.price, "depth_bid": self.depth_bid, "depth_ask": self.depth_ask}

    def gauge(self, terms: Terms) -> CascadeGauge:
        """A gauge that has heard nothing."""
        return CascadeGauge(
            map=risk_map_for(self.instrument, self.margin, self.classes, terms),
            tally=tally_for(self.complete, (self.instrument,), terms),
        )
