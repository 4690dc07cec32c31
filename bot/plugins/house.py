"""The bot's own signals, found where they are written."""

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pkgutil import walk_packages
from typing import Final

import bot.signals
from bot.signals.base import Watch

_ROOM: Final = f"{bot.signals.__name__}."
_BASES: Final = ("GaugeWatch", "KernelWatch", "PlainWatch")
"""What others derive from, whether or not one of ours does."""


@cache
def house() -> dict[str, type[Watch]]:
    """Every signal of the room by name; what others derive from is none itself."""
    for module in walk_packages(bot.signals.__path__, _ROOM):
        import_module(module.name)
    found = {
        each.__name__: each
        for each in _below(Watch)
        if each.__name__ not in _BASES
        and not each.__name__.startswith("_")
        and not any(map(_ours, each.__subclasses__()))
    }
    return dict(sorted(found.items()))


def _below(base: type[Watch]) -> Iterator[type[Watch]]:
    for each in base.__subclasses__():
        if _ours(each):
            yield each
            yield from _below(each)


def _ours(cls: type) -> bool:
    return cls.__module__.startswith(_ROOM)
