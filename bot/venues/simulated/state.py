"""All that the venue must remember across a restart; its book is rebuilt from the market."""

from decimal import Decimal

from msgspec import Struct

from bot.model.event import MarketEvent
from bot.model.units import AccountId, Currency
from bot.venues.simulated.accounts import Position
from bot.venues.simulated.funding import Due, Unfunded
from bot.venues.simulated.line import LineState
from bot.venues.simulated.money import MoneyState
from bot.venues.simulated.orders import Name, Order
from bot.venues.simulated.reports import Said
from bot.venues.simulated.requests import Request


class Resting(Struct, frozen=True):
    """An order on the book and its place in the queue, in lots."""

    order: Order
    ahead: float
    traded: float


class VenueState(Struct, frozen=True):
    """One value, the same for the same history, that `SimulatedVenue.restore` takes.

    Instruments are indexed as the venue was made with. news: with the time at which the venue
    hears it. in_flight: requests and when they arrive. deadlines: countdowns, by account and
    instrument (or a number below 0 for all), and when they end.
    """

    now_ns: int
    line: LineState
    orders: int
    trades: int
    seen: list[Name]
    resting: list[Resting]
    waiting: list[Order]
    deadlines: list[tuple[AccountId, int, int]]
    in_flight: list[tuple[int, Request]]
    news: list[tuple[int, MarketEvent]]
    wallets: list[tuple[AccountId, Currency, Decimal]]
    positions: list[tuple[AccountId, int, Position]]
    paid: list[tuple[int, int]]
    expected: list[tuple[int, Due]]
    unfunded: list[Unfunded]
    unheard: list[Said]
    money: MoneyState = MoneyState()
