"""Where the process begins and ends: every error becomes one block and one exit code."""

import os
import sys
import traceback
from collections.abc import Sequence
from difflib import get_close_matches

import click

from bot.cli.verbs import bot
from bot.errors import BotError, UsageError, quoted

INTERRUPTED = 130
BROKEN_PIPE = 141  # what a shell shows for a program that SIGPIPE ended
EVERYWHERE = ("--debug", "--quiet")
"""Flags of `bot` itself that may stand behind any verb: they are added when something failed."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Carry out a command line and end the process."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    before, after = _split(given)
    flags = [flag for flag in EVERYWHERE if flag in before]
    debug = "--debug" in flags
    rest = [each for each in before if each not in EVERYWHERE]
    try:
        # Not by bot.main(), which has its own idea of a broken pipe.
        with bot.make_context("bot", [*flags, *rest, *after]) as context:
            code = bot.invoke(context)
        sys.stdout.flush()
    except click.exceptions.Exit as done:
        raise SystemExit(done.exit_code) from None
    except BrokenPipeError:
        # Whoever read our output has seen enough; nothing may be flushed into the pipe at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(BROKEN_PIPE) from None
    except (KeyboardInterrupt, click.Abort):
        raise SystemExit(INTERRUPTED) from None
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.message, err=True)
        raise SystemExit(UsageError.exit_code) from None
    except click.ClickException as error:
        raise SystemExit(_tell(_usage(error), debug)) from None
    except BotError as error:
        raise SystemExit(_tell(error, debug)) from None
    except Exception as error:
        raise SystemExit(_tell(_bug(error), debug)) from None
    raise SystemExit(code if isinstance(code, int) else 0)


def _split(arguments: list[str]) -> tuple[list[str], list[str]]:
    """What stands before `--`, and that with what follows."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    return arguments[:end], arguments[end:]


def _tell(error: BotError, debug: bool) -> int:
    if debug:
        traceback.print_exc()
    click.echo(str(error), err=True)
    return error.exit_code


def _bug(error: Exception) -> BotError:
    """What nobody expected: our mistake, told as such."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{os.path.basename(place.filename)} line {place.lineno}"
    what = f"{type(error).__name__}: {error}".splitlines()[0]
    return BotError(where, what, "nothing of the kind", "run it again with --debug and report it")


def _usage(error: click.ClickException) -> UsageError:
    """What click found wrong with the command line, in our words."""
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "bot"
    fix = f"`{command} --help` shows how"
    seen, expected = error.message.removeprefix("Got ").rstrip("."), "a command line that fits"
    if isinstance(error, click.NoSuchOption):
        options = _options(context)
        close = error.possibilities or get_close_matches(error.option_name, options, n=1)
        seen, expected = quoted(error.option_name), "one of " + ", ".join(options)
        fix = f"did you mean {close[0]}?" if close else fix
    elif isinstance(error, click.MissingParameter) and error.param is not None:
        seen, expected = "nothing", error.param.make_metavar(error.ctx or click.Context(bot))
        if isinstance(error.param, click.Option):
            command, expected = f"{command} {error.param.opts[0]}", "a value: it is required"
    elif isinstance(error, click.BadParameter) and error.param is not None:
        command = f"{command} {error.param.opts[0]}"
        expected = f"a value that fits (type {error.param.type.name})"
    return UsageError(command, seen, expected, fix)


def _options(context: click.Context | None) -> list[str]:
    if context is None:
        return []
    params = context.command.get_params(context)
    return [name for param in params for name in param.opts if name.startswith("--")]
