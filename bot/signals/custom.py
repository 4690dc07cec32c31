"""Signals of your own: a compiled kernel, or plain Python.

A kernel signal sees every row of its instrument inside the compiled loop and costs some
nanoseconds. A plain one is called once a message and stops the loop for it: about a
microsecond and up, every time. Both are watches like the house's own.
"""

from collections.abc import Callable
from typing import Any, ClassVar, Final, TypeVar

from msgspec import Struct

from bot.book.layout import HEARD_BOOK, LADDER
from bot.kernel import kernel
from bot.model.units import InstrumentId
from bot.signals import codes
from bot.signals.base import HEARD_ALL, Recipe, Terms, Watch
from bot.signals.foreign import FOREIGN_SIGNATURE, address_of
from bot.tape.rows import LEVEL, SCALAR, TOUCH, TRADE

_Function = TypeVar("_Function", bound=Callable[..., float])

ALL_ROWS: Final = (1 << LEVEL) | (1 << TRADE) | (1 << TOUCH) | (1 << SCALAR)


def signal_kernel(function: _Function) -> _Function:
    """Compile `update(kind, side, price, size, previous, t, ladder, param, state) -> float`.

    It is called with every row of the instrument, and with kind `END` when a message is whole:
    then it returns the score, NaN while that is unknown. Kind `CLEAR` says that a snapshot has
    emptied the book; the rows that follow are all of it. Prices are ticks, sizes lots, t is ns;
    previous is a level's size before. ladder: (4, 32) best bids, their sizes, best asks, their
    sizes, best first, size 0 where there is none: from the 21st on there may be levels that it
    does not show, and while the book is no price source it shows none. param and state are the
    kernel's own arrays.
    """
    return kernel(FOREIGN_SIGNATURE)(function)


class KernelWatch(Watch, frozen=True):
    """A watch computed by a kernel of yours.

    update: a `signal_kernel`. states: how many numbers it remembers; they start at 0.
    """

    update: ClassVar[Callable[..., float]]
    states: ClassVar[int] = 0

    instrument: InstrumentId

    def param(self) -> tuple[float, ...]:
        """Numbers that the kernel reads."""
        return ()

    def recipe(self, terms: Terms) -> Recipe:
        """Shown every row of its instrument."""
        i = terms.index(self.instrument)
        return Recipe(
            code=codes.FOREIGN,
            instrument=i,
            param=self.param(),
            states=type(self).states,
            outputs=("value",),
            hears=HEARD_ALL,
            within=LADDER + 1,
            rows=ALL_ROWS,
            sources=((i, HEARD_BOOK),),
            address=address_of(type(self).update),
        )


class Message(Struct, frozen=True):
    """What a plain-Python signal is shown: one whole message and the book after it.

    trades: `(side, price, size)` in quote and base (contracts for inverse). bid, ask:
    `(price, size)` of the book, None when it is not a price source. mark, index: None when
    never heard.
    """

    t: int
    trades: tuple[tuple[int, float, float], ...]
    bid: tuple[float, float] | None
    ask: tuple[float, float] | None
    mark: float | None
    index: float | None


class PlainWatch(Watch, frozen=True):
    """A watch computed in plain Python.

    Define `update(self, message, memory) -> float | None`; memory is a dict of your own.
    """

    instrument: InstrumentId

    def update(self, message: Message, memory: dict[str, Any]) -> float | None:
        """The score after this message; None while it is unknown."""
        del message, memory
        raise TypeError(f"{type(self).__name__}: expected a method update(message, memory)")

    def recipe(self, terms: Terms) -> Recipe:
        """Computed between two steps of the loop."""
        i = terms.index(self.instrument)
        return Recipe(
            code=codes.PLAIN,
            instrument=i,
            param=(),
            states=0,
            outputs=("value",),
            hears=0,
            sources=((i, HEARD_BOOK),),
        )
