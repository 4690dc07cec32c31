"""Liquidation, bankruptcy and maintenance margin, against reference values and from first ideas."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.risk.margin import (
    CAUTIOUS_INVERSE,
    CAUTIOUS_LINEAR,
    INFINITY,
    Tier,
    TierTable,
    bankruptcy_price,
    distance,
    liquidation_price,
)

ZERO = Decimal(0)
NONE_ELSE = {"maintenance_others": ZERO, "profit_others": ZERO}


def exact(number: float | int) -> Decimal:
    return Decimal(str(number))


@pytest.fixture(scope="module")
def reference(vectors):
    return vectors("binance_margin")


@pytest.fixture(scope="module")
def tables(reference):
    symbols = {tier["symbol"] for tier in reference["tiers"]}
    return {
        symbol: TierTable.of(
            *(
                (exact(tier["floor"]), exact(tier["mmr"]))
                for tier in reference["tiers"]
                if tier["symbol"] == symbol
            )
        )
        for symbol in symbols
    }


# --- reference values ------------------------------------------------------------------


def test_deductions_follow_from_floors_and_rates(reference, tables):
    stated = [exact(tier["cum"]) for tier in reference["tiers"]]

    derived = [
        tables[tier["symbol"]].tiers[tier["tier"] - 1].deduction for tier in reference["tiers"]
    ]

    assert derived == stated
    assert len(stated) == 34


def test_maintenance_margins_are_the_venues(reference, tables):
    for row in reference["maintenance"]:
        given_, expected = row["inputs"], row["expected"]["maintenance_margin"]

        margin = tables[given_["symbol"]].maintenance(exact(given_["notional"]))

        assert margin == pytest.approx(exact(expected), abs=Decimal("1e-6")), row["id"]
    assert len(reference["maintenance"]) == 25


def test_liquidation_and_bankruptcy_prices_are_the_venues(reference, tables):
    for row in reference["liquidation"]:
        given_, expected = row["inputs"], row["expected"]
        quantity = given_["side"] * exact(given_["qty"])
        entry, balance = exact(given_["entry"]), exact(given_["wallet_balance"])
        profit = exact(given_["upnl_other"])
        table = tables[given_["symbol"]]

        liquidated = liquidation_price(
            quantity,
            entry,
            balance,
            table,
            inverse=False,
            maintenance_others=exact(given_["tmm_other"]),
            profit_others=profit,
        )
        bankrupt = bankruptcy_price(quantity, entry, balance, inverse=False, profit_others=profit)

        if expected["liq_price"] is None:
            assert liquidated is None, row["id"]
            assert bankrupt is None, row["id"]
            continue
        tolerance = Decimal("1e-8")
        assert liquidated == pytest.approx(exact(expected["liq_price"]), rel=tolerance), row["id"]
        assert bankrupt == pytest.approx(exact(expected["bankruptcy_price"]), rel=tolerance)
        tier = table.tiers[table.index(abs(quantity) * liquidated)]
        assert tier.rate == exact(expected["tier_mmr"]), row["id"]
        assert tier.deduction == exact(expected["tier_cum"]), row["id"]
    assert len(reference["liquidation"]) == 10


def test_an_accounts_maintenance_is_the_sum_over_its_contracts(reference, tables):
    for row in reference["accounts"]:
        given_, expected = row["inputs"], row["expected"]
        positions = given_["positions"]

        maintenance = sum(
            tables[one["symbol"]].maintenance(exact(one["qty"]) * exact(one["mark"]))
            for one in positions
        )
        profit = sum(
            one["side"] * exact(one["qty"]) * (exact(one["mark"]) - exact(one["entry"]))
            for one in positions
        )

        ratio = maintenance / (exact(given_["wallet"]) + profit)
        assert maintenance == exact(expected["maint_margin"])
        assert ratio == pytest.approx(exact(expected["margin_ratio"]), abs=Decimal("1e-15"))


# --- reckoned by hand ------------------------------------------------------------------

FLAT = TierTable.of((ZERO, Decimal("0.2")))


def test_a_linear_long_and_short_by_hand():
    long = liquidation_price(
        Decimal(10), Decimal(100), Decimal(600), FLAT, inverse=False, **NONE_ELSE
    )
    short = liquidation_price(
        Decimal(-10), Decimal(100), Decimal(200), FLAT, inverse=False, **NONE_ELSE
    )

    assert long == 50  # 600 - 500 lost = 0.2 x 500
    assert short == 100  # 200 - 0 lost = 0.2 x 1000
    assert distance(Decimal(10), Decimal(100), long) == Decimal("0.5")
    assert distance(Decimal(-10), Decimal(100), short) == 0


def test_an_inverse_long_by_hand():
    # 1,000 dollars from 100: ten coins. At 80 it is 12.5 coins, 2.5 lost, and 2.5 must be left.
    price = liquidation_price(
        Decimal(1000), Decimal(100), Decimal(5), FLAT, inverse=True, **NONE_ELSE
    )

    assert price == 80
    assert (
        bankruptcy_price(Decimal(1000), Decimal(100), Decimal(10), inverse=True, profit_others=ZERO)
        == 50
    )


def test_an_inverse_short_that_its_own_coins_cover_is_never_liquidated():
    price = liquidation_price(
        Decimal(-1000), Decimal(100), Decimal(10), FLAT, inverse=True, **NONE_ELSE
    )

    assert price is None
    assert distance(Decimal(-1000), Decimal(100), price) is None


def test_a_position_that_no_price_saves_is_past_its_liquidation():
    short = liquidation_price(
        Decimal(-1), Decimal(100), Decimal(-200), FLAT, inverse=False, **NONE_ELSE
    )
    long = liquidation_price(
        Decimal(100), Decimal(100), Decimal(-2), FLAT, inverse=True, **NONE_ELSE
    )

    assert short == 0
    assert long == INFINITY
    assert distance(Decimal(-1), Decimal(100), short) == -1
    assert distance(Decimal(100), Decimal(100), long) == -INFINITY


# --- properties ------------------------------------------------------------------------


@st.composite
def tier_tables(draw: st.DrawFn) -> TierTable:
    count = draw(st.integers(1, 6))
    steps = draw(st.lists(st.integers(1, 1_000), min_size=count - 1, max_size=count - 1))
    rates = sorted(draw(st.lists(st.integers(1, 900), min_size=count, max_size=count)))
    floors = [sum(steps[:index]) * 100 for index in range(count)]
    return TierTable.of(
        *((Decimal(f), Decimal(r) / 1000) for f, r in zip(floors, rates, strict=True))
    )


NUMBERS = st.integers(1, 10**6).map(Decimal)
SIDES = st.sampled_from([-1, 1])


@given(tier_tables())
def test_the_margin_is_continuous_and_rises_with_the_notional(table):
    for below, tier in zip(table.tiers, table.tiers[1:], strict=False):
        assert tier.floor * below.rate - below.deduction == table.maintenance(tier.floor)

    notionals = sorted({tier.floor + extra for tier in table.tiers for extra in (0, 1, 77)})
    margins = [table.maintenance(notional) for notional in notionals]
    assert margins == sorted(margins)
    assert all(0 <= margin <= notional for margin, notional in zip(margins, notionals, strict=True))


@given(tier_tables(), NUMBERS, NUMBERS, st.integers(-(10**6), 10**6).map(Decimal), SIDES)
def test_at_the_linear_liquidation_price_nothing_but_the_margin_is_left(
    table, size, entry, balance, side
):
    quantity = side * size

    price = liquidation_price(quantity, entry, balance, table, inverse=False, **NONE_ELSE)

    def left(at: Decimal) -> Decimal:
        return balance + quantity * (at - entry) - table.maintenance(size * at)

    if price is None:
        assert side == 1
        assert left(Decimal("1e-9")) >= -Decimal("1e-6")
    elif price == 0:
        assert side == -1
        assert left(Decimal("1e-9")) <= Decimal("1e-6")
    else:
        assert abs(left(price)) <= Decimal("1e-9") * (1 + size * (price + entry))


@given(tier_tables(), NUMBERS, NUMBERS, st.integers(-(10**4), 10**4).map(Decimal), SIDES)
def test_at_the_inverse_liquidation_price_nothing_but_the_margin_is_left(
    table, size, entry, balance, side
):
    quantity = side * size

    price = liquidation_price(quantity, entry, balance, table, inverse=True, **NONE_ELSE)

    def left(at: Decimal) -> Decimal:
        return balance + quantity / entry - quantity / at - table.maintenance(size / at)

    if price is None:
        assert side == -1
        assert left(Decimal(10) ** 15) >= -Decimal("1e-6")
    elif price == INFINITY:
        assert side == 1
        assert left(Decimal(10) ** 15) <= Decimal("1e-6")
    else:
        assert abs(left(price)) <= Decimal("1e-9") * (1 + abs(balance) + size / price + size)


@pytest.mark.parametrize(
    "tiers",
    [
        (),
        (Tier(Decimal(1), Decimal("0.1"), ZERO),),
        (Tier(ZERO, Decimal(0), ZERO),),
        (Tier(ZERO, Decimal(1), ZERO),),
        (Tier(ZERO, Decimal("NaN"), ZERO),),
        (Tier(ZERO, Decimal("0.1"), Decimal(1)),),
        (Tier(ZERO, Decimal("0.1"), ZERO), Tier(Decimal(10), Decimal("0.2"), ZERO)),
        (Tier(ZERO, Decimal("0.2"), ZERO), Tier(Decimal(10), Decimal("0.1"), Decimal(-1))),
    ],
)
def test_a_table_that_cannot_be_right_is_refused(tiers):
    with pytest.raises(ValueError, match="tiers"):
        TierTable(tiers)


@pytest.mark.parametrize("table", [CAUTIOUS_LINEAR, CAUTIOUS_INVERSE])
def test_the_bundled_tables_rise_to_half_of_the_notional(table):
    assert table.tiers[0].rate >= Decimal("0.02")
    assert table.tiers[-1].rate == Decimal("0.5")


def test_the_bundled_table_asks_more_than_the_venue_does(tables):
    for symbol in ("BTC/USDT:USDT", "ETH/USDT:USDT"):
        for notional in map(Decimal, (1, 10**5, 10**6, 10**7, 10**8, 10**9)):
            assert CAUTIOUS_LINEAR.maintenance(notional) > tables[symbol].maintenance(notional)
