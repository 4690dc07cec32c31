"""Hard lives for books: prices that jump, sides that vanish, snapshots, gaps and crossings."""

import hashlib
from itertools import accumulate
from random import Random

from hypothesis import strategies as st

from bot.book.books import Books
from bot.model.units import InstrumentId
from bot.tape.rows import ASK, BID, ESTIMATED, GAP, LEVEL, SCALAR, SNAPSHOT, TOUCH, TRADE
from tests.tape.tapes import Message, Row, block_of

BOOK = InstrumentId("venue:BTC/USDT")
OTHER = InstrumentId("venue:ETH/USDT")
INSTRUMENTS = (BOOK, OTHER)
TINY = dict.fromkeys(INSTRUMENTS, 64)
"""Windows so narrow that prices leave them all the time."""
ROOM = 8
"""Room so small that it grows all the time."""

sides = st.sampled_from([BID, ASK])
# Near zero, where the window cannot go lower, far up, and in between.
centres = st.sampled_from([5, 100, 140, 618_219])
prices = st.builds(lambda centre, away: max(1, centre + away), centres, st.integers(-40, 40))
level_rows = st.tuples(st.just(LEVEL), sides, prices, st.integers(0, 3))
rows = st.one_of(
    level_rows,
    level_rows,
    level_rows,
    st.tuples(st.just(TRADE), sides, prices, st.integers(1, 3)),
    st.tuples(st.just(TOUCH), sides, prices, st.integers(0, 3)),
    st.tuples(st.just(SCALAR), st.integers(0, 3), prices, st.just(0)),
)
flags = st.sampled_from([0] * 8 + [ESTIMATED, GAP, SNAPSHOT, SNAPSHOT, SNAPSHOT | GAP])


@st.composite
def short_histories(draw: st.DrawFn) -> list[Message]:
    """A few messages that hypothesis can make smaller when they fail."""
    steps = draw(st.lists(st.tuples(st.sampled_from([0, 1, 600_000_000]), flags), max_size=30))
    times = accumulate(step for step, _ in steps)
    return [
        Message(t, t, draw(st.sampled_from(INSTRUMENTS)), flag, tuple(draw(st.lists(rows))))
        for t, (_, flag) in zip(times, steps, strict=True)
    ]


def long_history(seed: int, messages: int = 300) -> list[Message]:
    """A market that walks and sometimes jumps, with a deep book on both sides.

    Sides overlap now and then, and mostly come apart again before a second is over.
    """
    random = Random(seed)
    centre, t = 10_000, 0
    made = []
    for k in range(messages):
        jumps = random.random() < 0.05
        if jumps:
            centre = max(200, centre + random.choice([-3_000, -90, -40, 40, 90, 3_000]))
        shown = k < 2 or (jumps and random.random() < 0.8)
        flag = SNAPSHOT if shown else random.choice([0] * 80 + [GAP])
        overlap = 3 if random.random() < 0.05 else 0
        rows = () if shown or overlap or random.random() < 0.3 else _apart(centre)
        count = random.choice([0, 1, 150, 150]) if shown else random.choice([0, 1, 3, 60])
        rows += tuple(_row(random, centre, overlap) for _ in range(count))
        if random.random() < 0.1:
            rows += _swept(random.choice([BID, ASK]), centre, random.choice([30, 90]))
        t += random.choice([0, 1_000, 100_000_000])
        made.append(
            Message(t, t, INSTRUMENTS[k] if k < 2 else random.choice(INSTRUMENTS), flag, rows)
        )
    return made


def _row(random: Random, centre: int, overlap: int) -> Row:
    side = random.choice([BID, ASK])
    price = max(1, centre - side * (int(random.expovariate(1 / 60)) + 1 - overlap))
    kind = random.choice([LEVEL] * 12 + [TRADE, TOUCH])
    return kind, side, price, 0 if random.random() < 0.4 else random.randint(1, 9)


def _apart(centre: int) -> tuple[Row, ...]:
    """Rows that leave no bid above the centre and no ask below it, known levels or not."""
    return tuple(
        (LEVEL, side, centre - side * away, 0) for side in (BID, ASK) for away in range(-4, 1)
    )


def _swept(side: int, centre: int, depth: int) -> tuple[Row, ...]:
    """Rows that take a side off from the touch down, past the end of its ladder."""
    return tuple((LEVEL, side, max(1, centre - side * away), 0) for away in range(depth))


def digest(seeds: int = 3) -> str:
    """One name for all that the books say through some long histories."""
    said = hashlib.blake2b(digest_size=12)
    for seed in range(seeds):
        books = Books(INSTRUMENTS, TINY, ROOM)
        for message in long_history(seed):
            books.take(block_of([message], INSTRUMENTS))
            said.update(books.canonical())
            for i in range(len(INSTRUMENTS)):
                said.update(repr((books.impact(i, BID, 7), books.impact(i, ASK, 70))).encode())
                said.update(repr(books.levels(i, BID, 10)).encode())
    return said.hexdigest()
