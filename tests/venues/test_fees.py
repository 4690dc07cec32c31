"""What the simulated venue takes: tiers, rebates, its own coin, options, deliveries, rounding."""

from decimal import Decimal, localcontext

import pytest

from bot.model.event import Fill
from bot.model.instrument import Kind, PriceGrid
from bot.model.money import MONEY
from bot.model.units import NS_PER_HOUR, Currency, InstrumentId
from bot.venues.simulated.accounts import VENUE
from bot.venues.simulated.fees import FeeAsset, FeeSchedule, FeeTier, Volumes
from bot.venues.simulated.listing import Listing
from tests.venues.market import (
    ACCOUNT,
    BTC,
    BUY,
    PERP,
    SELL,
    SPOT,
    TIERS,
    USDT,
    Market,
    contract,
    order,
    venue,
)

DAY = 24 * NS_PER_HOUR
CALL = contract(
    InstrumentId("here:BTC/USD:BTC-240927-60000-C"),
    kind=Kind.OPTION,
    inverse=True,
    settle=BTC,
    contract_size=Decimal(1),
    lot=Decimal("0.1"),
    grid=PriceGrid(Decimal("0.0001")),
    expiry_ns=1,
    strike=Decimal(60_000),
    call=True,
)
OPTION_FEES = FeeSchedule(
    Decimal("0.0003"),
    Decimal("0.0003"),
    premium_cap=Decimal("0.125"),
    delivery=Decimal("0.00015"),
)


def quoted(*names: InstrumentId) -> Market:
    market = Market()
    for name in names:
        market.book(10, [(200, 900)], [(202, 900)], name)
    return market


def test_rates_are_those_of_the_volume_of_the_thirty_days_before_today():
    tiers = (
        FeeTier(Decimal(100), Decimal("0.0001"), Decimal("0.0004")),
        FeeTier(Decimal(1000), Decimal("-0.0001"), Decimal("0.0003")),
    )
    schedule = FeeSchedule(Decimal("0.0002"), Decimal("0.0005"), tiers=tiers)
    volumes = Volumes()
    volumes.add(ACCOUNT, USDT, Decimal(600), 5)
    volumes.add(ACCOUNT, USDT, Decimal(600), DAY - 1)

    rates = [
        schedule.rate(volumes.of(ACCOUNT, USDT, now_ns), maker=True)
        for now_ns in (DAY - 1, DAY, 30 * DAY, 31 * DAY)
    ]

    assert rates == [Decimal(each) for each in ("0.0002", "-0.0001", "-0.0001", "0.0002")]
    assert schedule.worst() == Decimal("0.0005")


def test_days_that_count_no_more_are_forgotten():
    volumes = Volumes()
    for day in range(100):
        volumes.add(ACCOUNT, USDT, Decimal(1), day * DAY)

    assert len(volumes.days[ACCOUNT, USDT]) == 31
    assert volumes.of(ACCOUNT, USDT, 99 * DAY) == 30


def test_a_maker_is_paid_its_rebate_by_the_venue():
    rebate = FeeSchedule(Decimal("-0.0001"), Decimal("0.0005"))
    market = quoted(PERP).trade(40, SELL, 199, 10)
    there = venue(market, listings={PERP: Listing(contract(PERP), rebate, TIERS)})
    there.submit(order("a", BUY, 10, 200), 20)

    there.advance(50)
    (fill,) = [event for event in there.take_events() if isinstance(event, Fill)]

    assert (fill.maker, fill.fee) == (True, Decimal("-0.01"))
    assert there.wallets[ACCOUNT, USDT] == 1_000_000 + Decimal("0.01")
    assert there.books.wallet[VENUE, USDT] == Decimal("-0.01")


@pytest.mark.parametrize(
    ("price", "fee"),
    [("101", "0.051"), ("99", "0.050"), ("-0.0001", "0.000"), ("98.99", "0.049")],
)
def test_a_fee_is_rounded_half_up_when_it_is_booked(price, fee):
    schedule = FeeSchedule(Decimal("0.0005"), Decimal("0.0005"), step=Decimal("0.001"))

    assert schedule.rounded(Decimal(price) * Decimal("0.0005")) == Decimal(fee)


def test_half_a_step_of_a_rebate_rounds_away_from_nothing():
    schedule = FeeSchedule(Decimal("0.0005"), Decimal("0.0005"), step=Decimal("0.01"))

    assert schedule.rounded(Decimal("-0.005")) == Decimal("-0.01")
    assert schedule.rounded(Decimal("0.005")) == Decimal("0.01")


@pytest.mark.parametrize(
    ("premium", "fee"),
    # Ten lots are a coin: 0.03 % of it, or an eighth of a premium of less than 0.0024.
    [(100, "0.0003"), (24, "0.0003"), (4, "0.00005"), (0, "0")],
)
def test_the_fee_of_an_option_is_of_the_underlying_and_capped_by_the_premium(premium, fee):
    paid, currency = OPTION_FEES.charge(CALL, BUY, 10, premium, maker=False)

    assert (paid, currency) == (Decimal(fee), BTC)


def test_a_linear_options_fee_needs_the_index_and_is_the_cap_without_it():
    linear = contract(
        InstrumentId("here:BTC/USDC:USDC-240927-60000-C"),
        kind=Kind.OPTION,
        settle=Currency("USDC"),
        lot=Decimal(1),
        expiry_ns=1,
        strike=Decimal(60_000),
        call=True,
    )

    known, _ = OPTION_FEES.charge(linear, BUY, 1, 4000, maker=False, index=Decimal(50_000))
    unknown, _ = OPTION_FEES.charge(linear, BUY, 1, 4000, maker=False)

    # 15 of 50,000; an eighth of the premium of 2,000.
    assert (known, unknown) == (15, 250)


def test_delivery_is_of_the_settlement_and_nothing_where_nothing_is_paid():
    future = contract(PERP, kind=Kind.FUTURE, expiry_ns=1)
    schedule = FeeSchedule(Decimal(0), Decimal(0), delivery=Decimal("0.00025"))

    assert schedule.deliver(future, -10, Decimal(60_000), Decimal(60_000)) == 15
    assert OPTION_FEES.deliver(CALL, 10, Decimal(0), Decimal(50_000)) == 0
    # 0.015 % of a coin; an eighth of the payoff where that is less.
    assert OPTION_FEES.deliver(CALL, 10, Decimal("0.1"), Decimal(66_000)) == Decimal("0.00015")
    assert OPTION_FEES.deliver(CALL, 10, Decimal("0.0008"), Decimal(60_048)) == Decimal("0.0001")


# --- the venue's own coin --------------------------------------------------------------


def in_coin(market: Market, *, pays: bool = True, deposit: str = "1000"):
    """Fees of the perpetual may be paid in BTC at a tenth off, priced by the spot pair."""
    asset = FeeAsset(BTC, Decimal("0.1"), SPOT)
    fees = FeeSchedule(Decimal("0.0002"), Decimal("0.0005"), asset=asset)
    there = venue(
        market,
        deposit=deposit,
        listings={
            PERP: Listing(contract(PERP), fees, TIERS),
            SPOT: Listing(contract(SPOT), FeeSchedule(Decimal(0), Decimal(0))),
        },
    )
    there.treasury.pay_fees_in_asset(ACCOUNT, pays)
    there.submit(order("a", BUY, 10, 202), 20)
    there.advance(40)
    (fill,) = [event for event in there.take_events() if isinstance(event, Fill)]
    return there, fill


def test_whoever_asks_for_it_pays_in_the_coin_at_its_discount():
    there, fill = in_coin(quoted(PERP, SPOT))

    # 0.0505 less a tenth, at 100.5.
    assert fill.fee_currency == BTC
    assert fill.fee == pytest.approx(Decimal("0.04545") / Decimal("100.5"))
    with localcontext(MONEY):
        assert there.wallets[ACCOUNT, BTC] == 1000 - fill.fee
    assert there.wallets[ACCOUNT, USDT] == 1000


@pytest.mark.parametrize(
    ("names", "pays"), [((PERP,), True), ((PERP, SPOT), False)], ids=["unknown", "not asked"]
)
def test_else_it_is_charged_as_if_there_were_no_such_coin(names, pays):
    _, fill = in_coin(quoted(*names), pays=pays)

    assert (fill.fee, fill.fee_currency) == (Decimal("0.0505"), USDT)


@pytest.mark.parametrize("rate", ["0.5", "NaN", "-0.2"])
def test_what_is_no_rate_is_refused(rate):
    with pytest.raises(ValueError, match="expected a fraction"):
        FeeSchedule(Decimal(0), Decimal(0), tiers=(FeeTier(Decimal(0), Decimal(rate), Decimal(0)),))


def test_tiers_that_do_not_ascend_are_refused():
    tier = FeeTier(Decimal(5), Decimal(0), Decimal(0))

    with pytest.raises(ValueError, match="expected ascending ones"):
        FeeSchedule(Decimal(0), Decimal(0), tiers=(tier, tier))
