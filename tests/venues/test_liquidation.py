"""Cross margin at the simulated venue: when an account is closed, and at which price."""

from decimal import Decimal

import pytest

from bot.model.event import Liquidated
from bot.venues.simulated.margin import Tier, maintenance
from bot.venues.simulated.matching import CURSOR, REACHED, match
from bot.venues.simulated.venue import SimulatedVenue
from tests.venues.market import (
    ACCOUNT,
    BTC,
    BUY,
    INVERSE,
    PERP,
    SELL,
    USDT,
    Market,
    order,
    said,
    venue,
)

ONE_PERCENT = Decimal("0.01")


def quoted(name=PERP) -> Market:
    """100 / 101 in quote."""
    return Market().book(10, [(200, 900)], [(202, 900)], name)


def forced(there: SimulatedVenue, until: int = 10**6) -> list[Liquidated]:
    there.advance(until)
    return [event for event in there.take_events() if isinstance(event, Liquidated)]


def test_a_long_is_closed_at_the_bankruptcy_price_when_its_margin_is_used_up():
    # One coin at 101 with a wallet of 10: bankrupt at 91 and the fee of 0.0505.
    market = quoted().mark(30, "100").mark(40, "92.1").mark(41, "91.9").mark(50, "50")
    there = venue(market, deposit="10")
    there.submit(order("a", BUY, 10, 202), 20)

    (event,) = forced(there)

    assert event.ts_venue == 41
    assert (event.side, event.size) == (SELL, 10)
    assert event.price == Decimal("91.0505")
    assert there.positions == {}
    assert there.wallets[ACCOUNT, USDT] == 0


def test_a_short_is_closed_when_the_mark_rises():
    market = quoted().mark(30, "100").mark(40, "108").mark(41, "109")
    there = venue(market, deposit="10")
    there.submit(order("a", SELL, 10, 200), 20)

    (event,) = forced(there)

    assert event.ts_venue == 41
    assert event.price == Decimal("109.95")
    assert there.wallets[ACCOUNT, USDT] == 0


@pytest.mark.parametrize(("mark", "closes"), [("92.9803", True), ("92.9804", False)])
def test_the_margin_is_judged_to_the_last_digit(mark, closes):
    # wallet 9, bought at 101, fee 0.0505: 8.9495 − 101 + m <= m / 100 up to m = 92.98030...
    there = venue(quoted().mark(30, "100").mark(40, mark), deposit="9")
    there.submit(order("a", BUY, 10, 202), 20)

    assert bool(forced(there)) is closes


def test_an_inverse_long_loses_coin():
    # 10 contracts of 100 at 101 with a coin: bankrupt where 1000 / p = 1000 / 101 + 1 − fee.
    market = quoted(INVERSE).mark(30, "100", INVERSE).mark(40, "92", INVERSE)
    there = venue(market.mark(41, "91", INVERSE), deposit="1")
    there.submit(order("a", BUY, 10, 202, name=INVERSE), 20)

    (event,) = forced(there)

    fee = Decimal(1000) / 101 * Decimal("0.0005")
    assert event.ts_venue == 40
    assert event.price == pytest.approx(Decimal(1000) / (Decimal(1000) / 101 + 1 - fee))
    assert there.wallets[ACCOUNT, BTC] == pytest.approx(Decimal(0), abs=Decimal("1e-20"))


def test_the_mid_stands_in_for_a_mark_that_nobody_states():
    market = quoted().change(40, bids=[(200, 0), (180, 5)], asks=[(202, 0), (182, 5)])
    there = venue(market, deposit="10")
    there.submit(order("a", BUY, 10, 202), 20)

    (event,) = forced(there)

    assert event.ts_venue == 40


def test_a_mark_replaces_the_mid_as_soon_as_it_is_stated():
    # The mid says ruin, the mark does not.
    market = quoted().mark(35, "101")
    market.change(40, bids=[(200, 0), (180, 5)], asks=[(202, 0), (182, 5)])
    there = venue(market, deposit="10")
    there.submit(order("a", BUY, 10, 202), 20)

    assert forced(there) == []


def test_open_orders_are_canceled_first():
    there = venue(quoted().mark(30, "100").mark(40, "50"), deposit="10")
    there.submit(order("a", BUY, 10, 202), 20)
    there.submit(order("b", SELL, 1, 300), 21)
    there.advance(30)
    there.take_events()

    there.advance(50)

    assert [line[:2] for line in said(there.take_events())] == [
        ("OrderCanceled", "b"),
        ("Liquidated", 10),
    ]


def test_positions_of_one_currency_share_the_wallet_and_others_do_not():
    market = quoted().book(11, [(200, 900)], [(202, 900)], INVERSE)
    market.mark(30, "100").mark(30, "100", INVERSE).mark(40, "50")
    there = venue(market, deposit="10")
    there.submit(order("a", BUY, 10, 202), 20)
    there.submit(order("b", BUY, 1, 202, name=INVERSE), 20)

    (event,) = forced(there)

    assert event.instrument == PERP
    assert there.positions == {(ACCOUNT, INVERSE): 1}


def test_the_kernel_does_not_stop_while_margin_is_ample():
    market = quoted()
    for k in range(200):
        market.mark(30 + k, str(100 + k % 7))
    there = venue(market, deposit="1000")
    there.submit(order("a", BUY, 10, 202), 20)
    there.advance(30)

    reason = match(there.places(), 200)

    assert reason == REACHED
    assert there.rows.key[there.places()[CURSOR]] == 201


def test_maintenance_has_no_jumps():
    tiers = (
        Tier(Decimal(0), ONE_PERCENT),
        Tier(Decimal(1000), 2 * ONE_PERCENT),
        Tier(Decimal(5000), 5 * ONE_PERCENT),
    )

    assert maintenance(Decimal(1000), tiers) == 10
    assert maintenance(Decimal("1000.01"), tiers) == Decimal("10.0002")
    assert maintenance(Decimal(6000), tiers) == 10 + 80 + 50


def test_maintenance_agrees_with_the_reference(vectors):
    reference = vectors("binance_margin")
    tables: dict[str, list[Tier]] = {}
    for row in reference["tiers"]:
        tier = Tier(Decimal(str(row["floor"])), Decimal(str(row["mmr"])))
        tables.setdefault(row["symbol"], []).append(tier)
        amount = Decimal(str(row["floor"]))
        cum, rate = Decimal(str(row["cum"])), Decimal(str(row["mmr"]))

        assert maintenance(amount, tables[row["symbol"]]) == amount * rate - cum

    assert len(tables) >= 2
