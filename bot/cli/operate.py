"""What an operator tells a running bot, through the socket in its session."""

import getpass
from pathlib import Path
from typing import Any

import click

from bot.cli.options import session_option
from bot.cli.output import emit_json, json_option
from bot.cli.seams import seam

strategy_option = click.option("--strategy", help="Only this one; without it, everything.")
why_option = click.option("--why", default="", help="The reason; it is kept with the command.")


@click.command()
@session_option
@json_option
def status(session: Path | None, as_json: bool) -> None:
    """What a running bot holds, wants and waits for."""
    _answer(seam("bot.modes.control:status")(session), as_json)


def _command(verb: str, about: str) -> click.Command:
    @click.command(verb, help=about)
    @session_option
    @strategy_option
    @why_option
    @json_option
    def command(session: Path | None, strategy: str | None, why: str, as_json: bool) -> None:
        answer = seam("bot.modes.control:command")(
            session, verb, strategy=strategy, who=getpass.getuser(), why=why
        )
        _answer(answer, as_json)

    return command


pause = _command("pause", "Take no new risk; what reduces positions goes on.")
resume = _command("resume", "Trade again after a pause or an acknowledged halt.")
cancel = _command("cancel", "Cancel all orders, and pause.")
flatten = _command("flatten", "Close all positions, hedged ones in step, and pause.")
halt = _command("halt", "Stop adding risk until a person acknowledges it.")


def _answer(answer: Any, as_json: bool) -> None:
    if as_json:
        emit_json(answer)
    else:
        click.echo(str(answer))
