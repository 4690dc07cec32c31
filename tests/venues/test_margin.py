"""Margin at the simulated venue: what an order needs, and what a position must keep."""

from decimal import Decimal, localcontext

import pytest

from bot.model.command import Side
from bot.model.event import Liquidated, OrderRejected
from bot.model.instrument import Instrument, Kind
from bot.model.money import MONEY
from bot.model.units import Currency, InstrumentId
from bot.venues.simulated.accounts import MarginTerms, Position, worth
from bot.venues.simulated.listing import Listing
from bot.venues.simulated.margin import (
    Load,
    Tier,
    TierRule,
    balance,
    bankruptcy_prices,
    exposures,
)
from bot.venues.simulated.standard_margin import OptionMargin, SizeMargin
from bot.venues.simulated.venue import SimulatedVenue
from tests.venues.market import (
    ACCOUNT,
    BUY,
    FEES,
    INVERSE,
    NAMES,
    PERP,
    SELL,
    USDT,
    Market,
    contract,
    order,
    venue,
)

AT = {name: i for i, name in enumerate(NAMES)}
LEVERED = (
    Tier(Decimal(0), Decimal("0.01"), Decimal(20)),
    Tier(Decimal(1000), Decimal("0.02"), Decimal(10)),
)


def quoted(*names: InstrumentId) -> Market:
    """100 / 101 in quote, and a mark of 100.5."""
    market = Market()
    for name in names or (PERP,):
        market.book(10, [(200, 900)], [(202, 900)], name).mark(11, "100.5", name)
    return market


def levered(market: Market, deposit: str, **terms: MarginTerms) -> SimulatedVenue:
    listings = {
        PERP: Listing(contract(PERP), FEES, LEVERED),
        INVERSE: Listing(contract(INVERSE), FEES, LEVERED),
    }
    there = venue(market, deposit=deposit, listings=listings)
    there.advance(15)
    for name, chosen in terms.items():
        assert there.treasury.hold(ACCOUNT, AT[PERP if name == "perp" else INVERSE], chosen) is None
    return there


def rejected(there: SimulatedVenue, *commands, sent: int = 20) -> dict[str, str]:
    """Why orders were rejected, by their ids."""
    for command in commands:
        there.submit(command, sent)
    there.advance(sent + 5)
    events = there.take_events()
    return {e.order_id: e.reason for e in events if isinstance(e, OrderRejected)}


# --- orders ----------------------------------------------------------------------------


@pytest.mark.parametrize(("deposit", "carried"), [("53.2525", True), ("53.25", False)])
def test_an_order_needs_its_worth_over_the_leverage_and_what_it_costs_at_once(deposit, carried):
    # Five coins for 505 at ten: 50.5, half a dollar each against the mark of 100.5, and a fee.
    there = levered(quoted(), deposit, perp=MarginTerms(leverage=Decimal(10)))

    reasons = rejected(there, order("a", BUY, 50, 202))

    assert (reasons == {}) is carried


def test_without_a_chosen_leverage_the_most_of_the_tier_holds():
    there = levered(quoted(), "30")

    # 100 lots are 1,010: in the second tier, at ten.
    reasons = rejected(there, order("small", BUY, 50, 202), order("large", BUY, 50, 202))

    assert list(reasons) == ["large"]
    assert reasons["large"].startswith("margin: ")


def test_a_leverage_that_the_size_does_not_allow_is_refused():
    there = levered(quoted(), "1000", perp=MarginTerms(leverage=Decimal(20)))

    reasons = rejected(there, order("a", BUY, 99, 202), order("b", BUY, 1, 202))

    assert reasons == {"b": "leverage: 20 is chosen, 10 is allowed at this size"}


def test_orders_of_two_sides_need_margin_for_the_worse_side_only():
    there = levered(quoted(), "52", perp=MarginTerms(leverage=Decimal(10)))

    reasons = rejected(
        there,
        order("buy", BUY, 50, 200),
        order("sell", SELL, 50, 203),
        order("more", BUY, 10, 200),
    )

    assert list(reasons) == ["more"]


def test_an_order_that_reduces_passes_whatever_is_left():
    there = levered(quoted().mark(30, "93"), "53.5", perp=MarginTerms(leverage=Decimal(10)))
    assert rejected(there, order("a", BUY, 50, 202)) == {}
    there.advance(31)

    reasons = rejected(there, order("b", BUY, 1, 202), order("c", SELL, 50, 200), sent=31)

    assert list(reasons) == ["b"]
    assert there.treasury.available(ACCOUNT, USDT) > 0


def test_spot_cannot_spend_what_contracts_need():
    spot = NAMES[2]
    market = quoted(PERP, spot)
    there = venue(
        market,
        deposit="100",
        listings={
            PERP: Listing(contract(PERP), FEES, LEVERED),
            spot: Listing(contract(spot), FEES),
        },
    )
    there.treasury.hold(ACCOUNT, AT[PERP], MarginTerms(leverage=Decimal(10)))
    assert rejected(there, order("a", BUY, 50, 202)) == {}

    reasons = rejected(there, order("b", BUY, 5, 202, name=spot), sent=30)

    assert reasons["b"].startswith("balance: ")


# --- isolated --------------------------------------------------------------------------


def isolated(leverage: int = 10) -> MarginTerms:
    return MarginTerms(isolated=True, leverage=Decimal(leverage))


def test_an_isolated_position_sets_its_margin_aside_and_loses_no_more():
    market = quoted().change(30, bids=[(200, 0)]).mark(40, "90")
    there = levered(market, "1000", perp=isolated())
    there.submit(order("a", BUY, 10, 202), 20)
    there.advance(39)
    aside = dict(there.books.isolated)

    there.advance(50)
    (event,) = [e for e in there.take_events() if isinstance(e, Liquidated)]

    assert aside == {(ACCOUNT, AT[PERP]): Decimal("10.1")}
    # A tenth of 101 is gone, and nothing besides it.
    assert event.price == Decimal("90.9")
    assert there.wallets[ACCOUNT, USDT] == 1000 - Decimal("10.1") - Decimal("0.0505")
    assert there.books.isolated == {(ACCOUNT, AT[PERP]): 0}


def test_closing_half_of_it_frees_half_of_its_margin():
    there = levered(quoted(), "1000", perp=isolated())
    there.submit(order("a", BUY, 10, 202), 20)
    there.submit(order("b", SELL, 5, 200), 25)

    there.advance(40)

    assert there.books.isolated == {(ACCOUNT, AT[PERP]): Decimal("5.05")}
    # Half a coin lost a dollar, and two fees were paid.
    fees = (101 + 50) * Decimal("0.0005")
    assert there.wallets[ACCOUNT, USDT] == 1000 - Decimal("0.5") - fees


def test_added_margin_moves_the_liquidation_away_and_can_be_taken_back():
    there = levered(quoted().change(30, bids=[(200, 0)]).mark(40, "90.95"), "1000", perp=isolated())
    there.submit(order("a", BUY, 10, 202), 20)
    there.advance(30)
    i = AT[PERP]

    assert there.treasury.add_margin(ACCOUNT, i, Decimal(5)) is None
    too_much = there.treasury.add_margin(ACCOUNT, i, Decimal(-6))
    assert there.treasury.add_margin(ACCOUNT, i, Decimal(-2)) is None
    there.advance(50)

    assert too_much is not None
    assert too_much.startswith("margin: ")
    assert there.books.isolated == {(ACCOUNT, i): Decimal("13.1")}
    assert there.positions == {(ACCOUNT, PERP): 10}


def test_the_mode_is_chosen_while_flat_and_leverage_within_what_is_free():
    there = levered(quoted(), "60")
    treasury, i = there.treasury, AT[PERP]
    there.submit(order("a", BUY, 50, 202), 20)
    there.advance(30)

    mode = treasury.hold(ACCOUNT, i, isolated())
    lower = treasury.hold(ACCOUNT, i, MarginTerms(leverage=Decimal(5)))
    higher = treasury.hold(ACCOUNT, i, MarginTerms(leverage=Decimal(25)))
    fitting = treasury.hold(ACCOUNT, i, MarginTerms(leverage=Decimal(10)))

    assert mode == "margin mode: cannot change while there is a position or an order"
    assert lower == "margin: what is available does not cover the higher initial margin"
    assert higher == "leverage: got 25, 20 is allowed at this size"
    assert fitting is None
    assert there.books.margin_terms(ACCOUNT, i) == MarginTerms(leverage=Decimal(10))


def test_an_isolated_position_falls_alone():
    market = quoted(PERP, INVERSE).change(30, bids=[(200, 0)]).mark(40, "80")
    there = levered(market, "1000", perp=isolated())
    there.submit(order("a", BUY, 10, 202), 20)
    there.submit(order("b", BUY, 1, 202, name=INVERSE), 20)
    there.advance(50)

    assert there.positions == {(ACCOUNT, INVERSE): 1}


# --- reference values ------------------------------------------------------------------


def exact(number: float) -> Decimal:
    return Decimal(str(number))


def linear(symbol: str) -> Instrument:
    name = InstrumentId(f"binanceusdm:{symbol}")
    base = Currency(symbol.partition("/")[0])
    return contract(name, base=base, lot=Decimal("0.1"), kind=Kind.PERPETUAL)


@pytest.fixture
def reference(vectors):
    return vectors("binance_margin")


@pytest.fixture
def rules(reference) -> dict[str, TierRule]:
    tables: dict[str, list[Tier]] = {}
    for row in reference["tiers"]:
        tier = Tier(exact(row["floor"]), exact(row["mmr"]), exact(row["max_leverage"]))
        tables.setdefault(row["symbol"], []).append(tier)
    return {symbol: TierRule(tuple(tiers)) for symbol, tiers in tables.items()}


def held(symbol: str, quantity: Decimal, entry: Decimal) -> tuple[Instrument, Position]:
    instrument = linear(symbol)
    lots = instrument.lots(quantity)
    return instrument, Position(lots, worth(instrument, lots, entry))


def test_pools_are_called_at_the_reference_liquidation_prices(reference, rules):
    compared = 0
    for row in reference["liquidation"]:
        given, expected = row["inputs"], row["expected"]
        symbol = given["symbol"]
        instrument, position = held(
            symbol, given["side"] * exact(given["qty"]), exact(given["entry"])
        )
        wallet = exact(given["wallet_balance"]) + exact(given["upnl_other"])

        def slack(mark: Decimal) -> Decimal:
            with localcontext(MONEY):
                pool = exposures([(0, position)], {0: instrument}, rules_at, {0: mark}, {0: None})  # noqa: B023
                assert pool is not None
                required = pool[0].maintenance + exact(given["tmm_other"])  # noqa: B023
                return balance(wallet, pool) - required  # noqa: B023

        rules_at = {0: rules[symbol]}
        if expected["liq_price"] is None:
            assert slack(Decimal("1e-6")) > 0, row["id"]
            continue
        price, away = exact(expected["liq_price"]), given["side"] * Decimal("1e-8")
        assert slack(price * (1 + away)) > 0, row["id"]
        assert slack(price * (1 - away)) < 0, row["id"]
        with localcontext(MONEY):
            pool = exposures([(0, position)], {0: instrument}, rules_at, {0: price}, {0: None})
            assert pool is not None
            (bankrupt,) = bankruptcy_prices(wallet, pool)
        assert float(bankrupt) == pytest.approx(expected["bankruptcy_price"], rel=1e-8)
        compared += 1
    assert compared == 9


def test_the_margin_of_accounts_agrees_with_the_reference(reference, rules):
    for row in reference["accounts"]:
        given, expected = row["inputs"], row["expected"]
        pairs = [
            held(one["symbol"], one["side"] * exact(one["qty"]), exact(one["entry"]))
            for one in given["positions"]
        ]
        pool = exposures(
            [(k, position) for k, (_, position) in enumerate(pairs)],
            {k: instrument for k, (instrument, _) in enumerate(pairs)},
            {k: rules[one["symbol"]] for k, one in enumerate(given["positions"])},
            {k: exact(one["mark"]) for k, one in enumerate(given["positions"])},
            dict.fromkeys(range(len(pairs))),
        )
        assert pool is not None

        required = sum(each.maintenance for each in pool)
        left = balance(exact(given["wallet"]), pool)

        assert sum(each.profit for each in pool) == exact(expected["upnl"])
        assert required == exact(expected["maint_margin"])
        assert float(required / left) == pytest.approx(expected["margin_ratio"], abs=1e-12)
    assert len(reference["accounts"]) == 4


def option(call: bool, strike: int) -> Instrument:
    return contract(
        InstrumentId("deribit:BTC/USD:BTC-240927-X"),
        kind=Kind.OPTION,
        inverse=True,
        settle=Currency("BTC"),
        lot=Decimal(1),
        expiry_ns=1,
        strike=Decimal(strike),
        call=call,
    )


def test_the_margin_of_short_options_agrees_with_the_reference(vectors):
    rule, cases = OptionMargin(), vectors("deribit_margin_adl")["option_margin"]
    for case in cases:
        given, expected = case["inputs"], case["expected"]
        instrument, mark = option(given["flag"] == "c", given["K"]), exact(given["mark_coin"])
        load = Load(instrument, -given["qty"], mark, mark, Decimal(given["F"]))
        long = Load(instrument, given["qty"], mark, mark, Decimal(given["F"]))

        assert float(rule.initial(load, None)) == pytest.approx(expected["im"], abs=1e-12)
        assert float(rule.maintenance(load)) == pytest.approx(expected["mm"], abs=1e-12)
        assert rule.initial(long, None) == rule.maintenance(long) == 0
    assert len(cases) == 5


@pytest.mark.parametrize(
    ("coins", "initial", "maintenance"), [(1, "0.02005", "0.01005"), (100, "0.025", "0.015")]
)
def test_standard_margin_grows_with_the_size(coins, initial, maintenance):
    rule = SizeMargin(Decimal("0.02"), Decimal("0.01"), Decimal("0.00005"))
    instrument = contract(PERP, lot=Decimal(1))
    amount = Decimal(60_000 * coins)
    load = Load(instrument, -coins, amount, Decimal(60_000), None)

    assert rule.initial(load, None) == amount * Decimal(initial)
    assert rule.maintenance(load) == amount * Decimal(maintenance)
    assert rule.initial(load, Decimal(2)) == amount / 2
    assert rule.leverage_max(load) == pytest.approx(1 / Decimal(initial))


def test_a_linear_option_counts_its_margin_in_quote():
    inverse, linear_one = (
        option(True, 60_000),
        contract(
            InstrumentId("deribit:BTC/USDC:USDC-240927-60000-C"),
            kind=Kind.OPTION,
            lot=Decimal(1),
            expiry_ns=1,
            strike=Decimal(60_000),
            call=True,
        ),
    )
    index, mark = Decimal(50_000), Decimal("0.02")
    rule = OptionMargin()

    coins = rule.initial(Load(inverse, -3, 3 * mark, mark, index), None)
    quote = rule.initial(Load(linear_one, -3, 3 * mark * index, mark * index, index), None)

    assert quote == coins * index


@pytest.mark.parametrize("side", [Side.BUY, Side.SELL])
def test_a_listing_without_its_margin_is_refused(side):
    name = InstrumentId(f"here:BTC/USDT:USDT-{side}")
    dated = contract(name, kind=Kind.OPTION, expiry_ns=1, strike=Decimal(1), call=side is BUY)

    with pytest.raises(ValueError, match="expected an option's"):
        Listing(dated, FEES)
    with pytest.raises(ValueError, match="expected ascending ones from 0"):
        Listing(contract(PERP), FEES)


def short_call(market: Market) -> SimulatedVenue:
    """A coin's call, sold for 100 with 20 in the wallet; index 100, mark 100.5."""
    terms = {"kind": Kind.OPTION, "expiry_ns": 10**18, "strike": Decimal(100), "call": True}
    listed = Listing(contract(PERP, **terms), FEES, margin=OptionMargin())
    there = venue(market, deposit="20", listings={PERP: listed})
    there.submit(order("a", SELL, 10, 200), 20)
    there.advance(30)
    there.take_events()
    assert there.positions == {(ACCOUNT, PERP): -10}
    return there


@pytest.mark.parametrize(
    ("mark", "index", "called_ns"),
    [
        # 0.075 of the index and the mark must stay of 120 less the fee of 0.05.
        (["105", "112.4", "112.5", "130"], [], 42),
        ([], ["150", "259", "261", "400"], 52),
    ],
    ids=["its mark", "the index alone"],
)
def test_a_short_option_is_called_by_its_mark_and_by_the_index(mark, index, called_ns):
    market = quoted().index(12, "100")
    for k, price in enumerate(mark):
        market.mark(40 + k, price)
    for k, price in enumerate(index):
        market.index(50 + k, price)
    there = short_call(market)

    there.advance(60)

    closed = [event for event in there.take_events() if isinstance(event, Liquidated)]
    assert {event.ts_venue for event in closed} == {called_ns}
    assert there.positions == {}
