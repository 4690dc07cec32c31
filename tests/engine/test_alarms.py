"""A cascade of liquidations in the engine: who may only reduce, until when, and after a restart."""

from collections.abc import Mapping
from itertools import pairwise

import pytest

from bot import InstrumentId, LogMid, Quote, Target, Urgency, View, Watch
from bot.engine.engine import Engine
from bot.execution.permits import Permit
from bot.model.alarm import Alarm
from bot.modes import checkpoint
from bot.signals.liquidations.cascade import CascadeGauge
from bot.testing import Run, Tape, run
from tests.engine.test_gauges import fed
from tests.engine.world import ETH, PERP, SECOND, Does, engine_of, hold, items

WATCHED = {PERP: "all"}
RUNS = "liquidations of BTC cascade: halt"


def shown(tape: Tape, middle: float, depth: float) -> Tape:
    """So many coins at the touch of each side, and a little beyond two percent."""
    far = [round(middle * part, 2) for part in (0.97, 1.03)]
    bids = [(round(middle - 0.1, 2), depth), (far[0], 0.1)]
    return tape.book(PERP, bids, [(round(middle + 0.1, 2), depth), (far[1], 0.1)])


def rests(tape: Tape, middle: float, depth: float, seconds: int) -> Tape:
    """The mid moves a little, and so many coins rest on each side."""
    for k in range(seconds // 5):
        shown(tape, middle + (0.02, 0.0, -0.02, 0.01)[k % 4], depth).wait(5.0)
    return tape


def quiet() -> Tape:
    """What it takes to know how much usually moves and rests: a little more than an hour."""
    return rests(Tape().book(ETH, 99.9, 100.1), 100.0, 100.0, 3_780)


def fall(tape: Tape, depth: float = 10.0) -> Tape:
    """A minute in which three percent are lost, and most of what rested is gone."""
    for k in range(12):
        shown(tape, 100.0 - k / 4, depth).wait(5.0)
    return tape


def gauge_of(engine: Engine) -> CascadeGauge:
    gauge = engine.state.gauges.working(engine.state.market.table.house[PERP].signal)
    assert isinstance(gauge, CascadeGauge)
    return gauge


def quoting(view: View) -> Quote:
    """Rests far from the touch, on both sides."""
    middle = float(view.touch(PERP).mid)
    return Quote(PERP, bid=(middle * 0.993, 1.0), ask=(middle * 1.007, 1.0))


class Holds(Does):
    """Trades one contract only, and says so."""

    contract: str

    def watches(self) -> Mapping[str, Watch]:
        return {"mid": LogMid(InstrumentId(self.contract), wake=0.0)}


def holder(contract: str) -> Holds:
    """One coin, and half of it below 98."""

    def decide(view: View) -> Target:
        low = float(view.touch(PERP).mid) < 98.0
        return Target(InstrumentId(contract), 0.5 if low else 1.0, Urgency.URGENT)

    return Holds(does=decide, contract=contract)


def alarm_ns(done: Run) -> int:
    """When the last cancels came."""
    return [one.now for one in done.outcomes if one.cancels][-1]


def test_a_quiet_market_raises_nothing():
    engine = engine_of({"one": hold(1.0)}, tape := quiet(), cascade=WATCHED)

    fed(engine, items(tape))

    assert gauge_of(engine).score.quality == 0.5
    assert gauge_of(engine).score.score < 0.3
    assert engine.state.alarms.of("BTC") == (Alarm.NORMAL, 0)
    assert engine.state.alarmed == {}


def test_quotes_are_taken_back_and_nothing_new_goes_while_it_runs():
    tape = rests(fall(quiet()), 97.2, 10.0, 60)

    calm, done = (run(Does(does=quoting), tape, cascade=one) for one in ({}, WATCHED))

    ordered = [one.now for one in done.outcomes if one.approved]
    assert alarm_ns(done) > ordered[-1]
    assert tape.now_ns - alarm_ns(done) > 90 * SECOND
    assert [one.now for one in calm.outcomes if one.approved][-1] > alarm_ns(done)
    assert done.result.counts.orders == done.result.counts.cancels > 100


def test_they_come_again_half_an_hour_after_the_last_bad_second():
    tape = rests(fall(quiet()), 97.2, 10.0, 2_100)

    done = run(Does(does=quoting), tape, cascade=WATCHED)

    times = [one.now for one in done.outcomes if one.approved]
    pauses = [(after - before, before) for before, after in pairwise(times)]
    longest, since = max(pauses)
    assert 1_800 * SECOND <= longest < 2_000 * SECOND
    assert since < tape.now_ns - 2_100 * SECOND < times[-1]


def test_what_is_held_may_become_less():
    tape = rests(fall(quiet()), 97.2, 10.0, 60)

    done = run(holder(PERP), tape, cascade=WATCHED)

    assert done.position(PERP) == 0.5
    assert [one.proposal.reduce_only for one in done.orders] == [False, True]


def test_who_trades_another_coin_goes_on_and_who_may_trade_all_does_not():
    tape = fall(quiet())
    strategies = {"btc": holder(PERP), "eth": holder(ETH), "any": hold(1.0)}
    engine = engine_of(strategies, tape, cascade=WATCHED)

    fed(engine, items(tape))

    assert engine.state.underlyings_of == [("BTC",), ("ETH",), ("BTC", "ETH")]
    assert engine.state.alarmed == {"btc": RUNS, "any": RUNS}
    assert engine.state.desk.permit("btc") == (Permit.REDUCE, RUNS)
    assert engine.state.desk.permit("eth").permit is Permit.TRADE
    assert engine.state.alarms.of("BTC") == (Alarm.HALT, -1)


def test_it_stands_after_a_restart():
    tape = rests(fall(quiet()), 97.2, 10.0, 60)
    engine, later = (engine_of({"one": holder(PERP)}, tape, cascade=WATCHED) for _ in range(2))
    fed(engine, items(tape))

    later.state.restore(engine.state.durable())

    assert later.state.alarmed == {"one": RUNS}
    assert later.state.alarms.of("BTC") == (Alarm.HALT, -1)
    assert gauge_of(later).state == gauge_of(engine).state
    assert later.state.durable() == engine.state.durable()


def test_a_checkpoint_goes_on_as_though_nothing_had_happened():
    tape = rests(fall(quiet()), 97.2, 10.0, 60)
    everything = list(items(tape))
    cut = len(everything) - 5
    whole, half, later = (
        engine_of({"one": Does(does=quoting)}, tape, cascade=WATCHED) for _ in range(3)
    )

    expected = fed(whole, everything)
    before = fed(half, everything[:cut])
    kept = checkpoint.decode(checkpoint.encode(checkpoint.take(half.state, 1, market=True)), "here")
    checkpoint.restore(later.state, kept, "here")

    assert [*before, *fed(later, everything[cut:])] == expected
    assert gauge_of(later) == gauge_of(whole)


@pytest.mark.parametrize(("other", "stands"), [(-1, -1), (0, 0), (1, 0)])
def test_two_contracts_that_move_otherwise_are_no_direction(other, stands):
    tape = Tape()
    for name in (PERP, "sim:BTC/USDC:USDC"):
        tape.book(name, 99.9, 100.1)
    engine = engine_of({"one": hold(0.0)}, tape, cascade=dict.fromkeys(tape.instruments, "all"))
    for gauge, direction in zip(
        (engine.state.gauges.gauge(one) for one in engine.state.market.table.gauges),
        (-1, other),
        strict=True,
    ):
        gauge.state.look(1, 0.4, direction)

    engine.state.alarms.look()

    assert engine.state.alarms.of("BTC") == (Alarm.CAUTION, stands)


def test_a_watch_that_raises_is_no_calm(monkeypatch):
    def broken(self, t_ns, scores):
        raise ZeroDivisionError("a broken watch")

    monkeypatch.setattr(CascadeGauge, "sample", broken)
    engine = engine_of({"btc": holder(PERP), "eth": holder(ETH)}, tape := quiet(), cascade=WATCHED)

    fed(engine, items(tape))

    why = "nobody watches liquidations of BTC: Cascade: ZeroDivisionError: a broken watch"
    assert engine.state.alarmed == {"btc": why}
    assert engine.state.failed == {}
