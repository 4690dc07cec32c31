"""The line between a trader and the venue: which message it is, and what it may not overtake.

On one connection TCP delivers in order: a message that is late holds up all behind it, so that
nothing is heard, and nothing arrives, before what went before it. A pool of connections, as HTTP
clients keep one, gives no such promise: a cancel may arrive before its order.
"""

from msgspec import Struct

from bot.venues.simulated.latency import Latency


class LineState(Struct, frozen=True):
    """All that a line remembers.

    sent, said: how many messages went each way. arrived_ns, heard_ns: when the last of them
    gets there.
    """

    sent: int = 0
    said: int = 0
    arrived_ns: int = 0
    heard_ns: int = 0


class Line:
    """Times of arrival; ordered: each way is one connection."""

    def __init__(self, latency: Latency, *, ordered: bool = True) -> None:
        """Start with nothing on its way."""
        self.latency = latency
        self.ordered = ordered
        self._sent = self._said = 0
        self._arrived_ns = self._heard_ns = 0

    def arrives(self, sent_ns: int) -> int:
        """When the venue has the next request."""
        at_ns = self.latency.arrives(self._sent, sent_ns)
        self._sent += 1
        if self.ordered:
            self._arrived_ns = at_ns = max(at_ns, self._arrived_ns)
        return at_ns

    def heard(self, happened_ns: int) -> int:
        """When the next thing that the venue says is heard."""
        at_ns = self.latency.heard(self._said, happened_ns)
        self._said += 1
        if self.ordered:
            self._heard_ns = at_ns = max(at_ns, self._heard_ns)
        return at_ns

    def state(self) -> LineState:
        """What it remembers."""
        return LineState(self._sent, self._said, self._arrived_ns, self._heard_ns)

    def restore(self, state: LineState) -> None:
        """Go on from a state."""
        self._sent, self._said = state.sent, state.said
        self._arrived_ns, self._heard_ns = state.arrived_ns, state.heard_ns
