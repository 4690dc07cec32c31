"""Kernels that leave noise out: trades of next to nothing, and levels that vanish at once."""

from typing import Final

from bot.book.arrays import BOOK, Book, i8, void
from bot.book.layout import HEARD, HEARD_BOOK, KNOWN, STATUS, TOP
from bot.kernel import kernel
from bot.signals.arrays import ORIGIN_NS, OUTPUTS, PARAM, SIGNALS, SLOT, STATE, Signals
from bot.signals.publish import publish, withdraw
from bot.signals.ranks import COUNT, ranks_add, ranks_median
from bot.signals.standard import decay

MS_NS: Final = 1_000_000

# param of large_trades
HALF_LIFE_NS: Final = 0
SIZE_MIN: Final = 1
"""In lots; 0: a share of the median."""
MEDIAN_SHARE: Final = 2
MEDIAN_TRADES: Final = 3
BASE_PER_LOT: Final = 4
# state of large_trades
TIME: Final = 0
RAW: Final = 1
"""Signed and total, of all prints."""
LARGE: Final = 3
"""Signed and total, of whole trades that are large enough."""
OPEN_SIZE: Final = 5
"""Signed size of the trade that prints still join; 0: none."""
OPEN_MS: Final = 6
SMALLEST: Final = 7
"""What a trade had to be when the open one began, in lots."""
PAST: Final = 8
"""Sizes of whole trades."""


@kernel(void(SIGNALS, i8, i8))
def close_trade(signals: Signals, param: int, at: int) -> None:
    """No print joins the open trade any more: count it, or leave it out."""
    state = signals.state
    size = abs(state[at + OPEN_SIZE])
    if size == 0.0:
        return
    if size >= state[at + SMALLEST]:
        state[at + LARGE] += state[at + OPEN_SIZE]
        state[at + LARGE + 1] += size
    ranks_add(state, at + PAST, int(signals.param[param + MEDIAN_TRADES]), size)
    state[at + OPEN_SIZE] = 0.0


@kernel(void(SIGNALS, i8, i8, i8, i8))
def large_row(signals: Signals, g: int, side: int, size: int, t: int) -> None:
    """Take a print in: it joins the open trade of its side and millisecond, or begins one."""
    spec = signals.spec[g]
    param = spec[PARAM]
    at = spec[STATE]
    state = signals.state
    now = float(t - signals.clock[ORIGIN_NS])
    signed = float(side * size)
    ms = float(t // MS_NS)
    same = state[at + OPEN_MS] == ms and state[at + OPEN_SIZE] * signed > 0.0
    if not same:
        close_trade(signals, param, at)
    kept = decay(now - state[at + TIME], signals.param[param + HALF_LIFE_NS])
    for k in range(RAW, OPEN_SIZE):
        state[at + k] *= kept
    state[at + RAW] += signed
    state[at + RAW + 1] += float(size)
    state[at + TIME] = now
    if same:
        state[at + OPEN_SIZE] += signed
        return
    state[at + OPEN_SIZE] = signed
    state[at + OPEN_MS] = ms
    state[at + SMALLEST] = signals.param[param + SIZE_MIN]
    if state[at + SMALLEST] == 0.0 and state[at + PAST + COUNT] > 0.0:
        length = int(signals.param[param + MEDIAN_TRADES])
        median = ranks_median(state, at + PAST, length)
        state[at + SMALLEST] = signals.param[param + MEDIAN_SHARE] * median


@kernel(void(SIGNALS, BOOK, i8, i8, i8))
def large_trades(signals: Signals, book: Book, g: int, i: int, t: int) -> None:
    """Imbalance of large trades. slots: value, of all prints, share left out, smallest in base."""
    spec = signals.spec[g]
    at = spec[STATE]
    slot = spec[SLOT]
    state = signals.state
    signed = state[at + LARGE]
    total = state[at + LARGE + 1]
    size = abs(state[at + OPEN_SIZE])
    if size >= state[at + SMALLEST]:
        signed += state[at + OPEN_SIZE]
        total += size
    raw = state[at + RAW + 1]
    if total > 0.0:
        publish(signals, slot, min(1.0, max(-1.0, signed / total)))
    else:
        withdraw(signals, slot)
    if raw > 0.0:
        publish(signals, slot + 1, state[at + RAW] / raw)
        publish(signals, slot + 2, min(1.0, max(0.0, 1.0 - total / raw)))
        base = signals.param[spec[PARAM] + BASE_PER_LOT]
        publish(signals, slot + 3, state[at + SMALLEST] * base)
    else:
        for k in range(1, 4):
            withdraw(signals, slot + k)


# param of settled_imbalance
LEVELS: Final = 0
LIFE_NS: Final = 1
# state of settled_imbalance
BEGUN: Final = 0
"""1 once births are known; before that, and after a snapshot, all levels are old."""
DUE_AT: Final = 1
"""When the next young level has lived long enough; below 0: none is young."""
BIRTHS: Final = 2
"""Of each side: price and time of birth of its best levels, twice; price 0: none."""
LEVELS_MAX: Final = 16
OLD: Final = -1e18
SETTLED_STATE: Final = BIRTHS + 8 * LEVELS_MAX


@kernel(void(SIGNALS, BOOK, i8, i8, i8, i8, i8))
def follow_births(
    signals: Signals, book: Book, i: int, at: int, s: int, levels: int, now: int
) -> None:
    """Carry the births of levels that are still there over; the others are born now."""
    state = signals.state
    side = at + BIRTHS + 4 * LEVELS_MAX * s
    born = float(now) if state[at + BEGUN] != 0.0 else OLD
    # Both lists go from the best price on; the new one is built behind the old one.
    fresh = side + 2 * levels
    k = 0
    for m in range(levels):
        price = book.ladder[i, 2 * s, m]
        if book.ladder[i, 2 * s + 1, m] == 0:
            price = 0
        state[fresh + 2 * m] = price
        state[fresh + 2 * m + 1] = born
        if price == 0 or state[at + BEGUN] == 0.0:
            continue
        while (
            k < levels
            and state[side + 2 * k] != 0.0
            and (state[side + 2 * k] > price if s == 0 else state[side + 2 * k] < price)
        ):
            k += 1
        if k < levels and state[side + 2 * k] == price:
            state[fresh + 2 * m + 1] = state[side + 2 * k + 1]
    for j in range(2 * levels):
        state[side + j] = state[fresh + j]


@kernel(void(SIGNALS, BOOK, i8, i8, i8))
def settled_imbalance(signals: Signals, book: Book, g: int, i: int, t: int) -> None:
    """Depth of the best levels that have lived. slots: value, of all levels, share left out."""
    spec = signals.spec[g]
    at = spec[STATE]
    slot = spec[SLOT]
    state = signals.state
    if book.head[i, STATUS] != KNOWN:
        state[at + BEGUN] = 0.0
        for k in range(spec[OUTPUTS]):
            withdraw(signals, slot + k)
        return
    levels = int(signals.param[spec[PARAM] + LEVELS])
    life = signals.param[spec[PARAM] + LIFE_NS]
    now = t - signals.clock[ORIGIN_NS]
    changed = (book.head[i, HEARD] & HEARD_BOOK) != 0 and book.head[i, TOP] < levels
    ripe = 0.0 <= state[at + DUE_AT] <= now
    if state[at + BEGUN] != 0.0 and not changed and not ripe:
        return
    settled = 0.0
    every = 0.0
    total = 0.0
    whole = 0.0
    due = -1.0
    for s in range(2):
        if changed or state[at + BEGUN] == 0.0:
            follow_births(signals, book, i, at, s, levels, now)
        births = at + BIRTHS + 4 * LEVELS_MAX * s
        sign = 1.0 if s == 0 else -1.0
        for m in range(levels):
            size = float(book.ladder[i, 2 * s + 1, m])
            every += sign * size
            whole += size
            ready_at = state[births + 2 * m + 1] + life
            if now >= ready_at:
                settled += sign * size
                total += size
            elif size > 0.0 and (due < 0.0 or ready_at < due):
                due = ready_at
    state[at + BEGUN] = 1.0
    state[at + DUE_AT] = due
    if total > 0.0:
        publish(signals, slot, settled / total)
    else:
        withdraw(signals, slot)
    if whole > 0.0:
        publish(signals, slot + 1, every / whole)
        publish(signals, slot + 2, 1.0 - total / whole)
    else:
        withdraw(signals, slot + 1)
        withdraw(signals, slot + 2)


@kernel(void(SIGNALS, i8))
def forget_births(signals: Signals, g: int) -> None:
    """A snapshot does not say since when its levels stand: they count as old."""
    signals.state[signals.spec[g, STATE] + BEGUN] = 0.0
