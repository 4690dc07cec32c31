"""What the venue says: its events in the order in which they happened, on their way to us."""

from typing import Any

from bot.model.event import Event
from bot.venues.simulated.latency import Constant


class Outbox:
    """Events with both times, and the numbers that the venue gives out.

    now_ns: the venue's time.
    """

    def __init__(self, latency: Constant) -> None:
        self.latency = latency
        self.now_ns = 0
        self.events: list[Event] = []
        self.orders = 0
        self.trades = 0

    def say(self, kind: type[Event], **fields: Any) -> None:
        """Something happened now; it is heard when the line has carried it."""
        heard = self.latency.heard(self.now_ns)
        self.events.append(kind(ts_recv=heard, ts_venue=self.now_ns, **fields))

    def order_number(self) -> str:
        """The venue's own id of an order."""
        self.orders += 1
        return f"sim-order-{self.orders}"

    def trade_number(self) -> str:
        """The venue's id of an execution."""
        self.trades += 1
        return f"sim-trade-{self.trades}"
