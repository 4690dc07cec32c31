"""A book as clients see it: every change has a number, and none is ever missing.

What is shown is the venue's own book, less what clients took, with what they have resting.
Changes are found by comparing, so that a snapshot and the changes after it always fit.
"""

import numpy as np
from msgspec import Struct, field

from bot.book.arrays import Book
from bot.book.layout import BASE, FAR, LEVEL_AT, WINDOW

FIRST_ID = 1_000_000
"""Clients tell a number of theirs from none; venues' are never small."""

Levels = dict[int, int]
"""Lots by price in ticks."""


class Batch(Struct):
    """What has changed since it was last emptied. first: the number of the first change."""

    first: int = 0
    last_sent: int = FIRST_ID
    bids: Levels = field(default_factory=dict)
    asks: Levels = field(default_factory=dict)


class Depth:
    """The public book of one instrument. number: of its last change; changed_ns: its time."""

    def __init__(self) -> None:
        self.bids: Levels = {}
        self.asks: Levels = {}
        self.number = FIRST_ID
        self.changed_ns = 0
        self.batches: dict[int, Batch] = {}

    def show(self, bids: Levels, asks: Levels, at_ns: int) -> bool:
        """Go over to another book; says whether anything is different."""
        changes = [_changes(self.bids, bids), _changes(self.asks, asks)]
        count = len(changes[0]) + len(changes[1])
        if not count:
            return False
        first = self.number + 1
        self.number += count
        self.bids, self.asks, self.changed_ns = bids, asks, at_ns
        for batch in self.batches.values():
            batch.first = batch.first or first
            batch.bids.update(changes[0])
            batch.asks.update(changes[1])
        return True

    def batch(self, pace_ms: int) -> Batch:
        """What gathers changes for everyone who hears of them so often."""
        found = self.batches.get(pace_ms)
        if found is None:
            found = self.batches[pace_ms] = Batch(last_sent=self.number)
        return found

    def take(self, pace_ms: int) -> tuple[int, int, Levels, Levels] | None:
        """First change, the last one told before, bids, asks; None when nothing has changed."""
        batch = self.batches[pace_ms]
        if not batch.first:
            return None
        told = batch.first, batch.last_sent, batch.bids, batch.asks
        self.batches[pace_ms] = Batch(last_sent=self.number)
        return told

    def best(self) -> tuple[tuple[int, int] | None, tuple[int, int] | None]:
        """Price and lots of the touch; None where a side is empty."""
        bid, ask = max(self.bids, default=None), min(self.asks, default=None)
        return (
            None if bid is None else (bid, self.bids[bid]),
            None if ask is None else (ask, self.asks[ask]),
        )

    def top(self, n: int) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """The best levels of both sides, best first."""
        bids = sorted(self.bids.items(), reverse=True)[:n]
        return bids, sorted(self.asks.items())[:n]


def levels(book: Book, i: int, s: int) -> Levels:
    """Every level of a side of one book."""
    head, far = book.head, book.far
    at = head[i, LEVEL_AT] + s * head[i, WINDOW]
    window = book.level[at : at + head[i, WINDOW]]
    inside = np.flatnonzero(window)
    base, count = int(head[i, BASE]), int(head[i, FAR + s])
    found = dict(zip((inside + base).tolist(), window[inside].tolist(), strict=True))
    found.update(zip(far[i, s, 0, :count].tolist(), far[i, s, 1, :count].tolist(), strict=True))
    return found


def _changes(before: Levels, after: Levels) -> Levels:
    if before == after:
        return {}
    changed = {price: size for price, size in after.items() if before.get(price) != size}
    changed.update((price, 0) for price in before.keys() - after.keys())
    return changed
