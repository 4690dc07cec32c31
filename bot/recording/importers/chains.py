"""Snapshots of option chains as a recording: tickers as events under the first option of each."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from bot.model.units import InstrumentId
from bot.recording.importers.chain_writer import heads_of
from bot.recording.importers.deribit_chains import read_chains
from bot.recording.importers.imported import Imported, Tally
from bot.recording.parquet import RecordingWriter
from bot.recording.schema import Period
from bot.tape.rows import Int32s
from bot.tape.tickers import Tickers, told

ORIGIN: Final = "Deribit option chains"


def import_chains(paths: Sequence[Path], out: Path, *, replace: bool = False) -> Imported:
    """Write what snapshots say of each chain, oldest first.

    DataError names the file, the line and the column that cannot be right.
    """
    read = read_chains(paths)
    heads = heads_of(read.instruments)
    tallies = {head: Tally() for head in heads}
    with RecordingWriter(
        out,
        [options[0] for options in heads.values()],
        clock_offset_ns=None,
        origin=ORIGIN,
        period=Period.YEAR,
        replace=replace,
        chains=heads,
    ) as writer:
        for head, options in heads.items():
            for event in told(_only(read.tickers, {one.id for one in options})):
                writer.write_event(event)
                tallies[head].events += 1
        files = writer.close()
    return Imported(files, None, tallies)


def _only(tickers: Tickers, names: set[InstrumentId]) -> Tickers:
    """The tickers of some options, numbered anew."""
    kept = [k for k, name in enumerate(tickers.instruments) if name in names]
    number: Int32s = np.full(len(tickers.instruments), -1, np.int32)
    number[kept] = np.arange(len(kept), dtype=np.int32)
    at = slice(tickers.start, tickers.stop)
    mine = number[tickers.instrument[at]] >= 0
    columns = {
        name: getattr(tickers, name)[at][mine]
        for name in tickers.__struct_fields__
        if name not in ("instruments", "instrument", "start", "stop")
    }
    return Tickers(
        instruments=tuple(tickers.instruments[k] for k in kept),
        instrument=number[tickers.instrument[at][mine]],
        start=0,
        stop=int(mine.sum()),
        **columns,
    )
