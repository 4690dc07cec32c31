"""`bot config`: what a configuration says, what it may say, and whether it is right."""

from pathlib import Path
from typing import Any

import click

from bot.cli.options import config_option, loaded, overrides, set_option
from bot.cli.output import emit_json, json_option, talk
from bot.cli.verbs import Parts


@click.group(cls=Parts)
def config() -> None:
    """Show, describe and check a configuration."""


@config.command()
@config_option
@set_option
@json_option
def show(path: Path | None, assignments: tuple[str, ...], as_json: bool) -> None:
    """Every value as it is understood, and where it comes from; it is TOML."""
    from bot.config.document import value_text

    found = loaded(path, assignments)
    shown = found.shown()
    if as_json:
        values = {each.key: {"value": each.value, "origin": each.origin} for each in shown}
        emit_json({"file": found.where, "hash": found.hash, "values": values})
        return
    click.echo(f"# {found.where}  {found.hash}")
    lines = [(f"{each.key} = {value_text(each.value)}", each.origin) for each in shown]
    width = min(60, max(len(line) for line, _ in lines))
    for line, origin in lines:
        click.echo(f"{line.ljust(width)}  # {origin}")


@config.command()
def schema() -> None:
    """The JSON schema of a configuration file, for editors."""
    from bot.config.schema import schema as whole

    emit_json(whole())


@config.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@set_option
@json_option
def check(file: Path | None, assignments: tuple[str, ...], as_json: bool) -> None:
    """Read FILE and tell everything that is wrong with it."""
    from bot.config.loading import examine

    found, errors = examine(file, overrides(assignments))
    if as_json:
        emit_json({"ok": not errors, "errors": [_told(each) for each in errors]})
    for error in [] if as_json else errors[:-1]:
        click.echo(str(error), err=True)
    if errors:
        raise errors[-1]
    assert found is not None
    if not as_json:
        enabled = [name for name, each in found.file.strategies.items() if each.enabled]
        click.echo(f"{found.where}: ok, {found.file.mode}, {found.hash}")
        talk("strategies: " + (", ".join(enabled) or "none enabled"))


def _told(error: Any) -> dict[str, str]:
    return {name: getattr(error, name) for name in ("kind", "where", "seen", "expected", "fix")}
