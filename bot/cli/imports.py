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

STATED: Final = ("captures", "hourly", "hftbacktest", "tardis", "archive", "answers")
"""Formats whose files do not say which instrument they are of."""
UNSTATED: Final = (
    "run",
    "venue-histories",
    "london-bars",
    "perpetuals",
    "positioning",
    "chains",
)
FORMATS: Final = STATED + UNSTATED
PATH: Final = click.Path(path_type=Path)
FLAWS: Final = {
    "checksums_failed": "checksums of the book that did not come out, each a gap",
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
@click.option("--venue", help="Whose data it is, such as binanceusdm or okx.")
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
@click.option(
    "--exchange-info",
    type=PATH,
    help="The venue's answer about its instruments: all terms of their contracts.",
)
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
@click.option(
    "--answer",
    metavar="KIND",
    help="answers: what a file is the answer to: funding-history; of Binance also open-interest, "
    "open-interest-history, accounts, top-accounts, top-positions, taker-volumes.",
)
@click.option("--period", help="answers: the period that taker-volumes were asked for, as 5m.")
@click.option("--native-symbol", help="tardis: the symbol as the file spells it.")
@click.option(
    "--terms", type=PATH, help="Series: a recording that knows the terms of their instruments."
)
@click.option("--replace", is_flag=True, help="Replace files of the same name in OUT.")
@json_option
def import_(out: Path, form: str, replace: bool, as_json: bool, **given: Any) -> None:
    """Decode files RAW of one instrument, or --file of several, into the recording OUT.

    Format answers takes answers to REST requests about one instrument, one a file with its
    --answer, or a record of many by their paths (gocryptotrader's http.json).

    Formats run (cryptofeed's files of one --venue), chains (Deribit's options), venue-histories,
    london-bars, perpetuals and positioning tell themselves which instruments RAW is of.
    """
    from bot.cli.importers import IMPORTERS, refuse

    unstated = form in UNSTATED
    inputs = [] if unstated else _inputs(given["raw"], given["files"], given)
    if unstated and given["files"]:
        raise UsageError("bot import --file", given["files"][0], "RAW", f"{form} needs no --file")
    if form == "hourly":
        refuse(inputs, "hourly", "no RAW", "name --bars, --mark and --funding")
    elif not (given["raw"] if unstated else inputs):
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
