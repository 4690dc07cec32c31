"""What the venue has yet to do besides reading rows, in the order of its own time."""

import enum
import heapq
from typing import Final

from msgspec import Struct

from bot.model.command import Approved, Cancel
from bot.model.event import Event, MarketEvent
from bot.tape.venue_order import FOREVER
from bot.venues.simulated.funding import Due

# Ranks of actions at one venue time; the market's rows come before them all.
NEWS: Final = 0
RECOVERY: Final = 1
ARRIVAL: Final = 2
SETTLEMENT: Final = 3


class Settlement(Struct, frozen=True):
    """A settlement of funding falls due."""

    i: int
    due: Due


class Recovery(Struct, frozen=True):
    """Our impact on an instrument has decayed."""

    i: int


class Work(enum.StrEnum):
    """What the clearing house does at times of its own."""

    MARK = "mark"
    AVERAGE = "average"
    EXPIRY = "expiry"
    SESSION = "session"
    ACCRUAL = "accrual"
    INTEREST = "interest"


class Task(Struct, frozen=True):
    """Work of the clearing house falls due, in an instrument where it concerns one."""

    work: Work
    i: int


Action = Approved | Cancel | MarketEvent | Settlement | Recovery | Task
Entry = tuple[int, int, int, Action]


class Agenda:
    """Actions by venue time, rank and order of entry."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._entered = 0

    @property
    def next_ns(self) -> int:
        """When the next action is due."""
        return self._entries[0][0] if self._entries else FOREVER

    @property
    def in_flight(self) -> list[tuple[int, Approved | Cancel]]:
        """Commands on their way, and when they arrive."""
        return [
            (at_ns, action)
            for at_ns, _, _, action in sorted(self._entries)
            if isinstance(action, Approved | Cancel)
        ]

    @property
    def news(self) -> list[tuple[int, MarketEvent]]:
        """Market events that the venue has yet to hear, and when it does."""
        return [
            (at_ns, action)
            for at_ns, _, _, action in sorted(self._entries)
            if isinstance(action, Event)
        ]

    def add(self, at_ns: int, rank: int, action: Action) -> None:
        """Plan an action."""
        self._entered += 1
        heapq.heappush(self._entries, (at_ns, rank, self._entered, action))

    def pop(self) -> Action:
        """The next action."""
        return heapq.heappop(self._entries)[3]
