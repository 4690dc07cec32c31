"""The journal as a port: what must survive a crash goes in and is awaited until it is on disk.

Nothing may leave for a venue before its record is durable. Two implementations keep the same
promises: `bot.journal.sqlite` on a disk, `bot.journal.memory` for replay and for tests of
crashes. What they hold is always a prefix of what was appended: a journal that failed once
takes nothing more, so that a later record can never stand without an earlier one.
"""

import enum
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Protocol

import msgspec
from msgspec import Struct

from bot.errors import JournalError

Clock = Callable[[], int]
"""Nanoseconds since the epoch, UTC."""


class RecordKind(enum.StrEnum):
    """What a record tells."""

    RUN = "run"
    """A process took the journal: the first record of every epoch."""
    DECISION = "decision"
    COMMAND = "command"
    REFUSAL = "refusal"
    EVENT = "event"
    POSTING = "posting"
    NOTE = "note"


class Record(Struct, frozen=True, gc=False):
    """One line of the journal.

    seq: the tape's item that it followed. epoch: the run that wrote it; every start of the
    bot has a higher one. payload: JSON as `canonical` writes it.
    """

    seq: int
    epoch: int
    ts_ns: int
    kind: RecordKind
    payload: bytes


class Journal(Protocol):
    """Where records become durable, in the order of their appending."""

    @property
    def opened(self) -> Record:
        """The record that began this run."""

    @property
    def epoch(self) -> int:
        """The number of this run, which every record must carry."""

    def append(self, records: Sequence[Record]) -> Awaitable[None]:
        """Take records; the awaitable resolves once they, and all before them, are durable.

        It raises JournalError when they are not known to be; after that the journal takes
        nothing more. A record of another epoch is refused and harms nothing. No records:
        a barrier for what went before.
        """

    def load(self) -> Iterator[Record]:
        """Every durable record of every run, oldest first."""

    def close(self) -> None:
        """Finish what waits and let go; blocks until it is done."""


_encoder = msgspec.json.Encoder(decimal_format="string", order="deterministic")


def canonical(value: object) -> bytes:
    """A value as JSON, the same bytes for the same value always."""
    return _encoder.encode(value)


def stale(where: str, seen: int, epoch: int) -> JournalError:
    """The refusal of a record that another run wrote."""
    return JournalError(
        where=where,
        seen=f"a record of epoch {seen}",
        expected=f"epoch {epoch}, which owns the journal now",
        fix="stop this process: another one has taken over the session",
    )


def closed(where: str) -> JournalError:
    """The refusal of a journal that was closed."""
    return JournalError(
        where=where,
        seen="an append after the close",
        expected="an open journal",
        fix="open the session again",
    )
