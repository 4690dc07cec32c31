"""Five years of hourly quotes with the funding that was really settled."""

import csv
import gzip
from bisect import bisect_right
from datetime import UTC, datetime
from decimal import Decimal
from itertools import accumulate
from pathlib import Path

import pytest

from bot.modes import replay, setup
from bot.modes.replay import Result
from tests.recordings import tapes
from tests.recordings.configs import config

SINCE_NS = int(datetime(2020, 1, 1, tzinfo=UTC).timestamp()) * 10**9
UNTIL_NS = int(datetime(2025, 1, 1, tzinfo=UTC).timestamp()) * 10**9
ARBITRAGE = {
    "use": "funding_arbitrage",
    "spot": tapes.BTC_SPOT,
    "perp": tapes.BTC,
    "size": 1.0,
    "max_unhedged": 1.0,
    "hold_hours": 168.0,
    "enter_bps": 0.0,
    "exit_bps": -1.0,
}


@pytest.fixture(scope="module")
def result(recordings: Path, tmp_path_factory: pytest.TempPathFactory) -> Result:
    """Funding arbitrage at base-tier taker fees, 0.1 % on spot and 0.05 % on the perpetual."""
    out = tmp_path_factory.mktemp("history")
    history = tapes.import_history(recordings, out, SINCE_NS, UNTIL_NS)
    made = config({"arbitrage": ARBITRAGE}, ["binance", "binanceusdm"])
    return replay.run(setup.of(made, history.instruments.values(), "t1"), history.sources())


def read(recordings: Path, name: str, column: str) -> dict[int, Decimal]:
    """A column of a csv file of the perpetual by its time in ns."""
    path = recordings / "binance-history-1h" / "perp" / f"BTC_USDT_USDT-{name}.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    times = [datetime.fromisoformat(row["date"]).replace(tzinfo=UTC) for row in rows]
    stamps = [int(time.timestamp()) * 10**9 for time in times]
    return {ns: Decimal(row[column]) for ns, row in zip(stamps, rows, strict=True)}


def position_before(result: Result, ns: int) -> Decimal:
    """Coins of the perpetual that our fills add up to, strictly before a time."""
    fills = [trade for trade in result.trades if trade.instrument == tapes.BTC]
    sums = list(accumulate((trade.quantity for trade in fills), initial=Decimal(0)))
    return sums[bisect_right([trade.ts for trade in fills], ns - 1)]


def test_funding_is_position_times_mark_times_rate_at_every_settlement(
    result: Result, recordings: Path
) -> None:
    rates = read(recordings, "funding_rate", "funding_rate")
    marks = read(recordings, "1h-mark", "open")

    expected = {
        ns: -position * marks[ns] * rate
        for ns, rate in rates.items()
        if SINCE_NS <= ns < UNTIL_NS and (position := position_before(result, ns))
    }

    booked = {paid.settles_ns: paid.amount for paid in result.funding}
    assert len(expected) >= 500
    assert booked == expected
    assert result.attribution["funding"] == sum(expected.values())
    assert result.unfunded == []


def test_it_stays_out_while_funding_pays_one_basis_point_in_eight_hours(
    result: Result, recordings: Path
) -> None:
    rates = read(recordings, "funding_rate", "funding_rate")
    times = sorted(rates)
    at_floor = [ns for ns in times if SINCE_NS <= ns < UNTIL_NS and rates[ns] == Decimal("0.0001")]

    entries = [
        trade for trade in result.trades if trade.instrument == tapes.BTC and trade.quantity < 0
    ]

    in_force = [rates[times[bisect_right(times, trade.ts) - 1]] for trade in entries]
    assert len(at_floor) >= 1_000
    assert len(entries) >= 10
    # 30 bps of fees and 2 of spread over 21 settlements: 1.5 bps each before anything is left.
    assert min(in_force) > Decimal("0.00015")


def test_both_legs_are_always_held_together(result: Result) -> None:
    ends = result.samples[-1].positions

    assert result.baskets_closed >= 20
    assert result.baskets_unwound == 0
    assert ends.get(f"arbitrage {tapes.BTC}", 0) * Decimal("0.001") == -ends.get(
        f"arbitrage {tapes.BTC_SPOT}", 0
    ) * Decimal("0.00001")


def test_the_parts_sum_exactly_over_five_years(result: Result) -> None:
    parts = ("price", "basis", "slippage", "funding", "fees")

    assert sum(result.attribution[part] for part in parts) == result.equity_change
