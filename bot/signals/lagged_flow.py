"""The order flow of a leader as it was some seconds ago, for those who follow it."""

from collections.abc import Mapping
from typing import ClassVar, Final

from msgspec import Struct, field

from bot.model.units import NS_PER_SECOND, InstrumentId
from bot.signals.base import Terms, Watch, positive
from bot.signals.gauge import Gauge, GaugeWatch, Input, Reading
from bot.signals.plain.looks import LOOK_AGE_NS_MAX
from bot.signals.plain.shape import known

LAGS: Final = 3


class Past(Struct):
    """What was seen at each look of the last so many seconds; None: nothing was known."""

    span_ns: int
    times: list[int] = field(default_factory=list)
    values: list[float | None] = field(default_factory=list)

    def add(self, t_ns: int, x: float | None) -> None:
        """Remember a look; a second one at the same time replaces the first."""
        if self.times and t_ns <= self.times[-1]:
            self.values[-1] = x
            return
        self.times.append(t_ns)
        self.values.append(x)
        while len(self.times) > 1 and self.times[1] <= t_ns - self.span_ns:
            del self.times[0], self.values[0]

    def at(self, t_ns: int) -> float | None:
        """What the last look at or before a time saw; None when there was none close enough."""
        for seen_ns, x in zip(reversed(self.times), reversed(self.values), strict=True):
            if seen_ns <= t_ns:
                return x if t_ns - seen_ns < LOOK_AGE_NS_MAX else None
        return None


class LaggedFlowGauge(Gauge):
    """The memory of `LaggedFlow`."""

    lag_ns: int
    past: Past

    def sample(self, t_ns: int, scores: Mapping[str, float | None]) -> None:
        """Look at the leader's flow."""
        flow = scores.get("flow")
        self.past.add(t_ns, flow if known(flow) else None)

    def read(self, now_ns: int) -> Reading:
        """Its flow one, two and three lags ago, as long as it is known now."""
        past = self.past
        now = past.at(now_ns)
        lags = [past.at(now_ns - k * self.lag_ns) if now is not None else None for k in (1, 2, 3)]
        seen = past.times[-1] if past.times else None
        return Reading(
            outputs=dict(zip(LaggedFlow.outputs, lags, strict=True)),
            inputs=(Input("flow", now, "flow", None if seen is None else now_ns - seen),),
            stale=now is None,
            quality=sum(x is not None for x in lags) / LAGS,
        )


class LaggedFlow(GaugeWatch, frozen=True):
    """The order flow of a leader, such as bitcoin, `lag_s` ago, in the unit of that flow.

    + when bids of the leader were added and its asks taken away. Meant for those who follow:
    only flow that has passed says something of another coin, and for minutes at most. Looked at
    once a second; also published: `lag_2` and `lag_3`, two and three lags ago. Unknown while the
    leader's flow is stale or not known now, and where it was not known then. The quality is the
    share of the three lags that is known.
    flow: the leader's `OrderFlowImbalance` or `IntegratedFlow`.
    Source: Cont, Cucuringu & Zhang (2023), Cross-impact of order flow imbalance, QF 23(10).
    """

    unit: ClassVar[str] = "flow"
    outputs: ClassVar[tuple[str, ...]] = ("value", "lag_2", "lag_3")

    flow: Watch
    lag_s: float = 10.0

    def concerns(self) -> tuple[InstrumentId, ...]:
        """It hears no events."""
        return ()

    def inputs(self) -> Mapping[str, Watch]:
        """The leader's flow."""
        return {"flow": self.flow}

    def gauge(self, terms: Terms) -> LaggedFlowGauge:
        """A gauge that has seen nothing."""
        del terms
        positive(self, "lag_s")
        lag_ns = max(1, round(self.lag_s * NS_PER_SECOND))
        return LaggedFlowGauge(lag_ns, Past(LAGS * lag_ns + 2 * LOOK_AGE_NS_MAX))
