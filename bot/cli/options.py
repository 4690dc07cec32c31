"""Options that several verbs share."""

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.errors import UsageError, quoted

if TYPE_CHECKING:
    from bot.config.configuration import Config
    from bot.config.loading import Override
    from bot.recording.reader import Recording

config_option = click.option(
    "--config",
    "path",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The configuration; without it, the shipped one for paper trading.",
)
set_option = click.option(
    "--set",
    "assignments",
    multiple=True,
    metavar="KEY=VALUE",
    help="A value in place of the file's, such as risk.leverage_max=2; may be repeated.",
)
session_option = click.option(
    "--session",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The folder of a session; without it, the latest.",
)
sensitivity_option = click.option(
    "--sensitivity/--no-sensitivity",
    "sensitivity",
    default=None,
    help="Whether it is run again on other lines and in other queues.",
)


def overrides(assignments: Sequence[str]) -> "list[Override]":
    """The values that flags set; UsageError for one that is no KEY=VALUE."""
    from bot.config.document import read_assignment

    return [read_assignment(each) for each in assignments]


def loaded(path: Path | None, assignments: Sequence[str]) -> "Config":
    """The configuration that was named, with what flags set; ConfigError when it is wrong."""
    from bot.config.loading import load

    return load(path, overrides(assignments))


def require_recorded(recording: "Recording", instrument: str) -> None:
    """Raise UsageError for an instrument that a recording does not have."""
    known = sorted(recording.instruments)
    if instrument in known:
        return
    close = get_close_matches(instrument, known, n=1, cutoff=0.9)
    raise UsageError(
        "--instrument",
        quoted(instrument),
        "one of " + ", ".join(known),
        f"did you mean {close[0]}?" if close else "name one that is recorded",
    )
