"""The kernels against reference values that were computed elsewhere, to the stated tolerance."""

from decimal import Decimal
from itertools import accumulate
from typing import Any

import numpy as np
import pytest

from bot.model.instrument import PriceGrid
from bot.model.units import Hours
from bot.signals.funding import PredictedFunding
from bot.signals.funding_kernels import damped_rate
from bot.signals.order_book import (
    BookImbalance,
    DepthImbalance,
    QueueImbalance,
    Spread,
    WeightedMid,
)
from bot.signals.order_flow import MultiLevelFlow, OrderFlowImbalance
from bot.signals.standard import (
    MEAN_STATE,
    follow_mean,
    window_add,
    window_ready,
    window_score,
    window_size,
)
from bot.signals.trades import TradeImbalance, VwapDeviation
from bot.tape.rows import BUY, INDEX, SCALAR, SCALAR_SCALE, SELL
from tests.signals.harness import (
    NEVER_WAKE,
    PERP,
    SECOND,
    T0,
    Bench,
    Funding,
    listed,
    message,
    snapshot,
    touch,
    trade,
)
from tests.signals.oracle_funding import close
from tests.tape.tapes import Message

TICK = 0.5
WHOLE_LOTS = [listed(PERP, lot=Decimal(1))]
CENTS = listed(PERP, grid=PriceGrid(Decimal("0.01")))
FOREVER_S = 1e30
"""A half-life that lets nothing fade."""


def book_of(t: int, given: dict[str, Any]) -> Message:
    sides = [
        [(int(price / TICK), int(size)) for price, size in zip(prices, sizes, strict=True)]
        for prices, sizes in (
            (given["bid_px"], given["bid_sz"]),
            (given["ask_px"], given["ask_sz"]),
        )
    ]
    return snapshot(t, *sides)


def best_of(t: int, book: Message) -> Message:
    bids = [row for row in book.rows if row[1] > 0]
    asks = [row for row in book.rows if row[1] < 0]
    return touch(t, bids[0][2:], asks[0][2:])


def test_books(vectors):
    cases = vectors("book_signals")["cases"]
    for case in cases:
        bench = Bench(
            {
                "qi_top1": QueueImbalance(PERP, source="book", wake=1.0),
                "obi_top3": BookImbalance(PERP, levels=3, wake=1.0),
                "obi_full5": BookImbalance(PERP, levels=5, wake=1.0),
                "obi_levelweight_half": BookImbalance(PERP, levels=5, decay=0.5, wake=1.0),
                "obi_expdist_half1bp": DepthImbalance(PERP, half_bps=1.0, wake=1.0),
                "weighted": WeightedMid(PERP, source="book", wake=1.0),
                "spread_bps": Spread(PERP, source="book", wake=1.0),
            }
        )
        # Beyond a snapshot nothing is known: a far level on both sides lets all of these count.
        book = book_of(0, case["inputs"])
        far = [(0, 1, 150_000, 0), (0, -1, 250_000, 0)]

        bench.take(book._replace(rows=(*book.rows, *far)))

        wanted = dict(case["expected"])
        mid, fair = wanted.pop("mid"), wanted.pop("weighted_mid")
        assert bench.value("weighted") == pytest.approx((fair - mid) / mid * 1e4, abs=1e-9)
        for name, value in wanted.items():
            assert bench.value(name) == pytest.approx(value, rel=1e-12, abs=1e-12), name
    assert len(cases) == 12


def test_order_flow_of_every_level(vectors):
    given = vectors("ofi_mlofi")
    books = [book_of(k * SECOND, book) for k, book in enumerate(given["books"])]
    # A snapshot would forget what stood before: one book becomes the next by its changes.
    watches = {
        "levels": MultiLevelFlow(PERP, half_life_s=FOREVER_S, wake=1.0),
        "flow": OrderFlowImbalance(PERP, source="book", half_life_s=FOREVER_S, wake=1.0),
        "touch": OrderFlowImbalance(PERP, half_life_s=FOREVER_S, wake=1.0),
        "last 10": OrderFlowImbalance(PERP, window_s=10.0, capacity=64, wake=1.0),
    }
    bench = Bench(watches, instruments=WHOLE_LOTS)
    found = []
    for k, (before, book) in enumerate(zip([None, *books], books, strict=False)):
        gone = [(*row[:3], 0) for row in before.rows] if before else []
        flags = 0 if before else 1
        bench.take(book._replace(flags=flags, rows=(*gone, *book.rows)), best_of(k * SECOND, book))
        found.append({name: bench.outputs(name) for name in watches})

    sums = list(accumulate(given["e"], lambda one, other: np.add(one, other)))
    for k, (now, total) in enumerate(zip(found[1:], sums, strict=True)):
        assert [now["levels"][f"level_{m + 1}"] for m in range(5)] == list(total)
        assert now["flow"]["sum"] == now["touch"]["sum"] == given["l1_cumulative"][k]
        if given["l1_roll10"][k] is not None:
            assert now["last 10"]["sum"] == given["l1_roll10"][k]
    assert len(sums) == 39


def test_trades(vectors):
    given = vectors("vpin_trades")
    watches = {
        "last 50": TradeImbalance(PERP, trades=50, wake=1.0),
        "paid": VwapDeviation(PERP, window_s=50.0, trades_min=50, capacity=64, wake=1.0),
    }
    bench = Bench(watches, instruments=WHOLE_LOTS)
    ticks = [int(each["px"] / TICK) for each in given["trades"]]
    bench.take(touch(0, (ticks[0] - 1, 1), (ticks[0] + 1, 1)))
    for k, each in enumerate(given["trades"]):
        side = BUY if each["taker_buy"] else SELL

        bench.take(trade(k * SECOND, side, ticks[k], int(each["qty"])))

        said = bench.outputs("last 50")
        assert said["cvd"] == given["cvd"][k]
        assert close(said["value"], given["trade_imbalance_50"][k], 1e-12)
        # Said of the last touch, for a trade does not move it.
        away = bench.outputs("paid")["value"]
        vwap = None if away is None else ticks[0] * TICK * (1 - away / 1e4)
        assert close(vwap, given["rolling_vwap_50_trades"][k], 1e-12)
    assert len(ticks) == 300


def test_robust_z_and_fading_means(vectors):
    (case,) = vectors("robust_stats")["cases"]
    window, half_life = case["inputs"]["window"], case["inputs"]["ewma_half_life"]
    state, mean = np.zeros(window_size(window)), np.zeros(MEAN_STATE)
    for k, x in enumerate(case["inputs"]["x"]):
        z = window_score(state, 0, x, 0.0) if window_ready(state, 0, window) else None
        window_add(state, 0, window, x)

        assert close(z, case["expected"]["robust_z"][k], 1e-10)
        followed = follow_mean(mean, 0, x, float(k), float(half_life))
        assert followed == pytest.approx(case["expected"]["ewma_mean"][k], abs=1e-10)
    assert len(case["inputs"]["x"]) == 120


# --- funding ----------------------------------------------------------------------------------


def predicted(**changed: Any) -> PredictedFunding:
    terms: dict[str, Any] = {
        "impact_notional": 25_000.0,
        "interest_bps": 1.0,
        "damp_bps": 5.0,
        "floor_bps": -1e4,
        "cap_bps": 1e4,
        "scaled": True,
    }
    return PredictedFunding(PERP, wake=NEVER_WAKE, **{**terms, **changed})


def cases_of(vectors, *venues: str) -> list[dict[str, Any]]:
    return [case for case in vectors("funding_formulas")["cases"] if case["venue"] in venues]


def rate_of(case: dict[str, Any], divisor: float) -> float:
    given = case["inputs"]
    cap, floor = given.get("cap"), given.get("floor")
    return damped_rate(
        given["avg_premium"],
        given["interest"],
        5e-4,
        divisor,
        -1.0 if floor is None else floor,
        1.0 if cap is None else cap,
    )


def test_rates_of_venues_that_scale_them_to_their_interval(vectors):
    cases = cases_of(vectors, "binance")
    cases += [c for c in cases_of(vectors, "okx") if c["inputs"]["interval_mode"] == "divide"]

    for case in cases:
        rate = rate_of(case, 8.0 / case["inputs"]["interval_h"])
        assert rate == pytest.approx(case["expected"]["rate"], abs=1e-12), case["id"]
    assert len(cases) == 17


def test_rates_of_venues_that_do_not(vectors):
    cases = cases_of(vectors, "bybit", "bitmex")
    cases += [c for c in cases_of(vectors, "okx") if c["inputs"]["interval_mode"] != "divide"]

    for case in cases:
        rate = rate_of(case, 1.0)
        assert rate == pytest.approx(case["expected"]["rate"], abs=1e-12), case["id"]
    assert len(cases) == 7


@pytest.mark.parametrize("scaled", [True, False])
def test_the_whole_way_from_a_book_to_binances_rate(vectors, scaled):
    """A book whose premium is that of the case, an interval that is sampled once."""
    cases = [c for c in cases_of(vectors, "binance") if scaled or c["inputs"]["interval_h"] == 8]
    for case in cases:
        given = case["inputs"]
        hours, index = given["interval_h"], 50_000
        # Both impact prices on the same side of the index, its premium away.
        away = round(given["avg_premium"] * index * 100)
        near = index * 100 + away
        bid, ask = (near, near + 1) if away > 0 else (near - 1, near)
        bench = Bench(
            {
                "rate": predicted(
                    impact_notional=1.0,
                    interest_bps=given["interest"] * 1e4,
                    floor_bps=-1e4 if given["floor"] is None else given["floor"] * 1e4,
                    cap_bps=1e4 if given["cap"] is None else given["cap"] * 1e4,
                    scaled=scaled,
                )
            },
            instruments=[CENTS],
        )
        settles = T0 + hours * 3600 * SECOND
        bench.take(Funding(T0, PERP, 0.0, float(hours), settles))

        bench.take(
            message(0, (SCALAR, INDEX, index * SCALAR_SCALE, 0)),
            snapshot(1, [(bid, 1000)], [(ask, 1000)]),
        )

        wanted = case["expected"]["rate_8h_equiv"] * 1e4
        assert bench.value("rate") == pytest.approx(wanted, abs=1e-8), case["id"]
    assert len(cases) == (13 if scaled else 8)


def test_the_premium_index(vectors):
    cases = vectors("funding_formulas")["premium_index"]
    for case in cases:
        given, wanted = case["inputs"], case["expected"]
        sides = [
            [(int(price / TICK), round(size * 10)) for price, size in given[side]]
            for side in ("bids", "asks")
        ]
        tenths = listed(PERP, lot=Decimal("0.1"))
        # An interval of 8 h that begins now: the projection is the rate of the premium.
        bench = Bench(
            {
                "rate": predicted(
                    impact_notional=given["impact_notional_quote"], interest_bps=0.0, damp_bps=0.0
                )
            },
            instruments=[tenths],
        )
        bench.take(Funding(T0, PERP, 0.0, 8.0, T0 + 8 * 3600 * SECOND))

        bench.take(
            message(0, (SCALAR, INDEX, int(given["index"]) * SCALAR_SCALE, 0)),
            snapshot(1, *sides),
        )

        said = bench.outputs("rate")
        if wanted["complete"]:
            assert said["value"] == pytest.approx(wanted["premium_index"] * 1e4, abs=1e-8)
            assert said["quality"] == 1.0
        else:
            # Too thin to know a premium: only the venue's word is left.
            assert (said["value"], said["quality"]) == (0.0, 0.0)
    assert len(cases) == 5


@pytest.mark.parametrize(
    ("equal_hours", "name"), [(Hours(0.0), "linear_weighted"), (Hours(8.0), "equal_weighted")]
)
def test_the_mean_premium_of_an_interval(vectors, equal_hours, name):
    (case,) = vectors("funding_formulas")["averaging"]
    samples = case["inputs"]["samples"]
    minutes = len(samples)
    watch = predicted(
        impact_notional=1.0,
        interest_bps=0.0,
        damp_bps=0.0,
        scaled=False,
        sample_s=60.0,
        equal_hours=equal_hours,
    )
    bench = Bench({"rate": watch}, instruments=[CENTS])
    settles = T0 + minutes * 60 * SECOND
    bench.take(Funding(T0, PERP, 0.0, minutes / 60, settles))
    index = 100_000
    bench.take(message(0, (SCALAR, INDEX, index * SCALAR_SCALE, 0)))
    for k, premium in enumerate(samples):
        # Premiums have seven digits: a price of 100,000 shows them in hundredths.
        near = round(index * 100 * (1 + premium))
        bid, ask = (near, near + 1) if premium > 0 else (near - 1, near)
        t = k * 60 * SECOND + 59 * SECOND
        bench.take(
            message(t, (SCALAR, INDEX, index * SCALAR_SCALE, 0)),
            snapshot(t, [(bid, 1000)], [(ask, 1000)]),
        )
    last = minutes * 60 * SECOND - 1

    bench.take(message(last, (SCALAR, INDEX, index * SCALAR_SCALE, 0)))

    mean = bench.value("rate") / 1e4 * (minutes / 60) / 8.0
    assert mean == pytest.approx(case["expected"][name], abs=1e-12)
