import math

import numpy as np
import pytest

from bot import ASK, BID, END, LEVEL, TOUCH
from bot.signals.price import log_mid, log_touch_mid

TICK = 0.5


def asked(bid: int, bid_size: int, ask: int, ask_size: int, kind: int = END) -> float:
    ladder = np.zeros((4, 32), np.int64)
    ladder[:, 0] = bid, bid_size, ask, ask_size
    return log_mid(kind, 1, 0, 0, 0, 0, ladder, np.array([TICK]), np.zeros(1))


def test_the_log_mid_is_the_mid_in_quote():
    assert math.exp(asked(199, 3, 201, 3) / 1e4) == pytest.approx(100.0)


def test_a_basis_point_more_is_one_more():
    assert asked(100_010, 1, 100_010 + 2, 1) - asked(100_000, 1, 100_002, 1) == pytest.approx(
        1.0, abs=1e-4
    )


@pytest.mark.parametrize("book", [(199, 0, 201, 3), (199, 3, 0, 0), (201, 3, 201, 3)])
def test_the_log_mid_is_unknown_without_two_sides_that_do_not_cross(book):
    assert math.isnan(asked(*book))


def test_it_is_asked_at_the_end_of_a_message_only():
    assert math.isnan(asked(199, 3, 201, 3, kind=LEVEL))


def touched(*rows: tuple[int, int, int]) -> float:
    """What the mid of the touch stream is after these rows of side, price and size."""
    ladder, param, state = np.zeros((4, 32), np.int64), np.array([TICK]), np.zeros(4)
    for side, price, size in rows:
        shown = log_touch_mid(TOUCH, side, price, size, 0, 0, ladder, param, state)
        assert math.isnan(shown)
    ladder[:, 0] = 150, 1, 152, 1  # The book, which is none of its business.
    log_touch_mid(LEVEL, BID, 150, 1, 0, 0, ladder, param, state)
    return log_touch_mid(END, 1, 0, 0, 0, 0, ladder, param, state)


def test_the_mid_of_the_touch_stream_is_that_of_what_it_said_last():
    rows = (BID, 197, 3), (ASK, 203, 1), (BID, 199, 3), (ASK, 201, 2)

    assert math.exp(touched(*rows) / 1e4) == pytest.approx(100.0)


@pytest.mark.parametrize(
    "rows",
    [
        (),
        ((BID, 199, 3),),
        ((BID, 199, 3), (ASK, 201, 0)),
        ((BID, 201, 3), (ASK, 201, 3)),
    ],
)
def test_the_mid_of_the_touch_stream_is_unknown_without_two_sides_that_do_not_cross(rows):
    assert math.isnan(touched(*rows))
