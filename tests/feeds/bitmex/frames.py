"""BitMEX's messages for tests, in the layout it sends."""

from decimal import Decimal

from bot.feeds.bitmex.decoder import BitmexDecoder
from bot.model.instrument import Instrument, Kind, PriceGrid
from tests.feeds.tape import Tape

INVERSE = Instrument(
    id="bitmex:BTC/USD:BTC",
    kind=Kind.PERPETUAL,
    base="BTC",
    quote="USD",
    settle="BTC",
    grid=PriceGrid(Decimal("0.5")),
    lot=Decimal(100),
    inverse=True,
)
TIME = "2025-11-24T15:59:59.990Z"
TIME_NS = 1_763_999_999_990_000_000


def tape(instrument=INVERSE):
    return Tape(BitmexDecoder, instrument)


def act(table, action, *rows, symbol="XBTUSD", **more):
    return {
        "table": table,
        "action": action,
        "data": [{"symbol": symbol, **r} for r in rows],
        **more,
    }


def level(number, side="Buy", size=None, price=None, **more):
    told = {"id": number, "side": side, "size": size, "price": price, **more}
    return {name: value for name, value in told.items() if value is not None}


def start():
    return act(
        "orderBookL2",
        "partial",
        level(3, "Sell", 500, 90000.5),
        level(2, "Buy", 1000, 90000),
        level(1, "Buy", 200, 89999.5),
        filter={"symbol": "XBTUSD"},
    )


def trade(number="a", **more):
    told = {"timestamp": TIME, "side": "Sell", "size": 300, "price": 90000, "trdMatchID": number}
    return act("trade", "insert", {**told, **more})
