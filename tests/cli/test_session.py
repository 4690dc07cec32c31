"""`bot explain`, `report` and `export`: what they say when they are asked wrongly."""

import pytest

from tests.cli.asking import Ask

MOMENT = ("--at", "2026-01-01T00:00:00Z")


@pytest.mark.parametrize(
    ("arguments", "seen"),
    [
        ((), "got nothing,"),
        (MOMENT, "got no --strategy,"),
        (("--strategy", "delta_hedge"), "got no --at,"),
        (("0010000001", *MOMENT), "got both an order and a moment,"),
        (("0010000001", "--strategy", "delta_hedge"), "got both an order and a moment,"),
    ],
)
def test_explain_says_which_part_of_the_question_is_missing(
    ask: Ask, arguments: tuple[str, ...], seen: str
):
    answer = ask("explain", *arguments)

    assert answer.code == 2
    assert seen in answer.err
    assert "ORDER_ID, or --at TIME with --strategy NAME" in answer.err


@pytest.mark.parametrize("verb", [("report",), ("export", "fills", "--out", "fills.csv")])
def test_a_session_that_is_not_there_is_not_found(ask: Ask, tmp_path, verb: tuple[str, ...]):
    answer = ask(*verb, "--session", tmp_path / "nowhere")

    assert answer.code == 4
    assert "name a folder that a run has made" in answer.err
    assert list(tmp_path.iterdir()) == []
