"""The verbs by name: what each does in a line, and the module that is imported when it is used."""

from difflib import get_close_matches
from importlib import import_module
from typing import Any, Final

import click

from bot import __version__
from bot.cli.output import Output
from bot.errors import UsageError, quoted

VERBS: Final[dict[str, tuple[str, str]]] = {
    "run": ("bot.cli.trade:run", "Trade on paper; without a file, on a market that is made up."),
    "replay": ("bot.cli.trade:replay", "Run strategies over a recording, or verify a session."),
    "simulate": ("bot.cli.simulate:simulate", "Break a leg of a strategy, and see what it does."),
    "status": ("bot.cli.operate:status", "What a running bot holds, wants and waits for."),
    "pause": ("bot.cli.operate:pause", "No new risk; positions stay."),
    "resume": ("bot.cli.operate:resume", "Trade again after a pause or a halt."),
    "cancel": ("bot.cli.operate:cancel", "Cancel all orders and pause."),
    "flatten": ("bot.cli.operate:flatten", "Close all positions and pause."),
    "halt": ("bot.cli.operate:halt", "Stop until a person acknowledges it."),
    "acknowledge": ("bot.cli.operate:acknowledge", "Say that a person has looked at a halt."),
    "explain": ("bot.cli.session:explain", "Why an order was sent, or why nothing was."),
    "report": ("bot.cli.session:report", "A session as one HTML file."),
    "export": ("bot.cli.session:export", "A session's fills, funding and fees as CSV or Parquet."),
    "import": ("bot.cli.imports:import_", "Captures and files of others into a recording."),
    "data": ("bot.cli.data:data", "List, inspect and export recordings."),
    "signals": ("bot.cli.signals:signals", "List, compute and measure signals."),
    "strategies": ("bot.cli.strategies:strategies", "List, begin and check strategies."),
    "config": ("bot.cli.config:config", "Show, describe and check a configuration."),
    "venue": ("bot.cli.venue:venue", "Serve the simulated venue as Binance and Deribit."),
    "doctor": ("bot.cli.doctor:doctor", "Whether this machine is fit to trade."),
    "version": ("bot.cli.version:version", "The version of the bot and of what it runs on."),
}


class Verbs(click.Group):
    """A group that knows its commands by name and imports one when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The verbs, in the order of a day's work."""
        del ctx
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a verb."""
        del ctx
        if cmd_name not in VERBS:
            return None
        module, _, name = VERBS[cmd_name][0].partition(":")
        found: Any = getattr(import_module(module), name)
        assert isinstance(found, click.Command)
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The verb of a command line; a misspelt one is told what it may have meant."""
        if args and not args[0].startswith("-"):
            known_verb(ctx, args[0], list(VERBS))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of `bot --help`, without importing what it lists."""
        del ctx
        with formatter.section("Verbs"):
            formatter.write_dl([(name, line) for name, (_, line) in VERBS.items()])


class Parts(click.Group):
    """The commands of one verb; a misspelt one is told what it may have meant."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is meant."""
        if args and not args[0].startswith("-"):
            known_verb(ctx, args[0], list(self.commands))
        return super().resolve_command(ctx, args)


def known_verb(ctx: click.Context, name: str, known: list[str]) -> None:
    """Raise UsageError for a name that is none of these."""
    if name in known:
        return
    close = get_close_matches(name, known, n=1)
    raise UsageError(
        ctx.command_path,
        quoted(name),
        "one of " + ", ".join(known),
        f"did you mean `{ctx.command_path} {close[0]}`?"
        if close
        else f"`{ctx.command_path} --help` tells what they do",
    )


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="bot", message="%(prog)s %(version)s")
@click.option("--debug", is_flag=True, help="Show where an error came from.")
@click.option("--quiet", is_flag=True, help="Say nothing on stderr but errors.")
@click.pass_context
def bot(ctx: click.Context, debug: bool, quiet: bool) -> None:
    """Trade crypto derivatives on signals: paper, replay, and what surrounds them."""
    ctx.obj = Output(debug=debug, quiet=quiet)
