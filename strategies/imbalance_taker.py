"""Imbalance taker: with the order flow for some seconds, where book and flow agree."""

import math
from collections.abc import Mapping

from bot import (
    Base,
    BookImbalance,
    Bps,
    InstrumentId,
    LogMid,
    OrderFlowImbalance,
    Spread,
    Strategy,
    Struct,
    Target,
    Urgency,
    View,
    Watch,
)

NS_PER_SECOND = 1_000_000_000


class ImbalanceTaker(Strategy):
    """Take the side that order flow and queues agree on; leave by the clock or by the stop.

    It pays the spread and the taker fee twice, so thresholds that earn them are rare.

    size: of the position. flow_min: order flow in mean queues; imbalance_min: share of the
        depth, 0 to 1; both must be beyond these, on the same side.
    spread_bps_max: no entry while the spread is wider.
    hold_s: longest time in a position. stop_bps: largest loss against the mid at entry.
    pause_s: rest after a position.
    flow_half_life_s, levels: how flow and depth are measured.
    """

    instrument: InstrumentId
    size: Base
    flow_min: float
    imbalance_min: float
    spread_bps_max: Bps
    hold_s: float
    stop_bps: Bps
    pause_s: float
    flow_half_life_s: float = 5.0
    levels: int = 5

    class Memory(Struct):
        """The position that was decided: +1, -1 or 0, since when, and at which mid."""

        side: int = 0
        since_ns: int = 0
        mid: float = 0.0

    def __post_init__(self) -> None:
        """Refuse thresholds that would always, or never, trade."""
        for name in ("size", "flow_min", "spread_bps_max", "hold_s", "stop_bps"):
            value = getattr(self, name)
            if not 0 < value < math.inf:
                raise ValueError(f"{name}: got {value}, expected a number > 0")
        if not 0 < self.imbalance_min < 1:
            raise ValueError(f"imbalance_min: got {self.imbalance_min}, expected 0 to 1")
        if not 0 <= self.pause_s < math.inf:
            raise ValueError(f"pause_s: got {self.pause_s}, expected a number >= 0")

    def watches(self) -> Mapping[str, Watch]:
        """Flow and depth to enter by, the spread to stay out by, the price to stop by."""
        one = self.instrument
        return {
            "flow": OrderFlowImbalance(
                one, source="book", half_life_s=self.flow_half_life_s, wake=0.25
            ),
            "imbalance": BookImbalance(one, levels=self.levels, wake=0.2),
            "spread": Spread(one, source="book", wake=self.spread_bps_max),
            "price": LogMid(one, wake=0.25 * self.stop_bps),
        }

    def decide(self, view: View) -> Target | None:
        """Stay while it lasts, else look for an entry."""
        touch = view.touch(self.instrument)
        if touch is None:
            return None
        memory = view.memory
        if memory.side and self._over(view, memory, touch.mid):
            memory.side, memory.since_ns = 0, view.now
        elif not memory.side and (side := self._entry(view)):
            rested = view.now - memory.since_ns >= self.pause_s * NS_PER_SECOND
            if rested or not memory.mid:
                memory.side, memory.since_ns, memory.mid = side, view.now, touch.mid
        return Target(self.instrument, memory.side * self.size, Urgency.URGENT)

    def _entry(self, view: View) -> int:
        """The side that flow and depth agree on; 0: none. Every gate is looked at, to be seen."""
        calm = view.gate("spread", below=self.spread_bps_max)
        bought = view.gate("flow", above=self.flow_min)
        deeper = view.gate("imbalance", above=self.imbalance_min)
        sold = view.gate("flow", below=-self.flow_min)
        thinner = view.gate("imbalance", below=-self.imbalance_min)
        return calm * ((bought and deeper) - (sold and thinner))

    def _over(self, view: View, memory: Memory, mid: float) -> bool:
        """Whether the position has had its time, its loss, or the flow against it."""
        late = view.now - memory.since_ns >= self.hold_s * NS_PER_SECOND
        loss_bps = memory.side * (1 - mid / memory.mid) * 1e4
        turned = view.gate("flow", below=0.0) if memory.side > 0 else view.gate("flow", above=0.0)
        return late or turned or loss_bps >= self.stop_bps
