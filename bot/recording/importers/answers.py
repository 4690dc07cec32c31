"""Recorded answers of REST requests into a recording: funding, open interest, positioning.

Two layouts: the answer as it came, one a file; and the record of a whole test run of
gocryptotrader, `{"routes": {path: {"GET": [{"data", "queryString"}, ...]}}}`, whose lists were
trimmed. Neither says when an answer was received. What it tells is taken for known when it was so:
a settlement when it was paid, a ratio at its own time, a volume when its interval was over.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from bot.errors import DataError, quoted
from bot.model.event import Event, FundingRate, LongShortRatio, TakerVolume
from bot.model.instrument import Instrument
from bot.recording.disk import DAMAGE, opened, unpacked
from bot.recording.importers.imported import Imported, Tally
from bot.recording.parquet import RecordingWriter
from bot.recording.schema import Period

RECEIVED_NS: Final = 9_000_000_000_000_000_000
"""Later than anything that an answer may tell of: readers leave out what is still to come."""

Query = Mapping[str, str]
Read = Callable[[bytes, Instrument, int, Query], Iterable[Event]]
_Told = dict[tuple[str, int, str], Event]


class Source(Struct, frozen=True):
    """How the answers of a kind are read. path: of the request, in a record of a whole run."""

    read: Read
    path: str


class Asked(Struct, frozen=True):
    """An answer and what was asked. where: the file, and the place in it."""

    where: str
    read: Read
    query: Query
    body: bytes


def import_answers(
    paths: Sequence[Path],
    instrument: Instrument,
    out: Path,
    sources: Iterable[Source],
    *,
    single: Read | None,
    query: Query,
    asked_for: Callable[[Instrument, Query], bool],
    replace_files: bool = False,
) -> Imported:
    """Write what answers tell of one instrument, oldest first.

    single: reads a file that is one answer, asked for with `query`; None: there must be none.
    asked_for: whether a request of a record was about the instrument. DataError names the file, and
    the request where there are many.
    """
    tally = Tally()
    told: _Told = {}
    for path in paths:
        for one in _answers(path, sources, single, query):
            if one.query is not query and not asked_for(instrument, one.query):
                tally.ignore("answers about other instruments")
                continue
            if not _is_answer(one.body):
                tally.ignore("answers that are errors, or empty")
                continue
            tally.frames += 1
            _take(told, one, instrument, tally)
    events = sorted(told.values(), key=lambda event: (event.ts_recv, type(event).__name__))
    if not events:
        raise DataError(
            ", ".join(path.name for path in paths),
            "no answer that tells anything",
            f"answers about {instrument.id}",
            "name the venue and symbol that was asked for",
        )
    with RecordingWriter(
        out,
        [instrument],
        clock_offset_ns=None,
        origin="answers " + ", ".join(path.name for path in paths),
        period=Period.YEAR,
        replace=replace_files,
    ) as writer:
        for event in events:
            writer.write_event(event)
        tally.events = len(events)
        files = writer.close()
    return Imported(files, None, {instrument.id: tally})


def _take(told: _Told, one: Asked, instrument: Instrument, tally: Tally) -> None:
    try:
        events = list(one.read(one.body, instrument, RECEIVED_NS, one.query))
    except DataError as error:
        raise DataError(
            f"{one.where} {error.where}", error.seen, error.expected, error.fix
        ) from error
    for event in events:
        known = _as_known(event)
        key = type(known).__name__, known.ts_venue, _which(known)
        before = told.get(key)
        if before is None:
            told[key] = known
        elif before == known:
            tally.ignore("rows that were told before")
        elif isinstance(known, FundingRate) and replace(known, interval_ns=None) == replace(
            before, interval_ns=None
        ):
            # The first row of an answer has none before it to tell its interval from.
            told[key] = known if known.interval_ns else before
            tally.ignore("rows that were told before")
        else:
            told[key] = known
            tally.ignore("rows that a later answer corrected")


def _as_known(event: Event) -> Event:
    """When it was so, it was known; an interval when it was over."""
    known_ns = event.until_ns if isinstance(event, TakerVolume) else event.ts_venue
    return replace(event, ts_recv=known_ns)


def _which(event: Event) -> str:
    if isinstance(event, LongShortRatio):
        return event.population
    return str(event.interval_ns) if isinstance(event, TakerVolume) else ""


def _answers(
    path: Path, sources: Iterable[Source], single: Read | None, query: Query
) -> Iterator[Asked]:
    with opened(path) as stream:
        try:
            body = unpacked(stream).read()
            content: Any = msgspec.json.decode(body)
        except (*DAMAGE, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise DataError(
                str(path), quoted(str(error)), "a whole JSON file", "fetch it again"
            ) from error
    if not (isinstance(content, dict) and "routes" in content):
        if single is None:
            raise DataError(
                str(path),
                "one answer",
                "a record of requests by their paths",
                "state the kind of answer with --answer",
            )
        yield Asked(str(path), single, query, body)
        return
    for source in sources:
        requests = content["routes"].get(source.path, {}).get("GET", []) if source.path else []
        for number, one in enumerate(requests):
            asked = dict(parse_qsl(one.get("queryString") or ""))
            where = f"{path} {source.path} request {number}"
            yield Asked(where, source.read, asked, msgspec.json.encode(one.get("data")))


def _is_answer(body: bytes) -> bool:
    """Whether a body tells anything: errors are told as `{"code": -1121, "msg": ...}`."""
    content = msgspec.json.decode(body)
    if isinstance(content, dict):
        return not ("msg" in content and "code" in content and len(content) == 2)
    return bool(content)
