"""Single frames and answers from the venue's documentation and from 2026: none is a surprise."""

import gzip
import json

import pytest

from bot.feeds.binance.decoder import BinanceDecoder
from bot.feeds.binance.instruments import funding_intervals, instruments
from bot.model.event import FundingRate, Liquidation
from bot.model.instrument import Kind
from bot.model.units import NS_PER_HOUR
from bot.tape.builder import BlockBuilder
from tests.feeds.binance.captures import stated

# What each documented frame is counted as; they use symbols and prices of their own.
DOCUMENTED = {
    "agg_trade_stream": ("BTC/USDT:USDT", "trades"),
    "book_ticker_stream": ("BNB/USDT:USDT", "touches"),
    "depth_update_stream": ("BTC/USDT:USDT", "depth_held"),
    "kline_stream_closed": ("BTC/USDT:USDT", "unknown"),
    "kline_stream_open": ("BTC/USDT:USDT", "unknown"),
    "liquidation_stream": ("BTC/USDT:USDT", "liquidations"),
    "mark_price_stream": ("BTC/USDT:USDT", "marks"),
    "ticker_stream": ("BTC/USDT:USDT", "unknown"),
    "trade_stream": ("BTC/USDT:USDT", "trades"),
}
NOW = 1_800_000_000_000_000_000


def decoder(venue, symbol):
    instrument = stated(venue, symbol, "0.0001", "0.00001")
    return BinanceDecoder(instrument, BlockBuilder((instrument.id,)), [])


@pytest.mark.parametrize(("name", "expected"), DOCUMENTED.items())
def test_a_documented_frame_decodes(recordings, name, expected):
    symbol, counter = expected
    folder = recordings / "api-fixtures/binance/futures/market_data_json"
    taker = decoder("binanceusdm", symbol)

    taker.decode(NOW, (folder / f"{name}.json").read_bytes())

    counted = getattr(taker.counters, counter)
    assert (sum(counted.values()) if counter == "unknown" else counted) == 1


def test_every_documented_market_frame_is_in_the_table(recordings):
    folder = recordings / "api-fixtures/binance/futures/market_data_json"

    assert {path.stem for path in folder.iterdir()} == DOCUMENTED.keys()


def test_frames_of_2026_decode_with_their_new_fields(recordings):
    lines = (recordings / "api-fixtures/wire-samples-2026.jsonl").read_text().splitlines()
    samples = [json.loads(line) for line in lines]
    takers = {
        "binance-usdm": decoder("binanceusdm", "BTC/USDT:USDT"),
        "binance-spot": decoder("binance", "BTC/USDT"),
        "binance-coinm": decoder("binancecoinm", "BTC/USD:BTC"),
    }

    for sample in samples:
        if sample["venue"] in takers:
            frame = json.dumps(sample["message"], separators=(",", ":")).encode()
            takers[sample["venue"]].decode(NOW, frame)

    usdm, spot, coinm = (taker.counters for taker in takers.values())
    assert (usdm.trades, usdm.foreign, usdm.unknown) == (1, 1, {"24hrMiniTicker": 2})
    assert (spot.touches, spot.unknown) == (1, {"24hrMiniTicker": 1})
    assert coinm.unknown == {"24hrMiniTicker": 1}


def test_a_documented_rate_and_a_documented_liquidation_become_events(recordings):
    folder = recordings / "api-fixtures/binance/futures/market_data_json"
    instrument = stated("binanceusdm", "BTC/USDT:USDT", "0.01", "0.001")
    events = []
    taker = BinanceDecoder(instrument, BlockBuilder((instrument.id,)), events)

    for name in ("mark_price_stream", "liquidation_stream"):
        taker.decode(NOW, (folder / f"{name}.json").read_bytes())

    assert [type(event) for event in events] == [FundingRate, Liquidation]


def test_the_documented_spot_depth_answer_is_a_snapshot(recordings):
    instrument = stated("binance", "LTC/BTC", "0.000001", "1")
    taker = BinanceDecoder(instrument, BlockBuilder((instrument.id,)), [])
    path = recordings / "api-fixtures/binance/spot/http_json/depth_response.json"

    taker.decode(NOW, path.read_bytes())

    assert taker.synced


@pytest.mark.parametrize(
    ("route", "venue", "count", "symbol", "facts"),
    [
        ("/api/v3/exchangeInfo", "binance", 25, "ETHBTC", (Kind.SPOT, "0.00001", "0.0001", 1)),
        (
            "/fapi/v1/exchangeInfo",
            "binanceusdm",
            25,
            "BTCUSDT",
            (Kind.PERPETUAL, "0.1", "0.001", 1),
        ),
        (
            "/dapi/v1/exchangeInfo",
            "binancecoinm",
            25,
            "BTCUSD_PERP",
            (Kind.PERPETUAL, "0.1", "1", 100),
        ),
    ],
)
def test_recorded_exchange_infos_list_instruments(recordings, route, venue, count, symbol, facts):
    listed = instruments(venue, recorded(recordings, route))

    kind, tick, lot, contract_size = facts
    one = listed[symbol]
    assert (one.kind, str(one.grid.tick), str(one.lot)) == (kind, tick, lot)
    assert one.contract_size == contract_size
    assert len(listed) == count


def test_recorded_funding_terms_are_hours(recordings):
    terms = funding_intervals(recorded(recordings, "/fapi/v1/fundingInfo"))

    assert set(terms.values()) <= {4 * NS_PER_HOUR, 8 * NS_PER_HOUR}
    assert funding_intervals(recorded(recordings, "/dapi/v1/fundingInfo")) == {}


@pytest.mark.parametrize(
    ("name", "venue", "count"),
    [("BINANCE", "binance", 1695), ("BINANCE_FUTURES", "binanceusdm", 121)],
)
def test_full_exchange_infos_list_every_symbol_that_has_a_contract_type(
    recordings, name, venue, count
):
    text = gzip.decompress((recordings / f"raw-captures-30s/{name}.0.gz").read_bytes())
    answer = text[text.index(b": {") + 2 :].splitlines()[0]

    listed = instruments(venue, answer)

    assert len(listed) == count  # one of 122 futures had no contract type yet


def recorded(recordings, route):
    with gzip.open(recordings / "rest-recordings/binance/http.json.gz") as file:
        answers = json.load(file)["routes"][route]["GET"]
    return json.dumps(answers[0]["data"]).encode()
