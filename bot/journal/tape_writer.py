"""Write the tape of a run beside the event loop: appends go to memory, a thread to the file."""

import contextlib
import threading
from pathlib import Path
from typing import BinaryIO

from bot.errors import JournalError
from bot.journal import tape
from bot.model.units import InstrumentId
from bot.tape.rows import Block

WRITE_BYTES = 256 * 1024
"""So much is written at once, without waiting for the next tick."""
TICK_S = 0.1
"""What waits less is written this often: about what a killed process loses of its tape."""


class TapeWriter:
    """The tape of one run, in order of `seq`, never synced: the journal is what must survive.

    segment_bytes: about the size at which a new file begins. waiting_bytes_max: how much may
    wait for the disk; more, or an error of the disk, ends the tape with JournalError, and
    what was written stays.
    """

    def __init__(
        self,
        folder: Path,
        epoch: int,
        *,
        segment_bytes: int = 64 * 1024 * 1024,
        waiting_bytes_max: int = 256 * 1024 * 1024,
    ) -> None:
        """Begin the first file."""
        self.folder = folder
        self.epoch = epoch
        self._segment_bytes = segment_bytes
        self._segment_filled = 0
        self._waiting_bytes_max = waiting_bytes_max
        self._instruments: dict[tuple[InstrumentId, ...], int] = {}
        self._last_seq = 0
        self._number = 0
        self._file = self._begin()
        self._waiting: list[bytes | None] = []  # None: a new file begins
        self._waiting_bytes = 0
        self._writing = False
        self._closing = False
        self._failure: JournalError | None = None
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._write, name="tape", daemon=True)
        self._thread.start()

    def append(self, seq: int, item: tape.Item) -> None:
        """Take in what entered; a block's seq is its first message's."""
        assert seq >= self._last_seq, f"seq {seq} after {self._last_seq}"
        self._last_seq = seq
        if self._segment_filled >= self._segment_bytes:
            self._segment_filled = 0
            self._instruments.clear()
            self._put(None)
        if isinstance(item, Block):
            self._put(tape.block_body(seq, self._number_of(seq, item.instruments), item))
        else:
            self._put(tape.event_body(seq, item))

    def flush(self) -> None:
        """Block until all that was appended is in the file, though not synced."""
        with self._changed:
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._failure or not (self._waiting or self._writing))
            if self._failure is not None:
                raise _again(self._failure)

    def close(self) -> None:
        """Write what waits and end the thread; `flush` before tells whether all was written."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()
        with contextlib.suppress(OSError):
            self._file.close()

    def _number_of(self, seq: int, instruments: tuple[InstrumentId, ...]) -> int:
        number = self._instruments.get(instruments)
        if number is None:
            number = self._instruments[instruments] = len(self._instruments)
            self._put(tape.instruments_body(seq, number, instruments))
        return number

    def _put(self, body: bytes | None) -> None:
        size = len(body) if body is not None else 0
        self._segment_filled += size
        with self._changed:
            if self._waiting_bytes + size > self._waiting_bytes_max:
                self._failure = self._failure or self._overflow()
            if self._failure is not None:
                raise _again(self._failure)
            self._waiting.append(body)
            self._waiting_bytes += size
            if self._waiting_bytes >= WRITE_BYTES:
                self._changed.notify_all()

    # --- the thread ------------------------------------------------------------------------

    def _write(self) -> None:
        try:
            while bodies := self._next_bodies():
                for body in bodies:
                    if body is None:
                        self._file.close()
                        self._file = self._begin()
                    else:
                        self._file.write(tape.sealed(body))
                        self._file.write(body)
                self._file.flush()
                with self._changed:
                    self._writing = False
                    self._changed.notify_all()
        except OSError as error:
            with self._changed:
                self._failure = self._failed(error)
                self._changed.notify_all()

    def _next_bodies(self) -> list[bytes | None]:
        """What waits, once it is enough or has waited for a tick; nothing at the end."""
        with self._changed:
            while not self._waiting and not self._closing:
                self._changed.wait(TICK_S)
            bodies, self._waiting, self._waiting_bytes = self._waiting, [], 0
            self._writing = bool(bodies)
            return bodies

    def _begin(self) -> BinaryIO:
        self._number += 1
        file = (self.folder / tape.file_name(self.epoch, self._number)).open("xb", WRITE_BYTES)
        file.write(tape.MAGIC)
        return file

    def _failed(self, error: OSError) -> JournalError:
        return JournalError(
            where=str(self.folder),
            seen=str(error),
            expected="a disk with room that takes what is written",
            fix="free some space or repair the disk, then start again: the journal is kept",
        )

    def _overflow(self) -> JournalError:
        return JournalError(
            where=str(self.folder),
            seen=f"more than {self._waiting_bytes_max} bytes waiting for the disk",
            expected="a disk that keeps up",
            fix="put the session on a faster disk, then start again",
        )


def _again(failure: JournalError) -> JournalError:
    return type(failure)(*failure.args)
