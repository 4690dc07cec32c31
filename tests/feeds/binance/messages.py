"""Binance's messages for tests, in the layout it sends, and a decoder with what it wrote."""

import json

from bot.feeds.binance.decoder import BinanceDecoder
from bot.tape.builder import BlockBuilder
from bot.tape.rows import ASK, BID, LEVEL
from tests.feeds.binance.captures import stated

MS = 1_000_000
NOW_MS = 1_723_161_256_000
NOW = NOW_MS * MS
PERPETUAL = stated("binanceusdm", "BTC/USDT:USDT", "0.1", "0.001")
SPOT = stated("binance", "BTC/USDT", "0.01", "0.00001")
INVERSE = stated("binancecoinm", "BTC/USD:BTC", "0.1", "1")


class Tape:
    """A decoder with what it wrote."""

    def __init__(self, instrument=PERPETUAL, **options):
        self.events = []
        self.builder = BlockBuilder((instrument.id,))
        self.decoder = BinanceDecoder(instrument, self.builder, self.events, **options)
        self.counters = self.decoder.counters

    def take(self, message, stream=None, ts_recv=NOW):
        frame = {"stream": stream, "data": message} if stream else message
        self.decoder.decode(ts_recv, json.dumps(frame, separators=(",", ":")).encode())
        return self

    def messages(self):
        """(ts_venue, flags, rows) of every message since the last call."""
        block = self.builder.take()
        columns = zip(block.kind, block.side, block.price, block.size, strict=True)
        rows = [tuple(int(value) for value in row) for row in columns]
        return [
            (int(block.ts_venue[i]), int(block.flags[i]), rows[block.first[i] : block.first[i + 1]])
            for i in range(block.messages)
        ]


def depth(first=11, last=20, previous=10, bids=(), asks=(), **more):
    return {
        "e": "depthUpdate",
        "E": NOW_MS - 2,
        "T": NOW_MS - 3,
        "s": "BTCUSDT",
        "U": first,
        "u": last,
        "pu": previous,
        "b": list(bids),
        "a": list(asks),
        **more,
    }


def snapshot(last=15, **more):
    return {
        "lastUpdateId": last,
        "E": NOW_MS - 2,
        "T": NOW_MS - 4,
        "bids": [["61800.10", "1.000"]],
        "asks": [["61800.20", "2.000"]],
        **more,
    }


def trade(number=1, **more):
    message = {"e": "trade", "E": NOW_MS - 1, "T": NOW_MS - 2, "s": "BTCUSDT", "t": number}
    return {**message, "p": "61800.30", "q": "0.006", "X": "MARKET", "m": False, **more}


def mark(**more):
    return {
        "e": "markPriceUpdate",
        "E": NOW_MS - 5,
        "s": "BTCUSDT",
        "p": "28147.27373413",
        "P": "28142.15563565",
        "i": "28159.75642857",
        "r": "0.00002754",
        "T": 1_680_652_800_000,
        **more,
    }


def touch(update_id=1, **more):
    return {
        "u": update_id,
        "s": "BTCUSDT",
        "b": "61800.10",
        "B": "1.500",
        "a": "61800.20",
        "A": "0.000",
        **more,
    }


def forced(**more):
    order = {
        "s": "BTCUSDT",
        "S": "SELL",
        "o": "LIMIT",
        "f": "IOC",
        "q": "0.014",
        "p": "9910",
        "ap": "9910.12345678",
        "X": "FILLED",
        "l": "0.002",
        "z": "0.010",
        "T": NOW_MS - 4,
        **more,
    }
    return {"e": "forceOrder", "E": NOW_MS - 1, "o": order}


BOOK_ROWS = [(LEVEL, BID, 618001, 1000), (LEVEL, ASK, 618002, 2000)]
CHANGED = {"bids": [["61800.10", "3.000"]], "asks": [["61800.20", "0.000"]]}
CHANGED_ROWS = [(LEVEL, BID, 618001, 3000), (LEVEL, ASK, 618002, 0)]
