"""Examples that a reader can check with a pencil."""

from decimal import Decimal

import pytest

from bot.model.instrument import PriceGrid
from bot.model.units import Base, Bps, Hours
from bot.signals.funding import FundingExcess, NetCarry, PredictedFunding
from bot.signals.funding_kernels import damped_rate
from bot.signals.impact_kernels import price_of_notional
from bot.signals.order_book import BookImbalance, DepthImbalance, QueueImbalance, WeightedMid
from bot.signals.order_flow import MultiLevelFlow, OrderFlowImbalance
from bot.signals.trades import TradeImbalance, VwapDeviation
from bot.tape.rows import BUY, INDEX, SCALAR, SCALAR_SCALE, SELL
from tests.signals.harness import (
    INVERSE,
    PERP,
    SECOND,
    SPOT,
    T0,
    Bench,
    Funding,
    listed,
    message,
    snapshot,
    touch,
    trade,
)

CENTS = [listed(PERP, grid=PriceGrid(Decimal("0.01")), lot=Decimal(1))]
UNITS = [listed(PERP, grid=PriceGrid(Decimal(1)), lot=Decimal(1))]
HOUR = 3600 * SECOND
DAY = 24 * HOUR


def test_a_queue_of_8_against_24():
    bench = Bench({"queue": QueueImbalance(PERP, wake=1.0)})

    bench.take(touch(0, (100, 8), (101, 24)))

    assert bench.value("queue") == -0.5


def test_the_weighted_mid_leans_to_the_short_queue():
    bench = Bench({"fair": WeightedMid(PERP, wake=1.0)}, instruments=CENTS)

    bench.take(touch(0, (9999, 10), (10001, 5)))

    # 100.0033333333 against a mid of 100.
    assert bench.value("fair") == pytest.approx((100.0033333333 - 100) / 100 * 1e4, abs=1e-5)


def test_depth_counts_half_five_basis_points_away():
    bench = Bench({"depth": DepthImbalance(PERP, wake=1.0)}, instruments=CENTS)

    bench.take(
        snapshot(0, [(9999, 10), (9995, 20), (9000, 1)], [(10001, 5), (10010, 40), (11000, 1)])
    )

    assert bench.value("depth") == pytest.approx(0.131669150786, abs=1e-9)


def test_levels_that_weigh_half_of_the_one_before():
    bench = Bench({"book": BookImbalance(PERP, levels=3, decay=0.5, wake=1.0)})

    bench.take(snapshot(0, [(100, 4), (99, 4), (98, 8)], [(101, 2), (102, 4), (103, 4)]))

    assert bench.value("book") == (8 - 5) / (8 + 5)


@pytest.mark.parametrize(
    ("before", "after", "flow"),
    [
        (((100, 5), (101, 4)), ((100, 8), (101, 1)), 6),
        (((100, 5), (102, 4)), ((101, 2), (102, 4)), 2),
        (((100, 5), (101, 4)), ((99, 9), (100, 7)), -12),
    ],
)
def test_order_flow_between_two_states(before, after, flow):
    watches = {
        "touch": OrderFlowImbalance(PERP, wake=1.0),
        "book": OrderFlowImbalance(PERP, source="book", wake=1.0),
        "levels": MultiLevelFlow(PERP, wake=1.0),
    }
    bench = Bench(watches, instruments=UNITS)
    bench.take(touch(0, *before), snapshot(0, [before[0], (90, 1)], [before[1], (110, 1)]))
    rows = [
        (0, 1, before[0][0], 0),
        (0, -1, before[1][0], 0),
        (0, 1, *after[0]),
        (0, -1, *after[1]),
    ]

    bench.take(touch(0, *after), message(0, *rows))

    assert bench.outputs("touch")["sum"] == flow
    assert bench.outputs("book")["sum"] == flow
    assert bench.value("levels") == flow
    assert bench.outputs("levels")["quality"] == 0.2


def test_a_fading_sum_halves_in_its_half_life():
    watch = OrderFlowImbalance(PERP, half_life_s=10.0, wake=1.0)
    bench = Bench({"flow": watch}, instruments=UNITS)
    bench.take(touch(0, (100, 1), (101, 4)), touch(0, (100, 9), (101, 4)))

    bench.take(touch(10 * SECOND, (100, 12), (101, 4)))

    assert bench.outputs("flow")["sum"] == 8 * 0.5 + 3


def test_four_trades():
    bench = Bench({"trades": TradeImbalance(PERP, wake=1.0)}, instruments=UNITS)

    bench.take(
        trade(0, BUY, 100, 3), trade(0, SELL, 100, 1), trade(0, BUY, 100, 2), trade(0, SELL, 100, 5)
    )

    said = bench.outputs("trades")
    assert said["value"] == pytest.approx(-0.0909090909, abs=1e-9)
    assert said["cvd"] == -1.0


def test_the_delta_of_a_session_begins_at_midnight():
    bench = Bench({"trades": TradeImbalance(PERP, wake=1.0)}, instruments=UNITS)
    midnight = (T0 // DAY + 1) * DAY - T0
    bench.take(trade(0, BUY, 100, 3))

    bench.take(trade(midnight, SELL, 100, 1))

    said = bench.outputs("trades")
    assert (said["cvd"], said["cvd_session"]) == (2.0, -1.0)


def test_a_mid_above_what_was_paid():
    bench = Bench({"paid": VwapDeviation(PERP, trades_min=3, wake=1.0)}, instruments=UNITS)

    bench.take(trade(0, BUY, 100, 1), trade(0, BUY, 101, 2), trade(0, SELL, 99, 1))
    bench.take(touch(0, (101, 1), (102, 1)))

    said = bench.outputs("paid")
    # VWAP 100.25, standard deviation 0.8291561976.
    assert said["value"] == pytest.approx((101.5 - 100.25) / 101.5 * 1e4, abs=1e-9)
    assert said["deviations"] == pytest.approx(1.5075567229, abs=1e-9)


def test_the_session_is_unknown_after_midnight_until_somebody_trades():
    watch = VwapDeviation(PERP, trades_min=1, wake=1.0)
    bench = Bench({"paid": watch}, instruments=UNITS)
    midnight = (T0 // DAY + 1) * DAY - T0
    bench.take(trade(0, BUY, 100, 1), touch(0, (101, 1), (103, 1)))
    before = bench.value("paid")

    bench.take(touch(midnight, (101, 2), (103, 1)))

    assert before == pytest.approx(2 / 102 * 1e4)
    assert bench.value("paid") is None


def test_an_impact_price_is_a_notional_over_what_it_bought():
    bench = Bench(instruments=UNITS)

    bench.take(snapshot(0, [(100, 1), (99, 2)], [(101, 1)]))

    assert price_of_notional(bench.book, 0, 0, 199.0, 0)[0] == pytest.approx(99.5, abs=1e-12)


def test_an_impact_price_of_inverse_contracts_is_worth_over_coins():
    bench = Bench(instruments=[listed(INVERSE)])

    bench.take(snapshot(0, [(100, 1), (50, 2)], [(101, 1)], instrument=INVERSE))

    # 1 contract at 100 and 1 at 50 are 0.01 + 0.02 of a coin.
    assert price_of_notional(bench.book, 0, 0, 2.0, 1)[0] == pytest.approx(2 / 0.03, abs=1e-9)


@pytest.mark.parametrize(
    ("premium", "hours", "rate"), [(0.002, 8, 0.0015), (0.002, 4, 0.00075), (0.0, 1, 0.0000125)]
)
def test_binances_rate_of_an_interval(premium, hours, rate):
    assert damped_rate(premium, 1e-4, 5e-4, 8 / hours, -1.0, 1.0) == pytest.approx(rate, abs=1e-12)


@pytest.mark.parametrize(("premium", "rate"), [(-0.0004, 1e-4), (0.0006, 1e-4), (-0.00041, 9e-5)])
def test_a_premium_near_the_interest_pays_the_interest(premium, rate):
    assert damped_rate(premium, 1e-4, 5e-4, 1.0, -1.0, 1.0) == pytest.approx(rate, abs=1e-12)


def test_a_rate_is_projected_with_the_premium_of_now():
    """Four samples: 0.001 and 0.002 were seen, 0.003 stands: the mean will be 0.0026."""
    watch = PredictedFunding(
        PERP,
        impact_notional=1.0,
        interest_bps=Bps(0.0),
        damp_bps=Bps(0.0),
        floor_bps=Bps(-1e4),
        cap_bps=Bps(1e4),
        scaled=False,
        equal_hours=Hours(0.0),
        wake=1.0,
    )
    bench = Bench({"rate": watch}, instruments=UNITS)
    index = (SCALAR, INDEX, 100_000 * SCALAR_SCALE, 0)
    bench.take(Funding(T0, PERP, 0.0, 20 / 3600, T0 + 20 * SECOND))
    for t, premium in [(4, 100), (9, 200), (11, 300)]:
        book = snapshot(t * SECOND, [(100_000 + premium, 9)], [(100_001 + premium, 9)])
        bench.take(message(t * SECOND, index), book)

    said = bench.outputs("rate")

    assert bench.value("rate") == pytest.approx(0.0026 * 8 * 3600 / 20 * 1e4, rel=1e-12)
    assert said["so_far"] == pytest.approx((0.001 + 2 * 0.002) / 3 * 8 * 3600 / 20 * 1e4, rel=1e-12)
    assert said["quality"] == 1.0


def test_funding_over_its_floor():
    bench = Bench({"excess": FundingExcess(PERP, Bps(1.0), wake=1.0)})

    bench.take(Funding(T0, PERP, 0.0003, 4.0, T0 + HOUR))

    assert bench.value("excess") == pytest.approx(3.0 * 2 - 1.0)


def test_a_long_stay_at_the_floor_makes_half_a_basis_point_usual():
    watch = FundingExcess(PERP, Bps(1.0), z_intervals=12, wake=1.0)
    bench = Bench({"excess": watch})
    for k in range(11):
        assert bench.outputs("excess")["z"] is None
        bench.take(Funding(T0 + k, PERP, 0.0001, 8.0, T0 + (k + 1) * HOUR))

    bench.take(Funding(T0 + 11, PERP, 0.0002, 8.0, T0 + 11 * HOUR))

    assert bench.score("excess").z == pytest.approx(1.0 / 0.5)


class TestCarry:
    """Spot 100 at 99.9 / 100.1, perpetual 100 at 99.8 / 100.2; taker fees 10 and 5 bps."""

    COST = 20 + 40 + 2 * 10 + 2 * 5

    def bench(self, **changed: object) -> Bench:
        tenths = PriceGrid(Decimal("0.1"))
        watch = NetCarry(PERP, against=SPOT, size=Base(1.0), wake=1.0, **changed)
        bench = Bench(
            {"carry": watch}, instruments=[listed(PERP, grid=tenths), listed(SPOT, grid=tenths)]
        )
        bench.take(
            snapshot(0, [(998, 99)], [(1002, 99)]),
            snapshot(0, [(999, 99)], [(1001, 99)], instrument=SPOT),
        )
        return bench

    def test_it_earns_the_settlements_that_it_stands_through(self):
        bench = self.bench(hold_hours=Hours(24.0))

        bench.take(Funding(T0, PERP, 0.01, 8.0, T0 + 3 * HOUR))

        # At 3, 11 and 19 h: three times 100 bps, in three times 8 h.
        assert bench.value("carry") == pytest.approx((3 * 100 - self.COST) / 3)
        assert bench.outputs("carry")["cost_bps"] == pytest.approx(self.COST)
        assert bench.outputs("carry")["break_even_hours"] == pytest.approx(self.COST / 100 * 8)

    @pytest.mark.parametrize(("until_next", "paid"), [(2 * HOUR, 1), (2 * HOUR + 1, 0), (0, 1)])
    def test_a_settlement_counts_when_the_holding_reaches_it(self, until_next, paid):
        bench = self.bench(hold_hours=Hours(2.0))

        bench.take(Funding(T0, PERP, 0.01, 8.0, T0 + until_next))

        assert bench.value("carry") == pytest.approx((paid * 100 - self.COST) * 4)

    def test_the_reverse_pays_funding_and_the_borrowing(self):
        bench = self.bench(short=False, hold_hours=Hours(8.0), charge_bps_8h=Bps(2.0))

        bench.take(Funding(T0, PERP, -0.01, 8.0, T0 + HOUR))

        assert bench.value("carry") == pytest.approx(100 - 2 - self.COST)
        assert bench.outputs("carry")["break_even_hours"] == pytest.approx(self.COST / 98 * 8)

    def test_funding_that_never_earns_the_costs_back_has_no_break_even(self):
        bench = self.bench()

        bench.take(Funding(T0, PERP, -0.01, 8.0, T0 + HOUR))

        assert bench.outputs("carry")["break_even_hours"] is None

    def test_it_is_unknown_once_the_settlement_has_passed(self):
        bench = self.bench()
        bench.take(Funding(T0, PERP, 0.01, 8.0, T0 + HOUR))

        bench.take(message(HOUR + 1, (0, 1, 998, 98)))

        assert bench.outputs("carry")["value"] is None

    def test_the_other_leg_pays_its_own_funding_when_it_is_a_perpetual(self):
        tenths = PriceGrid(Decimal("0.1"))
        other = listed(SPOT, grid=tenths, kind=listed(PERP).kind, settle=listed(PERP).settle)
        watch = NetCarry(PERP, against=SPOT, size=Base(1.0), hold_hours=Hours(8.0), wake=1.0)
        bench = Bench({"carry": watch}, instruments=[listed(PERP, grid=tenths), other])
        bench.take(
            snapshot(0, [(998, 99)], [(1002, 99)]),
            snapshot(0, [(999, 99)], [(1001, 99)], instrument=SPOT),
        )
        bench.take(Funding(T0, PERP, 0.01, 8.0, T0 + HOUR))
        assert bench.value("carry") is None

        bench.take(Funding(T0, SPOT, 0.004, 4.0, T0 + HOUR))

        # Two settlements of 40 bps go out, one of 100 comes in.
        assert bench.value("carry") == pytest.approx(100 - 2 * 40 - self.COST)
