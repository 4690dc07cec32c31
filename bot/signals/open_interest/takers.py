"""Who took: a venue's own report of taker buying against selling."""

from msgspec import Struct

from bot.model.event import FeedLost, LongShortRatio, MarketEvent
from bot.model.units import NS_PER_SECOND
from bot.signals.open_interest.positioning import RATIO_AGE_S_MAX, imbalance_of
from bot.signals.plain.shape import known


class Takers(Struct):
    """The last report, as an imbalance in [-1, 1]; + when buyers took more."""

    imbalance: float | None = None
    heard_ns: int | None = None
    said_ns: int | None = None

    def hear(self, event: MarketEvent) -> None:
        """Take in a report of taker volumes; nothing bought is -1, nothing sold no report."""
        if isinstance(event, FeedLost):
            self.heard_ns = None
        if not isinstance(event, LongShortRatio) or event.population != "taker_volume":
            return
        ratio = float(event.ratio)
        if self.said_ns is not None and event.ts_venue <= self.said_ns:
            return
        self.said_ns = event.ts_venue
        if known(ratio) and ratio >= 0.0:
            self.imbalance, self.heard_ns = imbalance_of(ratio), event.ts_recv

    def at(self, now_ns: int) -> float | None:
        """The imbalance, while it is no older than ten minutes."""
        if self.heard_ns is None or now_ns - self.heard_ns > RATIO_AGE_S_MAX * NS_PER_SECOND:
            return None
        return self.imbalance

    def age_ns(self, now_ns: int) -> int | None:
        """Since the last report; None: never."""
        return None if self.heard_ns is None else now_ns - self.heard_ns
