"""Messages put back into the order in which the venue made them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.tape.builder import BlockBuilder
from bot.tape.columns import columns
from bot.tape.rows import CONTINUES, OPEN, TRADE, Block
from bot.tape.venue_order import FOREVER, Ordered, VenueOrder

NAMES = ("a:x", "a:y")
LATENESS = 10

# A message: nanoseconds since the last one, how long it was under way, its instrument, its rows.
messages = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, 25), st.integers(0, 1), st.integers(0, 4)),
    max_size=30,
)


def block(history) -> Block:
    """The history as one block; each row's size tells which message it belongs to."""
    builder, now = BlockBuilder(NAMES), 100
    for m, (wait, under_way, instrument, rows) in enumerate(history):
        now += wait
        builder.begin(now, now - under_way, instrument)
        for r in range(rows):
            builder.row(TRADE, 1, r, m)
        builder.end()
    return builder.take()


def flat(released: list[list[Ordered]]) -> list[tuple[int, ...]]:
    """Pieces as messages: key, instrument, flags, then the rows' prices and sizes."""
    out: list[tuple[int, ...]] = []
    for each in (piece for pieces in released for piece in pieces):
        for m in range(len(each.key)):
            rows = range(int(each.begin[m]), int(each.end[m]))
            head = (each.key[m], each.instrument[m], each.flags[m])
            body = [value for r in rows for value in (each.price[r], each.size[r])]
            out.append(tuple(int(value) for value in (*head, *body)))
    return out


def expected(history) -> list[tuple[int, ...]]:
    """Slow and clear: every key, then one stable sort."""
    now, keyed = 100, []
    for m, (wait, under_way, instrument, rows) in enumerate(history):
        now += wait
        key = max(now - under_way, now - LATENESS)
        body = [value for r in range(rows) for value in (r, m)]
        keyed.append((key, instrument, 0, *body))
    return sorted(keyed, key=lambda message: message[0])


def through(order: VenueOrder, blocks) -> list[list[Ordered]]:
    return [*(order.push(each) for each in blocks), order.finish()]


def cut(whole: Block, rows: int) -> list[Block]:
    """The block in pieces of so many rows, cutting messages where they fall."""
    pieces, at = [], 0
    for m in range(whole.messages):
        left, first = int(whole.first[m + 1] - whole.first[m]), int(whole.first[m])
        done = False
        while not done:
            take = min(left, rows - at)
            flags = (0 if first == whole.first[m] else CONTINUES) | (OPEN if take < left else 0)
            pieces.append((m, first, take, flags, at == 0))
            first, left, at = first + take, left - take, (at + take) % rows
            done = left == 0
    blocks: list[Block] = []
    builder = BlockBuilder(NAMES)
    for m, first, take, flags, fresh in pieces:
        if fresh and builder.messages:
            blocks.append(builder.take())
        builder.begin(
            int(whole.ts_recv[m]), int(whole.ts_venue[m]), int(whole.instrument[m]), flags
        )
        for r in range(first, first + take):
            builder.row(*(int(c[r]) for c in (whole.kind, whole.side, whole.price, whole.size)))
        builder.end()
    return [*blocks, builder.take()]


@given(messages)
def test_the_order_is_by_key_and_then_by_arrival(history):
    out = through(VenueOrder(LATENESS), [block(history)])

    assert flat(out) == expected(history)


@given(messages, st.sampled_from([1, 2, 3, 7]))
def test_cutting_the_input_anywhere_changes_nothing(history, rows):
    out = through(VenueOrder(LATENESS), cut(block(history), rows))

    assert flat(out) == expected(history)


@given(messages, st.integers(1, 5))
def test_what_is_known_has_come_out_and_nothing_else_precedes_it(history, size):
    whole, order, out = block(history), VenueOrder(LATENESS), []

    for start in range(0, whole.messages, size):
        before = order.known_ns
        out += flat([order.push(whole.part(start, min(start + size, whole.messages)))])
        due = [m for m in expected(history) if m[0] <= order.known_ns]

        assert order.known_ns >= before
        assert out[: len(due)] == due
        assert all(message[0] <= order.known_ns + 1 for message in out)


def test_a_message_comes_out_as_soon_as_nothing_can_precede_it():
    whole, order = block([(0, 5, 0, 1), (3, 0, 0, 1), (7, 0, 0, 1)]), VenueOrder(LATENESS)

    first, second, third = (flat([order.push(whole.part(m, m + 1))]) for m in range(3))

    assert (first, second) == ([], [])
    assert [message[0] for message in third] == [95]


def test_silence_settles_what_waits():
    order = VenueOrder(LATENESS)

    assert order.push(block([(0, 0, 0, 1)])) == []
    assert order.quiet_until(109) == []
    assert flat([order.quiet_until(110)]) == [(100, 0, 0, 0, 0)]
    assert order.known_ns == 99


def test_the_end_of_the_tape_lets_everything_out():
    order = VenueOrder(LATENESS)
    order.push(block([(0, 0, 0, 1), (1, 0, 0, 1)]))

    assert len(flat([order.finish()])) == 2
    assert order.known_ns == FOREVER


def test_rows_stay_where_they_are_but_for_those_that_change_places():
    order = VenueOrder(LATENESS)
    late, early = block([(0, 0, 0, 1)]), block([(1, 9, 0, 1), (30, 0, 0, 1)])
    order.push(late)

    (mixed,), (rest,) = order.push(early), order.finish()

    assert [message[0] for message in flat([[mixed]])] == [92, 100]
    assert mixed.price is not early.price
    assert rest.price is early.price


def test_an_open_message_waits_for_its_end_and_no_time_passes_it():
    order = VenueOrder(0)
    pieces = cut(block([(0, 0, 0, 3)]), 2)

    assert order.push(pieces[0]) == []
    assert order.quiet_until(500) == []
    assert order.known_ns == 99
    assert flat([order.push(pieces[1])]) == [(100, 0, 0, 0, 0, 1, 0, 2, 0)]


def test_a_negative_lateness_is_refused():
    with pytest.raises(ValueError, match="lateness_ns"):
        VenueOrder(-1)


def test_columns_are_the_arrays_of_the_block_themselves():
    whole = block([(0, 0, 1, 2)])

    rows = columns(whole)

    assert rows.price is whole.price
    assert all(np.shares_memory(getattr(whole, name), getattr(rows, name)) for name in rows._fields)
