"""The drawing, checked: which room imports which, and what a strategy may know."""

import sys
from collections.abc import Iterator, Mapping

from tests.architecture.source import Source

Rooms = Mapping[str, frozenset[str]]

# Whoever decides must not see a clock, a wire, a file or a die.
EFFECTS = (
    {"time", "datetime", "zoneinfo", "sched", "signal", "platform", "locale", "getpass"}
    | {"random", "secrets", "uuid"}
    | {"asyncio", "concurrent", "threading", "multiprocessing", "queue", "subprocess"}
    | {"os", "io", "pathlib", "glob", "shutil", "tempfile", "mmap", "fcntl", "sqlite3"}
    | {"socket", "socketserver", "select", "selectors", "ssl", "http", "urllib"}
    | {"logging", "importlib", "ctypes"}
)
# The rest of the standard library may be used in a pure room, and of other people's code only this.
PURE_LIBRARIES = frozenset({"msgspec", "numpy", "numba"})
STRATEGY_LIBRARIES = frozenset(
    {"__future__", "collections", "dataclasses", "decimal", "enum", "math", "typing", "numpy"}
)


def wrong_rooms(source: Source, rooms: Rooms) -> Iterator[str]:
    """Imports that the drawing does not have, and rooms that it does not have."""
    if source.room not in rooms:
        yield source.complaint(1, f"the room {source.room!r} is not in the drawing")
        return
    for line, name in source.imports:
        if name.startswith("."):
            yield source.complaint(line, f"imports {name} relatively; say where it is from")
        if not name.startswith("bot."):
            continue
        target = name.split(".")[1]
        if target not in rooms:
            continue  # a name of `bot/__init__` itself, such as `bot.__version__`
        if target not in (source.room, "errors") and target not in rooms[source.room]:
            yield source.complaint(line, f"{source.room} may not import {target}")


def impure_imports(source: Source, exempt: frozenset[str] = frozenset()) -> Iterator[str]:
    """Modules that a pure room may not import. exempt: what this one file may, and why it may."""
    for line, name in source.imports:
        first = name.split(".")[0]
        if first in ("bot", "") or first in exempt:
            continue
        foreign = first not in sys.stdlib_module_names and first not in PURE_LIBRARIES
        if first in EFFECTS or foreign:
            yield source.complaint(line, f"a pure room may not import {first}")


def strategy_imports(source: Source, rooms: Rooms) -> Iterator[str]:
    """A strategy knows `bot` and nothing below it, so that rooms can change behind it."""
    for line, name in source.imports:
        first, *rest = name.split(".")
        vocabulary = first == "bot" and len(rest) <= 1 and not rooms.keys() & rest
        if not vocabulary and first not in STRATEGY_LIBRARIES:
            yield source.complaint(line, f"a strategy may not import {name}")


def cycle(rooms: Rooms) -> list[str]:
    """A round trip in the drawing, if it has one."""
    done: set[str] = set()

    def visit(room: str, path: tuple[str, ...]) -> list[str]:
        if room in path:
            return [*path[path.index(room) :], room]
        if room in done:
            return []
        done.add(room)
        for below in sorted(rooms[room]):
            if found := visit(below, (*path, room)):
                return found
        return []

    return next((found for room in sorted(rooms) if (found := visit(room, ()))), [])
