"""A market's time, running a fixed number of times faster than the clock on the wall.

What the market did is released in small slices, so that the loop never waits for long. When the
machine cannot keep up the market slows down: what the bot sees stays the same, only later.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from typing import Final

from bot.model.event import AnyEvent
from bot.model.units import NS_PER_SECOND
from bot.modes.sources import Item, Quiet, time_of
from bot.tape.rows import Block

SLICE_S: Final = 0.05
BEHIND_S: Final = 0.25
"""Time on the wall that may be caught up with; what is beyond is given up."""
TOGETHER: Final = 16
"""So many items may come before others have their turn."""

Entering = Callable[[int], AnyEvent]
"""Makes an event out of the time at which it enters."""


class Paced:
    """Items of a market, each when its time has come, and what people say in between."""

    def __init__(
        self,
        items: Iterator[Block | AnyEvent],
        *,
        start_ns: int,
        speed: float,
        clock: Callable[[], int],
    ) -> None:
        """Begin at a time of the market; clock: ns that never step back.

        speed: seconds of the market in one on the wall.
        """
        self.now_ns = start_ns
        self._items = items
        self._speed = speed
        self._clock = clock
        self._wall_ns = clock()
        self._horizon_ns = start_ns
        self._waiting: Block | AnyEvent | None = None
        self._entering: deque[Entering] = deque()
        self._wake = asyncio.Event()
        self._ended = False
        self._handed = 0

    def enter(self, make: Entering) -> None:
        """Let an event in at the next moment, such as a person's command."""
        self._entering.append(make)
        self._wake.set()

    def end(self) -> None:
        """Let nothing more come."""
        self._ended = True
        self._wake.set()

    async def next(self, due_ns: int) -> Item | None:
        """The next item; `Quiet` when the market said nothing more up to now."""
        del due_ns  # Quiet comes every slice, sooner than anybody could tell.
        self._handed += 1
        if self._handed % TOGETHER == 0:
            # A market that is faster than we are never sleeps, and a person must be heard.
            await asyncio.sleep(0)
        while True:
            if self._entering:
                return self._entering.popleft()(self.now_ns)
            if self._ended:
                return None
            if self._waiting is None:
                self._waiting = next(self._items, None)
                if self._waiting is None:
                    return None
            if time_of(self._waiting) <= self._horizon_ns:
                return self._release(self._waiting)
            if self.now_ns < self._horizon_ns:
                self.now_ns = self._horizon_ns
                return Quiet(self.now_ns + 1)
            await self._sleep()

    def _release(self, item: Block | AnyEvent) -> Block | AnyEvent:
        """Hand over an item, or as much of a block as has happened by now."""
        self._waiting = None
        if not isinstance(item, Block):
            self.now_ns = item.ts_recv
            return item
        cut = item.before(self._horizon_ns + 1)
        if cut < item.stop:
            self._waiting = item.part(cut, item.stop)
            item = item.part(item.start, cut)
        self.now_ns = item.last_ns
        return item

    async def _sleep(self) -> None:
        """Wait for the next slice, and let the market's time go on by what has passed."""
        self._wake.clear()
        try:
            async with asyncio.timeout(SLICE_S):
                await self._wake.wait()
        except TimeoutError:
            pass
        now = self._clock()
        passed = min(now - self._wall_ns, int(BEHIND_S * NS_PER_SECOND))
        self._wall_ns = now
        self._horizon_ns += int(passed * self._speed)
