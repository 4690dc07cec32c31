"""Running what an author wrote, so that nothing it raises reaches the engine."""

from collections.abc import Callable
from typing import TypeVar

_Result = TypeVar("_Result")


def attempt(work: Callable[[], _Result]) -> tuple[_Result | None, str | None]:
    """What an author's code comes to, or what is wrong with it."""
    try:
        return work(), None
    except (Exception, SystemExit) as error:  # Whatever it is, it must not reach the engine.
        return None, f"{type(error).__name__}: {error}"
