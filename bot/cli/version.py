"""`bot version`: what runs here."""

import platform
import sqlite3
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed

import click

from bot import __version__
from bot.cli.output import emit_json, json_option

LIBRARIES = ("ccxt", "aiohttp", "pydantic", "msgspec", "numpy", "numba", "pyarrow")


def versions() -> dict[str, str]:
    """The bot, Python, SQLite, the machine and the libraries that matter."""
    found = {
        "bot": __version__,
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "sqlite": sqlite3.sqlite_version,
    }
    for name in LIBRARIES:
        try:
            found[name] = installed(name)
        except PackageNotFoundError:
            found[name] = "missing"
    return found


@click.command()
@json_option
def version(as_json: bool) -> None:
    """The version of the bot and of what it runs on."""
    found = versions()
    if as_json:
        emit_json(found)
        return
    for name, each in found.items():
        click.echo(f"{name} {each}")
