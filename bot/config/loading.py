"""A configuration from its file, its text and the flags of the command line."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bot.config.checks import misfits
from bot.config.complaints import complaints_of
from bot.config.configuration import Config
from bot.config.document import Key, assign, leaves, read_file, read_tables
from bot.config.limits import desk_config
from bot.config.samples import with_samples
from bot.config.sections import File
from bot.config.tiers import with_tiers
from bot.errors import BotError, ConfigError
from bot.plugins.shipped import shipped

Override = tuple[Key, Any]
"""A key and the value that a flag of the command line gives it."""


def load(path: Path | None = None, overrides: Iterable[Override] = ()) -> Config:
    """A configuration file, or the shipped one for paper trading, checked whole.

    Raises the first ConfigError or PluginError, and says how many more there are.
    """
    config, errors = examine(path, overrides)
    if errors:
        raise _first(errors)
    assert config is not None
    return config


def examine(
    path: Path | None = None, overrides: Iterable[Override] = ()
) -> tuple[Config | None, list[BotError]]:
    """A configuration file and everything that is wrong with it."""
    path = shipped("config") / "paper.toml" if path is None else path
    try:
        return _examine(read_file(path), str(path), path.parent, overrides)
    except ConfigError as error:
        return None, [error]


def parse(text: str, where: str, folder: Path) -> Config:
    """A configuration from its text, such as the one that a session keeps."""
    config, errors = _examine(text, where, folder, ())
    if errors:
        raise _first(errors)
    assert config is not None
    return config


def _examine(
    text: str, where: str, folder: Path, overrides: Iterable[Override]
) -> tuple[Config | None, list[BotError]]:
    tables = read_tables(text, where)
    origins = dict.fromkeys((key for key, _ in leaves(tables)), "file")
    for key, value in overrides:
        tables = assign(tables, key, value, "--set")
        inner = leaves(value, key) if isinstance(value, dict) and value else [(key, value)]
        origins.update(dict.fromkeys((each for each, _ in inner), "flag"))
    tables = with_tiers(tables, where, folder)
    try:
        tables = with_samples(tables, where, folder)
    except ConfigError as error:
        return None, [error]
    try:
        file = File.model_validate(tables)
    except ValidationError as error:
        return None, [*complaints_of(error, where)]
    config = Config(file, where, folder, origins)
    errors: list[BotError] = [*misfits(file, where)]
    for check in (lambda: desk_config(file, where), config.strategies):
        try:
            check()
        except BotError as error:
            errors.append(error)
    return config, errors


def _first(errors: list[BotError]) -> BotError:
    first, *more = errors
    if more:
        first = type(first)(
            first.where,
            first.seen,
            first.expected,
            f"{first.fix} ({len(more)} more: `bot config check`)",
        )
    return first
