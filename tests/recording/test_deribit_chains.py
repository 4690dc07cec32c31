"""Deribit's recorded chains as tickers: the traps of the files, and the venue's own deltas."""

import ast
import csv
import gzip
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from bot.errors import DataError, NotFoundError, UsageError
from bot.model.instrument import Instrument, Kind
from bot.recording.importers.deribit_chains import FEED_LATENCY_NS, Chains, read_chains
from bot.signals.options.black76 import NS_A_YEAR, greeks
from bot.signals.options.chain import Chain
from bot.signals.options.chain_book import ChainBook
from bot.signals.options.gamma import GammaExposureAbsolute, GammaExposureNaive
from bot.signals.options.implied import implied_volatility
from bot.signals.options.positioning import OptionInterestSkew
from bot.signals.options.volatility import AtForwardVolatility, Butterfly, RiskReversal
from bot.tape.tickers import ESTIMATED, chain_of, fault
from tests.signals.harness import FakeTerms

SNAPSHOTS = 73
NO_TERMS = FakeTerms([])
SUMMARY = (
    "timestamp,instrument_name,underlying,option_type,strike,expiry_datetime,bid_price,ask_price,"
    "mark_price,futures_price,implied_volatility,delta,open_interest"
)
ROW = {
    "timestamp": "2026-01-01T09:18:35.173006+00:00",
    "instrument_name": "BTC-3JAN26-88000-C",
    "underlying": "87834.3",
    "option_type": "call",
    "strike": "88000.0",
    "expiry_datetime": "2026-01-03T08:00:00+00:00",
    "bid_price": "0.0085",
    "ask_price": "0.009",
    "mark_price": "0.00882175",
    "futures_price": "87834.3",
    "implied_volatility": "0.3337",
    "delta": "0.47434",
    "open_interest": "255.3",
}
BOOKED = {
    "timestamp": "1590103193775",
    "instrument_name": "BTC-22MAY20-9250-P",
    "strike": "9250.0",
    "expiration_timestamp": "1590134400000",
    "best_bid_price": "0.02",
    "best_bid_amount": "9.0",
    "best_ask_price": "0.0",
    "best_ask_amount": "0.0",
    "mark_price": "0.02124908",
    "mark_iv": "85.05",
    "underlying_price": "9096.11",
    "open_interest": "418.9",
    "state": "open",
}


def written(folder: Path, *rows: dict[str, str], name: str = "chain.csv") -> Path:
    path = folder / name
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_a_line_of_a_summary(tmp_path):
    found = read_chains([written(tmp_path, ROW)])

    (option,), tickers = found.instruments, found.tickers
    assert option == Instrument(
        id=option.id,
        kind=Kind.OPTION,
        base=option.base,
        quote=option.quote,
        settle=option.settle,
        grid=option.grid,
        lot=Decimal("0.1"),
        expiry_ns=int(datetime(2026, 1, 3, 8, tzinfo=UTC).timestamp()) * 10**9,
        strike=Decimal(88_000),
        call=True,
    )
    assert option.id == "deribit:BTC/USD:BTC-260103-88000-C"
    assert (option.quote, option.settle) == ("BTC", "BTC")
    assert option.grid.step_at(50) == 5 * option.grid.step_at(49)
    assert tickers.instruments == (option.id,)
    assert tickers.first_ns == int(tickers.ts_venue[0]) == 1_767_259_115_173_006_000
    assert tickers.flags[0] == ESTIMATED
    assert [option.price(int(t)) for t in (tickers.bid[0], tickers.ask[0])] == [
        Decimal("0.0085"),
        Decimal("0.009"),
    ]
    assert (tickers.bid_size[0], tickers.ask_size[0]) == (0, 0)  # not said
    assert (tickers.mark[0], tickers.mark_iv[0]) == (0.00882175, 0.3337)
    assert (tickers.underlying[0], tickers.open_interest[0]) == (87_834.3, 255.3)


def test_a_line_of_an_order_book(tmp_path):
    """Percent, ms, and a price of 0 for an empty side."""
    found = read_chains([written(tmp_path, BOOKED)])

    tickers = found.tickers
    assert found.instruments[0].id == "deribit:BTC/USD:BTC-200522-9250-P"
    assert tickers.ts_venue[0] == 1_590_103_193_775_000_000
    assert tickers.ts_recv[0] == tickers.ts_venue[0] + FEED_LATENCY_NS
    assert tickers.mark_iv[0] == pytest.approx(0.8505)
    assert (tickers.bid[0], tickers.bid_size[0]) == (40, 90)
    assert (tickers.ask[0], tickers.ask_size[0]) == (0, 0)
    assert found.one_sided == 1


def test_empty_entries_are_empty_sides_and_unknown_figures(tmp_path):
    row = ROW | dict.fromkeys(
        ("bid_price", "ask_price", "mark_price", "implied_volatility", "open_interest"), ""
    )

    tickers = read_chains([written(tmp_path, row | {"futures_price": "0"})]).tickers

    assert (tickers.bid[0], tickers.ask[0]) == (0, 0)
    figures = (tickers.mark, tickers.mark_iv, tickers.open_interest, tickers.underlying)
    assert np.isnan(figures).all()


def test_a_worthless_mark_and_nobodys_interest_are_zero(tmp_path):
    tickers = read_chains(
        [written(tmp_path, ROW | {"mark_price": "0.0", "open_interest": "0.0"})]
    ).tickers

    assert (tickers.mark[0], tickers.open_interest[0]) == (0.0, 0.0)


def test_rows_are_put_in_order_of_time_over_all_files(tmp_path):
    later = BOOKED | {"timestamp": "1590103193999", "instrument_name": "BTC-22MAY20-9000-C"}
    later["strike"] = "9000.0"
    files = [
        written(tmp_path, later, BOOKED, name="b.csv"),
        written(tmp_path, BOOKED | {"timestamp": "1590103193000"}, name="a.csv"),
    ]

    found = read_chains(files)

    assert np.diff(found.tickers.ts_recv).tolist() == [775_000_000, 224_000_000]
    assert found.files == {"b.csv": 2, "a.csv": 1}
    assert [one.strike for one in found.instruments] == [9_000, 9_250]


def test_options_that_do_not_trade_are_left_out_and_counted(tmp_path):
    found = read_chains([written(tmp_path, BOOKED, BOOKED | {"state": "closed"})])

    assert (found.tickers.rows, found.closed) == (1, 1)


def test_a_price_that_no_order_could_carry_is_counted(tmp_path):
    found = read_chains([written(tmp_path, ROW | {"bid_price": "0.0086"})])

    assert (found.tickers.bid[0], found.off_grid) == (86, 1)


@pytest.mark.parametrize(
    ("row", "column", "value", "said"),
    [
        (ROW, "timestamp", "2026-01-01T09:18:35", "a time with its zone"),
        (ROW, "timestamp", "yesterday", "a time with its zone"),
        (ROW, "bid_price", "-0.1", 'bid_price: got "-0.1", expected a number >= 0'),
        (ROW, "bid_price", "nan", "expected a number >= 0"),
        (ROW, "bid_price", "inf", "expected a number >= 0"),
        (ROW, "bid_price", "0.00855", "a multiple of 0.0001"),
        (ROW, "mark_price", "cheap", "expected a number >= 0"),
        (ROW, "futures_price", "-1", "expected a number >= 0"),
        (ROW, "strike", "89000", "the strike that its own columns say"),
        (ROW, "expiry_datetime", "2026-01-04T08:00:00+00:00", "the expiry and"),
        (ROW, "instrument_name", "BTC_USDC-3JAN26-88000-C", "settled in coin"),
        (ROW, "instrument_name", "DOGE-3JAN26-88000-C", "an option of BTC or ETH"),
        (ROW, "instrument_name", "BTC-33JAN26-88000-C", "a day like 3JAN26"),
        (ROW, "instrument_name", "BTC-PERPETUAL", "an option of BTC or ETH"),
        (BOOKED, "timestamp", "1590103193.7", "a time in ms"),
        (BOOKED, "best_bid_amount", "9.05", "a multiple of 0.1"),
    ],
)
def test_what_cannot_be_right_is_named_by_file_and_line(tmp_path, row, column, value, said):
    path = written(tmp_path, row, row | {column: value})

    with pytest.raises(DataError, match=re.escape(said)) as caught:
        read_chains([path])

    assert caught.value.where.startswith(f"{path} line 3")


def test_a_file_of_something_else_is_refused(tmp_path):
    with pytest.raises(DataError, match='line 1: got "a,b", expected columns'):
        read_chains([written(tmp_path, {"a": "1", "b": "2"})])
    with pytest.raises(UsageError, match="no file"):
        read_chains([])
    with pytest.raises(NotFoundError):
        read_chains([tmp_path / "absent.csv"])


def test_a_line_that_was_cut_and_a_file_that_was_cut_are_refused(tmp_path):
    short = written(tmp_path, ROW, name="short.csv")
    short.write_text(short.read_text() + "2026-01-01T09:18:35.173006+00:00,BTC-3\n")
    packed = tmp_path / "cut.csv.gz"
    packed.write_bytes(gzip.compress(written(tmp_path, *[ROW] * 50).read_bytes())[:-20])

    with pytest.raises(DataError, match="line 3: got a line of another length"):
        read_chains([short])
    with pytest.raises(DataError, match="a whole CSV file"):
        read_chains([packed])


# --- real chains ------------------------------------------------------------------------------


def chains_of(found: Chains) -> Iterator[Chain]:
    """The chain of each coin, as its book says it right after the snapshot."""
    coins: dict[str, list[Instrument]] = defaultdict(list)
    for one in found.instruments:
        coins[chain_of(one.id)].append(one)
    for options in coins.values():
        book = ChainBook(options)
        book.take(found.tickers)
        yield book.compute(found.tickers.last_ns)


def native(name: str) -> str:
    """`BTC-3JAN26-88000-C` of `deribit:BTC/USD:BTC-260103-88000-C`."""
    coin, day, strike, side = name.split(":")[-1].split("-")
    spelled = datetime.strptime(day, "%y%m%d")
    return f"{coin}-{spelled.day}{spelled:%b%y}-{strike}-{side}".upper()


def venues_own(path: Path) -> dict[str, dict[str, float]]:
    """The greeks that the venue published, by its name of the option."""
    with gzip.open(path, "rt") as stream:
        return {
            row["instrument_name"]: ast.literal_eval(row["greeks"])
            if "greeks" in row
            else {"delta": float(row["delta"]), "vega": float(row["vega"])}
            for row in csv.DictReader(stream)
        }


def snapshots(recordings: Path) -> list[Path]:
    found = sorted(
        (recordings / "deribit-options-chain-2026").glob("deribit_options_snapshot_*.csv.gz")
    )
    assert len(found) == SNAPSHOTS
    return found


def test_deltas_are_the_venues_own_in_every_snapshot(recordings):
    """The README of the data: a median error of 7e-5 to 3e-3 a file, by how fresh it is."""
    medians, options = [], 0
    for path in snapshots(recordings):
        wanted = venues_own(path)
        wrong, dear = [], []
        for chain in chains_of(read_chains([path])):
            for i, name in enumerate(chain.ids):
                wrong.append(abs(chain.delta[i] - wanted[native(name)]["delta"]))
                if wanted[native(name)]["vega"] > 1.0:
                    dear.append(chain.vega[i] / wanted[native(name)]["vega"] - 1)
        assert len(wrong) == len(wanted)
        assert not np.isnan(wrong).any()
        assert np.median(wrong) <= 3e-3, path.name
        assert abs(np.median(dear)) <= 5e-3, path.name
        medians.append(float(np.median(wrong)))
        options += len(wrong)

    assert options == 111_134
    assert np.median(medians) <= 5e-4


def test_every_snapshot_makes_chains_without_a_fault(recordings):
    """Smiles near the venue's own marks, nothing infinite, and unknown where nobody quotes."""
    one_sided = compared = 0
    for path in snapshots(recordings)[::6]:
        found = read_chains([path])
        assert fault(found.tickers) == ""
        one_sided += found.one_sided
        for chain in chains_of(found):
            for name in Chain.__struct_fields__:
                column = getattr(chain, name)
                if isinstance(column, np.ndarray):
                    assert not np.isinf(column).any()
            two_sided = (chain.bid > 0) & (chain.ask > 0)
            assert not np.isfinite(chain.iv[~two_sided]).any()
            assert (chain.bid[two_sided] < chain.ask[two_sided]).all()
            smiles = [series for series in chain.series if series.smile]
            assert len(smiles) >= 4
            near = chain.quality > 0.8
            if near.sum() < 50:
                continue  # on one morning hardly anybody quoted
            compared += 1
            assert np.nanmedian(np.abs(chain.iv - chain.mark_iv)[near]) < 0.01
            assert np.nanmedian(np.abs(chain.smile_iv - chain.iv)[near]) < 0.01
    assert one_sided > 500
    assert compared > 15


def test_greeks_of_2020_are_the_venues_own_to_their_last_digit(recordings):
    """Each row with its own time and forward. Theta settles what the venue means by it: of a day
    or what is left of it, and never more than the option is worth.
    """
    path = recordings / "deribit-options-chain-2020" / "options_data.csv.gz"
    wanted = venues_own(path)
    found = read_chains([path])
    rows, options = found.tickers, [found.instruments[i] for i in found.tickers.instrument]
    years = np.array([one.expiry_ns for one in options]) - rows.ts_venue
    strike = np.array([float(one.strike) for one in options])
    call = [one.call for one in options]

    ours = greeks(call, rows.underlying, strike, years / NS_A_YEAR, rows.mark_iv)

    assert rows.rows == len(wanted) == 326
    last_day = years < NS_A_YEAR // 365
    assert last_day.sum() == 58
    # Published with five digits after the point, and a volatility of four.
    spans = {"delta": 2e-4, "gamma": 1e-5, "vega": 3e-3, "theta": 0.1}
    for greek, near in spans.items():
        own = np.array([wanted[native(one.id)][greek] for one in options])
        said = ours.theta_left if greek == "theta" else getattr(ours, greek)
        assert np.abs(said - own).max() <= near, greek
    own = np.array([wanted[native(one.id)]["theta"] for one in options])
    assert np.abs(ours.theta - own).max() > 80
    assert np.abs(ours.theta - own)[~last_day].max() > 10


@pytest.mark.parametrize(("side", "known"), [("bid", 179), ("ask", 228)])
def test_volatilities_of_bid_and_ask_are_the_venues_own(recordings, side, known):
    """Published in percent with two digits, 0 where there is none, 500 where it is more."""
    path = recordings / "deribit-options-chain-2020" / "options_data.csv.gz"
    with gzip.open(path, "rt") as stream:
        own = {row["instrument_name"]: row[f"{side}_iv"] for row in csv.DictReader(stream)}
    found = read_chains([path])
    rows, options = found.tickers, [found.instruments[i] for i in found.tickers.instrument]
    published = np.array([float(own[native(one.id)]) for one in options])
    ticks = np.array([float(one.grid.tick) for one in options])

    ours = 100 * implied_volatility(
        [one.call for one in options],
        rows.underlying,
        [float(one.strike) for one in options],
        (np.array([one.expiry_ns for one in options]) - rows.ts_venue) / NS_A_YEAR,
        getattr(rows, side) * ticks * rows.underlying,
    )

    there = (published > 0) & (published < 500)
    assert there.sum() == known
    wrong = np.abs(ours - published)[there]
    assert np.median(wrong) < 0.005
    assert (wrong <= 0.01 + 5e-4 * published[there]).all()
    # Where the venue knows none we know none, or one above its cap.
    beyond = np.isfinite(ours) & ~there
    assert beyond.sum() == (0 if side == "bid" else 34)
    assert (published[beyond] == 500).all()
    assert (ours[beyond] > 499).all()


def test_the_chain_of_2020(recordings):
    found = read_chains([recordings / "deribit-options-chain-2020" / "options_data.csv.gz"])
    (chain,) = chains_of(found)

    assert len(chain.ids) == 326
    assert found.one_sided > 30
    assert len(chain.series) == 7
    # Collected over 161.5 s: what was heard early is stale by the end.
    assert found.tickers.last_ns - found.tickers.first_ns == 161_502_000_000
    assert (chain.age_ns > 60_000_000_000).sum() > 100
    assert not chain.quality[chain.age_ns > 60_000_000_000].any()


def test_scores_of_real_chains_say_why(recordings):
    """What each expiry adds sums to the score, and the scores are what a desk would believe."""
    read = 0
    for path in snapshots(recordings)[::6]:
        for chain in chains_of(read_chains([path])):
            name = chain_of(chain.ids[0])
            watches = {
                "reversal": RiskReversal(chain=name, wake=1.0),
                "butterfly": Butterfly(chain=name, wake=1.0),
                "level": AtForwardVolatility(chain=name, wake=1.0),
                "naive": GammaExposureNaive(chain=name, wake=1.0),
                "absolute": GammaExposureAbsolute(chain=name, wake=1.0),
                "skew": OptionInterestSkew(chain=name, weight="delta", wake=1.0),
            }
            said = {}
            for which, watch in watches.items():
                gauge = watch.gauge(NO_TERMS)
                gauge.take_chain(chain)
                found = gauge.read(chain.at_ns)
                value = found.outputs["value"]
                assert value is not None
                added = [i.contribution for i in found.inputs if i.contribution is not None]
                assert sum(added) == pytest.approx(value, rel=1e-9)
                assert not found.stale
                said[which] = value
                if which in ("naive", "absolute", "skew"):
                    assert found.quality > 0.99
            read += 1
            assert 20 < said["level"] < 150
            assert abs(said["reversal"]) < 25
            assert -1 < said["butterfly"] < 15
            assert abs(said["naive"]) < said["absolute"]
            assert 1e6 < said["absolute"] < 1e9  # USD a move of 1 %
            assert -1 < said["skew"] < 1
    assert read == 26
