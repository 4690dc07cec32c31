"""All that the venue must remember across a restart; its book is rebuilt from the market."""

from decimal import Decimal

from msgspec import Struct

from bot.model.command import Approved, Cancel, Command
from bot.model.event import AnyEvent, MarketEvent
from bot.model.units import AccountId, Currency
from bot.venues.simulated.accounts import Position
from bot.venues.simulated.funding import Due, Unfunded
from bot.venues.simulated.money import MoneyState
from bot.venues.simulated.orders import Order


class Resting(Struct, frozen=True):
    """An order on the book and its place in the queue, in lots."""

    order: Order
    ahead: float
    traded: float


class InFlight(Struct, frozen=True):
    """A command on its way; exactly one of the two."""

    arrives_ns: int
    order: Approved | None
    cancel: Cancel | None

    @classmethod
    def of(cls, arrives_ns: int, command: Command) -> "InFlight":
        """A command and when it arrives."""
        if isinstance(command, Approved):
            return cls(arrives_ns, command, None)
        return cls(arrives_ns, None, command)

    @property
    def command(self) -> Command:
        """The command itself."""
        command = self.order if self.order is not None else self.cancel
        assert command is not None, "neither an order nor a cancel is in flight"
        return command


class VenueState(Struct, frozen=True):
    """One value, the same for the same history, that `SimulatedVenue.restore` takes.

    Instruments are indexed as the venue was made with. news: with the time at which the venue
    hears it.
    """

    now_ns: int
    orders: int
    trades: int
    seen: list[str]
    resting: list[Resting]
    in_flight: list[InFlight]
    news: list[tuple[int, MarketEvent]]
    wallets: list[tuple[AccountId, Currency, Decimal]]
    positions: list[tuple[AccountId, int, Position]]
    paid: list[tuple[int, int]]
    expected: list[tuple[int, Due]]
    unfunded: list[Unfunded]
    unheard: list[AnyEvent]
    money: MoneyState = MoneyState()
