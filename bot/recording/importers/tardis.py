"""Tardis CSV (`trades`, `incremental_book_L2`, `derivative_ticker`) into a recording."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bot.errors import DataError, quoted
from bot.model.instrument import Instrument
from bot.recording.clock import offset_for
from bot.recording.importers.imported import Imported, Tally
from bot.recording.importers.tardis_csv import Chunk, Dataset, by_dataset, lead_ns, read_chunks
from bot.recording.importers.tardis_ticker import Ticker
from bot.recording.parquet import RecordingWriter
from bot.recording.quantise import to_steps
from bot.recording.raw import Progress
from bot.recording.weave import weave
from bot.tape.rows import ASK, BID, BUY, LEVEL, SELL, SNAPSHOT, TRADE, Block, Int64s


def import_tardis(
    paths: Sequence[Path],
    instrument: Instrument,
    out: Path,
    *,
    symbol: str | None = None,
    clock_offset_ns: int | None = None,
    replace: bool = False,
    progress: Progress | None = None,
) -> Imported:
    """Write files of one instrument, of any of the datasets and days, into the folder `out`.

    symbol: which to take when a file holds several; None: a file holds one.
    clock_offset_ns: None measures it over all the files, as for captures.
    """
    files = by_dataset(paths)
    offset = offset_for(lead_ns(paths)) if clock_offset_ns is None else clock_offset_ns
    tally = Tally()
    with RecordingWriter(
        out,
        [instrument],
        clock_offset_ns=offset,
        origin="Tardis " + ", ".join(sorted(path.name for path in paths)),
        replace=replace,
    ) as writer:
        book = _Book(instrument, tally)
        ticker = Ticker(instrument, writer.write_event, tally)

        def chunks(dataset: Dataset) -> Iterator[Chunk]:
            for path in files.get(dataset, []):
                yield from read_chunks(path, dataset, symbol, offset, tally, progress)

        streams = [
            _trades(instrument, chunks(Dataset.TRADES), tally),
            book.blocks(chunks(Dataset.BOOK)),
            (ticker.block(c.path, c.recv, c.venue, c.table) for c in chunks(Dataset.TICKER)),
        ]
        for block in weave(_filled(stream) for stream in streams):
            tally.count(block)
            writer.write(block)
        if Dataset.BOOK in files and not book.started:
            raise _no_snapshot(files[Dataset.BOOK][0])
        written = writer.close()
    if not written:
        raise DataError(
            str(paths[0]),
            "no rows",
            f"rows of {symbol or instrument.id}",
            "name the symbol as the file spells it",
        )
    return Imported(written, offset, {instrument.id: tally})


def _no_snapshot(path: Path) -> DataError:
    return DataError(
        f"{path} is_snapshot",
        "no row with true",
        "a snapshot for the changes to start from",
        "import from the day on which the recording began; what is not book is imported",
    )


def _trades(instrument: Instrument, chunks: Iterator[Chunk], tally: Tally) -> Iterator[Block]:
    for chunk in chunks:
        side = _sides(chunk, {"buy": BUY, "sell": SELL, "unknown": 0})
        chosen = np.flatnonzero(side)
        tally.ignore("trades of unknown side", len(side) - len(chosen))
        price, size = _counts(instrument, chunk, chosen)
        yield Block.of(
            (instrument.id,),
            kind=np.full(len(chosen), TRADE, np.int8),
            side=side[chosen],
            price=price,
            size=size,
            ts_recv=chunk.recv[chosen],
            ts_venue=chunk.venue[chosen],
            instrument=np.zeros(len(chosen), np.int32),
            flags=np.zeros(len(chosen), np.int32),
            first=np.arange(len(chosen) + 1),
        )


class _Book:
    """Changes of the book; what was received at one time is a message.

    A first row of a snapshot discards the book; the rows of a snapshot may come in several
    messages. Changes before the first snapshot cannot be used.
    """

    def __init__(self, instrument: Instrument, tally: Tally) -> None:
        self._instrument = instrument
        self._tally = tally
        self._in_snapshot = False
        self.started = False

    def blocks(self, chunks: Iterator[Chunk]) -> Iterator[Block]:
        for chunk in chunks:
            snapshot = chunk.table.column("is_snapshot").to_numpy()
            start = 0 if self.started else _first_true(snapshot)
            self._tally.ignore("changes before the first snapshot", start)
            if start < len(snapshot):
                self.started = True
                yield self._block(chunk, np.arange(start, len(snapshot)), snapshot[start:])

    def _block(self, chunk: Chunk, rows: Int64s, snapshot: Any) -> Block:
        side = _sides(chunk, {"bid": BID, "ask": ASK})
        price, size = _counts(self._instrument, chunk, rows)
        recv = chunk.recv[rows]
        before = np.concatenate(([self._in_snapshot], snapshot[:-1]))
        self._in_snapshot = bool(snapshot[-1])
        changed = np.diff(recv, prepend=-1) != 0
        heads = np.flatnonzero(changed | (snapshot != before))
        discards = snapshot[heads] & ~before[heads]
        return Block.of(
            (self._instrument.id,),
            kind=np.full(len(rows), LEVEL, np.int8),
            side=side[rows],
            price=price,
            size=size,
            ts_recv=recv[heads],
            ts_venue=np.maximum.reduceat(chunk.venue[rows], heads),
            instrument=np.zeros(len(heads), np.int32),
            flags=np.where(discards, SNAPSHOT, 0).astype(np.int32),
            first=np.append(heads, len(rows)),
        )


def _filled(stream: Iterator[Block]) -> Iterator[Block]:
    return (block for block in stream if block.messages)


def _first_true(flags: Any) -> int:
    return int(np.argmax(flags)) if flags.any() else len(flags)


def _sides(chunk: Chunk, codes: dict[str, int]) -> Any:
    text = chunk.table.column("side").to_numpy()
    side = np.full(len(text), 127, np.int8)
    for name, code in codes.items():
        side[text == name] = code
    wrong = side == 127
    if wrong.any():
        at = int(np.argmax(wrong))
        raise DataError(
            f"{chunk.path} line {chunk.line[at]} side",
            quoted(text[at]),
            " or ".join(codes),
            "repair the line",
        )
    return side


def _counts(instrument: Instrument, chunk: Chunk, rows: Int64s) -> tuple[Int64s, Int64s]:
    def where(column: str, at: int) -> str:
        return f"{chunk.path} line {chunk.line[rows[at]]} {column}"

    price = chunk.table.column("price").to_numpy()[rows]
    amount = chunk.table.column("amount").to_numpy()[rows]
    tick, lot = instrument.grid.tick, instrument.lot
    return (
        to_steps(price, tick, lambda at: where("price", at)),
        to_steps(amount, lot, lambda at: where("amount", at)),
    )
