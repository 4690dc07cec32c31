"""`bot import`: what somebody recorded becomes a recording of ours."""

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from bot.cli.output import emit_json, emit_table, json_option, talk
from bot.cli.progress import progress
from bot.errors import UsageError

if TYPE_CHECKING:
    from bot.cli.listings import Input
    from bot.recording.importers.imported import Imported

FORMATS: Final = ("captures", "hourly", "hftbacktest", "tardis")
PATH: Final = click.Path(path_type=Path)
FLAWS: Final = {
    "gaps": "gaps in the changes of the book, unknown from there to the next snapshot: see "
    "`bot data gaps`",
    "held_lost": "changes dropped that waited for a snapshot",
    "snapshots_refused": "snapshots too old for the changes around them, left out",
    "duplicates": "duplicates, left out",
    "odd_prices": "prices off the tick, left out",
    "odd_sizes": "sizes finer than the lot, taken as whole lots",
    "foreign": "frames of other symbols, left out",
}
"""What a decoder counts that whoever trusts the recording should know."""


@click.command("import")
@click.argument("raw", nargs=-1, type=PATH)
@click.option("--venue", help="Whose data it is: binance, binanceusdm or binancecoinm.")
@click.option("--symbol", help="The unified symbol, such as BTC/USDT:USDT.")
@click.option(
    "--file",
    "files",
    multiple=True,
    metavar="PATH=VENUE:SYMBOL[,tick=..]",
    help="A file with its instrument; for several instruments in one call.",
)
@click.option("--out", required=True, type=PATH, help="The folder of the new recording.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="captures", show_default=True)
@click.option("--tick", help="Step of prices; without it, read off a capture's snapshot.")
@click.option("--lot", help="Step of sizes, likewise.")
@click.option("--contract-size", help="Quote of a contract; COIN-M needs it: 100 for BTC, else 10.")
@click.option("--exchange-info", type=PATH, help="The venue's exchangeInfo answer: all terms.")
@click.option(
    "--with",
    "others",
    multiple=True,
    type=PATH,
    metavar="DIR",
    help="Captures of the same recorder: they are read for its clock, and not imported.",
)
@click.option("--bars", type=PATH, help="hourly: CSV of bars.")
@click.option("--mark", type=PATH, help="hourly: CSV of mark prices.")
@click.option("--funding", type=PATH, help="hourly: CSV of settled funding.")
@click.option("--half-spread-bps", help="hourly: from the bar's open to either side.")
@click.option("--depth-base", help="hourly: coins that stand on each side.")
@click.option("--since", help="hourly: first day, as 2024-01-01, UTC.")
@click.option("--until", help="hourly: first day that is left out.")
@click.option("--native-symbol", help="tardis: the symbol as the file spells it.")
@click.option("--replace", is_flag=True, help="Replace files of the same name in OUT.")
@json_option
def import_(out: Path, form: str, replace: bool, as_json: bool, **given: Any) -> None:
    """Decode files RAW of one instrument, or --file of several, into the recording OUT."""
    from bot.cli.importers import IMPORTERS, refuse

    inputs = _inputs(given["raw"], given["files"], given)
    if form == "hourly":
        refuse(inputs, "hourly", "no RAW", "name --bars, --mark and --funding")
    elif not inputs:
        raise UsageError("bot import", "no file", "RAW... or --file", "name what to import")
    importer = IMPORTERS[form]
    with progress("import") as shown:
        imported = importer(inputs, out, replace, shown, given)
    _tell(imported, out, as_json)


def _inputs(raw: tuple[Path, ...], files: tuple[str, ...], given: dict[str, Any]) -> "list[Input]":
    from bot.cli.importers import stated_by
    from bot.cli.listings import Input, read_input

    if not raw:
        return [read_input(text) for text in files]
    stated = stated_by(given)
    return [*(Input(path, stated) for path in raw), *(read_input(text) for text in files)]


def _tell(imported: "Imported", out: Path, as_json: bool) -> None:
    if as_json:
        emit_json(imported)
        return
    emit_table(
        ("instrument", "frames", "messages", "rows", "events", "clamped"),
        [
            (name, tally.frames, tally.messages, tally.rows, tally.events, tally.clamped)
            for name, tally in imported.instruments.items()
        ],
    )
    for name, tally in imported.instruments.items():
        for reason, count in tally.ignored.items():
            talk(f"{name}: left out {count} {reason}")
        for flaw, said in FLAWS.items():
            if tally.decoded.get(flaw):
                talk(f"{name}: {tally.decoded[flaw]} {said}")
    offset = imported.clock_offset_ns
    if offset is not None:
        talk(f"clock offset {Decimal(offset) / 1_000_000:.3f} ms added to receive times")
    size = sum(path.stat().st_size for path in imported.files)
    talk(f"{len(imported.files)} files, {size:,} bytes in {out}")
