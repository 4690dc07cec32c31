"""Events of rare series into a recording, with terms of contracts that the series do not tell."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from operator import attrgetter
from pathlib import Path
from typing import Final

from bot.model.event import Event
from bot.model.instrument import Instrument, Kind, PriceGrid
from bot.model.units import Currency, InstrumentId, symbol_of
from bot.recording.importers.imported import Imported, Tally
from bot.recording.parquet import RecordingWriter
from bot.recording.schema import Period

Series = dict[InstrumentId, list[Event]]
Terms = Mapping[InstrumentId, Instrument]

_FINEST: Final = Decimal("1e-8")


def nominal_instrument(name: InstrumentId) -> Instrument:
    """A perpetual of which nothing is known but its name: inactive, so that nobody trades it.

    Its steps are the finest there are. Where its true terms are known, pass them to the importer:
    two recordings of an instrument can be opened together only when they agree on these.
    """
    pair, _, settle = symbol_of(name).partition(":")
    base, _, quote = pair.partition("/")
    return Instrument(
        id=name,
        kind=Kind.PERPETUAL,
        base=Currency(base),
        quote=Currency(quote),
        settle=Currency(settle),
        grid=PriceGrid(_FINEST),
        lot=_FINEST,
        inverse=settle == base,
        active=False,
    )


def write_series(
    series: Series,
    out: Path,
    paths: Iterable[Path],
    *,
    terms: Terms | None = None,
    ignored: dict[str, int] | None = None,
    replace: bool = False,
) -> Imported:
    """Write the events of every instrument, by time, into the folder `out`.

    terms: instruments by id, for those that are not to be nominal. ignored: what was left out of
    the whole collection, by reason.
    """
    known = terms or {}
    listed = [known.get(name) or nominal_instrument(name) for name in sorted(series)]
    tallies = {name: Tally() for name in sorted(series)}
    with RecordingWriter(
        out,
        listed,
        clock_offset_ns=None,
        origin="series " + ", ".join(path.name for path in paths),
        period=Period.YEAR,
        replace=replace,
    ) as writer:
        for name, tally in tallies.items():
            for event in sorted(series[name], key=attrgetter("ts_recv")):
                writer.write_event(event)
                tally.frames += 1
                tally.events += 1
        files = writer.close()
    for reason, count in (ignored or {}).items():
        next(iter(tallies.values())).ignore(reason, count)
    return Imported(files, None, tallies)
