"""A journal in memory: instant for replay, and a disk that crashes when a test says so."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Generator, Iterator, Sequence

from bot.errors import JournalError
from bot.journal.port import Record, RecordKind, closed, stale

WHERE = "journal in memory"


class Durable:
    """An awaitable that is done already."""

    def __await__(self) -> Generator[None, None, None]:
        """Go on at once."""
        yield from ()


DURABLE = Durable()
"""What `append` returns when nothing needs waiting for: `is DURABLE` spares the await."""


class MemoryJournal:
    """A journal whose disk is a list.

    keep: False forgets each record once it is durable, so that the memory of a replay does
    not grow with its length; such a journal cannot be loaded.
    room: how many more records the disk can hold; None: any number.
    """

    def __init__(
        self,
        past: Sequence[Record] = (),
        *,
        run: bytes = b"{}",
        seq: int = 0,
        ts_ns: int = 0,
        keep: bool = True,
    ) -> None:
        """Open it for a run, after the records of earlier ones."""
        self._durable = list(past)
        last = past[-1] if past else None
        self.opened = Record(
            seq=max(seq, last.seq) if last else seq,
            epoch=last.epoch + 1 if last else 1,
            ts_ns=ts_ns,
            kind=RecordKind.RUN,
            payload=run,
        )
        self._durable.append(self.opened)
        self._epoch = self.opened.epoch
        self._keep = keep
        self.room: int | None = None
        self._held = False
        self._waiting: deque[tuple[tuple[Record, ...], asyncio.Future[None]]] = deque()
        self._failure: JournalError | None = None

    @property
    def epoch(self) -> int:
        """The number of this run."""
        return self._epoch

    def append(self, records: Sequence[Record]) -> Awaitable[None]:
        """Take records; done at once unless the disk is held."""
        if self._failure is not None:
            return _failed(self._failure)
        for record in records:
            if record.epoch != self._epoch:
                return _failed(stale(WHERE, record.epoch, self._epoch))
        if self.room is not None and len(records) > self.room:
            self._failure = _full()
            return _failed(self._failure)
        if self.room is not None:
            self.room -= len(records)
        if not self._held:
            if self._keep:
                self._durable.extend(records)
            return DURABLE
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((tuple(records), future))
        return future

    def load(self) -> Iterator[Record]:
        """Every durable record, oldest first."""
        assert self._keep, "a journal that keeps nothing cannot be loaded"
        return iter(tuple(self._durable))

    def close(self) -> None:
        """Make what waits durable and take nothing more."""
        self.release()
        self._failure = self._failure or closed(WHERE)

    def hold(self) -> None:
        """Be slow: from now on nothing becomes durable until it is released."""
        self._held = True

    def release(self, appends: int | None = None) -> None:
        """Make the oldest so many waiting appends durable; None: all, and be fast again."""
        count = len(self._waiting) if appends is None else appends
        for _ in range(count):
            records, future = self._waiting.popleft()
            if self._keep:
                self._durable.extend(records)
            if not future.done():
                future.set_result(None)
        self._held = self._held and appends is not None

    def crash(self, survivors: int = 0) -> "MemoryJournal":
        """Lose power, and open what the disk still has as the next run.

        survivors: how many of the records that were never acknowledged reached the disk all
        the same; they are the oldest. Who waits for the others waits for ever, and this
        journal, should anyone still hold it, is of a stale epoch.
        """
        unacknowledged = [record for records, _ in self._waiting for record in records]
        after = MemoryJournal([*self._durable, *unacknowledged[:survivors]])
        self._waiting.clear()
        self._failure = stale(WHERE, self._epoch, after.epoch)
        return after


def _failed(error: JournalError) -> Awaitable[None]:
    return _Failed(error)


class _Failed:
    """An awaitable that raises."""

    def __init__(self, error: JournalError) -> None:
        self._error = error

    def __await__(self) -> Generator[None, None, None]:
        yield from ()
        raise type(self._error)(*self._error.args)


def _full() -> JournalError:
    return JournalError(
        where=WHERE,
        seen="no room for the record",
        expected="room on the disk",
        fix="free some space, then start again: what was acknowledged is kept",
    )
