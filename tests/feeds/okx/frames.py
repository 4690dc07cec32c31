"""OKX's messages for tests, in the layout it sends."""

import zlib
from decimal import Decimal

from bot.feeds.okx.decoder import OkxDecoder
from bot.model.instrument import Instrument, Kind, PriceGrid
from bot.model.units import NS_PER_HOUR
from tests.feeds.tape import NOW_MS, Tape

SWAP = Instrument(
    id="okx:BTC/USDT:USDT",
    kind=Kind.PERPETUAL,
    base="BTC",
    quote="USDT",
    settle="USDT",
    grid=PriceGrid(Decimal("0.1")),
    lot=Decimal("0.01"),
    contract_size=Decimal("0.01"),
)
HOUR_MS = NS_PER_HOUR // 1_000_000


def tape(instrument=SWAP):
    return Tape(OkxDecoder, instrument)


def frame(channel, *data, inst="BTC-USDT-SWAP", **more):
    return {"arg": {"channel": channel, "instId": inst}, **more, "data": list(data)}


def book(bids=(), asks=(), action="update", channel="books", **more):
    data = {
        "bids": [[price, size, "0", "1"] for price, size in bids],
        "asks": [[price, size, "0", "1"] for price, size in asks],
        "ts": str(NOW_MS - 3),
        **more,
    }
    return frame(channel, data, action=action)


def start(**more):
    return book([("100.1", "5"), ("100", "7")], [("100.2", "6")], action="snapshot", **more)


def signed_crc(text):
    unsigned = zlib.crc32(text.encode())
    return unsigned - 2**32 if unsigned >= 2**31 else unsigned


def trade(number=1, **more):
    told = {"instId": "BTC-USDT-SWAP", "tradeId": str(number), "px": "100.1", "sz": "2"}
    return frame("trades", {**told, "side": "buy", "ts": str(NOW_MS - 5), **more})


def funding(**more):
    told = {
        "instId": "BTC-USDT-SWAP",
        "fundingRate": "0.000125",
        "fundingTime": str(NOW_MS + HOUR_MS),
        "nextFundingTime": str(NOW_MS + 5 * HOUR_MS),
        "minFundingRate": "-0.015",
        "maxFundingRate": "0.015",
        "settFundingRate": "-0.0001",
        "settState": "settled",
        "prevFundingTime": str(NOW_MS - 3 * HOUR_MS),
        "ts": str(NOW_MS - 1),
    }
    return frame("funding-rate", {**told, **more})
