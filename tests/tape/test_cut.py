import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.tape.cut import cut, join
from bot.tape.rows import CONTINUES, OPEN, SNAPSHOT
from tests.tape.tapes import NAMES, Message, block_of, message_lists, messages_of

ROWS = tuple((0, 1, price, 1) for price in range(5))
THREE = [
    Message(1, 1, NAMES[0], SNAPSHOT, ROWS),
    Message(2, 2, NAMES[1], 0, ()),
    Message(3, 3, NAMES[0], 0, ROWS[:1]),
]


@given(message_lists(NAMES), st.integers(1, 9), st.data())
def test_pieces_joined_are_the_block_again(messages, rows, data):
    block = block_of(messages, NAMES)
    start = data.draw(st.integers(0, len(messages)))
    block = block.part(start, data.draw(st.integers(start, len(messages))))

    pieces = list(cut(block, rows))

    assert messages_of(join(pieces)) == messages_of(block)


@given(message_lists(NAMES), st.integers(1, 9))
def test_all_pieces_but_the_last_have_exactly_so_many_rows(messages, rows):
    block = block_of(messages, NAMES)

    counts = [piece.rows for piece in cut(block, rows)]

    assert sum(counts) == block.rows
    assert all(count == rows for count in counts[:-1])
    assert counts[-1] <= rows


@given(message_lists(NAMES), st.integers(1, 5), st.integers(1, 9))
def test_pieces_can_be_cut_again(messages, rows, again):
    block = block_of(messages, NAMES)

    pieces = [smaller for piece in cut(block, rows) for smaller in cut(piece, again)]

    assert messages_of(join(pieces)) == messages_of(block)


def test_a_message_that_is_cut_says_so_on_both_sides():
    block = block_of(THREE, NAMES)

    pieces = [messages_of(piece) for piece in cut(block, 2)]

    assert [[(m.ts_recv, m.flags, len(m.rows)) for m in piece] for piece in pieces] == [
        [(1, SNAPSHOT | OPEN, 2)],
        [(1, SNAPSHOT | OPEN | CONTINUES, 2)],
        [(1, SNAPSHOT | CONTINUES, 1), (2, 0, 0), (3, 0, 1)],
    ]


def test_a_cut_copies_no_rows():
    block = block_of(THREE, NAMES)

    pieces = list(cut(block, 2))

    assert all(np.shares_memory(piece.price, block.price) for piece in pieces)


def test_a_block_that_fits_stays_itself():
    block = block_of(THREE, NAMES)

    assert list(cut(block, 6)) == [block]


def test_pieces_of_no_rows_are_refused():
    with pytest.raises(ValueError, match="rows: got 0, expected 1 or more"):
        list(cut(block_of(THREE, NAMES), 0))


def test_a_missing_piece_is_noticed():
    *_, last = cut(block_of(THREE, NAMES), 2)

    with pytest.raises(AssertionError, match="missing"):
        join([block_of(THREE[1:], NAMES), last])
