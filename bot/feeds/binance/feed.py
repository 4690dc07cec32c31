"""What the halves of Binance's decoder share."""

from bot.feeds import feed
from bot.feeds.binance.counters import Counters


class Feed(feed.Feed, frozen=True):
    """One instrument's way onto the tape, with the counts that only Binance's has."""

    counters: Counters
