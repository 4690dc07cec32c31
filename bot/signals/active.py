"""When a score is worth acting on: far enough out, long enough, and not flickering."""

from collections.abc import Mapping
from typing import ClassVar

from bot.model.units import NS_PER_SECOND, InstrumentId
from bot.signals.base import Terms, Watch, positive
from bot.signals.gauge import Gauge, GaugeWatch, Input, Reading
from bot.signals.plain.looks import LOOK_AGE_NS_MAX
from bot.signals.plain.robust import RobustWindow
from bot.signals.plain.shape import known


class ActiveGauge(Gauge):
    """The memory of `Active`."""

    window: RobustWindow
    enter: float
    leave: float
    dwell_ns: int
    raw: float | None = None
    z: float | None = None
    side: float = 0.0
    """The sign under which it was entered; 0: outside."""
    entered_ns: int = 0
    seen_ns: int | None = None

    def sample(self, t_ns: int, scores: Mapping[str, float | None]) -> None:
        """Score what is seen against the past, remember it, and enter or leave."""
        score = scores.get("score")
        self.raw = score if known(score) else None
        if self.raw is None:
            self.z, self.side = None, 0.0
            return
        self.seen_ns = t_ns
        self.z = self.window.take(self.raw)
        if self.z is None:
            return
        sign = 1.0 if self.z > 0.0 else -1.0
        if abs(self.z) > self.enter and sign != self.side:
            self.side, self.entered_ns = sign, t_ns
        elif self.side != 0.0 and (sign != self.side or abs(self.z) < self.leave):
            self.side = 0.0

    def read(self, now_ns: int) -> Reading:
        """Its side, once it has been there long enough."""
        fresh = self.seen_ns is not None and now_ns - self.seen_ns <= LOOK_AGE_NS_MAX
        dwelt = self.seen_ns is not None and self.seen_ns - self.entered_ns >= self.dwell_ns
        age = None if self.seen_ns is None else now_ns - self.seen_ns
        return Reading(
            outputs={
                "value": None if self.z is None else self.side if dwelt else 0.0,
                "raw": self.raw,
                "z": self.z,
            },
            inputs=(Input("score", self.raw, "its own", age),),
            stale=not fresh or self.raw is None,
            quality=self.window.coverage if fresh and self.raw is not None else 0.0,
        )


class Active(GaugeWatch, frozen=True):
    """The sign of a score that is unusual, and has been for a while; else 0.

    + when the score is unusually high. It is entered when the robust z against one look a second
    of the last `window_s` is beyond `enter`, and left when it is below `leave` or on the other
    side; it says so once it has been entered for `dwell_s`. Also published: `raw`, the score
    itself, and its `z`. Unknown as long as too little was seen, and while the score is unknown.
    Source: signals specification, 0.1, noise filter.
    """

    unit: ClassVar[str] = "sign"
    outputs: ClassVar[tuple[str, ...]] = ("value", "raw", "z")

    score: Watch
    enter: float = 2.0
    leave: float = 1.0
    dwell_s: float = 2.0
    window_s: int = 300

    def concerns(self) -> tuple[InstrumentId, ...]:
        """It hears no events."""
        return ()

    def inputs(self) -> Mapping[str, Watch]:
        """The score."""
        return {"score": self.score}

    def gauge(self, terms: Terms) -> ActiveGauge:
        """A gauge that has seen nothing."""
        del terms
        positive(self, "enter", "leave", "window_s")
        if not self.leave <= self.enter or not self.dwell_s >= 0.0:
            raise ValueError(
                f"Active.leave: got {self.leave}, expected at most enter, {self.enter}, "
                f"and dwell_s at least 0, got {self.dwell_s}"
            )
        return ActiveGauge(
            RobustWindow(self.window_s), self.enter, self.leave, round(self.dwell_s * NS_PER_SECOND)
        )
