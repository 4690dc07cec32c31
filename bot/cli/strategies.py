"""`bot strategies`: what there is, a first file of one's own, and whether it is sound."""

import keyword
import re
from pathlib import Path
from typing import Any, Final

import click

from bot.cli.options import config_option, loaded, set_option
from bot.cli.output import emit_json, emit_table, json_option, talk
from bot.cli.verbs import Parts
from bot.errors import BotError, UsageError, quoted

_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")

STRATEGY: Final = '''"""{words}: where its profit comes from, and when it stops."""

from collections.abc import Mapping

from bot import Base, BookImbalance, InstrumentId, Strategy, Target, View, Watch


class {cls}(Strategy):
    """Hold coins while buyers queue. size: coins held then; above: share of the depth."""

    instrument: InstrumentId
    size: Base
    above: float

    def watches(self) -> Mapping[str, Watch]:
        """Who queues at the best prices, from -1 (sellers) to 1 (buyers)."""
        return {{"queue": BookImbalance(self.instrument, levels=5, wake=0.1)}}

    def decide(self, view: View) -> Target:
        """The size while the gate is passed, else nothing."""
        return Target(self.instrument, self.size if view.gate("queue", above=self.above) else 0.0)
'''

TEST: Final = '''"""What {name} holds, and when."""

from {name} import {cls}

from bot import Target
from bot.testing import FakeView

COIN = "sim:BTC/USDT"
STRATEGY = {cls}(instrument=COIN, size=0.1, above=0.3)


def test_it_holds_while_buyers_queue():
    assert STRATEGY.decide(FakeView(STRATEGY, values={{"queue": 0.5}})) == Target(COIN, 0.1)


def test_it_stays_out_while_the_book_is_even():
    assert STRATEGY.decide(FakeView(STRATEGY, values={{"queue": 0.0}})) == Target(COIN, 0.0)
'''

SECTION: Final = """[strategies.{name}]
use = "{file}"
enabled = true
instrument = "sim:BTC/USDT"
size = 0.1
above = 0.3
"""


@click.group(cls=Parts)
def strategies() -> None:
    """List, begin and check strategies."""


@strategies.command("list")
@json_option
def list_(as_json: bool) -> None:
    """Every strategy that a configuration can name, and those that are broken."""
    from bot.plugins.catalogue import strategies as every
    from bot.plugins.parameters import parameters_of

    found = every()
    if as_json:
        plugins = [
            {
                "name": each.name,
                "class": each.cls.__name__,
                "origin": each.origin,
                "file": each.file,
                "hash": each.digest,
                "about": _about(each.cls),
                "parameters": {
                    name: {"expected": one.expected, "required": one.required}
                    for name, one in parameters_of(each.cls).items()
                },
            }
            for each in found.plugins
        ]
        emit_json({"strategies": plugins, "broken": [str(each) for each in found.broken]})
        return
    emit_table(
        ("name", "origin", "about"),
        [(each.name, each.origin, _about(each.cls)) for each in found.plugins],
    )
    for error in found.broken:
        talk(f"warning: {error}")


@strategies.command()
@click.argument("name")
@click.option(
    "--to",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="The folder to write in.",
)
def new(name: str, folder: Path) -> None:
    """Write a first strategy NAME and its test, to be changed."""
    if not _NAME.fullmatch(name) or keyword.iskeyword(name):
        raise UsageError(
            "bot strategies new NAME", quoted(name), "a name such as mean_reversion", "choose one"
        )
    words = name.replace("_", " ")
    cls = "".join(part.capitalize() for part in name.split("_"))
    texts = {folder / f"{name}.py": STRATEGY, folder / f"test_{name}.py": TEST}
    for path in texts:
        if path.exists():
            raise UsageError(str(path), "a file that is there", "a new name", "choose another")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, text in texts.items():
            path.write_text(text.format(name=name, cls=cls, words=words.capitalize()))
            click.echo(path)
    except OSError as error:
        raise UsageError(
            str(folder), str(error.strerror), "a folder that can be written", "name another"
        ) from error
    file = folder / f"{name}.py"
    talk(f"\nNow `bot strategies check {file}`, and into a configuration, with its limits:\n")
    talk(SECTION.format(name=name, file=file.resolve()))


@strategies.command()
@click.argument("use")
@config_option
@set_option
@json_option
def check(use: str, path: Path | None, assignments: tuple[str, ...], as_json: bool) -> None:
    """Whether strategy USE (a name, file.py[:Class] or package.module:Class) is sound.

    Its parameters are those of a section of the configuration that uses it, else made up;
    --set NAME=VALUE states one.
    """
    from bot.cli.soundness import examine
    from bot.config.document import read_assignment
    from bot.plugins.catalogue import strategy

    plugin = strategy(use, Path())
    given: dict[str, Any] = {}
    if path is not None or plugin.origin == "shipped":
        sections = loaded(path, ()).file.strategies.values()
        given = next((dict(s.__pydantic_extra__) for s in sections if s.use == use), {})
    given |= {key[-1]: value for key, value in map(read_assignment, assignments)}
    findings = examine(plugin, given)
    failed = [each for each in findings if not each.ok]
    if as_json:
        emit_json({"strategy": plugin.name, "ok": not failed, "findings": findings})
    else:
        for each in findings:
            click.echo(f"{'ok  ' if each.ok else 'FAIL'}  {each.check}: {each.said}")
    if failed:
        raise StrategyUnsound(use, failed[0].said, "a strategy that passes", "correct it")


class StrategyUnsound(BotError):
    """A strategy that was checked must not trade as it is."""

    kind = "plugin"
    exit_code = 2


def _about(cls: type) -> str:
    return (cls.__doc__ or "").strip().splitlines()[0] if cls.__doc__ else ""
