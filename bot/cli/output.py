"""How verbs answer: data on stdout, talk on stderr, `--json` where there is something to say."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import click

_Function = TypeVar("_Function", bound=Callable[..., Any])

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON value.")


@dataclass(frozen=True)
class Output:
    """What `bot` itself was told before the verb."""

    debug: bool = False
    quiet: bool = False


def talk(text: str) -> None:
    """Say something to the person; `--quiet` keeps it back."""
    if not output().quiet:
        click.echo(text, err=True)


def output() -> Output:
    """The options of `bot` itself."""
    context = click.get_current_context(silent=True)
    found = context.find_object(Output) if context is not None else None
    return found or Output()


def emit_json(value: Any) -> None:
    """Print a value as JSON: exact numbers and paths as text, unknown as null."""
    import msgspec

    click.echo(msgspec.json.encode(value, enc_hook=_plain).decode())


def emit_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows under their columns; numbers stand to the right."""
    lines = [list(map(_cell, row)) for row in rows]
    if not lines:
        return
    numeric = [all(_is_number(line[at]) for line in lines) for at in range(len(columns))]
    widths = [max(len(cell) for cell in column) for column in zip(columns, *lines, strict=True)]
    for line in [list(columns), *lines]:
        cells = (
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(line, widths, numeric, strict=True)
        )
        click.echo("  ".join(cells).rstrip())


def moment(ns: int | None) -> str:
    """A time as people read it, UTC."""
    if ns is None:
        return "-"
    whole, rest = divmod(ns, 1_000_000_000)
    text = datetime.fromtimestamp(whole, UTC).strftime("%Y-%m-%d %H:%M:%S")
    return f"{text}.{rest // 1_000_000:03d}"


def _cell(value: object) -> str:
    return "-" if value is None else f"{value:,}" if type(value) is int else str(value)


def _is_number(text: str) -> bool:
    return text.replace(",", "").replace(".", "", 1).lstrip("-").isdigit() or text == "-"


def _plain(value: Any) -> Any:
    if isinstance(value, Path | Decimal):
        return str(value)
    raise TypeError(f"cannot tell {type(value).__name__} as JSON")
