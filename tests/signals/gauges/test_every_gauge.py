"""What holds for every gauge, on random histories of good and bad events."""

import inspect

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from bot.model.event import FeedLost, FeedRestored, InstrumentChanged
from bot.signals.gauge import Gauge, GaugeWatch
from tests.signals.gauges.bench import (
    SECOND,
    T0,
    TERMS,
    Look,
    Step,
    copied,
    feed,
    finite,
    histories,
    made,
)
from tests.signals.gauges.every import WATCHES, kinds

every = pytest.mark.parametrize("name", WATCHES)


def concerning(watch: GaugeWatch, steps: list[Step]) -> list[Step]:
    """What a gauge is shown of a history."""
    names = watch.concerns()

    def concerned(step: Step) -> bool:
        if isinstance(step, Look):
            return bool(watch.inputs())
        of = step.instrument.id if isinstance(step, InstrumentChanged) else step.instrument
        return of in names

    return [step for step in steps if concerned(step)]


def time_of(step: Step) -> int:
    return step.t if isinstance(step, Look) else step.ts_recv


def drawn(data: st.DataObject, name: str) -> tuple[GaugeWatch, list[Step]]:
    watch = WATCHES[name]
    steps = data.draw(histories(sorted(watch.inputs())))
    return watch, concerning(watch, steps)


def test_no_gauge_is_left_out():
    assert {type(watch) for watch in WATCHES.values()} == kinds()


@every
def test_a_gauge_that_has_heard_nothing_knows_nothing(name):
    watch = WATCHES[name]

    reading = watch.gauge(TERMS).read(T0)

    assert tuple(reading.outputs) == watch.outputs
    assert reading.outputs[watch.outputs[0]] is None
    assert reading.quality == 0.0 or not watch.concerns()


def test_equal_watches_are_one():
    assert len({*WATCHES.values(), *WATCHES.values()}) == len(WATCHES)


@every
def test_its_documentation_says_unit_and_sign(name):
    kind = type(WATCHES[name])
    text = inspect.cleandoc(kind.__doc__ or "")

    assert "Source" in text or "+ when" in text or "High is" in text or "Above 0.5" in text
    assert "more longs than shorts" not in text.lower()
    for output in kind.outputs[1:]:
        assert f"`{output}`" in text or output in ("z", "shock", "map", "liquidity", "flow"), output


@every
@settings(max_examples=25)
@given(data=st.data())
def test_it_says_finite_numbers_only_and_reading_changes_nothing(name, data):
    watch, steps = drawn(data, name)
    gauge = watch.gauge(TERMS)
    for step in steps:
        feed(gauge, step)
        before = copied(gauge)

        reading = gauge.read(time_of(step) + 3)

        assert finite(reading)
        assert 0.0 <= reading.quality <= 1.0
        assert tuple(reading.outputs) == watch.outputs
        assert gauge == before


@every
@settings(max_examples=25)
@given(data=st.data())
def test_what_is_saved_half_way_goes_on_as_if_nothing_had_happened(name, data):
    watch, steps = drawn(data, name)
    cut = data.draw(st.integers(0, len(steps)))
    whole: Gauge = watch.gauge(TERMS)
    restored = copied(made(watch, *steps[:cut]))
    feed(whole, *steps[:cut])
    for step in steps[cut:]:
        feed(whole, step)
        feed(restored, step)

        assert restored.read(time_of(step)) == whole.read(time_of(step))
    text = msgspec.json.encode(whole)
    assert msgspec.json.decode(text, type=type(whole)) == whole


@every
@settings(max_examples=25)
@given(data=st.data())
def test_what_is_told_twice_counts_once(name, data):
    watch, steps = drawn(data, name)
    once, twice = watch.gauge(TERMS), watch.gauge(TERMS)
    told: list[Step] = []
    for step in steps:
        feed(once, step)
        feed(twice, step)
        if not isinstance(step, Look | FeedLost | FeedRestored | InstrumentChanged):
            told.append(step)
        if told:
            # Told again later, as a feed does that was connected anew.
            again = data.draw(st.sampled_from(told))
            feed(twice, replace(again, ts_recv=time_of(step)))

        assert twice.read(time_of(step)) == once.read(time_of(step))


@every
@settings(max_examples=25)
@given(data=st.data())
def test_the_future_changes_nothing_of_what_was_said(name, data):
    """Two tapes that part at a moment say the same up to it."""
    watch, steps = drawn(data, name)
    other = concerning(watch, data.draw(histories(sorted(watch.inputs()))))
    cut = data.draw(st.integers(0, len(steps)))
    last = time_of(steps[cut - 1]) if cut else T0
    shift = last + SECOND - T0
    later = [moved(step, shift // SECOND * SECOND + SECOND) for step in other]

    said = [readings(watch, tape)[:cut] for tape in (steps, steps[:cut] + later)]

    assert said[0] == said[1]


def readings(watch: GaugeWatch, steps: list[Step]) -> list[object]:
    """All that was said, read only when the tape is over, of copies kept on the way."""
    gauge = watch.gauge(TERMS)
    kept = []
    for step in steps:
        feed(gauge, step)
        kept.append((copied(gauge), time_of(step)))
    return [one.read(t) for one, t in kept]


def moved(step: Step, by: int) -> Step:
    if isinstance(step, Look):
        return Look(step.t + by, step.scores)
    return replace(step, ts_recv=step.ts_recv + by, ts_venue=step.ts_venue + by)
