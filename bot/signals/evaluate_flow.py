"""The way through the rest of order book and flow, apart from that through the first family.

Inside the fused loop this much code costs a tenth of the first family's time even where none of
it is run, so it is called: once a trade and once a message, for all of them. Changes of levels,
which most rows are, are taken in there. A call that passes
the arrays takes 45 ns and one that passes where they stand next to nothing (measured).
"""

from bot.book.arrays import BOOK, Book, i8, void
from bot.book.layout import HEARD_BOOK
from bot.kernel import kernel
from bot.kernel.places import VECTOR
from bot.signals.absorption_kernels import absorption, absorption_row
from bot.signals.arrays import CODE, FORCE, HEARS, PARAM, SIGNALS, SLOT, WITHIN, Signals
from bot.signals.codes import (
    ABSORPTION,
    DEPTH_VALUE,
    EXHAUSTION,
    ILLIQUIDITY,
    INTEGRATED_FLOW,
    KYLE_LAMBDA,
    LARGE_TRADES,
    MICRO_PRICE,
    SETTLED_IMBALANCE,
    VPIN,
)
from bot.signals.depth_value_kernels import depth_value, forget_depth_value
from bot.signals.exhaustion_kernels import exhaustion, exhaustion_trade, forget_exhaustion
from bot.signals.integrated_flow_kernels import forget_integrated, integrated_flow
from bot.signals.liquidity_kernels import illiquidity, illiquidity_row, kyle_lambda, kyle_row
from bot.signals.micro_price_kernels import forget_state, micro_price
from bot.signals.noise_kernels import (
    forget_births,
    large_row,
    large_trades,
    settled_imbalance,
)
from bot.signals.order_flow_kernels import SOURCE
from bot.signals.publish import pull_triggers, signals_at
from bot.signals.touch import FROM_BOOK
from bot.signals.vpin_kernels import vpin, vpin_row
from bot.tape.rows import Int64s


@kernel(void(VECTOR, i8, i8, i8, i8, i8, i8), apart=True)
def take_flow_trade(
    places: Int64s, first: int, stop: int, side: int, price: int, size: int, t: int
) -> None:
    """Show a trade to the signals from `first` on that want trades."""
    signals = signals_at(places, 0)
    for k in range(first, stop):
        g = signals.row_member[k]
        code = signals.spec[g, CODE]
        if code == EXHAUSTION:
            exhaustion_trade(signals, g, side, price, size, t)
        elif code == LARGE_TRADES:
            large_row(signals, g, side, size, t)
        elif code == ABSORPTION:
            absorption_row(signals, g, side, price, size, t)
        elif code == VPIN:
            vpin_row(signals, g, side, price, size, t)
        elif code == KYLE_LAMBDA:
            kyle_row(signals, g, side, size, t)
        elif code == ILLIQUIDITY:
            illiquidity_row(signals, g, price, size, t)


@kernel(void(SIGNALS, i8))
def forget_flow_book(signals: Signals, g: int) -> None:
    """A snapshot replaces the book: what signal `g` compares with it starts over."""
    code = signals.spec[g, CODE]
    if code == DEPTH_VALUE:
        forget_depth_value(signals, g)
    elif code == EXHAUSTION:
        forget_exhaustion(signals, g)
    elif code == INTEGRATED_FLOW:
        forget_integrated(signals, g)
    elif code == SETTLED_IMBALANCE:
        forget_births(signals, g)
    elif code == MICRO_PRICE and signals.param[signals.spec[g, PARAM] + SOURCE] == FROM_BOOK:
        forget_state(signals, g)


@kernel(void(SIGNALS, BOOK, i8, i8, i8))
def compute_flow(signals: Signals, book: Book, g: int, i: int, t: int) -> None:
    """Compute signal `g` and publish its slots."""
    code = signals.spec[g, CODE]
    if code == DEPTH_VALUE:
        depth_value(signals, book, g, i, t)
    elif code == EXHAUSTION:
        exhaustion(signals, book, g, i, t)
    elif code == MICRO_PRICE:
        micro_price(signals, book, g, i, t)
    elif code == INTEGRATED_FLOW:
        integrated_flow(signals, book, g, i, t)
    elif code == SETTLED_IMBALANCE:
        settled_imbalance(signals, book, g, i, t)
    elif code == LARGE_TRADES:
        large_trades(signals, book, g, i, t)
    elif code == ABSORPTION:
        absorption(signals, book, g, i, t)
    elif code == VPIN:
        vpin(signals, book, g, i, t)
    elif code == KYLE_LAMBDA:
        kyle_lambda(signals, book, g, i, t)
    elif code == ILLIQUIDITY:
        illiquidity(signals, book, g, i, t)


@kernel(void(VECTOR, BOOK, i8, i8, i8, i8, i8), apart=True)
def evaluate_flow(
    places: Int64s, book: Book, first: int, i: int, heard: int, top: int, t: int
) -> None:
    """Recompute what the inputs in `heard` concern, from member `first` of instrument `i` on."""
    signals = signals_at(places, 0)
    for k in range(first, signals.first[i + 1]):
        g = signals.member[k]
        spec = signals.spec[g]
        concerned = spec[HEARS] & heard
        if concerned == 0:
            continue
        if concerned != HEARD_BOOK or top < spec[WITHIN]:
            compute_flow(signals, book, g, i, t)
        elif spec[FORCE] == 0:
            continue
        spec[FORCE] = 0
        pull_triggers(signals, spec[SLOT])
