"""The market's time as clients are shown it: as if what was recorded happened today."""

from msgspec import Struct

from bot.model.units import NS_PER_MS


class Calendar(Struct, frozen=True):
    """A moment of the market and the moment on the wall at which it is played.

    speed: seconds of the market in one on the wall.
    """

    market_ns: int
    wall_ns: int
    speed: float

    def shown_ns(self, market_ns: int) -> int:
        """When a client is told that something happened."""
        passed = market_ns - self.market_ns
        return self.wall_ns + (passed if self.speed == 1 else int(passed / self.speed))

    def shown_ms(self, market_ns: int) -> int:
        """The same in milliseconds."""
        return self.shown_ns(market_ns) // NS_PER_MS

    def market_of(self, shown_ms: int) -> int:
        """The market's time that clients are shown as so many milliseconds."""
        passed = shown_ms * NS_PER_MS - self.wall_ns
        return self.market_ns + (passed if self.speed == 1 else int(passed * self.speed))
