"""Deribit's messages for tests, in the layout it sends."""

from decimal import Decimal

import msgspec

from bot.feeds.deribit.decoder import DeribitDecoder
from bot.model.instrument import Instrument, Kind, PriceGrid
from tests.feeds.tape import NOW_MS, Tape

PERPETUAL = Instrument(
    id="deribit:BTC/USD:BTC",
    kind=Kind.PERPETUAL,
    base="BTC",
    quote="USD",
    settle="BTC",
    grid=PriceGrid(Decimal("0.5")),
    lot=Decimal(10),
    inverse=True,
)
OPTION = Instrument(
    id="deribit:BTC/USD:BTC-251226-90000-C",
    kind=Kind.OPTION,
    base="BTC",
    quote="BTC",
    settle="BTC",
    grid=PriceGrid(Decimal("0.0001"), ((50, 5),)),
    lot=Decimal("0.1"),
    expiry_ns=1_766_736_000_000_000_000,
    strike=Decimal(90000),
    call=True,
)


def tape(instrument=PERPETUAL):
    return Tape(DeribitDecoder, instrument)


def notice(channel, data):
    return {
        "jsonrpc": "2.0",
        "method": "subscription",
        "params": {"channel": channel, "data": data},
    }


def book(change_id, previous=None, bids=(), asks=(), kind="change", name="BTC-PERPETUAL"):
    told = {"type": kind, "timestamp": NOW_MS - 3, "instrument_name": name}
    told |= {"change_id": change_id, "bids": list(bids), "asks": list(asks)}
    if previous is not None:
        told["prev_change_id"] = previous
    return notice(f"book.{name}.100ms", told)


def start(change_id=10):
    bids = [["new", 90000.0, 1000.0], ["new", 89999.5, 20.0]]
    return book(change_id, None, bids, [["new", 90000.5, 500.0]], kind="snapshot")


def trade(number="1", **more):
    told = {"timestamp": NOW_MS - 5, "price": 90000.5, "amount": 250.0, "direction": "buy"}
    told |= {"instrument_name": "BTC-PERPETUAL", "trade_seq": 1, "trade_id": number, **more}
    return notice("trades.BTC-PERPETUAL.100ms", [told])


def ticker(name="BTC-PERPETUAL", **more):
    told = {"timestamp": NOW_MS - 2, "instrument_name": name, "state": "open", **more}
    return notice(f"ticker.{name}.100ms", told)


def raw(text):
    return msgspec.Raw(text.encode())
