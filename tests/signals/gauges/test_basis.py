"""Basis of dated and perpetual contracts, and one venue against the others."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.signals.basis import figures
from bot.signals.basis.dated import YEAR_NS, DatedBasis, Reversion
from bot.signals.basis.dislocation import VenueDislocation
from bot.signals.basis.perpetual import PerpetualBand
from bot.signals.funding_rates import venues
from tests.signals.gauges.bench import (
    DATED,
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    T0,
    TERMS,
    A,
    B,
    C,
    Look,
    changed,
    feed,
    funding,
    log_bps,
    made,
    outputs,
    value,
)
from tests.signals.gauges.every import ANY
from tests.signals.oracle import robust_z

near = pytest.approx
EXPIRY = T0 + 50 * DAY


def test_figures(vectors):
    for case in vectors("funding_arb")["basis"]:
        given_, wanted = case["inputs"], case["expected"]
        future, spot, years = given_["future"], given_["spot"], given_["days"] / 365

        assert figures.basis_bps(future, spot) == near(1e4 * wanted["basis_pct"], abs=1e-8)
        assert figures.simple_apr(future, spot, years) == near(wanted["apr_simple"], rel=1e-10)
        assert figures.continuous_rate(future, spot, years) == near(wanted["rate_cont"], rel=1e-10)


def test_sixty_days_by_hand():
    assert figures.simple_apr(61_200, 60_000, 60 / 365) == near(0.121666667, abs=1e-9)
    assert figures.continuous_rate(61_200, 60_000, 60 / 365) == near(0.120465983, abs=1e-9)


def test_a_basis_falls_evenly_to_nothing():
    assert [figures.expected_bps(100.0, since, 10 - since) for since in (0, 4, 10)] == [
        100.0,
        60.0,
        0.0,
    ]
    assert figures.expected_bps(100.0, 0.0, 0.0) == 0.0


class TestDated:
    """A future on its way to its spot."""

    def look(self, t, basis_bps, spot=60_000.0):
        return Look(t, {"future": log_bps(spot * (1 + basis_bps / 1e4)), "spot": log_bps(spot)})

    def watch(self):
        return DatedBasis(DATED, ANY, ANY, wake=1.0)

    def test_it_is_a_rate_a_year(self):
        gauge = made(self.watch(), self.look(T0, 200.0))

        said = outputs(gauge, T0)

        assert said["value"] == near(math.log(1.02) / (50 / 365))
        assert (said["basis"], said["expected"], said["divergence"]) == near((200.0, 200.0, 0.0))

    def test_within_an_hour_of_expiry_only_the_basis_is_said(self):
        late = EXPIRY - HOUR + SECOND
        gauge = made(self.watch(), self.look(T0, 200.0), self.look(late, 3.0))

        said = outputs(gauge, late)

        assert (said["value"], said["simple"]) == (None, None)
        assert said["basis"] == near(3.0)
        assert said["divergence"] == near(3.0, abs=0.3)

    def test_after_expiry_all_is_unknown(self):
        gauge = made(self.watch(), self.look(T0, 200.0), self.look(EXPIRY, 3.0))

        reading = gauge.read(EXPIRY)

        assert {x for name, x in reading.outputs.items() if name not in ("phi", "half_life")} == {
            None
        }
        assert reading.stale

    def test_a_price_that_is_missing_is_unknown_and_stale(self):
        gauge = made(self.watch(), self.look(T0, 200.0))
        feed(gauge, Look(T0 + 6 * SECOND, {"future": None, "spot": log_bps(60_000.0)}))

        reading = gauge.read(T0 + 6 * SECOND)

        assert (reading.outputs["value"], reading.outputs["z"]) == (None, None)
        assert reading.stale

    def test_a_contract_with_another_expiry_starts_its_path_anew(self):
        gauge = made(self.watch(), self.look(T0, 200.0))
        feed(gauge, changed(T0 + SECOND, DATED, expiry_ns=EXPIRY + 30 * DAY))
        feed(gauge, self.look(T0 + 2 * SECOND, 150.0))

        assert outputs(gauge, T0 + 2 * SECOND)["expected"] == near(150.0)

    def test_a_contract_without_expiry_is_refused(self):
        with pytest.raises(ValueError, match="expected an expiry"):
            DatedBasis(A, ANY, ANY, wake=1.0).gauge(TERMS)

    @given(st.lists(st.integers(-50, 50), min_size=1, max_size=90))
    def test_divergence_z_and_speed_are_those_of_the_whole_history(self, away):
        gauge = self.watch().gauge(TERMS)
        for k, x in enumerate(away):
            feed(gauge, self.look(T0 + 5 * k * MINUTE, 200.0 + x))
        now = T0 + 5 * (len(away) - 1) * MINUTE

        first = 200.0 + away[0]
        ts = [5 * k * MINUTE for k in range(len(away))]
        path = [first * (50 * DAY - t) / (50 * DAY) for t in ts]
        apart = [200.0 + x - p for x, p in zip(away, path, strict=True)]
        said = outputs(gauge, now)
        assert said["divergence"] == near(apart[-1], abs=1e-6)
        if len(apart) <= 672:
            assert said["z"] is None
        rates = [d / 1e4 / ((50 * DAY - t) / YEAR_NS) for d, t in zip(apart, ts, strict=True)]
        if len(rates) <= 60:
            assert said["phi"] is None
        else:
            weights = 0.999 ** np.arange(len(rates) - 2, -1, -1)
            x, y = np.array(rates[:-1]), np.array(rates[1:])
            if np.sum(x * x) > 1e-12:
                slope = float(np.sum(weights * x * y) / np.sum(weights * x * x))
                assert said["phi"] == near(min(1.0, max(0.0, slope)), abs=1e-5)

    def test_steps_that_do_not_follow_each_other_make_no_pair(self):
        gauge = made(self.watch(), *(self.look(T0 + 5 * k * MINUTE, 200.0) for k in (0, 1, 3, 4)))

        assert gauge.reversion.pairs == 2

    def test_its_z_comes_after_a_third_of_a_week(self):
        gauge = self.watch().gauge(TERMS)
        xs = []
        for k in range(680):
            x = 200.0 + (k * 37 % 11) - 5
            feed(gauge, self.look(T0 + 5 * k * MINUTE, x))
            xs.append(outputs(gauge, T0 + 5 * k * MINUTE)["divergence"])

        wanted = robust_z(xs[-1], xs[:-1], 2_016)
        assert outputs(gauge, T0 + 5 * 679 * MINUTE)["z"] == near(wanted, rel=1e-6)


def test_a_deviation_that_halves_each_step_has_that_speed():
    reversion = Reversion()
    x = 1.0
    for k in range(130):
        reversion.add(x)
        x = 0.5 * x if k % 20 else 1.0

    assert 0.4 < reversion.phi() < 0.6


def test_a_missing_step_makes_no_pair():
    reversion = Reversion()
    reversion.add(1.0)
    reversion.skip()
    reversion.add(5.0)

    assert reversion.pairs == 0


class TestBand:
    """A perpetual and its fair premium."""

    def band(self, rule=venues.BINANCE, carry=0.1095, cost=10.0, interval=8 * HOUR):
        watch = PerpetualBand(A, rule, ANY, 1.0, cost, carry=ANY, carry_assumed=None, wake=1.0)
        gauge = made(watch, funding(T0, "0.0001", T0 + 8 * HOUR, interval=interval))
        self.carry = carry
        return gauge

    def look(self, gauge, premium):
        return feed(gauge, Look(T0, {"premium_bps": premium, "carry": self.carry}))

    @pytest.mark.parametrize(
        ("premium", "outside"), [(0.0, 0.0), (16.0, 0.0), (17.0, 1.0), (-14.0, 0.0), (-15.5, -1.5)]
    )
    def test_a_carry_of_the_interest_is_fair_over_the_whole_flat_part(self, premium, outside):
        # 0.1095 a year is 1 bp in 8 h, the interest: premiums from -4 to 6 bps pay it.
        gauge = self.look(self.band(), premium)

        assert value(gauge, T0) == near(outside, abs=1e-9)
        assert outputs(gauge, T0)["low"] == near(-14.0)
        assert outputs(gauge, T0)["high"] == near(16.0)

    def test_a_dearer_carry_is_fair_at_one_premium(self):
        gauge = self.look(self.band(carry=0.219), 10.0)

        # 2 bps in 8 h are paid at a premium of 7.
        assert outputs(gauge, T0)["low"] == near(-3.0)
        assert outputs(gauge, T0)["high"] == near(17.0)

    def test_without_an_interval_or_a_carry_it_is_unknown(self):
        gauge = self.look(self.band(), 5.0)
        gauge.track.interval_ns = None
        assert value(gauge, T0) is None

        gauge = self.band(carry=None)
        assert value(self.look(gauge, 5.0), T0) is None

    def test_a_cost_below_nothing_is_refused(self):
        with pytest.raises(ValueError, match=">= 0"):
            self.band(cost=-1.0)


class TestDislocation:
    """One venue's price against the others'."""

    def gauge(self):
        watch = VenueDislocation(A, (A, B, C), (ANY, ANY, ANY), wake=1.0)
        return watch.gauge(TERMS)

    def look(self, t, a, b, c):
        prices = zip((A, B, C), (a, b, c), strict=True)
        return Look(t, {str(n): None if p is None else log_bps(p) for n, p in prices})

    def test_it_is_in_bps_from_the_median(self):
        gauge = feed(self.gauge(), self.look(T0, 60_060, 60_000, 59_940))

        said = outputs(gauge, T0)

        assert said["value"] == near(10.0, abs=0.01)
        assert said["range"] == near(20.0, abs=0.01)
        assert said["venues"] == 3.0

    def test_a_venue_that_is_stale_is_left_out(self):
        gauge = feed(self.gauge(), self.look(T0, 60_060, 60_000, None))

        assert value(gauge, T0) == near(5.0, abs=0.01)
        assert gauge.read(T0).quality == near(2 / 3)

    def test_a_price_that_was_there_before_is_not_there_now(self):
        gauge = feed(self.gauge(), self.look(T0, 60_060, 60_000, 59_940))

        feed(gauge, self.look(T0 + SECOND, 60_060, 60_000, None))

        assert outputs(gauge, T0 + SECOND)["venues"] == 2.0

    def test_without_its_own_price_it_is_unknown_and_stale(self):
        gauge = feed(self.gauge(), self.look(T0, None, 60_000, 59_940))

        assert value(gauge, T0) is None
        assert gauge.read(T0).stale

    def test_one_venue_alone_is_no_dislocation(self):
        gauge = feed(self.gauge(), self.look(T0, 60_000, None, None))

        assert (value(gauge, T0), outputs(gauge, T0)["range"]) == (None, None)

    @pytest.mark.parametrize(
        "watch",
        [
            VenueDislocation(A, (A,), (ANY,), wake=1.0),
            VenueDislocation(A, (A, B), (ANY,), wake=1.0),
            VenueDislocation(A, (B, C), (ANY, ANY), wake=1.0),
        ],
    )
    def test_venues_that_do_not_fit_are_refused(self, watch):
        with pytest.raises(ValueError, match="expected"):
            watch.gauge(TERMS)
