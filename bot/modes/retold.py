"""The market of a session once more, without what the venue said to it, for another venue."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final, get_args

from msgspec import Struct

from bot.journal.session import TAPE
from bot.journal.tape import TapeReader
from bot.model.event import AnyEvent, Heartbeat, MarketEvent, OperatorCommand
from bot.tape.rows import Block

_FROM_OUTSIDE: Final = (Block, *get_args(MarketEvent), OperatorCommand, Heartbeat)


class SessionMarket(Struct, frozen=True):
    """All that entered a session from outside, in the order in which it did; only a path, so it
    may cross processes.

    Operators' commands are part of it: whoever paused a strategy paused it in every case.
    """

    path: Path

    def items(self) -> Iterator[Block | AnyEvent]:
        """Rows and events, of all runs."""
        for _, item in TapeReader(self.path / TAPE, after=0):
            if isinstance(item, _FROM_OUTSIDE):
                yield item
