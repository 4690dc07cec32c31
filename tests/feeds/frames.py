"""Frames of every venue for tests that hold for all of them: made up, and recorded."""

import gzip
import json
import zipfile
from dataclasses import dataclass, field

from bot.feeds.venues import VENUES
from bot.model.instrument import Instrument
from tests.feeds.bitmex import frames as bitmex
from tests.feeds.bybit import test_decoder as bybit
from tests.feeds.deribit import frames as deribit
from tests.feeds.hyperliquid import test_decoder as hyperliquid
from tests.feeds.okx import frames as okx
from tests.feeds.tape import NOW_MS
from tests.recording.runs import messages


@dataclass(frozen=True)
class Sample:
    """An instrument of a venue, some of its frames, and a snapshot that starts its book."""

    instrument: Instrument
    snapshot: dict
    made_up: list[dict] = field(repr=False)

    def __str__(self) -> str:
        return self.instrument.id

    def frames(self) -> list[bytes]:
        return [json.dumps(one).encode() for one in (self.snapshot, *self.made_up)]


_FORCED = {"T": NOW_MS, "s": "BTCUSDT", "S": "Buy", "v": "1", "p": "27450"}
_PRINT = {"T": NOW_MS, "s": "BTCUSDT", "S": "Buy", "v": "1", "p": "27450", "i": "x"}
_DETAIL = {"side": "sell", "bkPx": "99.5", "sz": "12", "ts": str(NOW_MS)}
_GREEKS = {"delta": 0.1, "gamma": 2e-5, "vega": 0.2, "theta": -1.6, "rho": 0.01}

SAMPLES = (
    Sample(
        okx.SWAP,
        okx.start(seqId=10, prevSeqId=-1),
        [
            okx.book([("100.1", "4")], [("100.3", "1")], seqId=11, prevSeqId=10),
            okx.trade(),
            okx.funding(),
            okx.frame(
                "liquidation-orders", {"instId": "BTC-USDT-SWAP", "details": [_DETAIL]}, inst=""
            ),
            okx.frame("open-interest", {"instId": "BTC-USDT-SWAP", "oi": "15", "ts": "1"}),
        ],
    ),
    Sample(
        deribit.PERPETUAL,
        deribit.start(),
        [
            deribit.book(11, 10, [["change", 90000.0, 30.0]]),
            deribit.trade(liquidation="MT"),
            deribit.ticker(mark_price=90000.1, open_interest=10.0, current_funding=1e-5),
        ],
    ),
    Sample(
        deribit.OPTION,
        deribit.book(1, None, kind="snapshot", name="BTC-26DEC25-90000-C"),
        [deribit.ticker("BTC-26DEC25-90000-C", mark_price=0.0019, mark_iv=120.7, greeks=_GREEKS)],
    ),
    Sample(
        bitmex.INVERSE,
        bitmex.start(),
        [
            bitmex.act("orderBookL2", "update", bitmex.level(2, "Buy", 1500)),
            bitmex.act("orderBookL2", "delete", bitmex.level(1, "Buy")),
            bitmex.trade(),
            bitmex.act("instrument", "update", {"timestamp": bitmex.TIME, "markPrice": 90000.5}),
            bitmex.act(
                "liquidation",
                "insert",
                {"orderID": "x", "side": "Sell", "price": 1.5, "leavesQty": 400},
            ),
        ],
    ),
    Sample(
        bybit.PERPETUAL,
        bybit.start(),
        [
            bybit.book(8, [["27450.00", "0"]]),
            {"topic": "publicTrade.BTCUSDT", "data": [_PRINT]},
            {"topic": "allLiquidation.BTCUSDT", "data": [_FORCED]},
            bybit.ticker(markPrice="1.5", fundingRate="0.1", nextFundingTime="1764000000000"),
        ],
    ),
    Sample(
        hyperliquid.BTC,
        hyperliquid.book([("90000.0", "1.5")], [("90001.0", "2")]),
        [hyperliquid.trade(1), hyperliquid.state()],
    ),
)


def recorded(recordings, venue):
    """Recorded frames of a venue, the longest left out so that mutations meet all of a frame."""
    if venue == "hyperliquid":
        path = recordings / "hyperliquid-l2-2025-01-26/btcusd_20250126.gz"
        frames = [
            line.partition(b" ")[2] for line in gzip.decompress(path.read_bytes()).splitlines()
        ]
    elif venue == "bybit":
        with zipfile.ZipFile(recordings / "bybit-l2-2024-12-01/xrpusdt-ob500.data.zip") as archive:
            frames = archive.read(archive.namelist()[0]).splitlines()
    else:
        frames = [frame for _, frame in messages(recordings, venue.upper())]
    return sorted(frames, key=len)[:-12][:: max(1, len(frames) // 60)]


def decoder(sample, builder, events):
    return VENUES[sample.instrument.venue].decoder(sample.instrument, builder, events)
