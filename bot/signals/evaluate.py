"""The fused loop's way through all signals: after a row, after a message, at whole seconds.

Signals of the house are called by name, so that the compiler sees through the call; those of
third parties through the address of their machine code, at about 4 ns a call.
"""

from typing import Final

from bot.book.arrays import BOOK, Book, i8, void
from bot.book.layout import HEARD, HEARD_BOOK, TOP
from bot.kernel import kernel
from bot.signals.arrays import (
    CODE,
    FORCE,
    HEARS,
    LENGTH,
    ORIGIN_NS,
    PARAM,
    ROWS,
    SAMPLE_NS,
    SIGNALS,
    SLOT,
    STANDARD,
    STANDARD_SLOT,
    STANDARD_STATE,
    STATE,
    WITHIN,
    Z_SLOT,
    Signals,
)
from bot.signals.carry_kernels import net_carry
from bot.signals.codes import (
    DEPTH_IMBALANCE,
    DEPTH_VALUE,
    EXHAUSTION,
    FAMILY,
    FOREIGN,
    FUNDING_EXCESS,
    IMPACT,
    LADDER_IMBALANCE,
    MULTI_LEVEL_FLOW,
    NET_CARRY,
    ORDER_FLOW,
    PREDICTED_FUNDING,
    QUEUE_IMBALANCE,
    SPREAD,
    TRADE_IMBALANCE,
    VWAP_DEVIATION,
    WEIGHTED_MID,
)
from bot.signals.depth_kernels import depth_imbalance, depth_row, forget_depth
from bot.signals.depth_value_kernels import worth_row
from bot.signals.evaluate_flow import evaluate_flow, forget_flow_book, take_flow_trade
from bot.signals.foreign import CLEAR, END, call_foreign
from bot.signals.funding_kernels import funding_excess, predicted_funding
from bot.signals.impact_kernels import impact
from bot.signals.order_book_kernels import (
    ladder_imbalance,
    queue_imbalance,
    spread,
    weighted_mid,
)
from bot.signals.order_flow_kernels import (
    SOURCE,
    forget_flow,
    multi_level_flow,
    order_flow_imbalance,
)
from bot.signals.publish import publish, pull_triggers, withdraw
from bot.signals.standard import window_ready, window_repeat, window_score
from bot.signals.touch import FROM_BOOK
from bot.signals.trade_kernels import trade_imbalance, trade_row, vwap_deviation, vwap_row
from bot.tape.rows import LEVEL, ROW_KINDS

SECOND_NS: Final = 1_000_000_000


@kernel(void(SIGNALS, BOOK, i8, i8, i8, i8, i8, i8, i8))
def take_row(
    signals: Signals,
    book: Book,
    i: int,
    kind: int,
    side: int,
    price: int,
    size: int,
    previous: int,
    t: int,
) -> None:
    """Show one row to the signals of instrument `i` that want its kind."""
    at = i * ROW_KINDS + kind
    for k in range(signals.row_first[at], signals.row_first[at + 1]):
        g = signals.row_member[k]
        code = signals.spec[g, CODE]
        if code == DEPTH_IMBALANCE:
            depth_row(signals, g, side, price, size - previous)
        elif code == DEPTH_VALUE or (code == EXHAUSTION and kind == LEVEL):
            at_param, at_state = signals.spec[g, PARAM], signals.spec[g, STATE]
            worth_row(signals, at_param, at_state, side, price, size - previous)
        elif code == TRADE_IMBALANCE:
            trade_row(signals, g, side, size, t)
        elif code == VWAP_DEVIATION:
            vwap_row(signals, g, price, size, t)
        elif code >= FAMILY:
            stop = signals.row_first[at + 1]
            take_flow_trade(signals.places, k, stop, side, price, size, t)
            return
        elif code == FOREIGN:
            call_foreign(signals, book, g, i, kind, side, price, size, previous, t)


@kernel(void(SIGNALS, BOOK, i8, i8))
def forget_book(signals: Signals, book: Book, i: int, t: int) -> None:
    """A snapshot replaces the book of instrument `i`: what compares with it starts over."""
    for k in range(signals.first[i], signals.first[i + 1]):
        g = signals.member[k]
        code = signals.spec[g, CODE]
        if code >= FAMILY:
            forget_flow_book(signals, g)
        elif code == DEPTH_IMBALANCE:
            forget_depth(signals, g)
        elif code == MULTI_LEVEL_FLOW:
            forget_flow(signals, g)
        elif code == ORDER_FLOW:
            if signals.param[signals.spec[g, PARAM] + SOURCE] == FROM_BOOK:
                forget_flow(signals, g)
        elif code == FOREIGN and (signals.spec[g, ROWS] >> LEVEL) & 1:
            call_foreign(signals, book, g, i, CLEAR, 0, 0, 0, 0, t)


@kernel(void(SIGNALS, BOOK, i8, i8, i8))
def compute(signals: Signals, book: Book, g: int, i: int, t: int) -> None:
    """Compute signal `g` and publish its slots."""
    code = signals.spec[g, CODE]
    if code == QUEUE_IMBALANCE:
        queue_imbalance(signals, book, g, i, t)
    elif code == LADDER_IMBALANCE:
        ladder_imbalance(signals, book, g, i, t)
    elif code == DEPTH_IMBALANCE:
        depth_imbalance(signals, book, g, i, t)
    elif code == WEIGHTED_MID:
        weighted_mid(signals, book, g, i, t)
    elif code == SPREAD:
        spread(signals, book, g, i, t)
    elif code == IMPACT:
        impact(signals, book, g, i, t)
    elif code == ORDER_FLOW:
        order_flow_imbalance(signals, book, g, i, t)
    elif code == MULTI_LEVEL_FLOW:
        multi_level_flow(signals, book, g, i, t)
    elif code == TRADE_IMBALANCE:
        trade_imbalance(signals, book, g, i, t)
    elif code == VWAP_DEVIATION:
        vwap_deviation(signals, book, g, i, t)
    elif code == PREDICTED_FUNDING:
        predicted_funding(signals, book, g, i, t)
    elif code == FUNDING_EXCESS:
        funding_excess(signals, book, g, i, t)
    elif code == NET_CARRY:
        net_carry(signals, book, g, i, t)
    elif code == FOREIGN:
        value = call_foreign(signals, book, g, i, END, 0, 0, 0, 0, t)
        publish(signals, signals.spec[g, SLOT], value)


@kernel(void(SIGNALS, i8))
def score_standard(signals: Signals, k: int) -> None:
    """Publish how unusual the present value of a standardised slot is."""
    row = signals.standard[k]
    at = row[STANDARD_STATE]
    if signals.known[row[STANDARD_SLOT]] and window_ready(signals.state, at, row[LENGTH]):
        x = signals.value[row[STANDARD_SLOT]]
        publish(signals, row[Z_SLOT], window_score(signals.state, at, x, 0.0))
    else:
        withdraw(signals, row[Z_SLOT])


@kernel(void(SIGNALS, BOOK, i8, i8, i8, i8))
def evaluate(signals: Signals, book: Book, i: int, heard: int, top: int, t: int) -> None:
    """Recompute what the inputs in `heard` concern, for instrument `i` at the end of a message."""
    for k in range(signals.first[i], signals.first[i + 1]):
        g = signals.member[k]
        spec = signals.spec[g]
        if spec[CODE] >= FAMILY:
            evaluate_flow(signals.places, book, k, i, heard, top, t)
            return
        concerned = spec[HEARS] & heard
        if concerned == 0:
            continue
        if concerned != HEARD_BOOK or top < spec[WITHIN]:
            compute(signals, book, g, i, t)
            if spec[STANDARD] >= 0:
                score_standard(signals, spec[STANDARD])
        elif spec[FORCE] == 0:
            continue
        spec[FORCE] = 0
        pull_triggers(signals, spec[SLOT])


@kernel(void(SIGNALS, BOOK, i8, i8))
def end_message(signals: Signals, book: Book, i: int, t: int) -> None:
    """Recompute after a message of instrument `i` received at `t`."""
    evaluate(signals, book, i, book.head[i, HEARD], book.head[i, TOP], t)


@kernel(void(SIGNALS, i8))
def take_samples(signals: Signals, t: int) -> None:
    """Feed the standardisers at every whole second up to `t`, before its message is taken in.

    Empty seconds repeat the last value.
    """
    due = signals.clock[SAMPLE_NS]
    if due < 0:
        signals.clock[SAMPLE_NS] = (t // SECOND_NS + 1) * SECOND_NS
        signals.clock[ORIGIN_NS] = t // SECOND_NS * SECOND_NS
        return
    if t < due:
        return
    seconds = (t - due) // SECOND_NS + 1
    signals.clock[SAMPLE_NS] = due + seconds * SECOND_NS
    for k in range(signals.standard.shape[0]):
        row = signals.standard[k]
        if signals.known[row[STANDARD_SLOT]]:
            x = signals.value[row[STANDARD_SLOT]]
            window_repeat(signals.state, row[STANDARD_STATE], row[LENGTH], x, seconds)
            score_standard(signals, k)
