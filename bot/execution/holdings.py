"""What execution must see of the rest of the world to know which orders are missing."""

from decimal import Decimal
from typing import Protocol

from bot.execution.blotter import Order
from bot.model.command import Side
from bot.model.instrument import Instrument
from bot.model.units import AccountId, InstrumentId, StrategyName

Touch = tuple[int, int, int, int]
"""Best bid and its size, best ask and its size: ticks, lots, ticks, lots."""


class Holdings(Protocol):
    """Positions, contracts and prices as they are now; what is unknown is None."""

    @property
    def now(self) -> int:
        """Tape time of the step, ns."""

    @property
    def moves(self) -> object:
        """Something that is equal as long as no position has changed."""

    def position(self, strategy: StrategyName, instrument: InstrumentId) -> int:
        """Lots that a strategy holds, long positive, in whatever account."""

    def instrument(self, instrument: InstrumentId) -> Instrument:
        """The contract's terms."""

    def live(self, instrument: InstrumentId) -> bool:
        """Whether its market data can be traded on; without, only risk is taken back."""

    def touch(self, instrument: InstrumentId) -> Touch | None:
        """Best bid and ask; None while a side is unknown or empty."""

    def away_ns(self, order: Order) -> int | None:
        """Since when the touch has been elsewhere, or unknown; None: a posted order is near it.

        An order that has only just been posted is near.
        """

    def mark(self, instrument: InstrumentId) -> Decimal | None:
        """The reference price for converting amounts, in quote."""

    def collar(self, instrument: InstrumentId, side: Side) -> int | None:
        """The worst price in ticks that an order of this side may carry; None: send nothing."""

    def largest(
        self, strategy: StrategyName, instrument: InstrumentId, side: Side, price: int, goal: int
    ) -> int | None:
        """Lots of the largest order that the limits on single orders let through at a price in
        ticks, on the way to a position of `goal` lots that was said to be allowed; None: nothing
        bounds it, or nobody said so.
        """

    def account(self, strategy: StrategyName, instrument: InstrumentId) -> AccountId:
        """The account that a strategy trades an instrument in."""
