"""Prices that an order may carry, and what so many lots are worth."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.instrument import Instrument, Kind, PriceGrid
from bot.model.units import Currency, InstrumentId

PLAIN = PriceGrid(Decimal("0.1"))
STEPPED = PriceGrid(Decimal("0.0001"), steps=((50, 5), (1_003, 25)))
FIVE_FIGURES = PriceGrid(Decimal("0.01"), significant_figures=5)


def perpetual(**changes: object) -> Instrument:
    terms: dict[str, object] = {
        "id": InstrumentId("binanceusdm:BTC/USDT:USDT"),
        "kind": Kind.PERPETUAL,
        "base": Currency("BTC"),
        "quote": Currency("USDT"),
        "settle": Currency("USDT"),
        "grid": PLAIN,
        "lot": Decimal("0.001"),
    }
    return Instrument(**{**terms, **changes})  # type: ignore[arg-type]


def allowed_by_steps(grid: PriceGrid, ticks: int) -> bool:
    """A slow reading of the stepped rule: the last step that has begun divides the price."""
    step = 1
    for start, candidate in grid.steps:
        if abs(ticks) >= start:
            step = candidate
    return ticks % step == 0


def allowed_by_figures(grid: PriceGrid, ticks: int) -> bool:
    """A slow reading of the figures rule, on the text of the price."""
    price = (grid.tick * abs(ticks)).normalize()
    if price == price.to_integral_value():
        return True
    return len(price.as_tuple().digits) <= (grid.significant_figures or 0)


@st.composite
def stepped_grids(draw: st.DrawFn) -> PriceGrid:
    starts = sorted(draw(st.sets(st.integers(0, 400), max_size=3)))
    steps = tuple((start, draw(st.integers(1, 60))) for start in starts)
    return PriceGrid(Decimal("0.01"), steps=steps)


@st.composite
def figure_grids(draw: st.DrawFn) -> PriceGrid:
    places = draw(st.integers(0, 4))
    return PriceGrid(Decimal(1).scaleb(-places), significant_figures=draw(st.integers(1, 6)))


def assert_neighbours(grid: PriceGrid, ticks: int, allowed) -> None:
    """`down` and `up` are the nearest allowed prices on either side."""
    below, above = grid.down(ticks), grid.up(ticks)
    assert below <= ticks <= above
    assert allowed(grid, below)
    assert allowed(grid, above)
    assert not any(allowed(grid, between) for between in range(below + 1, above) if between)
    if allowed(grid, ticks):
        assert below == ticks == above


@given(st.integers(-10_000, 10_000))
def test_a_plain_grid_takes_every_tick(ticks):
    assert PLAIN.down(ticks) == PLAIN.up(ticks) == ticks


@given(stepped_grids(), st.integers(-700, 700))
def test_up_and_down_are_the_nearest_prices_of_a_stepped_grid(grid, ticks):
    assert_neighbours(grid, ticks, allowed_by_steps)


@given(figure_grids(), st.integers(0, 30_000))
def test_up_and_down_are_the_nearest_prices_of_a_figures_grid(grid, ticks):
    assert_neighbours(grid, ticks, allowed_by_figures)


@given(stepped_grids() | figure_grids(), st.integers(-2_000, 2_000), st.integers(0, 50))
def test_down_and_up_keep_the_order_of_prices(grid, ticks, more):
    assert grid.down(ticks) <= grid.down(ticks + more)
    assert grid.up(ticks) <= grid.up(ticks + more)


@pytest.mark.parametrize(
    ("grid", "ticks", "down", "up"),
    [
        (STEPPED, 49, 49, 49),
        (STEPPED, 52, 50, 55),
        (STEPPED, 1_001, 1_000, 1_025),  # 1,005 belongs to the band above, where 25 rules
        (STEPPED, 1_010, 1_000, 1_025),  # nothing between: the band begins off its own step
        (FIVE_FIGURES, 99_999, 99_999, 99_999),
        (FIVE_FIGURES, 123_456, 123_450, 123_460),
        (FIVE_FIGURES, 12_345_678, 12_345_600, 12_345_700),  # whole numbers are always allowed
    ],
)
def test_prices_land_where_the_venue_says(grid, ticks, down, up):
    assert (grid.down(ticks), grid.up(ticks)) == (down, up)


@pytest.mark.parametrize(
    ("terms", "complaint"),
    [
        ({"tick": Decimal(0)}, "tick: got 0"),
        ({"tick": Decimal("NaN")}, "tick: got NaN"),
        ({"tick": Decimal(1), "steps": ((10, 5), (5, 10))}, "ascending"),
        ({"tick": Decimal(1), "steps": ((10, 5), (10, 10))}, "ascending"),
        ({"tick": Decimal(1), "steps": ((10, 0),)}, "step > 0"),
        ({"tick": Decimal("0.5"), "significant_figures": 5}, "power of ten"),
    ],
)
def test_a_grid_that_no_price_can_stand_on_is_refused(terms, complaint):
    with pytest.raises(ValueError, match=complaint):
        PriceGrid(**terms)


@given(st.integers(-(10**12), 10**12))
def test_ticks_and_lots_survive_the_way_to_decimal_and_back(count):
    btc = perpetual()

    assert btc.ticks(btc.price(count)) == count
    assert btc.lots(btc.amount(count)) == count


@pytest.mark.parametrize("amount", ["0.0015", "NaN", "Infinity"])
def test_an_amount_that_is_no_whole_number_of_lots_is_refused(amount):
    with pytest.raises(ValueError, match=r"expected a multiple of 0\.001"):
        perpetual().lots(Decimal(amount))


def test_an_inverse_contract_is_worth_its_face_and_stands_for_fewer_coins_at_a_higher_price():
    coin = perpetual(
        id=InstrumentId("binancecoinm:BTC/USD:BTC"),
        settle=Currency("BTC"),
        lot=Decimal(1),
        contract_size=Decimal(100),
        inverse=True,
    )

    assert coin.notional(-5, Decimal(50_000)) == -500
    assert coin.base_amount(-5, Decimal(50_000)) == Decimal("-0.01")
    assert coin.base_amount(-5, Decimal(100_000)) == Decimal("-0.005")


def option(**changes):
    return perpetual(
        kind=Kind.OPTION,
        quote=Currency("BTC"),
        settle=Currency("BTC"),
        expiry_ns=1,
        strike=Decimal(60_000),
        call=True,
        **changes,
    )


@pytest.mark.parametrize(
    ("lot", "contract_size"),
    [
        (Decimal("0.1"), Decimal(1)),  # Deribit: an amount is coins
        (Decimal(1), Decimal("0.1")),  # OKX: contracts, each of ctVal x ctMult coins
    ],
)
def test_an_option_is_on_its_coins_and_costs_its_premium_in_coin(lot, contract_size):
    coin = option(lot=lot, contract_size=contract_size)

    # Half a coin: its notional is what it controls, at the price of the underlying.
    assert coin.base_amount(5, Decimal(60_000)) == Decimal("0.5")
    assert coin.notional(5, Decimal(60_000)) == 30_000
    assert coin.premium(-5, Decimal("0.04")) == Decimal("-0.02")


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"lot": Decimal(0)}, "lot: got 0"),
        ({"contract_size": Decimal("NaN")}, "contract_size: got NaN"),
        ({"inverse": True}, "settle: got USDT, expected BTC"),
        ({"kind": Kind.OPTION, "expiry_ns": 1}, "strike, call"),
        ({"kind": Kind.FUTURE}, "expiry_ns: expected for dated"),
        ({"expiry_ns": 1}, "expiry_ns: expected for dated"),
    ],
)
def test_a_contract_whose_numbers_cannot_be_right_is_refused(changes, complaint):
    with pytest.raises(ValueError, match=complaint):
        perpetual(**changes)
