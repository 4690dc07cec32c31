"""A signal as somebody states it: on a command line, or as a table of a TOML file.

    OrderFlowImbalance:binanceusdm:BTC/USDT:USDT,half_life_s=10
    burst.py:TradeBurst:binanceusdm:BTC/USDT:USDT,fade_s=5

The name is one of the house's, an entry point, `file.py:Class` or `package.module:Class`; the
instrument follows, and parameters by name. A parameter that is a signal itself is stated the same
way, in a table as `{ use = "...", instrument = "..." }`. `output` names the output that is meant.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import UnionType
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Struct

from bot.errors import UsageError, quoted
from bot.plugins.catalogue import signal
from bot.plugins.parameters import describe, parameters_of
from bot.signals.base import Watch
from bot.strategy.sight import Universe

_CLASS: Final = re.compile(r"_?[A-Z]\w*")
_PLAIN: Final = re.compile(r"[A-Za-z_][\w:/.\-]*")


class Stated(Struct, frozen=True):
    """A signal, a name for it, and which of its outputs is meant; None: the main one."""

    name: str
    watch: Watch
    output: str | None = None


def read_stated(texts: list[str], folder: Path) -> list[Stated]:
    """Signals as a command line states them, or TOML files of them, each under its own name.

    folder: where relative paths begin. UsageError or PluginError when one cannot be made.
    """
    found: list[Stated] = []
    for text in texts:
        found += _file(folder / text) if text.endswith(".toml") else [_one(text, folder)]
    counts: dict[str, int] = {}
    named = []
    for one in found:
        counts[one.name] = counts.get(one.name, 0) + 1
        suffix = f"-{counts[one.name]}" if counts[one.name] > 1 else ""
        named.append(Stated(one.name + suffix, one.watch, one.output))
    return named


def _one(text: str, folder: Path) -> Stated:
    head, *terms = _split(text)
    use, instrument = _head(head)
    values = dict(_term(each) for each in terms)
    if instrument:
        values.setdefault("instrument", instrument)
    output = values.pop("output", None)
    watch = _made(use, values, f"--signal {use}", folder)
    return Stated(type(watch).__name__, watch, output)


def _file(path: Path) -> list[Stated]:
    """The signals of `[signals.NAME]` tables."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(
            "--signal", str(path), "a file that can be read", "correct the path"
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError(str(path), quoted(str(error)), "TOML", "correct it") from error
    named = tables.get("signals")
    if not isinstance(named, dict) or not all(isinstance(one, dict) for one in named.values()):
        raise UsageError(str(path), "no signals", "tables [signals.NAME] with use", "add one")
    found = []
    for name, table in named.items():
        values = dict(table)
        output = values.pop("output", None)
        where = f"{path} signals.{name}"
        found.append(Stated(name, _table(values, where, path.parent), output))
    return found


def _table(table: Mapping[str, Any], where: str, folder: Path) -> Watch:
    values = dict(table)
    use = values.pop("use", None)
    if not isinstance(use, str):
        raise UsageError(f"{where}.use", quoted(use), "the name of a signal", "add it")
    return _made(use, values, where, folder)


def _made(use: str, given: Mapping[str, Any], where: str, folder: Path) -> Watch:
    """A watch with these parameters, that wakes nobody unless it says so."""
    cls: type[Watch] = signal(use, folder).cls
    known = parameters_of(cls)
    for name in given:
        if name not in known:
            fix = f"`bot signals list {use}` tells what they mean"
            raise UsageError(f"{where}.{name}", quoted(name), "one of " + ", ".join(known), fix)
    given = {"wake": 0.0, **given}
    lacking = [one for one in known.values() if one.required and one.name not in given]
    if lacking:
        more = ", and " + ", ".join(one.name for one in lacking[1:]) if lacking[1:] else ""
        first = lacking[0]
        raise UsageError(f"{where}.{first.name}", "nothing", first.expected, f"add it{more}")
    values = {
        name: _value(known[name].hint, value, f"{where}.{name}", folder)
        for name, value in given.items()
    }
    try:
        return cls(**values)
    except (ValueError, TypeError) as error:
        raise UsageError(where, quoted(str(error)), "parameters that fit", "correct it") from error


def _value(hint: Any, value: Any, where: str, folder: Path) -> Any:
    """A parameter as the signal wants it; signals within are made, too."""
    kinds = [one for one in _kinds(hint) if isinstance(one, type)]
    if value == "none" and type(None) in kinds:
        return None
    if isinstance(value, Mapping) and "use" in value:
        return _table(value, where, folder)
    if isinstance(value, str) and any(issubclass(one, Watch) for one in kinds):
        return _one(value, folder).watch
    if isinstance(value, list) and (of := _within(hint)) is not None:
        return tuple(_value(of, each, where, folder) for each in value)
    if isinstance(value, Mapping) and where.endswith(".instrument"):
        return _converted(Universe, value, where)
    if isinstance(value, Mapping):
        for kind in kinds:
            if issubclass(kind, Struct) and not issubclass(kind, Watch):
                hints = get_type_hints(kind)
                parts = {
                    name: _value(hints[name], each, f"{where}.{name}", folder)
                    for name, each in value.items()
                    if name in hints
                }
                return kind(**parts)
    return _converted(hint, value, where)


def _converted(hint: Any, value: Any, where: str) -> Any:
    try:
        return msgspec.convert(value, hint)
    except msgspec.ValidationError as error:
        plainly = str(error).replace("`", "").replace(" - at $", "")
        raise UsageError(
            where, quoted(value), describe(hint), plainly[0].lower() + plainly[1:]
        ) from error


def _kinds(hint: Any) -> Iterator[Any]:
    """A type, or those of a union."""
    if get_origin(hint) in (Union, UnionType):
        for one in get_args(hint):
            yield from _kinds(one)
    else:
        yield hint


def _within(hint: Any) -> Any:
    """What a tuple of signals, or of tables with signals, is made of; None: another type."""
    for kind in _kinds(hint):
        if get_origin(kind) in (tuple, list):
            inner = get_args(kind)[0]
            if isinstance(inner, type) and issubclass(inner, Struct):
                return inner
    return None


def _head(head: str) -> tuple[str, str]:
    """The name of a signal and of its instrument: `Name`, or `place:Class`, then `venue:symbol`."""
    use, _, rest = head.partition(":")
    cls, colon, instrument = rest.partition(":")
    if _CLASS.fullmatch(cls):
        return f"{use}:{cls}", instrument
    return use, cls + colon + instrument


def _term(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not (name and equals and value):
        raise UsageError("--signal", quoted(text), "name=value", "write half_life_s=10")
    try:
        return name.strip(), tomllib.loads(f"v = {value}")["v"]
    except tomllib.TOMLDecodeError:
        if _PLAIN.fullmatch(value):
            return name.strip(), value
        raise UsageError(
            f"--signal {name}", quoted(value), "a number, a word or TOML", "put it in quotes"
        ) from None


def _split(text: str) -> list[str]:
    """Cut at commas that stand in no brackets and no quotes."""
    parts, depth, quote = [""], 0, ""
    for one in text:
        if quote:
            quote = "" if one == quote else quote
        elif one in "\"'":
            quote = one
        elif one in "[{":
            depth += 1
        elif one in "]}":
            depth -= 1
        elif one == "," and depth == 0:
            parts.append("")
            continue
        parts[-1] += one
    return parts
