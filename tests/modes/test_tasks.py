import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from bot.modes.tasks import Tasks

Work = Callable[[], Coroutine[Any, Any, Any]]


async def forever() -> None:
    await asyncio.Event().wait()


async def end_at_once() -> None:
    return


async def break_soon() -> None:
    await asyncio.sleep(0)
    raise ValueError("broken")


async def run_mode(main: Work, other: Work, then: Callable[[Tasks, Any], object]) -> Any:
    """A mode of two tasks, after whose start something happens."""
    async with Tasks() as tasks:
        task = tasks.spawn("main", main(), ends=True)
        then(tasks, tasks.spawn("other", other()))
        await tasks.until(task)
    return task


def nothing(tasks: Tasks, task: Any) -> None:
    """Nothing happens."""


async def test_a_task_that_fails_ends_the_mode_with_its_error():
    with pytest.raises(ValueError, match="broken"):
        await run_mode(forever, break_soon, nothing)


async def test_a_task_that_should_go_on_and_ends_is_a_failure():
    with pytest.raises(RuntimeError, match="task other ended, expected it to go on"):
        await run_mode(forever, end_at_once, nothing)


async def test_a_task_that_somebody_cancelled_is_noticed():
    with pytest.raises(RuntimeError, match="task other was cancelled"):
        await run_mode(forever, forever, lambda tasks, task: task.cancel())


async def test_an_error_from_outside_ends_it_and_the_first_one_counts():
    def fail_twice(tasks: Tasks, task: Any) -> None:
        tasks.fail(OSError("first"))
        tasks.fail(OSError("second"))

    with pytest.raises(OSError, match="first"):
        await run_mode(forever, forever, fail_twice)


async def test_when_the_main_task_ends_the_others_are_stopped_with_time_to_clean_up():
    cleaned = []

    async def clean_up() -> None:
        try:
            await forever()
        finally:
            await asyncio.sleep(0)
            cleaned.append("done")

    async def main() -> None:
        await asyncio.sleep(0.01)

    await run_mode(main, clean_up, nothing)

    assert cleaned == ["done"]


async def test_no_task_outlives_the_block():
    before = asyncio.all_tasks()

    async with Tasks() as tasks:
        tasks.spawn("one", forever())
        tasks.spawn("two", forever())
        await asyncio.sleep(0)

    assert asyncio.all_tasks() == before
