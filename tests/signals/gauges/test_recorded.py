"""Gauges on recorded series, defects and all."""

import csv
import gzip
import math
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from bot.model.command import Side
from bot.model.units import InstrumentId
from bot.signals.funding_rates.skew import FundingSkew
from bot.signals.liquidations.flow import LiquidationFlow
from bot.signals.open_interest.change import OpenInterestChange
from bot.signals.open_interest.flow import OpenInterestFlow
from bot.signals.open_interest.positioning import AccountImbalance
from bot.signals.open_interest.quadrant import Quadrants
from tests.signals.gauges.bench import (
    HOUR,
    MINUTE,
    SECOND,
    TERMS,
    A,
    Look,
    contract,
    feed,
    finite,
    forced,
    funding,
    interest,
    log_bps,
    outputs,
    ratio,
    taken,
)
from tests.signals.gauges.every import ANY
from tests.signals.harness import FakeTerms

near = pytest.approx


def rows_of(path: Path) -> Iterator[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def number(text: str) -> float | None:
    return float(text) if text and text.lower() != "nan" else None


def positioning(recordings: Path, count: int) -> list[tuple[int, dict[str, str]]]:
    """Quarter hours of a contract; their clock is India's where it says so, here it is UTC's."""
    (path,) = (recordings / "oi-longshort-liq-15m").glob("*.csv.gz")
    found = []
    for row in rows_of(path):
        text = row["TimeStamp"]
        if not text.endswith(" IST"):
            continue
        local = datetime.fromisoformat(text.removesuffix(" IST") + "+05:30")
        found.append((int(local.timestamp()) * SECOND, row))
    return found[:count]


def test_a_series_with_holes_and_doubles_gives_numbers_or_nothing(recordings):
    """Open interest, ratios, takers and liquidations as they were published, NaN runs included."""
    gauges = {
        "change": OpenInterestChange((A,), price=ANY, age_s_max=1_800.0, wake=1.0),
        "accounts": AccountImbalance(A, z_obs=288, age_s_max=1_800.0, wake=1.0),
        "flow": OpenInterestFlow(A, age_s_max=1_800.0, interval_s_max=1_800.0, wake=1.0),
        "quadrants": Quadrants((A,), ANY, age_s_max=1_800.0, wake=1.0),
        "liquidations": LiquidationFlow((A,), True, wake=1.0),
    }
    gauges = {name: watch.gauge(TERMS) for name, watch in gauges.items()}
    last, amounts, counted, told = 0, {}, 0, set()
    for t, row in positioning(recordings, 6_000):
        if t < last:
            continue
        last = t
        price = number(row["Close"])
        look = Look(t, {"price": None if price is None else log_bps(price)})
        bought, sold = number(row["Buy Qty"]), number(row["Sell Qty"])
        events = []
        if (x := number(row["Long/Short Ratio (Account)"])) is not None:
            events.append(ratio(t, x, "accounts"))
        if bought is not None and sold:
            events.append(taken(t, bought, sold))
        if (x := number(row["Agg. OI"])) is not None:
            events.append(interest(t, x))
            amounts.setdefault(t, x)
        for column, side in (("Agg. Liq Long", Side.SELL), ("Agg. Liq Short", Side.BUY)):
            if (x := number(row[column])) and price:
                events.append(forced(t, side, price, abs(x) / price))
        for gauge in gauges.values():
            feed(gauge, look, *events)
            assert finite(gauge.read(t))
        told.add(outputs(gauges["quadrants"], t)["value"])
        counted += 1

    assert counted > 5_000
    assert told >= {None, -2.0, -1.0, 0.0, 1.0, 2.0}
    # The growth of a day is that of the series itself.
    grown = outputs(gauges["change"], last)["change_24h"]
    then = max(t for t in amounts if t <= last - 24 * HOUR)
    end = max(amounts)
    assert grown == near(amounts[end] / amounts[then] - 1, rel=1e-6)
    assert gauges["accounts"].window.ready


HOURS = {"hyperliquid": 1, "kraken": 1, "lighter": 1, "binance": 8, "bybit": 8, "okx": 8}


def test_the_skew_of_recorded_funding_is_that_of_the_table(recordings):
    """Settlements of venues with different intervals, compared hour by hour with numpy."""
    names = {venue: InstrumentId(f"{venue}:BTC/USDT:USDT") for venue in HOURS}
    terms = FakeTerms(
        [contract(name, funding_interval_ns=HOURS[v] * HOUR) for v, name in names.items()]
    )
    watch = FundingSkew(names["binance"], tuple(names.values()), age_s_max=9 * 3_600.0, wake=1.0)
    gauge = watch.gauge(terms)
    table = []
    for row in rows_of(recordings / "perps-7venues-2025-2026" / "funding_rates.csv.gz"):
        if row["coin"] == "BTC" and row["venue"] in names:
            t = int(datetime.fromisoformat(row["timestamp"]).timestamp() * 1_000) * 1_000_000
            table.append((t, row["venue"], row["funding_rate"]))
    table.sort()
    last, checked = {}, 0
    for k, (t, venue, rate) in enumerate(table):
        feed(
            gauge,
            funding(t, rate, t, settled=True, interval=HOURS[venue] * HOUR, name=names[venue]),
        )
        last[venue] = (t, float(rate) / HOURS[venue])
        if k % 500 or k < 100:
            continue
        fresh = {v: r for v, (at, r) in last.items() if t - at <= 9 * HOUR}
        if len(fresh) < 3 or "binance" not in fresh:
            continue
        rates = np.array(list(fresh.values()))
        median = float(np.median(rates))
        sigma = max(1.4826 * float(np.median(np.abs(rates - median))), 1e-6)

        said = outputs(gauge, t)

        assert said["value"] == near((fresh["binance"] - median) * 8_760, abs=1e-9)
        assert said["z"] == near((fresh["binance"] - median) / sigma, rel=1e-9, abs=1e-9)
        assert said["spread"] == near(float(np.ptp(rates)) * 8_760, abs=1e-9)
        checked += 1
    assert checked > 20


def test_minutes_are_whole(recordings):
    """The clock that was assumed for the series: quarter hours of UTC."""
    times = [t for t, _ in positioning(recordings, 200)]

    assert all(t % (15 * MINUTE) == 0 for t in times)
    assert math.isclose(times[0] / SECOND, 1_767_571_200)
