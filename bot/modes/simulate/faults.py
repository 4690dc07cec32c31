"""What may go wrong at a venue, as values: which leg, which order of it, how long.

A pair of numbers is drawn between, by the seed of the run. Orders and cancels are counted from
the strategy's first fill on, so that there is something to break.
"""

import enum
from collections.abc import Sequence
from typing import Final

from msgspec import Struct, structs

from bot.venues.simulated.latency import chance

_WAY: Final = 2
"""Of draws: the two ways of a line are 0 and 1."""


class Which(enum.StrEnum):
    """The leg that a fault concerns. A strategy with one instrument has it in both roles."""

    DERIVATIVE = "derivative"
    """The one on margin."""
    OTHER = "other"
    """What it is held against."""


class Fault(Struct, frozen=True, kw_only=True):
    """Something that a venue does wrong. which: the leg."""

    which: Which


class Rejects(Fault, frozen=True, kw_only=True):
    """Orders of the leg are rejected: so many in a row, from the nth on.

    for_s: all that arrive within this time after the first of them too; 0: no more.
    """

    nth: tuple[int, int]
    count: tuple[int, int]
    for_s: tuple[int, int] = (0, 0)


class FillsPartly(Fault, frozen=True, kw_only=True):
    """The first order from the nth on that trades fills by half at most; then, for so long,
    nothing is heard of the leg, and nothing sent there arrives.
    """

    nth: tuple[int, int]
    for_s: tuple[int, int]


class LosesAnswers(Fault, frozen=True, kw_only=True):
    """The nth order is taken in and served, and none of it is told until somebody asks."""

    nth: tuple[int, int]


class LosesOrder(Fault, frozen=True, kw_only=True):
    """The nth order never arrives, and nobody is told."""

    nth: tuple[int, int]


class LosesCancels(Fault, frozen=True, kw_only=True):
    """So many cancels of the leg in a row, from the nth on, never arrive."""

    nth: tuple[int, int]
    count: tuple[int, int]


class FillsLate(Fault, frozen=True, kw_only=True):
    """The nth cancel that finds its order is confirmed, and the rest of the order has filled all
    the same; that is told so many milliseconds later.
    """

    nth: tuple[int, int]
    late_ms: tuple[int, int]


class IsDown(Fault, frozen=True, kw_only=True):
    """For a time nothing sent to the leg arrives and nothing is heard of it; it all comes later.

    after_s: whole seconds after the one of the strategy's first fill, in a run without faults.
    """

    after_s: tuple[int, int]
    for_s: tuple[int, int]


class Deleverages(Fault, frozen=True, kw_only=True):
    """The venue closes a part of the position at the mark, against somebody who is bankrupt."""

    at_s: tuple[int, int]
    percent: tuple[int, int]


class Settles(Fault, frozen=True, kw_only=True):
    """The venue settles every position in the leg at the mark, for good."""

    at_s: tuple[int, int]


AnyFault = (
    Rejects
    | FillsPartly
    | LosesAnswers
    | LosesOrder
    | LosesCancels
    | FillsLate
    | IsDown
    | Deleverages
    | Settles
)


def drawn_all(faults: Sequence[AnyFault], seed: int) -> list[tuple[AnyFault, dict[str, int]]]:
    """Faults with the numbers that they leave open, by field; the same for the same seed."""
    return [(fault, _drawn(fault, seed, k)) for k, fault in enumerate(faults)]


def _drawn(fault: AnyFault, seed: int, index: int) -> dict[str, int]:
    pairs = [
        (name, value) for name, value in structs.asdict(fault).items() if isinstance(value, tuple)
    ]
    return {
        name: low + int(chance(seed, _WAY + index, n) * (high - low + 1))
        for n, (name, (low, high)) in enumerate(pairs)
    }
