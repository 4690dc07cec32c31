"""`bot data facts`: the simulated market against bands and recordings."""

import json

from tests.cli.asking import asker
from tests.cli.markets import record


def test_the_fitted_market_is_believed_and_independent_orders_are_not(capsys):
    answer = asker(capsys)("data", "facts", "--seeds", "3", "--json")

    told = json.loads(answer.out)
    assert answer.code == 0, answer.out
    assert len(told["rows"]) == 22
    assert not any(row["outside"] for row in told["rows"])
    assert told["poisson_fails"] >= 3


def test_a_market_outside_of_a_band_ends_with_an_error(capsys):
    ask = asker(capsys)

    answer = ask("data", "facts", "--seeds", "1", "--set", "simulated.slots_per_second=1")

    assert answer.code == 1
    assert "outside: sim:BTC/USDT" in answer.out
    assert "independent orders fail" in answer.err


def test_recorded_books_are_shown_beside_it(capsys, tmp_path):
    record(tmp_path / "recorded")

    answer = asker(capsys)("data", "facts", tmp_path / "recorded", "--seeds", "1", "--json")

    told = json.loads(answer.out)
    assert told["fit"] + told["check"] != []
    assert any(row["fit"] is not None for row in told["rows"])
