"""Why an order was sent, or why nothing was: exactly as it stood when it was decided."""

from pathlib import Path

import msgspec
import pytest
from msgspec import structs

from bot.errors import DataError, NotFoundError, UsageError
from bot.journal.port import Record, RecordKind
from bot.journal.session import SessionReader
from bot.modes.explain import explain_moment, explain_order
from bot.modes.retrace import retrace, setup_of
from tests.report.runs import START_S, replayed, session_at

START_NS = START_S * 10**9


@pytest.fixture(scope="module")
def session(tmp_path_factory) -> Path:
    return session_at(tmp_path_factory.mktemp("sessions") / "one")


@pytest.fixture(scope="module")
def records(session) -> list[Record]:
    return list(SessionReader(session).records())


def plain(value):
    return msgspec.json.decode(msgspec.json.encode(value))


def decisions(records, strategy):
    return [
        (record, content)
        for record in records
        if record.kind is RecordKind.DECISION
        and (content := msgspec.json.decode(record.payload))["strategy"] == strategy
    ]


def placed(records, strategy, reason):
    """The first order of a strategy for a reason."""
    for record in records:
        if record.kind is RecordKind.COMMAND:
            what, content = msgspec.json.decode(record.payload)
            proposal = content.get("proposal", {})
            if what == "place" and (proposal["strategy"], proposal["reason"]) == (strategy, reason):
                return record, content
    raise AssertionError(f"no order of {strategy} for {reason}")


@pytest.mark.parametrize("strategy", ["imbalance_taker", "funding_arbitrage", "delta_hedge"])
def test_a_decision_is_explained_in_the_state_in_which_it_was_made(session, records, strategy):
    # Of several in one nanosecond the last is meant: what is shown is the last one by then.
    made = list({one.ts_ns: (one, said) for one, said in decisions(records, strategy)}.values())
    chosen = made[:: max(1, len(made) // 6)]

    for record, content in chosen:
        told = explain_moment(session, record.ts_ns, strategy)

        assert told.asked
        assert (told.seq, told.ts) == (record.seq, record.ts_ns)
        assert plain(told.explanation.answer) == content["answer"]
        assert plain(told.explanation.gates) == content["gates"]
        for name, value in content["read"]:
            assert told.explanation.scores[name].value == value


def test_the_memory_is_that_of_before_the_decision(session, records):
    """The taker remembers its side: asked again after an entry it would look for an exit."""
    entry = next(
        record
        for record, content in decisions(records, "imbalance_taker")
        if content["answer"]["quantity"] != 0
    )

    told = explain_moment(session, entry.ts_ns, "imbalance_taker")

    assert len(told.explanation.gates) == 5  # those of an entry; an exit has one
    assert any(move.answer["quantity"] == 0 for move in told.explanation.moves)


def test_an_order_is_explained_by_the_decision_before_it(session, records):
    record, content = placed(records, "funding_arbitrage", "lead")
    before = [one for one, _ in decisions(records, "funding_arbitrage") if one.seq <= record.seq]

    told = explain_order(session, content["order_id"])

    assert told.seq == before[-1].seq
    assert told.order.order_id == content["order_id"]
    assert told.reason.startswith("lead: the next step")
    assert told.life[0].what == "intent durable"
    assert "carry" in str(told)


def test_the_smallest_move_that_changes_the_answer_ends_at_the_bound_of_its_gate(session, records):
    _, content = placed(records, "funding_arbitrage", "lead")

    told = explain_order(session, content["order_id"])

    move = next(move for move in told.explanation.moves if move.name == "carry")
    assert move.to == pytest.approx(-50.0)
    assert all(leg["quantity"] == 0 for leg in move.answer["legs"])
    assert any(line.endswith("-> −50: would close") for line in told.would_change)


def test_an_order_of_the_machinery_names_its_reason_and_the_order_it_follows(session, records):
    _, content = placed(records, "funding_arbitrage", "hedge")

    told = explain_order(session, content["order_id"])

    assert told.reason.startswith("hedge: the counterpart")
    assert told.order.proposal.basket in told.reason


def test_an_order_that_crosses_after_resting_tells_which_one_rested(session, records):
    told = next(
        told
        for record in records
        if record.kind is RecordKind.COMMAND
        and (command := msgspec.json.decode(record.payload))[0] == "place"
        and command[1]["proposal"]["time_in_force"] == "ioc"
        and command[1]["proposal"]["strategy"] == "delta_hedge"
        and (told := explain_order(session, command[1]["order_id"])).follows is not None
    )

    assert told.follows.reason == "escalate"
    assert f"after {told.follows.order_id}: it had rested long enough" in told.reason


def test_doing_nothing_is_explained_by_the_gates_that_were_closed(session, records):
    record = next(
        record
        for record, content in decisions(records, "imbalance_taker")
        if content["answer"]["quantity"] == 0 and len(content["gates"]) == 5
    )

    told = str(explain_moment(session, record.ts_ns, "imbalance_taker"))

    assert "CLOSED" in told
    assert "answer   hold 0 BTC" in told


def test_what_a_limit_stopped_is_told_with_the_limit(session, records):
    refusal = next(record for record in records if record.kind is RecordKind.REFUSAL)

    told = explain_moment(session, refusal.ts_ns, "delta_hedge")

    assert told.refused
    assert "orders_per_second_max" in told.refused[-1]
    assert "allowed 1" in str(told)


def test_a_strategy_that_lacks_its_scores_was_not_asked_and_it_is_told_which(session):
    told = explain_moment(session, START_NS + 4_200_000, "imbalance_taker")

    assert not told.asked
    assert "unknown or stale" in told.explanation.lacking
    assert "was not asked" in str(told)


def test_a_moment_between_decisions_is_explained_by_the_last_one(session, records):
    made = decisions(records, "funding_arbitrage")
    first, second = made[5][0], made[6][0]
    assert first.ts_ns < second.ts_ns - 1

    told = explain_moment(session, second.ts_ns - 1, "funding_arbitrage")

    assert told.seq == first.seq


def test_limits_are_told_with_what_is_used_of_them(session, records):
    told = explain_moment(session, records[-1].ts_ns, "delta_hedge")

    assert any(one.limit == "gross_notional_max" and one.used for one in told.explanation.limits)
    assert "gross_notional_max" in str(told)


def test_what_is_not_there_is_said_not_to_be(session):
    with pytest.raises(NotFoundError, match="no order nope") as order:
        explain_order(session, "nope")
    with pytest.raises(NotFoundError, match="delta_hedge"):
        explain_moment(session, START_NS + 10**10, "nobody")
    with pytest.raises(NotFoundError, match="a time within the session"):
        explain_moment(session, START_NS - 1, "delta_hedge")
    with pytest.raises(UsageError, match="a time"):
        explain_moment(session, "soon", "delta_hedge")

    assert order.value.exit_code == 4


def test_a_decision_that_comes_out_otherwise_by_now_is_not_explained_wrongly(session, records):
    def other(terms):
        setup = setup_of(session)(terms)
        strategies = tuple(
            (name, structs.replace(one, size=0.4) if name == "funding_arbitrage" else one)
            for name, one in setup.settings.strategies
        )
        return structs.replace(
            setup, settings=structs.replace(setup.settings, strategies=strategies)
        )

    _, content = placed(records, "funding_arbitrage", "lead")

    with pytest.raises(DataError, match="--verify") as refused:
        explain_order(session, content["order_id"], other)

    assert refused.value.exit_code == 3


def test_an_explanation_can_be_written_as_json(session, records):
    _, content = placed(records, "delta_hedge", "target")

    told = msgspec.json.decode(msgspec.json.encode(explain_order(session, content["order_id"])))

    assert told["strategy"] == "delta_hedge"
    assert told["explanation"]["scores"]["price"]["value"] > 0


def test_a_session_taken_in_again_comes_to_the_result_of_the_run(tmp_path):
    path = session_at(tmp_path / "whole", seconds=300)
    run = replayed(300)

    again = retrace(path)

    assert again.outcome_hash == run.outcome_hash
    assert again.counts == run.counts
    assert again.equity_change == run.equity_change
    assert again.attribution == run.attribution
    assert again.samples[-1] == run.samples[-1]
    assert again.config_hash == run.config_hash
