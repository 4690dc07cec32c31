"""Whatever is wrong with a configuration is told in one line: file, key, seen, expected, fix."""

from pathlib import Path

import pytest

from bot.config.loading import examine, load
from bot.errors import BotError
from tests.config.broken import BROKEN


def test_the_corpus_is_large():
    assert len(BROKEN) >= 60


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_refused_with_its_key_in_one_line(name: str, tmp_path: Path):
    text, key, said = BROKEN[name]
    path = tmp_path / "broken.toml"
    path.write_text(text)

    with pytest.raises(BotError) as refused:
        load(path)

    message = str(refused.value)
    assert refused.value.exit_code == 2
    assert "\n" not in message
    assert message.startswith(("error[config] ", "error[plugin] "))
    assert key in refused.value.where
    assert said in message
    assert "Traceback" not in message
    assert "pydantic" not in message


@pytest.mark.parametrize("name", BROKEN)
def test_the_message_names_the_file_and_what_to_do(name: str, tmp_path: Path):
    path = tmp_path / "broken.toml"
    path.write_text(BROKEN[name][0])

    _, errors = examine(path)

    assert errors
    for error in errors:
        assert error.where.startswith(str(path))
        assert error.seen
        assert error.expected
        assert error.fix


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: None, "got nothing"),
        (lambda path: path.mkdir(), "irectory"),
        (lambda path: path.write_bytes(b"mode = \xff"), "UTF-8"),
    ],
    ids=["missing", "a folder", "not text"],
)
def test_a_file_that_cannot_be_read_is_refused(make, said: str, tmp_path: Path):
    path = tmp_path / "config.toml"
    make(path)

    with pytest.raises(BotError, match=said) as refused:
        load(path)

    assert refused.value.exit_code == 2
    assert str(path) in refused.value.where


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path):
    text, _, _ = BROKEN["a fee in bps"]
    path = tmp_path / "broken.toml"
    path.write_text(text.replace("latency_in_ms = 5", "latency_in_ms = -5"))

    _, errors = examine(path)

    assert {error.where.split()[-1] for error in errors} == {
        "fees.sim.taker",
        "venue.latency_in_ms",
    }
    with pytest.raises(BotError, match="1 more"):
        load(path)
