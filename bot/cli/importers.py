"""What `bot import` calls for each format, with what its flags said."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from bot.cli.listings import Input, Stated, known_venue, listings, step
from bot.errors import UsageError, quoted
from bot.feeds.answers import ANSWERS, asked_for
from bot.feeds.venues import VENUES, decoder_of
from bot.model.instrument import Instrument
from bot.model.units import InstrumentId
from bot.recording.clock import Stamp
from bot.recording.importers.answers import Source, import_answers
from bot.recording.importers.archive import import_archive
from bot.recording.importers.captures import Capture, import_captures
from bot.recording.importers.chains import import_chains
from bot.recording.importers.hftbacktest import import_hftbacktest
from bot.recording.importers.hourly import Quote, import_hourly
from bot.recording.importers.imported import Imported
from bot.recording.importers.run import import_run
from bot.recording.importers.series.london_bars import import_london_bars
from bot.recording.importers.series.perpetuals import import_perpetuals
from bot.recording.importers.series.positioning import import_positioning
from bot.recording.importers.series.venue_histories import import_venue_histories
from bot.recording.importers.tardis import import_tardis
from bot.recording.raw import Progress
from bot.recording.reader import Recording
from bot.recording.stamps import STAMPS


def stated_by(given: dict[str, Any]) -> Stated:
    """What the flags say of the one instrument that they are about."""

    venue, symbol = given["venue"], given["symbol"]
    if not venue or not symbol:
        missing = "--venue" if not venue else "--symbol"
        raise UsageError(
            f"bot import {missing}", "nothing", "the instrument of the files", "state it"
        )
    steps = {
        name: step(f"--{name.replace('_', '-')}", given[name])
        for name in ("tick", "lot", "contract_size")
        if given[name] is not None
    }
    return Stated(venue, symbol, **steps)


def _listed(inputs: list[Input], given: dict[str, Any]) -> dict[str, Instrument]:

    captures: dict[str, list[Path]] = {}
    for each in inputs:
        if each.path.suffix not in (".npz", ".csv"):
            captures.setdefault(each.stated.id, []).append(each.path)
    return listings([each.stated for each in inputs], captures, given["exchange_info"])


def _captures(
    inputs: list[Input], out: Path, replace: bool, shown: Progress | None, given: dict[str, Any]
) -> Imported:
    _require(inputs)
    listed = _listed(inputs, given)
    return import_captures(
        [Capture(each.path, listed[each.stated.id]) for each in inputs],
        out,
        decoder_of,
        stamp_of=_stamp_of({each.stated.venue for each in inputs}),
        others=_neighbours(given["others"]),
        replace=replace,
        progress=shown,
    )


def _run(
    inputs: list[Input], out: Path, replace: bool, shown: Progress | None, given: dict[str, Any]
) -> Imported:
    del inputs, shown
    venue = given["venue"]
    if not venue:
        raise UsageError("bot import --venue", "nothing", "whose run it is", "state it")
    known_venue(venue)
    return import_run(_files(given), out, VENUES[venue], STAMPS[venue], replace=replace)


def _archive(
    inputs: list[Input], out: Path, replace: bool, shown: Progress | None, given: dict[str, Any]
) -> Imported:
    del shown
    _require(inputs)
    instrument = _one(inputs, given)
    return import_archive(
        [each.path for each in inputs],
        instrument,
        out,
        decoder_of,
        STAMPS[instrument.venue],
        replace=replace,
    )


def _venue_histories(
    inputs: list[Input], out: Path, replace: bool, shown: Progress | None, given: dict[str, Any]
) -> Imported:
    del inputs, shown
    return import_venue_histories(_files(given), out, terms=_terms(given), replace=replace)


def _london_bars(
    inputs: list[Input], out: Path, replace: bool, shown: Progress | None, given: dict[str, Any]
) -> Imported:
    del inputs, shown
    return import_london_bars(
        _only_file(given, "london-bars"), out, terms=_terms(given), replace=replace
    )


def _perpetuals(
    inputs: list[Input], out: Path, replace: bool, shown: Progress | None, given: dict[str, Any]
) -> Imported:
    del inputs, shown
    return import_perpetuals(_files(given), out, terms=_terms(given), replace=replace)


def _positioning(
    inputs: list[Input], out: Path, replace: bool, shown: Progress | None, given: dict[str, Any]
) -> Imported:
    del inputs, shown
    return import_positioning(
        _only_file(given, "positioning"), out, terms=_terms(given), replace=replace
    )


def _chains(
    inputs: list[Input], out: Path, replace: bool, shown: Progress | None, given: dict[str, Any]
) -> Imported:
    del inputs, shown
    return import_chains(_files(given), out, replace=replace)


def _hftbacktest(
    inputs: list[Input], out: Path, replace: bool, shown: Progress | None, given: dict[str, Any]
) -> Imported:
    del shown  # one array, read at once
    refuse(inputs[1:], "hftbacktest", "one file a call", "import them one after the other")
    _require(inputs)
    (only,) = inputs
    return import_hftbacktest(only.path, _one(inputs, given), out, replace=replace)


def _tardis(
    inputs: list[Input], out: Path, replace: bool, shown: Progress | None, given: dict[str, Any]
) -> Imported:
    _require(inputs)
    paths = [each.path for each in inputs]
    return import_tardis(
        paths,
        _one(inputs, given),
        out,
        symbol=given["native_symbol"],
        replace=replace,
        progress=shown,
    )


def _hourly(
    inputs: list[Input], out: Path, replace: bool, shown: Progress | None, given: dict[str, Any]
) -> Imported:
    del inputs
    stated = stated_by(given)
    quote = None
    if given["half_spread_bps"] or given["depth_base"]:
        quote = Quote(*(step(f"--{name}", given[name.replace("-", "_")] or "") for name in _QUOTE))
    elif given["bars"]:
        raise UsageError(
            "--bars", "no --half-spread-bps and --depth-base", "both", "a bar has no book: state it"
        )
    return import_hourly(
        listings([stated], {}, given["exchange_info"])[stated.id],
        out,
        bars=given["bars"],
        quote=quote,
        mark=given["mark"],
        funding=given["funding"],
        since_ns=_day("--since", given["since"], 0),
        until_ns=_day("--until", given["until"], 2**63 - 1),
        replace=replace,
        progress=shown,
    )


def _answers(
    inputs: list[Input], out: Path, replace: bool, shown: Progress | None, given: dict[str, Any]
) -> Imported:
    del shown
    _require(inputs)
    instrument = _one(inputs, given)
    kinds = ANSWERS.get(instrument.venue, {})
    kind = given["answer"]
    if kind is not None and kind not in kinds:
        raise UsageError(
            "--answer",
            quoted(kind),
            " | ".join(kinds) or f"another venue: no answer of {instrument.venue} is read",
            "name one of these",
        )
    return import_answers(
        [each.path for each in inputs],
        instrument,
        out,
        [Source(one.read, one.path) for one in kinds.values()],
        single=None if kind is None else kinds[kind].read,
        query={} if given["period"] is None else {"period": given["period"]},
        asked_for=asked_for,
        replace_files=replace,
    )


_Importer = Callable[
    [list[Input], Path, bool, Progress | None, dict[str, Any]],
    Imported,
]
IMPORTERS: Final[dict[str, _Importer]] = {
    "answers": _answers,
    "captures": _captures,
    "chains": _chains,
    "hourly": _hourly,
    "hftbacktest": _hftbacktest,
    "tardis": _tardis,
    "run": _run,
    "archive": _archive,
    "venue-histories": _venue_histories,
    "london-bars": _london_bars,
    "perpetuals": _perpetuals,
    "positioning": _positioning,
}
_QUOTE: Final = ("half-spread-bps", "depth-base")


def _one(inputs: list[Input], given: dict[str, Any]) -> Instrument:
    listed = _listed(inputs, given)
    if len(listed) > 1:
        raise UsageError(
            "bot import", ", ".join(listed), "files of one instrument", "import each by itself"
        )
    return next(iter(listed.values()))


def _require(inputs: list[Input]) -> None:
    _require_files([each.path for each in inputs])


def _require_files(paths: list[Path]) -> None:
    for path in paths:
        if not path.is_file():
            raise UsageError(
                str(path),
                "a folder" if path.is_dir() else "nothing",
                "a file to import",
                "correct the path",
            )


def _files(given: dict[str, Any]) -> list[Path]:
    """Files that say themselves what they are about."""
    paths = list(given["raw"])
    _require_files(paths)
    return paths


def _only_file(given: dict[str, Any], form: str) -> Path:
    paths = _files(given)
    if len(paths) > 1:
        raise UsageError(
            f"bot import --format {form}", str(paths[1]), "one file", "import each by itself"
        )
    return paths[0]


def _terms(given: dict[str, Any]) -> dict[InstrumentId, Instrument]:
    """Terms of contracts that a series does not tell, from a recording that does."""
    return Recording.open(given["terms"]).instruments if given["terms"] else {}


def _stamp_of(venues: set[str]) -> Stamp:
    """The time that a frame of any of these venues states."""
    stamps = [STAMPS[venue] for venue in sorted(venues)]

    def latest(frame: bytes) -> int | None:
        return max(
            (at for at in (stamp(frame) for stamp in stamps) if at is not None), default=None
        )

    return latest


def refuse(inputs: list[Input], form: str, expected: str, fix: str) -> None:
    """Raise UsageError when there are files that a format has no use for."""
    if inputs:
        raise UsageError(f"bot import --format {form}", str(inputs[0].path), expected, fix)


def _neighbours(folders: tuple[Path, ...]) -> list[Path]:
    """Files of the same recorder: those named, and those in folders."""
    found: list[Path] = []
    for each in folders:
        if not each.exists():
            raise UsageError("--with", str(each), "a folder or file", "correct the path")
        found += sorted(p for p in each.rglob("*") if p.is_file()) if each.is_dir() else [each]
    return found


def _day(option: str, text: str | None, otherwise: int) -> int:
    if text is None:
        return otherwise
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError as error:
        raise UsageError(option, quoted(text), "a day as 2024-01-01", "write it so") from error
    return int(day.timestamp()) * 1_000_000_000
