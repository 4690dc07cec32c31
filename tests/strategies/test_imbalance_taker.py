from typing import Any

import pytest

from bot import Target, Urgency
from bot.testing import FakeView
from strategies.imbalance_taker import ImbalanceTaker

PERP = "sim:BTC/USDT:USDT"
SECOND = 1_000_000_000
LONG = {"flow": 3.0, "imbalance": 0.7, "spread": 0.5}
SHORT = {"flow": -3.0, "imbalance": -0.7, "spread": 0.5}
QUIET = {"flow": 0.0, "imbalance": 0.0, "spread": 0.5}


def taker(**changed: Any) -> ImbalanceTaker:
    given: dict[str, Any] = {
        "instrument": PERP,
        "size": 0.1,
        "flow_min": 2.0,
        "imbalance_min": 0.5,
        "spread_bps_max": 1.0,
        "hold_s": 30.0,
        "stop_bps": 10.0,
        "pause_s": 5.0,
    }
    return ImbalanceTaker(**{**given, **changed})


class Watching:
    """A strategy asked again and again, its memory kept."""

    def __init__(self, **changed: Any) -> None:
        self.strategy = taker(**changed)
        self.memory = ImbalanceTaker.Memory()

    def holds(self, second: float, values: dict[str, float], mid: float = 1000.0) -> float:
        self.view = FakeView(
            now=int(second * SECOND),
            memory=self.memory,
            values=values,
            touches={PERP: (mid - 0.01, mid + 0.01)},
        )
        target = self.strategy.decide(self.view)
        assert isinstance(target, Target)
        assert target.urgency is Urgency.URGENT
        return target.quantity


@pytest.mark.parametrize(("values", "held"), [(LONG, 0.1), (SHORT, -0.1), (QUIET, 0.0)])
def test_it_takes_the_side_that_flow_and_queues_agree_on(values, held):
    assert Watching().holds(100, values) == held


@pytest.mark.parametrize(
    "changed",
    [{"flow": 2.0}, {"imbalance": 0.5}, {"imbalance": -0.7}, {"spread": 1.0}, {"flow": -3.0}],
)
def test_it_stays_out_unless_all_of_them_agree(changed):
    assert Watching().holds(100, {**LONG, **changed}) == 0.0


def test_it_leaves_when_its_time_is_over():
    watching = Watching()
    watching.holds(100, LONG)

    assert watching.holds(129.9, LONG) == 0.1
    assert watching.holds(130, LONG) == 0.0


@pytest.mark.parametrize(("values", "held", "sign"), [(LONG, 0.1, -1), (SHORT, -0.1, 1)])
def test_it_leaves_at_its_stop(values, held, sign):
    watching = Watching()
    watching.holds(100, values)

    assert watching.holds(101, values, 1000.0 + sign * 0.99) == held
    assert watching.holds(102, values, 1000.0 + sign * 1.01) == 0.0


def test_a_gain_is_no_reason_to_leave():
    watching = Watching()
    watching.holds(100, LONG)

    assert watching.holds(101, LONG, 1005.0) == 0.1


def test_it_leaves_when_the_flow_turns():
    watching = Watching()
    watching.holds(100, LONG)

    assert watching.holds(101, {**LONG, "flow": 0.1}) == 0.1
    assert watching.holds(102, {**LONG, "flow": -0.1}) == 0.0


def test_it_rests_after_a_position():
    watching = Watching()
    watching.holds(100, LONG)
    watching.holds(130, LONG)

    assert watching.holds(134.9, SHORT) == 0.0
    assert watching.holds(135, SHORT) == -0.1


def test_the_first_entry_needs_no_rest():
    assert Watching(pause_s=1e6).holds(1, LONG) == 0.1


def test_the_stop_counts_from_the_mid_of_its_own_entry():
    watching = Watching()
    watching.holds(100, LONG, 1000.0)
    watching.holds(130, LONG, 1000.0)
    watching.holds(140, LONG, 900.0)

    assert watching.holds(141, LONG, 899.5) == 0.1
    assert watching.holds(142, LONG, 899.0) == 0.0


def test_every_gate_of_an_entry_is_shown_even_after_one_has_failed():
    watching = Watching()

    watching.holds(100, {**QUIET, "spread": 9.0})

    names = [gate.name for gate in watching.view.gates]
    assert names == ["spread", "flow", "imbalance", "flow", "imbalance"]
    assert watching.view.armed["flow"] == (-2.0, 2.0)


def test_it_changes_nothing_while_the_price_is_unknown():
    strategy = taker()

    assert strategy.decide(FakeView(strategy, values=LONG)) is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("size", -1.0),
        ("flow_min", 0.0),
        ("imbalance_min", 1.0),
        ("spread_bps_max", float("nan")),
        ("hold_s", 0.0),
        ("stop_bps", 0.0),
        ("pause_s", -1.0),
    ],
)
def test_parameters_out_of_range_are_refused_by_name(field, value):
    with pytest.raises(ValueError, match=f"^{field}: got {value}, expected"):
        taker(**{field: value})
