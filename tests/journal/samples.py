"""Records, blocks and sessions as the tests of this room need them."""

from decimal import Decimal

import numpy as np

from bot.journal.manifest import Manifest
from bot.journal.port import Record, RecordKind, canonical
from bot.model.instrument import Instrument, Kind, PriceGrid
from bot.model.units import Currency, InstrumentId
from bot.tape.builder import BlockBuilder
from bot.tape.rows import BUY, LEVEL, Block

PERP = InstrumentId("binanceusdm:BTC/USDT:USDT")
SPOT = InstrumentId("binance:BTC/USDT")
NOW = 1_723_132_800_000_000_000
COLUMNS = ("kind", "side", "price", "size", "ts_recv", "ts_venue", "instrument", "flags", "first")


def clock() -> int:
    return NOW


def record(seq: int, epoch: int = 1, text: str = "", kind=RecordKind.EVENT) -> Record:
    return Record(seq, epoch, NOW + seq, kind, canonical({"id": seq, "text": text}))


def records(count: int, epoch: int = 1, first: int = 1, text: str = "") -> list[Record]:
    return [record(seq, epoch, text) for seq in range(first, first + count)]


def written(loaded) -> list[Record]:
    """The records that were appended, without those that began the runs."""
    return [each for each in loaded if each.kind is not RecordKind.RUN]


def block(messages: int, rows: int = 2, first_ns: int = NOW) -> Block:
    builder = BlockBuilder((PERP, SPOT))
    for index in range(messages):
        at = first_ns + index
        builder.begin(at, at - 1_000, instrument=index % 2, flags=index % 3)
        for row in range(rows):
            builder.row(LEVEL, BUY, 50_000 + index, 10 + row)
        builder.end()
    return builder.take()


def same_block(one: Block, other: Block) -> bool:
    """Whether two blocks stand for the same messages, however they are cut out of arrays."""
    return one.instruments == other.instruments and all(
        np.array_equal(_standing(one, name), _standing(other, name)) for name in COLUMNS
    )


def _standing(cut: Block, name: str) -> np.ndarray:
    begin, end = int(cut.first[cut.start]), int(cut.first[cut.stop])
    if name == "first":
        return cut.first[cut.start : cut.stop + 1] - begin
    if name in ("kind", "side", "price", "size"):
        return getattr(cut, name)[begin:end]
    return getattr(cut, name)[cut.start : cut.stop]


def terms(config: str = "[risk]\norder_notional_max = 10000\n") -> Manifest:
    perpetual = Instrument(
        PERP,
        Kind.PERPETUAL,
        Currency("BTC"),
        Currency("USDT"),
        Currency("USDT"),
        PriceGrid(Decimal("0.1")),
        Decimal("0.001"),
    )
    return Manifest(config, (perpetual,), "0.1.0+abc", {"my.strategy": "00ff"}, NOW)
