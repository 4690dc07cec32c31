"""Where a simulated source stands at the beginning of a second, so that it can go on from there.

Without it whoever takes a market up again in the middle would have to live through all that
was before. Random words need no place of their own: how many were taken follows from the time.
"""

from msgspec import Struct

KEPT = 64
"""Chunks of the past that are kept: readers are ahead of whoever asks by one or two."""


class Rows(Struct, frozen=True):
    """What a reader of rows carries from one second to the next."""

    price: list[int]
    premium: list[int] | None
    orders: list[int]
    levels: list[list[int]]


class Events(Struct, frozen=True):
    """What a reader of events carries from one second to the next."""

    price: list[int]
    premium: list[int] | None
    funding: list[int] | None
    interest: int | None


class Standing(Struct, frozen=True):
    """A source at the beginning of a second.

    rows: None for options, which have no book. events: None where they follow from the time.
    """

    at_ns: int
    rows: Rows | None
    events: Events | None


class Trail:
    """Where the readers of a source stood when they began each of their last chunks."""

    def __init__(self, *, rows: bool, events: bool) -> None:
        """Nobody has read yet. rows, events: what has places to go on from."""
        self._wanted = (rows, events)
        self.rows: dict[int, Rows] = {}
        self.events: dict[int, Events] = {}

    def keep(self, at_ns: int, stood: Rows | Events) -> None:
        """Remember where a reader stands, and forget what is long past."""
        kept: dict[int, Rows] | dict[int, Events]
        if isinstance(stood, Rows):
            self.rows[at_ns] = stood
            kept = self.rows
        else:
            self.events[at_ns] = stood
            kept = self.events
        while len(kept) > KEPT:
            del kept[min(kept)]

    def before(self, now_ns: int) -> Standing | None:
        """The last place before a time that every reader has passed."""
        rows, events = self._wanted
        times = set(self.rows) if rows else set(self.events)
        if rows and events:
            times &= set(self.events)
        at_ns = max((each for each in times if each <= now_ns), default=None)
        if at_ns is None:
            return None
        return Standing(at_ns, self.rows.get(at_ns), self.events.get(at_ns))
