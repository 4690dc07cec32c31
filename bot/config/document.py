"""TOML in and out: tables as nested dicts, numbers with a point as the decimals they are.

What is written is one line a value with its whole key, `risk.accounts.sim.leverage_max = "3"`:
that is TOML too, and reads back as the same tables.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from bot.errors import ConfigError, UsageError, quoted

Tables = dict[str, Any]
Key = tuple[str, ...]

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_AT_LINE: Final = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")
_ESCAPES: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def read_file(path: Path) -> str:
    """The text of a configuration file; ConfigError when there is none that can be read."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError as error:
        raise ConfigError(
            str(path), "nothing", "a configuration file", "correct the path, or leave it out"
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(
            str(path), f"byte {error.start} that is no UTF-8", "text", "save the file as UTF-8"
        ) from error
    except OSError as error:
        raise ConfigError(
            str(path), str(error.strerror), "a file that can be read", "correct path or permissions"
        ) from error


def read_tables(text: str, where: str) -> Tables:
    """The tables in a text; ConfigError at the first line that is no TOML."""
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        found = _AT_LINE.search(str(error))
        lines = text.splitlines() or [""]
        number = int(found[1]) if found and found[1] else len(lines)
        raise ConfigError(
            f"{where} line {number}",
            quoted(lines[min(number, len(lines)) - 1].strip()[:80]),
            f"TOML ({_AT_LINE.sub('', str(error))})",
            'write `key = value`, text in "quotes"',
        ) from error


def read_assignment(text: str) -> tuple[Key, Any]:
    """A `key=value` of the command line; a value that is no TOML is taken as text."""
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise UsageError(
            "--set", quoted(text), "key=value", 'write --set risk.leverage_max="2" or the like'
        )
    for candidate in (text, f"{key} = {_quote(value.strip())}"):
        try:
            tables: Any = tomllib.loads(candidate, parse_float=Decimal)
        except tomllib.TOMLDecodeError:
            continue
        path: Key = ()
        while isinstance(tables, dict) and len(tables) == 1:
            (name,) = tables
            path, tables = (*path, name), tables[name]
        return path, tables
    raise UsageError("--set", quoted(text), "key=value", 'write risk.total."a:b" for odd names')


def assign(tables: Tables, key: Key, value: Any, where: str) -> Tables:
    """The tables with one value set."""
    if not key:
        return value if isinstance(value, dict) else tables
    name, *rest = key
    inner = tables.get(name, {})
    if rest and not isinstance(inner, dict):
        raise UsageError(where, key_text(key), f"a key below {name}", f"{name} is a value")
    return {**tables, name: assign(inner, tuple(rest), value, where) if rest else value}


def leaves(tables: Mapping[str, Any], above: Key = ()) -> Iterator[tuple[Key, Any]]:
    """Every value with its whole key; an empty table is a value."""
    for name, value in tables.items():
        if isinstance(value, Mapping) and value:
            yield from leaves(value, (*above, name))
        else:
            yield (*above, name), value


def key_text(key: Key) -> str:
    """A key as TOML spells it: `fees."sim:BTC/USDT".maker`."""
    return ".".join(part if _BARE.fullmatch(part) else _quote(part) for part in key)


def value_text(value: Any) -> str:
    """A value as TOML spells it."""
    if isinstance(value, str):
        return _quote(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        pairs = (f"{key_text((name,))} = {value_text(each)}" for name, each in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(value_text, value)) + "]"
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)


def _quote(text: str) -> str:
    escaped = "".join(_ESCAPES.get(sign, sign) for sign in text)
    return '"' + re.sub(r"[\x00-\x1f\x7f]", lambda m: f"\\u{ord(m[0]):04x}", escaped) + '"'
