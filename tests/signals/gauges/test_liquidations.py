"""Forced orders, the map of the next ones, cascades and squeezes."""

import math
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.alarm import Alarm
from bot.model.command import Side
from bot.model.event import Liquidation, LiquidationVolume
from bot.signals.liquidations import hawkes
from bot.signals.liquidations.cascade import Cascade
from bot.signals.liquidations.cascade_score import cascade_score
from bot.signals.liquidations.cascade_state import CascadeState
from bot.signals.liquidations.flow import LiquidationFlow
from bot.signals.liquidations.ledger import BANDS, CLASSES, Ledger, liquidation_price
from bot.signals.liquidations.risk_map import OpenInterestAtRisk
from bot.signals.liquidations.squeeze import Squeeze, squeeze_score
from bot.signals.liquidations.sums import LiquidationSums
from bot.signals.plain.simplex import lowest
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
    copied,
    feed,
    forced,
    funding,
    histories,
    interest,
    log_bps,
    lost,
    made,
    outputs,
    restored,
    settled,
    taken,
    value,
)
from tests.signals.gauges.every import ANY
from tests.signals.harness import FakeTerms

near = pytest.approx
BUY, SELL = Side.BUY, Side.SELL


class TestSums:
    """Forced orders that a source only adds up."""

    def told(self, k, longs, shorts, unit="USD", complete=False):
        until = T0 + k * DAY
        return LiquidationVolume(
            ts_recv=until,
            ts_venue=until,
            instrument=A,
            until_ns=until,
            interval_ns=DAY,
            longs=Decimal(longs),
            shorts=Decimal(shorts),
            unit=unit,
            complete=complete,
        )

    def gauge(self, *steps):
        return made(LiquidationSums(A, wake=1.0), *steps)

    def test_shorts_bought_in_are_positive_and_judged_by_intervals_before(self):
        gauge = self.gauge(self.told(0, 30, 10), self.told(1, 50, 10), self.told(2, 20, 130))

        assert outputs(gauge, T0 + 2 * DAY) == {
            "value": 110.0,
            "both": 150.0,
            "ratio": near(150 / 50),
            "complete": 0.0,
        }
        assert gauge.read(T0 + 2 * DAY).quality == 0.5

    def test_an_interval_of_nothing_is_zero_and_is_no_usual_one(self):
        gauge = self.gauge(self.told(0, 30, 10), self.told(1, 0, 0), self.told(2, 20, 0))

        assert outputs(gauge, T0 + 2 * DAY)["ratio"] == near(0.5)
        assert value(self.gauge(self.told(0, 0, 0)), T0) == 0.0

    def test_what_was_told_before_and_another_unit_are_left_out(self):
        gauge = self.gauge(self.told(1, 30, 10), self.told(1, 99, 0), self.told(0, 99, 0))
        assert value(gauge, T0 + DAY) == -20.0

        feed(gauge, self.told(2, 1, 0, unit="BTC"))
        assert (value(gauge, T0 + 2 * DAY), gauge.faulty) == (-20.0, 1)

    def test_it_is_stale_when_the_next_should_have_been_told(self):
        gauge = self.gauge(self.told(0, 30, 10, complete=True))

        assert not gauge.read(T0 + 2 * DAY).stale
        assert gauge.read(T0 + 2 * DAY + 1).stale
        assert gauge.read(T0).quality == 1.0
        assert value(feed(gauge, lost(T0 + 1, A)), T0 + 1) is None

    def test_orders_are_not_mixed_in(self):
        gauge = self.gauge(self.told(0, 30, 10), forced(T0 + 1, BUY, 100, 3))

        assert value(gauge, T0 + 1) == -20.0


class TestFlow:
    """Worth of forced orders."""

    def flow(self, *names, complete=True):
        return LiquidationFlow(names or (A,), complete, wake=1.0)

    def test_shorts_bought_in_are_positive_and_halve_in_a_minute(self):
        gauge = made(self.flow(), forced(T0, BUY, 100, 3), forced(T0 + MINUTE, SELL, 100, 1))

        assert value(gauge, T0 + MINUTE) == near(300 / 2 - 100)
        assert outputs(gauge, T0 + MINUTE)["ten_minutes"] == near(300 * 0.5**0.1 - 100)

    def test_orders_that_are_alike_are_two_unless_the_venue_says_that_they_are_one(self):
        alike = [forced(T0, BUY, 100, 3)] * 2
        numbered = [forced(T0, BUY, 100, 3, number="7")] * 2
        others = [forced(T0, BUY, 100, 3, number=n) for n in "78"]

        assert value(made(self.flow(), *alike), T0) == near(600)
        assert value(made(self.flow(), *numbered), T0) == near(300)
        assert value(made(self.flow(), *others), T0) == near(600)

    def test_silence_is_fitted_anew_and_at_last_there_is_nothing_to_fit(self):
        """What was fitted to a storm is not what the calm after it is measured by."""
        rng = np.random.default_rng(1)
        times = T0 + np.cumsum(rng.exponential(1.0, 900) * SECOND).astype(int)
        gauge = made(self.flow(), *(forced(int(t), BUY, 100, 1) for t in times))
        stormy = gauge.process
        assert stormy is not None

        end = int(times[-1])
        for s in range(0, 3_600, 60):
            feed(gauge, Look(end + s * SECOND, {}))
        assert gauge.process is not None
        calm = outputs(gauge, end + HOUR)["intensity"]
        assert calm < 0.5 * stormy.mu
        assert gauge.fitted_ns > end

        for s in range(3_600, 7 * 3_600, 300):
            feed(gauge, Look(end + s * SECOND, {}))
        said = outputs(gauge, end + 7 * HOUR)
        assert (said["intensity"], said["branching"]) == (None, None)

    def test_before_the_first_order_it_is_unknown_and_then_silence_is_nothing(self):
        gauge = self.flow().gauge(TERMS)
        assert value(gauge, T0) is None

        feed(gauge, forced(T0, BUY, 100, 3))
        assert value(gauge, T0 + DAY) == near(0.0, abs=1e-9)

    def test_silence_of_a_lost_feed_is_not_nothing(self):
        gauge = made(self.flow(), forced(T0, BUY, 100, 3), lost(T0 + SECOND))
        assert gauge.read(T0 + SECOND).stale
        assert gauge.read(T0 + SECOND).quality == 0.0

        feed(gauge, restored(T0 + 2 * SECOND))
        assert not gauge.read(T0 + 2 * SECOND).stale

    def test_an_inverse_contract_is_worth_its_amount(self):
        gauge = made(self.flow(C), forced(T0, BUY, 50_000, 700, name=C))

        assert value(gauge, T0) == near(700)

    @pytest.mark.parametrize(("name", "worth"), [(A, 0.01 * 300 * 50_000), (C, 100 * 300)])
    def test_an_amount_in_contracts_is_worth_what_these_stand_for(self, name, worth):
        """OKX forces 300 contracts of 0.01 coins, Binance's COIN-M 300 of 100 dollars."""
        size = Decimal("0.01") if name == A else Decimal(100)
        gauge = made(
            self.flow(name),
            changed(T0, name, contract_size=size),
            forced(T0, BUY, 50_000, 300, name=name),
        )
        listed = FakeTerms([contract(name, contract_size=size)])
        fresh = feed(self.flow(name).gauge(listed), forced(T0, BUY, 50_000, 300, name=name))

        assert value(gauge, T0) == near(worth)
        assert value(fresh, T0) == near(worth)

    def test_samples_are_never_mixed_with_complete_records(self):
        orders = forced(T0, BUY, 100, 1), forced(T0 + 1, BUY, 100, 9, complete=False)

        whole, part = made(self.flow(), *orders), made(self.flow(complete=False), *orders)

        assert value(whole, T0 + 1) == near(100)
        assert value(part, T0 + 1) == near(900)
        assert (whole.read(T0).quality, part.read(T0).quality) == (1.0, 0.5)
        assert [outputs(one, T0)["complete"] for one in (whole, part)] == [1.0, 0.0]
        said = {one.name: one.value for one in whole.read(T0).inputs}
        assert said["of the other completeness"] == 1.0

    @pytest.mark.parametrize(("price", "amount"), [(0, 1), (-5, 1), (100, 0), (100, -1)])
    def test_an_order_that_is_none_is_not_counted(self, price, amount):
        gauge = made(self.flow(), forced(T0, BUY, price, amount))

        assert value(gauge, T0) is None
        assert gauge.tally.faulty == 1

    def test_a_minute_of_a_cascade_counts_every_order(self):
        orders = (forced(T0 + k * 10 * SECOND // 1000, SELL, 100, 1 + k) for k in range(5_000))
        gauge = made(self.flow(), *orders)

        assert gauge.tally.last_minute(T0 + 50 * SECOND) == near(100 * sum(range(1, 5_001)))
        assert len(gauge.tally.recent) <= 600

    def test_two_orders_of_one_time_that_differ_both_count(self):
        gauge = made(self.flow(), forced(T0, BUY, 100, 3), forced(T0, BUY, 100, 4))

        assert value(gauge, T0) == near(700)

    @given(histories((), steps_max=80))
    def test_it_is_the_fading_sum_of_all_orders_and_a_ratio_to_the_usual_minute(self, steps):
        gauge = self.flow(A, B).gauge(TERMS)
        worths, now = [], T0
        for each in steps:
            if not isinstance(each, Liquidation) or each.instrument == C:
                continue
            feed(gauge, each)
            now = each.ts_recv
            worth = float(each.price) * float(each.amount)
            if each.complete and worth > 0:
                worths.append((now, worth if each.side is BUY else -worth))

        left = math.fsum(x * 0.5 ** ((now - t) / MINUTE) for t, x in worths)
        assert value(gauge, now) == (near(left, abs=1e-6) if worths else None)
        minutes = {}
        for t, x in worths:
            minutes[t // MINUTE] = minutes.get(t // MINUTE, 0.0) + abs(x)
        this = now // MINUTE
        past = [x for minute, x in minutes.items() if this - 1440 <= minute < this]
        last = math.fsum(abs(x) for t, x in worths if now - t < MINUTE)
        wanted = near(last / np.median(past)) if past else None
        assert outputs(gauge, now)["ratio"] == wanted

    def test_a_fit_waits_for_two_hundred_orders(self):
        gauge = self.flow().gauge(TERMS)
        rng = np.random.default_rng(7)
        t = T0
        for k in range(400):
            t += int(rng.exponential(20.0) * SECOND) + 1
            feed(gauge, forced(t, BUY, 100, 1 + k % 7))
            if k < 199:
                assert outputs(gauge, t)["branching"] is None

        said = outputs(gauge, t)
        # Orders by pure chance set off nothing.
        assert 0.0 <= said["branching"] < 0.3
        # A rough figure: some twenty counts to a bin, and few bins.
        assert said["branching_check"] < 0.5
        assert said["intensity"] > 0.0


class TestHawkes:
    """A self-exciting process."""

    def test_three_events_by_hand(self):
        process = hawkes.Hawkes(0.1, 0.5, 1.0)
        excitement = hawkes.Excitement()

        said = [excitement.add(t, process) for t in (0.0, 1.0, 1.5)]

        assert said == near([0.1, 0.2839397206, 0.5148304099], abs=1e-9)

    @given(
        st.lists(st.floats(0.001, 20.0), min_size=1, max_size=30),
        st.floats(0.01, 2.0),
        st.floats(0.05, 0.95),
        st.floats(0.05, 3.0),
    )
    def test_the_recursion_is_the_sum_over_all_events_before(self, gaps, mu, branching, beta):
        times = np.cumsum(gaps)
        process, excitement = hawkes.Hawkes(mu, branching, beta), hawkes.Excitement()
        likelihood = 0.0
        for i, t in enumerate(times):
            direct = mu + branching * beta * sum(math.exp(-beta * (t - s)) for s in times[:i])

            assert excitement.add(float(t), process) == near(direct, rel=1e-10)

            likelihood += math.log(direct)
        until = float(times[-1]) + 1.0
        missed = sum(1 - math.exp(-beta * (until - t)) for t in times)
        likelihood -= mu * until + branching * missed
        found = hawkes.log_likelihood(times, until, mu, branching * beta, beta)
        assert found == near(likelihood, rel=1e-9)

    def test_it_finds_the_process_that_made_the_events(self):
        times = simulated(0.2, 0.5, 0.8, 4_000.0, np.random.default_rng(3))

        found = hawkes.fit(times, 4_000.0)

        assert found.mu == near(0.2, rel=0.2)
        assert found.branching == near(0.5, abs=0.1)
        best = hawkes.log_likelihood(times, 4_000.0, found.mu, found.alpha, found.beta)
        for factor in (0.97, 1.03):
            for moved in (
                (found.mu * factor, found.alpha, found.beta),
                (found.mu, found.alpha * factor, found.beta),
                (found.mu, found.alpha, found.beta * factor),
            ):
                assert hawkes.log_likelihood(times, 4_000.0, *moved) <= best + 1e-6

    def test_fewer_than_two_events_are_no_process(self):
        assert hawkes.fit(np.array([1.0]), 5.0) is None
        assert hawkes.branching_of_counts(np.array([]), 5.0) is None

    def test_evenly_spaced_events_set_off_nothing(self):
        assert hawkes.branching_of_counts(np.arange(0.5, 600.0), 60.0) in (None, 0.0)
        even = hawkes.fit(np.arange(1.0, 400.0), 400.0)
        assert even.branching < 0.01


def test_orders_of_one_frame_are_no_decay_in_no_time():
    """Three orders a frame: without a bound their decay is fitted as 5e21 in a second."""
    rng = np.random.default_rng(7)
    times = np.repeat(np.sort(rng.uniform(0.0, 21_600.0, 300)), 3)

    found = hawkes.fit(times, 21_600.0)

    assert found.branching == near(2 / 3, abs=0.05)
    assert found.beta <= hawkes.BETA_MAX


def simulated(mu, branching, beta, until, rng):
    """Thinning: as the process is defined, event by event."""
    t, excited, times = 0.0, 0.0, []
    while True:
        bound = mu + excited
        gap = rng.exponential(1.0 / bound)
        excited *= math.exp(-beta * gap)
        t += gap
        if t > until:
            return np.array(times)
        if rng.random() * bound <= mu + excited:
            times.append(t)
            excited += branching * beta


def test_the_simplex_finds_the_bottom_of_a_valley():
    found = lowest(lambda x: (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2, (-1.2, 1.0), step=0.5)

    assert found == near((1.0, 1.0), abs=1e-6)


class TestLedger:
    """Entries of longs and shorts, and where they are liquidated."""

    def test_a_long_with_ten_times_leverage(self):
        assert liquidation_price(60_000, 1, 10, 0.005) == near(54_271.36, abs=0.005)

    @pytest.mark.parametrize("side", [1, -1])
    @pytest.mark.parametrize("leverage", [5.0, 25.0, 100.0])
    def test_an_inverse_position_is_liquidated_where_its_coins_are_gone(self, side, leverage):
        """Margin and profit in coin: N/(EL) + side N (1/E - 1/P) = m N / P."""
        entry, margin = 60_000.0, 0.005

        price = liquidation_price(entry, side, leverage, margin, inverse=True)

        coins = 1 / (entry * leverage) + side * (1 / entry - 1 / price)
        assert coins == near(margin / price, rel=1e-9)
        linear = liquidation_price(entry, side, leverage, margin)
        assert price > linear  # a long is liquidated nearer, a short farther away

    def test_an_inverse_ledger_uses_it(self):
        coin, quote = Ledger(((10.0, 1.0),), 0.005, inverse=True), Ledger(((10.0, 1.0),), 0.005)
        for ledger in (coin, quote):
            ledger.open(T0, 100.0, 1.0, 0.0)

        # 100 x 1.005 / 1.1 = 91.36, and 100 x 0.9 / 0.995 = 90.45.
        assert coin.within(100.0, -0.09) == 1.0
        assert quote.within(100.0, -0.09) == 0.0

    def test_an_entry_is_joined_only_while_none_of_it_is_gone(self):
        ledger = Ledger(CLASSES, 0.005)
        ledger.open(T0, 100.0, 1.0, 0.0)
        ledger.look(99.4)  # a hundredfold long is gone at 99.50: no longer a whole entry

        ledger.open(T0 + SECOND, 100.0, 1.0, 0.0)

        assert len(ledger.times) == 2

    def test_recent_entries_close_before_old_ones(self):
        ledger = Ledger(CLASSES, 0.005)
        ledger.open(T0, 100.0, 10.0, 0.0)
        ledger.open(T0 + 3 * DAY, 110.0, 10.0, 0.0)

        ledger.close(T0 + 3 * DAY, 3.0)

        # An entry three days old is half as likely to be the one.
        assert ledger.longs == near([9.0, 8.0])
        assert ledger.shorts == ledger.longs

    def test_what_one_entry_cannot_give_the_others_do(self):
        ledger = Ledger(CLASSES, 0.005)
        ledger.open(T0, 100.0, 10.0, 0.0)
        ledger.open(T0 + 30 * DAY, 110.0, 1.0, 0.0)

        ledger.close(T0 + 30 * DAY, 6.0)

        assert sum(ledger.longs) == near(5.0)
        assert min(ledger.longs) >= 0.0

    def test_entries_of_five_minutes_are_one_at_their_mean(self):
        ledger = Ledger(CLASSES, 0.005)
        for k in range(100):
            ledger.open(T0 + k * 20 * SECOND, 100.0 + 0.01 * k, 1.0, (-1.0) ** k)

        assert len(ledger.times) == 7
        assert ledger.prices[0] == near(100.07)
        assert ledger.amount == near(100.0)

    @given(
        st.lists(
            st.tuples(st.integers(0, 40), st.floats(-20.0, 20.0), st.floats(50.0, 150.0)),
            max_size=40,
        )
    )
    def test_each_contract_has_a_long_and_a_short(self, moves):
        ledger, t, coins = Ledger(CLASSES, 0.005), T0, 0.0
        for hours, grown, price in moves:
            t += hours * HOUR
            if grown > 0:
                ledger.open(t, price, grown, 1.0)
                coins += grown
            else:
                ledger.close(t, -grown)
                coins = max(0.0, coins + grown)

            assert sum(ledger.longs) == near(sum(ledger.shorts), rel=1e-9, abs=1e-9)
            assert min([*ledger.longs, *ledger.shorts], default=0.0) >= 0.0
        if t - T0 < 30 * DAY:
            assert ledger.amount == near(coins, rel=1e-6, abs=1e-6)

    @given(
        st.lists(
            st.tuples(
                st.floats(50.0, 150.0), st.floats(0.1, 20.0), st.sampled_from([-1.0, 0.0, 1.0])
            ),
            min_size=1,
            max_size=20,
        ),
        st.floats(60.0, 140.0),
    )
    def test_the_map_is_every_entry_at_every_leverage(self, entries, price):
        ledger = Ledger(CLASSES, 0.005)
        for k, entry in enumerate(entries):
            ledger.open(T0 + 5 * k * MINUTE, *entry)
        wanted = [0.0] * len(BANDS)
        for entry, coins, taker in entries:
            for side in (1, -1):
                eager = {lev: 1.2 if taker == side and lev >= 25 else 1.0 for lev, _ in CLASSES}
                total = sum(share * eager[lev] for lev, share in CLASSES)
                for lev, share in CLASSES:
                    away = liquidation_price(entry, side, lev, 0.005) / price - 1
                    for k, (low, high) in enumerate(BANDS):
                        if away * side < 0 and low <= away < high:
                            wanted[k] += coins * share * eager[lev] / total * price

        assert ledger.at_risk(price, BANDS) == near(wanted, rel=1e-9)


def ledger_of(coins: float, price: float) -> Ledger:
    ledger = Ledger(CLASSES, 0.005)
    ledger.open(T0, price, coins, 0.0)
    return ledger


class TestAtRisk:
    """The map as a signal."""

    def looks(self, gauge, price, *seconds):
        return feed(gauge, *(Look(T0 + s * SECOND, {"price": log_bps(price)}) for s in seconds))

    def test_growth_is_entered_at_the_mean_price_of_its_interval(self):
        gauge = made(OpenInterestAtRisk(A, ANY, 0.005, wake=1.0), interest(T0, 1000))
        self.looks(gauge, 59_000, 1, 2)
        self.looks(gauge, 61_000, 3, 4)

        feed(gauge, interest(T0 + MINUTE, 1100))

        assert gauge.map.ledger.prices == near([60_000.0])
        assert gauge.map.ledger.longs == gauge.map.ledger.shorts == [100.0]

    def test_who_was_liquidated_is_gone_when_the_price_comes_back(self):
        """Longs of 25 and more at 60,000 die above 57,800: a dip to 57,500 takes them all."""
        gauge = made(OpenInterestAtRisk(A, ANY, 0.005, wake=1.0), interest(T0, 1000))
        self.looks(gauge, 60_000, 1)
        feed(gauge, interest(T0 + MINUTE, 1100))
        self.looks(gauge, 60_000, 61)
        before = gauge.map.within(-0.05)

        self.looks(gauge, 57_500, 62)
        self.looks(gauge, 60_000, 63)
        again = feed(copied(gauge), interest(T0 + 2 * MINUTE, 1101))

        assert before == near(100 * 0.55 * 60_000)
        assert gauge.map.within(-0.05) == 0.0
        assert again.map.within(-0.05) == near(0.55 * 60_000)
        assert gauge.map.within(0.05) == near(before)

    def test_what_a_history_tells_is_not_entered_at_the_price_of_now(self):
        gauge = OpenInterestAtRisk(A, ANY, 0.005, wake=1.0).gauge(TERMS)
        self.looks(gauge, 60_000, 0)
        feed(gauge, *(interest(T0, 1000 + k, said=T0 - (30 - k) * HOUR) for k in range(30)))

        feed(gauge, interest(T0 + 1, 1029), interest(T0 + MINUTE, 1039))

        assert gauge.map.ledger.longs == [10.0]

    def test_inverse_contracts_close_by_what_they_opened_by_wherever_the_price_is(self):
        """A million dollars opened at 50,000 and closed at 100,000 leave nothing behind."""
        gauge = made(OpenInterestAtRisk(C, ANY, 0.005, wake=1.0), interest(T0, 1_000_000, C))
        self.looks(gauge, 50_000, 1)
        feed(gauge, interest(T0 + MINUTE, 2_000_000, C))
        self.looks(gauge, 50_000, 61)
        opened = gauge.map.within(0.05), gauge.map.coverage()

        self.looks(gauge, 100_000, 62)
        feed(gauge, interest(T0 + 2 * MINUTE, 1_000_000, C))

        assert opened == (near(550_000), near(0.5))
        assert gauge.map.ledger.amount == near(0.0, abs=1e-3)
        assert gauge.map.coverage() == near(0.0, abs=1e-9)

    def test_reports_within_a_minute_are_one_entry(self):
        gauge = made(OpenInterestAtRisk(A, ANY, 0.005, wake=1.0), interest(T0, 1000))
        for s in range(1, 61):
            self.looks(gauge, 60_000 + s, s)
            feed(gauge, interest(T0 + s * SECOND, 1000 + (s % 7)))

        # At the fiftieth second, when one more was open than at the start.
        assert gauge.map.ledger.longs == [50 % 7]
        assert gauge.map.ledger.prices == near([60_025.5])

    def test_its_quality_is_at_most_half_of_what_it_saw_open(self):
        gauge = made(OpenInterestAtRisk(A, ANY, 0.005, wake=1.0), interest(T0, 1000))
        self.looks(gauge, 60_000, 1)
        feed(gauge, interest(T0 + MINUTE, 1250))

        reading = gauge.read(T0 + MINUTE)

        assert reading.quality == near(0.5 * 250 / 1250)
        assert reading.outputs["value"] == near(0.0, abs=0.3 * 250 * 60_000)
        assert reading.outputs["below_0_2"] > 0.0

    def test_a_map_without_entries_is_unknown_not_empty(self):
        gauge = made(OpenInterestAtRisk(A, ANY, 0.005, wake=1.0), interest(T0, 1000))
        self.looks(gauge, 60_000, 1)

        assert set(outputs(gauge, T0 + SECOND).values()) == {None}

    def test_what_is_near_is_asked_anew_when_the_price_or_the_ledger_moved(self):
        gauge = made(OpenInterestAtRisk(A, ANY, 0.005, wake=1.0), interest(T0, 1000))
        self.looks(gauge, 60_000, 1)
        feed(gauge, interest(T0 + MINUTE, 1250))
        first = gauge.map.within(-0.02)

        self.looks(gauge, 60_600, 61)
        second = gauge.map.within(-0.02)
        feed(gauge, interest(T0 + 2 * MINUTE, 1500))

        ledger = gauge.map.ledger
        assert first == near(ledger_of(250, 60_000).within(60_000, -0.02))
        assert second == near(ledger_of(250, 60_000).within(60_600, -0.02))
        assert gauge.map.within(-0.02) == near(ledger.within(60_600, -0.02))
        assert gauge.map.within(-0.02) > second
        assert ledger.within(60_600, -0.02) == near(ledger.at_risk(60_600, ((-0.02, 0.0),))[0])

    def test_a_contract_that_changed_forgets_its_entries(self):
        gauge = made(OpenInterestAtRisk(A, ANY, 0.005, wake=1.0), interest(T0, 1000))
        self.looks(gauge, 60_000, 1)
        feed(gauge, interest(T0 + MINUTE, 1250), changed(T0 + MINUTE + 1))

        assert gauge.map.ledger.times == []

    def test_takers_who_bought_are_the_eager_longs(self):
        gauge = made(
            OpenInterestAtRisk(A, ANY, 0.005, wake=1.0),
            interest(T0, 1000),
            taken(T0, 2),
        )
        self.looks(gauge, 60_000, 1)
        feed(gauge, interest(T0 + MINUTE, 1100))

        assert gauge.map.ledger.takers == [1.0]
        # More of the longs are near: of both sides as many are open.
        assert value(gauge, T0 + MINUTE) < 0.0

    @pytest.mark.parametrize("more", [{"margin": 1.0}, {"margin": 0.005, "classes": ((1.0, 1.0),)}])
    def test_terms_that_make_no_sense_are_refused(self, more):
        with pytest.raises(ValueError, match="expected"):
            OpenInterestAtRisk(A, ANY, wake=1.0, **more).gauge(TERMS)


FULL = {
    "moved": -0.006,
    "sigma": 0.0008,
    "at_risk": 40e6,
    "depth": 20e6,
    "drawdown": 0.6,
    "liquidated": 3e6,
    "usual": 2e5,
}


class TestCascadeScore:
    """Factors that are missing."""

    @pytest.mark.parametrize("missing", ["sigma", "depth", "drawdown"])
    def test_the_others_stand_for_a_factor_that_is_unknown(self, missing):
        whole = cascade_score(**FULL)

        found = cascade_score(**{**FULL, missing: None})

        factors = [x for x in (found.shock, found.map, found.liquidity) if x is not None]
        assert len(factors) == 2
        assert found.core == near(math.prod(factors) ** 0.5)
        assert found.quality == 0.75 < whole.quality

    def test_nothing_known_is_no_score(self):
        found = cascade_score(**dict.fromkeys(FULL))

        assert (found.score, found.core, found.direction, found.quality) == (None, None, 0, 0.0)

    @pytest.mark.parametrize("zero", ["sigma", "depth", "usual"])
    def test_a_divisor_of_zero_is_unknown(self, zero):
        found = cascade_score(**{**FULL, zero: 0.0})

        assert found.quality == 0.75

    def test_a_flow_that_says_more_counts_half_and_more_with_the_core(self):
        quiet = {**FULL, "drawdown": 0.3, "moved": -0.002, "liquidated": 2e7}

        found = cascade_score(**quiet)

        core = ((2.5 - 2) / 6 * (2 - 0.5) / 4.5 * 0.1 / 0.6) ** (1 / 3)
        assert found.core == near(core)
        assert found.score == near(0.5 * 1.0 * (1 + core))

    def test_no_liquidation_at_all_is_a_flow_of_nothing(self):
        assert cascade_score(**{**FULL, "liquidated": 0.0}).flow == 0.0


class TestCascadeState:
    """It climbs at once and comes down only all the way."""

    def walked(self, *steps):
        state = CascadeState()
        return state, [state.look(T0 + s * SECOND, score, -1) for s, score in steps]

    def test_it_climbs_at_its_thresholds(self):
        _, said = self.walked((0, 0.29), (1, 0.3), (2, 0.6), (3, 0.85))

        assert said == [Alarm.NORMAL, Alarm.CAUTION, Alarm.DEFEND, Alarm.HALT]

    def test_it_may_skip_steps(self):
        state, said = self.walked((0, 0.9))

        assert said == [Alarm.HALT]
        assert (state.direction, state.since_ns) == (-1, T0)

    def test_it_stays_where_it_is_between_the_thresholds(self):
        _, said = self.walked((0, 0.7), (1, 0.4), (5000, 0.2))

        assert said == [Alarm.DEFEND] * 3

    def test_it_is_released_by_ten_calm_minutes(self):
        _, said = self.walked((0, 0.7), (10, 0.15), (609, 0.1), (610, 0.1))

        assert said == [Alarm.DEFEND] * 3 + [Alarm.NORMAL]

    def test_calm_that_was_broken_begins_anew(self):
        _, said = self.walked((0, 0.7), (10, 0.1), (500, 0.16), (501, 0.1), (1000, 0.1), (1101, 0))

        assert said == [Alarm.DEFEND] * 5 + [Alarm.NORMAL]

    def test_not_knowing_is_no_calm(self):
        _, said = self.walked((0, 0.7), (10, 0.1), (500, None), (501, 0.1), (700, 0.1))

        assert said == [Alarm.DEFEND] * 5

    def test_a_halt_lasts_half_an_hour_from_the_last_reason_for_it(self):
        _, said = self.walked((0, 0.9), (300, 0.86), (310, 0.0), (2099, 0.0), (2100, 0.0))

        assert said == [Alarm.HALT] * 4 + [Alarm.NORMAL]


class TestCascade:
    """From looks and events to the alarm."""

    def quiet(self):
        """An hour and a half of small moves, a full book, a little liquidation each minute."""
        gauge = made(Cascade(A, ANY, ANY, ANY, 0.005, True, wake=1.0), interest(T0, 1_000))
        for s in range(0, 5_400, 5):
            t = T0 + s * SECOND
            price = 60_000 * (1 + 0.0004 * (-1) ** (s // 60))
            scores = {"price": log_bps(price), "depth_bid": 2e7, "depth_ask": 2e7}
            feed(gauge, Look(t, scores))
            if s % 300 == 0:
                feed(gauge, interest(t + 1, 1_000 + s))
            if s % 60 == 0:
                feed(gauge, forced(t + 2, SELL, price, 0.1))
        return gauge, T0 + 5_400 * SECOND

    def test_quiet_is_no_alarm(self):
        gauge, now = self.quiet()

        reading = gauge.read(now - 5 * SECOND)

        assert reading.outputs["value"] == near(0.0)
        assert reading.outputs["alarm"] == 0.0
        assert (reading.quality, reading.stale) == (1.0, False)

    @pytest.mark.parametrize("thin", ["depth_bid", "depth_ask"])
    def test_while_nobody_knows_which_way_it_goes_the_worse_side_is_judged(self, thin):
        gauge, now = self.quiet()

        # Without a price there is no move; one side of the book empties all the same.
        for s in range(1, 120):
            depths = {"depth_bid": 2e7, "depth_ask": 2e7, thin: 2e6}
            feed(gauge, Look(now + s * SECOND, {"price": None, **depths}))

        said = outputs(gauge, now + 119 * SECOND)
        assert said["shock"] is None
        assert said["liquidity"] == 1.0
        assert said["direction"] == 0.0

    def test_a_crash_into_an_empty_book_full_of_longs_halts(self):
        gauge, now = self.quiet()

        feed(gauge, forced(now + 1, SELL, 59_000, 50))
        crash = {"price": log_bps(58_500.0), "depth_bid": 2e6, "depth_ask": 2e7}
        feed(gauge, Look(now + SECOND, crash))

        said = outputs(gauge, now + SECOND)
        assert said["direction"] == -1.0
        assert said["shock"] == said["liquidity"] == 1.0
        assert said["value"] > 0.85
        assert gauge.state.alarm is Alarm.HALT

    def test_a_move_is_not_judged_by_itself_when_its_minute_is_over(self):
        gauge, now = self.quiet()
        crash = {"price": log_bps(58_500.0), "depth_bid": 2e6, "depth_ask": 2e7}
        for s in range(55):
            feed(gauge, Look(now + s * SECOND, crash))

            assert outputs(gauge, now + s * SECOND)["shock"] == 1.0

    def test_a_lost_feed_leaves_the_score_to_price_and_depth(self):
        gauge, now = self.quiet()
        feed(gauge, lost(now + 1))
        look = {"price": log_bps(60_000.0), "depth_bid": 2e7, "depth_ask": 2e7}
        feed(gauge, Look(now + SECOND, look))

        reading = gauge.read(now + SECOND)

        assert (reading.outputs["flow"], reading.outputs["map"]) == (None, None)
        assert reading.quality == 0.5

    def test_looks_that_stopped_are_stale(self):
        gauge, now = self.quiet()

        assert gauge.read(now + 10 * SECOND).stale


PARTS = {
    "z_funding": -3.0,
    "z_interest": 2.5,
    "shorts_above": 60e6,
    "ask_depth": 10e6,
    "longs_below": 20e6,
    "bid_depth": 30e6,
    "z_moved": 2.0,
}


class TestSqueeze:
    """Parts that are missing, and the whole way."""

    def test_a_part_that_is_unknown_leaves_the_mean_to_the_others(self):
        found = squeeze_score(**{**PARTS, "z_interest": None})

        assert found.short == near((1.0 + 1.0) / 2 * 0.75)
        assert found.quality == 0.75

    def test_an_unknown_move_counts_as_none(self):
        found = squeeze_score(**{**PARTS, "z_moved": None})

        assert found.short == near((1 + 2.5 / 3 + 1) / 3 * 0.25)

    def test_nothing_known_is_unknown(self):
        found = squeeze_score(**dict.fromkeys(PARTS))

        assert (found.short, found.long, found.signed, found.quality) == (None, None, None, 0.0)

    def test_shorts_that_pay_into_a_rise_squeeze_upwards(self):
        gauge = Squeeze(A, ANY, ANY, ANY, 1.0, 0.005, wake=1.0).gauge(TERMS)
        now = T0
        for k in range(40):
            feed(gauge, settled(T0 + 8 * k * HOUR, "0.0001" if k % 2 else "0.00012"))
        now = T0 + 320 * HOUR
        feed(gauge, funding(now, "-0.0005", now + 8 * HOUR))
        feed(gauge, Look(now, {"price": log_bps(60_000), "depth_ask": 1e6, "depth_bid": 1e9}))
        feed(gauge, interest(now + 1, 1_000), interest(now + MINUTE, 3_000))
        look = {"price": log_bps(60_000), "depth_ask": 1e6, "depth_bid": 1e9}
        feed(gauge, Look(now + MINUTE, look))

        said = outputs(gauge, now + MINUTE)

        # Funding and liquidations near are all there; growth has no z yet, the hour no return.
        assert said["short"] == near(0.25)
        assert said["value"] > 0.0
        assert gauge.read(now + MINUTE).quality == 0.5
