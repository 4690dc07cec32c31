"""A scenario as a value: what happens, in which market, and what went wrong in it."""

from collections.abc import Sequence

from msgspec import Struct

from bot.feeds.simulated.regimes import Regime
from bot.modes.simulate.faults import AnyFault, Which


class Move(Struct, frozen=True, kw_only=True):
    """A regime of the market at a stated time, of every coin. of: the leg's venue alone.

    fault: whether it is what the scenario is about, and not what makes the strategy trade.
    """

    regime: Regime
    at_s: int
    for_s: int
    size_bps: float = 0.0
    of: Which | None = None
    fault: bool = False


class Notice(Struct, frozen=True, kw_only=True):
    """The venue says that the leg is traded no more; its positions are settled after `for_s`."""

    which: Which
    at_s: int
    for_s: int


class Interval(Struct, frozen=True, kw_only=True):
    """From its first settlement on, the perpetual pays every so many hours."""

    hours: int
    at_s: int = 600


class Margin(Struct, frozen=True, kw_only=True):
    """Contracts are held on isolated margin at this leverage, so that a move can liquidate them."""

    leverage: int


class Scenario(Struct, frozen=True, kw_only=True):
    """One thing that goes wrong, on a market of so many seconds.

    name, sentence: as people call it, and what happens. moves, notice, interval, margin: what the
    market has in it. faults: what the venue does wrong.
    person_s: when somebody who was called acknowledges every halt and lets the bot go on; None:
    nobody is needed. lasting: the leg is gone for good; what was held elsewhere stays open then.
    slots_per_second: of the market; None: as the configuration has it. beat_s: between beats of
    its heart, with which everything is looked at though nothing happens.
    """

    name: str
    sentence: str
    seconds: int
    moves: tuple[Move, ...] = ()
    faults: tuple[AnyFault, ...] = ()
    notice: Notice | None = None
    interval: Interval | None = None
    margin: Margin | None = None
    person_s: int | None = None
    lasting: bool = False
    slots_per_second: int | None = None
    beat_s: int = 1


def named(scenarios: Sequence[Scenario], name: str) -> Scenario | None:
    """The scenario of this name."""
    return next((one for one in scenarios if one.name == name), None)
