"""The rules of an instrument that an order must keep: price, size, worth, how many may stand."""

from collections.abc import Iterator
from decimal import Decimal

from msgspec import Struct

from bot.model.command import OrderType, Side
from bot.model.instrument import Instrument
from bot.venues.simulated.reports import Reason
from bot.venues.simulated.requests import PlaceOrder

Trouble = tuple[Reason, str]
"""The rule that was broken, and what was seen and expected."""


class OrderRules(Struct, frozen=True, kw_only=True):
    """Rules besides those of the `Instrument` itself; None is no such rule.

    Sizes are lots, prices ticks; a `market_` rule replaces the other for market orders.
    size_step: a multiple of it. band_up, band_down: a bid may stand at most so many times the
    mark, an ask at least. market_band: a market order without a price of its own goes so far
    from the mark, as a fraction. orders_max, triggers_max: that an account has in the
    instrument. position_max: held and on its way, on one side.
    """

    size_max: int | None = None
    size_step: int = 1
    market_size_min: int | None = None
    market_size_max: int | None = None
    market_size_step: int | None = None
    price_min: int | None = None
    price_max: int | None = None
    band_up: Decimal | None = None
    band_down: Decimal | None = None
    market_band: Decimal | None = None
    notional_max: Decimal | None = None
    orders_max: int | None = None
    triggers_max: int | None = None
    position_max: int | None = None

    def __post_init__(self) -> None:
        """Refuse rules that nothing can keep; a band is a multiple of the mark, not percent."""
        for name in ("size_max", "size_step", "market_size_max", "market_size_step"):
            value: int | None = getattr(self, name)
            if value is not None and value <= 0:
                raise ValueError(f"{name}: got {value}, expected lots > 0")
        up, down, market = self.band_up, self.band_down, self.market_band
        if up is not None and not 1 <= up < 100:
            raise ValueError(f"band_up: got {up}, expected a multiple of the mark such as 1.05")
        if down is not None and not 0 <= down <= 1:
            raise ValueError(f"band_down: got {down}, expected a multiple of the mark such as 0.95")
        if market is not None and not 0 < market < 1:
            raise ValueError(f"market_band: got {market}, expected a fraction such as 0.05")

    def collar(self, instrument: Instrument, side: Side, mark: Decimal | None) -> int | None:
        """The worst price (ticks) of a market order that states none; None: no bound."""
        if self.market_band is None or mark is None:
            return None
        ticks = mark * (1 + self.market_band * int(side)) / instrument.grid.tick
        return (
            instrument.grid.down(int(ticks))
            if side is Side.BUY
            else instrument.grid.up(-int(-ticks // 1))
        )


NO_RULES = OrderRules()


def broken(
    instrument: Instrument, rules: OrderRules, request: PlaceOrder, worth_at: int | None
) -> Trouble | None:
    """The rule of size, price or worth that an order breaks, if any.

    worth_at: ticks at which its notional is judged; None: unknown, then it is not.
    """
    size, price = request.size, request.price
    if not (request.close_position and size == 0):
        trouble = next(_of_size(instrument, rules, size, request.type), None)
        if trouble is not None:
            return trouble
    if price is not None and (trouble := off_grid(instrument, rules, price)):
        return trouble
    if request.trigger is not None:
        trouble = off_grid(instrument, rules, request.trigger.price)
        if trouble is not None:
            return trouble
    if worth_at is None or request.close_position:
        return None
    return _of_worth(instrument, rules, size, worth_at, closes=request.reduce_only)


def off_grid(instrument: Instrument, rules: OrderRules, price: int) -> Trouble | None:
    """Why no order can carry a price, if so."""
    if price <= 0 or instrument.grid.down(price) != price:
        return Reason.PRICE_GRID, f"price {price} ticks is not on the price grid"
    least, most = rules.price_min, rules.price_max
    if least is not None and price < least:
        return Reason.PRICE_RANGE, f"price {price} ticks is below the lowest, {least}"
    if most is not None and price > most:
        return Reason.PRICE_RANGE, f"price {price} ticks is above the highest, {most}"
    return None


def outside_band(
    instrument: Instrument, rules: OrderRules, side: Side, price: int, mark: Decimal | None
) -> Trouble | None:
    """Why a price is too far from the mark, if so; an unknown mark bounds nothing."""
    if mark is None:
        return None
    asked = instrument.price(price)
    if side is Side.BUY and rules.band_up is not None and asked > mark * rules.band_up:
        allowed = mark * rules.band_up
        return Reason.PRICE_BAND, f"price {asked:f} is above the highest, {allowed:f}"
    if side is Side.SELL and rules.band_down is not None and asked < mark * rules.band_down:
        allowed = mark * rules.band_down
        return Reason.PRICE_BAND, f"price {asked:f} is below the lowest, {allowed:f}"
    return None


def _of_size(
    instrument: Instrument, rules: OrderRules, size: int, type: OrderType
) -> Iterator[Trouble]:
    least, most, step = instrument.size_min, rules.size_max, rules.size_step
    if type is OrderType.MARKET:
        least = least if rules.market_size_min is None else rules.market_size_min
        most = most if rules.market_size_max is None else rules.market_size_max
        step = step if rules.market_size_step is None else rules.market_size_step
    if size < least:
        yield Reason.SIZE_MIN, f"size {size} lots is below the smallest, {least}"
    if most is not None and size > most:
        yield Reason.SIZE_MAX, f"size {size} lots is above the largest, {most}"
    if size % step:
        yield Reason.SIZE_STEP, f"size {size} lots is no multiple of {step}"


def _of_worth(
    instrument: Instrument, rules: OrderRules, size: int, price: int, *, closes: bool
) -> Trouble | None:
    smallest, largest = instrument.notional_min, rules.notional_max
    notional = instrument.notional(size, instrument.price(price))
    # Venues let any rest of a position be closed.
    if smallest is not None and not closes and notional < smallest:
        return Reason.NOTIONAL_MIN, f"notional {notional:f} is below the smallest, {smallest:f}"
    if largest is not None and notional > largest:
        return Reason.NOTIONAL_MAX, f"notional {notional:f} is above the largest, {largest:f}"
    return None
