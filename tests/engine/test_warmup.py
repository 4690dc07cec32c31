"""History fills books, scores and windows; it decides nothing."""

from decimal import Decimal

import pytest

from bot import (
    FundingExcess,
    LogMid,
    OrderFlowImbalance,
    QueueImbalance,
    Spread,
    Target,
    TradeImbalance,
)
from bot.engine.warmup import Warmup
from bot.model.event import AnyEvent, Transfer
from bot.tape.rows import Block
from bot.testing import Tape
from bot.testing.tape import START_NS
from tests.engine.world import PERP, SECOND, Does, engine_of, feed, items

LOOKS = {
    "mid": LogMid(PERP, wake=0.5),
    "queue": QueueImbalance(PERP, source="book", wake=0.1),
    "flow": OrderFlowImbalance(PERP, source="book", wake=0.5),
    "spread": Spread(PERP, source="book", z_window_s=300, wake=0.5),
    "trades": TradeImbalance(PERP, wake=0.1),
    "excess": FundingExcess(PERP, 1.0, wake=0.1),
}


def market(seconds: int = 400) -> Tape:
    tape = Tape().funding(PERP, 0.0003).book(PERP, 99.9, [(100.1, 1.0), (100.2, 5.0)])
    for k in range(seconds):
        if k % 60 == 30:
            tape.funding(PERP, 0.0001 * (k % 5))
        tape.level(PERP, "bid", 99.9, 1.0 + k * 7 % 5).level(PERP, "ask", 100.1, k % 3)
        tape.trade(PERP, "buy" if k % 3 else "sell", 100.0, 0.25 + k % 4).wait(0.9)
    return tape


def split(tape: Tape, at_ns: int) -> tuple[list[Block | AnyEvent], list[Block | AnyEvent]]:
    before: list[Block | AnyEvent] = []
    after: list[Block | AnyEvent] = []
    for item in items(tape):
        if not isinstance(item, Block):
            (before if item.ts_recv < at_ns else after).append(item)
            continue
        cut = item.before(at_ns)
        before.append(item.part(item.start, cut))
        after.append(item.part(cut, item.stop))
    return before, after


def strategy() -> Does:
    return Does(does=lambda view: Target(PERP, 1.0), looks=LOOKS)


def scores(engine) -> dict[str, object]:
    market = engine.state.market
    entries = market.table.entries[0]
    return {name: market.table.score(one, market.book, market.now) for name, one in entries.items()}


def test_warm_and_then_run_gives_the_scores_of_having_run_through() -> None:
    tape = market()
    history, rest = split(tape, START_NS + 200 * SECOND)
    through, warmed = (engine_of({"a": strategy()}, tape) for _ in range(2))

    feed(through, items(tape))
    warmed.warm(history)
    feed(warmed, rest)

    assert all(one.value is not None for one in scores(through).values())
    assert scores(through)["spread"].z is not None
    assert scores(through)["flow"].value != 0
    assert scores(warmed) == scores(through)


def test_history_decides_nothing_and_is_not_counted() -> None:
    tape = market(60)
    engine = engine_of({"a": strategy()}, tape)
    before = engine.state.durable()

    engine.warm(items(tape))

    assert engine.state.orders == 0
    assert engine.state.desk.baskets_closed == 0
    assert engine.state.asked_ns == [-(1 << 62)]
    assert engine.state.deciding
    assert engine.state.seq == 1  # the deposit
    clock = f'"now":{engine.state.now}'.encode()
    assert engine.state.durable().replace(clock, f'"now":{START_NS}'.encode()) == before


def test_after_history_the_first_message_asks() -> None:
    tape = market(30)
    history, rest = split(tape, START_NS + 20 * SECOND)
    engine = engine_of({"a": strategy()}, tape)

    engine.warm(history)
    outcomes = feed(engine, rest)

    assert outcomes[0].asked[0].strategy == "a"


def test_each_score_says_what_it_still_lacks() -> None:
    tape = market(400)
    engine = engine_of({"a": strategy()}, tape)
    history, rest = split(tape, START_NS + 50 * SECOND)

    cold = engine.warm([])
    early = engine.warm(history)
    late = engine.warm(rest)

    seconds = {name: 100 if name == "spread" else 0 for name in LOOKS}
    assert cold == [Warmup("a", name, False, seconds[name]) for name in LOOKS]
    assert [one.known for one in early] == [True] * len(LOOKS)
    assert [one.name for one in early if not one.ready] == ["spread"]
    assert 48 <= early[3].seconds <= 52
    assert late == [Warmup("a", name, True, 0) for name in LOOKS]


def test_history_with_money_in_it_is_refused() -> None:
    engine = engine_of({"a": strategy()}, market(1))
    money = Transfer(
        ts_recv=1, ts_venue=1, account="sim", currency="USDT", amount=Decimal(1), reference="x"
    )

    with pytest.raises(TypeError, match="history: got Transfer, expected market data only"):
        engine.warm([money])
