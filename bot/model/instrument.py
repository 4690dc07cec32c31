"""What can be traded: kind, price grid, lot, contract and settlement of an instrument."""

import enum
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
        if list(self.steps) != sorted(self.steps) or any(step <= 0 for _, step in self.steps):
            raise ValueError(f"steps: got {self.steps}, expected ascending (from, step > 0)")

    def step_at(self, ticks: int) -> int:
        """Ticks between allowed prices at this price."""
        step = 1
        for start, candidate in self.steps:
            if ticks >= start:
                step = candidate
        if self.significant_figures is not None:
            step = max(step, self._significant_step(ticks))
        return step

    def down(self, ticks: int) -> int:
        """The highest allowed price at or below this one."""
        step = self.step_at(ticks)
        return ticks // step * step

    def up(self, ticks: int) -> int:
        """The lowest allowed price at or above this one."""
        step = self.step_at(ticks)
        above = -(-ticks // step) * step
        return above if self.step_at(above) == step else self.down(above)

    def _significant_step(self, ticks: int) -> int:
        assert self.significant_figures is not None
        spare = len(str(abs(ticks))) - self.significant_figures
        whole = max(1, int(1 / self.tick)) if self.tick < 1 else 1
        return min(10**spare, whole) if spare > 0 else 1


class Instrument(Struct, frozen=True):
    """One listed contract.

    lot: the step of an order's amount, in the venue's own unit (base coins for spot and
        most linear contracts, contracts for inverse ones and options); tape sizes count it.
    contract_size: what one unit of amount stands for: base coins when linear, units of
        the quote currency when inverse.
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
        """Worth of so many lots in quote, with the sign of `lots`."""
        worth = self.lot * lots * self.contract_size
        return worth if self.inverse else worth * price

    def base_amount(self, lots: int, price: Decimal) -> Decimal:
        """Base coins that so many lots stand for at a price, with the sign of `lots`."""
        worth = self.lot * lots * self.contract_size
        return worth / price if self.inverse else worth


def _whole(value: Decimal, what: str, step: Decimal) -> int:
    whole = int(value.to_integral_value())
    if abs(value - whole) >= Decimal("1e-6"):
        raise ValueError(f"{what}: expected a multiple of {step.normalize():f}")
    return whole
