"""What stands around a contract: how its price moves, and what rests on both sides of it."""

from collections.abc import Mapping

from msgspec import Struct, field

from bot.signals.plain.looks import LOOK_AGE_NS_MAX
from bot.signals.plain.motion import Motion
from bot.signals.plain.shape import positive, price_of_log_bps


class Surroundings(Struct):
    """Price and depth as of the last look; None is unknown.

    depth_bid, depth_ask: worth resting up to a distance that the watch names, in quote.
    """

    motion: Motion = field(default_factory=Motion)
    price: float | None = None
    depth_bid: float | None = None
    depth_ask: float | None = None
    looked_ns: int | None = None

    def look(self, t_ns: int, scores: Mapping[str, float | None]) -> None:
        """Look at `price`, as `LogMid` says it, and at `depth_bid` and `depth_ask`."""
        log_bps = scores.get("price")
        self.price = price_of_log_bps(log_bps)
        if self.price is not None and log_bps is not None:
            self.motion.look(t_ns, log_bps)
        bid, ask = scores.get("depth_bid"), scores.get("depth_ask")
        self.depth_bid = bid if positive(bid) else None
        self.depth_ask = ask if positive(ask) else None
        self.looked_ns = t_ns

    def age_ns(self, now_ns: int) -> int | None:
        """Since the last look; None: there was none."""
        return None if self.looked_ns is None else now_ns - self.looked_ns

    def stale(self, now_ns: int) -> bool:
        """Whether nobody has looked for too long."""
        age = self.age_ns(now_ns)
        return age is None or age > LOOK_AGE_NS_MAX
