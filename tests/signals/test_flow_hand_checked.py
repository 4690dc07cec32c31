"""The rest of book and flow: examples to check with a pencil, and what bad input comes to."""

import math
from random import Random

import numpy as np
import pytest

from bot.book.layout import TOUCH
from bot.model.units import Base
from bot.signals import arrays, micro_price, vpin_kernels
from bot.signals import integrated_flow_kernels as integrated
from bot.signals.absorption import Absorption
from bot.signals.base import Watch
from bot.signals.depth import BookExhaustion, DepthValue
from bot.signals.integrated_flow import IntegratedFlow, first_component
from bot.signals.liquidity import Illiquidity, KyleLambda
from bot.signals.micro_price import MicroPrice
from bot.signals.noise import LargeTradeImbalance, SettledImbalance
from bot.signals.realised import bipower_variation, jump_share, realised_variance
from bot.signals.toxicity import Vpin
from bot.signals.volatility_cluster import Minutes
from bot.tape.rows import ASK, BID, BUY, GAP, LEVEL, SELL
from tests.signals import flow_family
from tests.signals.harness import (
    INVERSE,
    PERP,
    SECOND,
    Bench,
    message,
    snapshot,
    touch,
    trade,
)
from tests.signals.histories import CENTRE
from tests.signals.test_hand_checked import UNITS

MS = 1_000_000
HOUR = 3_600 * SECOND
DAY = 24 * HOUR
NEAR = {"rel": 1e-9, "abs": 1e-12}


def bench_of(watch: Watch, units: bool = True) -> Bench:
    return Bench({"it": watch}, instruments=UNITS if units else ())


# --- rows of the specification ----------------------------------------------------------------


def test_vpin_of_two_buckets():
    bench = bench_of(Vpin(PERP, bucket=Base(10.0), buckets=2, wake=1.0))

    bench.take(trade(0, BUY, 100, 6), trade(1, SELL, 100, 8), trade(2, BUY, 100, 6))

    # 6 bought, 4 sold; then 4 sold, 6 bought.
    assert bench.value("it") == pytest.approx(0.2, **NEAR)


def test_variance_of_three_returns():
    returns = [0.001, -0.002, 0.0015]
    variance, bipower = realised_variance(returns), bipower_variation(returns)
    minutes = Minutes()
    for r in returns:
        minutes._take(r)

    assert variance == pytest.approx(7.25e-6, **NEAR)
    assert bipower == pytest.approx(7.8539816340e-6, **NEAR)
    assert jump_share(variance, bipower) == 0.0
    assert minutes.variance == pytest.approx(1.2442e-6, **NEAR)


def test_kyles_lambda_of_four_trades():
    bench = bench_of(KyleLambda(PERP, trades=4, wake=1.0))
    mid = 1_000
    bench.take(touch(0, (mid - 1, 5), (mid + 1, 5)))
    for k, (moved, signed) in enumerate(((1, 10), (-1, -8), (2, 15), (0, 1))):
        mid += moved
        t = (k + 1) * SECOND
        bench.take(trade(t, BUY if signed > 0 else SELL, mid, abs(signed)))
        bench.take(touch(t + 1, (mid - 1, 5), (mid + 1, 5)))

    said = bench.outputs("it")
    assert said["quote"] == pytest.approx(0.1262135922, abs=1e-9)
    assert said["value"] == pytest.approx(0.1262135922 / 1_002 * 1e4, abs=1e-8)


def test_illiquidity_of_two_bars():
    bench = bench_of(Illiquidity(PERP, bars=2, bar_trades=1, wake=1.0))

    bench.take(trade(0, BUY, 100, 5), trade(1, BUY, 101, 10), trade(2, SELL, 100, 20))

    assert bench.value("it") == pytest.approx(7.4134890762e-6, **NEAR)


# --- depth ------------------------------------------------------------------------------------

BOOK = ([(9_999, 3), (9_995, 2), (9_980, 7)], [(10_001, 4), (10_010, 1), (10_030, 9)])


def test_worth_within_a_distance():
    bench = bench_of(DepthValue(PERP, within_bps=(1.0, 5.0, 10.0), wake=1.0))

    bench.take(snapshot(0, *BOOK))

    said = bench.outputs("it")
    assert (said["bids_1"], said["asks_1"]) == (3 * 9_999, 4 * 10_001)
    assert said["value"] == 3 * 9_999 + 4 * 10_001
    assert (said["bids_5"], said["asks_10"]) == (3 * 9_999 + 2 * 9_995, 4 * 10_001 + 10_010)


def test_worth_beyond_what_the_snapshot_showed_is_not_known():
    bench = bench_of(DepthValue(PERP, within_bps=(5.0, 21.0, 40.0), side="asks", wake=1.0))

    bench.take(snapshot(0, *BOOK))

    said = bench.outputs("it")
    assert said["bids_21"] is None
    assert said["asks_21"] is not None
    assert said["asks_40"] is None


def test_worth_of_an_inverse_contract_is_its_contracts():
    bench = Bench({"it": DepthValue(INVERSE, within_bps=(5.0,), side="bids", wake=1.0)})

    bench.take(snapshot(0, *BOOK, instrument=INVERSE))

    assert bench.value("it") == (3 + 2) * 100.0


def test_worth_follows_a_mid_that_wanders_as_if_it_were_always_summed_anew():
    random = Random(7)
    watch = DepthValue(PERP, within_bps=(2.0, 30.0), wake=1.0)
    bench = bench_of(watch)
    mid, books = 10_000, {BID: {}, ASK: {}}
    rows = [(LEVEL, side, mid - side * k, 5) for side in (BID, ASK) for k in range(1, 400)]
    for _, side, price, size in rows:
        books[side][price] = size
    bench.take(message(0, *rows, flags=1))
    for k in range(1, 400):
        mid += random.choice((-3, -1, 0, 1, 3))
        rows = [
            (LEVEL, side, price, 0)
            for side in (BID, ASK)
            for price in sorted(books[side])
            if (mid - price) * side <= 0
        ]
        for side in (BID, ASK):
            price = mid - side * random.randint(1, 60)
            rows.append((LEVEL, side, price, random.randint(1, 9)))
        for _, side, price, size in rows:
            books[side].pop(price, None)
            if size:
                books[side][price] = size
        bench.take(message(k, *rows))
        best = (max(books[BID]) + min(books[ASK])) / 2
        for name, side in (("bids_30", BID), ("asks_30", ASK)):
            wanted = sum(p * q for p, q in books[side].items() if (best - p) * side <= 30e-4 * best)
            assert bench.outputs("it")[name] == wanted, k


def test_exhaustion_is_what_is_gone_of_the_median():
    watch = BookExhaustion(PERP, median_s=60, samples_min=3, active_s=2.0, wake=1.0)
    bench = bench_of(watch)
    bench.take(snapshot(0, [(9_999, 10), (9_000, 1)], [(10_001, 10), (11_000, 1)]))
    bench.take(message(5 * SECOND, (LEVEL, ASK, 10_001, 2)))

    said = bench.outputs("it")
    assert said["asks"] == pytest.approx(0.8)
    assert (said["bids"], said["value"], said["thinness"]) == (0.0, said["asks"], said["asks"])
    assert said["active"] == 0.0

    bench.take(message(7 * SECOND, (LEVEL, BID, 9_000, 2)))
    assert bench.outputs("it")["active"] == 1.0


def test_what_aggressors_take_is_counted_against_what_rested():
    bench = bench_of(BookExhaustion(PERP, median_s=60, samples_min=3, wake=1.0))
    bench.take(snapshot(0, [(9_999, 10), (9_000, 1)], [(10_001, 20), (11_000, 1)]))

    bench.take(trade(8 * SECOND, BUY, 10_001, 4), trade(9 * SECOND, BUY, 10_001, 1))

    assert bench.outputs("it")["asks_taken"] == pytest.approx(0.25)
    assert bench.outputs("it")["bids_taken"] == 0.0
    bench.take(trade(14 * SECOND, SELL, 9_999, 5))
    assert bench.outputs("it")["asks_taken"] == 0.0
    assert bench.outputs("it")["bids_taken"] == pytest.approx(0.5)


# --- fits -------------------------------------------------------------------------------------


def test_a_micro_price_learns_that_the_short_queue_gives_way():
    watch = MicroPrice(PERP, refit_h=1.0, moves_min=50, buckets=4, wake=1.0)
    bench = bench_of(watch)
    random = Random(3)
    mid = 10_000
    for k in range(2_000):
        heavy = random.random() < 0.5
        sizes = (30, 3) if heavy else (3, 30)
        bench.take(touch(k * SECOND, (mid, sizes[0]), (mid + 1, sizes[1])))
        if random.random() < 0.9:
            mid += 1 if heavy else -1
    assert bench.outputs("it")["fitted"] == 0.0
    # The weighted mid, before anything is fitted.
    bench.take(touch(2_001 * SECOND, (mid, 30), (mid + 1, 10)))
    assert bench.outputs("it")["ticks"] == pytest.approx(0.25)

    bench.take(touch(3_601 * SECOND, (mid, 5), (mid + 1, 5)))
    bench.take(touch(3_602 * SECOND, (mid, 30), (mid + 1, 3)))
    up = bench.outputs("it")
    bench.take(touch(3_603 * SECOND, (mid, 3), (mid + 1, 30)))
    down = bench.outputs("it")

    assert up["fitted"] == down["fitted"] == 1.0
    assert up["ticks"] == -down["ticks"] == 0.5, "clipped to between bid and ask"
    # After four spans without news nothing is left to be fitted.
    for k in range(2, 8):
        bench.take(touch(k * HOUR, (mid, 30), (mid + 1, 3)))
    assert bench.outputs("it")["fitted"] == 0.0


def test_a_chain_that_never_moves_is_not_fitted():
    still = np.eye(2)

    assert micro_price.adjustments(still, np.zeros((2, 4)), np.zeros((2, 2)), np.ones(4)) is None


def test_expected_moves_are_what_random_walks_through_the_states_come_to():
    generator = np.random.default_rng(5)
    counts = generator.integers(1, 20, (4, 12)).astype(float)
    counts += counts[::-1, ::-1]
    shares = counts / counts.sum(axis=1, keepdims=True)
    # Down, still, up: the mirror turns the order of the states and of the three around.
    down, q, up = shares[:, :4], shares[:, 4:8], shares[:, 8:]
    r, t = np.zeros((4, 4)), down + up
    r[:, 0], r[:, 3] = down.sum(axis=1), up.sum(axis=1)

    adjust = micro_price.adjustments(q, r, t, micro_price.MOVE_TICKS)

    stay, moved = np.eye(4), np.zeros(4)
    for _ in range(400):
        moved = moved + stay @ (r @ micro_price.MOVE_TICKS)
        stay = stay @ (q + t)
    assert adjust == pytest.approx(moved, abs=1e-9)
    assert abs(adjust).max() > 0.01


def test_a_component_without_variance_or_sign_is_none():
    assert first_component(np.zeros((3, 3)))[0] is None
    assert first_component(np.array([[1.0, -1.0], [-1.0, 1.0]]))[0] is None
    weights, explained = first_component(np.array([[2.0, 2.0], [2.0, 2.0]]))
    assert weights == pytest.approx([0.5, 0.5])
    assert explained == pytest.approx(1.0)


def test_weights_are_fitted_to_the_day_before_and_to_whole_buckets_only():
    watch = IntegratedFlow(PERP, levels=2, bucket_s=10.0, buckets_min=20, wake=1.0)
    bench = bench_of(watch)
    random = Random(9)
    bench.take(snapshot(0, [(99, 50), (98, 50)], [(101, 50), (102, 50)]))
    sizes = [50, 50]
    sums: dict[int, list[float]] = {}
    for k in range(1, 400):
        t = k * 4 * SECOND
        sizes_before = list(sizes)
        push = random.randint(-5, 5)
        sizes = [50 + push, 50 + 2 * push + random.randint(-1, 1)]
        rows = [(LEVEL, BID, 99 - m, size) for m, size in enumerate(sizes)]
        bench.take(message(t, *rows))
        bucket = sums.setdefault(t // (10 * SECOND), [0.0, 0.0])
        for m in range(2):
            bucket[m] += sizes[m] - sizes_before[m]
    held = bench.table.arrays.state[bench.table.arrays.spec[0, arrays.STATE] :]
    assert held[integrated.EXPLAINED] == 0.0

    bench.take(message(9 * HOUR, (LEVEL, BID, 99, 77)))

    # The first bucket was not seen from its beginning on.
    flows = np.array([sums[bucket] for bucket in sorted(sums) if bucket > 0])
    weights, explained = first_component(np.cov(flows.T, bias=True))
    assert held[integrated.WEIGHT : integrated.WEIGHT + 2] == pytest.approx(weights, abs=1e-9)
    assert held[integrated.EXPLAINED] == pytest.approx(explained, abs=1e-9)


def test_the_size_of_a_bucket_is_learned_from_days_that_were_listened_to():
    watch = Vpin(PERP, buckets=2, buckets_a_day=10, wake=1.0)
    bench = bench_of(watch)
    # 16:00 on the first day: 24 hours of 100 an hour, then 200 an hour.
    sizes = {}
    for hour in range(80):
        bench.take(trade(hour * HOUR + 1, BUY, 100, 100 if hour < 24 else 200))
        sizes[hour] = bench.outputs("it")["bucket"]

    assert sizes[23] is None
    assert sizes[25] == 240.0, "the first 24 hours"
    # The second day from 00:00 to 00:00: 16 hours of 100 and 8 of 200; then a day of 200.
    assert sizes[33] == 320.0
    assert sizes[57] == pytest.approx((3_200 + 4_800) / 2 / 10)


def test_a_running_bucket_keeps_its_size():
    bench = bench_of(Vpin(PERP, buckets=2, buckets_a_day=10, wake=1.0))
    for hour in range(32):
        bench.take(trade(hour * HOUR + 1, BUY, 100, 100 if hour < 31 else 1))
    held = bench.table.arrays.state[bench.table.arrays.spec[0, arrays.STATE] :]

    bench.take(trade(32 * HOUR + 1, BUY, 100, 1))

    assert held[vpin_kernels.NEXT_SIZE] != held[vpin_kernels.SIZE]
    assert bench.outputs("it")["bucket"] == 240.0


# --- absorption and noise ---------------------------------------------------------------------


def pressed(bench: Bench, moved: int) -> None:
    """A quiet market in which each unit moves the mid by a tick, then a wave of buying."""
    mid = 10_000
    bench.take(touch(0, (mid - 1, 50), (mid + 1, 50)))
    for k in range(1, 60):
        side = BUY if k % 2 else SELL
        bench.take(trade(k * SECOND, side, mid + side, 1 + k % 3))
        mid += side * (1 + k % 3)
        bench.take(touch(k * SECOND + 1, (mid - 1, 50), (mid + 1, 50)))
    for k in range(5):
        bench.take(trade(70 * SECOND + 10 * k * MS, BUY, mid + 1, 20))
    bench.take(touch(70 * SECOND + 500 * MS, (mid - 1 + moved, 50), (mid + 1 + moved, 10)))


def absorbing() -> Bench:
    watch = Absorption(PERP, window_s=2.0, history_s=60.0, history_min=10, trades=20, wake=1.0)
    return bench_of(watch)


def test_buying_that_moves_nothing_is_absorbed_and_that_moves_the_mid_is_not():
    stuck, moved = absorbing(), absorbing()
    pressed(stuck, 0)
    pressed(moved, 400)

    assert stuck.value("it") == pytest.approx(-1.0, abs=0.05)
    assert stuck.outputs("it")["z"] > 4.0
    assert moved.value("it") == pytest.approx(0.0, abs=1e-12)


def test_a_price_that_is_hit_shrinks_and_stands_again_is_refilled():
    bench = absorbing()
    pressed(bench, 0)
    assert bench.outputs("it")["refilled"] == 0.0

    at = 70 * SECOND
    ask = int(bench.book.head[0, TOUCH + 2])
    bench.take(touch(at + 600 * MS, (ask - 2, 50), (ask, 39)))
    assert bench.outputs("it")["refilled"] == 0.0
    bench.take(touch(at + 700 * MS, (ask - 2, 50), (ask, 40)))
    assert bench.outputs("it")["refilled"] == 1.0


def test_a_level_that_vanishes_within_fifty_milliseconds_never_counts():
    bench = bench_of(SettledImbalance(PERP, wake=1.0))
    bench.take(snapshot(0, [(99, 5)], [(101, 5)]))
    assert bench.value("it") == 0.0, "levels of a snapshot are old"

    bench.take(message(10 * MS, (LEVEL, BID, 100, 90)))
    said = bench.outputs("it")
    assert (said["value"], said["raw"]) == (0.0, pytest.approx(0.9))
    assert said["left_out"] == pytest.approx(0.9)
    bench.take(trade(59 * MS, BUY, 101, 1))
    assert bench.value("it") == 0.0
    # It grows old without a message of its own.
    bench.take(trade(60 * MS, BUY, 101, 1))
    assert bench.value("it") == pytest.approx(0.9)


def test_prints_of_one_aggressor_are_one_trade_and_small_ones_are_noise():
    bench = bench_of(LargeTradeImbalance(PERP, half_life_s=1e30, size_min=Base(10.0), wake=1.0))

    bench.take(trade(0, BUY, 100, 4), trade(400_000, BUY, 100, 4))
    assert bench.value("it") is None
    bench.take(trade(900_000, BUY, 101, 4))
    assert bench.value("it") == 1.0
    bench.take(trade(2 * MS, SELL, 100, 9), trade(3 * MS, SELL, 100, 9))

    said = bench.outputs("it")
    assert (said["value"], said["raw"]) == (1.0, (12 - 18) / 30)
    assert said["left_out"] == pytest.approx(18 / 30)


# --- bad input --------------------------------------------------------------------------------

OF_THE_BOOK = ("worth", "worth of bids", "exhaustion", "integrated", "micro book", "kyle book")


def running() -> Bench:
    """All of them, with a book, a touch and some trades, each known that can be."""
    bench = Bench(flow_family.WATCHES)
    levels = [(CENTRE - k, 9) for k in range(1, 400)], [(CENTRE + k, 9) for k in range(1, 400)]
    bench.take(snapshot(0, *levels), touch(0, (CENTRE - 1, 5), (CENTRE + 1, 5)))
    for k in range(1, 40):
        side = BUY if k % 3 else SELL
        price = CENTRE + side
        bench.take(trade(k * SECOND, side, price, 1 + k % 5))
        bench.take(touch(k * SECOND, (CENTRE - 1 + k % 2, 5), (CENTRE + 1 + k % 2, 5 + k)))
        bench.take(message(k * SECOND, (LEVEL, BID, CENTRE - 1, 9 + k % 4)))
    return bench


def known(bench: Bench) -> set[str]:
    return {name for name in flow_family.WATCHES if bench.outputs(name)["value"] is not None}


def test_a_market_that_runs_is_known():
    assert set(OF_THE_BOOK) <= known(running())


@pytest.mark.parametrize(
    "rows",
    [
        [(LEVEL, ASK, CENTRE + k, 0) for k in range(1, 400)],
        [(LEVEL, BID, CENTRE + 5, 9)],
        [],
    ],
    ids=["empty side", "crossed", "gap"],
)
def test_without_a_sound_book_nothing_of_it_is_known(rows):
    bench = running()

    bench.take(message(41 * SECOND, *rows, flags=0 if rows else GAP))

    assert not known(bench) & {*OF_THE_BOOK, "absorption"}
    assert {"micro", "kyle", "vpin", "large"} <= known(bench), "they do not read the book"


def test_the_first_state_after_a_gap_is_no_flow_no_move_and_no_transition():
    bench = running()
    bench.take(message(41 * SECOND, flags=GAP))
    before = bench.table.arrays.state.copy()

    far = CENTRE + 300
    bench.take(
        snapshot(
            42 * SECOND,
            [(far - k, 500) for k in range(1, 400)],
            [(far + k, 500) for k in range(1, 400)],
        )
    )

    spec = bench.table.arrays.spec[bench.table.entries[0]["integrated"].signal]
    at = spec[arrays.STATE] + integrated.SUM
    after = bench.table.arrays.state[at : at + 10]
    # From the last change of the book, at 39 s, to 42 s it has only faded, by half in 3 s.
    assert after == pytest.approx(0.5 * before[at : at + 10], rel=1e-9)
    assert abs(after).max() > 0.0
    assert bench.outputs("kyle book")["value"] is None
    assert bench.outputs("absorption")["value"] is None


def test_what_is_stale_is_not_said():
    bench = running()
    assert bench.value("worth") is not None

    bench.now += 3 * SECOND

    assert bench.score("worth").stale
    assert {bench.value(name) for name in OF_THE_BOOK if name != "kyle"} == {None}


def test_messages_of_one_nanosecond_are_taken_one_after_the_other():
    bench = running()
    t = 45 * SECOND
    for k in range(20):
        bench.take(
            trade(t, BUY, CENTRE + 1, 1),
            touch(t, (CENTRE - 1, 5 + k), (CENTRE + 1, 5)),
            message(t, (LEVEL, BID, CENTRE - 1, 20 + k)),
        )

    assert np.isfinite(bench.table.arrays.value).all()
    assert set(OF_THE_BOOK) <= known(bench)


def test_prices_of_zero_and_below_are_no_trades_and_no_mid():
    bench = bench_of(Illiquidity(PERP, bars=1, bar_trades=1, wake=1.0))
    bench.take(trade(0, BUY, 100, 1), trade(1, BUY, 0, 1), trade(2, BUY, -5, 1))
    assert bench.value("it") is None
    bench.take(trade(3, BUY, 101, 1))
    assert bench.value("it") == pytest.approx(math.log(1.01) / 101)

    kyle = bench_of(KyleLambda(PERP, trades=3, wake=1.0))
    for k in range(9):
        kyle.take(touch(k, (-1, 1), (1, 1)), trade(k, BUY, 0, 1 + k))
    assert kyle.value("it") is None


def test_trades_that_are_all_alike_have_no_slope():
    bench = bench_of(KyleLambda(PERP, trades=3, wake=1.0))
    for k in range(9):
        bench.take(touch(k * SECOND, (100 + k, 1), (102 + k, 1)), trade(k * SECOND, BUY, 100, 7))

    assert bench.value("it") is None
