"""Single frames of the fixtures: each is taken by its venue's decoder, whatever its numbers."""

import json
from decimal import Decimal

import pytest
from msgspec.structs import replace

from bot.feeds.venues import VENUES
from bot.model.event import FundingRate, OpenInterest
from bot.model.instrument import Kind, PriceGrid
from bot.tape.builder import BlockBuilder
from tests.feeds.bybit.test_decoder import PERPETUAL as BYBIT
from tests.feeds.deribit.frames import PERPETUAL as DERIBIT
from tests.feeds.hyperliquid.test_decoder import BTC as HYPERLIQUID
from tests.feeds.okx.frames import SWAP as OKX
from tests.feeds.tape import NOW

FINE = {"grid": PriceGrid(Decimal("0.01")), "lot": Decimal("0.00000001")}
OKX_SPOT = replace(OKX, id="okx:BTC/USDT", kind=Kind.SPOT, contract_size=Decimal(1), **FINE)
OKX_USD = replace(OKX_SPOT, id="okx:BTC/USD", quote="USD")
BYBIT_FINE = replace(BYBIT, **FINE)
BYBIT_OPTION = replace(
    BYBIT,
    id="bybit:BTC/USDC:USDC-230106-17500-C",
    kind=Kind.OPTION,
    quote="USDC",
    settle="USDC",
    expiry_ns=1_672_992_000_000_000_000,
    strike=Decimal(17500),
    call=True,
    **FINE,
)


def decoded(recordings, path, instrument, start_ns=0):
    builder, events = BlockBuilder((instrument.id,)), []
    decoder = VENUES[instrument.venue].decoder(instrument, builder, events)
    if start_ns:
        decoder.decode(start_ns, b'{"event":"subscribe","op":"subscribe"}')
    decoder.decode(NOW, (recordings / "api-fixtures" / path).read_bytes())
    return decoder.counters, events, builder.take()


@pytest.mark.parametrize(
    ("path", "instrument", "counted"),
    [
        ("okx/ws_tickers.json", OKX_SPOT, "touches"),
        ("bybit/ws_orderbook_snapshot.json", BYBIT_FINE, "snapshots"),
        ("bybit/ws_ticker_linear.json", BYBIT_FINE, "marks"),
        ("bybit/ws_ticker_option.json", BYBIT_OPTION, "marks"),
        ("bybit/ws_subscription_failure.json", BYBIT_FINE, "control"),
        ("deribit/ws_book_snapshot.json", DERIBIT, "snapshots"),
        ("deribit/ws_ticker.json", DERIBIT, "marks"),
        ("deribit/ws_quote.json", DERIBIT, "touches"),
        ("deribit/ws_error.json", DERIBIT, "control"),
    ],
)
def test_a_fixture_is_taken(recordings, path, instrument, counted):
    counters, _, _ = decoded(recordings, path, instrument)

    assert getattr(counters, counted) == 1
    assert not counters.unknown


@pytest.mark.parametrize(
    ("path", "instrument", "start_ns", "trades", "off_book"),
    [
        (
            "okx/ws_trades.json",
            replace(OKX_SPOT, id="okx:BTC/USD", quote="USD"),
            1630048897_000000000,
            1,
            0,
        ),
        ("bybit/ws_public_trade.json", BYBIT_FINE, 1709891679_000000000, 1, 0),
        ("deribit/ws_trades.json", DERIBIT, 1765531356_000000000, 1, 1),
    ],
)
def test_a_fixture_of_trades_is_taken(recordings, path, instrument, start_ns, trades, off_book):
    counters, _, block = decoded(recordings, path, instrument, start_ns)

    assert (counters.trades, counters.off_book_trades) == (trades, off_book)
    assert block.rows == trades


def test_the_checksum_of_the_documented_book_is_an_illustration(recordings):
    """It does not come out of the levels beside it, and so they are no book."""
    counters, _, _ = decoded(recordings, "okx/ws_books_snapshot.json", OKX_SPOT)

    assert (counters.checksums_failed, counters.gaps, counters.snapshots) == (1, 1, 0)


def test_okx_funding_without_bounds_tells_the_next_payment(recordings):
    _, events, _ = decoded(recordings, "okx/ws_funding_rate.json", OKX)

    assert [type(event) for event in events] == [FundingRate]
    assert events[0].interval_ns == 8 * 3600 * 10**9


def test_a_bybit_ticker_tells_interest_and_funding(recordings):
    _, events, _ = decoded(recordings, "bybit/ws_ticker_linear.json", BYBIT_FINE)

    assert [type(event) for event in events] == [OpenInterest, FundingRate]
    assert events[1].rate == Decimal("-0.000212")


def test_newer_fields_are_ignored(recordings):
    """Frames of 2026 of Hyperliquid: what it added since is no reason to fail."""
    lines = (recordings / "api-fixtures/wire-samples-2026.jsonl").read_text().splitlines()
    sent = [json.loads(line) for line in lines]
    frames = [one["message"] for one in sent if one["venue"] == "hyperliquid"]
    builder, events = BlockBuilder((HYPERLIQUID.id,)), []
    decoder = VENUES["hyperliquid"].decoder(HYPERLIQUID, builder, events)
    decoder.decode(1_786_539_552_000_000_000, b'{"channel":"pong"}')

    for frame in frames:
        decoder.decode(1_786_539_554_000_000_000, json.dumps(frame).encode())

    assert (decoder.counters.trades, decoder.counters.marks) == (3, 1)
    assert decoder.counters.unknown == {"candle": 1}
    assert [type(event) for event in events] == [OpenInterest, FundingRate]
