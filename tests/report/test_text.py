"""The end of a run in text, and as one object for programs."""

import json
from decimal import Decimal

from msgspec import structs

from bot.modes.assumed import Verdict
from bot.report.text import screen, summary
from tests.report.test_html import sensitive

NEEDED = {
    "rows",
    "events",
    "messages",
    "decisions",
    "orders",
    "fills",
    "partial_fills",
    "baskets_closed",
    "baskets_unwound",
    "funding_payments",
    "refused",
    "rows_per_second",
    "equity_change",
    "attribution",
    "outcome_hash",
    "crossed_books",
    "sequence_gaps",
}


def test_the_object_has_all_that_a_program_may_ask_for(result):
    told = json.loads(json.dumps(summary(result)))

    assert told.keys() >= NEEDED
    assert told["fills"] == len(result.trades)
    assert told["outcome_hash"] == result.outcome_hash


def test_the_parts_in_the_object_are_exact_and_sum_to_the_change(result):
    told = summary(result)

    parts = [Decimal(amount) for amount in told["attribution"].values()]
    assert all(isinstance(amount, str) for amount in told["attribution"].values())
    assert sum(parts) == Decimal(told["equity_change"]) == result.equity_change
    assert Decimal(told["transfers"]) == 200_000


def test_unknown_equity_is_null_and_not_zero(result):
    told = summary(structs.replace(result, equity_change=None, attribution={}))

    assert told["equity_change"] is None
    assert told["attribution"] == {}


def test_the_text_fits_a_screen_and_sums_exactly(result):
    text = screen(result)

    assert "exactly the sum of the above" in text
    assert len(text.splitlines()) <= 40
    assert result.outcome_hash in text


def test_the_decimal_points_of_the_money_stand_below_each_other(result):
    lines = [
        line for line in screen(result).splitlines() if line.split(" ")[0] in ("price", "fees")
    ]

    assert len(lines) == 2
    assert len({line.index(".") for line in lines}) == 1


def test_the_text_tells_which_limit_stopped_orders(result):
    stopped = result.stopped[0]

    assert f"{stopped.times:,} {stopped.strategy} {stopped.limit}" in screen(result)


def test_a_difference_between_parts_and_change_is_never_hidden(result):
    told = structs.replace(result, equity_change=result.equity_change + Decimal("1e-18"))

    text = screen(told)

    assert "exactly" not in text
    assert "the parts sum to" in text


def test_the_verdict_on_the_assumptions_stands_under_the_figures(result):
    told = screen(sensitive(result, "-1", "2.5", "-3", "4"))

    assert "4 runs on other lines and in other queues: −3.00 to +4.00 USDT" in told
    assert Verdict.KIND.value in told
    assert summary(sensitive(result, "1", "2", "3", "4"))["sensitivity"]["verdicts"] == [
        Verdict.HOLDS.value
    ]
