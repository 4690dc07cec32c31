"""The rest of book and flow against reference values computed elsewhere, to their tolerance."""

import itertools
import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from bot.model.instrument import PriceGrid
from bot.model.units import Base
from bot.signals import arrays, integrated_flow_kernels, vpin_kernels
from bot.signals.absorption_kernels import absorbed
from bot.signals.bulk_share_kernels import bought_share
from bot.signals.exhaustion_kernels import gone
from bot.signals.integrated_flow import IntegratedFlow
from bot.signals.liquidity import Illiquidity, KyleLambda
from bot.signals.micro_price import MOVE_TICKS, adjustments, first_move
from bot.signals.pool import Range, exhausted, swap
from bot.signals.realised import (
    autocorrelation,
    bipower_variation,
    jump_share,
    ljung_box,
    realised_variance,
)
from bot.signals.toxicity import Vpin
from bot.signals.volatility_cluster import Minutes
from bot.signals.vpin_kernels import fill_buckets
from bot.tape.rows import BUY, SELL
from tests.signals.harness import PERP, SECOND, Bench, listed, message, touch, trade
from tests.signals.test_vectors import FOREVER_S, TICK, WHOLE_LOTS, book_of
from tests.tape.tapes import Message

Vectors = Callable[[str], Any]
NEAR = {"rel": 1e-12, "abs": 1e-12}
CENTS = [listed(PERP, grid=PriceGrid(Decimal("0.01")), lot=Decimal(1))]
DAY = 86_400


def test_the_micro_price(vectors: Vectors):
    cases = vectors("stoikov_microprice")["cases"]
    for case in cases:
        q, r, t = (np.array(case["inputs"][name]) for name in ("Q", "R", "T"))
        ticks = np.array(case["inputs"]["K"])
        wanted = case["expected"]

        first, leads_to = first_move(q, r, t, ticks)

        assert first == pytest.approx(wanted["G1"], abs=1e-9)
        total = np.zeros(len(q))
        term = first
        for partial in wanted["partial_sums"]:
            total = total + term
            term = leads_to @ term
            assert total == pytest.approx(partial, abs=1e-9)
        assert adjustments(q, r, t, ticks) == pytest.approx(wanted["G_star"], abs=1e-9)
        assert list(MOVE_TICKS) == case["inputs"]["K"]
    assert cases


def test_integrated_flow(vectors: Vectors):
    given = vectors("ofi_mlofi")
    (wanted,) = given["integrated"]
    levels = len(wanted["weights_l1norm"])
    watch = IntegratedFlow(PERP, levels=levels, half_life_s=FOREVER_S, buckets_min=10, wake=1.0)
    books = given["books"]
    bench = Bench({"flow": watch}, instruments=WHOLE_LOTS)
    # One bucket a book, then the first book of the next day.
    bench.take(book_of(-10 * SECOND, books[0]))
    for k, (before, after) in enumerate(itertools.pairwise(books)):
        bench.take(changes_of(10 * k * SECOND, before, after))
    bench.take(changes_of(DAY * SECOND, books[-1], books[0]))
    state = state_of(bench, "flow")
    at = integrated_flow_kernels.WEIGHT

    assert state[at : at + levels] == pytest.approx(wanted["weights_l1norm"], abs=1e-9)
    explained = state[integrated_flow_kernels.EXPLAINED]
    assert explained == pytest.approx(wanted["explained_variance_ratio"], abs=1e-9)

    again = Bench({"flow": watch}, instruments=WHOLE_LOTS)
    copied = state_of(again, "flow")
    copied[at : at + levels] = wanted["weights_l1norm"]
    copied[integrated_flow_kernels.EXPLAINED] = 1.0
    again.take(book_of(0, books[0]))
    total = 0.0
    for k, (before, after) in enumerate(itertools.pairwise(books)):
        again.take(changes_of((k + 1) * SECOND, before, after))
        said = again.outputs("flow")
        now = said["value"] * said["queue"]
        assert (now - total) / wanted["Qbar"] == pytest.approx(wanted["series"][k], abs=1e-9)
        total = now


def changes_of(t: int, before: dict[str, Any], after: dict[str, Any]) -> Message:
    """One book becomes the next: a snapshot would forget what stood before."""
    gone = [(*row[:3], 0) for row in book_of(0, before).rows]
    return message(t, *gone, *book_of(0, after).rows)


def state_of(bench: Bench, name: str) -> Any:
    held = bench.table.arrays
    spec = held.spec[bench.table.entries[0][name].signal]
    return held.state[spec[arrays.STATE] : spec[arrays.STATE] + spec[arrays.STATES]]


def trade_of(one: dict[str, Any], tick: float = TICK) -> Any:
    side = BUY if one["taker_buy"] else SELL
    return trade(one["ts_ms"] * 1_000_000, side, round(one["px"] / tick), int(one["qty"]))


def test_vpin_by_aggressor(vectors: Vectors):
    given = vectors("vpin_trades")
    size, count = given["meta"]["bucket_volume"], given["meta"]["n_buckets"]
    watch = Vpin(PERP, bucket=Base(size), buckets=count, wake=1.0)
    bench = Bench({"vpin": watch}, instruments=WHOLE_LOTS)
    ended = {each["end_trade_index"]: each for each in given["true_side"]}
    seen = 0
    for k, one in enumerate(given["trades"]):
        bench.take(trade_of(one))
        if k in ended:
            seen += 1
            state = state_of(bench, "vpin")
            newest = vpin_kernels.RING + int(state[vpin_kernels.PLACE] - 1) % count
            last = [each for each in given["true_side"] if each["end_trade_index"] == k][-1]
            assert state[newest] * size == pytest.approx(last["abs_imbalance"], **NEAR)
            assert bench.value("vpin") == (
                None if last["vpin"] is None else pytest.approx(last["vpin"], **NEAR)
            )
    assert seen == len(ended)


@pytest.mark.parametrize(("name", "freedom"), [("normal", 0.0), ("t025", 0.25)])
def test_vpin_of_bars(vectors: Vectors, name: str, freedom: float):
    given = vectors("vpin_trades")
    trades = given["trades"]
    size, count = given["meta"]["bucket_volume"], given["meta"]["n_buckets"]
    for case in given["bvc"]:
        watch = Vpin(PERP, bucket=Base(size), buckets=count, wake=1.0)
        bench = Bench({"vpin": watch}, instruments=WHOLE_LOTS)
        state = state_of(bench, "vpin")
        state[vpin_kernels.SIZE] = state[vpin_kernels.NEXT_SIZE] = size
        held = bench.table.arrays
        param, at = (int(held.spec[0, each]) for each in (arrays.PARAM, arrays.STATE))
        before = case["first_price"]
        shares, values = [], []
        step = case["bar_size_trades"]
        for k in range(0, len(trades), step):
            bar = trades[k : k + step]
            share = bought_share((bar[-1]["px"] - before) / case["sigma"], freedom)
            lots = sum(one["qty"] for one in bar)
            assert share * lots == pytest.approx(case[f"buy_volume_{name}"][k // step], **NEAR)
            before = bar[-1]["px"]
            left = lots
            while left > 0.0:
                poured = min(left, size - state[vpin_kernels.FILLED])
                place = int(state[vpin_kernels.PLACE])
                fill_buckets(held, param, at, poured, share)
                left -= poured
                if int(state[vpin_kernels.PLACE]) != place:
                    shares.append(state[vpin_kernels.RING + place] * size)
                    full = state[vpin_kernels.SEEN] == count
                    values.append(float(state[vpin_kernels.VALUE]) if full else None)
        assert shares == pytest.approx(case[f"bucket_abs_imb_{name}"], **NEAR)
        for value, wanted in zip(values, case[f"vpin_{name}"], strict=True):
            assert value == (None if wanted is None else pytest.approx(wanted, **NEAR))


def test_kyles_lambda(vectors: Vectors):
    given = vectors("kyle_amihud")
    trades = vectors("vpin_trades")["trades"]
    bench = Bench({"kyle": KyleLambda(PERP, trades=30, wake=1.0)}, instruments=CENTS)
    for one, mid, wanted in zip(trades, given["mid"], given["kyle_lambda_30"], strict=True):
        t = one["ts_ms"] * 1_000_000
        bench.take(trade_of(one, 0.01))
        cents = round(mid * 100)
        bench.take(touch(t + 1, (cents - 1, 5), (cents + 1, 5)))
        said = bench.outputs("kyle")
        if wanted is None:
            assert said["quote"] is None
        else:
            assert said["quote"] == pytest.approx(wanted, rel=1e-9)
            assert said["value"] == pytest.approx(wanted / mid * 1e4, rel=1e-9)
            assert said["million_bps"] == pytest.approx(wanted / mid * 1e4 * 1e6 / mid, rel=1e-9)


def test_illiquidity(vectors: Vectors):
    given = vectors("kyle_amihud")
    trades = vectors("vpin_trades")["trades"]
    watch = Illiquidity(PERP, bars=20, bar_trades=1, simple=True, wake=1.0)
    bench = Bench({"it": watch}, instruments=WHOLE_LOTS)
    for one, wanted in zip(trades, given["amihud_20"], strict=True):
        bench.take(trade_of(one))
        said = bench.value("it")
        assert said == (None if wanted is None else pytest.approx(wanted, rel=1e-9))


def test_volatility(vectors: Vectors):
    for case in vectors("volatility")["cases"]:
        returns, wanted = case["inputs"]["r"], case["expected"]
        variance, bipower = realised_variance(returns), bipower_variation(returns)

        assert variance == pytest.approx(wanted["rv"], **NEAR)
        assert bipower == pytest.approx(wanted["bpv"], **NEAR)
        assert jump_share(variance, bipower) == pytest.approx(wanted["jump_ratio"], **NEAR)
        squares = [r * r for r in returns]
        assert ljung_box(squares, 10) == pytest.approx(wanted["ljung_box_r2_lag10_stat"], rel=1e-10)
        sizes = [abs(r) for r in returns]
        assert autocorrelation(sizes, 1) == pytest.approx(wanted["acf1_absr"], rel=1e-10)
        minutes = Minutes()
        for r, ewma in zip(returns, wanted["ewma94"], strict=True):
            minutes._take(r)
            assert minutes.variance == pytest.approx(ewma, **NEAR)


def test_absorption(vectors: Vectors):
    for case in vectors("custom_scores")["absorption"]:
        given = case["inputs"]

        said = absorbed(
            given["z_flow"],
            given["net_volume"],
            given["kyle_lambda_bps_per_unit"],
            given["dmid_bps"],
            given["z0"],
            given["z1"],
            given["eps_bps"],
        )

        assert said == pytest.approx(case["expected"]["absorption"], **NEAR)


def test_exhaustion(vectors: Vectors):
    for case in vectors("custom_scores")["exhaustion"]:
        given, wanted = case["inputs"], case["expected"]

        bids, asks = (gone(given[f"depth_{s}"], given[f"median_{s}"]) for s in ("bid", "ask"))

        assert bids == pytest.approx(wanted["ex_bid"], **NEAR)
        assert asks == pytest.approx(wanted["ex_ask"], **NEAR)
        assert asks - bids == pytest.approx(wanted["signed"], **NEAR)
        assert max(asks, bids) == pytest.approx(wanted["thinness"], **NEAR)


def test_pools(vectors: Vectors):
    for case in vectors("custom_scores")["amm"]:
        given, wanted = case["inputs"], case["expected"]
        if case["kind"] == "cpmm":
            said = swap(given["x"], given["y"], given["dx_in"], given["fee"])
            assert said.out == pytest.approx(wanted["dy_out"], **NEAR)
            assert said.price == pytest.approx(wanted["avg_price"], **NEAR)
            assert said.slippage == pytest.approx(wanted["slippage_vs_spot"], **NEAR)
            after = wanted["marginal_price_after_feeless"]
            assert said.price_after == pytest.approx(after, **NEAR)
            assert said.taken == pytest.approx(wanted["y_reserve_used"], **NEAR)
            continue
        pool = Range(given["L"], given["Pa"], given["Pb"])
        base, quote = pool.base_left(given["P"]), pool.quote_left(given["P"])
        assert base == pytest.approx(wanted["base_remaining"], **NEAR)
        assert quote == pytest.approx(wanted["quote_remaining"], **NEAR)
        before = (pool.base_left(given["P_ref"]), pool.quote_left(given["P_ref"]))
        assert exhausted(base, before[0]) == pytest.approx(wanted["exhaustion_base"], **NEAR)
        assert exhausted(quote, before[1]) == pytest.approx(wanted["exhaustion_quote"], **NEAR)


@pytest.mark.parametrize("z", [-40.0, -3.0, -1e-3, 0.0, 1e-9, 0.7, 2.0, 1e6])
def test_what_was_bought_of_a_move_and_of_its_mirror_is_all(z: float):
    for freedom in (0.0, 0.25, 1.0, 5.0):
        share = bought_share(z, freedom)
        assert 0.0 <= share <= 1.0
        assert share + bought_share(-z, freedom) == pytest.approx(1.0, abs=1e-12)
    # With one degree of freedom it is Cauchy's distribution.
    assert bought_share(z, 1.0) == pytest.approx(0.5 + math.atan(z) / math.pi, abs=1e-12)
