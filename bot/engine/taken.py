"""What taking one item in came to."""

from typing import Final

from msgspec import Struct

from bot.engine.outcome import Asked
from bot.ledger.postings import Posting


class Taken(Struct, gc=False):
    """What taking an item in came to.

    consumed: messages of a block. woken: numbers of the strategies that must look. stirred:
    whether orders have to be planned even if nobody looks. failed: strategies whose own signals
    raised, as if they had been asked.
    """

    consumed: int = 0
    woken: tuple[int, ...] = ()
    stirred: bool = False
    postings: tuple[Posting, ...] = ()
    notes: tuple[str, ...] = ()
    failed: tuple[Asked, ...] = ()


NOTHING: Final = Taken()
