"""Flow, crowding, cascade and squeeze of a market, side by side."""

from collections.abc import Mapping
from typing import ClassVar, Final

from msgspec import field

from bot.model.units import InstrumentId
from bot.signals.base import Terms, Watch
from bot.signals.gauge import Gauge, GaugeWatch, Input, Reading
from bot.signals.plain.looks import LOOK_AGE_NS_MAX
from bot.signals.plain.shape import known

FOUR: Final = ("flow", "crowd", "cascade", "squeeze")


class MarketImbalanceGauge(Gauge):
    """The memory of `MarketImbalance`: the last look."""

    last: dict[str, float | None] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=dict)
    looked_ns: int | None = None

    def sample(self, t_ns: int, scores: Mapping[str, float | None]) -> None:
        """Look at the four."""
        self.looked_ns = t_ns
        for name in FOUR:
            value = scores.get(name)
            self.last[name] = value if known(value) else None
            if known(value):
                self.seen[name] = t_ns

    def read(self, now_ns: int) -> Reading:
        """The four, side by side."""
        age = None if self.looked_ns is None else now_ns - self.looked_ns
        four = {name: self.last.get(name) for name in FOUR}
        coverage = sum(value is not None for value in four.values()) / len(FOUR)
        return Reading(
            outputs={**four, "coverage": coverage},
            inputs=tuple(
                Input(
                    name, value, "-1 to 1", now_ns - seen if (seen := self.seen.get(name)) else None
                )
                for name, value in four.items()
            ),
            stale=age is None or age > LOOK_AGE_NS_MAX or coverage == 0.0,
            quality=coverage,
        )


class MarketImbalance(GaugeWatch, frozen=True):
    """The imbalance of a derivatives market: flow, crowding, cascade and squeeze, side by side.

    They are not added up: flow says when, crowding says how dangerous, a cascade says stop, a
    squeeze says which way it would run. The main output is `flow`. Also published: `crowd`,
    `cascade`, `squeeze`, and `coverage`, the share of the four that are known. + when the
    pressure is upwards, longs are crowded, a squeeze would run upwards; a cascade has no sign.
    Source: ours, spec S50.
    """

    unit: ClassVar[str] = "-1 to 1"
    outputs: ClassVar[tuple[str, ...]] = (*FOUR, "coverage")

    flow: Watch
    crowd: Watch
    cascade: Watch
    squeeze: Watch

    def concerns(self) -> tuple[InstrumentId, ...]:
        """It hears no events: scores are looked at."""
        return ()

    def inputs(self) -> Mapping[str, Watch]:
        """The four."""
        return {name: getattr(self, name) for name in FOUR}

    def gauge(self, terms: Terms) -> MarketImbalanceGauge:
        """A gauge that has seen nothing."""
        return MarketImbalanceGauge()
