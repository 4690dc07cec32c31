"""The interval of funding from the settlements that a stream names one after the other."""

import pytest

from bot.feeds.turns import SettlementTurns
from bot.model.units import NS_PER_HOUR

SECOND = 1_000_000_000
HOUR = NS_PER_HOUR
NOON = 1_764_028_800 * SECOND


def seen(*words):
    turns = SettlementTurns()
    for at_ns, settles_ns in words:
        turns.see(at_ns, settles_ns)
    return turns.interval_ns


BEFORE, AFTER = (NOON - SECOND, NOON), NOON + SECOND


@pytest.mark.parametrize("hours", [1, 4, 8])
def test_an_interval_is_known_when_a_settlement_was_seen_to_turn(hours):
    assert seen(BEFORE) is None
    assert seen(BEFORE, (AFTER, NOON + hours * HOUR)) == hours * HOUR


def test_an_interval_that_switches_is_followed_at_once():
    eight = (AFTER, NOON + 8 * HOUR)
    last = (NOON + 8 * HOUR - SECOND, NOON + 8 * HOUR)

    assert seen(BEFORE, eight) == 8 * HOUR
    # Not seen for eight hours: what turned meanwhile, nobody knows.
    assert seen(BEFORE, eight, (NOON + 9 * HOUR, NOON + 12 * HOUR)) is None
    switched = [(NOON + k * 30 * SECOND, NOON + 8 * HOUR) for k in range(1, 960)]
    assert seen(BEFORE, *switched, last, (NOON + 8 * HOUR, NOON + 9 * HOUR)) == HOUR


def test_a_settlement_that_is_brought_forward_or_put_off_ends_another_interval():
    eight = (AFTER, NOON + 8 * HOUR)

    assert seen(BEFORE, eight, (AFTER + SECOND, NOON + 4 * HOUR)) == 4 * HOUR
    put_off = [eight, (AFTER + SECOND, NOON + 4 * HOUR), (AFTER + 2 * SECOND, NOON + 8 * HOUR)]
    assert seen(BEFORE, *put_off) == 8 * HOUR


def test_what_is_no_whole_number_of_hours_is_no_interval():
    assert seen(BEFORE, (AFTER, NOON + HOUR // 2)) is None
    assert seen(BEFORE, (AFTER, NOON + 25 * HOUR)) is None
