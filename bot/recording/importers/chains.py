"""Snapshots of option chains as a recording: tickers as events under the first option of each."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from bot.model.instrument import Instrument
from bot.model.units import InstrumentId
from bot.recording.importers.deribit_chains import read_chains
from bot.recording.importers.imported import Imported, Tally
from bot.recording.parquet import RecordingWriter
from bot.recording.schema import Period
from bot.tape.rows import Int32s
from bot.tape.tickers import Tickers, chain_of, told

ORIGIN: Final = "Deribit option chains"


def import_chains(paths: Sequence[Path], out: Path, *, replace: bool = False) -> Imported:
    """Write what snapshots say of each chain, oldest first.

    DataError names the file, the line and the column that cannot be right.
    """
    read = read_chains(paths)
    groups: defaultdict[str, list[Instrument]] = defaultdict(list)
    for one in read.instruments:
        groups[chain_of(one.id)].append(one)
    first = {name: min(options, key=lambda one: one.id) for name, options in groups.items()}
    listed = {first[name].id: tuple(options) for name, options in groups.items()}
    tallies = {one.id: Tally() for one in first.values()}
    with RecordingWriter(
        out,
        first.values(),
        clock_offset_ns=None,
        origin=ORIGIN,
        period=Period.YEAR,
        replace=replace,
        chains=listed,
    ) as writer:
        for name, head in first.items():
            for event in told(_only(read.tickers, {one.id for one in groups[name]})):
                writer.write_event(event)
                tallies[head.id].events += 1
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
