"""Options that the verbs of `bot signals` share."""

from pathlib import Path
from typing import Final

import click

PATH: Final = click.Path(path_type=Path)
SECONDS: Final = click.FloatRange(min=0, min_open=True)

signal_option = click.option(
    "--signal",
    "specs",
    multiple=True,
    metavar="SPEC",
    help="Name:venue:symbol,parameter=value, or a TOML file with [signals.NAME] tables.",
)
