"""Composites: what is fresh counts, and what each part adds sums to the whole."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.signals.composite.blend import blend
from bot.signals.composite.components import crowd_components, flow_components
from bot.signals.composite.index import (
    Component,
    CrowdIndex,
    FlowIndex,
)
from bot.signals.composite.market import MarketImbalance
from tests.signals.gauges.bench import SECOND, T0, TERMS, A, B, Look, feed, made, outputs, value
from tests.signals.gauges.every import ANY
from tests.signals.oracle import robust_z

near = pytest.approx
z_or_none = st.one_of(st.none(), st.floats(-9, 9))


@given(st.dictionaries(st.sampled_from("abcdefgh"), st.tuples(z_or_none, st.floats(0.01, 9.0))))
def test_contributions_sum_to_the_index_exactly(parts):
    found = blend(parts)

    fresh = {name: one for name, one in parts.items() if one[0] is not None}
    assert found.contributions.keys() == fresh.keys()
    if fresh:
        assert sum(found.contributions.values()) == found.value
        weight = sum(w for _, w in fresh.values())
        direct = sum(w * math.tanh(z / 2) for z, w in fresh.values()) / weight
        assert found.value == near(direct, abs=1e-12)
        assert found.coverage == near(weight / sum(w for _, w in parts.values()))
    else:
        assert (found.value, found.coverage) == (None, 0.0)


@pytest.mark.parametrize("z", [math.nan, math.inf])
def test_a_part_that_is_no_number_is_not_there(z):
    assert blend({"a": (z, 1.0), "b": (1.0, 1.0)}).coverage == 0.5


class TestIndex:
    """The index over looks."""

    def flow(self):
        return FlowIndex((Component("x", ANY, window=12), Component("y", ANY, 3.0, 12)), wake=1.0)

    @given(st.lists(st.tuples(z_or_none, z_or_none), min_size=1, max_size=40))
    def test_each_component_is_compared_with_its_own_past(self, looks):
        gauge = self.flow().gauge(TERMS)
        for k, (x, y) in enumerate(looks):
            feed(gauge, Look(T0 + k * SECOND, {"x": x, "y": y}))
        reading = gauge.read(T0 + (len(looks) - 1) * SECOND)

        wanted = {}
        for at, (name, weight) in enumerate((("x", 1.0), ("y", 3.0))):
            xs = [look[at] for look in looks]
            past = [x for x in xs[:-1] if x is not None][-12:]
            z = None if xs[-1] is None else robust_z(xs[-1], past, 12)
            wanted[name] = (z, weight)
        direct = blend(wanted)
        assert reading.quality == direct.coverage
        assert reading.outputs["value"] == (near(direct.value, abs=1e-9) if direct.ready else None)
        said = {one.name: one.contribution for one in reading.inputs}
        if reading.outputs["value"] is not None:
            added = [x for x in said.values() if x is not None]
            assert sum(added) == reading.outputs["value"]

    def test_below_half_of_the_weights_it_is_unknown(self):
        gauge = self.flow().gauge(TERMS)
        for k in range(12):
            feed(gauge, Look(T0 + k * SECOND, {"x": float(k % 3), "y": float(k % 4)}))
        feed(gauge, Look(T0 + 12 * SECOND, {"x": 1.0, "y": None}))

        said = outputs(gauge, T0 + 12 * SECOND)

        assert (said["value"], said["coverage"]) == (None, 0.25)

    def test_with_nothing_fresh_it_is_unknown_and_stale(self):
        gauge = made(self.flow(), Look(T0, {"x": None, "y": None}))

        assert value(gauge, T0) is None
        assert gauge.read(T0).stale

    def test_a_component_may_be_a_z_already_and_point_down(self):
        watch = CrowdIndex((Component("x", ANY, window=0, sign=-1.0),), wake=1.0)

        gauge = made(watch, Look(T0, {"x": 2.0}))

        assert value(gauge, T0) == near(-math.tanh(1.0))

    def test_a_slow_component_is_remembered_on_its_own_clock(self):
        watch = CrowdIndex((Component("x", ANY, window=40, every_s=10.0),), wake=1.0)
        gauge = watch.gauge(TERMS)
        for k in range(100):
            feed(gauge, Look(T0 + k * SECOND, {"x": float(k)}))

        assert gauge.parts["x"].window.ring == [float(10 * k) for k in range(10)]

    @pytest.mark.parametrize(
        "components",
        [
            (),
            (Component("x", ANY), Component("x", ANY)),
            (Component("x", ANY, weight=0.0),),
            (Component("x", ANY, every_s=0.0),),
            (Component("x", ANY, sign=0.5),),
        ],
    )
    def test_components_that_make_no_sense_are_refused(self, components):
        with pytest.raises(ValueError, match="expected"):
            FlowIndex(components, wake=1.0).gauge(TERMS)

    def test_the_houses_own_flow(self):
        watch = FlowIndex(flow_components(A), wake=1.0)

        assert list(watch.inputs()) == ["depth", "order_flow", "trades", "fair_price"]
        assert set(made(watch).parts) == set(watch.inputs())

    def test_who_follows_a_leader_looks_at_its_flow_too_and_a_leader_follows_nobody(self):
        assert [one.name for one in flow_components(B, leader=A)][-1] == "leader"
        assert flow_components(A, leader=A) == flow_components(A)

    def test_the_houses_own_crowd(self):
        alone = CrowdIndex(crowd_components((A,), (1.0,)), wake=1.0)
        whole = CrowdIndex(crowd_components((A, B), (1.0, 0.0), chain="opt:BTC/USD:BTC"), wake=1.0)

        assert list(alone.inputs()) == ["funding", "accounts", "top_traders", "opened"]
        assert list(whole.inputs()) == [*alone.inputs(), "skew", "options", "tilt"]
        assert made(whole).parts["tilt"].window is None

    @pytest.mark.parametrize(("instruments", "interests"), [((), ()), ((A, B), (1.0,))])
    def test_a_crowd_without_its_interests_is_refused(self, instruments, interests):
        with pytest.raises(ValueError, match="expected one for each, and one at least"):
            crowd_components(instruments, interests)


class TestMarketImbalance:
    """Four figures side by side."""

    def test_they_are_not_added_up(self):
        watch = MarketImbalance(ANY, ANY, ANY, ANY, wake=1.0)
        four = {"flow": 0.5, "crowd": -0.2, "cascade": 0.1, "squeeze": None}

        gauge = made(watch, Look(T0, four))

        assert outputs(gauge, T0) == {**four, "coverage": 0.75}
