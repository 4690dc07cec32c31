"""How an order is worked: post, follow the touch, cross; and how long to wait between tries.

A re-peg is a cancel, the wait for its confirmation, and a new order: exposure is released by
the confirmed cancel alone.
"""

import enum

from msgspec import Struct

from bot.execution.blotter import Order
from bot.execution.holdings import Touch
from bot.model.command import Side, TimeInForce
from bot.model.instrument import PriceGrid
from bot.model.intent import Urgency
from bot.model.units import NS_PER_MS, InstrumentId, StrategyName


class Patience(Struct, frozen=True, kw_only=True):
    """How long each way of working is tried. Given by the configuration: all of it costs money.

    repeg_ticks, repeg_ms: a posted order is moved once the touch has been so far away for so
        long.
    patience_ms: NORMAL posts for so long, then crosses.
    retry_ms, retry_ms_max: pause after an order that was refused, rejected or came back
        unfilled; it doubles with each failure in a row, up to the most. A cancel that nobody
        confirmed is asked for again after the longer one.
    hedge_ms: the counter leg of a basket is posted for so long, then crosses; 0 crosses at once.
    hedge_attempts: so many orders of it may come back unfilled before it is worked at any price
        inside the collar, and so many again before the other leg is taken back.
    rest_ms: how long a basket rests after it was unwound before it may be tried again.
    """

    repeg_ticks: int
    repeg_ms: int
    patience_ms: int
    retry_ms: int
    retry_ms_max: int
    hedge_ms: int
    hedge_attempts: int
    rest_ms: int

    def __post_init__(self) -> None:
        """Refuse times that would repeat without end."""
        for name in ("repeg_ticks", "repeg_ms", "retry_ms", "hedge_attempts", "rest_ms"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name}: got {getattr(self, name)}, expected > 0")
        for name in ("patience_ms", "hedge_ms"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name}: got {getattr(self, name)}, expected >= 0")
        if self.retry_ms_max < self.retry_ms:
            raise ValueError(f"retry_ms_max: got {self.retry_ms_max}, expected >= {self.retry_ms}")


class Style(enum.StrEnum):
    """What kind of order is sent now."""

    POST = "post"
    CROSS = "cross"
    MARKET = "market"


class Work(Struct, kw_only=True):
    """What is remembered while one instrument is brought to a strategy's goal.

    seen: the position when last looked at; nothing is to be done while it is the same and
        `due_ns` has not come. None: something changed, look again.
    toward: the sign of the way still to go when last looked at.
    posted_ns: since when it is tried patiently.
    wait_ns: no order before. due_ns: when to look again though nothing happens.
    dust: lots that are missing and too few to order.
    """

    strategy: StrategyName
    instrument: InstrumentId
    seen: int | None = None
    toward: int = 0
    posted_ns: int | None = None
    wait_ns: int = 0
    failures: int = 0
    due_ns: int | None = None
    dust: int = 0

    def turn(self, toward: int) -> None:
        """Begin anew when the way leads elsewhere."""
        if toward != self.toward:
            self.toward = toward
            self.posted_ns = None

    def fail(self, now: int, patience: Patience) -> None:
        """Pause after an order that came to nothing, longer each time."""
        pause = min(patience.retry_ms << min(self.failures, 32), patience.retry_ms_max)
        self.failures += 1
        self.wait_ns = now + pause * NS_PER_MS
        self.seen = None

    def pause(self, now: int, patience: Patience) -> None:
        """Give the book time to refill after an order that took what there was."""
        self.wait_ns = max(self.wait_ns, now + patience.retry_ms * NS_PER_MS)

    def forgive(self) -> None:
        """Something relevant changed: try again at once."""
        self.failures = self.wait_ns = 0
        self.seen = None


def style_of(urgency: Urgency, work: Work, now: int, patience: Patience) -> Style:
    """How a target is worked at this moment."""
    return style_at(urgency, style_until(urgency, work, patience), now)


def style_at(urgency: Urgency, until_ns: int | None, now: int) -> Style:
    """The same, when it is known until when a posted order stands."""
    if urgency is Urgency.URGENT:
        return Style.CROSS
    return Style.CROSS if until_ns is not None and now >= until_ns else Style.POST


def style_until(urgency: Urgency, work: Work, patience: Patience) -> int | None:
    """When a posted order will be crossed instead; None: not by itself."""
    if urgency is not Urgency.NORMAL or work.posted_ns is None:
        return None
    return work.posted_ns + patience.patience_ms * NS_PER_MS


def order_price(
    style: Style, side: Side, touch: Touch | None, collar: int | None, grid: PriceGrid
) -> int | None:
    """The price in ticks, never worse than the collar; None when none can be named."""
    if collar is None:
        return None
    price = collar
    if style is Style.POST:
        if touch is None or touch[0] >= touch[2]:
            return None
        price = min(touch[0], collar) if side is Side.BUY else max(touch[2], collar)
    return grid.down(price) if side is Side.BUY else grid.up(price)


def left_behind(since_ns: int | None, now: int, patience: Patience) -> bool:
    """Whether the touch has been away from a posted order for long enough.

    since_ns: since when; None: it is there.
    """
    return since_ns is not None and now - since_ns >= patience.repeg_ms * NS_PER_MS


def rests(order: Order) -> bool:
    """Whether an order was posted, to stand until it fills."""
    return order.proposal.time_in_force is TimeInForce.GTC
