import math

import numpy as np
import pytest

from bot import END, LEVEL
from bot.signals.price import log_mid

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
