"""Strategies of a configuration: their classes found, their parameters checked."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from bot.config.complaints import said_by, seen, unknown_key
from bot.config.document import key_text
from bot.config.sections import File
from bot.errors import ConfigError
from bot.model.units import StrategyName
from bot.plugins.catalogue import Plugin, strategy
from bot.plugins.modules import PluginError
from bot.plugins.parameters import convert, parameters_of
from bot.strategy.strategy import Strategy


class Chosen(Struct, frozen=True):
    """A strategy of the configuration, ready to be asked."""

    name: StrategyName
    plugin: Plugin
    strategy: Strategy


def chosen(file: File, where: str, folder: Path) -> tuple[Chosen, ...]:
    """The enabled strategies, by name; ConfigError or PluginError at the first that is wrong.

    folder: where relative paths of plugin files begin.
    """
    found = []
    for name, section in sorted(file.strategies.items()):
        if section.enabled:
            place = f"{where} {key_text(('strategies', name))}"
            try:
                plugin = strategy(section.use, folder)
            except PluginError as error:
                found_at = f"{place}.use {error.where}"
                raise PluginError(found_at, error.seen, error.expected, error.fix) from error
            given = section.__pydantic_extra__
            made = build(plugin.cls, given, place)
            found.append(Chosen(StrategyName(name), plugin, made))
    return tuple(found)


def build(cls: type[Any], given: Mapping[str, Any], where: str) -> Strategy:
    """A strategy with these parameters; ConfigError names the section and key that is wrong."""
    known = parameters_of(cls)
    for name in given:
        if name not in known:
            file, _, section = where.partition(" ")
            key = (*section.split("."), name)
            raise unknown_key(file, key, known)
    missing = [each for each in known.values() if each.required and each.name not in given]
    if missing:
        first, *more = missing
        raise ConfigError(
            f"{where}.{first.name}",
            "nothing",
            first.expected,
            "add it" + (", and " + ", ".join(each.name for each in more) if more else ""),
        )
    values = {}
    for name, value in given.items():
        try:
            values[name] = convert(known[name], value)
        except ValueError as error:
            raise ConfigError(
                f"{where}.{name}", seen(value), known[name].expected, _plainly(error)
            ) from error
    try:
        made: Strategy = cls(**values)
    except (ValueError, TypeError) as error:
        raise said_by(error, where) from error
    return made


def defaults_of(plugin: Plugin, given: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters that a section leaves to the class, as values of a file."""
    return {
        name: "none" if each.default is None else msgspec.to_builtins(each.default)
        for name, each in parameters_of(plugin.cls).items()
        if name not in given and not each.required
    }


def _plainly(error: ValueError) -> str:
    """What was wrong, in the words of whoever refused it."""
    text = str(error).replace("`", "").replace(" - at $", "")
    return text[0].lower() + text[1:]
