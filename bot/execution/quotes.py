"""Two resting orders, kept where a strategy wants them."""

import math
from decimal import Decimal
from typing import Final

from msgspec import Struct

from bot.execution.draft import Ask, Draft
from bot.execution.plan import Dust
from bot.execution.sizing import exact, lots_of, too_small
from bot.execution.working import Style, Work
from bot.model.command import Side
from bot.model.instrument import Instrument
from bot.model.intent import Quote, Unit
from bot.model.units import NS_PER_MS

QUOTE: Final = "quote"
"""Why an order stands where its strategy wants it, wherever the touch is."""


class QuoteWork(Struct, tag=True):
    """A standing quote and what is remembered while it is kept.

    sizes: lots of each quoted side, converted when it was first possible.
    """

    quote: Quote
    work: Work
    sizes: dict[Side, int]


def steer_quote(draft: Draft, entry: QuoteWork, *, reducing: bool) -> None:
    """Keep a post-only order at each quoted price; one that fills up or is taken off is replaced.

    A partly filled order keeps its place in the queue until it is filled. With `reducing`, only
    the side that takes the position back is quoted, and no larger than the position.
    It is looked at again by the clock while a side does not stand where it is wanted.
    """
    work, quote = entry.work, entry.quote
    position = draft.holdings.position(work.strategy, work.instrument)
    work.seen, work.due_ns = position, None
    settled = True
    for side, wanted in ((Side.BUY, quote.bid), (Side.SELL, quote.ask)):
        placed = None if wanted is None else _place(draft, entry, side, *wanted)
        price, size = placed if placed is not None else (None, 0)
        if reducing:
            size = min(size, max(0, -position * side))
        stands = _keep(draft, work, side, price, size, position)
        if wanted is not None and (placed is None or size):
            settled &= stands and price == _asked(draft, work, wanted[0], side)
    if not settled:
        pulse_ns = draft.now + draft.patience.repeg_ms * NS_PER_MS
        work.due_ns = min(pulse_ns, work.wait_ns) if draft.now < work.wait_ns else pulse_ns


def _keep(
    draft: Draft, work: Work, side: Side, price: int | None, size: int, position: int
) -> bool:
    """Take back what stands elsewhere; post when nothing stands. Whether it stands there now."""
    orders = draft.blotter.working(work.strategy, work.instrument).values()
    standing = [order for order in orders if order.side is side]
    for order in standing:
        if order.price != price or order.remaining > size or order.cancel_pending:
            draft.cancel(order, "requote")
    if standing or price is None or size == 0:
        return bool(standing) and not any(order.cancel_pending for order in standing)
    if draft.now < work.wait_ns:
        return False
    instrument = draft.holdings.instrument(work.instrument)
    if not too_small(instrument, size, instrument.price(price)):
        ask = Ask(goal=position, position=position, style=Style.POST, reason=QUOTE)
        draft.proposals.append(draft.propose(work, ask, side, size, price))
        work.dust = 0
    elif work.dust != size * side:
        work.dust = size * side
        why = "a quoted size is smaller than the smallest order"
        draft.dust.append(Dust(work.strategy, work.instrument, work.dust, why))
    return False


def _asked(draft: Draft, work: Work, price: float, side: Side) -> int:
    """A strategy's price on the grid, wherever the market is."""
    instrument = draft.holdings.instrument(work.instrument)
    ticks = _ticks(instrument, price, side)
    return instrument.grid.down(ticks) if side is Side.BUY else instrument.grid.up(ticks)


def _place(
    draft: Draft, entry: QuoteWork, side: Side, price: float, amount: float
) -> tuple[int, int] | None:
    """Ticks and lots of one side, never through the other side's touch nor past the collar."""
    instrument = draft.holdings.instrument(entry.work.instrument)
    collar = draft.holdings.collar(instrument.id, side)
    touch = draft.holdings.touch(instrument.id)
    lots = entry.sizes.get(side)
    if lots is None:
        lots = lots_of(amount, Unit.BASE, instrument, draft.holdings.mark(instrument.id))
    if collar is None or touch is None or lots is None or not draft.holdings.live(instrument.id):
        return None
    entry.sizes[side] = lots
    asked = _ticks(instrument, price, side)
    if side is Side.BUY:
        ticks = instrument.grid.down(min(asked, collar, touch[2] - 1))
    else:
        ticks = instrument.grid.up(max(asked, collar, touch[0] + 1))
    return (ticks, lots) if ticks > 0 else None


def _ticks(instrument: Instrument, price: float, side: Side) -> int:
    """A strategy's price in ticks, away from the market when it lies between two."""
    ticks = exact(price) / instrument.grid.tick
    nearest = int(ticks.to_integral_value())
    if abs(ticks - nearest) < Decimal("1e-6"):
        return nearest
    return math.floor(ticks) if side is Side.BUY else math.ceil(ticks)
