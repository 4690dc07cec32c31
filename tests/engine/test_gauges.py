"""Signals of rare events in the engine: told, looked at every second, woken by, explained."""

import math
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import ClassVar

import pytest
from msgspec import field

from bot import Base, InstrumentId, LogMid, Strategy, Target, View
from bot.engine.engine import Engine
from bot.engine.intake import next_due
from bot.engine.outcome import Outcome
from bot.model.event import AnyEvent, MarketEvent, OpenInterest, Timer
from bot.modes import checkpoint
from bot.signals.base import Score, Terms, Watch
from bot.signals.composite.components import flow_components
from bot.signals.composite.index import FlowIndex
from bot.signals.gauge import Gauge, GaugeWatch, Reading
from bot.signals.open_interest.change import OpenInterestChange
from bot.tape.rows import Block
from bot.tape.venue_order import FOREVER
from bot.testing import Run, Tape, run
from tests.engine.world import ETH, PERP, SECOND, engine_of, items

NEVER = float("inf")


class DiaryGauge(Gauge):
    """Writes down all that it is told."""

    heard: list[tuple[int, float]] = field(default_factory=list)
    seen: list[tuple[int, float | None]] = field(default_factory=list)
    raises_at: int = -1

    def hear(self, event: MarketEvent) -> None:
        if isinstance(event, OpenInterest):
            self.heard.append((event.ts_recv, float(event.amount)))

    def sample(self, t_ns: int, scores: Mapping[str, float | None]) -> None:
        if len(self.seen) == self.raises_at:
            raise ZeroDivisionError("out of ink")
        self.seen.append((t_ns, scores["price"]))

    def read(self, now_ns: int) -> Reading:
        last = self.heard[-1] if self.heard else None
        old = last is not None and now_ns - last[0] > 90 * SECOND
        outputs = {"value": None if last is None else last[1], "looks": float(len(self.seen))}
        return Reading(outputs, stale=old, quality=0.5)


class Diary(GaugeWatch, frozen=True):
    """The last open interest, and how often somebody looked."""

    outputs: ClassVar[tuple[str, ...]] = ("value", "looks")

    instrument: InstrumentId
    raises_at: int = -1

    def concerns(self) -> tuple[InstrumentId, ...]:
        return (self.instrument,)

    def inputs(self) -> Mapping[str, Watch]:
        return {"price": LogMid(self.instrument, wake=NEVER)}

    def gauge(self, terms: Terms) -> DiaryGauge:
        del terms
        return DiaryGauge(raises_at=self.raises_at)


class Follow(Strategy):
    """Holds coins while enough is open."""

    watch: GaugeWatch
    size: Base = Base(1.0)

    def watches(self):
        return {"open": self.watch}

    def decide(self, view: View):
        return Target(PERP, self.size if view.gate("open", above=100.0) else 0.0)


class Look(Strategy):
    """Wants nothing, and remembers what a score said."""

    watch: GaugeWatch
    scores: ClassVar[list[Score]] = []

    def watches(self):
        return {"mid": LogMid(PERP, wake=0.0), "score": self.watch}

    def decide(self, view: View):
        self.scores.append(view.score("score"))


def market() -> Tape:
    tape = Tape()
    for k in range(40):
        tape.book(PERP, 100.0 + k / 10, 100.1 + k / 10).book(ETH, 99.9, 100.1).wait(0.37)
        if k % 9 == 4:
            tape.open_interest(PERP, 90.0 + k)
    return tape


def gauge_of(engine: Engine) -> DiaryGauge:
    (place,) = engine.state.market.table.gauges
    gauge = engine.state.gauges.gauge(place)
    assert isinstance(gauge, DiaryGauge)
    return gauge


def fed(engine: Engine, tape: Iterable[Block | AnyEvent]) -> list[Outcome]:
    """Everything on a tape, in blocks as they come, with the timers that the engine asks for."""
    outcomes: list[Outcome] = []

    def pass_timers(until_ns: int) -> None:
        while (due := next_due(engine.state)) is not None and due < until_ns:
            due = max(due, engine.state.now)
            outcomes.append(engine.step(Timer(ts_recv=due, ts_venue=due)))

    for item in tape:
        if not isinstance(item, Block):
            pass_timers(item.ts_recv)
            outcomes.append(engine.step(item))
            continue
        while item.messages:
            pass_timers(item.first_ns)
            due = next_due(engine.state)
            outcomes.append(engine.step(item, FOREVER if due is None else due))
            item = item.part(item.start + outcomes[-1].consumed, item.stop)
    return outcomes


def test_a_look_is_of_the_state_before_the_second():
    tape = market()
    engine = engine_of({"one": Follow(watch=Diary(PERP, wake=1.0))}, tape)
    mids = []
    (source,) = [one for one in tape.sources() if one.name == PERP]
    for block in source.blocks():
        for m in range(block.start, block.stop):
            rows = block.price[block.first[m] : block.first[m + 1]]
            mids.append((int(block.ts_recv[m]), (int(rows[0]) + int(rows[1])) / 2))

    fed(engine, items(tape))

    times = [t for t, _ in mids]
    seen = gauge_of(engine).seen
    first = (times[0] // SECOND + 1) * SECOND
    tick = float(tape.instruments[PERP].grid.tick)
    assert [t for t, _ in seen] == list(range(first, first + len(seen) * SECOND, SECOND))
    assert len(seen) >= 14
    for t, score in seen:
        before = mids[bisect_left(times, t) - 1]
        assert before[0] < t
        assert score == pytest.approx(1e4 * math.log(before[1] * tick), abs=1e-6)


def followed(rows: int | None = None, raises_at: int = -1) -> Run:
    strategies = {
        "follow": Follow(watch=Diary(PERP, raises_at=raises_at, wake=1.0)),
        "other": Follow(watch=Diary(PERP, wake=0.5), size=Base(2.0)),
    }
    return run(strategies, market().wait(3.0), rows=rows, latency_ms=5)


def test_news_wake_who_follows_them_and_orders_come_of_it():
    done = followed()

    asked = [one for one in done.asked if one.strategy == "follow"]
    assert [gate.value for one in asked for gate in one.gates if gate.value is not None]
    assert done.result.counts.fills >= 1
    assert done.faults == []


@pytest.mark.parametrize("rows", [1, 3, 64])
def test_how_the_tape_is_cut_changes_nothing(rows):
    assert followed(rows).result.outcome_hash == followed().result.outcome_hash


def test_a_gauge_that_raises_stops_those_who_watch_it_and_nobody_else():
    done = followed(raises_at=6)

    assert done.faults == ["Diary: ZeroDivisionError: out of ink"]
    at = next(k for k, one in enumerate(done.asked) if one.fault)
    assert done.asked[at].strategy == "follow"
    assert {one.strategy for one in done.asked[at + 1 :]} == {"other"}


def test_a_score_says_what_it_was_made_of():
    Look.scores.clear()
    tape = market()
    price = LogMid(PERP, wake=NEVER)
    index = FlowIndex(components=flow_components(PERP), wake=0.0, optional=True)
    change = OpenInterestChange(instruments=(PERP,), price=price, wake=0.0, optional=True)

    run({"flow": Look(watch=index)}, tape)
    flow = Look.scores[-1]
    run({"open": Look(watch=change)}, tape)
    opened = Look.scores[-1]

    assert {one.name for one in flow.why} == {"depth", "order_flow", "trades", "fair_price"}
    assert flow.value is None  # its windows are not full
    assert [one.name for one in opened.why] == [PERP, "price", "refused for its unit"]
    assert opened.why[0].value == 121.0
    assert opened.quality == 1.0


def test_a_score_of_the_loop_says_how_old_its_streams_are():
    class Watcher(Look):
        def watches(self):
            return {"score": LogMid(PERP, wake=0.0)}

    Look.scores.clear()
    run({"one": Watcher(watch=Diary(PERP, wake=NEVER))}, market())

    assert [one.name for one in Look.scores[-1].why] == [f"{PERP} book"]
    assert Look.scores[-1].why[0].age_ns == 0


def test_news_that_are_too_old_starve_a_strategy():
    tape = market()
    engine = engine_of({"one": Follow(watch=Diary(PERP, wake=1.0))}, tape.wait(60.0))
    fed(engine, items(tape))
    fresh = dict(engine.state.starved)

    later = market()
    engine = engine_of({"one": Follow(watch=Diary(PERP, wake=1.0))}, later.wait(120.0))
    fed(engine, items(later))

    assert fresh == {}
    assert engine.state.starved == {"one": "open is stale"}


def test_a_strategy_starves_in_the_second_in_which_its_news_become_too_old():
    """The diary's news are told last and stale after 90 s; a mid that lives keeps nobody fed."""
    tape = market()
    told_ns = max(each.ts_recv for each in items(tape) if isinstance(each, OpenInterest))
    engine = engine_of({"one": Follow(watch=Diary(PERP, wake=1.0))}, tape.wait(120.0))

    starved_ns = None
    for item in items(tape):
        whole = isinstance(item, Block)
        parts = [item.part(m, m + 1) for m in range(item.start, item.stop)] if whole else [item]
        for part in parts:
            fed(engine, [part])
            if engine.state.starved and starved_ns is None:
                starved_ns = engine.state.now

    assert starved_ns is not None
    assert 90 * SECOND < starved_ns - told_ns <= 92 * SECOND


def test_a_gauge_that_looks_at_nothing_still_sees_seconds_pass():
    class Counts(DiaryGauge):
        def sample(self, t_ns, scores):
            self.seen.append((t_ns, None))
            assert scores == {}

    class Blind(Diary, frozen=True):
        def inputs(self):
            return {}

        def gauge(self, terms):
            return Counts()

    tape = market()
    engine = engine_of({"one": Follow(watch=Blind(PERP, wake=1.0))}, tape)

    fed(engine, items(tape))

    times = [t for t, _ in gauge_of(engine).seen]
    assert len(times) >= 10
    assert {after - before for before, after in pairwise(times)} == {SECOND}


def test_a_gauge_goes_on_from_a_checkpoint_as_though_nothing_had_happened():
    strategies = {"one": Follow(watch=Diary(PERP, wake=1.0))}
    tape = market()
    whole, half, later = (engine_of(strategies, tape) for _ in range(3))
    everything = list(items(tape))
    cut = len(everything) // 2

    expected = fed(whole, everything)
    before = fed(half, everything[:cut])
    kept = checkpoint.decode(checkpoint.encode(checkpoint.take(half.state, 1, market=True)), "here")
    checkpoint.restore(later.state, kept, "here")
    after = fed(later, everything[cut:])

    assert [*before, *after] == expected
    assert gauge_of(later) == gauge_of(whole)
    assert len(gauge_of(whole).heard) >= 3
