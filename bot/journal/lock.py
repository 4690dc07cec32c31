"""The lock that makes a session one process's own, for as long as that lives."""

import fcntl
import os
from pathlib import Path

from bot.errors import AlreadyRunning
from bot.journal.durable import unusable

FILE = "session.lock"


class SessionLock:
    """An exclusive lock on a session's folder; the kernel lets go when the process ends.

    A child that inherits the descriptor without `exec` (a fork) would hold it too.
    """

    def __init__(self, folder: Path) -> None:
        """Take the lock, or raise AlreadyRunning with the process that has it."""
        path = folder / FILE
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise unusable(path, error) from error
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(self._descriptor, 32, 0).decode(errors="replace").strip()
            os.close(self._descriptor)
            raise AlreadyRunning(
                where=str(folder),
                seen=f"a bot that runs on it, process {holder or 'unknown'}",
                expected="a session of its own for each bot",
                fix="stop that process, or name another session folder",
            ) from error
        except OSError as error:
            os.close(self._descriptor)
            raise unusable(path, error) from error
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Let the next process have the session."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
