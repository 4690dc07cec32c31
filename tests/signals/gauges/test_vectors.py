"""The gauges' arithmetic against reference values computed elsewhere, to the stated tolerance."""

import math

import numpy as np
import pytest

from bot.signals.composite.blend import blend
from bot.signals.funding_rates import venues
from bot.signals.funding_rates.ar1 import fit
from bot.signals.funding_rates.premium import PremiumMean
from bot.signals.funding_rates.rules import Form, FundingRule, apr, per_8h
from bot.signals.funding_rates.skew import best_pair, skew_of, weighted_mean
from bot.signals.learning.calibration import fit_isotonic
from bot.signals.learning.logistic import OnlineLogistic, Scaler
from bot.signals.learning.metrics import auc, brier, log_loss
from bot.signals.learning.ridge import OnlineRidge
from bot.signals.liquidations import hawkes
from bot.signals.liquidations.cascade_score import cascade_score
from bot.signals.liquidations.ledger import Ledger, liquidation_price
from bot.signals.liquidations.squeeze import squeeze_score
from bot.signals.open_interest.flow import close_flow, open_flow
from bot.signals.open_interest.quadrant import quadrant
from bot.signals.plain.motion import Motion
from tests.signals.gauges.bench import MINUTE, T0

NEAR = {"rel": 1e-12, "abs": 1e-12}

# --- funding ----------------------------------------------------------------------------------


def rule_of(case) -> FundingRule:
    given = case["inputs"]
    match case["venue"]:
        case "okx":
            scaled = given["interval_mode"] == "divide"
            return venues.OKX_DIVIDE if scaled else venues.OKX_SCALED_INTEREST
        case "kraken":
            return venues.kraken(given["funding_rate_coefficient"])
        case name:
            return getattr(venues, name.upper())


def test_every_venues_rate_of_an_interval(vectors):
    seen = set()
    for case in vectors("funding_formulas")["cases"]:
        given, wanted = case["inputs"], case["expected"]
        if case["venue"] == "deribit":
            continue
        rule, hours = rule_of(case), given["interval_h"]
        seen.add(case["venue"])
        interest = given.get("interest", given.get("interest_8h", 0.0))
        cap, floor = given.get("cap"), given.get("floor")
        if case["venue"] == "hyperliquid":
            cap, floor = 0.04, -0.04
        if case["venue"] == "kraken":
            cap = given["max_relative_funding_rate"]
            floor = -cap

        rate = rule.rate(given["avg_premium"], interest, hours, floor, cap)

        assert rate == pytest.approx(wanted["rate"], abs=1e-12), case["id"]
        assert per_8h(rate, hours) == pytest.approx(wanted["rate_8h_equiv"], abs=1e-12)
        assert apr(rate, hours) == pytest.approx(wanted["apr_simple"], abs=1e-9)
        if observed := case.get("observed_settled"):
            assert rate == pytest.approx(observed, abs=1e-10)
    assert seen == {"binance", "bybit", "okx", "hyperliquid", "bitmex", "kraken"}


def test_deribits_continuous_rate(vectors):
    cases = [c for c in vectors("funding_formulas")["cases"] if c["venue"] == "deribit"]
    for case in cases:
        given, wanted = case["inputs"], case["expected"]
        mark, index, cap = given["mark"], given["index"], given["cap"]
        premium = (mark - index) / index

        felt = venues.DERIBIT.felt(premium, 8.0, -cap, cap)
        rate = venues.DERIBIT.rate(venues.DERIBIT.sampled(felt), 0.0, 8.0, -cap, cap)

        assert premium == pytest.approx(wanted["premium"], **NEAR)
        assert rate == pytest.approx(wanted["rate_8h"], abs=1e-12), case["id"]
    assert len(cases) == 3


def test_the_mean_premium_of_an_interval(vectors):
    for case in vectors("funding_formulas")["averaging"]:
        linear, equal = PremiumMean(), PremiumMean()
        for k, premium in enumerate(case["inputs"]["samples"], start=1):
            linear.take(k, premium, venues.BYBIT, 8.0)
            equal.take(k, premium, venues.BITMEX, 8.0)

        assert linear.mean == pytest.approx(case["expected"]["linear_weighted"], abs=1e-12)
        assert equal.mean == pytest.approx(case["expected"]["equal_weighted"], abs=1e-12)


def test_the_persistence_of_funding(vectors):
    for case in vectors("funding_ar1")["cases"]:
        rates, wanted = case["inputs"]["funding"], case["expected"]
        steps = case["inputs"]["horizon"]

        fitted = fit(rates)

        assert fitted.phi == pytest.approx(wanted["phi"], rel=1e-9)
        assert fitted.mu * (1 - fitted.phi) == pytest.approx(wanted["const"], rel=1e-9)
        assert fitted.mu == pytest.approx(wanted["mu"], rel=1e-9)
        assert fitted.sigma == pytest.approx(wanted["resid_sd"], rel=1e-9)
        assert fitted.half_life == pytest.approx(wanted["half_life_intervals"], rel=1e-9)
        assert fitted.path(rates[-1], steps) == pytest.approx(wanted["expected_path"], rel=1e-9)
        assert fitted.total(rates[-1], steps) == pytest.approx(wanted["expected_cum"], rel=1e-9)
        assert sum(fitted.path(rates[-1], steps)) == pytest.approx(wanted["expected_cum"], rel=1e-9)
        assert fitted.total_sd(steps) == pytest.approx(wanted["sd_cum"], rel=1e-9)


def test_the_skew_of_funding_across_venues(vectors):
    for case in vectors("custom_scores")["funding_skew"]:
        given, wanted = case["inputs"], case["expected"]
        hourly = {name: one["rate"] / one["interval_h"] for name, one in given.items()}
        weights = {name: one["oi_usd"] for name, one in given.items()}

        skew = skew_of(hourly)

        assert hourly == pytest.approx(wanted["per_hour"], **NEAR)
        assert weighted_mean(hourly, weights) == pytest.approx(
            wanted["oi_weighted_mean_per_hour"], **NEAR
        )
        assert skew.median == pytest.approx(wanted["median"], **NEAR)
        assert skew.sigma == pytest.approx(wanted["mad_scaled"], **NEAR)
        assert skew.spread_apr == pytest.approx(wanted["max_minus_min_apr"], **NEAR)
        pair = best_pair(hourly, hourly)
        assert (pair.dearest, pair.cheapest) == (wanted["best_short"], wanted["best_long"])
        assert skew.z == pytest.approx(wanted["z_by_venue"], **NEAR)


# --- open interest and liquidations -----------------------------------------------------------


def test_quadrants_and_takers_flow(vectors):
    for case in vectors("oi_quadrants")["cases"]:
        given, wanted = case["inputs"], case["expected"]
        taken = 2 * given["taker_buy_share"] - 1

        found = quadrant(given["doi"], given["dret"], given["eps"])

        assert found.name.lower() == wanted["quadrant"]
        assert open_flow(given["doi"], taken) == pytest.approx(wanted["open_flow"], abs=1e-17)
        assert close_flow(given["doi"], taken) == pytest.approx(wanted["close_flow"], abs=1e-17)


def test_liquidation_prices(vectors):
    for case in vectors("liquidation_bands")["cases"]:
        given = case["inputs"]

        price = liquidation_price(given["entry"], given["side"], given["leverage"], given["mmr"])

        assert price == pytest.approx(case["expected"]["liq"], rel=1e-9)
        assert price / given["entry"] - 1 == pytest.approx(case["expected"]["dist"], rel=1e-9)


def test_worth_at_risk_by_band(vectors):
    for case in vectors("liquidation_bands")["oi_at_risk"]:
        given = case["inputs"]
        classes = tuple((float(lev), share) for lev, share in given["leverage_weights"])
        ledger = Ledger(classes, given["mmr"])
        for k, entry in enumerate(given["ledger"]):
            ledger.open(T0 + 5 * k * MINUTE, entry["entry"], entry["qty"], 0.0)
            # The vector holds one side of each contract.
            (ledger.shorts if entry["side"] > 0 else ledger.longs)[-1] = 0.0

        found = ledger.at_risk(given["price"], given["bands"])

        assert found == pytest.approx(case["expected"]["usd_at_risk"], rel=1e-9)


def test_the_intensity_of_a_self_exciting_process(vectors):
    for case in vectors("hawkes")["cases"]:
        given, wanted = case["inputs"], case["expected"]
        mu, alpha, beta = given["mu"], given["alpha"], given["beta"]
        process = hawkes.Hawkes(mu, alpha / beta, beta)
        excitement = hawkes.Excitement()

        found = [excitement.add(t, process) for t in given["times"]]

        assert found == pytest.approx(wanted["intensity_at_events"], rel=1e-10)
        times = np.array(given["times"])
        likelihood = hawkes.log_likelihood(times, float(times[-1]), mu, alpha, beta)
        assert likelihood == pytest.approx(wanted["loglik"], rel=1e-10)
        assert process.branching == pytest.approx(wanted["branching"], rel=1e-12)


def test_the_most_likely_process(vectors):
    for case in vectors("hawkes")["mle"]:
        times, wanted = np.array(case["inputs"]["times"]), case["expected"]

        found = hawkes.fit(times, float(times[-1]))

        assert found.mu == pytest.approx(wanted["mu"], rel=1e-3)
        assert found.branching == pytest.approx(wanted["branching"], rel=1e-3)
        assert found.beta == pytest.approx(wanted["beta"], rel=1e-3)
        check = hawkes.branching_of_counts(times, 60.0)
        assert check == pytest.approx(wanted["n_from_count_variance"], rel=1e-9)


def test_the_cascade_score(vectors):
    for case in vectors("custom_scores")["cascade"]:
        given, wanted = case["inputs"], case["expected"]

        found = cascade_score(
            moved=given["ret_1m"],
            sigma=given["sigma_1m"],
            at_risk=given["oi_at_risk_usd_next2pct"],
            depth=given["depth_usd_2pct"],
            drawdown=given["depth_drawdown"],
            liquidated=given["liq_usd_1m"],
            usual=given["liq_baseline_usd_1m"],
        )

        said = (found.shock, found.map, found.liquidity, found.flow, found.core, found.score)
        names = ("c_shock", "c_map", "c_liquidity", "c_flow", "core", "score")
        assert said == pytest.approx(tuple(wanted[name] for name in names), **NEAR)
        assert found.direction == wanted["direction"]
        assert found.quality == 1.0


def test_the_squeeze_score(vectors):
    for case in vectors("custom_scores")["squeeze"]:
        given, wanted = case["inputs"], case["expected"]

        found = squeeze_score(
            z_funding=given["z_funding8h"],
            z_interest=given["z_oi"],
            shorts_above=given["short_liq_above_3pct_usd"],
            ask_depth=given["ask_depth_3pct_usd"],
            longs_below=given["long_liq_below_3pct_usd"],
            bid_depth=given["bid_depth_3pct_usd"],
            z_moved=given["z_ret"],
        )

        assert found.short == pytest.approx(wanted["short_squeeze"], **NEAR)
        assert found.long == pytest.approx(wanted["long_squeeze"], **NEAR)
        assert found.signed == pytest.approx(wanted["signed"], **NEAR)


def test_the_usual_move_of_a_minute(vectors):
    for case in vectors("volatility")["cases"]:
        motion, price = Motion(), 0.0
        motion.look(T0, price)
        for k, moved in enumerate(case["inputs"]["r"], start=1):
            price += 1e4 * moved
            motion.look(T0 + k * MINUTE, price)

            wanted = case["expected"]["ewma94"][k - 1]
            assert motion.variance == pytest.approx(wanted, rel=1e-9)


# --- combination and learning -----------------------------------------------------------------


def test_composites(vectors):
    for case in vectors("custom_scores")["composite"]:
        parts = {
            name: (one["z"] if one["fresh"] else None, one["w"])
            for name, one in case["inputs"].items()
        }

        found = blend(parts)

        wanted = case["expected"]
        assert found.coverage == pytest.approx(wanted["coverage"], **NEAR)
        if wanted["value"] is None:
            assert found.value is None
        else:
            assert found.value == pytest.approx(wanted["value"], **NEAR)
            assert sum(found.contributions.values()) == found.value


def test_recursive_least_squares(vectors):
    given = vectors("online_learning")
    (data,) = given["data"]
    for case in given["rls"]:
        model = OnlineRidge(3, case["inputs"]["forgetting"], case["inputs"]["ridge_lambda0"])
        for k, (x, y) in enumerate(zip(data["X"], data["y"], strict=True), start=1):
            model.learn(x, y)
            if wanted := case["expected"].get(f"theta_after_{k}"):
                assert model.theta == pytest.approx(wanted, abs=1e-9)
        assert (model.seen, model.resets) == (80, 0)


def test_online_logistic_regression(vectors):
    given = vectors("online_learning")
    (data,), (wanted,) = given["data"], given["logistic"]
    rose = [y > 0 for y in data["y"]]
    model = OnlineLogistic(3, rate=0.05, pull=0.0)
    said = []
    for x, up in zip(data["X"], rose, strict=True):
        said.append(model.predict(x))
        model.learn(x, up)

    assert said == pytest.approx(wanted["progressive_proba"], abs=1e-9)
    assert model.weights == pytest.approx(list(wanted["weights"].values()), abs=1e-9)
    assert model.intercept == pytest.approx(wanted["intercept"], abs=1e-9)
    assert brier(said, rose) == pytest.approx(wanted["brier"], abs=1e-9)
    assert log_loss(said, rose) == pytest.approx(wanted["logloss"], abs=1e-9)
    assert auc(said, rose) == pytest.approx(wanted["auc"], abs=1e-9)


def test_isotonic_calibration(vectors):
    (case,) = vectors("online_learning")["isotonic"]

    found = fit_isotonic(case["scores"], [bool(label) for label in case["labels"]])

    assert [found.at(score) for score in case["scores"]] == pytest.approx(
        case["calibrated"], abs=1e-12
    )


def test_a_scaler_is_the_mean_and_spread_of_all_it_saw(vectors):
    (data,) = vectors("online_learning")["data"]
    scaler = Scaler(3)
    for x in data["X"]:
        scaler.learn(x)

    columns = np.array(data["X"])
    assert scaler.means == pytest.approx(columns.mean(axis=0).tolist(), abs=1e-12)
    assert scaler.variances == pytest.approx(columns.var(axis=0).tolist(), abs=1e-12)


def test_forms_are_all_used():
    rules = [value for value in vars(venues).values() if isinstance(value, FundingRule)]
    assert {rule.form for rule in [*rules, venues.kraken(8)]} == set(Form)
    assert math.isclose(venues.BYBIT.interest_of(1e-4, 1.0), 1.25e-5)
