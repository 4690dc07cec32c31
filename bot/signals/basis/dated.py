"""A dated future on its way to its spot."""

import math
from collections.abc import Mapping
from typing import ClassVar, Final

from msgspec import Struct, field

from bot.model.event import InstrumentChanged, MarketEvent
from bot.model.units import NS_PER_HOUR, NS_PER_SECOND, InstrumentId
from bot.signals.base import Terms, Watch
from bot.signals.basis.figures import (
    BPS,
    DAYS_OF_YEAR,
    basis_bps,
    continuous_rate,
    expected_bps,
    simple_apr,
)
from bot.signals.gauge import Gauge, GaugeWatch, Input, Reading
from bot.signals.plain.looks import LOOK_AGE_NS_MAX
from bot.signals.plain.robust import RobustWindow
from bot.signals.plain.shape import price_of_log_bps

YEAR_NS: Final = int(DAYS_OF_YEAR * 24 * NS_PER_HOUR)
STEP_NS: Final = 300 * NS_PER_SECOND
WEEK_OF_STEPS: Final = 2_016
PAIRS_MIN: Final = 60
FORGETTING: Final = 0.999


class Reversion(Struct):
    """How much of a deviation is left one step later: a slope through fading sums.

    Least squares without a constant: a deviation returns to nothing.
    """

    last: float | None = None
    squares: float = 0.0
    products: float = 0.0
    pairs: int = 0

    def add(self, x: float) -> None:
        """Take in the deviation of one step."""
        if self.last is not None:
            self.squares = FORGETTING * self.squares + self.last * self.last
            self.products = FORGETTING * self.products + self.last * x
            self.pairs += 1
        self.last = x

    def skip(self) -> None:
        """A step is missing: the next deviation does not follow the last."""
        self.last = None

    def phi(self) -> float | None:
        """The share that is left, in [0, 1]; None while too little was seen."""
        if self.pairs < PAIRS_MIN or self.squares <= 0.0:
            return None
        return min(1.0, max(0.0, self.products / self.squares))


class DatedBasisGauge(Gauge):
    """The memory of `DatedBasis`.

    anchor: the basis and the time that the expected path starts from.
    """

    expiry_ns: int
    future: float | None = None
    spot: float | None = None
    looked_ns: int | None = None
    heard_ns: int | None = None
    anchor_bps: float | None = None
    anchor_ns: int | None = None
    step: int | None = None
    window: RobustWindow = field(default_factory=lambda: RobustWindow(WEEK_OF_STEPS))
    reversion: Reversion = field(default_factory=Reversion)
    z: float | None = None

    def hear(self, event: MarketEvent) -> None:
        """A contract whose expiry has changed starts its path anew."""
        expiry_ns = event.instrument.expiry_ns if isinstance(event, InstrumentChanged) else None
        if expiry_ns is not None and expiry_ns != self.expiry_ns:
            self.expiry_ns = expiry_ns
            self.anchor_bps = self.anchor_ns = None

    def sample(self, t_ns: int, scores: Mapping[str, float | None]) -> None:
        """Look at both prices; every five minutes, compare with the path."""
        self.future = price_of_log_bps(scores.get("future"))
        self.spot = price_of_log_bps(scores.get("spot"))
        self.looked_ns = t_ns
        if self.future is None or self.spot is None or t_ns >= self.expiry_ns:
            return
        self.heard_ns = t_ns
        basis = basis_bps(self.future, self.spot)
        if self.anchor_bps is None:
            self.anchor_bps, self.anchor_ns = basis, t_ns
        step = t_ns // STEP_NS
        if self.step is not None and step <= self.step:
            return
        if self.step is not None and step > self.step + 1:
            self.reversion.skip()
        self.step = step
        away = basis - self._path(t_ns)
        self.z = self.window.take(away)
        rate = self._rate(away, t_ns)
        if rate is not None:
            self.reversion.add(rate)

    def read(self, now_ns: int) -> Reading:
        """The basis, a year's worth of it, and how far it is from its path."""
        left = (self.expiry_ns - now_ns) / YEAR_NS
        basis = rate = simple = path = away = None
        if self.future is not None and self.spot is not None and left > 0.0:
            basis = basis_bps(self.future, self.spot)
            rate = continuous_rate(self.future, self.spot, left)
            simple = simple_apr(self.future, self.spot, left)
            if self.anchor_bps is not None:
                path = self._path(now_ns)
                away = basis - path
        phi = self.reversion.phi()
        age = None if self.heard_ns is None else now_ns - self.heard_ns
        return Reading(
            outputs={
                "value": rate,
                "basis": basis,
                "simple": simple,
                "expected": path,
                "divergence": away,
                "z": self.z if away is not None else None,
                "phi": phi,
                "half_life": _half_life_hours(phi),
            },
            inputs=(
                Input("future", self.future, "quote", age),
                Input("spot", self.spot, "quote", age),
                Input("years to expiry", left if left > 0.0 else None, "years"),
            ),
            stale=age is None or age > LOOK_AGE_NS_MAX or left <= 0.0,
            quality=self.window.coverage if left > 0.0 else 0.0,
        )

    def _path(self, now: int) -> float:
        if self.anchor_bps is None or self.anchor_ns is None:
            return 0.0
        return expected_bps(self.anchor_bps, now - self.anchor_ns, self.expiry_ns - now)

    def _rate(self, away_bps: float, now: int) -> float | None:
        """A deviation as a simple annual fraction; None within an hour of expiry."""
        left = (self.expiry_ns - now) / YEAR_NS
        return simple_apr(1.0 + away_bps / BPS, 1.0, left)


class DatedBasis(GaugeWatch, frozen=True):
    """What a dated future earns over its spot until expiry, as a continuous rate a year.

    + when the future is dearer. ln(F/S) over the time left; within an hour of expiry it is
    unknown and only the `basis` in bps is said. Also published: `basis`; `simple`, the basis a
    year without interest on it; `expected`, where it should be in bps on a straight way from
    the first that was seen to nothing at expiry; `divergence` from that in bps and its `z`
    against seven days of five-minute looks; `phi`, how much of a divergence (a year's worth)
    is left five minutes later, and its `half_life` in hours. After expiry all is unknown.
    future, spot: both as `LogMid` says them.
    Source: cost of carry; the straight path is ours.
    """

    unit: ClassVar[str] = "fraction a year"
    outputs: ClassVar[tuple[str, ...]] = (
        "value",
        "basis",
        "simple",
        "expected",
        "divergence",
        "z",
        "phi",
        "half_life",
    )

    instrument: InstrumentId
    future: Watch
    spot: Watch

    def concerns(self) -> tuple[InstrumentId, ...]:
        """The future: its terms may change."""
        return (self.instrument,)

    def inputs(self) -> Mapping[str, Watch]:
        """Both prices."""
        return {"future": self.future, "spot": self.spot}

    def gauge(self, terms: Terms) -> DatedBasisGauge:
        """A gauge that has seen nothing."""
        expiry_ns = terms.instrument(self.instrument).expiry_ns
        if expiry_ns is None:
            raise ValueError(f"DatedBasis.instrument: got {self.instrument}, expected an expiry")
        return DatedBasisGauge(expiry_ns)


def _half_life_hours(phi: float | None) -> float | None:
    """Hours until half is gone; None where nothing goes."""
    if phi is None or phi >= 1.0:
        return None
    if phi <= 0.0:
        return 0.0
    return math.log(0.5) / math.log(phi) * STEP_NS / NS_PER_HOUR
