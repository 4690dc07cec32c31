"""Labels: what the mid did before and after each moment, and nothing that nobody saw."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.signals.evaluation.moves import Mids, ahead, behind, last_move, next_move

STEP = 10


def mids_of(path: list[tuple[int, float | None]], until: int) -> Mids:
    """From what the mid became and when: looks at every step, at what was before it."""
    times = np.arange(STEP, until + 1, STEP)
    known = [(at, math.nan if mid is None else mid) for at, mid in path]
    looked = [next((mid for at, mid in reversed(known) if at < t), math.nan) for t in times]
    return Mids(
        STEP,
        times,
        np.array(looked),
        np.array([at for at, _ in known], np.int64),
        np.array([mid for _, mid in known]),
    )


def plain(values) -> list[float | None]:
    return [None if value != value else value for value in values.tolist()]


def test_moves_by_hand():
    mids = mids_of([(5, 100.0), (20, 101.0), (27, 99.0), (44, None), (48, 99.0), (61, 98.0)], 70)

    assert plain(mids.mids) == [100.0, 100.0, 99.0, 99.0, 99.0, 99.0, 98.0]
    assert plain(ahead(mids, 20)) == [-1.0, -1.0, 0.0, 0.0, -1.0, None, None]
    assert plain(behind(mids, 20)) == [None, None, -1.0, -1.0, 0.0, 0.0, -1.0]
    # A change at 20 is not known at 20: it is what comes next there.
    assert plain(next_move(mids)) == [1.0, 1.0, None, None, -1.0, -1.0, None]
    assert plain(last_move(mids)) == [None, None, -2.0, -2.0, None, None, -1.0]


def test_a_horizon_that_no_step_ends_on_is_refused():
    with pytest.raises(ValueError, match="multiple of 10"):
        ahead(mids_of([(5, 1.0)], 30), 15)


def test_nobody_looked_during_a_silence():
    mids = mids_of([(5, 1.0)], 60)
    kept = [0, 1, 4, 5]
    holed = Mids(STEP, mids.times[kept], mids.mids[kept], mids.changed_ns, mids.changes)

    assert plain(ahead(holed, 20)) == [None, None, None, None]
    assert plain(ahead(holed, 30)) == [None, 0.0, None, None]


PATHS = st.lists(
    st.tuples(st.integers(1, 12), st.one_of(st.none(), st.integers(1, 5).map(float))),
    min_size=1,
    max_size=30,
)


def walked(steps) -> list[tuple[int, float | None]]:
    at, path = 0, []
    for gap, mid in steps:
        at += gap
        if not path or path[-1][1] != mid:
            path.append((at, mid))
    return path


@given(PATHS)
def test_moves_are_what_a_walk_along_the_path_finds(steps):
    path = walked(steps)
    mids = mids_of(path, 200)

    for k, t in enumerate(mids.times):
        now = next((mid for at, mid in reversed(path) if at < t), None)
        later = next(((at, mid) for at, mid in path if at >= t), None)
        move = None if later is None or now is None or later[1] is None else later[1] - now
        assert plain(next_move(mids))[k] == move
        past = [mid for at, mid in path if at < t][-2:]
        known = len(past) == 2 and None not in past
        assert plain(last_move(mids))[k] == (past[1] - past[0] if known else None)


@given(PATHS, PATHS, st.integers(2, 15))
def test_another_future_changes_no_label_that_has_come_true(steps, others, cut):
    """Of two tapes that are the same up to a moment, all labels that end there are the same."""
    end = cut * STEP
    past = [one for one in walked(steps) if one[0] < end]
    futures = [
        mids_of([*past, *((end + at, mid) for at, mid in walked(each))], 400)
        for each in (others, [(3, 7.0), (9, None)])
    ]

    for horizon in (STEP, 5 * STEP):
        mature = futures[0].times + horizon <= end
        one, other = (plain(ahead(each, horizon)[mature]) for each in futures)
        assert one == other
    known = futures[0].times <= end
    for label in (lambda m: behind(m, STEP), last_move):
        one, other = (plain(label(each)[known]) for each in futures)
        assert one == other
    # The next move is known once it has been made.
    made = np.array([any(t <= at < end for at, _ in past) for t in futures[0].times])
    one, other = (plain(next_move(each)[made]) for each in futures)
    assert one == other
