"""Who took: a venue's own report of what takers bought and sold."""

from msgspec import Struct

from bot.model.event import FeedLost, MarketEvent, TakerVolume
from bot.model.units import NS_PER_SECOND
from bot.signals.open_interest.positioning import RATIO_AGE_S_MAX
from bot.signals.plain.shape import known


class Takers(Struct):
    """The last report, as an imbalance in [-1, 1]; + when buyers took more.

    until_ns: when the interval ended that it is about; heard_ns: None while the feed is lost.
    """

    imbalance: float | None = None
    heard_ns: int | None = None
    until_ns: int | None = None

    def hear(self, event: MarketEvent) -> None:
        """Take in a report of taker volumes; one of nothing traded says nothing."""
        if isinstance(event, FeedLost):
            self.heard_ns = None
        if not isinstance(event, TakerVolume):
            return
        if self.until_ns is not None and event.until_ns <= self.until_ns:
            return
        self.until_ns = event.until_ns
        bought, sold = float(event.bought), float(event.sold)
        if known(bought) and known(sold) and min(bought, sold) >= 0.0 and bought + sold > 0.0:
            self.imbalance = (bought - sold) / (bought + sold)
            self.heard_ns = event.ts_recv

    def at(self, now_ns: int) -> float | None:
        """The imbalance, while its interval ended no longer than ten minutes ago."""
        age = self.age_ns(now_ns)
        return None if age is None or age > RATIO_AGE_S_MAX * NS_PER_SECOND else self.imbalance

    def age_ns(self, now_ns: int) -> int | None:
        """Since the end of the interval; None: nothing was heard, or the feed was lost."""
        if self.heard_ns is None or self.until_ns is None:
            return None
        return now_ns - self.until_ns
