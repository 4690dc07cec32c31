"""Hard lives for signals: books that jump, vanish, cross and gap; quiet spells and new rates."""

from itertools import accumulate
from random import Random

from hypothesis import strategies as st

from bot.model.units import InstrumentId
from bot.tape.rows import (
    ASK,
    BID,
    ESTIMATED,
    GAP,
    INDEX,
    LEVEL,
    MARK,
    SCALAR,
    SCALAR_SCALE,
    SNAPSHOT,
    TOUCH,
    TRADE,
)
from tests.signals.harness import PERP, SECOND, SPOT, T0, Funding
from tests.tape.tapes import Message, Row

CENTRE = 10_000
"""Ticks: one is 1 bp, so that levels lie inside and outside of all that signals look at."""
INTERVAL_HOURS = 0.05
"""Three minutes, so that settlements pass."""

sides = st.sampled_from([BID, ASK])
near = st.builds(lambda away: CENTRE + away, st.integers(-12, 12))
prices = st.one_of(near, near, st.builds(lambda away: CENTRE + away, st.integers(-90, 90)))
sizes = st.sampled_from([0, 0, 1, 2, 3, 40])
levels = st.tuples(st.just(LEVEL), sides, prices, sizes)
apart = st.tuples(sides, st.integers(1, 70), sizes).map(
    lambda made: (LEVEL, made[0], CENTRE - made[0] * made[1], made[2])
)
"""Levels that do not cross, as long as the book stays around its centre."""
trades = st.tuples(st.just(TRADE), sides, near, st.integers(1, 5))
touches = st.tuples(near, st.integers(0, 3), st.integers(-1, 5), st.integers(0, 3)).map(
    lambda made: (
        (TOUCH, BID, made[0], made[1]),
        (TOUCH, ASK, made[0] + made[2], made[3]),
    )
)
scalars = st.tuples(
    st.just(SCALAR),
    st.sampled_from([MARK, INDEX, INDEX]),
    near.map(lambda ticks: ticks * SCALAR_SCALE // 2),
    st.just(0),
)
steps = st.sampled_from([0, 1, 1_000_000, 100_000_000, SECOND, 3 * SECOND, 40 * SECOND])
flags = st.sampled_from([0] * 12 + [ESTIMATED, GAP, SNAPSHOT, SNAPSHOT | GAP])


@st.composite
def sound_books(draw: st.DrawFn) -> tuple[Row, ...]:
    """A whole book whose sides stay apart."""
    mid = CENTRE + draw(st.integers(-9, 9))
    away = st.lists(st.integers(1, 60), unique=True, min_size=draw(st.integers(0, 9)), max_size=12)
    return tuple(
        (LEVEL, side, mid - side * distance, draw(st.integers(1, 9)))
        for side in (BID, ASK)
        for distance in draw(away)
    )


@st.composite
def bodies(draw: st.DrawFn, flag: int) -> tuple[Row, ...]:
    if flag & SNAPSHOT and draw(st.integers(0, 9)) < 8:
        return draw(sound_books())
    kind = draw(st.integers(0, 9))
    if kind < 5:
        return tuple(draw(st.lists(st.one_of(apart, apart, apart, levels), max_size=4)))
    if kind < 7:
        return draw(touches)
    if kind < 8:
        return tuple(draw(st.lists(scalars, min_size=1, max_size=2)))
    return tuple(draw(st.lists(trades, min_size=1, max_size=3)))


@st.composite
def openings(draw: st.DrawFn, instruments: tuple[InstrumentId, ...]) -> list[Message | Funding]:
    """Mostly all that makes a market known; sometimes parts of it are missing."""
    items: list[Message | Funding] = []
    for name in instruments:
        told: list[Message | Funding] = [
            Message(T0, T0, name, SNAPSHOT, draw(sound_books())),
            Message(T0, T0, name, 0, ((SCALAR, INDEX, CENTRE * SCALAR_SCALE // 2, 0),)),
            _funding(T0, name, 0.0002),
        ]
        items += [item for item in told if draw(st.integers(0, 9)) < 8]
    return items


@st.composite
def histories(
    draw: st.DrawFn, instruments: tuple[InstrumentId, ...] = (PERP,), size: int = 25
) -> list[Message | Funding]:
    """Some messages and funding rates that hypothesis can make smaller when they fail."""
    chosen = draw(
        st.lists(st.tuples(steps, flags), min_size=draw(st.integers(0, size)), max_size=size)
    )
    items = draw(openings(instruments))
    for t, (_, flag) in zip(accumulate(step for step, _ in chosen), chosen, strict=True):
        name = draw(st.sampled_from(instruments))
        if draw(st.integers(0, 9)) == 0:
            rate = draw(st.sampled_from([-0.0005, 0.0, 0.0001, 0.002]))
            items.append(_funding(T0 + t, name, rate))
        else:
            items.append(Message(T0 + t, T0 + t, name, flag, draw(bodies(flag))))
    return items


def _funding(t: int, name: InstrumentId, rate: float) -> Funding:
    interval = round(INTERVAL_HOURS * 3600) * SECOND
    return Funding(t, name, rate, INTERVAL_HOURS, (t // interval + 1) * interval)


def long_history(
    seed: int, messages: int = 400, instruments: tuple[InstrumentId, ...] = (PERP, SPOT)
) -> list[Message | Funding]:
    """A market that walks, with a dense book, a touch stream, trades, an index and funding.

    Now and then it gaps and shows itself anew; a funding rate comes every ten messages.
    """
    random = Random(seed)
    items: list[Message | Funding] = []
    t, centre = T0, float(CENTRE)
    for k in range(messages):
        t += random.choice([0, 1_000, 50_000_000, 700_000_000, 4 * SECOND])
        centre += random.gauss(0, 0.4)
        name = random.choice(instruments)
        if k % 10 == 9:
            items.append(_funding(t, name, random.choice([0.0001, 0.0003, -0.0002])))
            continue
        flag, rows = _turn(random, k, round(centre), len(instruments))
        items.append(Message(t, t, instruments[k] if k < len(instruments) else name, flag, rows))
    return items


def _turn(random: Random, k: int, mid: int, shown: int) -> tuple[int, tuple[Row, ...]]:
    """Flags and rows of the next message around a mid."""
    if k < shown or random.random() < 0.06:
        return SNAPSHOT, _book(random, mid)
    if random.random() < 0.02:
        return GAP, ()
    kind = random.random()
    if kind < 0.6:
        return 0, (*_apart(mid), *(_level(random, mid) for _ in range(random.randint(1, 12))))
    if kind < 0.75:
        spread = random.randint(1, 2)
        return 0, (
            (TOUCH, BID, mid - spread, random.randint(1, 50)),
            (TOUCH, ASK, mid + 1, random.randint(1, 50)),
        )
    if kind < 0.85:
        price = (mid + random.randint(-6, 6)) * SCALAR_SCALE // 2
        return 0, ((SCALAR, INDEX, price, 0),)
    side = random.choice([BID, ASK])
    return 0, ((TRADE, side, mid + side, random.randint(1, 30)),)


def _book(random: Random, mid: int) -> tuple[Row, ...]:
    return tuple(
        (LEVEL, side, mid - side * away, random.randint(1, 60))
        for side in (BID, ASK)
        for away in range(1, 90)
        if away < 5 or random.random() < 0.8
    )


def _apart(mid: int) -> tuple[Row, ...]:
    """Rows that leave no bid at or above the mid and no ask at or below it."""
    return tuple(
        (LEVEL, side, mid - side * away, 0) for side in (BID, ASK) for away in range(-3, 1)
    )


def _level(random: Random, mid: int) -> Row:
    side = random.choice([BID, ASK])
    away = 1 + int(random.expovariate(1 / 12))
    return LEVEL, side, mid - side * away, random.choice([0, *range(1, 60, 7)])
