"""`bot doctor`: whether this machine is fit to trade, and what to do where it is not."""

import enum
import os
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click
from msgspec import Struct

from bot.cli.options import config_option
from bot.cli.output import emit_json, emit_table, json_option, talk
from bot.errors import BotError, PreflightError

OLDEST_PYTHON: Final = (3, 11)
WAL_RESET_FIXED: Final = (3, 51, 3)
"""Before this SQLite, a reset of the log can race with a writer of another connection."""
ROOM_MIN: Final = 200 * 1024 * 1024
ROOM_LOW: Final = 2 * 1024 * 1024 * 1024


class Verdict(enum.StrEnum):
    """How a check went; a warning does not fail the whole."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


class Check(Struct, frozen=True):
    """One thing that was looked at. fix: what to do; empty when nothing."""

    name: str
    verdict: Verdict
    seen: str
    fix: str = ""


@click.command()
@config_option
@click.option(
    "--recordings",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Check these recordings too; without it, ./recordings where there is one.",
)
@json_option
def doctor(path: Path | None, recordings: Path | None, as_json: bool) -> None:
    """Look at Python, SQLite, clock, disk, kernels, configuration and recordings."""
    checks = list(_checks(path, recordings))
    failed = [check for check in checks if check.verdict is Verdict.FAILED]
    if as_json:
        emit_json({"ok": not failed, "checks": checks})
    else:
        emit_table(
            ("check", "verdict", "seen"), [(each.name, each.verdict, each.seen) for each in checks]
        )
        for each in checks:
            if each.fix:
                talk(f"{each.name}: {each.fix}")
    if failed:
        names = ", ".join(check.name for check in failed)
        raise PreflightError("doctor", names, "every check to pass", failed[0].fix)


def _checks(config: Path | None, recordings: Path | None) -> Iterator[Check]:
    yield python(sys.version_info[:3], sys.implementation.name)
    yield sqlite(sqlite3.sqlite_version)
    yield _clock()
    yield _kernels()
    yield room("disk", Path.cwd())
    yield _config(config)
    here = Path("recordings")
    if recordings is not None or here.is_dir():
        yield _recordings(recordings or here)


def python(version: tuple[int, ...], implementation: str) -> Check:
    """CPython, and not too old."""
    seen = f"{implementation} {'.'.join(map(str, version))}"
    if implementation == "cpython" and version >= OLDEST_PYTHON:
        return Check("python", Verdict.OK, seen)
    return Check("python", Verdict.FAILED, seen, "install CPython 3.11 or newer")


def sqlite(version: str) -> Check:
    """The journal's engine."""
    if tuple(map(int, version.split("."))) >= WAL_RESET_FIXED:
        return Check("sqlite", Verdict.OK, version)
    return Check(
        "sqlite",
        Verdict.WARNING,
        version,
        "before 3.51.3 a reset of the write-ahead log can race with another connection; the bot "
        "keeps to one, so open no running session's journal with other programs",
    )


def clock_check(wall_ns: int, oldest_ns: int) -> Check:
    """A clock that says it is before the bot was installed is wrong."""
    from bot.cli.output import moment

    seen = moment(wall_ns)
    if wall_ns >= oldest_ns:
        return Check("clock", Verdict.OK, f"{seen} UTC")
    fix = "set the clock, and let a time service keep it: venues refuse orders of another time"
    return Check("clock", Verdict.FAILED, f"{seen} UTC, before the bot was installed", fix)


def room(name: str, folder: Path) -> Check:
    """Space where sessions are written."""
    free = shutil.disk_usage(folder).free
    seen = f"{free / 1e9:.1f} GB free in {folder}"
    if not os.access(folder, os.W_OK):
        return Check(name, Verdict.FAILED, f"{folder} cannot be written", "run it elsewhere")
    if free < ROOM_MIN:
        return Check(name, Verdict.FAILED, seen, "free some space: a full disk stops trading")
    if free < ROOM_LOW:
        return Check(name, Verdict.WARNING, seen, "a session may write gigabytes in a day")
    return Check(name, Verdict.OK, seen)


def _clock() -> Check:
    import bot
    from bot.modes.clock import WALL

    return clock_check(WALL(), Path(bot.__file__).stat().st_mtime_ns)


def _kernels() -> Check:
    """Whether compiled kernels can be kept, without which every start takes half a minute."""
    from bot.kernel.decorator import cache_folder

    folder = cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return Check("kernels", Verdict.OK, f"cache in {folder}")
    except OSError as error:
        return Check(
            "kernels",
            Verdict.FAILED,
            f"{folder}: {error.strerror}",
            "let it be written, or set BOT_KERNEL_CACHE to a folder that can be",
        )


def _config(path: Path | None) -> Check:
    from bot.config.loading import examine

    config, errors = examine(path)
    if errors:
        return Check("config", Verdict.FAILED, str(errors[0]), errors[0].fix)
    assert config is not None
    return Check("config", Verdict.OK, f"{config.where}, {config.file.mode}")


def _recordings(root: Path) -> Check:
    from bot.recording.inspect import list_recordings

    if not root.is_dir():
        return Check("recordings", Verdict.FAILED, f"no folder {root}", "correct the path")
    try:
        found = list_recordings(root)
    except BotError as error:
        return Check("recordings", Verdict.FAILED, str(error), error.fix)
    damaged = [each for each in found if each.damage]
    if damaged:
        seen = f"{len(damaged)} of {len(found)} damaged: {damaged[0].damage}"
        return Check("recordings", Verdict.FAILED, seen, "import the damaged ones again")
    return Check("recordings", Verdict.OK, f"{len(found)} in {root}")
