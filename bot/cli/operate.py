"""What an operator tells a running bot, through the socket in its session."""

import getpass
from pathlib import Path

import click

from bot.cli.options import session_option
from bot.cli.output import emit_json, json_option

strategy_option = click.option("--strategy", help="Only this one; without it, everything.")
why_option = click.option("--why", default="", help="The reason; it is kept with the command.")


@click.command()
@session_option
@json_option
def status(session: Path | None, as_json: bool) -> None:
    """What a running bot holds, wants and waits for."""
    from bot.modes.control import status as ask
    from bot.modes.screen import picture

    snapshot = ask(session)
    if as_json:
        emit_json(snapshot)
    else:
        from rich.console import Console

        Console().print(picture(snapshot))


def _command(verb: str, about: str) -> click.Command:
    @click.command(verb, help=about)
    @session_option
    @strategy_option
    @why_option
    @json_option
    def command(session: Path | None, strategy: str | None, why: str, as_json: bool) -> None:
        from bot.modes.control import command as tell

        answer = tell(session, verb, strategy=strategy, who=getpass.getuser(), why=why)
        if as_json:
            emit_json({"notes": answer.notes, "seq": answer.seq})
        else:
            click.echo(str(answer))

    return command


pause = _command("pause", "Take no new risk; what reduces positions goes on.")
resume = _command("resume", "Trade again after a pause or an acknowledged halt.")
cancel = _command("cancel", "Cancel all orders, and pause.")
flatten = _command("flatten", "Close all positions, hedged ones in step, and pause.")
halt = _command("halt", "Stop adding risk until a person acknowledges it.")
acknowledge = _command("acknowledge", "Say that a person has looked at a halt.")
