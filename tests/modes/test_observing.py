"""What is observed is what a strategy reads, of what was received before, however it is cut."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import InstrumentId, LogMid, PlainWatch, QueueImbalance, Strategy, TradeImbalance, Universe
from bot.errors import ConfigError, StrategyFailed, UsageError
from bot.modes.evaluating import Question, concerned, evaluate, stated, subject_of
from bot.modes.observed import Changes, Every, Messages, Observed
from bot.modes.observing import Plan, Terms, observe
from bot.signals.composite.index import Component, FlowIndex
from bot.signals.evaluation.assess import Luck
from bot.signals.funding import NetCarry
from bot.signals.order_flow import OrderFlowImbalance
from bot.testing import Tape, run
from bot.testing.tape import START_NS

PERP, ETH = InstrumentId("sim:BTC/USDT:USDT"), InstrumentId("sim:ETH/USDT:USDT")
SECOND = 1_000_000_000
STEP = Every(SECOND)


def market(seed: int, seconds: int = 40, end: int | None = None) -> Tape:
    """A market that walks; after `end` seconds another one does."""
    tape, generator = Tape(), np.random.default_rng(seed)
    mid = 1000
    for k in range(4 * seconds):
        if end is not None and k == 4 * end:
            generator = np.random.default_rng(seed + 1000)
        mid += int(generator.integers(-1, 2))
        sizes = generator.integers(1, 9, size=2).tolist()
        price = mid / 10
        tape.book(PERP, bids=[(price - 0.1, sizes[0])], asks=[(price + 0.1, sizes[1])])
        side = "buy" if generator.integers(2) else "sell"
        tape.trade(PERP, side, price, 1.0).wait(0.25)
    return tape


def observed(tape: Tape, *plans: Plan) -> dict[str, Observed]:
    found = observe(tape.sources(), Terms.of(tape.instruments.values()), plans)
    return {one.name: one for one in found}


QUEUE = QueueImbalance(PERP, source="book", wake=0.0)
FLOW = OrderFlowImbalance(PERP, source="book", wake=0.0)
TRADES = TradeImbalance(PERP, wake=0.0)
INDEX = FlowIndex(components=(Component("trades", TRADES, window=10),), wake=0.0)
ALL = {"queue": QUEUE, "flow": FLOW, "trades": TRADES, "index": INDEX}


def test_every_change_is_what_a_strategy_reads_when_it_is_asked():
    seen: list[tuple[int, float | None]] = []

    class Reads(Strategy):
        def watches(self):
            return {"queue": QueueImbalance(PERP, source="book", wake=0.0, optional=True)}

        def decide(self, view):
            value = view.score("queue").value
            if not seen or seen[-1][1] != value:
                seen.append((view.now, value))

    tape = market(1)
    run(Reads(), tape)

    found = observed(tape, Plan("queue", QUEUE, Changes()))["queue"]

    said = list(zip(found.times.tolist(), found.value.tolist(), strict=True))
    # An output of its own, the mean, may change while the value stays.
    kept = [one for k, one in enumerate(said) if k == 0 or one[1] != said[k - 1][1]]
    assert kept == seen
    assert len(kept) > 100


def test_a_look_at_a_time_is_of_what_was_received_before_it():
    tape = Tape()
    for bid, ask in ((3.0, 1.0), (1.0, 3.0), (1.0, 1.0), (7.0, 1.0)):
        tape.book(PERP, bids=[(99.9, bid)], asks=[(100.1, ask)]).silence(1)

    found = observed(tape, Plan("queue", QUEUE, STEP))["queue"]

    # At each second the message that is received just then is still to come.
    assert [(t - START_NS) / SECOND for t in found.times] == [1.0, 2.0, 3.0, 4.0]
    assert found.value.tolist() == [0.5, -0.5, 0.0, 0.75]


def test_every_message_of_one_instrument():
    tape = Tape().book(PERP, 99.9, 100.1).book(ETH, 9.9, 10.1)
    tape.trade(ETH, "buy", 10.1, 1.0).silence(0.2).trade(PERP, "buy", 100.1, 1.0)

    plans = [Plan("mine", TRADES, Messages(PERP)), Plan("other", TRADES, Messages(ETH))]
    found = observed(tape, *plans)

    assert found["mine"].ready.tolist() == [False, True]
    assert found["other"].ready.tolist() == [False, False]
    assert found["mine"].times[-1] - found["other"].times[-1] == SECOND // 5


def test_what_is_stale_is_unknown_and_what_it_was_is_still_shown():
    tape = Tape().book(PERP, bids=[(99.9, 3.0)], asks=[(100.1, 1.0)])
    tape.silence(5)
    tape.book(PERP, bids=[(99.9, 3.0)], asks=[(100.1, 1.0)]).wait(1)

    found = observed(tape, Plan("queue", QUEUE, STEP))["queue"]

    assert found.stale.any()
    assert np.isnan(found.value[found.stale]).all()
    assert (found.outputs["value"][found.stale] == 0.5).all()


@pytest.mark.parametrize("clock", [STEP, Changes(), Messages(PERP)], ids=str)
@pytest.mark.parametrize("rows", [1, 7])
def test_how_the_tape_is_cut_changes_nothing(clock, rows):
    tape = market(2, 20)
    terms = Terms.of(tape.instruments.values())
    plans = [Plan(name, watch, clock) for name, watch in ALL.items()]

    whole = observe(tape.sources(), terms, plans)
    pieces = observe(tape.sources(), terms, plans, rows=rows)

    for one, other in zip(whole, pieces, strict=True):
        assert one.times.tolist() == other.times.tolist()
        assert np.array_equal(one.value, other.value, equal_nan=True)
        assert len(one.times) > 8


def test_a_score_of_rare_events_changes_when_it_looks():
    found = observed(market(2, 20), Plan("index", INDEX, Changes()))["index"]

    # The last moment before a whole second, as everywhere.
    assert set((found.times % SECOND).tolist()) == {SECOND - 1}


@settings(max_examples=10)
@given(st.integers(0, 50), st.integers(15, 35))
def test_another_future_changes_no_past_score_and_no_label_that_has_come_true(seed, end):
    horizons = (1.0, 5.0)

    def judged(tape: Tape):
        questions = [Question(name, watch, PERP) for name, watch in ALL.items()]
        return evaluate(
            tape.sources(),
            Terms.of(tape.instruments.values()),
            questions,
            horizons_s=horizons,
            luck=Luck(1, 100),
        )

    one, other = judged(market(seed, 40)), judged(market(seed, 40, end))
    until = START_NS + end * SECOND
    for a, b in zip(one, other, strict=True):
        past = a.mids.times <= until
        assert past.sum() >= end - 1
        assert np.array_equal(a.scores[past], b.scores[past], equal_nan=True)
        assert np.array_equal(a.mids.mids[past], b.mids.mids[past], equal_nan=True)
    assert not np.array_equal(one[0].scores, other[0].scores, equal_nan=True)


def test_a_table_has_a_series_for_each_of_its_instruments():
    tape = Tape().book(PERP, 99.9, 100.1).book(ETH, 9.9, 10.1).wait(3)

    found = observed(tape, Plan("mids", LogMid(Universe(), wake=0.0), STEP))

    assert set(found) == {f"mids {PERP}", f"mids {ETH}"}
    assert found[f"mids {ETH}"].last.value == pytest.approx(1e4 * np.log(10.0))


def test_nobody_looks_through_a_silence_of_hours():
    tape = Tape().book(PERP, 99.9, 100.1).silence(20_000).book(PERP, 99.9, 100.1)

    found = observed(tape.wait(1), Plan("mid", LogMid(PERP, wake=0.0), STEP))["mid"]

    assert 590 < len(found.times) < 620


class Raises(PlainWatch, frozen=True):
    def update(self, message, memory):
        raise ZeroDivisionError("by nothing")


def test_a_signal_that_raises_is_named():
    with pytest.raises(StrategyFailed) as told:
        observed(market(1, 2), Plan("mine", Raises(PERP, wake=0.0), STEP))

    assert "Raises: ZeroDivisionError: by nothing" in str(told.value)


def test_what_cannot_be_observed_is_told_before_anything_is_read():
    tape = market(1, 2)
    wrong = QueueImbalance(PERP, source="boat", wake=0.0)
    missing = LogMid(InstrumentId("sim:DOGE/USDT"), wake=0.0)
    carry = NetCarry(PERP, against=InstrumentId("sim:BTC/USDT:USDT"), size=1.0, wake=0.0)

    with pytest.raises(UsageError, match=r"QueueImbalance\.source: got 'boat'"):
        observed(tape, Plan("wrong", wrong, STEP))
    with pytest.raises(UsageError, match="sim:DOGE/USDT"):
        observed(tape, Plan("missing", missing, STEP))
    with pytest.raises(ConfigError, match="fees of sim:BTC/USDT:USDT"):
        observed(tape, Plan("carry", carry, STEP))
    with pytest.raises(UsageError, match="at most 62"):
        observed(tape, *(Plan(str(k), QUEUE, STEP) for k in range(63)))


def test_whose_mid_moves_and_which_instruments_are_read():
    recorded = [PERP, ETH, InstrumentId("sim:BTC/USD:BTC-261225-90000-C")]

    assert subject_of(QUEUE, recorded, None) == PERP
    assert subject_of(QUEUE, recorded, ETH) == ETH
    assert subject_of(INDEX, [ETH], None) == ETH
    with pytest.raises(UsageError, match="--against"):
        subject_of(INDEX, recorded, None)
    assert concerned([QUEUE, INDEX], recorded) == [PERP]
    assert concerned([LogMid(Universe(), wake=0.0)], recorded) is None
    assert stated(TradeImbalance(PERP, window_s=5.0, wake=0.0), "cvd") == (
        "TradeImbalance:sim:BTC/USDT:USDT,window_s=5.0,output=cvd"
    )
