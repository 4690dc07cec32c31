"""The evening of 2024-08-08, traded: real books in, orders, fills, funding and money out."""

import os
import subprocess
import sys
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.modes import replay, setup
from bot.recording.reader import Recording
from tests.recordings import runs, tapes
from tests.recordings.configs import config
from tests.recordings.heads import Nudged

PARTS = ("price", "basis", "slippage", "funding", "fees")


def test_no_book_is_crossed_and_no_sequence_has_a_gap_in_2024(imported: Path) -> None:
    result = runs.whole(imported)

    assert result.counts.messages == 332_142
    assert result.crossed_books == 0
    assert result.sequence_gaps == 0


def test_no_book_is_crossed_and_no_sequence_has_a_gap_in_2023(imported: Path) -> None:
    recording = Recording.open(imported / "2023")
    strategies = {"hedge": runs.HEDGE}
    made = setup.of(config(strategies, ["binanceusdm"]), recording.instruments.values(), "t1")

    result = replay.run(made, recording.sources())

    assert result.counts.messages == 13_384
    assert result.crossed_books == 0
    assert result.sequence_gaps == 0


def test_all_three_strategies_trade(imported: Path) -> None:
    result = runs.whole(imported)

    traded = Counter(trade.strategy for trade in result.trades)
    assert set(traded) == {"hedge", "taker", "arbitrage"}
    assert all(count >= 10 for count in traded.values()), traded
    assert result.counts.orders >= 100
    assert result.counts.partial_fills >= 20
    assert result.baskets_closed >= 10
    assert result.baskets_unwound >= 3


def test_orders_are_filled_as_makers_and_as_takers(imported: Path) -> None:
    result = runs.whole(imported)

    makers = Counter(trade.maker for trade in result.trades)

    assert makers[True] >= 20
    assert makers[False] >= 20


def test_the_parts_sum_exactly_to_the_change_of_equity(imported: Path) -> None:
    result = runs.whole(imported)

    total = sum((result.attribution[part] for part in PARTS), Decimal(0))

    assert result.equity_change is not None
    assert total == result.equity_change
    assert result.attribution["fees"] < 0


def test_fees_are_the_rates_times_what_changed_hands(imported: Path) -> None:
    result = runs.whole(imported)
    taker = {tapes.BTC_SPOT: Decimal("0.001"), tapes.ETH_SPOT: Decimal("0.001")}

    expected = sum(
        abs(one.quantity)
        * one.price
        * (Decimal("0.0002") if one.maker else taker.get(one.instrument, Decimal("0.0005")))
        for one in result.trades
    )

    assert sum(one.fee for one in result.trades) == expected
    assert -result.attribution["fees"] == expected


def test_no_rate_of_a_settlement_to_come_is_known(imported: Path) -> None:
    result = runs.whole(imported)

    # Midnight passes in the last second: nothing on the tape says what it settled at.
    assert result.counts.funding_payments == 0
    assert result.attribution["funding"] == 0


@pytest.mark.parametrize("rows", [None, 4096, 64])
def test_the_outcome_does_not_depend_on_how_the_tape_is_cut(
    imported: Path, evening: Recording, rows: int | None
) -> None:
    again = runs.run(evening, rows=rows)

    assert again.outcome_hash == runs.whole(imported).outcome_hash


def test_the_order_of_the_arguments_does_not_matter(imported: Path, evening: Recording) -> None:
    again = runs.run(evening, backwards=True)

    assert again.outcome_hash == runs.whole(imported).outcome_hash


def test_the_first_rows_in_blocks_of_one_and_seven_give_the_same_outcome(
    evening: Recording,
) -> None:
    whole = runs.run(evening, head=30_000)

    cut = [runs.run(evening, head=30_000, rows=rows) for rows in (1, 7)]

    assert whole.counts.orders >= 10
    assert {one.outcome_hash for one in cut} == {whole.outcome_hash}


def test_file_names_do_not_matter(imported: Path, tmp_path: Path) -> None:
    for path in (imported / "2023").iterdir():
        (tmp_path / f"{len(path.name)}-{path.name}").symlink_to(path)
    named = [Recording.open(imported / "2023"), Recording.open(tmp_path)]
    hashes = set()

    for recording in named:
        strategies = {"hedge": runs.HEDGE}
        made = setup.of(config(strategies, ["binanceusdm"]), recording.instruments.values(), "t1")
        hashes.add(replay.run(made, recording.sources()).outcome_hash)

    assert len(hashes) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"taker_fee": "0.000501"},
        {"out_ms": 16},
        {"hedge": {"inventory": 1.001}},
        {"taker": {"hold_s": 2.1}},
        {"arbitrage": {"exit_bps": -31.3}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_one_changed_term_changes_the_outcome(
    imported: Path, evening: Recording, change: dict[str, Any]
) -> None:
    other = runs.run(evening, **change)

    assert other.outcome_hash != runs.whole(imported).outcome_hash


def test_one_lot_more_in_one_level_changes_the_outcome(imported: Path, evening: Recording) -> None:
    sources = [
        Nudged(source) if source.name == tapes.ETH else source for source in evening.sources()
    ]

    other = replay.run(runs.evening_setup(evening), sources)

    assert other.outcome_hash != runs.whole(imported).outcome_hash


_WITHOUT_COMPILER = """
import sys
from pathlib import Path
from bot.recording.reader import Recording
from tests.recordings import runs
folder = Path(sys.argv[1])
settled = folder / "settled"
evening = Recording.open([folder / "2024", settled / "BTC", settled / "ETH"])
result = runs.run(evening, head=5_000, arbitrage={"enter_bps": -60.0, "exit_bps": -61.0})
print(result.outcome_hash, result.counts.orders)
"""


def test_the_outcome_is_the_same_without_the_compiler(imported: Path) -> None:
    def run(**environment: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", _WITHOUT_COMPILER, str(imported)],
            capture_output=True,
            text=True,
            env={**os.environ, **environment},
            cwd=Path(__file__).parents[2],
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    compiled = run()

    assert int(compiled.split()[1]) >= 3
    assert run(NUMBA_DISABLE_JIT="1") == compiled
