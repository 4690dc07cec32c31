"""Halts latch, and re-arming takes two acts of a person."""

import msgspec
import pytest

from bot.model.units import StrategyName
from bot.risk.kill import Halt, Halts, Mode
from bot.risk.limits import TOTAL, Level, Scope
from tests.risk.world import ACCOUNT, STRATEGY

CARRY = Scope(Level.STRATEGY, STRATEGY)
VENUE = Scope(Level.ACCOUNT, ACCOUNT)


def mode(halts: Halts) -> Mode:
    return halts.standing(ACCOUNT, STRATEGY)[0]


@pytest.mark.parametrize("scope", [TOTAL, VENUE, CARRY], ids=str)
def test_a_halt_holds_its_scope_until_it_is_acknowledged_and_then_resumed(scope):
    halts = Halts()
    halts.halt(scope, Mode.REDUCE_ONLY, "loss", 1)

    assert mode(halts) is Mode.REDUCE_ONLY
    assert "expected to be acknowledged first" in str(halts.resume(scope))
    assert mode(halts) is Mode.REDUCE_ONLY
    assert halts.acknowledge(scope, "ann") is None
    assert mode(halts) is Mode.REDUCE_ONLY
    assert halts.resume(scope) is None
    assert mode(halts) is Mode.ACTIVE


def test_a_halt_of_another_account_or_strategy_does_not_concern_us():
    halts = Halts()

    halts.halt(Scope(Level.ACCOUNT, "elsewhere"), Mode.HALTED, "mismatch", 1)
    halts.halt(Scope(Level.STRATEGY, "other"), Mode.HALTED, "raised", 1)

    assert mode(halts) is Mode.ACTIVE
    assert halts.standing(ACCOUNT, StrategyName("other"))[0] is Mode.HALTED


def test_the_strictest_of_all_scopes_holds_and_every_reason_is_told():
    halts = Halts()
    halts.halt(TOTAL, Mode.REDUCE_ONLY, "loss", 1)
    halts.halt(CARRY, Mode.HALTED, "raised", 2)

    assert halts.standing(ACCOUNT, STRATEGY) == (
        Mode.HALTED,
        f"total: loss; strategy {STRATEGY}: raised",
    )


def test_a_new_reason_after_the_acknowledgement_must_be_read_too():
    halts = Halts()
    halts.halt(TOTAL, Mode.REDUCE_ONLY, "loss", 1)
    halts.acknowledge(TOTAL, "ann")

    halts.halt(TOTAL, Mode.HALTED, "position differs", 2)

    assert "position differs" in str(halts.resume(TOTAL))
    assert mode(halts) is Mode.HALTED


def test_the_same_reason_again_after_the_acknowledgement_must_be_read_again():
    halts = Halts()
    halts.halt(TOTAL, Mode.REDUCE_ONLY, "loss", 1)
    halts.acknowledge(TOTAL, "ann")

    assert halts.halt(TOTAL, Mode.REDUCE_ONLY, "loss", 2) is True
    assert halts.resume(TOTAL) is not None


def test_the_same_reason_unread_is_told_once():
    halts = Halts()

    assert halts.halt(TOTAL, Mode.REDUCE_ONLY, "loss", 1) is True
    assert halts.halt(TOTAL, Mode.REDUCE_ONLY, "loss", 2) is False
    assert len(halts.state()[0].reasons) == 1


def test_a_pause_by_a_person_is_lifted_by_one_act():
    halts = Halts()
    halts.pause(CARRY, "ann", "lunch", 1)
    halts.pause(CARRY, "ann", "lunch", 2)

    assert mode(halts) is Mode.REDUCE_ONLY
    assert len(halts.state()[0].reasons) == 1
    assert halts.resume(CARRY) is None
    assert mode(halts) is Mode.ACTIVE


def test_a_pause_does_not_lift_a_halt():
    halts = Halts()
    halts.halt(CARRY, Mode.HALTED, "raised", 1)
    halts.pause(CARRY, "ann", "lunch", 2)

    assert halts.resume(CARRY) is not None
    assert mode(halts) is Mode.HALTED


def test_nothing_can_be_acknowledged_or_resumed_where_nothing_stands():
    halts = Halts()

    assert "nothing to acknowledge" in str(halts.acknowledge(TOTAL, "ann"))
    assert "nothing to resume" in str(halts.resume(TOTAL))


def test_active_is_no_halt():
    with pytest.raises(ValueError, match="ACTIVE"):
        Halts().halt(TOTAL, Mode.ACTIVE, "?", 1)


def test_halts_survive_a_restart_through_text():
    halts = Halts()
    halts.halt(CARRY, Mode.HALTED, "raised", 2)
    halts.halt(TOTAL, Mode.REDUCE_ONLY, "loss", 1)
    halts.acknowledge(TOTAL, "ann")

    stored = msgspec.json.encode(halts.state())
    restored = Halts()
    restored.restore(msgspec.json.decode(stored, type=tuple[Halt, ...]))

    assert restored.state() == halts.state()
    assert restored.standing(ACCOUNT, STRATEGY) == halts.standing(ACCOUNT, STRATEGY)
    assert restored.resume(TOTAL) is None
    assert restored.resume(CARRY) is not None
