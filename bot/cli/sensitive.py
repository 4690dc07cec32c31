"""A result with what it comes to under other assumptions."""

import os
from typing import TYPE_CHECKING

from bot.cli.output import talk

if TYPE_CHECKING:
    from bot.modes.result import Result
    from bot.modes.sensitivity import Recipe, Tape


def with_sensitivity(result: "Result", make: "Recipe", tape: "Tape", *, again: bool) -> "Result":
    """The result and its sensitivity, on as many processes as this machine has processors.

    again: it was not made by a replay of this tape, and is made once more to be compared with.
    """
    from msgspec import structs

    from bot.modes.sensitivity import grid, sensitivity

    runs = len(grid(make().venue)) - (not again)
    talk(f"sensitivity: the same run {runs} times more, under other assumptions")
    found = sensitivity(make, tape, result=None if again else result, processes=os.cpu_count() or 1)
    return structs.replace(result, sensitivity=found)
