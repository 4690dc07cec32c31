"""`bot data`: what is recorded, where it has holes, and how others can read it."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from bot.cli.options import loaded, require_recorded, set_option
from bot.cli.output import emit_json, emit_table, json_option, moment, talk
from bot.cli.verbs import Parts
from bot.errors import NotFoundError, UsageError
from bot.model.units import NS_PER_SECOND

if TYPE_CHECKING:
    from bot.recording.inspect import Hole
    from bot.recording.reader import RecordedSource

PATH: Final = click.Path(path_type=Path)
DATASETS: Final = ("trades", "incremental_book_L2", "derivative_ticker")

silence_option = click.option(
    "--silence-s",
    type=click.FloatRange(min=0, min_open=True),
    default=5.0,
    show_default=True,
    help="Nothing for longer than this is a hole.",
)


@click.group(cls=Parts)
def data() -> None:
    """List, inspect and export recordings."""


@data.command("list")
@click.argument("root", type=PATH, default=Path("recordings"))
@json_option
def list_(root: Path, as_json: bool) -> None:
    """The recordings below ROOT, from their footers alone."""
    from bot.recording.inspect import list_recordings

    if not root.is_dir():
        raise NotFoundError(str(root), "nothing", "a folder", "name one, or `bot import` into it")
    found = list_recordings(root)
    if as_json:
        emit_json(found)
        return
    for each in found:
        if each.damage:
            talk(each.damage)
    emit_table(
        ("folder", "instruments", "first", "last", "bytes"),
        [
            (
                each.folder,
                "damaged" if each.damage else ",".join(each.instruments),
                moment(each.first_ns),
                moment(each.last_ns),
                each.bytes,
            )
            for each in found
        ],
    )
    talk(f"{len(found)} recordings in {root}")


@data.command()
@click.argument("paths", nargs=-1, required=True, type=PATH)
@silence_option
@json_option
def inspect(paths: tuple[Path, ...], silence_s: float, as_json: bool) -> None:
    """Read recordings from end to end and count what is in them."""
    from bot.recording.inspect import inspect as read
    from bot.recording.reader import Recording

    report = read(Recording.open(paths), silence_ns_max=_nanoseconds(silence_s))
    if as_json:
        emit_json(report)
        return
    for one in report.instruments:
        click.echo(f"{one.instrument}  {moment(one.first_ns)} to {moment(one.last_ns)}")
        counts = {**one.rows, **one.events, "snapshots": one.snapshots, "estimated": one.estimated}
        click.echo(f"  {one.messages:,} messages: {_counted(counts)}")
        click.echo(f"  {one.files} files, {one.bytes:,} bytes, from {'; '.join(one.origins)}")
        click.echo(f"  holes: {len(one.holes) or 'none'}")
    if report.clock_offset_ns is not None:
        talk(f"clock offset {report.clock_offset_ns / 1e6:.3f} ms")


@data.command()
@click.argument("paths", nargs=-1, required=True, type=PATH)
@silence_option
@json_option
def gaps(paths: tuple[Path, ...], silence_s: float, as_json: bool) -> None:
    """Where recordings cannot be trusted: lost changes, and silence."""
    from bot.recording.inspect import find_holes
    from bot.recording.reader import Recording

    holes: list[Hole] = []
    for source in Recording.open(paths).sources():
        holes += find_holes(source, silence_ns_max=_nanoseconds(silence_s))
    if as_json:
        emit_json(holes)
        return
    emit_table(
        ("instrument", "reason", "since", "until", "seconds"),
        [
            (
                hole.instrument,
                hole.reason,
                moment(hole.since_ns),
                moment(hole.until_ns),
                None if hole.until_ns is None else f"{(hole.until_ns - hole.since_ns) / 1e9:.3f}",
            )
            for hole in holes
        ],
    )
    talk(f"{len(holes)} holes")


@data.command()
@click.argument("paths", nargs=-1, required=True, type=PATH)
@click.option("--instrument", required=True, help="Which, as venue:symbol.")
@click.option("--format", "form", type=click.Choice(("hftbacktest", "tardis")), required=True)
@click.option("--out", required=True, type=PATH, help="The file to write.")
@click.option("--dataset", type=click.Choice(DATASETS), help="tardis: which of its files.")
@click.option("--exchange", help="tardis: the exchange as Tardis names it.")
@click.option("--native-symbol", help="tardis: the symbol as Tardis spells it.")
@click.option("--replace", is_flag=True, help="Replace the file if it is there.")
@json_option
def export(
    paths: tuple[Path, ...],
    instrument: str,
    form: str,
    out: Path,
    dataset: str | None,
    exchange: str | None,
    native_symbol: str | None,
    replace: bool,
    as_json: bool,
) -> None:
    """Write one instrument of a recording in the format of another program."""
    from bot.model.units import InstrumentId
    from bot.recording.reader import Recording

    recording = Recording.open(paths)
    require_recorded(recording, instrument)
    (source,) = recording.sources([InstrumentId(instrument)])
    if form == "tardis":
        rows, left_out = _tardis(source, out, dataset, exchange, native_symbol, replace), None
    else:
        from bot.recording.exporters.hftbacktest import export_hftbacktest

        written = export_hftbacktest(source, out, replace=replace)
        rows, left_out = written.rows, written.left_out
    if as_json:
        emit_json({"path": out, "rows": rows, "left_out": left_out})
        return
    click.echo(f"{out}: {rows:,} rows")
    if left_out:
        talk(f"{left_out:,} rows and events have no place in the format")


def _tardis(
    source: "RecordedSource",
    out: Path,
    dataset: str | None,
    exchange: str | None,
    symbol: str | None,
    replace: bool,
) -> int:
    from bot.recording.exporters.tardis import export_tardis
    from bot.recording.importers.tardis_csv import Dataset

    for option, value in (
        ("--dataset", dataset),
        ("--exchange", exchange),
        ("--native-symbol", symbol),
    ):
        if not value:
            raise UsageError(
                f"bot data export {option}", "nothing", "what Tardis calls it", "add it"
            )
    return export_tardis(
        source,
        Dataset(str(dataset)),
        out,
        exchange=str(exchange),
        symbol=str(symbol),
        replace=replace,
    )


@data.command()
@click.argument("paths", nargs=-1, type=PATH)
@click.option("--config", "path", type=PATH, metavar="FILE", help="The market of a configuration.")
@set_option
@click.option("--seeds", type=click.IntRange(1, 100), default=5, show_default=True)
@click.option(
    "--seconds",
    type=click.IntRange(240, 86_400),
    default=340,
    show_default=True,
    help="Of the simulated market, for each seed; the recordings have about 340.",
)
@json_option
@click.pass_context
def facts(
    ctx: click.Context,
    paths: tuple[Path, ...],
    path: Path | None,
    assignments: tuple[str, ...],
    seeds: int,
    seconds: int,
    as_json: bool,
) -> None:
    """How far the simulated market is one to believe: its facts against those of recordings.

    Each of PATHS is a recording of its own; their books are taken alternately as the half that
    bands were fitted to and the half to check with. Exit code 1: a fact leaves its band, or a
    market of independent orders is not told from this one.
    """
    from bot.modes.comparing import compare, recorded
    from bot.modes.made_up import facts_market
    from bot.recording.reader import Recording

    config = loaded(path, assignments) if path is not None or assignments else None
    books = recorded([Recording.open([each]) for each in paths])
    compared = compare(books, facts_market(config, seconds), range(1, seeds + 1))
    if as_json:
        emit_json(compared)
    else:
        emit_table(
            ("fact", "fit", "check", "band", "simulated", "verdict", "poisson", "unit"),
            [
                (
                    row.name,
                    _span(row.fit),
                    _span(row.check),
                    _span((row.low, row.high)),
                    _span(_ends(row.simulated)),
                    "outside: " + ", ".join(row.outside) if row.outside else "inside",
                    f"{_span(_ends(row.poisson))}{' fails' if row.poisson_outside else ''}",
                    row.unit,
                )
                for row in compared.rows
            ],
        )
        for name, half in (("fit", compared.fit), ("check", compared.check)):
            talk(f"{name}: {', '.join(half) or 'nothing'}")
        talk(f"seeds 1 to {seeds}, {seconds} s each; medians, lowest and highest instrument")
        talk(f"independent orders fail {compared.poisson_fails} facts or more")
    ctx.exit(0 if compared.believed else 1)


def _ends(values: dict[str, float | None]) -> tuple[float, float] | None:
    known = [value for value in values.values() if value is not None]
    return (min(known), max(known)) if known else None


def _span(ends: tuple[float, float] | None) -> str:
    return "" if ends is None else f"{ends[0]:.3g} to {ends[1]:.3g}"


def _nanoseconds(seconds: float) -> int:
    return round(seconds * NS_PER_SECOND)


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items() if count) or "nothing"
