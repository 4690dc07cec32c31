"""The hot path: a depth frame's bytes straight to ticks and lots in the tape's columns.

The scan knows the layout that Binance sends and nothing else. It reads each byte once and makes
no object; whatever it does not expect (an escape, an exponent, a nested value, a digit beyond
the grid, another symbol) it refuses, and the plain decoder takes the frame.
"""

from itertools import accumulate
from typing import Any, Final

import numpy as np
from numba import types

from bot.feeds.grid import Grid
from bot.kernel import kernel
from bot.tape.builder import BlockBuilder
from bot.tape.rows import ASK, BID, LEVEL, Int8s, Int64s

Scanned = tuple[int, int, int, int, int, int]

REFUSED: Final = (-1, 0, 0, 0, 0, 0)
LEVEL_BYTES_MIN: Final = 10
"""The shortest level and its comma, `["1","2"],`: bounds the rows of a frame by its length."""

# The plan of an instrument: its two grids, where each fixed text of the layout begins, the texts.
_PRICE_DECIMALS: Final = 0
_PRICE_STEP: Final = 1
_SIZE_DECIMALS: Final = 2
_SIZE_STEP: Final = 3
_TEXTS: Final = 4
_STREAM: Final = 0
_DATA: Final = 1
_BARE: Final = 2
_EVENT: Final = 3
_MATCH_TIME: Final = 4
_SYMBOL: Final = 5
_FIRST: Final = 6
_LAST: Final = 7
_PREVIOUS: Final = 8
_BIDS: Final = 9
_ASKS: Final = 10

_DIGITS_MAX: Final = 18  # what surely fits 64 bits
_MILLISECONDS_MAX: Final = 9_000_000_000_000  # as nanoseconds they fit 64 bits
_QUOTE: Final = ord('"')
_BACKSLASH: Final = ord("\\")
_COMMA: Final = ord(",")
_COLON: Final = ord(":")
_POINT: Final = ord(".")
_ZERO: Final = ord("0")
_NINE: Final = ord("9")
_P: Final = ord("p")
_U: Final = ord("u")
_OPEN_LIST: Final = ord("[")
_CLOSE_LIST: Final = ord("]")
_CLOSE: Final = ord("}")

_FRAME = types.Bytes(types.uint8, 1, "C", readonly=True)
_INT8S = types.int8[::1]
_INT64S = types.int64[::1]
_PAIR: Any = types.UniTuple(types.int64, 2)  # type: ignore[no-untyped-call]
_HEAD: Any = types.UniTuple(types.int64, 7)  # type: ignore[no-untyped-call]
_SCAN: Any = types.UniTuple(types.int64, 6)  # type: ignore[no-untyped-call]


class DepthScan:
    """The scan for one instrument: its grids, its symbol, and where the rows go."""

    def __init__(self, symbol: str, price: Grid, size: Grid, builder: BlockBuilder) -> None:
        """Bind the grids and the symbol as Binance writes it."""
        texts = (
            *('{"stream":"', '","data":{', "{"),
            *('"e":"depthUpdate","E":', ',"T":', f',"s":"{symbol}",'),
            *('"U":', ',"u":', ',"pu":', ',"b":', ',"a":'),
        )
        begins = accumulate(map(len, texts), initial=_TEXTS + len(texts) + 1)
        grids = (price.decimals, price.step, size.decimals, size.step)
        self._plan = np.array([*grids, *begins, *"".join(texts).encode()], np.int64)
        self._builder = builder

    def read(self, frame: bytes) -> Scanned:
        """Write the frame's levels behind the builder's last row, without counting them.

        Returns rows, U, u, pu (-1 when absent), and E and T in milliseconds (T 0 when absent);
        rows is -1 when the scan refuses the frame.
        """
        builder = self._builder
        builder.reserve(len(frame) // LEVEL_BYTES_MIN + 1)
        return scan(
            frame,
            self._plan,
            builder.kind,
            builder.side,
            builder.price,
            builder.size,
            builder.rows,
        )


# A frame that is scanned ends in `}` and no reader goes on after one: none runs past the end.


@kernel(types.int64(_FRAME, types.int64, _INT64S, types.int64))
def after(frame: bytes, at: int, plan: Int64s, text: int) -> int:
    """Where that fixed text of the layout ends when it stands at `at`; -1 when it does not."""
    begin = plan[_TEXTS + text]
    for i in range(plan[_TEXTS + text + 1] - begin):
        if frame[at + i] != plan[begin + i]:
            return -1
    return int(at + plan[_TEXTS + text + 1] - begin)


@kernel(_PAIR(_FRAME, types.int64))
def whole(frame: bytes, at: int) -> tuple[int, int]:
    """An unsigned whole number as JSON writes it, -1 for anything else; and where it ends."""
    start = at
    value = 0
    byte = int(frame[at])
    while _ZERO <= byte <= _NINE:
        value = value * 10 + byte - _ZERO
        at += 1
        byte = int(frame[at])
    length = at - start
    if length == 0 or length > _DIGITS_MAX or byte != _COMMA:
        return -1, at
    if length > 1 and frame[start] == _ZERO:
        return -1, at
    return value, at


@kernel(types.int64(_FRAME, types.int64))
def string_end(frame: bytes, at: int) -> int:
    """Where the string from `at` has its closing quote; -1 when it holds more than plain text."""
    while at < len(frame):
        byte = int(frame[at])
        if byte == _QUOTE:
            return at
        if byte < 32 or byte > 126 or byte == _BACKSLASH:
            return -1
        at += 1
    return -1


@kernel(types.int64(_FRAME, types.int64))
def after_unknown(frame: bytes, at: int) -> int:
    """Where the next field begins after one the scan has no use for, such as `"st":1,`; or -1.

    Its key has two letters, as all new ones have; one-letter keys mean something.
    """
    end = string_end(frame, at + 1) if frame[at] == _QUOTE else -1
    if end != at + 3 or frame[end + 1] != _COLON:
        return -1
    if frame[at + 1] == _P and frame[at + 2] == _U:
        return -1
    at = end + 2
    if frame[at] == _QUOTE:
        at = string_end(frame, at + 1) + 1
        return at + 1 if at > 0 and frame[at] == _COMMA else -1
    value, at = whole(frame, at)
    return at + 1 if value >= 0 else -1


@kernel(_PAIR(_FRAME, types.int64, types.int64, types.int64))
def number(frame: bytes, at: int, decimals: int, step: int) -> tuple[int, int]:
    """Decimal text in steps of the grid, -1 for anything else; and where its quote ended.

    One loop over all digits, whose branches the processor learns, was the fastest by a third.
    """
    start = at
    value = 0
    point = -1
    while True:
        byte = int(frame[at])
        if _ZERO <= byte <= _NINE:
            value = value * 10 + byte - _ZERO
        elif byte == _POINT and point < 0:
            point = at
        else:
            break
        at += 1
    excess = at - point - 1 - decimals if point >= 0 else -decimals
    if byte != _QUOTE or at == start or point == start or point == at - 1:
        return -1, at
    if at - start - min(excess, 0) > _DIGITS_MAX:
        return -1, at
    while excess > 0:
        if value % 10 != 0:
            return -1, at
        value //= 10
        excess -= 1
    while excess < 0:
        value *= 10
        excess += 1
    if step > 1:
        if value % step != 0:
            return -1, at
        value //= step
    return value, at + 1


@kernel(_PAIR(_FRAME, types.int64, _INT64S, *[types.int64] * 2, *[_INT8S] * 2, *[_INT64S] * 2))
def levels(
    frame: bytes,
    at: int,
    plan: Int64s,
    which: int,
    row: int,
    kind: Int8s,
    side: Int8s,
    price: Int64s,
    size: Int64s,
) -> tuple[int, int]:
    """A list of `["price","size"]` into rows from `row` on: the row after, or -1, and its end."""
    price_decimals, price_step = int(plan[_PRICE_DECIMALS]), int(plan[_PRICE_STEP])
    size_decimals, size_step = int(plan[_SIZE_DECIMALS]), int(plan[_SIZE_STEP])
    if frame[at] != _OPEN_LIST:
        return -1, at
    if frame[at + 1] == _CLOSE_LIST:
        return row, at + 2
    while True:
        if frame[at + 1] != _OPEN_LIST or frame[at + 2] != _QUOTE:
            return -1, at
        ticks, at = number(frame, at + 3, price_decimals, price_step)
        if ticks < 0 or frame[at] != _COMMA or frame[at + 1] != _QUOTE:
            return -1, at
        lots, at = number(frame, at + 2, size_decimals, size_step)
        if lots < 0 or frame[at] != _CLOSE_LIST:
            return -1, at
        kind[row] = LEVEL
        side[row] = which
        price[row] = ticks
        size[row] = lots
        row += 1
        at += 1
        if frame[at] == _CLOSE_LIST:
            return row, at + 1
        if frame[at] != _COMMA:
            return -1, at


@kernel(_HEAD(_FRAME, _INT64S))
def head(frame: bytes, plan: Int64s) -> tuple[int, int, int, int, int, int, int]:
    """The fields before the levels: where they end (-1: refused), closing braces, U, u, pu, E, T.

    The order is Binance's: e E [T] s [unknown ones] U u [pu].
    """
    no = (-1, 0, 0, 0, 0, 0, 0)
    braces = 1
    at = after(frame, 0, plan, _STREAM)
    if at >= 0:
        braces = 2
        at = string_end(frame, at)
        at = after(frame, at, plan, _DATA) if at >= 0 else -1
    else:
        at = after(frame, 0, plan, _BARE)
    at = after(frame, at, plan, _EVENT) if at >= 0 else -1
    if at < 0:
        return no
    event_ms, at = whole(frame, at)
    match_ms = 0
    timed = after(frame, at, plan, _MATCH_TIME)
    if timed >= 0:
        match_ms, at = whole(frame, timed)
    if event_ms < 0 or match_ms < 0 or max(event_ms, match_ms) > _MILLISECONDS_MAX:
        return no
    at = after(frame, at, plan, _SYMBOL)
    while at >= 0 and after(frame, at, plan, _FIRST) < 0:
        at = after_unknown(frame, at)
    if at < 0:
        return no
    first, at = whole(frame, after(frame, at, plan, _FIRST))
    at = after(frame, at, plan, _LAST) if first >= 0 else -1
    if at < 0:
        return no
    last, at = whole(frame, at)
    previous = -1
    chained = after(frame, at, plan, _PREVIOUS)
    if chained >= 0:
        previous, at = whole(frame, chained)
    at = after(frame, at, plan, _BIDS)
    if last < 0 or (chained >= 0 and previous < 0):
        return no
    return at, braces, first, last, previous, event_ms, match_ms


@kernel(_SCAN(_FRAME, _INT64S, *[_INT8S] * 2, *[_INT64S] * 2, types.int64))
def scan(
    frame: bytes, plan: Int64s, kind: Int8s, side: Int8s, price: Int64s, size: Int64s, row: int
) -> Scanned:
    """The whole frame: rows written from `row` on, or -1, then U, u, pu, E and T."""
    length = len(frame)
    if length == 0 or frame[length - 1] != _CLOSE:
        return REFUSED
    at, braces, first, last, previous, event_ms, match_ms = head(frame, plan)
    if at < 0:
        return REFUSED
    asks, at = levels(frame, at, plan, BID, row, kind, side, price, size)
    at = after(frame, at, plan, _ASKS) if asks >= 0 else -1
    if at < 0:
        return REFUSED
    end, at = levels(frame, at, plan, ASK, asks, kind, side, price, size)
    if end < 0 or at + braces != length:
        return REFUSED
    for i in range(at, length):
        if frame[i] != _CLOSE:
            return REFUSED
    return end - row, first, last, previous, event_ms, match_ms
