"""What the venue has yet to do besides reading rows, in the order of its own time."""

import enum
import heapq
from typing import Final, cast

from msgspec import Struct

from bot.model.event import Event, MarketEvent
from bot.model.units import AccountId
from bot.tape.venue_order import FOREVER
from bot.venues.simulated.funding import Due
from bot.venues.simulated.requests import Request

# Ranks of actions at one venue time; the market's rows come before them all.
NEWS: Final = 0
RECOVERY: Final = 1
EXPIRY: Final = 2
DEADLINE: Final = 3
ARRIVAL: Final = 4
SETTLEMENT: Final = 5


class Settlement(Struct, frozen=True):
    """A settlement of funding falls due."""

    i: int
    due: Due


class Recovery(Struct, frozen=True):
    """Our impact on an instrument has decayed."""

    i: int


class Expiry(Struct, frozen=True):
    """The time of an order is over, by the number that it has."""

    number: int


class Deadline(Struct, frozen=True):
    """A countdown ends. i: of the instrument, or a number below 0 for all."""

    account: AccountId
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


Action = Request | MarketEvent | Settlement | Recovery | Expiry | Deadline | Task
Entry = tuple[int, int, int, Action]


class Agenda:
    """Actions by venue time, rank and order of entry.

    arriving: how many requests are on their way.
    """

    def __init__(self) -> None:
        self.arriving = 0
        self._entries: list[Entry] = []
        self._entered = 0

    @property
    def next_ns(self) -> int:
        """When the next action is due."""
        return self._entries[0][0] if self._entries else FOREVER

    @property
    def in_flight(self) -> list[tuple[int, Request]]:
        """Requests on their way, and when they arrive."""
        return [
            (at_ns, cast(Request, action))
            for at_ns, rank, _, action in sorted(self._entries)
            if rank == ARRIVAL
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
        self.arriving += rank == ARRIVAL
        heapq.heappush(self._entries, (at_ns, rank, self._entered, action))

    def pop(self) -> Action:
        """The next action."""
        _, rank, _, action = heapq.heappop(self._entries)
        self.arriving -= rank == ARRIVAL
        return action
