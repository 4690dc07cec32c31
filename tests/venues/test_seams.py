"""Where the parts of the venue meet: closing orders, orders without a price, its own marks."""

from decimal import Decimal

from msgspec import structs

from bot.model.command import OrderType
from bot.model.instrument import Instrument, Kind, PriceGrid
from bot.model.units import NS_PER_HOUR, NS_PER_SECOND, InstrumentId
from bot.venues.simulated.door import event_of
from bot.venues.simulated.expiry import payoff
from bot.venues.simulated.fees import FeeSchedule
from bot.venues.simulated.latency import Constant
from bot.venues.simulated.margin import Load
from bot.venues.simulated.reports import OrderReport
from bot.venues.simulated.requests import AmendOrder, Trigger, TriggerSource
from bot.venues.simulated.standard_margin import OptionMargin
from bot.venues.simulated.terms import Accruing, FairMark
from tests.venues.bank import ANN, COIN_PUT, Bank
from tests.venues.market import (
    ACCOUNT,
    BTC,
    BUY,
    INVERSE,
    NAMES,
    PERP,
    SELL,
    SPOT,
    USDT,
    Market,
    listing,
    venue,
)
from tests.venues.test_native import IOC, OTHER, amend, later, open_at, place, quoted, stop, told

MARK, LAST = TriggerSource.MARK, TriggerSource.LAST


# --- orders that may only close --------------------------------------------------------


def test_a_resting_order_that_may_only_close_opens_nothing_when_another_account_meets_it():
    there = open_at(Market().book(10, [(90, 50)], [(95, 10)]))
    there.perform(place("long", BUY, 10, 95))
    there.perform(place("plain", SELL, 10, 100))
    there.perform(place("close", SELL, 10, 101, reduce_only=True))

    said = told(there.perform(place("taker", BUY, 20, 101, account=OTHER)))

    assert there.positions.get((ACCOUNT, PERP), 0) == 0
    assert there.positions[OTHER, PERP] == 10
    assert ("canceled", "close", "reduced") in said


def test_a_stop_closes_what_an_order_to_take_profit_was_to_close():
    there = open_at(quoted().mark(30, "49"))
    there.perform(place("long", BUY, 3, 101))
    there.perform(place("profit", SELL, 3, 110, reduce_only=True))
    there.perform(
        stop("loss", SELL, 0, Trigger(price=98, source=MARK, rising=False), close_position=True)
    )

    said = later(there)

    assert ("trade", "loss", 3, 100) in said
    assert ("canceled", "profit", "reduced") in said
    assert there.positions == {}


# --- orders without a price ------------------------------------------------------------


def test_an_order_without_a_price_meets_an_empty_side_of_an_inverse_book_and_ends():
    there = open_at(Market().book(10, [], [(101, 3)], INVERSE).mark(15, "50", INVERSE))

    said = told(there.perform(place("a", SELL, 1, None, type=OrderType.MARKET, instrument=INVERSE)))

    assert said == [("new", "a"), ("expired", "a", "collar")]


def test_a_stop_without_a_price_buys_coins_when_its_price_has_come():
    there = open_at(quoted(SPOT).trade(30, BUY, 103, 1, SPOT))
    waits = Trigger(price=103, source=LAST, rising=True)
    there.perform(stop("a", BUY, 2, waits, instrument=SPOT))

    assert ("trade", "a", 2, 101) in later(there)


def test_coins_bought_without_a_price_cost_no_more_than_the_wallet_holds():
    poor = {ACCOUNT: {USDT: Decimal(100)}}
    market = Market().book(10, [(100, 5)], [(101, 1), (2000, 5)], SPOT)
    there = venue(market, latency=Constant(0, 0), lateness_ns=0, deposits=poor)
    there.advance(20)

    # 0.1 at 50.5, then 0.1 at 1000: together more than 100.
    said = told(there.perform(place("a", BUY, 2, None, type=OrderType.MARKET, instrument=SPOT)))

    assert said == [("rejected", "a", "balance")]
    assert there.wallets[ACCOUNT, USDT] == 100


# --- marks of the venue's own ----------------------------------------------------------


def test_funding_is_expected_for_what_a_stop_opened_at_a_mark_of_the_venues_own():
    contracts = {name: listing(name) for name in NAMES}
    perp = listing(PERP, funding_interval_ns=8 * NS_PER_HOUR)
    contracts[PERP] = structs.replace(perp, mark=FairMark())
    market = (
        quoted()
        .index(12, "50", PERP)
        .change(2 * NS_PER_SECOND + 5, [(104, 5)], [(101, 0), (102, 0), (103, 0), (106, 3)])
    )
    there = open_at(market.index(2 * NS_PER_SECOND + 6, "52.5"), listings=contracts)
    there.advance(NS_PER_SECOND + 1)
    waits = Trigger(price=103, source=MARK, rising=True)
    there.perform(stop("a", BUY, 2, waits))
    there.advance(4 * NS_PER_SECOND)
    assert there.positions[ACCOUNT, PERP] == 2

    there.advance(8 * NS_PER_HOUR)

    assert [each.reason for each in there.unfunded] == ["no rate was published for it"]


# --- restarts --------------------------------------------------------------------------


def test_a_state_of_a_venue_that_knows_no_time_yet_makes_up_no_past():
    contracts = {name: listing(name) for name in NAMES}
    contracts[PERP] = structs.replace(contracts[PERP], mark=FairMark())
    first = venue(listings=contracts)

    again = venue(listings=contracts)
    again.restore(first.state())

    # From 1970 on it would sample its mark a thousand million times.
    assert again.next_action_ns() is None
    now_ns = 1_700_000_000 * NS_PER_SECOND + 100
    again.feed(Market().book(now_ns, [(100, 5)], [(101, 5)]).take())
    assert again.next_action_ns() == 1_700_000_001 * NS_PER_SECOND


def test_what_could_not_grow_before_a_restart_is_reported_after_it():
    contracts = {name: listing(name) for name in NAMES}
    contracts[PERP] = structs.replace(contracts[PERP], funding=Accruing())
    there, again = (open_at(quoted(), listings=contracts) for _ in range(2))
    # No index is known: nobody knows a rate.
    there.perform(place("a", BUY, 2, 101))
    there.feed(Market().index(40, "50").mark(40, "50").take())
    there.finish()
    there.advance(50)
    state = there.state()
    again.restore(state)
    for each in (there, again):
        each.advance(NS_PER_HOUR)

    assert len(there.unfunded) == 1
    assert again.unfunded == there.unfunded


# --- reports ---------------------------------------------------------------------------


def test_the_average_price_of_an_option_that_settles_in_coin_is_its_premium():
    bank = Bank(0)
    bank.market(Decimal(100))
    bank.pass_time(1)
    # 4 dollars at 100: asks from 0.045 coins on, 40 lots each.
    *_, last = bank.venue.perform(
        place("a", BUY, 80, 20, instrument=COIN_PUT, account=ANN, time_in_force=IOC)
    )

    assert isinstance(last, OrderReport)
    assert last.average_price == Decimal("0.0475")


# --- options that settle in coin, as venues list them ------------------------------------

CALL_IN_COIN = Instrument(
    id=InstrumentId("there:BTC/USD:BTC-260101-100-C"),
    kind=Kind.OPTION,
    base=BTC,
    quote=BTC,
    settle=BTC,
    grid=PriceGrid(Decimal("0.0005")),
    lot=Decimal("0.1"),
    expiry_ns=1,
    strike=Decimal(100),
    call=True,
)
"""As Deribit lists one: its price is in coin, and its worth is not fixed in quote."""


def test_a_call_that_settles_in_coin_pays_coins():
    # (125 - 100) / 125 of a coin, not 25 coins.
    assert payoff(CALL_IN_COIN, Decimal(125)) == Decimal("0.2")


def test_a_short_call_that_settles_in_coin_is_margined_in_coins():
    load = Load(CALL_IN_COIN, -10, Decimal("0.05"), Decimal("0.05"), Decimal(90))

    assert OptionMargin().maintenance(load) == Decimal("0.125")
    # 0.15 less a tenth of a coin out of the money is less than 0.1.
    assert OptionMargin().initial(load, None) == Decimal("0.15")


def test_the_fee_of_an_option_that_settles_in_coin_is_a_fraction_of_a_coin():
    fees = FeeSchedule(Decimal("0.0003"), Decimal("0.0003"), premium_cap=Decimal("0.125"))

    fee = fees.charge(CALL_IN_COIN, BUY, 10, 100, maker=False, index=Decimal(90))

    assert fee == (Decimal("0.0003"), BTC)


def test_a_waiting_order_without_a_price_that_is_amended_is_no_event_of_ours():
    there = open_at(quoted().mark(15, "50"))
    there.perform(stop("a", SELL, 2, Trigger(price=97, source=MARK, rising=False)))

    (amended,) = there.perform(amend("a", size=3))

    assert event_of(amended) is None


# --- what nobody stated ----------------------------------------------------------------


def test_margin_is_looked_at_when_our_impact_on_the_middle_of_the_book_decays():
    market = Market().book(10, [(100, 50)], [(101, 1), (150, 50)])
    money = {ACCOUNT: {USDT: Decimal(1000)}, OTHER: {USDT: Decimal(3)}}
    there = venue(market, latency=Constant(0, 0), lateness_ns=0, deposits=money)
    there.advance(20)
    # Behind the only ask at 101 the next is at 150: the middle, which is the mark, jumps to 125.
    there.perform(place("a", BUY, 1, 101))
    there.perform(place("b", BUY, 2, 150, account=OTHER))
    assert there.positions[OTHER, PERP] == 2

    there.advance(1020)

    assert (OTHER, PERP) not in there.positions


def test_a_stop_fires_when_our_impact_on_the_middle_of_the_book_decays():
    there = open_at(Market().book(10, [(100, 50)], [(101, 1), (150, 50)]))
    there.perform(place("a", BUY, 1, 101))
    there.perform(stop("b", SELL, 1, Trigger(price=110, source=MARK, rising=False)))

    assert later(there, 1020) == [("triggered", "b"), ("trade", "b", 1, 100)]


# --- waiting orders that are changed ---------------------------------------------------


def test_a_waiting_order_for_coins_sets_its_money_aside_however_it_is_changed():
    poor = {ACCOUNT: {USDT: Decimal(100)}}
    there = venue(quoted(SPOT), latency=Constant(0, 0), lateness_ns=0, deposits=poor)
    there.advance(20)
    there.perform(stop("a", BUY, 1, Trigger(110, LAST, rising=True), instrument=SPOT))
    change = AmendOrder(account=ACCOUNT, instrument=SPOT, client_id="a", size=500)

    # 0.1 at 55 and its fee.
    assert there.treasury.withdrawable(ACCOUNT, USDT) == 100 - Decimal("5.5") * Decimal("1.0005")
    assert told(there.perform(change)) == [("refused", "balance")]
    assert told(there.perform(structs.replace(change, size=2, trigger_price=120))) == [
        ("amended", "a")
    ]
    assert there.treasury.withdrawable(ACCOUNT, USDT) == 100 - 12 * Decimal("1.0005")


def test_a_stop_that_closes_a_position_may_follow_the_price():
    there = open_at(quoted().mark(15, "50").mark(30, "48.5").mark(40, "48"))
    there.perform(place("long", BUY, 3, 101))
    there.perform(stop("a", SELL, 0, Trigger(97, MARK, rising=False), close_position=True))

    assert told(there.perform(amend("a", trigger_price=96))) == [("amended", "a")]
    assert later(there, 30) == []
    assert later(there) == [("triggered", "a"), ("trade", "a", 3, 100)]
