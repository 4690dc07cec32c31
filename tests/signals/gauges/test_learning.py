"""Models that learn on the way: nothing of tomorrow, and no better than they are."""

import math
from itertools import pairwise

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.signals.learning import metrics
from bot.signals.learning.calibration import calibrate, fit_isotonic, fit_platt
from bot.signals.learning.direction import Direction
from bot.signals.learning.drift import DriftDetector, Trust
from bot.signals.learning.labels import Labels, Outcome, Pending, apart, outcome_of
from bot.signals.learning.logistic import OnlineLogistic, Scaler, sigmoid
from bot.signals.learning.ridge import OnlineRidge
from bot.signals.learning.trials import Trial, TrialLedger, deflated_sharpe, luckiest
from bot.signals.learning.walk_forward import Fold, Sample, bootstrap_p, folds, walk_forward
from tests.signals.gauges.bench import HOUR, SECOND, T0, TERMS, A, Look, feed, outputs, value
from tests.signals.gauges.every import ANY

near = pytest.approx
unit = st.floats(-3.0, 3.0)


class TestRidge:
    """Least squares that forgets."""

    @given(
        st.lists(st.tuples(unit, unit, unit), min_size=1, max_size=40),
        st.floats(0.9, 1.0),
        st.floats(0.1, 5.0),
    )
    def test_it_is_the_ridge_of_the_whole_history_with_fading_weights(self, rows, keep, ridge):
        model = OnlineRidge(2, keep, ridge)
        for a, b, y in rows:
            model.learn((a, b), y)

        n = len(rows)
        x, y = np.array([row[:2] for row in rows]), np.array([row[2] for row in rows])
        weights = keep ** np.arange(n - 1, -1, -1)
        left = x.T @ (weights[:, None] * x) + keep**n * ridge * np.eye(2)
        direct = np.linalg.solve(left, x.T @ (weights * y))
        assert model.theta == near(direct.tolist(), abs=1e-7)

    def test_features_that_are_all_alike_reset_it_before_it_blows_up(self):
        model = OnlineRidge(2, 0.9, 1.0)
        for _ in range(400):
            model.learn((1.0, 0.0), 1.0)

        assert model.resets > 0
        assert model.predict((1.0, 0.0)) == near(1.0, abs=1e-3)
        assert np.isfinite(np.array(model.covariance)).all()

    @pytest.mark.parametrize(
        ("size", "keep", "ridge"), [(0, 1, 1), (1, 0, 1), (1, 1.1, 1), (1, 1, 0)]
    )
    def test_terms_that_make_no_sense_are_refused(self, size, keep, ridge):
        with pytest.raises(ValueError, match="expected"):
            OnlineRidge(size, keep, ridge)


class TestLogistic:
    """Small steps towards outcomes."""

    def test_the_pull_is_of_the_weights_only(self):
        model = OnlineLogistic(1, rate=0.1, pull=0.5, intercept_rate=0.2)
        model.weights, model.intercept = [1.0], 1.0

        model.learn((2.0,), True)

        slope = 1 / (1 + math.exp(-3.0)) - 1
        assert model.weights == near([1.0 - 0.1 * (2.0 * slope + 0.5)])
        assert model.intercept == near(1.0 - 0.2 * slope)

    def test_certainty_is_bounded(self):
        assert 0.0 < sigmoid(-1e9) < 1e-12
        assert 1.0 - 1e-12 < sigmoid(1e9) < 1.0

    def test_a_feature_that_never_moved_says_nothing(self):
        scaler = Scaler(1)
        scaler.learn((5.0,))

        assert scaler.scaled((9.0,)) == [0.0]


class TestLabels:
    """Outcomes that are known only when their time has come."""

    def labels(self, flat=0.0):
        return Labels(5 * SECOND, flat, 2 * SECOND)

    def test_an_outcome_is_not_known_a_moment_before_its_time(self):
        labels = self.labels()
        labels.add(Pending(T0, 100.0, ()))

        assert labels.mature(T0 + 5 * SECOND - 1, 105.0) == []
        (found,) = labels.mature(T0 + 5 * SECOND, 103.0)
        assert (found.moved_bps, found.outcome) == (3.0, Outcome.UP)

    def test_a_price_that_comes_a_little_late_still_serves(self):
        labels = self.labels()
        labels.add(Pending(T0, 100.0, ()))

        assert labels.mature(T0 + 5 * SECOND, None) == []
        (found,) = labels.mature(T0 + 7 * SECOND, 99.0)
        assert found.outcome is Outcome.DOWN

    def test_a_price_that_comes_too_late_is_none(self):
        labels = self.labels()
        labels.add(Pending(T0, 100.0, ()))

        assert labels.mature(T0 + 7 * SECOND + 1, 99.0) == []
        assert (labels.waiting, labels.missed) == ([], 1)

    @pytest.mark.parametrize(
        ("moved", "flat", "outcome"),
        [(1.0, 1.0, 0), (1.1, 1.0, 1), (-1.1, 1.0, -1), (0.0, 0.0, 0), (0.1, 0.0, 1)],
    )
    def test_less_than_a_trade_costs_is_flat(self, moved, flat, outcome):
        assert outcome_of(moved, flat) == outcome

    @given(st.lists(st.integers(0, 9), max_size=30))
    def test_kept_moments_do_not_overlap_and_none_is_wasted(self, gaps):
        times = np.cumsum(gaps).tolist()

        kept = apart(times, 10)

        assert all(times[b] - times[a] >= 10 for a, b in pairwise(kept))
        for k, t in enumerate(times):
            assert k in kept or any(abs(t - times[j]) < 10 for j in kept if times[j] <= t)


def looks(seed: int, count: int) -> list[Look]:
    """A price that follows a feature a little."""
    rng = np.random.default_rng(seed)
    found, price, x = [], 0.0, 0.0
    for k in range(count):
        price += 0.5 * x + rng.normal()
        x = rng.normal()
        noise = rng.normal()
        gone = rng.random() < 0.03
        scores = {"price": None if gone else price, "x": x, "y": noise if k % 17 else None}
        found.append(Look(T0 + k * SECOND, scores))
    return found


class TestDirection:
    """The whole of it, over looks."""

    def watch(self, **more):
        terms = {"horizon_s": 5.0, "rate": 0.05, **more}
        return Direction(A, ANY, (("x", ANY), ("y", ANY)), wake=1.0, **terms)

    @settings(max_examples=15)
    @given(st.integers(0, 10_000), st.integers(1, 150))
    def test_it_knows_what_had_come_true_by_then_and_nothing_else(self, seed, count):
        """From the whole history at once: each model is trained on matured moments only."""
        history = looks(seed, count)
        gauge = self.watch(flat_bps=0.5).gauge(TERMS)
        feed(gauge, *history)

        scaler, logistic, ridge = (
            Scaler(2),
            OnlineLogistic(2, rate=0.05),
            OnlineRidge(3, 0.9995, 1.0),
        )
        last = history[-1].t
        for moment in history:
            x = [moment.scores[name] for name in ("x", "y")]
            if None in x or moment.scores["price"] is None:
                continue
            due = moment.t + 5 * SECOND
            window = [
                look
                for look in history
                if due <= look.t <= due + 2 * SECOND and look.scores["price"] is not None
            ]
            if not window or window[0].t > last:
                continue
            moved = window[0].scores["price"] - moment.scores["price"]
            scaler.learn(x)
            scaled = scaler.scaled(x)
            if abs(moved) > 0.5:
                logistic.learn(scaled, moved > 0)
            ridge.learn([*scaled, 1.0], moved)
        assert gauge.logistic.weights == near(logistic.weights, abs=1e-12)
        assert gauge.ridge.theta == near(ridge.theta, abs=1e-9)
        x = [history[-1].scores[name] for name in ("x", "y")]
        if None in x:
            assert gauge.said is None
        else:
            assert gauge.said == near(logistic.predict(scaler.scaled(x)), abs=1e-12)

    @pytest.mark.parametrize("cut", [40, 500, 1_200])
    def test_a_changed_future_changes_nothing_that_was_said(self, cut):
        """The tape is shifted against itself from a moment on: all before it is as it was."""
        history = looks(1, 1_500)
        later = [Look(t, {**s, "price": -99.0}) for t, s in history[cut:]]
        said = []
        for tape in (history, history[:cut] + later):
            gauge = self.watch().gauge(TERMS)
            readings = []
            for look in tape:
                feed(gauge, look)
                readings.append(msgspec.json.encode(gauge.read(look.t)))
            said.append(readings)

        assert said[0][:cut] == said[1][:cut]
        assert said[0][cut + 5 :] != said[1][cut + 5 :]

    def test_it_is_unknown_until_five_hundred_outcomes_and_then_knows_something(self):
        gauge = self.watch(horizon_s=1.0).gauge(TERMS)
        first = None
        # Three hours, so that the report at the full hour has seen thousands.
        for look in looks(5, 3 * 3_600 + 60):
            feed(gauge, look)
            if first is None and value(gauge, look.t) is not None:
                first = len(gauge.record.rose)
        said = outputs(gauge, gauge.looked_ns)

        assert first == 500
        assert said["log_loss"] < said["base_log_loss"]
        assert said["auc"] > 0.5
        assert 0.0 <= said["calibration_error"] < 0.2
        assert gauge.calibration.isotonic is not None
        assert len(gauge.record.rose) == 5_000

    def test_what_each_feature_adds_is_the_log_odds(self):
        gauge = self.watch().gauge(TERMS)
        feed(gauge, *looks(5, 700))

        reading = gauge.read(gauge.looked_ns)

        added = [one.contribution for one in reading.inputs if one.contribution is not None]
        raw = sum(added) + gauge.logistic.intercept
        x = gauge.scaler.scaled(gauge.features)
        assert gauge.logistic.margin(x) == near(raw)

    def test_a_feature_that_is_missing_makes_it_unknown(self):
        gauge = self.watch().gauge(TERMS)
        feed(gauge, *looks(5, 700))
        feed(gauge, Look(T0 + 700 * SECOND, {"price": 1.0, "x": None, "y": 1.0}))

        assert value(gauge, T0 + 700 * SECOND) is None

    @pytest.mark.parametrize(
        "more", [{"horizon_s": 0.0}, {"flat_bps": -1.0}, {"pull": -1.0}, {"rate": 0.0}]
    )
    def test_terms_that_make_no_sense_are_refused(self, more):
        with pytest.raises(ValueError, match="expected"):
            self.watch(**more).gauge(TERMS)

    def test_a_feature_may_not_be_called_price(self):
        with pytest.raises(ValueError, match="none named price"):
            Direction(A, ANY, (("price", ANY),), wake=1.0).gauge(TERMS)


outcomes = st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=1, max_size=60)


class TestCalibration:
    """Probabilities that mean what they say."""

    @given(outcomes)
    def test_isotonic_is_the_highest_of_the_lowest_means(self, pairs):
        scores = [k / 20 for k, _ in pairs]
        rose = [up for _, up in pairs]
        levels = sorted(set(scores))
        sums = [sum(u for s, u in zip(scores, rose, strict=True) if s == x) for x in levels]
        counts = [scores.count(x) for x in levels]

        found = fit_isotonic(scores, rose)

        for i, x in enumerate(levels):
            wanted = max(
                min(sum(sums[a : b + 1]) / sum(counts[a : b + 1]) for b in range(i, len(levels)))
                for a in range(i + 1)
            )
            assert found.at(x) == near(wanted, abs=1e-12)
        assert found.at(-1.0) == found.at(levels[0])
        assert found.at(2.0) == found.at(levels[-1])

    def test_between_two_steps_it_is_straight(self):
        found = fit_isotonic([0.2, 0.4], [False, True])

        assert found.at(0.25) == near(0.25)

    @given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=10, max_size=60))
    def test_platt_has_no_slope_left(self, pairs):
        scores, rose = [s for s, _ in pairs], [up for _, up in pairs]

        found = fit_platt(scores, rose)

        ups = sum(rose)
        targets = [(ups + 1) / (ups + 2) if up else 1 / (len(rose) - ups + 2) for up in rose]
        away = [found.at(s) - t for s, t in zip(scores, targets, strict=True)]
        assert sum(away) == near(0.0, abs=1e-5)
        assert sum(a * s for a, s in zip(away, scores, strict=True)) == near(0.0, abs=1e-5)

    def test_a_few_outcomes_that_were_alike_are_no_certainty(self):
        scores = [k / 600 for k in range(600)]

        found = calibrate(scores, [k > 300 for k in range(600)])

        assert (found.at(0.0), found.at(1.0)) == (near(0.01), near(0.99))

    def test_which_one_depends_on_how_much_came_true(self):
        scores = [k / 600 for k in range(600)]
        rose = [k % 3 == 0 for k in range(600)]

        assert calibrate(scores, rose).isotonic is not None
        assert calibrate(scores[:100], rose[:100]).platt is not None
        assert calibrate(scores[:20], rose[:20]).at(0.37) == 0.37
        assert calibrate(scores, [True] * 600).at(0.37) == 0.37


class TestMetrics:
    """How good words were."""

    @given(st.lists(st.tuples(st.integers(0, 6), st.booleans()), max_size=40))
    def test_auc_is_how_often_a_rise_was_given_more(self, pairs):
        said = [k / 6 for k, _ in pairs]
        rose = [up for _, up in pairs]
        ups = [s for s, up in zip(said, rose, strict=True) if up]
        downs = [s for s, up in zip(said, rose, strict=True) if not up]

        wanted = [(a > b) + 0.5 * (a == b) for a in ups for b in downs]

        assert metrics.auc(said, rose) == (near(sum(wanted) / len(wanted)) if wanted else None)

    def test_by_hand(self):
        said, rose = [0.9, 0.2, 0.5], [True, False, False]

        assert metrics.brier(said, rose) == near((0.01 + 0.04 + 0.25) / 3)
        assert metrics.log_loss(said, rose) == near(-math.log(0.9 * 0.8 * 0.5) / 3)
        assert metrics.base_log_loss(rose) == near(-math.log((1 / 3) * (2 / 3) ** 2) / 3)
        assert metrics.calibration_error(said, rose) == near((0.1 + 0.2 + 0.5) / 3)

    def test_nothing_said_is_unknown(self):
        for metric in (metrics.brier, metrics.log_loss, metrics.auc, metrics.calibration_error):
            assert metric([], []) is None
        assert metrics.base_log_loss([]) is None

    def test_certainty_that_was_wrong_is_a_large_number_and_no_infinity(self):
        assert 30.0 < metrics.log_loss([0.0], [True]) < 40.0


class TestDrift:
    """A model that has become worse."""

    def losses(self, seed, *means):
        rng = np.random.default_rng(seed)
        return [float(x) for mean in means for x in rng.gamma(4.0, mean / 4.0, 1_500)]

    @pytest.mark.parametrize("seed", range(5))
    def test_losses_that_stay_are_no_drift(self, seed):
        detector = DriftDetector()

        assert not any(detector.add(x) for x in self.losses(seed, 0.7, 0.7))

    @pytest.mark.parametrize("seed", range(5))
    def test_losses_that_rise_are_noticed_soon(self, seed):
        detector = DriftDetector()

        said = [detector.add(x) for x in self.losses(seed, 0.5, 1.0)]

        assert not any(said[:1_500])
        assert any(said[1_500:1_900])

    def test_losses_that_fall_cut_the_past_off_without_alarm(self):
        detector = DriftDetector()

        assert not any(detector.add(x) for x in self.losses(1, 1.0, 0.4))
        assert detector.cuts > 0

    def test_trust_is_halved_then_gone_for_an_hour_and_comes_back(self):
        trust = Trust()
        trust.drifted(T0)
        assert trust.at(T0 + 1) == 0.5

        trust.drifted(T0 + 10)
        assert trust.at(T0 + HOUR) == 0.0
        assert trust.at(T0 + 10 + HOUR) == 1.0


def samples(seed: int, days: int, skill: float) -> list[Sample]:
    rng = np.random.default_rng(seed)
    found = []
    for k in range(days * 288):
        x = float(rng.normal())
        moved = skill * x + float(rng.normal())
        found.append(Sample(k * 300 * SECOND, (x,), moved > 0, 10 * moved))
    return found


def by_slope(train):
    """A model of one weight."""
    model = OnlineLogistic(1, rate=0.05)
    for sample in train:
        model.learn(sample.features, sample.rose)
    return model.predict


DAY = 24 * HOUR


class TestWalkForward:
    """Days that a model has never seen."""

    def test_folds_leave_an_embargo(self):
        found = list(folds(0, 10, 4, 2, 1))

        assert found == [Fold(0, 4, 5, 7), Fold(2, 6, 7, 9)]

    @pytest.mark.parametrize("bad", [(0, 1, 0), (1, 0, 0), (1, 1, -1)])
    def test_folds_that_make_no_sense_are_refused(self, bad):
        with pytest.raises(ValueError, match="expected"):
            list(folds(0, 10, *bad))

    def test_nothing_is_trained_on_that_had_not_come_true(self):
        seen = []

        def fit(train):
            seen.append((train[0].t_ns, train[-1].t_ns))
            return lambda x: 0.5

        over = list(folds(0, 6 * DAY, 2 * DAY, DAY, HOUR))
        walk_forward(
            samples(1, 6, 0.0),
            fit,
            over,
            horizon_ns=HOUR,
            edge=0.1,
            cost_bps=1.0,
            generator=np.random.default_rng(1),
            draws=50,
        )

        assert len(seen) == len(over) == 3
        for (first, last), fold in zip(seen, over, strict=True):
            assert first >= fold.train_from
            assert last + HOUR <= fold.train_to < fold.test_from

    def run(self, skill, cost):
        return walk_forward(
            samples(2, 12, skill),
            by_slope,
            list(folds(0, 12 * DAY, 7 * DAY, DAY, 300 * SECOND)),
            horizon_ns=300 * SECOND,
            edge=0.1,
            cost_bps=cost,
            generator=np.random.default_rng(1),
            draws=500,
        )

    def test_skill_that_pays_may_enter(self):
        found = self.run(1.0, 2.0)

        assert found.may_enter
        assert found.log_loss < found.base_log_loss
        assert found.p_value < 0.05
        assert found.net_bps[1.0] - found.net_bps[2.0] == near(2.0)

    def test_skill_that_does_not_pay_its_costs_may_not(self):
        found = self.run(1.0, 50.0)

        assert found.p_value < 0.05
        assert not found.may_enter

    def test_no_skill_may_not(self):
        assert not self.run(0.0, 0.0).may_enter

    def test_without_samples_nothing_is_known(self):
        found = walk_forward(
            [],
            by_slope,
            [],
            horizon_ns=1,
            edge=0.1,
            cost_bps=1.0,
            generator=np.random.default_rng(1),
        )

        assert (found.log_loss, found.p_value, found.net_bps[1.0]) == (None, None, None)
        assert not found.may_enter

    def test_luck_is_rarely_taken_for_skill(self):
        rng = np.random.default_rng(4)

        low = sum(bootstrap_p(rng.normal(size=200), 10, rng, 200) < 0.05 for _ in range(100))

        assert low <= 14


class TestTrials:
    """The best of many."""

    def test_the_published_example(self):
        """Bailey & Lopez de Prado (2014): a yearly 2.5 of 100 trials over 1,250 days."""
        variance = 0.5 / 250
        trial = Trial("best", 2.5 / math.sqrt(250), 1_250, -3.0, 10.0)

        against = luckiest(100, variance)

        assert against == near(0.1132, abs=1e-4)
        assert deflated_sharpe(trial, against) == near(0.9004, abs=1e-3)

    def test_a_trial_alone_is_held_against_nothing(self):
        ledger = TrialLedger()
        ledger.add(Trial("a", 0.1, 101))

        assert ledger.luck() == 0.0
        assert ledger.deflated("a") > 0.8

    def test_the_more_was_tried_the_less_the_best_is_worth(self):
        ledger = TrialLedger()
        ledger.add(Trial("best", 0.2, 251))
        worth = []
        for k in range(12):
            ledger.add(Trial(f"other {k}", 0.05 * (-1) ** k, 251))
            worth.append(ledger.deflated("best"))

        assert worth[-1] < worth[0]

    def test_the_same_configuration_counts_once(self):
        ledger = TrialLedger()
        ledger.add(Trial("a", 0.1, 101))
        ledger.add(Trial("a", 0.2, 101))

        assert [one.sharpe for one in ledger.trials] == [0.2]
        with pytest.raises(KeyError):
            ledger.deflated("b")

    @pytest.mark.parametrize(("sharpe", "count"), [(math.nan, 10), (0.1, 1)])
    def test_figures_that_are_none_are_refused(self, sharpe, count):
        with pytest.raises(ValueError, match="expected"):
            TrialLedger().add(Trial("a", sharpe, count))
