"""The chance that the mid rises, learned from scores as they come."""

from collections.abc import Mapping
from typing import ClassVar, Final

from msgspec import Struct, field

from bot.model.units import NS_PER_HOUR, NS_PER_SECOND, InstrumentId
from bot.signals.base import Terms, Watch, positive
from bot.signals.gauge import Gauge, GaugeWatch, Input, Reading
from bot.signals.learning import metrics
from bot.signals.learning.calibration import Calibration, calibrate
from bot.signals.learning.drift import DriftDetector, Trust
from bot.signals.learning.labels import Labels, Matured, Outcome, Pending, apart
from bot.signals.learning.logistic import OnlineLogistic, Scaler
from bot.signals.learning.ridge import OnlineRidge
from bot.signals.plain.looks import LOOK_AGE_NS_MAX
from bot.signals.plain.shape import known

MATURED_MIN: Final = 500
MATURED_MAX: Final = 5_000
LATE_NS_MAX: Final = 2 * NS_PER_SECOND
FORGETTING: Final = 0.9995
RIDGE: Final = 1.0


class Record(Struct):
    """What was said of moments whose outcome is known, oldest first, and how good it was."""

    times_ns: list[int] = field(default_factory=list)
    raw: list[float] = field(default_factory=list)
    said: list[float] = field(default_factory=list)
    rose: list[bool] = field(default_factory=list)

    def add(self, t_ns: int, raw: float, said: float, rose: bool) -> None:
        """Remember one; the oldest of more than 5,000 is forgotten."""
        columns: tuple[list[int], list[float], list[float], list[bool]]
        columns = (self.times_ns, self.raw, self.said, self.rose)
        self.times_ns.append(t_ns)
        self.raw.append(raw)
        self.said.append(said)
        self.rose.append(rose)
        for column in columns:
            del column[: max(0, len(column) - MATURED_MAX)]

    def report(self, horizon_ns: int) -> dict[str, float | None]:
        """How good it was, by moments whose horizons do not overlap."""
        kept = apart(self.times_ns, horizon_ns)
        said, rose = [self.said[k] for k in kept], [self.rose[k] for k in kept]
        return {
            "log_loss": metrics.log_loss(said, rose),
            "base_log_loss": metrics.base_log_loss(rose),
            "brier": metrics.brier(said, rose),
            "auc": metrics.auc(said, rose),
            "calibration_error": metrics.calibration_error(said, rose),
        }


REPORTED: Final = ("log_loss", "base_log_loss", "brier", "auc", "calibration_error")


class DirectionGauge(Gauge):
    """The memory of `Direction`."""

    names: tuple[str, ...]
    labels: Labels
    scaler: Scaler
    logistic: OnlineLogistic
    ridge: OnlineRidge
    record: Record = field(default_factory=Record)
    calibration: Calibration = field(default_factory=Calibration)
    drift: DriftDetector = field(default_factory=DriftDetector)
    trust: Trust = field(default_factory=Trust)
    report: dict[str, float | None] = field(default_factory=dict)
    hour: int | None = None
    said: float | None = None
    expected_bps: float | None = None
    features: list[float | None] = field(default_factory=list)
    looked_ns: int | None = None

    def sample(self, t_ns: int, scores: Mapping[str, float | None]) -> None:
        """Learn from what has come of the past, then say what is expected of now."""
        price = scores.get("price")
        log_bps = price if known(price) else None
        for matured in self.labels.mature(t_ns, log_bps):
            self._learn(t_ns, matured)
        self._calibrate(t_ns)
        self.looked_ns = t_ns
        heard = [scores.get(name) for name in self.names]
        self.features = [each if known(each) else None for each in heard]
        self.said, self.expected_bps = None, None
        x = [each for each in self.features if each is not None]
        if len(x) < len(self.names):
            return
        scaled = self.scaler.scaled(x)
        raw = self.logistic.predict(scaled)
        self.said = self.calibration.at(raw)
        self.expected_bps = self.ridge.predict([*scaled, 1.0])
        if log_bps is not None:
            self.labels.add(Pending(t_ns, log_bps, tuple(x), self.said, raw))

    def read(self, now_ns: int) -> Reading:
        """The chance of a rise, the expected move, and how good such words were."""
        enough = len(self.record.rose) >= MATURED_MIN
        weight = self.trust.at(now_ns)
        age = None if self.looked_ns is None else now_ns - self.looked_ns
        chance = expected = None
        if enough and self.said is not None and self.expected_bps is not None:
            chance = 0.5 + weight * (self.said - 0.5)
            expected = weight * self.expected_bps
        features = self.features or [None] * len(self.names)
        added = self._contributions()
        return Reading(
            outputs={
                "value": chance,
                "expected": expected,
                "weight": weight,
                **{name: self.report.get(name) for name in REPORTED},
            },
            inputs=(
                *(
                    Input(name, value, "of its score", age, contribution)
                    for name, value, contribution in zip(self.names, features, added, strict=True)
                ),
                Input("outcomes known", float(len(self.record.rose)), "labels"),
                Input("outcomes missed", float(self.labels.missed), "labels"),
                Input("drifts", float(self.drift.cuts), "cuts"),
            ),
            stale=age is None or age > LOOK_AGE_NS_MAX,
            quality=weight * min(1.0, len(self.record.rose) / MATURED_MIN),
        )

    def _contributions(self) -> list[float | None]:
        """What each feature adds to the log-odds before calibration; None while one is missing."""
        x = [each for each in self.features if each is not None]
        if len(x) < len(self.names):
            return [None] * len(self.names)
        pairs = zip(self.logistic.weights, self.scaler.scaled(x), strict=True)
        return [weight * value for weight, value in pairs]

    def _learn(self, now: int, matured: Matured) -> None:
        moment = matured.moment
        rose = matured.outcome is Outcome.UP
        flat = matured.outcome is Outcome.FLAT
        if not flat and moment.said is not None and moment.raw is not None:
            # Judged by what was said then; only afterwards is it learned from.
            self.record.add(moment.t_ns, moment.raw, moment.said, rose)
            if self.drift.add(metrics.surprise(moment.said, rose)):
                self.trust.drifted(now)
        self.scaler.learn(moment.features)
        scaled = self.scaler.scaled(moment.features)
        if not flat:
            self.logistic.learn(scaled, rose)
        self.ridge.learn([*scaled, 1.0], matured.moved_bps)

    def _calibrate(self, now: int) -> None:
        """Once an hour, fit anew to what has come true; it is used for the hour to come."""
        hour = now // NS_PER_HOUR
        if self.hour is not None and hour <= self.hour:
            return
        self.hour = hour
        self.calibration = calibrate(self.record.raw, self.record.rose)
        self.report = self.record.report(self.labels.horizon_ns)


class Direction(GaugeWatch, frozen=True):
    """The probability that the mid is higher after a horizon, in [0, 1].

    Above 0.5 means up. A logistic regression learns from each moment only when its horizon has
    passed; moves within `flat_bps` (half the spread and the fee, say) are neither up nor down
    and are left out. Once an hour it is calibrated to what came true. When its surprise drifts
    up, it is drawn half-way to 0.5, then all the way, for an hour. Unknown until 500 outcomes.
    Also published: `expected`, the move in bps by a ridge regression that forgets; `weight`,
    the trust in it; and how good its words were, at the last full hour, over moments whose
    horizons do not overlap: `log_loss`, `base_log_loss` of always saying the base rate,
    `brier`, `auc`, `calibration_error`. If `log_loss` is not below `base_log_loss`, it knows
    nothing. What each feature adds to the log-odds is among the inputs.
    features: (name, score) pairs. price: as `LogMid` says it.
    Source: river's online logistic regression; isotonic calibration; ADWIN.
    """

    unit: ClassVar[str] = "probability"
    outputs: ClassVar[tuple[str, ...]] = ("value", "expected", "weight", *REPORTED)

    instrument: InstrumentId
    price: Watch
    features: tuple[tuple[str, Watch], ...]
    horizon_s: float = 60.0
    flat_bps: float = 0.0
    rate: float = 0.01
    pull: float = 1e-4

    def concerns(self) -> tuple[InstrumentId, ...]:
        """It hears no events: scores are looked at."""
        return ()

    def inputs(self) -> Mapping[str, Watch]:
        """The features and the price."""
        return {**dict(self.features), "price": self.price}

    def gauge(self, terms: Terms) -> DirectionGauge:
        """A gauge that has learned nothing."""
        positive(self, "horizon_s", "rate")
        names = tuple(name for name, _ in self.features)
        if not names or "price" in names or len(set(names)) != len(names):
            raise ValueError(
                f"Direction.features: got {names}, expected some, each once, none named price"
            )
        if not (self.flat_bps >= 0.0 and self.pull >= 0.0):
            raise ValueError(
                f"Direction: got flat_bps {self.flat_bps}, pull {self.pull}, expected both >= 0"
            )
        size = len(names)
        return DirectionGauge(
            names=names,
            labels=Labels(round(self.horizon_s * NS_PER_SECOND), self.flat_bps, LATE_NS_MAX),
            scaler=Scaler(size),
            logistic=OnlineLogistic(size, self.rate, self.pull),
            ridge=OnlineRidge(size + 1, FORGETTING, RIDGE),
        )
