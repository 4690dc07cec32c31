"""Kernels of price impact: how far the mid goes with each unit traded, and each dollar."""

import math
from typing import Any, Final

from numba import types

from bot.book.arrays import BOOK, Book, f8, i8, void
from bot.kernel import kernel
from bot.signals.arrays import OUTPUTS, PARAM, SIGNALS, SLOT, STATE, Signals
from bot.signals.publish import publish, withdraw
from bot.signals.slots import Float64s
from bot.signals.touch import BOTH, read_touch

F1 = types.float64[::1]
MS_NS: Final = 1_000_000
_SLOPE: Final[Any] = types.UniTuple(f8, 2)  # type: ignore[no-untyped-call]

# A regression of moves of the mid on signed volume, in the state.
COUNT: Final = 0
NEXT: Final = 1
OPEN: Final = 2
"""1 while the last trade waits for what the mid does before the next one."""
OPEN_SIZE: Final = 3
OPEN_MID: Final = 4
OPEN_MS: Final = 5
MID: Final = 6
"""In ticks, as last seen; 0: not known."""
SUM_X: Final = 7
SUM_Y: Final = 8
SUM_XX: Final = 9
SUM_XY: Final = 10
SUM_YY: Final = 11
PAIRS: Final = 12
ROUNDING: Final = 1e-13
"""A variance below this share of the mean square is what subtracting them has left over."""


@kernel(i8(i8))
def impact_size(trades: int) -> int:
    """Entries of state that a regression over so many trades takes."""
    return PAIRS + 2 * trades


@kernel(void(F1, i8, f8, f8, f8))
def add_products(state: Float64s, at: int, x: float, y: float, times: float) -> None:
    """Add an observation's products to the sums, or take them away."""
    state[at + SUM_X] += times * x
    state[at + SUM_Y] += times * y
    state[at + SUM_XX] += times * x * x
    state[at + SUM_XY] += times * x * y
    state[at + SUM_YY] += times * y * y


@kernel(void(F1, i8, i8, f8, f8))
def add_pair(state: Float64s, at: int, length: int, x: float, y: float) -> None:
    """Add an observation; the oldest leaves a full window."""
    k = int(state[at + NEXT])
    pair = at + PAIRS + 2 * k
    if state[at + COUNT] >= length:
        add_products(state, at, state[pair], state[pair + 1], -1.0)
    else:
        state[at + COUNT] += 1.0
    state[pair] = x
    state[pair + 1] = y
    add_products(state, at, x, y, 1.0)
    state[at + NEXT] = (k + 1) % length
    if state[at + NEXT] == 0.0:
        # Once a round all is summed anew, so that no rounding stays.
        for j in range(5):
            state[at + SUM_X + j] = 0.0
        for j in range(length):
            pair = at + PAIRS + 2 * j
            add_products(state, at, state[pair], state[pair + 1], 1.0)


@kernel(void(F1, i8, i8, i8, i8, i8))
def impact_trade(state: Float64s, at: int, length: int, side: int, size: int, t: int) -> None:
    """Take a trade in: the move of the mid since the one before belongs to that one.

    Prints of one side within one millisecond are one trade.
    """
    mid = state[at + MID]
    signed = float(side * size)
    if mid == 0.0:
        return
    ms = float(t // MS_NS)
    if state[at + OPEN] != 0.0:
        if state[at + OPEN_MS] == ms and state[at + OPEN_SIZE] * signed > 0.0:
            state[at + OPEN_SIZE] += signed
            return
        add_pair(state, at, length - 1, state[at + OPEN_SIZE], mid - state[at + OPEN_MID])
    state[at + OPEN] = 1.0
    state[at + OPEN_SIZE] = signed
    state[at + OPEN_MID] = mid
    state[at + OPEN_MS] = ms


@kernel(void(F1, i8, f8))
def impact_mid(state: Float64s, at: int, mid: float) -> None:
    """See the mid, in ticks; 0: it is not known, and what the last trade did will not be."""
    if mid == 0.0:
        state[at + OPEN] = 0.0
    state[at + MID] = mid


@kernel(_SLOPE(F1, i8, i8))
def slope_of(state: Float64s, at: int, length: int) -> tuple[float, float]:
    """Ticks of the mid a lot, by ordinary least squares with a constant, and its R².

    The last trade counts with what the mid has done so far. NaN before `length` observations,
    or when volumes do not differ.
    """
    n = state[at + COUNT]
    sx = state[at + SUM_X]
    sy = state[at + SUM_Y]
    sxx = state[at + SUM_XX]
    sxy = state[at + SUM_XY]
    syy = state[at + SUM_YY]
    if state[at + OPEN] != 0.0:
        x = state[at + OPEN_SIZE]
        y = state[at + MID] - state[at + OPEN_MID]
        n += 1.0
        sx += x
        sy += y
        sxx += x * x
        sxy += x * y
        syy += y * y
    if n < length:
        return math.nan, math.nan
    var_x = n * sxx - sx * sx
    if var_x <= ROUNDING * n * sxx:
        return math.nan, math.nan
    cov = n * sxy - sx * sy
    var_y = n * syy - sy * sy
    square = cov * cov / (var_x * var_y) if var_y > ROUNDING * n * syy else math.nan
    return cov / var_x, min(1.0, square) if square == square else square


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
