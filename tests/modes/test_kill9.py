"""A bot that trades is killed at many moments and started again: nothing it wrote down is lost."""

import random

import msgspec
import pytest

from bot.engine.state import Durable
from bot.journal.port import RecordKind
from bot.journal.session import SessionReader
from bot.modes.recovery import read_opening
from bot.modes.verify import verify
from tests.modes.bots import Bots
from tests.modes.samples import market, run_for, settings_of, told_by

KILLS = 16
SEED = 20_240_808


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """A session whose bot was killed many times, and then ended in good order."""
    path = tmp_path_factory.mktemp("killed") / "session"
    choice = random.Random(SEED)
    with Bots(path) as bots:
        for kill in range(KILLS):
            starting = kill % 4 == 3
            bots.run_and_kill(choice.uniform(0.01, 0.3), starting=starting)
    run_for(path, duration_s=0.5)
    return path


def beginnings(path):
    """For each run that came to trade: what it began with, and what the journal had told."""
    reader = SessionReader(path)
    records = list(reader.records())
    for opened, _ in reader.runs():
        opening = read_opening(path, opened.epoch)
        if opening is not None:
            before = [
                one for one in records if one.kind is not RecordKind.RUN and one.seq <= opened.seq
            ]
            yield msgspec.json.decode(opening.durable, type=Durable), told_by(before)


def test_positions_are_what_the_journal_says(killed):
    compared = 0

    for began, told in beginnings(killed):
        held = {}
        for (_, _, instrument), position in began.ledger.positions:
            held[instrument] = held.get(instrument, 0) + position.quantity
        assert held == told.positions
        compared += 1

    assert compared >= KILLS * 3 // 4


def test_orders_are_what_the_journal_says(killed):
    open_orders = 0

    for began, told in beginnings(killed):
        live = {one.order_id: one for one in began.desk.blotter.live}
        assert {name: str(one.state) for name, one in live.items()} == told.live
        assert all(one.filled == told.filled.get(name, 0) for name, one in live.items())
        open_orders += len(live)

    assert open_orders > 0


def test_strategies_remember_what_the_journal_says(killed):
    names = market()[0].settings.strategies

    for began, told in beginnings(killed):
        memories = dict(zip((name for name, _ in names), began.memories, strict=True))
        assert {name: memories[name] for name in told.memories} == told.memories


def test_no_fill_is_counted_twice_and_no_order_id_is_used_again(killed):
    told = told_by(list(SessionReader(killed).records()))

    assert len(told.trades) > KILLS
    assert len(set(told.trades)) == len(told.trades)
    assert len(set(told.orders)) == len(told.orders)


def test_an_order_without_an_answer_is_settled_before_the_bot_trades_again(killed):
    told = told_by(list(SessionReader(killed).records()))

    assert told.live == {}  # the last run ended in good order


def test_every_run_can_be_derived_again(killed):
    verified = verify(killed, settings_of)

    assert verified.difference is None, str(verified.difference)
    assert verified.records > 1000
    assert verified.runs > KILLS // 2  # some are killed before they have the session
