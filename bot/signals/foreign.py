"""Calling the compiled signals of third parties from inside the fused loop.

Passing compiled functions as arguments costs 50 µs each at every call from Python (measured),
so the loop is given their addresses and calls through those. Without a compiler the address
is a number in `PYTHON` and the call is an ordinary one; both do the same.
"""

from collections.abc import Callable
from typing import Any, Final

from llvmlite import ir
from numba import types
from numba.experimental.function_type import _get_wrapper_address
from numba.extending import intrinsic

from bot.book.arrays import BOOK, Book, f8, i8
from bot.book.layout import KNOWN, STATUS
from bot.kernel import JIT, kernel
from bot.signals.arrays import ADDRESS, PARAM, PARAMS, SIGNALS, STATE, STATES, Signals

END: Final = -1
"""The kind with which a kernel signal is called at the end of a message, for its value."""
CLEAR: Final = -2
"""The kind with which it is called when a snapshot has emptied the book, before its rows."""

FOREIGN_SIGNATURE: Final[Any] = f8(
    i8, i8, i8, i8, i8, i8, types.int64[:, ::1], types.float64[::1], types.float64[::1]
)
"""update(kind, side, price, size, previous, t, ladder, param, state) -> value, NaN: unknown."""

Update = Callable[..., float]
PYTHON: Final[list[Update]] = []


def address_of(update: Update) -> int:
    """The number under which the loop calls a kernel of `FOREIGN_SIGNATURE`."""
    if not JIT:
        if update not in PYTHON:
            PYTHON.append(update)
        return PYTHON.index(update)
    native: Any = _get_wrapper_address
    return int(native(update, FOREIGN_SIGNATURE))


@intrinsic
def _call_native(
    typing: Any,
    address: Any,
    kind: Any,
    side: Any,
    price: Any,
    size: Any,
    previous: Any,
    t: Any,
    ladder: Any,
    param: Any,
    state: Any,
) -> Any:
    """Call machine code of `FOREIGN_SIGNATURE` at an address."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        result = context.get_value_type(signature.return_type)
        shape = ir.FunctionType(
            result, [context.get_value_type(want) for want in signature.args[1:]]
        )
        return builder.call(builder.inttoptr(values[0], shape.as_pointer()), values[1:])

    return FOREIGN_SIGNATURE.return_type(i8, *FOREIGN_SIGNATURE.args), generate


def _call_python(address: int, *given: Any) -> float:
    return PYTHON[address](*given)


call_at: Final[Any] = _call_native if JIT else _call_python


@kernel(f8(SIGNALS, BOOK, i8, i8, i8, i8, i8, i8, i8, i8))
def call_foreign(
    signals: Signals,
    book: Book,
    g: int,
    i: int,
    kind: int,
    side: int,
    price: int,
    size: int,
    previous: int,
    t: int,
) -> float:
    """Show a row, or the end of a message, to a third party's signal; returns its value.

    A book that is no price source is shown without levels.
    """
    spec = signals.spec[g]
    param = signals.param[spec[PARAM] : spec[PARAM] + spec[PARAMS]]
    state = signals.state[spec[STATE] : spec[STATE] + spec[STATES]]
    ladder = book.ladder[i] if book.head[i, STATUS] == KNOWN else signals.blank
    value: float = call_at(
        spec[ADDRESS], kind, side, price, size, previous, t, ladder, param, state
    )
    return value
