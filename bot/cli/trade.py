"""`bot run` and `bot replay`: the two ways to make strategies decide."""

import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from bot.cli.options import (
    config_option,
    loaded,
    require_recorded,
    sensitivity_option,
    set_option,
)
from bot.cli.output import emit_json, json_option, output, talk
from bot.cli.progress import Watched, progress
from bot.cli.sensitive import with_sensitivity
from bot.errors import ConfigError, UsageError, quoted
from bot.model.units import InstrumentId

if TYPE_CHECKING:
    from bot.config.configuration import Config
    from bot.modes.result import Result

PATH: Final = click.Path(path_type=Path)
_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_UNIT_S: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def seconds(text: str | None) -> float | None:
    """A span such as `20s`, `5m` or `1h`; None stays None."""
    if text is None:
        return None
    found = _DURATION.fullmatch(text)
    if found is None or not float(found[1]):
        raise UsageError("bot run --for", quoted(text), "a time such as 20s, 5m or 1h", "write it")
    return float(found[1]) * _UNIT_S[found[2]]


@click.command()
@config_option
@set_option
@click.option("--for", "duration", metavar="TIME", help="Stop after 20s, 5m, 1h ...")
@click.option("--session", type=PATH, metavar="DIR", help="Where it is kept; resumed if there.")
@click.option("--live", is_flag=True, help="Trade with money; the configuration must say so too.")
@click.option("--yes", is_flag=True, help="Do not ask before trading live.")
@json_option
def run(
    path: Path | None,
    assignments: tuple[str, ...],
    duration: str | None,
    session: Path | None,
    live: bool,
    yes: bool,
    as_json: bool,
) -> int:
    """Trade: on paper, unless the configuration and --live both say otherwise."""
    del yes  # nothing to ask while nothing is live
    until_s = seconds(duration)
    config = loaded(path, assignments)
    if live or config.file.mode != "paper":
        said = "--live" if live else f'mode "{config.file.mode}"'
        raise ConfigError(
            f"{config.where} mode",
            said,
            '"paper": this version has no adapter of a real venue',
            "leave --live out" if live else "set mode to paper, or use `bot replay`",
        )
    from bot.modes.paper import run as trade_on_paper

    screen = not (as_json or output().quiet)
    result = trade_on_paper(config, session=session, duration_s=until_s, screen=screen)
    _tell(result, as_json, {"session": result.session, "run": result.run})
    for warning in result.warnings:
        talk(f"warning: {warning}")
    talk(f"session {result.session}")
    if config.file.report.enabled:
        _report(result, Path(result.session) / "report.html")
    return result.exit_code


@click.command()
@click.argument("recordings", nargs=-1, type=PATH)
@config_option
@set_option
@click.option("--instrument", "instruments", multiple=True, help="Only these; may be repeated.")
@click.option("--verify", type=PATH, metavar="SESSION", help="Decide a session again and compare.")
@click.option("--report", type=PATH, metavar="FILE", help="Write an HTML report there.")
@click.option("--rows", type=click.IntRange(min=1), help="Rows a block; it changes no outcome.")
@sensitivity_option
@json_option
def replay(
    recordings: tuple[Path, ...],
    path: Path | None,
    assignments: tuple[str, ...],
    instruments: tuple[str, ...],
    verify: Path | None,
    report: Path | None,
    rows: int | None,
    sensitivity: bool | None,
    as_json: bool,
) -> None:
    """Run the strategies of a configuration over RECORDINGS; the same each time.

    With --report it is run again on other lines and in other queues, to see what depends on
    them: eleven times more, on all processors; --no-sensitivity leaves that out.
    """
    if verify is not None:
        if recordings:
            raise UsageError(
                "bot replay --verify", str(recordings[0]), "no recordings", "a session has its own"
            )
        _verify(verify, as_json)
        return
    if not recordings:
        raise UsageError(
            "bot replay", "no recording", "RECORDINGS or --verify SESSION", "name a folder"
        )
    config = _replayed(path, assignments)
    asked = report is not None if sensitivity is None else sensitivity
    result = _replay(config, recordings, instruments, rows, sensitive=asked)
    _tell(result, as_json, {})
    if report is not None:
        _report(result, report)


def _replay(
    config: "Config",
    paths: tuple[Path, ...],
    names: tuple[str, ...],
    rows: int | None,
    *,
    sensitive: bool,
) -> "Result":
    from bot.modes.replay import run as replay_tape
    from bot.modes.setup import of
    from bot.recording.reader import Recording

    recording = Recording.open(paths)
    for name in names:
        require_recorded(recording, name)
    sources = recording.sources([InstrumentId(name) for name in names] or None)
    make = partial(of, config, [source.instrument for source in sources], "replay")
    with progress("replay") as shown:
        watched = sources if shown is None else [Watched(each, shown) for each in sources]
        result = replay_tape(make(), watched, rows=rows)
    return with_sensitivity(result, make, sources, again=False) if sensitive else result


def _verify(session: Path, as_json: bool) -> None:
    """Tell what deciding a session again came to; DataError where it differs."""
    from bot.modes.verify import verify_session

    verified = verify_session(session)
    if as_json:
        emit_json(verified)
    else:
        click.echo(f"{verified.records:,} records of {verified.runs} runs came out the same")
        talk(f"{verified.lost} cannot be derived again, {verified.ahead} came after the journal")
    verified.require_equal(session)


def _replayed(path: Path | None, assignments: tuple[str, ...]) -> "Config":
    if path is None:
        raise UsageError(
            "bot replay --config", "nothing", "the strategies and limits to replay", "name a file"
        )
    return loaded(path, assignments)


def _tell(result: "Result", as_json: bool, more: dict[str, Any]) -> None:
    from bot.report.text import screen, summary

    if as_json:
        emit_json(summary(result) | more)
    else:
        click.echo(screen(result), nl=False)


def _report(result: "Result", path: Path) -> None:
    from bot.report.html import write

    write(result, path)
    talk(f"report {path}")
