"""`bot signals`: what there is, what it says over a recording, and what that is worth."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from bot.cli.output import emit_json, emit_table, json_option, talk
from bot.cli.verbs import Parts

if TYPE_CHECKING:
    from bot.plugins.documents import Document

PATH: Final = click.Path(path_type=Path)


@click.group(cls=Parts)
def signals() -> None:
    """List signals, compute them over a recording, and measure what they are worth."""


@signals.command("list")
@click.argument("name", required=False)
@json_option
def list_(name: str | None, as_json: bool) -> None:
    """Every signal in a line, or NAME (a name, file.py[:Class] or package.module:Class) in full."""
    from bot.plugins.catalogue import signal
    from bot.plugins.catalogue import signals as every
    from bot.plugins.documents import document

    if name is not None:
        one = document(signal(name, Path()))
        if as_json:
            emit_json(one)
        else:
            click.echo(whole(one))
        return
    found = every()
    told = [document(each) for each in found.plugins]
    if as_json:
        emit_json({"signals": told, "broken": [str(each) for each in found.broken]})
        return
    emit_table(
        ("name", "origin", "unit", "about"),
        [(each.name, each.origin, each.unit, each.about) for each in told],
    )
    for error in found.broken:
        talk(f"warning: {error}")


def whole(one: "Document") -> str:
    """A signal's documentation as text."""
    lines = [f"{one.name}: {one.about}", ""]
    if one.text:
        lines += [*_wrapped(one.text), ""]
    facts: list[tuple[str, str]] = [
        ("unit", one.unit),
        ("sign", one.sign or "it does not say"),
        ("source", one.source or "it does not say"),
        ("outputs", ", ".join(one.outputs)),
        ("defined in", one.where),
    ]
    lines += [f"{label:<12}{value}" for label, value in facts]
    lines += ["", "parameters:"]
    width = max(len(each.name) for each in one.parameters)
    for each in one.parameters:
        default = "must be given" if each.default is None else f"default {each.default}"
        about = f": {each.about}" if each.about else ""
        lines.append(f"  {each.name:<{width}}  {each.expected}, {default}{about}")
    return "\n".join(lines)


def _wrapped(text: str) -> list[str]:
    from textwrap import wrap

    return wrap(text, 100)
