"""Kernels of price impact: how far the mid goes with each unit traded, and each dollar."""

import math
from typing import Final

from bot.book.arrays import BOOK, Book, i8, void
from bot.kernel import kernel
from bot.signals.arrays import OUTPUTS, PARAM, SIGNALS, SLOT, STATE, Signals
from bot.signals.impact_slope_kernels import impact_mid, impact_trade, slope_of
from bot.signals.publish import publish, withdraw
from bot.signals.touch import BOTH, read_touch

# param of kyle_lambda
SOURCE: Final = 0
TRADES: Final = 1
TICK: Final = 2
BASE_PER_LOT: Final = 3
INVERSE: Final = 4


@kernel(void(SIGNALS, i8, i8, i8, i8))
def kyle_row(signals: Signals, g: int, side: int, size: int, t: int) -> None:
    """Take a trade in."""
    spec = signals.spec[g]
    trades = int(signals.param[spec[PARAM] + TRADES])
    impact_trade(signals.state, spec[STATE], trades, side, size, t)


@kernel(void(SIGNALS, BOOK, i8, i8, i8))
def kyle_lambda(signals: Signals, book: Book, g: int, i: int, t: int) -> None:
    """Price impact of a unit. slots: bps a unit, bps a million in quote, quote a unit, R²."""
    spec = signals.spec[g]
    param = spec[PARAM]
    at = spec[STATE]
    slot = spec[SLOT]
    sides, bid, _, ask, _ = read_touch(book, i, int(signals.param[param + SOURCE]))
    if sides != BOTH or bid <= 0:
        impact_mid(signals.state, at, 0.0)
        for k in range(spec[OUTPUTS]):
            withdraw(signals, slot + k)
        return
    mid = 0.5 * (bid + ask)
    impact_mid(signals.state, at, mid)
    slope, square = slope_of(signals.state, at, int(signals.param[param + TRADES]))
    unit = slope / signals.param[param + BASE_PER_LOT]
    bps = unit / mid * 1e4
    price = mid * signals.param[param + TICK]
    inverse = signals.param[param + INVERSE] != 0.0
    publish(signals, slot, bps)
    publish(signals, slot + 1, bps * 1e6 if inverse else bps * 1e6 / price)
    publish(signals, slot + 2, unit * signals.param[param + TICK])
    publish(signals, slot + 3, square)


# param of illiquidity
BAR_NS: Final = 0
"""0: every so many trades are a bar."""
BAR_TRADES: Final = 1
BARS: Final = 2
SIMPLE: Final = 3
QUOTE_PER_UNIT: Final = 4
BARS_INVERSE: Final = 5
# state of illiquidity
BAR: Final = 0
IN_BAR: Final = 1
PAID: Final = 2
LAST_PRICE: Final = 3
CLOSE: Final = 4
"""Price at the end of the bar before; 0: there was none."""
BARS_SEEN: Final = 5
BARS_NEXT: Final = 6
MEAN: Final = 7
RATIOS: Final = 8


@kernel(void(SIGNALS, i8, i8))
def close_bar(signals: Signals, param: int, at: int) -> None:
    """Close the running bar: its return over what was paid joins the mean."""
    state = signals.state
    if state[at + IN_BAR] == 0.0:
        return
    price = state[at + LAST_PRICE]
    before = state[at + CLOSE]
    if before > 0.0 and state[at + PAID] > 0.0:
        simple = signals.param[param + SIMPLE] != 0.0
        moved = (price - before) / before if simple else math.log(price / before)
        bars = int(signals.param[param + BARS])
        k = int(state[at + BARS_NEXT])
        state[at + RATIOS + k] = abs(moved) / state[at + PAID]
        state[at + BARS_NEXT] = (k + 1) % bars
        state[at + BARS_SEEN] = min(float(bars), state[at + BARS_SEEN] + 1.0)
        total = 0.0
        for j in range(int(state[at + BARS_SEEN])):
            total += state[at + RATIOS + j]
        state[at + MEAN] = total / state[at + BARS_SEEN]
    state[at + CLOSE] = price
    state[at + PAID] = 0.0
    state[at + IN_BAR] = 0.0


@kernel(void(SIGNALS, i8, i8, i8, i8))
def illiquidity_row(signals: Signals, g: int, price: int, size: int, t: int) -> None:
    """Take a trade in; one without a price counts nothing."""
    if price <= 0:
        return
    spec = signals.spec[g]
    param = spec[PARAM]
    at = spec[STATE]
    state = signals.state
    span = signals.param[param + BAR_NS]
    if span > 0.0:
        bar = float(t // int(span))
        if bar != state[at + BAR]:
            close_bar(signals, param, at)
            state[at + BAR] = bar
    lots = float(size) if signals.param[param + BARS_INVERSE] != 0.0 else float(size) * price
    state[at + PAID] += lots * signals.param[param + QUOTE_PER_UNIT]
    state[at + LAST_PRICE] = price
    state[at + IN_BAR] += 1.0
    if span == 0.0 and state[at + IN_BAR] >= signals.param[param + BAR_TRADES]:
        close_bar(signals, param, at)


@kernel(void(SIGNALS, BOOK, i8, i8, i8))
def illiquidity(signals: Signals, book: Book, g: int, i: int, t: int) -> None:
    """Return over turnover. slots: mean of the last bars."""
    spec = signals.spec[g]
    at = spec[STATE]
    if signals.state[at + BARS_SEEN] >= signals.param[spec[PARAM] + BARS]:
        publish(signals, spec[SLOT], signals.state[at + MEAN])
    else:
        withdraw(signals, spec[SLOT])
