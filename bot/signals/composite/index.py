"""FLOW and CROWD: the pressure of seconds, and the crowding of days; never one number."""

from collections.abc import Mapping
from typing import ClassVar

from msgspec import Struct

from bot.model.units import NS_PER_SECOND, InstrumentId
from bot.signals.base import Terms, Watch
from bot.signals.composite.blend import Blend, blend
from bot.signals.gauge import Gauge, GaugeWatch, Input, Reading
from bot.signals.plain.looks import LOOK_AGE_NS_MAX
from bot.signals.plain.robust import RobustWindow
from bot.signals.plain.shape import known


class Component(Struct, frozen=True):
    """One part of an index: a score, its weight, and what it is compared with.

    window: looks that it is standardised by, one each `every_s`; 0: the score is a z already.
    sign: -1 where more of it is pressure downwards.
    """

    name: str
    watch: Watch
    weight: float = 1.0
    window: int = 300
    every_s: float = 1.0
    sign: float = 1.0


class Part(Struct):
    """The memory of one component."""

    weight: float
    sign: float
    every_ns: int
    window: RobustWindow | None
    value: float | None = None
    z: float | None = None
    seen_ns: int | None = None
    step: int | None = None

    def look(self, t_ns: int, value: float | None) -> None:
        """Score what is known now against what was, then remember it."""
        self.value, self.z = None, None
        if not known(value):
            return
        self.value, self.seen_ns = value, t_ns
        if self.window is None:
            self.z = self.sign * value
            return
        scored = self.window.score(value)
        self.z = None if scored is None else self.sign * scored
        step = t_ns // self.every_ns
        if self.step is None or step > self.step:
            self.step = step
            self.window.add(value)


class IndexGauge(Gauge):
    """The memory of an index."""

    parts: dict[str, Part]
    last: Blend | None = None
    looked_ns: int | None = None

    def sample(self, t_ns: int, scores: Mapping[str, float | None]) -> None:
        """Look at all components and blend them."""
        for name, part in self.parts.items():
            part.look(t_ns, scores.get(name))
        self.looked_ns = t_ns
        self.last = blend({name: (part.z, part.weight) for name, part in self.parts.items()})

    def read(self, now_ns: int) -> Reading:
        """The index of the last look, and what each component added."""
        last = self.last
        age = None if self.looked_ns is None else now_ns - self.looked_ns
        coverage = None if last is None else last.coverage
        added: Mapping[str, float] = {} if last is None else last.contributions
        return Reading(
            outputs={
                "value": last.value if last is not None and last.ready else None,
                "coverage": coverage,
            },
            inputs=tuple(
                Input(
                    name,
                    part.z,
                    "z",
                    None if part.seen_ns is None else now_ns - part.seen_ns,
                    added.get(name),
                )
                for name, part in self.parts.items()
            ),
            stale=age is None or age > LOOK_AGE_NS_MAX or not coverage,
            quality=coverage or 0.0,
        )


class Index(GaugeWatch, frozen=True):
    """What both indices share."""

    unit: ClassVar[str] = "-1 to 1"
    outputs: ClassVar[tuple[str, ...]] = ("value", "coverage")

    components: tuple[Component, ...]

    def concerns(self) -> tuple[InstrumentId, ...]:
        """It hears no events: scores are looked at."""
        return ()

    def inputs(self) -> Mapping[str, Watch]:
        """The components' scores."""
        return {component.name: component.watch for component in self.components}

    def gauge(self, terms: Terms) -> IndexGauge:
        """A gauge that has seen nothing."""
        name = type(self).__name__
        names = [component.name for component in self.components]
        if not names or len(set(names)) != len(names):
            raise ValueError(f"{name}.components: got {names}, expected some, each name once")
        for one in self.components:
            if not (one.weight > 0 and one.every_s > 0 and one.window >= 0 and abs(one.sign) == 1):
                raise ValueError(
                    f"{name}.components: got {one.name} with weight {one.weight}, window "
                    f"{one.window}, every_s {one.every_s}, sign {one.sign}, expected weight and "
                    "every_s > 0, window >= 0, sign 1 or -1"
                )
        return IndexGauge(
            {
                one.name: Part(
                    weight=one.weight,
                    sign=one.sign,
                    every_ns=round(one.every_s * NS_PER_SECOND),
                    window=RobustWindow(one.window) if one.window else None,
                )
                for one in self.components
            }
        )


class FlowIndex(Index, frozen=True):
    """The pressure of seconds to minutes as one number, in (-1, 1).

    + when book and takers press upwards: for the timing of orders that are wanted anyway. The
    weighted mean of tanh(z/2) of the components that are fresh, each standardised robustly
    against its own past. Also published: `coverage`, the fresh components' share of the
    weights; below a half the index is unknown. What each component adds is among the inputs,
    and adds up to the index exactly.
    components: `flow_components` has the house's own.
    Source: ours, spec S50.
    """


class CrowdIndex(Index, frozen=True):
    """The crowding of hours to days as one number, in (-1, 1).

    + when longs are crowded: a risk, and context against the crowd, never a signal of timing.
    Blended as `FlowIndex` is, with its `coverage`.
    components: `crowd_components` has the house's own. Others move a few times an hour at most,
        so give them a slow clock (`every_s`), or a `window` of 0 where the score is a z already.
    Source: ours, spec S50.
    """
