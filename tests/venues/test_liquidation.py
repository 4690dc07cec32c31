"""Liquidation at the simulated venue: when a pool is closed, by which steps, and who pays."""

from decimal import Decimal

import pytest

from bot.model.event import Deleveraged, Fill, Liquidated
from bot.model.units import AccountId
from bot.venues.simulated.accounts import FUND, MARKET
from bot.venues.simulated.deleveraging import Winner, ranked, score
from bot.venues.simulated.latency import Constant
from bot.venues.simulated.listing import Listing
from bot.venues.simulated.margin import Tier, maintenance
from bot.venues.simulated.matching import CURSOR, REACHED, match
from bot.venues.simulated.terms import LiquidationTerms
from bot.venues.simulated.venue import SimulatedVenue
from tests.venues.market import (
    ACCOUNT,
    BTC,
    BUY,
    FEES,
    IN_NS,
    INVERSE,
    NAMES,
    OUT_NS,
    PERP,
    SELL,
    TIERS,
    USDT,
    Market,
    contract,
    listing,
    order,
    said,
    venue,
)

ONE_PERCENT = Decimal("0.01")


def quoted(name=PERP) -> Market:
    """100 / 101 in quote."""
    return Market().book(10, [(200, 900)], [(202, 900)], name)


def deserted(name=PERP) -> Market:
    """The same, and everyone is gone before the mark moves."""
    return (
        quoted(name).mark(25, "100", name).change(30, bids=[(200, 0)], asks=[(202, 0)], name=name)
    )


def moved(mark: str, bid: int, ask: int, size: int = 900) -> Market:
    """100 / 101, then another touch (ticks) and after it a mark."""
    market = quoted().mark(25, "100")
    market.change(39, bids=[(200, 0), (bid, size)], asks=[(202, 0), (ask, 900)])
    return market.mark(40, mark)


def forced(there: SimulatedVenue, until: int = 10**6) -> list[Liquidated]:
    there.advance(until)
    return [event for event in there.take_events() if isinstance(event, Liquidated)]


# --- when ------------------------------------------------------------------------------


def test_a_long_that_the_book_does_not_take_is_closed_at_the_bankruptcy_price():
    # One coin at 101 with a wallet of 10: bankrupt at 91 and the fee of 0.0505.
    market = deserted().mark(40, "92.1").mark(41, "91.9").mark(50, "50")
    there = venue(market, deposit="10")
    there.submit(order("a", BUY, 10, 202), 20)

    (event,) = forced(there)

    assert event.ts_venue == 41
    assert (event.side, event.size, event.fee) == (SELL, 10, 0)
    assert event.price == Decimal("91.0505")
    assert there.positions == {}
    assert there.wallets[ACCOUNT, USDT] == 0
    assert there.books.wallet[FUND, USDT] == Decimal("91.9") - Decimal("91.0505")


def test_a_short_is_closed_when_the_mark_rises():
    market = deserted().mark(40, "108").mark(41, "109")
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
    market = deserted(INVERSE).mark(40, "92", INVERSE)
    there = venue(market.mark(41, "91", INVERSE), deposit="1")
    there.submit(order("a", BUY, 10, 202, name=INVERSE), 20)

    (event,) = forced(there)

    fee = Decimal(1000) / 101 * Decimal("0.0005")
    assert event.ts_venue == 40
    assert event.price == pytest.approx(Decimal(1000) / (Decimal(1000) / 101 + 1 - fee))
    # What no price of thirty places could say is the fund's, so that exactly nothing is left.
    assert there.wallets[ACCOUNT, BTC] == 0
    assert abs(event.fee) < Decimal("1e-20")


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


# --- by which steps --------------------------------------------------------------------

THREE = (
    Tier(Decimal(0), ONE_PERCENT),
    Tier(Decimal(500), 5 * ONE_PERCENT),
    Tier(Decimal(800), 10 * ONE_PERCENT),
)


def tiered(band: str = "0.05") -> dict:
    closing = LiquidationTerms(fee=ONE_PERCENT, band=Decimal(band))
    return {PERP: Listing(contract(PERP), FEES, THREE, liquidation=closing)}


def test_the_position_is_reduced_a_tier_at_a_time_until_its_margin_suffices():
    # Ten coins bought at 101; at 97 they need 37, and 30 is left of the 70.
    market = (
        quoted()
        .mark(25, "100")
        .change(39, bids=[(200, 0), (193, 900)], asks=[(202, 0), (195, 900)])
    )
    market.mark(40, "97")
    there = venue(market, deposit="70", listings=tiered())
    there.submit(order("a", BUY, 100, 202), 20)

    (event,) = forced(there)

    # 970 in the third tier: 970 − 800 of worth is 17.5…, rounded up to 18 lots of 9.7.
    assert (event.side, event.size) == (SELL, 18)
    assert event.price == Decimal("96.5")
    assert event.fee == 18 * Decimal("0.1") * Decimal("96.5") * ONE_PERCENT
    assert there.books.wallet[FUND, USDT] == event.fee
    assert there.positions == {(ACCOUNT, PERP): 82}


def test_it_goes_on_to_the_next_tier_while_margin_does_not_suffice():
    market = (
        quoted()
        .mark(25, "100")
        .change(39, bids=[(200, 0), (193, 900)], asks=[(202, 0), (195, 900)])
    )
    market.mark(40, "97")
    there = venue(market, deposit="60", listings=tiered())
    there.submit(order("a", BUY, 100, 202), 20)

    events = forced(there)

    assert [event.size for event in events] == [18, 31]
    assert there.positions == {(ACCOUNT, PERP): 51}


@pytest.mark.parametrize(("band", "by_the_book"), [("0.02", True), ("0.005", False)])
def test_no_order_of_it_trades_beyond_the_band_around_the_mark(band, by_the_book):
    # The bid is one percent under the mark of 97, and better than what would leave nothing.
    there = venue(moved("97", 192, 230), deposit="60", listings=tiered(band))
    there.submit(order("a", BUY, 100, 202), 20)

    events = forced(there)

    assert [event.price == 96 for event in events] == ([True, True] if by_the_book else [False])
    if not by_the_book:
        # Bankrupt where ten coins have lost 60 less the fee of entering.
        (event,) = events
        assert (event.size, event.fee) == (100, 0)
        assert event.price == 101 - (60 - Decimal("0.505")) / 10
        assert there.positions == {}
        assert there.wallets[ACCOUNT, USDT] == 0


def test_the_fee_takes_no_more_than_is_left():
    # One lot of margin is left at 91.5; a tenth of the worth is asked.
    market = (
        quoted()
        .mark(25, "100")
        .change(39, bids=[(200, 0), (183, 900)], asks=[(202, 0), (185, 900)])
    )
    market.mark(40, "92")
    closing = LiquidationTerms(fee=Decimal("0.09"), band=Decimal("0.05"))
    dear = {PERP: Listing(contract(PERP), FEES, TIERS, liquidation=closing)}
    there = venue(market, deposit="9.9", listings=dear)
    there.submit(order("a", BUY, 10, 202), 20)

    (event,) = forced(there)

    assert event.price == Decimal("91.5")
    assert event.fee == Decimal("9.9") - Decimal("0.0505") - Decimal("9.5")
    assert there.wallets[ACCOUNT, USDT] == 0


def test_what_the_liquidation_took_is_missing_from_the_book():
    market = (
        quoted().mark(25, "100").change(39, bids=[(200, 0), (193, 20)], asks=[(202, 0), (195, 900)])
    )
    market.mark(40, "97")
    there = venue(market, deposit="70", listings=tiered())
    there.submit(order("a", BUY, 100, 202), 20)
    there.advance(41)
    there.submit(order("b", SELL, 10, 193, reduce_only=True), 41)
    there.advance(60)

    fills = [event for event in there.take_events() if isinstance(event, Fill)]

    assert [(fill.order_id, fill.size) for fill in fills] == [("a", 100), ("b", 2)]


# --- who pays --------------------------------------------------------------------------

WINNER, OTHER = AccountId("winner"), AccountId("other")


def crowd(market: Market, fund: str, *, loser: str = "10") -> SimulatedVenue:
    """A long account that a gap ruins, two shorts on the other side, and a fund."""
    there = SimulatedVenue(
        NAMES,
        (1024,) * len(NAMES),
        {name: listing(name) for name in NAMES},
        {
            ACCOUNT: {USDT: Decimal(loser)},
            WINNER: {USDT: Decimal(60)},
            OTHER: {USDT: Decimal(1000)},
            FUND: {USDT: Decimal(fund)},
        },
        Constant(OUT_NS, IN_NS),
        IN_NS,
        impact_decay_ns=1000,
    )
    there.feed(market.take())
    there.finish()
    there.submit(order("a", BUY, 10, 202), 20)
    there.submit(order("w", SELL, 6, 200, account=WINNER), 20)
    there.submit(order("o", SELL, 30, 200, account=OTHER), 20)
    return there


def test_a_fund_that_can_pay_takes_over_and_loses_what_the_gap_cost():
    # Bankrupt at 91.0505, and the mark is at 80.
    there = crowd(deserted().mark(40, "80"), fund="100")

    (event,) = forced(there)

    assert event.price == Decimal("91.0505")
    assert there.wallets[ACCOUNT, USDT] == 0
    assert there.books.wallet[FUND, USDT] == 100 - Decimal("11.0505")
    assert there.books.quantity(FUND, NAMES.index(PERP)) == 0


def test_what_the_fund_cannot_pay_for_is_closed_against_the_winners_by_rank():
    # Each lot costs 1.10505: a fund of 3 takes two, the rest is deleveraged.
    there = crowd(deserted().mark(40, "80"), fund="3")

    there.advance(10**6)
    events = there.take_events()

    closed = [e for e in events if isinstance(e, Liquidated)]
    taken = [e for e in events if isinstance(e, Deleveraged)]
    assert [e.size for e in closed] == [2, 6, 2]
    # The small account has the higher leverage, so it comes first and gives up all it has.
    assert [(e.account, e.side, e.size) for e in taken] == [(WINNER, BUY, 6), (OTHER, BUY, 2)]
    assert {e.price for e in closed + taken} == {Decimal("91.0505")}
    assert all(e.fee == 0 for e in closed)
    assert there.positions == {(OTHER, PERP): -28}
    assert there.wallets[ACCOUNT, USDT] == 0


def test_where_our_own_accounts_hold_too_little_the_market_is_the_other_side():
    there = crowd(deserted().mark(40, "80"), fund="0", loser="100")
    there.submit(order("b", BUY, 90, 202), 21)

    there.advance(10**6)
    events = there.take_events()

    assert [e.size for e in events if isinstance(e, Deleveraged)] == [6, 30]
    assert sum(e.size for e in events if isinstance(e, Liquidated)) == 100
    assert there.positions == {}
    assert there.books.quantity(MARKET, NAMES.index(PERP)) == 0


def test_the_order_of_deleveraging_agrees_with_the_reference(vectors):
    cases = vectors("deribit_margin_adl")["adl"]
    for case in cases:
        given, expected = case["inputs"], case["expected"]
        lots = given["side"] * given["qty"]
        at = [Decimal(lots * given[name]) for name in ("mark", "entry", "bankrupt")]

        assert float(score(*at)) == pytest.approx(expected["score"], abs=1e-12)
    assert len(cases) == 4


def test_equals_are_deleveraged_by_name():
    equal = [Winner(AccountId(name), 1, Decimal(2)) for name in ("b", "a")]
    best = Winner(AccountId("c"), 1, Decimal(3))

    assert [each.account for each in ranked([*equal, best])] == ["c", "a", "b"]


# --- at what cost ----------------------------------------------------------------------


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
