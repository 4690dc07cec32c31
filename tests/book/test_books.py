import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.book.books import WINDOW_MAX, WINDOW_MIN, Books, Touch, TouchSource, window_for
from bot.book.layout import (
    BASE,
    BOOK_NS,
    CROSSED,
    CROSSING,
    DEPTH,
    GAPS,
    HEARD,
    HEARD_BOOK,
    HEARD_SCALAR,
    HEARD_TOUCH,
    HEARD_TRADE,
    INSIDE,
    KNOWN,
    LADDER,
    LADDER_LOW,
    LAST,
    LEVEL_AT,
    MESSAGES,
    NEVER,
    SCALAR,
    SCALAR_NS,
    SHALLOW,
    STATUS,
    TOP,
    TOUCH_NS,
    TRADE_NS,
    UNBOUNDED,
    WINDOW,
)
from bot.tape.cut import cut
from bot.tape.rows import ASK, BID, SNAPSHOT
from tests.book.histories import (
    BOOK,
    INSTRUMENTS,
    OTHER,
    ROOM,
    TINY,
    long_history,
    short_histories,
)
from tests.book.oracle import OracleBook
from tests.tape.tapes import Message, block_of

SECOND = 1_000_000_000
HEARD_BITS = {
    "book": HEARD_BOOK,
    "touch": HEARD_TOUCH,
    "trade": HEARD_TRADE,
    "scalar": HEARD_SCALAR,
}


def bids(*levels):
    return tuple((0, BID, price, size) for price, size in levels)


def asks(*levels):
    return tuple((0, ASK, price, size) for price, size in levels)


def snapshot(t, *rows):
    return Message(t, t, BOOK, SNAPSHOT, rows)


def delta(t, *rows):
    return Message(t, t, BOOK, 0, rows)


def taken(*messages, books=None):
    books = books or Books(INSTRUMENTS, TINY, ROOM)
    books.take(block_of(messages, INSTRUMENTS))
    return books


def check(books, i, oracle):
    """Everything that a book says, against the slow one."""
    head = books.arrays.head[i]
    status = head[STATUS]
    assert bool(status & KNOWN) == oracle.known
    assert bool(status & CROSSING) == oracle.crossing
    assert bool(status & SHALLOW) == oracle.shallow
    assert books.usable(i) == oracle.usable
    assert books.touch(i) == wanted_touch(oracle)
    assert (head[CROSSED], head[GAPS], head[MESSAGES]) == (
        oracle.crossed,
        oracle.gaps,
        oracle.messages,
    )
    assert head[HEARD] == sum(HEARD_BITS[one] for one in oracle.heard)
    for column, wanted in (
        (BOOK_NS, oracle.book_ns),
        (TOUCH_NS, oracle.touch_ns),
        (TRADE_NS, oracle.trade_ns),
    ):
        assert head[column] == (NEVER if wanted is None else wanted)
    assert tuple(head[LAST : LAST + 3]) == (oracle.last or (0, 0, 0))
    for field in range(4):
        value, t = oracle.scalars.get(field, (0, NEVER))
        assert (head[SCALAR + field], head[SCALAR_NS + field]) == (value, t)
    check_stream(books, i, oracle)
    for side in (BID, ASK):
        check_side(books, i, side, oracle)


def wanted_touch(oracle):
    if not oracle.usable:
        return None
    bid, ask = ((oracle.levels(side) or [(None, 0)])[0] for side in (BID, ASK))
    return Touch(*bid, *ask)


def check_stream(books, i, oracle):
    (bid, bid_size), (ask, ask_size) = oracle.touch[BID], oracle.touch[ASK]
    wanted = Touch(bid if bid_size else None, bid_size, ask if ask_size else None, ask_size)
    if oracle.touch_ns is None or (bid_size and ask_size and bid >= ask):
        wanted = None
    assert books.touch(i, TouchSource.STREAM) == wanted


def check_side(books, i, side, oracle):
    levels = oracle.levels(side)
    for n in (1, 5, LADDER_LOW, 10_000):
        assert books.levels(i, side, n) == levels[:n]
    s = 0 if side == BID else 1
    depth = books.arrays.head[i, DEPTH + s]
    assert depth >= min(len(levels), LADDER_LOW)
    rungs = books.arrays.ladder[i, 2 * s : 2 * s + 2].T.tolist()
    assert [tuple(rung) for rung in rungs] == levels[:depth] + [(0, 0)] * (LADDER - depth)
    for lots in (1, 7, 10_000):
        assert books.impact(i, side, lots) == oracle.impact(side, lots)
    reach = books.reach(i)
    assert (reach is not None) == oracle.known
    if reach is not None:
        whole = (NEVER, UNBOUNDED)[s]
        assert reach[s] == (whole if oracle.reach[side] is None else oracle.reach[side])


def check_layout(books, i):
    """What keeps the book fast: buckets count the window's levels, the window holds the mid."""
    head, level, bucket, _, ladder = books.arrays
    window = head[i, WINDOW]
    for s in range(2):
        at = head[i, LEVEL_AT] + s * window
        counted = np.count_nonzero(level[at : at + window].reshape(-1, 64), axis=1)
        at >>= 6
        assert bucket[at : at + window // 64].tolist() == counted.tolist()
        assert head[i, INSIDE + s] == counted.sum()
    if head[i, STATUS] == KNOWN and head[i, DEPTH] and head[i, DEPTH + 1]:
        mid = (ladder[i, 0, 0] + ladder[i, 2, 0]) // 2
        assert mid - head[i, BASE] <= window * 3 // 4
        assert mid - head[i, BASE] >= window // 4 or head[i, BASE] == 0


def live(history, books):
    """Take a history in message by message and check the book after each."""
    oracles = {name: OracleBook() for name in INSTRUMENTS}
    for message in history:
        oracle = oracles[message.instrument]
        before = [oracle.levels(side) for side in (BID, ASK)]
        books.take(block_of([message], INSTRUMENTS))
        oracle.take(message)
        i = books.index(message.instrument)
        check(books, i, oracle)
        check_layout(books, i)
        check_top(books.arrays.head[i, TOP], message, before, oracle)


def check_top(top, message, before, oracle):
    """No rung better than the one that is said to have changed has changed."""
    untouched = min(top, LADDER_LOW) if not message.flags & SNAPSHOT else 0
    for side, levels in zip((BID, ASK), before, strict=True):
        assert oracle.levels(side)[:untouched] == levels[:untouched]


# --- histories against the slow book ---------------------------------------------------


@settings(max_examples=150)
@given(short_histories())
def test_a_book_says_what_the_slow_book_says_after_every_message(history):
    live(history, Books(INSTRUMENTS, TINY, ROOM))


@pytest.mark.parametrize("seed", range(8))
def test_a_deep_book_through_jumps_says_what_the_slow_book_says(seed):
    live(long_history(seed), Books(INSTRUMENTS, {BOOK: 64, OTHER: 1024}, ROOM))


@given(short_histories(), st.sampled_from([1, 7, 64]))
def test_how_the_tape_is_cut_changes_nothing(history, rows):
    block = block_of(history, INSTRUMENTS)
    whole, cut_up = Books(INSTRUMENTS, TINY, ROOM), Books(INSTRUMENTS, TINY, ROOM)

    whole.take(block)
    for piece in cut(block, rows):
        cut_up.take(piece)

    assert cut_up.canonical() == whole.canonical()


@pytest.mark.parametrize("rows", [1, 7, 64])
def test_how_a_long_tape_is_cut_changes_nothing(rows):
    block = block_of(long_history(seed=9), INSTRUMENTS)
    whole, cut_up = Books(INSTRUMENTS, TINY, ROOM), Books(INSTRUMENTS, TINY, ROOM)

    whole.take(block)
    for piece in cut(block, rows):
        cut_up.take(piece)

    assert cut_up.canonical() == whole.canonical()


@pytest.mark.parametrize("seed", range(2))
def test_neither_windows_nor_room_nor_their_change_on_the_way_change_what_is_known(seed):
    history = long_history(seed)
    narrow, wide = Books(INSTRUMENTS, TINY, ROOM), Books(INSTRUMENTS)

    taken(*history, books=narrow)
    taken(*history[:60], books=wide)
    wide.fit()
    wide.grow()
    taken(*history[60:], books=wide)

    assert wide.canonical() == narrow.canonical()


def test_one_changed_lot_changes_the_canonical_content():
    one = taken(snapshot(1, *bids((10, 1)), *asks((12, 1))))
    other = taken(snapshot(1, *bids((10, 1)), *asks((12, 2))))

    assert one.canonical() != other.canonical()


# --- what is not a price source --------------------------------------------------------


def test_a_book_that_heard_no_snapshot_is_not_usable():
    books = taken(delta(1, *bids((10, 1)), *asks((12, 1))))

    assert not books.usable(0)
    assert books.touch(0) is None
    assert books.reach(0) is None
    assert books.levels(0, BID, 5) == [(10, 1)]


def test_a_gap_makes_a_book_unusable_until_the_next_snapshot():
    start = snapshot(1, *bids((10, 1)), *asks((12, 1)))
    gap = Message(2, 2, BOOK, 2, ())

    books = taken(start, gap, delta(3, *bids((9, 1))))
    lost = books.usable(0)
    taken(snapshot(4, *bids((10, 1)), *asks((12, 1))), books=books)

    assert not lost
    assert books.usable(0)
    assert books.arrays.head[0, GAPS] == 1


@pytest.mark.parametrize("bid", [12, 13], ids=["locked", "crossed"])
def test_a_crossed_book_is_no_price_source_and_is_counted(bid):
    books = taken(snapshot(1, *bids((10, 1)), *asks((12, 1), (14, 1))), delta(2, *bids((bid, 1))))

    crossed = books.touch(0), books.impact(0, ASK, 1), int(books.arrays.head[0, CROSSED])
    taken(delta(3, *asks((12, 0))), books=books)

    assert crossed == (None, (None, False), 1)
    assert books.touch(0) == Touch(bid, 1, 14, 1)


@pytest.mark.parametrize(("lasted", "usable"), [(SECOND, True), (SECOND + 1, False)])
def test_a_book_that_stays_crossed_over_a_second_waits_for_a_snapshot(lasted, usable):
    start = snapshot(1, *bids((10, 1)), *asks((12, 1), (14, 1)))

    books = taken(
        start,
        delta(5, *bids((13, 1))),
        delta(5 + lasted, *bids((3, 1))),
        delta(6 + lasted, *asks((12, 0))),
    )

    assert books.usable(0) == usable
    assert taken(snapshot(9 * SECOND, *bids((10, 1))), books=books).usable(0)


def test_a_snapshot_starts_the_second_of_a_crossed_book_anew():
    crossed = snapshot(1, *bids((13, 1)), *asks((12, 1)))

    books = taken(crossed, crossed._replace(ts_recv=2 * SECOND), delta(3 * SECOND, *bids((13, 0))))

    assert books.usable(0)


def test_a_best_price_beyond_the_reach_is_no_price_source():
    start = snapshot(1, *bids((10, 1), (9, 1)), *asks((12, 1)))

    books = taken(start, delta(2, *bids((10, 0), (9, 0), (7, 5))))

    assert books.arrays.head[0, STATUS] == KNOWN | SHALLOW
    assert books.touch(0) is None
    assert books.levels(0, BID, 9) == [(7, 5)]


def test_depth_beyond_the_reach_does_not_count():
    start = snapshot(1, *bids((10, 1), (9, 1)), *asks((12, 1)))

    books = taken(start, delta(2, *bids((7, 5))))

    assert books.impact(0, BID, 2) == (9.5, True)
    assert books.impact(0, BID, 3) == (9.5, False)


def test_a_side_that_the_snapshot_showed_empty_is_known_whole():
    books = taken(snapshot(1, *bids((10, 1))), delta(2, *asks((500, 3))))

    assert books.touch(0) == Touch(10, 1, 500, 3)
    assert books.reach(0) == (10, UNBOUNDED)
    assert books.impact(0, ASK, 3) == (500.0, True)


def test_a_one_sided_book_has_no_price_on_the_empty_side():
    books = taken(snapshot(1, *asks((12, 4))))

    assert books.touch(0) == Touch(None, 0, 12, 4)
    assert books.impact(0, BID, 1) == (None, False)


def test_the_stream_of_best_prices_is_never_mixed_with_the_book():
    stream = ((2, BID, 20, 1), (2, ASK, 21, 0))

    books = taken(snapshot(1, *bids((10, 1)), *asks((12, 1))), delta(2, *stream))

    assert books.touch(0) == Touch(10, 1, 12, 1)
    assert books.touch(0, TouchSource.STREAM) == Touch(20, 1, None, 0)
    assert books.touch(1, TouchSource.STREAM) is None


# --- windows ---------------------------------------------------------------------------


@pytest.mark.parametrize("price", [1, 9_000, 600_000, 1_000_000])
def test_a_window_holds_half_a_percent_on_both_sides_before_it_moves(price):
    window = window_for(price)

    assert window // 4 >= price * 50 // 10_000
    assert window & (window - 1) == 0


def test_windows_stay_between_their_bounds():
    assert window_for(1) == WINDOW_MIN
    assert window_for(50_000_000) == WINDOW_MAX


def test_books_are_fitted_to_the_prices_that_they_show():
    books = taken(snapshot(1, *bids((600_000, 1)), *asks((618_219, 1))))

    books.fit()

    assert books.arrays.head[:, WINDOW].tolist() == [65_536, 64]
    assert books.touch(0) == Touch(600_000, 1, 618_219, 1)


def test_a_window_that_holds_nothing_is_refused():
    with pytest.raises(ValueError, match="window: got 48, expected a power of two from 64 on"):
        Books(INSTRUMENTS, {BOOK: 48})
