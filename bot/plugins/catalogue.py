"""Strategies and signals by name, import path or file."""

import inspect
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from functools import partial
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Final

from msgspec import Struct

from bot.errors import quoted
from bot.plugins.house import house
from bot.plugins.modules import PluginError, broken, digest_of, load_file, load_module
from bot.plugins.shipped import shipped
from bot.signals.base import Watch
from bot.strategy.strategy import Strategy

STRATEGIES: Final = "bot.strategies"
SIGNALS: Final = "bot.signals"
_KINDS: Final[dict[str, tuple[type, str]]] = {
    STRATEGIES: (Strategy, "strategy"),
    SIGNALS: (Watch, "signal"),
}


class Plugin(Struct, frozen=True):
    """A class of somebody's, and where it comes from.

    origin: `bot`, `shipped`, `file`, `module` or the distribution that declares it. digest: of the
    file that defines it, so that a session can tell whether it runs the same.
    """

    name: str
    cls: type
    origin: str
    file: Path
    digest: str


class Found(Struct, frozen=True):
    """All that can be used by name, and what is there and cannot."""

    plugins: list[Plugin]
    broken: list[PluginError]


def strategy(use: str, folder: Path) -> Plugin:
    """The strategy that a configuration in `folder` asks for; PluginError when there is none."""
    return _plugin(STRATEGIES, use, folder)


def signal(use: str, folder: Path) -> Plugin:
    """The signal of that name, module or file; PluginError when there is none."""
    return _plugin(SIGNALS, use, folder)


def strategies() -> Found:
    """Every strategy that can be used by name."""
    return _found(STRATEGIES)


def signals() -> Found:
    """Every signal that can be used by name: the bot's own, and those that packages declare."""
    return _found(SIGNALS)


def _found(group: str) -> Found:
    plugins: dict[str, Plugin] = {}
    errors: list[PluginError] = []
    for name, load in _candidates(group):
        try:
            plugin = load()
            if name in plugins:
                raise PluginError(
                    f"{group} {name} of {plugin.origin}",
                    quoted(name),
                    f"another name: it is that of one from {plugins[name].origin}",
                    "use it by its module, or rename the entry point",
                )
            plugins[name] = plugin
        except PluginError as error:
            errors.append(error)
    return Found(list(plugins.values()), errors)


def _candidates(group: str) -> Iterator[tuple[str, Callable[[], Plugin]]]:
    """Names, and how each is loaded when somebody wants it."""
    if group == STRATEGIES:
        for path in sorted(shipped("strategies").glob("*.py")):
            yield path.stem, partial(_shipped, path)
    else:
        for name, cls in house().items():
            yield name, partial(_checked, SIGNALS, name, cls, "bot", cls.__module__)
    for entry in sorted(entry_points(group=group), key=lambda each: (each.name, each.value)):
        yield entry.name, partial(_entered, group, entry)


def _shipped(path: Path) -> Plugin:
    return _in_module(STRATEGIES, path.stem, load_file(path), "", "shipped")


def _entered(group: str, entry: EntryPoint) -> Plugin:
    origin = entry.dist.name if entry.dist else "a package"
    where = f"{group} {entry.name} of {origin}"
    try:
        cls = entry.load()
    except (Exception, SystemExit) as error:
        raise broken(where, error) from error
    return _checked(group, entry.name, cls, origin, where)


def _plugin(group: str, use: str, folder: Path) -> Plugin:
    place, _, cls = use.partition(":")
    if place.endswith(".py"):
        return _in_module(group, use, load_file(folder / Path(place).expanduser()), cls, "file")
    if "." in place or cls:
        return _in_module(group, use, load_module(place), cls, "module")
    names = []
    for name, load in _candidates(group):
        names.append(name)
        if name == use:
            return load()
    what = _KINDS[group][1]
    close = get_close_matches(use, names, n=1)
    raise PluginError(
        what,
        quoted(use),
        "one of " + ", ".join([*names, "file.py:Class", "package.module:Class"]),
        f"did you mean {close[0]}?"
        if close
        else f"`bot {group.partition('.')[2]} list` shows every {what}",
    )


def _in_module(group: str, name: str, module: ModuleType, cls: str, origin: str) -> Plugin:
    """A class of a module: the one that is named, else the only one that it defines."""
    base, what = _KINDS[group]
    where = str(module.__file__ or module.__name__)
    if cls:
        if not hasattr(module, cls):
            names = [each.__name__ for each in _defined(module, base)]
            close = get_close_matches(cls, names, n=1)
            raise PluginError(
                where,
                f"no {cls}",
                f"a {what}: " + (", ".join(names) or "it defines none"),
                f"did you mean {close[0]}?" if close else "name one that it defines",
            )
        return _checked(group, name, getattr(module, cls), origin, where)
    own = _defined(module, base)
    if len(own) != 1:
        raise PluginError(
            where,
            ", ".join(each.__name__ for each in own) or f"no {what}",
            f"one {what}",
            "add its class to the name, as in file.py:Class",
        )
    return _checked(group, name, own[0], origin, where)


def _defined(module: ModuleType, base: type) -> list[type]:
    return [
        each
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, base) and each.__module__ == module.__name__
    ]


def _checked(group: str, name: str, cls: object, origin: str, where: str) -> Plugin:
    base, what = _KINDS[group]
    if not (isinstance(cls, type) and issubclass(cls, base)):
        raise PluginError(
            where, quoted(str(cls)), f"a subclass of bot.{base.__name__}", f"name a {what}"
        )
    file = Path(inspect.getfile(cls))
    return Plugin(name, cls, origin, file, digest_of(file))
