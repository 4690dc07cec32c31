"""The one place where tasks start: each is named, watched, and stopped with the others.

A task that dies unexpectedly must not leave the rest running as if nothing had happened: its
error ends the mode.
"""

import asyncio
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Final, Self

STOP_S: Final = 5.0
"""How long cancelled tasks may take to end."""


class Tasks:
    """The tasks of one mode, alive as long as the `async with` block."""

    def __init__(self) -> None:
        """Start with none."""
        self._tasks: list[asyncio.Task[Any]] = []
        self._failed = asyncio.Event()
        self._failure: BaseException | None = None
        self._stopping = False

    def spawn(
        self, name: str, work: Coroutine[Any, Any, Any], *, ends: bool = False
    ) -> asyncio.Task[Any]:
        """Start a task. ends: it is meant to come to an end; else its end is a failure too."""
        task = asyncio.create_task(work, name=name)
        self._tasks.append(task)
        task.add_done_callback(lambda done: self._look(done, ends=ends))
        return task

    def fail(self, error: BaseException) -> None:
        """End the mode with an error that belongs to no task; the first one counts."""
        if self._failure is None:
            self._failure = error
            self._failed.set()

    async def until(self, task: asyncio.Task[Any]) -> None:
        """Wait for a task; raises what any task of this mode failed with, as soon as it did."""
        failed = self.spawn("failure", self._failed.wait(), ends=True)
        await asyncio.wait((task, failed), return_when=asyncio.FIRST_COMPLETED)
        failed.cancel()
        if self._failure is not None:
            raise self._failure

    async def __aenter__(self) -> Self:
        """Begin."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Cancel whatever still runs, the newest first, and wait for it."""
        self._stopping = True
        running = [task for task in reversed(self._tasks) if not task.done()]
        for task in running:
            task.cancel()
        if running:
            _, stuck = await asyncio.wait(running, timeout=STOP_S)
            names = ", ".join(sorted(task.get_name() for task in stuck))
            if stuck and error is None:
                raise RuntimeError(f"tasks: {names} did not end within {STOP_S} s of being asked")

    def _look(self, task: asyncio.Task[Any], *, ends: bool) -> None:
        """Notice how a task ended."""
        if task.cancelled():
            if not self._stopping and not ends:
                self.fail(RuntimeError(f"task {task.get_name()} was cancelled by nobody of ours"))
            return
        error = task.exception()
        if error is not None:
            self.fail(error)
        elif not ends and not self._stopping:
            self.fail(RuntimeError(f"task {task.get_name()} ended, expected it to go on"))
