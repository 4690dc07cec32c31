"""A command line, and what it answers."""

from collections.abc import Callable
from typing import NamedTuple

import pytest

from bot.cli import main


class Answer(NamedTuple):
    """The exit code, what was printed, and what was said."""

    code: int
    out: str
    err: str


Ask = Callable[..., Answer]


def asker(capsys: pytest.CaptureFixture[str]) -> Ask:
    """Runs `bot` with these arguments in this process."""

    def ask(*arguments: object) -> Answer:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(each) for each in arguments])
        said = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return Answer(ended.value.code, said.out, said.err)

    return ask
