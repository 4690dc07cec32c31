"""`bot signals`: what there is, what it says over a recording, and what that is worth."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.options import config_option, loaded, set_option
from bot.cli.output import emit_json, emit_table, json_option, moment, talk
from bot.cli.progress import Watched, progress
from bot.cli.signal_options import PATH, SECONDS, signal_option
from bot.cli.verbs import Parts
from bot.cli.worth import evaluate
from bot.errors import UsageError
from bot.model.units import NS_PER_SECOND, InstrumentId

if TYPE_CHECKING:
    from bot.modes.observed import Clock
    from bot.plugins.documents import Document


@click.group(cls=Parts)
def signals() -> None:
    """List signals, compute them over a recording, and measure what they are worth."""


signals.add_command(evaluate)


@signals.command("list")
@click.argument("name", required=False)
@json_option
def list_(name: str | None, as_json: bool) -> None:
    """Every signal in a line, or NAME (a name, file.py[:Class] or package.module:Class) in full."""
    from bot.plugins.catalogue import signal
    from bot.plugins.catalogue import signals as every
    from bot.plugins.documents import document

    if name is not None:
        one = document(signal(name, Path()))
        if as_json:
            emit_json(one)
        else:
            click.echo(whole(one))
        return
    found = every()
    told = [document(each) for each in found.plugins]
    if as_json:
        emit_json({"signals": told, "broken": [str(each) for each in found.broken]})
        return
    emit_table(
        ("name", "origin", "unit", "about"),
        [(each.name, each.origin, each.unit, each.about) for each in told],
    )
    for error in found.broken:
        talk(f"warning: {error}")


def whole(one: "Document") -> str:
    """A signal's documentation as text."""
    lines = [f"{one.name}: {one.about}", ""]
    if one.text:
        lines += [*_wrapped(one.text), ""]
    facts: list[tuple[str, str]] = [
        ("unit", one.unit),
        ("sign", one.sign or "it does not say"),
        ("source", one.source or "it does not say"),
        ("outputs", ", ".join(one.outputs)),
        ("defined in", one.where),
    ]
    lines += [f"{label:<12}{value}" for label, value in facts]
    lines += ["", "parameters:"]
    width = max(len(each.name) for each in one.parameters)
    for each in one.parameters:
        default = "must be given" if each.default is None else f"default {each.default}"
        about = f": {each.about}" if each.about else ""
        lines.append(f"  {each.name:<{width}}  {each.expected}, {default}{about}")
    return "\n".join(lines)


def _wrapped(text: str) -> list[str]:
    from textwrap import wrap

    return wrap(text, 100)


@signals.command()
@click.argument("recordings", nargs=-1, required=True, type=PATH)
@signal_option
@config_option
@set_option
@click.option("--step", "step_s", type=SECONDS, help="Look every so many seconds; default 1.")
@click.option("--changes", is_flag=True, help="Look whenever a signal says something else.")
@click.option("--messages", metavar="INSTRUMENT", help="Look after each message of it.")
@click.option("--out", required=True, type=PATH, help="The folder of the files and the page.")
@json_option
def compute(
    recordings: tuple[Path, ...],
    specs: tuple[str, ...],
    path: Path | None,
    assignments: tuple[str, ...],
    step_s: float | None,
    changes: bool,
    messages: str | None,
    out: Path,
    as_json: bool,
) -> None:
    """What signals said over RECORDINGS: Parquet and CSV of each, and one page with plots."""
    from bot.cli import signal_runs
    from bot.modes.observing import Plan, observe
    from bot.report.series import write_series
    from bot.report.signals import series_page, write_page

    clock = _clock(step_s, changes, messages)
    stated = signal_runs.stated(specs)
    config = loaded(path, assignments) if path is not None or assignments else None
    more = [] if messages is None else [InstrumentId(messages)]
    recording, sources, terms = signal_runs.opened(recordings, stated, config, more)
    plans = [Plan(one.name, one.watch, clock) for one in stated]
    with progress("compute") as shown:
        watched = sources if shown is None else [Watched(each, shown) for each in sources]
        series = observe(watched, terms, plans)
    told = signal_runs.told(stated)
    files = write_series(series, out)
    said = {
        "recording": ", ".join(map(str, recordings)),
        "from": moment(recording.span[0]) + " UTC",
        "to": moment(recording.span[1]) + " UTC",
        "looked at": signal_runs.words_of(clock),
    }
    page = out / "signals.html"
    write_page(page, series_page(series, signal_runs.spread(told, series), said))
    if as_json:
        emit_json(
            {
                "page": page,
                "files": files,
                "signals": [
                    {"name": one.name, "looks": len(one.times), "last": one.last} for one in series
                ],
            }
        )
        return
    emit_table(
        ("signal", "looks", "known", "last", "unit"),
        [
            (
                one.name,
                len(one.times),
                int((one.value == one.value).sum()),
                None if one.last.value is None else f"{one.last.value:.6g}",
                one.watch.unit,
            )
            for one in series
        ],
    )
    talk(f"{len(files)} files and {page}")


def _clock(step_s: float | None, changes: bool, messages: str | None) -> "Clock":
    """When to look; UsageError for two answers."""
    from bot.modes.observed import Changes, Every, Messages

    given = [
        name
        for name, said in (("--step", step_s), ("--changes", changes), ("--messages", messages))
        if said
    ]
    if len(given) > 1:
        raise UsageError("bot signals", " and ".join(given), "one of them", "leave the others out")
    if changes:
        return Changes()
    if messages is not None:
        return Messages(InstrumentId(messages))
    return Every(max(1, round((step_s or 1.0) * NS_PER_SECOND)))
