"""Funding by each venue's rule, against theory, across venues, and over time."""

import gzip
import json
import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.event import FundingTerms
from bot.signals.funding_rates import ar1, venues
from bot.signals.funding_rates.crowding import FundingCrowding
from bot.signals.funding_rates.divergence import (
    FundingDivergence,
    implied_carry,
    theoretical_rate,
)
from bot.signals.funding_rates.heard import FundingTrack
from bot.signals.funding_rates.persistence import FundingPersistence
from bot.signals.funding_rates.prediction import VenueFunding
from bot.signals.funding_rates.premium import PremiumMean
from bot.signals.funding_rates.rules import Form, apr, apy
from bot.signals.funding_rates.skew import FundingSkew, best_pair, skew_of
from tests.signals.gauges.bench import (
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
    contract,
    feed,
    funding,
    interest,
    log_bps,
    lost,
    made,
    outputs,
    settled,
    value,
)
from tests.signals.gauges.every import ANY
from tests.signals.harness import FakeTerms
from tests.signals.oracle import robust_z

near = pytest.approx
EIGHT = 8 * HOUR
RULES = {
    "binance": venues.BINANCE,
    "binance before": venues.BINANCE_UNSCALED,
    "bybit": venues.BYBIT,
    "okx divided": venues.OKX_DIVIDE,
    "okx scaled": venues.OKX_SCALED_INTEREST,
    "okx average": venues.OKX_AVERAGE,
    "deribit": venues.DERIBIT,
    "hyperliquid": venues.HYPERLIQUID,
    "bitmex": venues.BITMEX,
    "kraken": venues.kraken(8.0),
    "gate": venues.GATE,
    "kucoin": venues.KUCOIN,
}
every_rule = pytest.mark.parametrize("name", RULES)


def exact(rule, premium: Fraction, interest_: Fraction, hours: Fraction, floor, cap) -> Fraction:
    """A venue's formula in fractions, written once more from its text."""
    damp = Fraction(str(rule.damp))
    inner = premium + min(damp, max(-damp, interest_ - premium))
    rate = {
        Form.DAMPED: inner,
        Form.SCALED: inner / (8 / hours),
        Form.MEAN: premium,
        Form.COEFFICIENT: premium / Fraction(str(rule.coefficient)),
        Form.DEAD_BAND: premium * hours / 8,
    }[rule.form]
    return max(floor, min(cap, rate))


# --- rules ------------------------------------------------------------------------------------

tenths_of_bps = st.integers(-2_000, 2_000).map(lambda x: Fraction(x, 100_000))


@every_rule
@given(
    premium=tenths_of_bps,
    paid=st.sampled_from([Fraction(0), Fraction(1, 10_000), Fraction(-1, 10_000)]),
    hours=st.sampled_from([1, 2, 4, 8]),
    cap=st.sampled_from([Fraction(3, 1_000), Fraction(2, 100)]),
)
def test_a_rule_is_its_formula_in_exact_fractions(name, premium, paid, hours, cap):
    rule = RULES[name]

    rate = rule.rate(float(premium), float(paid), hours, -float(cap), float(cap))

    assert rate == near(float(exact(rule, premium, paid, Fraction(hours), -cap, cap)), abs=1e-15)


@every_rule
@given(premium=st.floats(-0.02, 0.02), hours=st.sampled_from([1.0, 4.0, 8.0]))
def test_the_premiums_that_pay_a_rate_pay_it(name, premium, hours):
    rule = RULES[name]
    rate = rule.rate(rule.sampled(premium), 1e-4, hours)

    low, high = rule.premiums_at(rate, 1e-4, hours)

    assert low - 1e-12 <= premium <= high + 1e-12
    for end in (low, high):
        assert rule.rate(rule.sampled(end), 1e-4, hours) == near(rate, abs=1e-12)


def test_binance_scales_from_its_date_on():
    before = venues.BINANCE.at(venues.BINANCE_SCALES_FROM_NS - 1)
    after = venues.BINANCE.at(venues.BINANCE_SCALES_FROM_NS)

    assert (before, after) == (venues.BINANCE_UNSCALED, venues.BINANCE)
    assert before.rate(0.002, 1e-4, 4) == near(0.0015)
    assert after.rate(0.002, 1e-4, 4) == near(0.00075)
    assert after.rate(0.002, 1e-4, 8) == near(0.0015)
    assert after.rate(0.0, 1e-4, 1) == near(0.0000125)


def test_interest_is_shared_out_where_a_venue_says_so():
    assert venues.BYBIT.interest_of(1e-4, 4) == near(5e-5)
    assert venues.OKX_SCALED_INTEREST.interest_of(1e-4, 1) == near(1.25e-5)
    assert venues.BINANCE.interest_of(1e-4, 4) == 1e-4


def test_an_hour_at_binance_weighs_all_samples_alike():
    assert [venues.BINANCE.weight(k, 1.0) for k in (1, 720)] == [1.0, 1.0]
    assert [venues.BINANCE.weight(k, 8.0) for k in (1, 720)] == [1.0, 720.0]


def test_a_coefficient_must_be_one():
    with pytest.raises(ValueError, match="expected > 0"):
        venues.kraken(0.0)


def test_a_basis_point_in_eight_hours_a_year():
    assert apr(1e-4, 8) == near(0.1095)
    assert apy(1e-4, 8) == near(0.11571396, abs=1e-8)


def test_a_rate_is_projected_with_the_premium_of_now():
    mean = PremiumMean()
    mean.take(1, 0.001, venues.BYBIT, 8.0)
    mean.take(2, 0.002, venues.BYBIT, 8.0)

    assert mean.projected(0.003, 4, venues.BYBIT, 8.0) == near(0.0026)
    assert mean.mean == near(0.005 / 3)


# --- predictions ------------------------------------------------------------------------------


def predicted(name="binance", **more):
    terms = {"interest_bps_8h": 1.0, "floor_bps": -200.0, "cap_bps": 200.0, **more}
    return VenueFunding(A, RULES[name], ANY, wake=1.0, **terms)


def walk(seed: int, looks: int) -> np.ndarray:
    """A premium in bps, second by second."""
    steps = np.random.default_rng(seed).normal(0.0, 0.15, looks)
    return 4.0 + np.cumsum(steps)


def through(gauge, begun, seconds, premiums, interval, missing=frozenset()):
    """Look once a second over an interval, with the venue's word each minute."""
    for s in range(seconds):
        t = begun + s * SECOND
        if s % 60 == 0:
            feed(gauge, funding(t, "0.0001", begun + interval, interval=interval))
        premium = None if s in missing else float(premiums[s])
        feed(gauge, Look(t, {"premium_bps": premium}))
    return gauge


@every_rule
@pytest.mark.parametrize("hours", [1, 8])
def test_it_reproduces_the_settlement_of_an_interval_of_samples(name, hours):
    rule = RULES[name].at(T0 + hours * HOUR)
    seconds = hours * 3_600
    premiums = walk(hours, seconds)
    gauge = through(predicted(name).gauge(TERMS), T0, seconds, premiums, hours * HOUR)
    last = T0 + (seconds - 1) * SECOND

    ks = np.arange(1, round(seconds / rule.sample_s) + 1)
    seen = np.minimum(ks * rule.sample_s, seconds - 1).astype(int)
    samples = np.array([rule.sampled(x / 1e4) for x in premiums[seen]])
    assert np.abs(samples).max() < 0.02 * 8 / hours  # the bounds are another test's
    linear = rule.linear and hours > rule.equal_hours
    mean = np.average(samples, weights=ks if linear else None)
    interest_ = 1e-4 * hours / 8 if rule.interest_scales else 1e-4
    wanted = exact(
        rule,
        Fraction(mean),
        Fraction(interest_),
        Fraction(hours),
        Fraction(-2, 100),
        Fraction(2, 100),
    )
    said = outputs(gauge, last)
    # BitMEX and Kraken pay the mean of an interval in the one after it.
    found = said["following" if rule.previous else "value"]
    assert found / 1e4 * hours / 8 == near(float(wanted), abs=1e-12)
    assert gauge.running.coverage == 1.0


def test_a_tape_across_binances_change_uses_each_settlements_own_rule():
    """08:00 UTC of that day is paid by the old rule, 12:00 by the new: half as much of 4 h."""
    old = venues.BINANCE_SCALES_FROM_NS - 60 * SECOND
    gauge = predicted().gauge(TERMS)
    looks = np.full(4 * 3_600, 20.0)

    through(gauge, old - 4 * HOUR, 4 * 3_600, looks, 4 * HOUR)
    before = outputs(gauge, old - SECOND)["value"]
    through(gauge, old, 4 * 3_600, looks, 4 * HOUR)
    after = outputs(gauge, old + 4 * HOUR - SECOND)["value"]

    # In bps per 8 h: 15 an interval of 4 h, and then 7.5.
    assert (before, after) == (near(30.0), near(15.0))


def test_a_venue_that_pays_the_interval_before_knows_its_rate_from_the_start():
    gauge = predicted("bitmex").gauge(TERMS)
    premiums = walk(3, 3_600)
    through(gauge, T0, 3_600, premiums, HOUR)
    following = outputs(gauge, T0 + 3_599 * SECOND)["following"]

    feed(gauge, funding(T0 + HOUR + SECOND, "0.0001", T0 + 2 * HOUR, interval=HOUR))

    reading = gauge.read(T0 + HOUR + SECOND)
    assert reading.outputs["value"] == near(following, abs=1e-3)
    assert reading.quality == 1.0


def test_where_funding_accrues_the_cap_holds_at_every_moment():
    premiums = np.repeat([100.0, 0.0], 1_800)
    watch = predicted("deribit", floor_bps=-50 / 8, cap_bps=50 / 8)
    gauge = through(watch.gauge(TERMS), T0, 3_600, premiums, HOUR)

    # Half an hour at the cap of 50 bps per 8 h, half an hour of nothing.
    assert outputs(gauge, T0 + 3_599 * SECOND)["value"] == near(25.0, abs=0.05)


def test_missing_premiums_are_held_for_half_a_minute_and_then_missing():
    gauge = through(
        predicted().gauge(TERMS), T0, 301, np.full(301, 5.0), EIGHT, frozenset(range(101, 301))
    )

    # Samples each 5 s up to 100 s were seen, those to 130 s were held, 34 were not.
    assert (gauge.running.seen, gauge.running.covered) == (60, 26)


def test_below_half_of_the_samples_it_is_the_venues_word():
    gauge = through(
        predicted().gauge(TERMS), T0, 400, np.full(400, 50.0), EIGHT, frozenset(range(10, 400))
    )

    reading = gauge.read(T0 + 399 * SECOND)

    assert reading.outputs["value"] == reading.outputs["venue"] == near(1.0)
    assert reading.quality < 0.5


def test_a_premium_that_is_back_does_not_make_up_for_what_was_missed():
    gauge = through(
        predicted().gauge(TERMS), T0, 400, np.full(400, 50.0), EIGHT, frozenset(range(250))
    )

    reading = gauge.read(T0 + 399 * SECOND)

    assert reading.outputs["value"] == reading.outputs["venue"] == near(1.0)
    assert reading.outputs["so_far"] == near(45.0)


def test_a_rule_that_is_not_the_venues_drifts_by_more_than_two_basis_points():
    gauge = through(predicted().gauge(TERMS), T0, 600, np.full(600, 50.0), EIGHT)

    now = T0 + 599 * SECOND
    assert outputs(gauge, now)["difference"] == near(44.0)
    assert gauge.drifted(now)


@pytest.mark.parametrize("interval", [None, 0, -5])
def test_without_an_interval_nothing_is_predicted(interval):
    watch = predicted()
    gauge = watch.gauge(TERMS)
    gauge.track.interval_ns = None
    feed(gauge, funding(T0, "0.0001", T0 + EIGHT, interval=interval))
    feed(gauge, Look(T0, {"premium_bps": 5.0}))

    assert set(outputs(gauge, T0).values()) == {None}
    assert gauge.read(T0).quality == 0.0


def test_the_interval_of_the_terms_serves_where_the_rate_does_not_say():
    gauge = made(predicted(), funding(T0, "0.0001", T0 + EIGHT, interval=None))
    feed(gauge, Look(T0, {"premium_bps": 5.0}))

    assert value(gauge, T0) == near(1.0)


def test_an_interval_that_is_cut_short_begins_anew():
    gauge = through(predicted().gauge(TERMS), T0, 600, np.full(600, 50.0), EIGHT)

    feed(gauge, funding(T0 + 600 * SECOND, "0.0001", T0 + HOUR, interval=HOUR))

    assert (gauge.running.covered, gauge.settles_ns) == (0, T0 + HOUR)


def test_a_settlement_that_has_passed_is_predicted_no_more():
    gauge = through(predicted().gauge(TERMS), T0, 60, np.full(60, 5.0), MINUTE)

    assert value(gauge, T0 + MINUTE) is None
    assert gauge.read(T0 + MINUTE).stale


def test_a_floor_above_the_cap_is_refused():
    with pytest.raises(ValueError, match="at most cap"):
        predicted(floor_bps=1.0, cap_bps=0.0).gauge(TERMS)


# --- what was heard ---------------------------------------------------------------------------


class TestHeard:
    """Rates of now, and those that are final."""

    def test_a_settlement_is_final_once(self):
        track = FundingTrack(EIGHT)

        said = [track.hear(settled(T0, "0.0001")) for _ in range(2)]

        assert [len(each) for each in said] == [1, 0]

    def test_a_settlement_that_was_never_told_is_what_was_last_predicted(self):
        track = FundingTrack(EIGHT)
        track.hear(funding(T0, "0.0002", T0 + EIGHT))
        track.hear(funding(T0 + EIGHT + 1, "0.0003", T0 + 2 * EIGHT))

        (found,) = track.hear(funding(T0 + 2 * EIGHT + 1, "0.0004", T0 + 3 * EIGHT))

        assert (found.rate, found.assumed) == (0.0002, True)

    def test_a_late_settlement_replaces_the_prediction(self):
        track = FundingTrack(EIGHT)
        track.hear(funding(T0, "0.0002", T0 + EIGHT))
        track.hear(funding(T0 + EIGHT + 1, "0.0003", T0 + 2 * EIGHT))

        (found,) = track.hear(settled(T0 + EIGHT, "0.00025"))

        assert (found.rate, found.assumed) == (0.00025, False)
        assert (track.rate, track.final) == (0.0003, False)

    @pytest.mark.parametrize("rate", ["7", "-3", "NaN"])
    def test_a_rate_beyond_any_cap_is_in_another_unit(self, rate):
        track = FundingTrack(EIGHT)
        track.hear(funding(T0, "0.0001", T0 + EIGHT))

        track.hear(funding(T0 + 1, rate, T0 + EIGHT))

        assert (track.rate, track.faulty) == (0.0001, 1)

    def test_a_settlement_may_be_brought_forward_but_an_old_one_is_gone(self):
        track = FundingTrack(EIGHT)
        track.hear(funding(T0 + 1, "0.0001", T0 + EIGHT))

        track.hear(funding(T0 + 2, "0.0002", T0 + HOUR, interval=HOUR))
        track.hear(funding(T0 + 3, "0.0003", T0))

        assert (track.settles_ns, track.interval_ns, track.rate) == (T0 + HOUR, HOUR, 0.0002)

    def test_rates_of_different_intervals_are_brought_to_one(self):
        tracks = FundingTrack(), FundingTrack()
        tracks[0].hear(funding(T0, "0.0001", T0 + EIGHT))
        tracks[1].hear(funding(T0, "0.0000125", T0 + HOUR, interval=HOUR))

        assert tracks[0].per_8h() == near(tracks[1].per_8h())

    def test_a_changed_contract_brings_its_interval(self):
        track = FundingTrack()

        track.hear(changed(T0, funding_interval_ns=4 * HOUR))

        assert track.interval_ns == 4 * HOUR


def test_floor_cap_and_interval_are_what_the_venue_says():
    rule = venues.OKX_DIVIDE
    watch = VenueFunding(A, rule, ANY, 1.0, None, None, wake=1.0)
    listed = FakeTerms([contract(A, funding_interval_ns=None)])
    gauge = watch.gauge(listed)
    terms = FundingTerms(
        ts_recv=T0, ts_venue=T0, instrument=A, interval_ns=8 * HOUR, cap=Decimal("0.0005")
    )

    feed(gauge, terms, funding(T0, "0.0001", T0 + EIGHT, interval=None))
    for s in range(1, 60 * 31):
        feed(gauge, Look(T0 + s * SECOND, {"premium_bps": 100.0}))

    assert value(gauge, T0 + 1_859 * SECOND) == near(5.0)


class TestCrowding:
    """Funding over its floor."""

    def test_a_rate_at_the_floor_is_neutral(self):
        gauge = made(FundingCrowding(A, 1.0, wake=1.0), funding(T0, "0.0001", T0 + EIGHT))

        assert value(gauge, T0) == near(0.0)

    def test_without_an_interval_it_is_unknown(self):
        gauge = FundingCrowding(A, 1.0, wake=1.0).gauge(TERMS)
        gauge.crowding.track.interval_ns = None

        feed(gauge, funding(T0, "0.0003", T0 + EIGHT, interval=None))

        assert value(gauge, T0) is None

    def test_excess_and_interest_are_the_contributions(self):
        gauge = made(FundingCrowding(A, 1.0, wake=1.0), funding(T0, "0.0003", T0 + EIGHT))

        reading = gauge.read(T0)

        added = [one.contribution for one in reading.inputs if one.contribution is not None]
        assert sum(added) == reading.outputs["value"] == near(2.0)

    def test_a_day_that_is_booked_once_has_three_times_eight_hours(self):
        """Deribit: 1 bp for eight hours, all the time; the day that ended last is not final yet."""
        gauge = FundingCrowding(A, 0.0, wake=1.0).gauge(TERMS)
        for k in range(240):
            t = T0 + k * HOUR
            feed(gauge, funding(t, "0.0001", (t // DAY + 1) * DAY))

        assert outputs(gauge, T0 + 240 * HOUR)["week"] == near(6 * 3.0)

    def test_a_long_stay_at_the_floor_makes_half_a_basis_point_usual(self):
        gauge = FundingCrowding(A, 1.0, wake=1.0).gauge(TERMS)
        for k in range(40):
            feed(gauge, settled(T0 + k * EIGHT, "0.0001"))

        feed(gauge, funding(T0 + 40 * EIGHT, "0.0002", T0 + 41 * EIGHT))

        assert outputs(gauge, T0 + 40 * EIGHT)["z"] == near(2.0)

    def test_a_fraction_that_becomes_a_percentage_halves_the_quality(self):
        gauge = FundingCrowding(A, 1.0, wake=1.0).gauge(TERMS)
        for k in range(45):
            feed(gauge, settled(T0 + k * EIGHT, "0.0001" if k % 2 else "0.00012"))
        before = gauge.read(T0 + 45 * EIGHT).quality

        feed(gauge, funding(T0 + 45 * EIGHT, "0.01", T0 + 46 * EIGHT))

        assert (before, gauge.read(T0 + 45 * EIGHT).quality) == (0.5, 0.25)

    @given(st.lists(st.integers(-30, 30), min_size=1, max_size=60))
    def test_its_z_and_its_week_are_those_of_all_settlements(self, tenths):
        gauge = FundingCrowding(A, 1.0, wake=1.0).gauge(TERMS)
        gauge.crowding.window.length = 30
        for k, x in enumerate(tenths):
            feed(gauge, settled(T0 + k * EIGHT, f"{x / 1e5:.6f}"))
        now = T0 + (len(tenths) - 1) * EIGHT + SECOND
        xs = [x / 10 - 1.0 for x in tenths]

        said = outputs(gauge, now)

        wanted = None
        if len(xs) > 10:
            past = sorted(xs[:-1][-30:])
            center = float(np.median(past))
            spread = 1.4826 * float(np.median([abs(x - center) for x in past]))
            if spread < 1e-9:
                spread = 1.2533 * float(np.mean([abs(x - center) for x in past]))
            wanted = near(
                max(-8.0, min(8.0, (xs[-1] - center) / max(spread, 0.5))), rel=1e-6, abs=1e-9
            )
        assert said["z"] == wanted
        assert said["week"] == near(sum(tenths[-21:]) / 10, abs=1e-9)


class TestDivergence:
    """Theory against practice."""

    def test_five_percent_a_year_against_three_basis_points(self):
        assert theoretical_rate(0.05) == near(4.566210e-5, abs=1e-11)
        gauge = made(FundingDivergence(A, 1.0, wake=1.0), funding(T0, "0.0003", T0 + EIGHT))

        said = outputs(gauge, T0)

        assert said["predicted_less_theory"] == near(2.5433790, abs=1e-7)
        assert said["z"] is None

    def test_a_dated_future_implies_a_carry(self):
        carry = implied_carry(61_200, 60_000, 60 / 365)

        assert theoretical_rate(carry) == near(1.10014596e-4, abs=1e-12)
        assert implied_carry(61_200, 60_000, 0.5 / 8_760) is None
        assert implied_carry(0.0, 60_000, 1.0) is None

    def test_without_a_carry_theory_is_unknown(self):
        gauge = made(
            FundingDivergence(A, 1.0, carry_assumed=None, wake=1.0),
            funding(T0, "0.0003", T0 + EIGHT),
        )

        assert outputs(gauge, T0)["predicted_less_theory"] is None
        assert gauge.read(T0).quality == 0.0

    def test_a_settlement_is_held_to_what_was_said_a_minute_before(self):
        watch = FundingDivergence(A, 1.0, wake=1.0)
        gauge = made(watch, funding(T0 + EIGHT - 5 * MINUTE, "0.0002", T0 + EIGHT))
        feed(gauge, funding(T0 + EIGHT - 61 * SECOND, "0.00025", T0 + EIGHT))
        feed(gauge, funding(T0 + EIGHT - 30 * SECOND, "0.0009", T0 + EIGHT))

        feed(gauge, settled(T0 + EIGHT, "0.0003"))

        said = outputs(gauge, T0 + EIGHT + SECOND)
        assert said["settled_less_predicted"] == near(0.5)
        assert said["settled_less_interest"] == near(2.0)

    def test_what_was_said_too_early_is_held_against_nothing(self):
        gauge = made(
            FundingDivergence(A, 1.0, wake=1.0),
            funding(T0 + EIGHT - 5 * MINUTE, "0.0002", T0 + EIGHT),
            settled(T0 + EIGHT, "0.0003"),
        )

        assert outputs(gauge, T0 + EIGHT + SECOND)["settled_less_predicted"] is None

    def test_three_days_of_richness(self):
        gauge = FundingDivergence(A, 1.0, wake=1.0).gauge(TERMS)
        for k in range(20):
            feed(gauge, settled(T0 + k * EIGHT, "0.0009" if k < 11 else "0.0002"))

        theory = theoretical_rate(0.05) * 1e4
        now = T0 + 19 * EIGHT + SECOND
        assert outputs(gauge, now)["three_days"] == near(2.0 - theory)

    def test_what_theory_was_is_of_the_settlements_that_it_is_compared_with(self):
        watch = FundingDivergence(A, 1.0, carry=ANY, carry_assumed=None, wake=1.0)
        gauge = made(watch, settled(T0, "0.01"), Look(T0 + HOUR, {"carry": 0.0}))

        feed(gauge, settled(T0 + EIGHT, "0.0002"))

        assert outputs(gauge, T0 + EIGHT + SECOND)["three_days"] == near(2.0)

    def test_its_z_needs_nobody_who_says_what_was_settled(self):
        """Binance's stream only predicts; the settlement after shows that one has passed."""
        gauge = FundingDivergence(A, 1.0, wake=1.0).gauge(TERMS)
        for k in range(31):
            for before in (60, 1):
                settles = T0 + (k + 1) * EIGHT
                rate = f"0.0001{k % 3 + before}"
                feed(gauge, funding(settles - before * MINUTE, rate, settles))

        xs = [float(f"0.0001{k % 3 + 1}") * 1e4 for k in range(31)]
        assert outputs(gauge, T0 + 31 * EIGHT - MINUTE)["z"] == near(robust_z(xs[-1], xs[:-1], 90))

    @given(st.lists(st.integers(-30, 30), min_size=1, max_size=50))
    def test_its_z_is_of_predictions_over_theory_by_interval(self, tenths):
        gauge = FundingDivergence(A, 1.0, wake=1.0).gauge(TERMS)
        said = None
        for k, x in enumerate(tenths):
            settles = T0 + (k + 1) * EIGHT
            feed(gauge, funding(settles - MINUTE, f"{x / 1e5:.6f}", settles))
            said = outputs(gauge, settles - MINUTE)["z"]
            feed(gauge, settled(settles, "0.0001"))

        xs = [x / 1e5 - theoretical_rate(0.05) for x in tenths]
        wanted = robust_z(xs[-1], xs[:-1], 90) if len(xs) > 30 else None
        assert said == (None if wanted is None else near(wanted, rel=1e-6, abs=1e-6))


class TestSkew:
    """Venues against each other."""

    def three(self, **more):
        gauge = FundingSkew(A, (A, B, C), wake=1.0, **more).gauge(TERMS)
        feed(gauge, funding(T0, "0.0002", T0 + EIGHT))
        feed(gauge, funding(T0, "0.0001", T0 + EIGHT, name=B))
        return feed(gauge, funding(T0, "0.00001", T0 + HOUR, interval=HOUR, name=C))

    def test_it_compares_per_hour(self):
        said = outputs(self.three(), T0)

        assert said["value"] == near((0.0002 / 8 - 0.0001 / 8) * 8_760)
        assert said["spread"] == near((0.0002 - 0.00008) / 8 * 8_760)
        assert said["mean"] is None
        assert said["apr"] == near(0.0002 / 8 * 8_760)
        assert said["apy"] == near((1 + 0.0002) ** 1_095 - 1)

    def test_the_mean_weighs_coins(self):
        gauge = feed(
            self.three(price=ANY),
            Look(T0, {"price": log_bps(50_000.0)}),
            interest(T0, 300),
            interest(T0, 5_000_000, C),
        )

        wanted = (300 * 0.0002 / 8 + 100 * 0.00001) / 400
        assert outputs(gauge, T0)["mean"] == near(wanted * 8_760)

    def test_a_venue_that_is_stale_is_left_out(self):
        gauge = self.three()
        feed(gauge, funding(T0 + 121 * SECOND, "0.0002", T0 + EIGHT))
        feed(gauge, funding(T0 + 121 * SECOND, "0.0001", T0 + EIGHT, name=B))

        reading = gauge.read(T0 + 121 * SECOND)

        assert reading.quality == near(2 / 3)
        # Of two neither can be called the strange one; the spread is still said.
        assert reading.outputs["z"] is None
        assert reading.outputs["spread"] == near(0.0001 / 8 * 8_760)

    def test_one_venue_alone_has_no_skew(self):
        gauge = feed(self.three(), lost(T0, B), lost(T0, C))

        said = outputs(gauge, T0)
        assert said.pop("tradable") == 0.0
        # Its own rate a year is no comparison.
        assert {said.pop("apr"), said.pop("apy")}.isdisjoint({None})
        assert set(said.values()) == {None}

    def test_of_two_that_pay_the_same_the_first_by_name_is_dearest(self):
        assert best_pair({"b": 1.0, "a": 1.0, "c": 0.0}, "abc").dearest == "a"
        assert skew_of({"a": 1.0}) is None

    def quotes(self, t_ns, *names, of="book"):
        """A look at which the best prices of these venues were known."""
        looks = {f"{kind} of {one}": None for one in (A, B, C) for kind in ("book", "touch")}
        return Look(t_ns, looks | {f"{of} of {one}": log_bps(100.0) for one in names})

    def best(self, gauge, now_ns):
        said = outputs(gauge, now_ns)
        return said["dearest"], said["cheapest"], said["tradable"]

    @pytest.mark.parametrize("of", ["book", "touch"])
    def test_the_best_pair_is_of_venues_that_are_quoted(self, of):
        gauge = self.three()

        assert self.best(gauge, T0) == (None, None, 0.0)
        assert self.best(feed(gauge, self.quotes(T0, A, B, C, of=of)), T0) == (0.0, 2.0, 3.0)

    def test_a_venue_without_a_fresh_book_is_not_proposed_and_still_counts(self):
        gauge = feed(self.three(), self.quotes(T0, A, B, C))
        before = outputs(gauge, T0)

        feed(gauge, self.quotes(T0, B, C))  # what is stale is not among the scores

        assert self.best(gauge, T0) == (1.0, 2.0, 2.0)
        after = outputs(gauge, T0)
        for name in ("value", "z", "spread"):
            assert after[name] == before[name]
        assert self.best(feed(gauge, self.quotes(T0, C)), T0) == (None, None, 1.0)

    def test_a_look_that_grew_old_proposes_nobody(self):
        gauge = feed(self.three(), self.quotes(T0, A, B, C))

        assert self.best(gauge, T0 + 6 * SECOND) == (None, None, 0.0)

    def test_a_contract_that_is_not_traded_is_not_proposed(self):
        gauge = feed(self.three(), self.quotes(T0, A, B, C))
        value = outputs(gauge, T0)["value"]

        feed(gauge, changed(T0 + 1, A, active=False))

        assert self.best(gauge, T0 + 1) == (1.0, 2.0, 2.0)
        assert outputs(gauge, T0 + 1)["value"] == value
        assert self.best(feed(gauge, changed(T0 + 2, A, active=True)), T0 + 2)[0] == 0.0

    def test_a_venue_that_was_listed_inactive_is_not_proposed(self):
        terms = FakeTerms([contract(A, active=False), contract(B), contract(C)])
        gauge = FundingSkew(A, (A, B, C), wake=1.0).gauge(terms)

        assert gauge.listed == {A: False, B: True, C: True}

    def test_a_contract_that_changed_brings_its_interval(self):
        gauge = feed(self.three(), changed(T0 + 1, B, funding_interval_ns=4 * HOUR))

        assert gauge.tracks[B].per_hour() == near(0.0001 / 4)

    def test_it_must_be_one_of_its_venues(self):
        with pytest.raises(ValueError, match="expected"):
            FundingSkew(A, (B, C), wake=1.0).gauge(TERMS)


class TestPersistence:
    """How long funding stays where it is."""

    def test_what_three_intervals_will_pay(self):
        fitted = ar1.Persistence(0.8, 1e-4, None)

        assert fitted.total(6e-4, 3) == near(0.001276)

    @given(st.lists(st.integers(-50, 50), min_size=1, max_size=120))
    def test_it_is_the_fit_of_all_settled_rates(self, tenths):
        gauge = FundingPersistence(A, wake=1.0).gauge(TERMS)
        for k, x in enumerate(tenths):
            feed(gauge, settled(T0 + k * EIGHT, f"{x / 1e5:.6f}"))

        xs = np.array(tenths) / 1e5
        said = outputs(gauge, T0 + len(xs) * EIGHT)
        if len(xs) < 3:
            assert said["phi"] is None
        elif len(xs) <= 60 or np.ptp(xs[:-1]) == 0:
            assert said["phi"] == 0.8
            assert said["mean"] == near(float(np.median(xs)) * 1e4, abs=1e-9)
            assert said["expected_sd"] is None
        else:
            slope = float(np.polyfit(xs[:-1], xs[1:], 1)[0])
            assert said["phi"] == near(min(0.995, max(0.0, slope)), abs=1e-6)

    @given(st.lists(st.integers(-50, 50), min_size=61, max_size=120))
    def test_the_fading_fit_is_least_squares_with_fading_weights(self, tenths):
        fading = ar1.FadingFit(0.97)
        xs = np.array(tenths) / 1e5
        for x in xs:
            fading.add(float(x))

        if np.ptp(xs[-40:-1]) < 3e-5:
            return
        weights = 0.97 ** np.arange(len(xs) - 2, -1, -1)
        x, y = xs[:-1], xs[1:]
        mx, my = np.average(x, weights=weights), np.average(y, weights=weights)
        slope = np.sum(weights * (x - mx) * (y - my)) / np.sum(weights * (x - mx) ** 2)
        fitted = fading.fit()
        phi = min(0.995, max(0.0, float(slope)))
        assert fitted.phi == near(phi, abs=1e-6)
        noise = y - (my - phi * mx) - phi * x
        sigma = math.sqrt(np.sum(weights * noise**2) / (weights.sum() - 2.0))
        assert fitted.sigma == near(sigma, rel=1e-5, abs=1e-12)

    @pytest.mark.parametrize("change", ["interval", "gap"])
    def test_a_pair_that_does_not_follow_starts_it_over(self, change):
        gauge = FundingPersistence(A, wake=1.0).gauge(TERMS)
        for k in range(70):
            feed(gauge, settled(T0 + k * EIGHT, "0.0001" if k % 3 else "0.0002"))
        assert not gauge.fitted.prior

        if change == "gap":
            feed(gauge, settled(T0 + 72 * EIGHT, "0.0001"))
        else:
            feed(gauge, settled(T0 + 70 * EIGHT, "0.0001", interval=4 * HOUR))

        assert (len(gauge.rates), gauge.restarts) == (1, 1)
        assert value(gauge, T0 + 72 * EIGHT) is None

    def test_a_rate_that_nobody_settled_is_not_fitted(self):
        gauge = made(
            FundingPersistence(A, wake=1.0),
            *(funding(T0 + k * EIGHT, "0.0002", T0 + (k + 1) * EIGHT) for k in range(5)),
        )

        assert gauge.rates == []

    def test_it_is_stale_when_a_settlement_is_overdue(self):
        gauge = made(FundingPersistence(A, wake=1.0), settled(T0, "0.0001"))

        assert not gauge.read(T0 + EIGHT + HOUR).stale
        assert gauge.read(T0 + 2 * EIGHT).stale


# --- recorded ---------------------------------------------------------------------------------


def test_binances_last_word_is_its_settlement(recordings):
    """The venue's own rate a second before 2023-04-05 00:00 UTC, and what was settled."""
    path = recordings / "binance-l2-2023-04-04" / "usdm" / "btcusdt_20230404.dat.gz"
    if not path.exists():
        (path,) = (recordings / "binance-l2-2023-04-04").rglob("btcusdt_20230404.dat.gz")
    gauge = FundingDivergence(A, 1.0, wake=1.0).gauge(TERMS)
    last = None
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            if '"markPriceUpdate"' not in line:
                continue
            received_us, text = line.split(" ", 1)
            said = json.loads(text)["data"]
            settles = said["T"] * 1_000_000
            heard = int(received_us) * 1_000
            if heard < settles:
                last = said["r"]
                feed(gauge, funding(heard, last, settles, said=said["E"] * 1_000_000))
    table = recordings / "binance-history-1h" / "perp" / "BTC_USDT_USDT-funding_rate.csv.gz"
    with gzip.open(table, "rt", encoding="utf-8") as lines:
        (row,) = [line for line in lines if line.startswith("2023-04-05T00:00")]
    paid = row.strip().split(",")[1]

    feed(gauge, funding(settles + SECOND, paid, settles, settled=True))

    assert float(last) == near(2.754e-5, abs=5e-9)
    assert float(paid) == near(2.76e-5, abs=1e-12)
    assert abs(float(last) - float(paid)) * 1e4 < 0.05
    assert abs(outputs(gauge, settles + SECOND)["settled_less_predicted"]) < 0.05


def test_the_persistence_of_binances_funding_is_that_of_all_of_it(recordings):
    """Real settlements, one by one, against numpy over the last 270 of them."""
    table = recordings / "binance-history-1h" / "perp" / "BTC_USDT_USDT-funding_rate.csv.gz"
    with gzip.open(table, "rt", encoding="utf-8") as lines:
        rates = [line.strip().split(",")[1] for line in lines][-400:]
    gauge = FundingPersistence(A, wake=1.0).gauge(TERMS)
    for k, rate in enumerate(rates):
        feed(gauge, settled(T0 + k * EIGHT, rate))
    xs = np.array([float(rate) for rate in rates[-270:]])
    slope = float(np.polyfit(xs[:-1], xs[1:], 1)[0])

    said = outputs(gauge, T0 + len(rates) * EIGHT)

    assert said["phi"] == near(slope, abs=1e-9)
    assert 0.0 < said["half_life"] < 20 * DAY / HOUR
