"""Open interest and positioning: by hand, from whole histories, and with bad figures in them."""

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.feeds.binance.statistics import taker_volumes
from bot.model.event import OpenInterest, OpenInterestWorth, TakerVolume
from bot.signals.open_interest.change import OpenInterestChange
from bot.signals.open_interest.concentration import VenueConcentration, concentration
from bot.signals.open_interest.flow import QUALITY_MAX, OpenInterestFlow
from bot.signals.open_interest.leverage import LeverageRatio
from bot.signals.open_interest.positioning import (
    AccountImbalance,
    SmartMinusCrowd,
    TopTraderImbalance,
    imbalance_of,
)
from bot.signals.open_interest.quadrant import Quadrant, Quadrants
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
    histories,
    interest,
    log_bps,
    lost,
    made,
    outputs,
    ratio,
    settled,
    taken,
    value,
)
from tests.signals.gauges.every import ANY
from tests.signals.oracle import robust_z

near = pytest.approx


def growth(*names, **more):
    return OpenInterestChange(names, wake=1.0, **more)


class TestChange:
    """Growth of open interest over venues that come and go."""

    def test_what_is_told_of_long_ago_is_not_fresh(self):
        gauge = made(growth(A), interest(T0, 100, said=T0 - HOUR))

        assert gauge.read(T0).stale
        assert outputs(gauge, T0)["coins"] is None

    def test_an_hour_of_growth_is_a_fraction(self):
        gauge = made(growth(A), interest(T0, 100), interest(T0 + HOUR, 102))

        assert value(gauge, T0 + HOUR) == near(0.02)
        assert outputs(gauge, T0 + HOUR)["coins"] == 102.0

    def test_the_first_report_is_no_growth_and_not_zero(self):
        gauge = made(growth(A), interest(T0, 100))

        assert value(gauge, T0) is None
        assert outputs(gauge, T0)["change_24h"] is None

    def test_a_venue_that_falls_silent_is_no_crash(self):
        gauge = made(growth(A, B), interest(T0, 100), interest(T0, 300, B))
        for k in range(1, 61):
            feed(gauge, interest(T0 + k * MINUTE, 100))

        now = T0 + HOUR
        assert value(gauge, now) == near(0.0, abs=1e-12)
        assert gauge.read(now).quality == 0.5
        assert outputs(gauge, now)["coins"] == 100.0

    def test_a_venue_that_returns_is_no_boom(self):
        gauge = made(growth(A, B), interest(T0, 100), interest(T0, 300, B))
        for k in range(1, 61):
            feed(gauge, interest(T0 + k * MINUTE, 100))
        feed(gauge, interest(T0 + HOUR + 1, 900, B))

        assert value(gauge, T0 + HOUR + 1) == near(0.0, abs=1e-12)

        feed(gauge, interest(T0 + HOUR + MINUTE, 1000, B))
        assert value(gauge, T0 + HOUR + MINUTE) == near(0.1)

    def test_the_price_moves_nothing_of_inverse_open_interest(self):
        gauge = made(
            growth(A, C, price=ANY),
            Look(T0, {"price": log_bps(50_000)}),
            interest(T0, 100),
            interest(T0, 5_000_000, C),
            Look(T0 + SECOND, {"price": log_bps(100_000)}),
        )
        for k in range(1, 6):
            feed(gauge, interest(T0 + k * MINUTE, 5_000_000, C), interest(T0 + k * MINUTE, 100))

        assert outputs(gauge, T0 + 5 * MINUTE)["change_5m"] == near(0.0, abs=1e-12)
        assert outputs(gauge, T0 + 5 * MINUTE)["coins"] == near(150.0)

    def test_one_inverse_contract_alone_needs_no_price(self):
        gauge = made(growth(C), interest(T0, 100, C), interest(T0 + 5 * MINUTE, 110, C))

        assert outputs(gauge, T0 + 5 * MINUTE)["change_5m"] == near(0.1)
        assert outputs(gauge, T0 + 5 * MINUTE)["coins"] is None

    def test_it_is_stale_without_a_report_for_ninety_seconds(self):
        gauge = made(growth(A), interest(T0, 100))

        assert not gauge.read(T0 + 90 * SECOND).stale
        assert gauge.read(T0 + 90 * SECOND + 1).stale

    def test_a_lost_feed_is_stale_at_once(self):
        gauge = made(growth(A), interest(T0, 100), lost(T0 + 1))

        assert gauge.read(T0 + 1).stale

    @pytest.mark.parametrize("amount", ["0", "-100", "NaN", "Infinity"])
    def test_an_amount_that_is_none_is_refused(self, amount):
        gauge = made(growth(A), interest(T0, 100), interest(T0 + MINUTE, amount))

        assert outputs(gauge, T0 + MINUTE)["coins"] == 100.0
        assert gauge.interest.venues[A].guard.faulty == 1

    def test_of_two_reports_of_one_time_the_first_stands(self):
        gauge = made(growth(A), interest(T0, 100), interest(T0 + 1, 150, said=T0))

        assert outputs(gauge, T0 + 1)["coins"] == 100.0

    def test_coins_that_become_dollars_are_refused_and_go_stale(self):
        gauge = made(growth(A), interest(T0, 100))
        for k in range(1, 5):
            feed(gauge, interest(T0 + k * MINUTE, 6_000_000))

        now = T0 + 4 * MINUTE
        assert gauge.read(now).stale
        assert {one.name: one.value for one in gauge.read(now).inputs}["refused for its unit"] == 1

    def test_a_new_unit_that_stays_begins_anew_without_growth(self):
        gauge = made(growth(A), interest(T0, 100))
        for k in range(1, 14):
            feed(gauge, interest(T0 + k * MINUTE, 6_000_000))

        now = T0 + 13 * MINUTE
        assert not gauge.read(now).stale
        assert outputs(gauge, now)["change_5m"] in (None, near(0.0, abs=1e-12))

    def test_a_changed_contract_may_be_of_any_size(self):
        gauge = made(growth(A), interest(T0, 100), changed(T0 + 1), interest(T0 + 2, 100_000))

        assert outputs(gauge, T0 + 2)["coins"] == 100_000.0

    @pytest.mark.parametrize("names", [(), (A, A)])
    def test_it_needs_instruments_each_once(self, names):
        with pytest.raises(ValueError, match="expected some, each once"):
            growth(*names).gauge(TERMS)

    @given(histories((), steps_max=80))
    def test_it_is_what_all_links_together_come_to(self, steps):
        """From the whole history at once: link by link over venues fresh on both sides."""
        watch = growth(A, B, age_s_max=600.0)
        gauge = watch.gauge(TERMS)
        reports = [s for s in steps if isinstance(s, OpenInterest) and s.instrument in (A, B)]
        # Magnitudes are another test's.
        reports = [each for each in reports if each.amount < 1_000]
        for each in reports:
            feed(gauge, each)
        if not reports:
            return

        level, levels, last, grown = 0.0, [], {}, []
        for each in reports:
            amount, now = float(each.amount), each.ts_recv
            if amount <= 0:
                continue
            fresh = {name: x for name, (t, x) in last.items() if now - t <= 600 * SECOND}
            if each.instrument in fresh:
                total = sum(fresh.values())
                level += math.log((total + amount - fresh[each.instrument]) / total)
            last[each.instrument] = (now, amount)
            levels.append((now, level))
            before = [x for t, x in levels if t <= now - 5 * MINUTE]
            times = [t for t, x in levels if t <= now - 5 * MINUTE]
            if before and now - 5 * MINUTE - times[-1] <= 660 * SECOND:
                step = now // (5 * MINUTE)
                if not grown or step > grown[-1][0]:
                    grown.append((step, math.expm1(level - before[-1])))
        xs = [x for _, x in grown]

        assert gauge.interest.level == near(level, abs=1e-9)
        wanted = robust_z(xs[-1], xs[:-1], 2_016) if xs else None
        assert gauge.interest.z == wanted


class TestPositioning:
    """Ratios of accounts and of the largest traders."""

    def test_a_ratio_of_one_and_a_half(self):
        assert imbalance_of(1.5) == near(0.2)
        assert value(made(AccountImbalance(A, wake=1.0), ratio(T0, "1.5", "accounts")), T0) == near(
            0.2
        )

    def test_the_largest_less_the_crowd_with_both_shares_of_it(self):
        gauge = made(
            SmartMinusCrowd(A, wake=1.0),
            ratio(T0, "0.5", "accounts"),
            ratio(T0, "1.5", "top_positions"),
        )

        reading = gauge.read(T0)

        assert reading.outputs["value"] == near(0.2 + 1 / 3)
        assert sum(one.contribution for one in reading.inputs) == reading.outputs["value"]

    def test_half_of_a_difference_is_unknown(self):
        gauge = made(SmartMinusCrowd(A, wake=1.0), ratio(T0, "1.5", "top_positions"))

        assert value(gauge, T0) is None
        assert gauge.read(T0).stale

    def test_other_populations_are_not_its_own(self):
        gauge = made(TopTraderImbalance(A, wake=1.0), ratio(T0, "1.5", "accounts"))

        assert value(gauge, T0) is None

    @pytest.mark.parametrize("x", ["0", "-1", "NaN"])
    def test_a_ratio_that_is_none_is_refused(self, x):
        gauge = made(
            AccountImbalance(A, wake=1.0),
            ratio(T0, "1.5", "accounts"),
            ratio(T0 + 1, x, "accounts"),
        )

        assert value(gauge, T0 + 1) == near(0.2)

    def test_a_ratio_in_percent_is_refused_and_lowers_the_quality(self):
        gauge = made(
            AccountImbalance(A, wake=1.0),
            ratio(T0, "1.5", "accounts"),
            ratio(T0 + 1, "150", "accounts"),
        )

        assert (value(gauge, T0 + 1), gauge.read(T0 + 1).quality) == (near(0.2), 0.5)

    def test_a_ratio_in_percent_is_not_believed_however_often_it_repeats(self):
        gauge = made(AccountImbalance(A, wake=1.0), ratio(T0, "1.5", "accounts"))
        for k in range(1, 40):
            feed(gauge, ratio(T0 + 5 * k * MINUTE, f"15{k % 2}", "accounts"))

        assert value(gauge, T0 + 195 * MINUTE) == near(0.2)
        assert gauge.read(T0 + 195 * MINUTE).stale

    def test_a_report_is_not_compared_with_what_the_other_said_long_ago(self):
        gauge = SmartMinusCrowd(A, z_obs=12, wake=1.0).gauge(TERMS)
        for k in range(13):
            feed(gauge, ratio(T0 + 5 * k * MINUTE, f"1.{k % 3}", "top_positions"))
            feed(gauge, ratio(T0 + 5 * k * MINUTE, "1.5", "accounts"))
        before, usual = outputs(gauge, T0 + HOUR)["z"], list(gauge.window.ring)

        for k in range(15, 30):
            feed(gauge, ratio(T0 + 5 * k * MINUTE, f"{1 + k / 20}", "accounts"))

        assert before is not None
        assert gauge.window.ring == usual
        assert outputs(gauge, T0 + 150 * MINUTE)["z"] is None

    def test_a_figure_that_stands_still_for_half_an_hour_is_stale(self):
        gauge = AccountImbalance(A, wake=1.0).gauge(TERMS)
        for k in range(8):
            feed(gauge, ratio(T0 + 5 * k * MINUTE, "1.5", "accounts"))

        assert not gauge.read(T0 + 30 * MINUTE).stale
        assert gauge.read(T0 + 35 * MINUTE).stale

    @given(st.lists(st.sampled_from(["0.5", "0.9", "1", "1.1", "2"]), max_size=40))
    def test_its_z_compares_with_the_reports_before(self, ratios):
        gauge = AccountImbalance(A, z_obs=20, wake=1.0).gauge(TERMS)
        xs = [imbalance_of(float(x)) for x in ratios]
        for k, x in enumerate(ratios):
            feed(gauge, ratio(T0 + 5 * k * MINUTE, x, "accounts"))

            past = xs[max(0, k - 20) : k]
            wanted = None if len(past) < 20 else robust_z(xs[k], past, 20)
            assert outputs(gauge, T0 + 5 * k * MINUTE)["z"] == wanted


class TestFlow:
    """Openings and closings by the side of the takers."""

    def test_two_percent_more_with_sixty_percent_takers_buying(self):
        gauge = made(
            OpenInterestFlow(A, wake=1.0),
            interest(T0, 100),
            taken(T0 + 1, 3, 2),
            interest(T0 + MINUTE, 102),
        )

        assert value(gauge, T0 + MINUTE) == near(0.02 * 100 * 0.2 / 102)
        assert outputs(gauge, T0 + MINUTE)["closed"] == 0.0
        assert gauge.read(T0 + MINUTE).quality == QUALITY_MAX

    def test_three_percent_fewer_with_forty_percent_takers_buying(self):
        gauge = made(
            OpenInterestFlow(A, trades=ANY, wake=1.0),
            interest(T0, 100),
            Look(T0 + SECOND, {"trades": -0.2}),
            interest(T0 + MINUTE, 97),
        )

        assert outputs(gauge, T0 + MINUTE)["closed"] == near(-0.6 / 97)

    @pytest.mark.parametrize("late", [taken(T0 + 1, 3, 2, until=T0 - 10 * MINUTE), taken(T0, 0, 0)])
    def test_takers_of_long_ago_or_of_nothing_say_nothing_of_now(self, late):
        gauge = made(OpenInterestFlow(A, wake=1.0), interest(T0, 100), late)
        feed(gauge, interest(T0 + MINUTE, 102))

        assert value(gauge, T0 + MINUTE) is None
        assert gauge.skipped == 1

    def test_a_history_that_is_fetched_now_opened_nothing_now(self):
        told = [interest(T0, 100 + k, said=T0 - (30 - k) * HOUR) for k in range(30)]
        gauge = made(OpenInterestFlow(A, wake=1.0), taken(T0, 3, 1), *told)
        feed(gauge, interest(T0, 130), interest(T0 + MINUTE, 131))

        assert value(gauge, T0 + MINUTE) == near(0.5 / 131)
        assert gauge.read(T0 + MINUTE).quality == near(QUALITY_MAX / 2)

    def test_what_binance_answers_is_what_the_flow_is_made_of(self):
        body = b'[{"buySellRatio":"1.5","buyVol":"3","sellVol":"2","timestamp":"%d"}]'.replace(
            b'"%d"', str((T0 - 5 * MINUTE) // 1_000_000).encode()
        )
        told = taker_volumes(body, contract(A), T0 + 1, 5 * MINUTE)
        gauge = made(
            OpenInterestFlow(A, wake=1.0), interest(T0, 100), *told, interest(T0 + MINUTE, 102)
        )

        assert value(gauge, T0 + MINUTE) == near(2 * 0.2 / 102)

    def test_an_interval_without_takers_is_left_out_and_said(self):
        gauge = made(OpenInterestFlow(A, wake=1.0), interest(T0, 100), interest(T0 + MINUTE, 102))

        assert value(gauge, T0 + MINUTE) is None
        assert gauge.skipped == 1

    def test_an_interval_that_is_missing_is_left_out(self):
        gauge = made(
            OpenInterestFlow(A, trades=ANY, wake=1.0),
            Look(T0, {"trades": 0.2}),
            interest(T0, 100),
            interest(T0 + HOUR, 150),
            interest(T0 + HOUR + MINUTE, 153),
        )

        assert value(gauge, T0 + HOUR + MINUTE) == near(3 * 0.2 / 153)
        assert gauge.read(T0 + HOUR + MINUTE).quality == near(QUALITY_MAX / 2)

    @given(histories(("trades",), steps_max=80))
    def test_it_is_the_fading_sum_of_its_intervals(self, steps):
        gauge = OpenInterestFlow(A, trades=ANY, wake=1.0).gauge(TERMS)
        trades = taker = None
        opened, before, now = [], None, T0
        for step in steps:
            if isinstance(step, OpenInterest) and step.amount > 1_000:
                continue
            if isinstance(step, Look):
                feed(gauge, step)
                x = step.scores["trades"]
                trades = None if x is None else max(-1.0, min(1.0, x))
                continue
            if not isinstance(step, OpenInterest | TakerVolume) or step.instrument != A:
                continue
            feed(gauge, step)
            now = step.ts_recv
            if isinstance(step, TakerVolume):
                if step.bought >= 0:
                    taker = (now, imbalance_of(float(step.bought)))
                continue
            amount = float(step.amount)
            if amount <= 0:
                continue
            share = taker[1] if taker and now - taker[0] <= 10 * MINUTE else trades
            if before and share is not None and now - before[0] <= 15 * MINUTE:
                opened.append((now, max(amount - before[1], 0.0) * share))
            before = (now, amount)

        left = math.fsum(x * 0.5 ** ((now - t) / HOUR) for t, x in opened)
        wanted = left / before[1] if opened and before else None
        assert value(gauge, now) == (None if wanted is None else near(wanted, abs=1e-12))


class TestQuadrants:
    """Price and open interest over a quarter of an hour and four hours."""

    @pytest.mark.parametrize(
        ("amount", "price", "named"),
        [
            (102, 101, Quadrant.LONG_BUILD),
            (102, 99, Quadrant.SHORT_BUILD),
            (98, 101, Quadrant.SHORT_COVER),
            (98, 99, Quadrant.LONG_UNWIND),
            (100.05, 101, Quadrant.NONE),
            (102, 100, Quadrant.NONE),
        ],
    )
    def test_its_four_names(self, amount, price, named):
        gauge = made(
            Quadrants((A,), ANY, age_s_max=900.0, wake=1.0),
            Look(T0, {"price": log_bps(100.0)}),
            interest(T0, 100),
            Look(T0 + 15 * MINUTE, {"price": log_bps(price)}),
            interest(T0 + 15 * MINUTE, amount),
        )

        assert value(gauge, T0 + 15 * MINUTE) == float(named)
        assert outputs(gauge, T0 + 15 * MINUTE)["slow"] is None

    def test_four_hours_are_said_when_they_are_covered(self):
        gauge = Quadrants((A,), ANY, age_s_max=900.0, wake=1.0).gauge(TERMS)
        for k in range(17):
            t = T0 + 15 * k * MINUTE
            feed(gauge, Look(t, {"price": log_bps(100 - k)}), interest(t, 100 + k))

        assert outputs(gauge, T0 + 4 * HOUR)["slow"] == float(Quadrant.SHORT_BUILD)
        assert gauge.read(T0 + 4 * HOUR).quality == 1.0

    def test_a_price_that_is_gone_is_stale(self):
        gauge = made(Quadrants((A,), ANY, wake=1.0), Look(T0, {"price": None}), interest(T0, 100))

        assert gauge.read(T0).stale
        assert value(gauge, T0) is None


class TestConcentration:
    """Where open interest sits."""

    def two(self):
        gauge = VenueConcentration((A, B), (1.0, 1.0), wake=1.0).gauge(TERMS)
        for k in range(40):
            for name, rate in ((A, 0.0001), (B, 0.0001 if k % 2 else 0.0002)):
                feed(gauge, settled(T0 + 8 * k * HOUR, rate, name=name))
        now = T0 + 320 * HOUR
        feed(gauge, interest(now, 300), interest(now, 100, B))
        feed(gauge, funding(now, "0.0003", now + 8 * HOUR))
        return feed(gauge, funding(now, "0.0002", now + 8 * HOUR, name=B)), now

    def test_shares_by_their_squares(self):
        assert concentration([1.0]) == 1.0
        gauge, now = self.two()

        assert outputs(gauge, now)["concentration"] == near(0.75**2 + 0.25**2)

    def test_the_tilt_is_the_sum_of_what_each_venue_adds(self):
        gauge, now = self.two()

        reading = gauge.read(now)

        z = [gauge.venues[name].crowding.z for name in (A, B)]
        assert reading.outputs["value"] == near(0.75 * z[0] + 0.25 * z[1])
        assert sum(one.contribution for one in reading.inputs) == near(reading.outputs["value"])
        assert z[0] == near(4.0)

    def test_one_venue_alone_is_no_concentration(self):
        gauge, now = self.two()
        feed(gauge, lost(now + 1, B))

        assert gauge.read(now + 1).stale
        assert set(outputs(gauge, now + 1).values()) == {None}

    def test_a_share_that_moved_is_said_after_a_day_of_hours(self):
        gauge = VenueConcentration((A, B), (1.0, 1.0), price=ANY, wake=1.0).gauge(TERMS)
        for k in range(25):
            t = T0 + k * HOUR
            feed(gauge, interest(t, 100), interest(t, 100, B), Look(t, {}))
        assert outputs(gauge, T0 + DAY)["moved"] == near(0.0)

        feed(gauge, interest(T0 + DAY + 1, 300))
        assert outputs(gauge, T0 + DAY + 1)["moved"] == near(0.25)


class TestLeverage:
    """How much is open against what carries it."""

    def looked(self, k: int, against: float | None):
        t = T0 + k * HOUR
        return interest(t, 200_000), Look(t, {"price": log_bps(60_000.0), "against": against})

    def test_twelve_billion_on_a_depth_of_two_hundred_million(self):
        gauge = made(LeverageRatio((A,), ANY, ANY, wake=1.0), *self.looked(0, 200e6))

        assert value(gauge, T0) == near(60.0)
        assert outputs(gauge, T0)["rank"] is None

    @pytest.mark.parametrize("against", [None, 0.0, -1.0, math.nan])
    def test_nothing_to_carry_it_is_unknown(self, against):
        gauge = made(LeverageRatio((A,), ANY, ANY, wake=1.0), *self.looked(0, against))

        assert value(gauge, T0) is None

    def worth(self, t, amount, name=B):
        return OpenInterestWorth(
            ts_recv=t, ts_venue=t, instrument=name, worth=Decimal(amount), currency="USD"
        )

    def test_a_venue_that_tells_only_a_worth_counts_with_it(self):
        watch = LeverageRatio((A, B), ANY, ANY, wake=1.0)
        gauge = made(watch, self.worth(T0, 4_000_000_000), *self.looked(0, 200e6))

        assert value(gauge, T0) == near(60.0 + 20.0)
        assert gauge.read(T0).quality == 1.0
        # The worth alone needs no price; the amount of the other grew old with it.
        later = T0 + 91 * SECOND
        feed(gauge, self.worth(later, 2_000_000_000))
        assert value(gauge, later) == near(10.0)

    def test_an_amount_is_preferred_to_the_worth_of_the_same(self):
        watch = LeverageRatio((A,), ANY, ANY, wake=1.0)
        gauge = made(watch, self.worth(T0, 1, A), *self.looked(0, 200e6))

        assert value(gauge, T0) == near(60.0)
        assert value(made(watch, self.worth(T0, 7, A), lost(T0, A)), T0) is None

    def test_its_rank_is_among_the_hours_before(self):
        gauge = LeverageRatio((A,), ANY, ANY, wake=1.0).gauge(TERMS)
        for k in range(720):
            feed(gauge, *self.looked(k, 1e9 + k * 1e6))
        assert outputs(gauge, T0)["rank"] is None

        feed(gauge, *self.looked(720, 1e9 + 179.5e6))

        # 540 of the 720 hours before carried it more thinly than this one.
        assert outputs(gauge, T0)["rank"] == near(540 / 720)
