"""The depth stream's continuity, by update ids alone."""

import pytest

from bot.feeds.binance.sync import HELD_MAX, DepthSync, State, Verdict

APPLY, HOLD, INCLUDED = Verdict.APPLY, Verdict.HOLD, Verdict.INCLUDED
OLD, GAP = Verdict.OLD, Verdict.GAP

Futures = tuple[int, int, int]


def futures(snapshot: int, *changes: Futures) -> tuple[DepthSync[str], list[Verdict]]:
    return judged(DepthSync(chained=True), snapshot, changes)


def spot(snapshot: int, *changes: tuple[int, int]) -> tuple[DepthSync[str], list[Verdict]]:
    return judged(DepthSync(chained=False), snapshot, [(*change, -1) for change in changes])


def judged(sync, snapshot, changes):
    assert sync.snapshot(snapshot) is APPLY
    return sync, [sync.change(*change) for change in changes]


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ((90, 99, 80), INCLUDED),
        ((90, 100, 80), APPLY),
        ((100, 100, 80), APPLY),
        ((95, 110, 80), APPLY),
        ((100, 110, 80), APPLY),
        ((101, 110, 80), GAP),
        ((101, 110, 100), GAP),
    ],
)
def test_the_first_futures_change_reaches_across_the_snapshots_id(change, verdict):
    _, verdicts = futures(100, change)

    assert verdicts == [verdict]


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ((90, 99), INCLUDED),
        ((90, 100), INCLUDED),
        ((95, 101), APPLY),
        ((101, 101), APPLY),
        ((101, 110), APPLY),
        ((102, 110), GAP),
    ],
)
def test_the_first_spot_change_reaches_across_the_next_id(change, verdict):
    _, verdicts = spot(100, change)

    assert verdicts == [verdict]


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ((111, 120, 110), APPLY),
        ((150, 160, 110), APPLY),  # ids count the whole venue: holes are normal where pu fits
        ((111, 120, 109), GAP),
        ((105, 120, 104), GAP),
        ((111, 120, 111), GAP),
        ((111, 120, -1), GAP),
        ((95, 110, 90), OLD),
        ((90, 94, 80), OLD),
    ],
)
def test_a_later_futures_change_names_the_one_before(change, verdict):
    _, verdicts = futures(100, (95, 110, 90), change)

    assert verdicts == [APPLY, verdict]


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ((111, 120), APPLY),
        ((105, 120), APPLY),  # overlapping: sizes are absolute
        ((112, 120), GAP),
        ((101, 110), OLD),
        ((90, 94), OLD),
    ],
)
def test_a_later_spot_change_goes_on_where_the_one_before_ended(change, verdict):
    _, verdicts = spot(100, (101, 110), change)

    assert verdicts == [APPLY, verdict]


def test_after_a_gap_everything_is_held_until_a_snapshot():
    sync, verdicts = futures(100, (95, 110, 90), (131, 140, 130), (141, 150, 140))

    assert verdicts == [APPLY, GAP, HOLD]
    assert sync.state is State.NO_BOOK


def test_a_change_out_of_order_is_dropped_and_loses_nothing():
    sync, verdicts = futures(100, (95, 110, 90), (111, 120, 110), (95, 110, 90), (121, 130, 120))

    assert verdicts == [APPLY, APPLY, OLD, APPLY]
    assert sync.last_id == 130


def test_changes_that_overtake_one_another_are_a_gap():
    _, verdicts = futures(100, (95, 110, 90), (121, 130, 120), (111, 120, 110))

    assert verdicts == [APPLY, GAP, HOLD]


def test_without_a_snapshot_everything_is_held():
    sync: DepthSync[str] = DepthSync(chained=True)

    verdicts = [sync.change(1, 2, 0), sync.change(3, 4, 2)]

    assert verdicts == [HOLD, HOLD]
    assert sync.state is State.NO_BOOK


@pytest.mark.parametrize(
    ("chained", "first_id", "verdict"),
    [(True, 100, APPLY), (True, 101, GAP), (False, 101, APPLY), (False, 102, GAP)],
)
def test_a_snapshot_older_than_the_oldest_held_change_will_not_do(chained, first_id, verdict):
    sync: DepthSync[str] = DepthSync(chained=chained)
    sync.hold(first_id, "change")

    assert sync.snapshot(100) is verdict
    assert (sync.state is State.BRIDGING) == (verdict is APPLY)


def test_a_snapshot_older_than_the_standing_book_changes_nothing():
    sync, _ = futures(100, (95, 110, 90))

    assert sync.snapshot(105) is OLD
    assert sync.change(111, 120, 110) is APPLY


def test_a_newer_snapshot_replaces_the_standing_book():
    sync, _ = futures(100, (95, 110, 90))

    assert sync.snapshot(125) is APPLY
    assert [sync.change(111, 120, 110), sync.change(121, 130, 120)] == [INCLUDED, APPLY]


def test_held_changes_are_released_in_order_and_once():
    sync: DepthSync[str] = DepthSync(chained=True)
    for first_id, change in enumerate("abc"):
        sync.hold(first_id, change)

    assert sync.release() == ["a", "b", "c"]
    assert sync.release() == []


def test_when_too_many_are_held_the_oldest_goes():
    sync: DepthSync[int] = DepthSync(chained=True)

    lost = [sync.hold(first_id, first_id) for first_id in range(HELD_MAX + 2)]

    assert sum(lost) == 2
    assert sync.snapshot(1) is GAP  # what would join it was dropped
    assert sync.snapshot(2) is APPLY
    assert sync.release()[0] == 2
