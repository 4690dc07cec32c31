"""`bot simulate`: what can go wrong, and how a strategy took it."""

import json

from bot.modes.simulate.catalogue import SCENARIOS
from tests.cli.asking import Ask

CHOSEN = ("simulate", "--strategy", "funding_arbitrage", "--seeds", 1)


def test_without_a_scenario_it_tells_what_there_is(ask: Ask):
    answer = ask("simulate")

    assert answer.code == 0
    assert all(one.name in answer.out and one.sentence in answer.out for one in SCENARIOS)


def test_a_scorecard_is_a_table_for_people_and_json_for_others(ask: Ask):
    table = ask(*CHOSEN, "--scenario", "order_lost")
    told = ask(*CHOSEN, "--scenario", "order_lost", "--json")

    (card,) = json.loads(told.out)
    assert (table.code, told.code) == (0, 0)
    assert "order_lost  funding_arbitrage     1  passed" in table.out
    assert "1 of 1 passed" in table.err
    assert card["verdict"] == "passed"
    assert card["faults"][0].endswith("LosesOrder north:BTC/USDT")
    assert card["allowed"]["naked_s"] == 5.0


def test_what_is_void_is_told_and_ends_with_1(ask: Ask):
    # Nothing is worth so much: it never enters.
    never = ("--set", "strategies.funding_arbitrage.enter_bps=5000")

    answer = ask(*CHOSEN, "--scenario", "order_lost", *never)

    assert answer.code == 1
    assert "VOID" in answer.out
    assert "void: order_lost funding_arbitrage seed 1: never came: LosesOrder" in answer.err


def test_a_wrong_name_is_told_what_there_is(ask: Ask):
    scenario = ask("simulate", "--scenario", "flood")
    strategy = ask("simulate", "--scenario", "reject", "--strategy", "nobody")

    assert (scenario.code, strategy.code) == (2, 2)
    assert "fill_after_cancel" in scenario.err
    assert "delta_hedge" in strategy.err
