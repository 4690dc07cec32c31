"""The command line as a whole: light, honest about mistakes, and quiet in a pipe."""

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest

from bot import __version__
from bot.cli.verbs import VERBS, bot
from bot.errors import StrategyFailed
from tests.cli.asking import Ask

ROOT = Path(__file__).resolve().parent.parent.parent
HEAVY = ("numpy", "numba", "pyarrow", "ccxt", "aiohttp", "pydantic", "structlog", "rich", "msgspec")


def process(code: str, *arguments: str, stdin: str = "") -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, *(["-c", code] if code else ["-m", "bot"]), *arguments]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, input=stdin, check=False
    )


def test_help_and_version_import_nothing_heavy():
    code = (
        "import sys\n"
        "from bot.cli import main\n"
        "try:\n"
        "    main(sys.argv[1:])\n"
        "except SystemExit:\n"
        f"    print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)\n"
    )

    for argument in ("--help", "--version"):
        assert process(code, argument).stderr.strip() == "[]"


def test_help_lists_every_verb(ask: Ask):
    answer = ask("--help")

    assert answer.code == 0
    for name, (_, about) in VERBS.items():
        assert f"  {name} " in answer.out
        assert about.split()[0] in answer.out


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_and_its_module(verb: str, ask: Ask):
    answer = ask(verb, "--help")

    assert answer.code == 0
    assert answer.out.startswith(f"Usage: bot {verb}")


def commands(group: click.Group, path: str = "bot") -> list[tuple[str, click.Command]]:
    found = []
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        assert command is not None
        if isinstance(command, click.Group):
            found += commands(command, f"{path} {name}")
        else:
            found.append((f"{path} {name}", command))
    return found


def test_every_verb_that_reports_reports_in_json():
    silent = {"bot config schema", "bot strategies new"}  # JSON already, and two paths

    without = {
        path
        for path, command in commands(bot)
        if "--json" not in [o for p in command.params for o in p.opts]
    }

    assert without == silent


def test_the_version_is_told(ask: Ask):
    assert ask("--version").out == f"bot {__version__}\n"
    assert json.loads(ask("version", "--json").out)["bot"] == __version__


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["confg"], "did you mean `bot config`?"),
        (["config", "chek"], "did you mean `bot config check`?"),
        (["config", "show", "--jsn"], "did you mean --json?"),
        (["data", "inspect"], "expected PATHS..."),
        (["data", "inspect", "x", "--silence-s", "long"], "--silence-s"),
        (["import", "x"], "--out"),
        (["version", "now"], "got unexpected extra argument (now)"),
        (["config", "check", "--set", "nothing"], "expected key=value"),
        (["--config"], "bot:"),
        (["run", "--for", "soon"], "such as 20s"),
        (["run", "--for", "0s"], "such as 20s"),
        (["replay"], "RECORDINGS or --verify"),
        (["replay", "x"], "--config"),
        (["explain"], "ORDER_ID, or --at TIME"),
        (["explain", "a", "--at", "1"], "ORDER_ID, or --at TIME"),
        (["export", "fils", "--out", "x"], "'fills'"),
    ],
)
def test_a_misspelt_command_line_ends_with_2_and_one_line(
    arguments: list[str], said: str, ask: Ask
):
    answer = ask(*arguments)

    assert answer.code == 2
    assert answer.out == ""
    assert answer.err.startswith("error[usage] ")
    assert answer.err.count("\n") == 1
    assert said in answer.err


@pytest.mark.parametrize("arguments", [[], ["config"], ["data"], ["strategies"]])
def test_a_verb_that_lacks_its_word_shows_help_and_fails(arguments: list[str], ask: Ask):
    answer = ask(*arguments)

    assert answer.code == 2
    assert answer.err.startswith("Usage: bot")


def fail_with(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command()
    def version() -> None:
        raise error

    monkeypatch.setattr(bot, "get_command", lambda ctx, name: version)


def test_an_error_of_ours_is_one_block_and_its_code(ask: Ask, monkeypatch: pytest.MonkeyPatch):
    fail_with(StrategyFailed("hedge", "an error", "an answer", "correct it"), monkeypatch)

    answer = ask("version")

    assert answer.code == 12
    assert answer.err == "error[strategy] hedge: got an error, expected an answer; correct it\n"


def test_what_nobody_expected_is_a_bug_and_says_how_to_see_more(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
):
    fail_with(ZeroDivisionError("division by zero"), monkeypatch)

    answer, debugged = ask("version"), ask("version", "--debug")

    assert answer.code == debugged.code == 1
    assert answer.err.startswith("error[bug] test_entry.py line ")
    assert "ZeroDivisionError: division by zero" in answer.err
    assert "--debug" in answer.err
    assert answer.err.count("\n") == 1
    assert "Traceback" in debugged.err


def test_an_interrupt_ends_with_130(ask: Ask, monkeypatch: pytest.MonkeyPatch):
    fail_with(KeyboardInterrupt(), monkeypatch)

    assert ask("version").code == 130


def test_quiet_keeps_talk_back_and_nothing_else(ask: Ask):
    loud, quiet = ask("config", "check"), ask("config", "check", "--quiet")

    assert quiet.out == loud.out
    assert loud.err
    assert quiet.err == ""


def test_whoever_closes_the_pipe_hears_no_traceback():
    reader = "import sys; sys.stdin.readline()"
    writer = subprocess.Popen(
        [sys.executable, "-c", PIPED], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert writer.stdout is not None
    subprocess.run([sys.executable, "-c", reader], stdin=writer.stdout, check=True)
    writer.stdout.close()

    _, err = writer.communicate(timeout=60)

    assert writer.returncode == 141
    assert err == b""


PIPED = """
import click
from bot.cli import main
from bot.cli.verbs import bot

@click.command()
def version():
    for _ in range(100_000):
        click.echo("a line that nobody waits for")

bot.get_command = lambda ctx, name: version
main(["version"])
"""


def test_a_process_ends_with_the_code_of_its_error():
    ended = process("", "config", "check", "absent.toml")

    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr.startswith("error[config] absent.toml: got nothing")
