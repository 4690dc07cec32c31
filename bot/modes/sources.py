"""Where a driver's items come from: a tape that is there already, or one that is being made."""

from collections.abc import Iterator
from typing import Protocol

from msgspec import Struct

from bot.model.event import AnyEvent
from bot.tape.rows import Block


class Quiet(Struct, frozen=True):
    """Nothing came, and nothing will that was received before this time."""

    until_ns: int


Item = Block | AnyEvent | Quiet


def time_of(item: Block | AnyEvent) -> int:
    """When an item, or the first message of a block, was received."""
    return item.first_ns if isinstance(item, Block) else item.ts_recv


class Items(Protocol):
    """A stream of items in the total order."""

    async def next(self, due_ns: int) -> Item | None:
        """The next item; `Quiet` when the time that is due comes first; None at the end."""
        ...


class Recorded:
    """Items of a tape: a replay waits for nothing."""

    def __init__(self, items: Iterator[Block | AnyEvent]) -> None:
        """Read from this tape."""
        self._items = items

    async def next(self, due_ns: int) -> Item | None:
        """The next item, whatever is due."""
        del due_ns
        return next(self._items, None)
