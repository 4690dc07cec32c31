"""A run of cryptofeed's recorder into a recording: many instruments of one venue at once."""

import heapq
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final, Protocol

import msgspec

from bot.errors import DataError, UsageError, quoted
from bot.model.instrument import Instrument
from bot.recording.clock import FEED_LATENCY_MIN_NS, Stamp, offset_for
from bot.recording.importers.chain_writer import ChainWriter, heads_of
from bot.recording.importers.cryptofeed import PONG, Line, Run, read_lines, sort_files
from bot.recording.importers.imported import Imported
from bot.recording.importers.stream import (
    DecoderFactory,
    Stream,
    at_line,
    misfits,
    with_what_was_kept,
)
from bot.recording.parquet import RecordingWriter

_ASKED: Final = re.compile(r"[?&]symbol=([^&]+)")
"""The symbol of a depth snapshot stands in what asked for it."""

_SHOWN_MAX: Final = 40

_Arrived = tuple[int, int, int, Path, Line]


class Venue(Protocol):
    """What turns the answers of a venue into instruments and its messages into a tape."""

    @property
    def listed(self) -> Callable[[bytes], Mapping[str, Instrument]]: ...
    @property
    def symbols_of(self) -> Callable[[bytes], tuple[str, ...]]: ...
    @property
    def decoder(self) -> DecoderFactory: ...


def import_run(
    paths: list[Path],
    out: Path,
    venue: Venue,
    stamp_of: Stamp,
    *,
    feed_latency_min_ns: int = FEED_LATENCY_MIN_NS,
    replace: bool = False,
) -> Imported:
    """Decode the files of one run into a recording in the folder `out`.

    All instruments that the messages are about are imported, with the terms of the answers in the
    same run. Raises the first DataError after everything that was good before it is written.
    """
    run = sort_files(paths)
    for kind, files in (
        ("answers (VENUE.0)", run.answers),
        ("messages (VENUE.ws.N)", run.messages),
    ):
        if not files:
            names = ", ".join(path.name for path in paths) or "nothing"
            raise UsageError("run", names, f"a file of {kind} too", "name all files of the run")
    offset_ns = offset_for(_lead(run, stamp_of), feed_latency_min_ns)
    listed = _listed(run, venue)
    wanted = _symbols(run, venue)
    chosen = {symbol: listed[symbol] for symbol in wanted if symbol in listed}
    heads = heads_of(chosen.values())
    with RecordingWriter(
        out,
        chosen.values(),
        clock_offset_ns=offset_ns,
        origin="run " + ", ".join(path.name for path in paths),
        replace=replace,
        chains=heads,
    ) as writer:
        chains = ChainWriter(writer, heads)
        streams = {
            symbol: Stream(instrument, chains, venue.decoder, offset_ns)
            for symbol, instrument in chosen.items()
        }
        damage = [*_decode(run, venue, streams), *_unknown(wanted, listed, run)]
        for stream in streams.values():
            stream.finish()
        chains.finish()
        if not damage:
            names = ", ".join(path.name for path in run.messages)
            for stream in streams.values():
                damage += misfits(stream.instrument, names, stream.counters)
        files = writer.close()
    tallies = {stream.instrument.id: stream.tally for stream in streams.values()}
    if damage:
        raise with_what_was_kept(damage, tallies, out)
    return Imported(files, offset_ns, tallies)


def _decode(run: Run, venue: Venue, streams: dict[str, Stream]) -> Iterator[DataError]:
    """Hand every message to the streams of its instruments, up to the first damage."""
    arrivals = heapq.merge(
        *(_arrivals(path, order) for order, path in enumerate(run.messages + run.snapshots))
    )
    try:
        for _, _, _, path, line in arrivals:
            for symbol in _about(venue, path, line):
                if symbol in streams:
                    try:
                        streams[symbol].take(line.ts_recv, line.body)
                    except DataError as error:
                        raise at_line(path, line.number, error) from error
    except DataError as error:
        yield error


def _arrivals(path: Path, order: int) -> Iterator[_Arrived]:
    """The lines of a file in its own order; a clock that steps back is the stream's to judge."""
    last_ns = 0
    for line in read_lines(path):
        last_ns = max(last_ns, line.ts_recv)
        yield last_ns, order, line.number, path, line


def _about(venue: Venue, path: Path, line: Line) -> tuple[str, ...]:
    """The symbols of a line; DataError when it is of none because it is no JSON."""
    if asked := _ASKED.search(line.url):
        return (asked[1],)
    symbols = venue.symbols_of(line.body)
    if not symbols and line.body != PONG:
        try:
            msgspec.json.decode(line.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise DataError(
                f"{path} line {line.number}",
                quoted(line.body[-_SHOWN_MAX:].decode(errors="replace")),
                f"whole JSON ({error})",
                "copy the file again or remove the line; the lines before it are good",
            ) from error
    return symbols


def _listed(run: Run, venue: Venue) -> dict[str, Instrument]:
    """The instruments of all answers; a later answer stands for the earlier one."""
    listed: dict[str, Instrument] = {}
    for path in run.answers:
        for line in read_lines(path):
            try:
                listed |= venue.listed(line.body)
            except DataError as error:
                raise at_line(path, line.number, error) from error
    return listed


def _symbols(run: Run, venue: Venue) -> Counter[str]:
    """How many messages are about each symbol, as far as the files are whole."""
    symbols: Counter[str] = Counter()
    for path in run.messages:
        try:
            for line in read_lines(path):
                symbols.update(symbol for symbol in venue.symbols_of(line.body) if symbol)
        except DataError:
            continue  # told when the file is decoded
    return symbols


def _lead(run: Run, stamp_of: Stamp) -> int | None:
    """How far the venue's stamps are ahead of the recorder's clock at most."""
    lead_ns: int | None = None
    for path in run.messages:
        try:
            for line in read_lines(path):
                stamp = stamp_of(line.body)
                if stamp is not None:
                    lead = stamp - line.ts_recv
                    lead_ns = lead if lead_ns is None else max(lead_ns, lead)
        except DataError:
            continue
    return lead_ns


def _unknown(wanted: Counter[str], listed: dict[str, Instrument], run: Run) -> Iterator[DataError]:
    """Symbols that no answer describes: their messages are left out, and told."""
    missing = {symbol: count for symbol, count in wanted.items() if symbol not in listed}
    if missing:
        named = ", ".join(f"{symbol} ({count})" for symbol, count in sorted(missing.items()))
        yield DataError(
            ", ".join(path.name for path in run.messages),
            f"messages of {named}",
            f"symbols that {', '.join(path.name for path in run.answers)} describes",
            "name the answers of the same run and venue; the other instruments are imported",
        )
