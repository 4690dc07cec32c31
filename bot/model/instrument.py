"""What can be traded: kind, price grid, lot, contract and settlement of an instrument."""

import enum
import math
from decimal import Decimal

from msgspec import Struct

from bot.model.units import AccountId, Currency, InstrumentId, symbol_of, venue_of


class Kind(enum.StrEnum):
    """What a contract is; `Instrument.inverse` says in which coin it settles."""

    SPOT = "spot"
    PERPETUAL = "perpetual"
    FUTURE = "future"
    OPTION = "option"


class PriceGrid(Struct, frozen=True):
    """The prices that an order may carry.

    tick: the finest step; tape prices count it.
    steps: `(from_ticks, step_ticks)`, ascending: from that price on, a price is a multiple
        of `step_ticks` (Deribit and OKX options). Empty: every tick is allowed.
    significant_figures: at most this many digits besides trailing zeros (Hyperliquid);
        whole numbers are always allowed. None: no such rule.
    """

    tick: Decimal
    steps: tuple[tuple[int, int], ...] = ()
    significant_figures: int | None = None

    def __post_init__(self) -> None:
        """Refuse a grid that no price can stand on."""
        if not self.tick.is_finite() or self.tick <= 0:
            raise ValueError(f"tick: got {self.tick}, expected a number > 0")
        starts = [start for start, _ in self.steps]
        ascending = starts == sorted(set(starts)) and all(start >= 0 for start in starts)
        if not ascending or any(step <= 0 for _, step in self.steps):
            raise ValueError(f"steps: got {self.steps}, expected ascending (from, step > 0)")
        if self.significant_figures is not None and self.tick.normalize().as_tuple().digits != (1,):
            # Digits of the tick count are digits of the price only then.
            raise ValueError(
                f"tick: got {self.tick}, expected a power of ten (significant figures)"
            )

    def step_at(self, ticks: int) -> int:
        """Ticks between allowed prices at this price."""
        if not self.steps and self.significant_figures is None:
            return 1
        return self._band(abs(ticks))[0]

    def down(self, ticks: int) -> int:
        """The highest allowed price at or below this one."""
        if not self.steps and self.significant_figures is None:
            return ticks
        return self._below(ticks) if ticks >= 0 else -self._above(-ticks)

    def up(self, ticks: int) -> int:
        """The lowest allowed price at or above this one."""
        if not self.steps and self.significant_figures is None:
            return ticks
        return self._above(ticks) if ticks >= 0 else -self._below(-ticks)

    def _below(self, ticks: int) -> int:
        while True:
            step, start, _ = self._band(ticks)
            found = ticks // step * step
            if found >= start:
                return found
            ticks = start - 1  # a band need not begin on a multiple of its own step

    def _above(self, ticks: int) -> int:
        while True:
            step, _, end = self._band(ticks)
            found = -(-ticks // step) * step
            if end is None or found < end:
                return found
            ticks = end

    def _band(self, ticks: int) -> tuple[int, int, int | None]:
        """The step that holds at a price >= 0, and where that begins and ends (exclusive)."""
        step, start, end = 1, 0, None
        for begin, candidate in self.steps:
            if ticks < begin:
                end = begin
                break
            step, start = candidate, begin
        if self.significant_figures is None:
            return step, start, end
        digits = len(str(ticks))
        figures = 10 ** max(0, digits - self.significant_figures)
        whole = int(1 / self.tick) if self.tick < 1 else 1
        start = max(start, 10 ** (digits - 1) if ticks else 0)
        end = 10**digits if end is None else min(end, 10**digits)
        return math.lcm(step, min(figures, whole)), start, end


class Instrument(Struct, frozen=True):
    """One listed contract.

    lot: the step of an order's amount, in the venue's own unit (base coins for spot and
        most linear contracts, contracts for inverse ones and options); tape sizes count it.
    contract_size: what one unit of amount stands for: base coins when linear, units of
        the quote currency when inverse.
    inverse: whether the worth of a contract is fixed in quote. No option's is: one that settles
        in coin is on so many coins, and its price is in coin, which is its `quote`.
    size_min: smallest order in lots. notional_min: smallest order in quote, None when the
        venue states none.
    expiry_ns, strike, call: of dated contracts and options; None elsewhere.
    """

    id: InstrumentId
    kind: Kind
    base: Currency
    quote: Currency
    settle: Currency
    grid: PriceGrid
    lot: Decimal
    contract_size: Decimal = Decimal(1)
    inverse: bool = False
    size_min: int = 1
    notional_min: Decimal | None = None
    expiry_ns: int | None = None
    strike: Decimal | None = None
    call: bool | None = None
    funding_interval_ns: int | None = None
    active: bool = True

    def __post_init__(self) -> None:
        """Refuse a contract whose numbers cannot be right."""
        for name in ("lot", "contract_size"):
            value: Decimal = getattr(self, name)
            if not value.is_finite() or value <= 0:
                raise ValueError(f"{self.id} {name}: got {value}, expected a number > 0")
        if self.inverse and self.settle != self.base:
            raise ValueError(f"{self.id} settle: got {self.settle}, expected {self.base} (inverse)")
        if (self.kind is Kind.OPTION) != (self.strike is not None and self.call is not None):
            raise ValueError(f"{self.id} strike, call: expected for options and only for them")
        if (self.kind in (Kind.FUTURE, Kind.OPTION)) != (self.expiry_ns is not None):
            raise ValueError(f"{self.id} expiry_ns: expected for dated contracts and only for them")

    @property
    def venue(self) -> str:
        """The venue that lists it."""
        return venue_of(self.id)

    @property
    def symbol(self) -> str:
        """ccxt's unified symbol."""
        return symbol_of(self.id)

    @property
    def in_coin(self) -> bool:
        """Whether it settles in the coin that it is on: inverse contracts, and most options."""
        return self.settle == self.base

    @property
    def account(self) -> AccountId:
        """The account that trades it unless the configuration says otherwise: its venue's."""
        return AccountId(self.venue)

    def price(self, ticks: int) -> Decimal:
        """Ticks as a price in quote."""
        return self.grid.tick * ticks

    def ticks(self, price: Decimal) -> int:
        """A price in quote as ticks; ValueError when it is not on the grid."""
        return _whole(price / self.grid.tick, f"{self.id} price {price}", self.grid.tick)

    def amount(self, lots: int) -> Decimal:
        """Lots in the venue's unit of amount; keeps the sign."""
        return self.lot * lots

    def lots(self, amount: Decimal) -> int:
        """An amount in the venue's unit as lots; ValueError when it is not a multiple."""
        return _whole(amount / self.lot, f"{self.id} amount {amount}", self.lot)

    def notional(self, lots: int, price: Decimal) -> Decimal:
        """Worth of so many lots in quote, with the sign of `lots`.

        Of an option it is what the option controls, not what it costs: `price` is that of the
        underlying then, and the worth in what the underlying is priced in. See `premium`.
        """
        worth = self.lot * lots * self.contract_size
        return worth if self.inverse else worth * price

    def premium(self, lots: int, price: Decimal) -> Decimal:
        """What so many lots of an option cost at its own price, in quote: coin when inverse."""
        return self.lot * lots * self.contract_size * price

    def base_amount(self, lots: int, price: Decimal) -> Decimal:
        """Base coins that so many lots stand for at a price, with the sign of `lots`.

        Those of an option are the coins that it is on, whatever its delta.
        """
        worth = self.lot * lots * self.contract_size
        return worth / price if self.inverse else worth


def _whole(value: Decimal, what: str, step: Decimal) -> int:
    whole = int(value.to_integral_value()) if value.is_finite() else 0
    if not value.is_finite() or abs(value - whole) >= Decimal("1e-6"):
        raise ValueError(f"{what}: expected a multiple of {step.normalize():f}")
    return whole
