"""The session's journal as the driver sees it: a failure is noticed even if nobody waited."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence

from bot.journal.port import Record
from bot.journal.sqlite import SqliteJournal


class WatchedJournal:
    """A journal that tells of its first failure at once.

    The driver waits for the disk only before an order is sent; a disk that fills up between
    two orders must stop new risk all the same.
    """

    def __init__(self, journal: SqliteJournal, failed: Callable[[BaseException], None]) -> None:
        """Watch this one. failed: takes every error of it."""
        self._journal = journal
        self._failed = failed

    @property
    def opened(self) -> Record:
        """The record that began this run."""
        return self._journal.opened

    @property
    def epoch(self) -> int:
        """The number of this run."""
        return self._journal.epoch

    def append(self, records: Sequence[Record]) -> Awaitable[None]:
        """Queue records for the disk."""
        durable = self._journal.append(records)
        if isinstance(durable, asyncio.Future):
            durable.add_done_callback(self._look)
        return durable

    def load(self) -> Iterator[Record]:
        """Every durable record, oldest first."""
        return self._journal.load()

    def close(self) -> None:
        """Finish what waits and let go."""
        self._journal.close()

    def _look(self, durable: asyncio.Future[None]) -> None:
        error = None if durable.cancelled() else durable.exception()
        if error is not None:
            self._failed(error)
