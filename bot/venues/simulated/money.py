"""What the clearing house must remember across a restart, besides wallets and positions."""

from decimal import Decimal

from msgspec import Struct

from bot.model.units import AccountId, Currency
from bot.venues.simulated.accounts import Key, MarginTerms
from bot.venues.simulated.accrual import Standing
from bot.venues.simulated.marks import Mean, Remembered


class MoneyState(Struct, frozen=True):
    """Everything as lists in a fixed order; instruments are indexed as the venue was made with.

    volumes: account, currency, day, amount. grown: funding that has grown and was not paid;
    unknown: whose could not.
    """

    isolated: list[tuple[AccountId, int, Decimal]] = []
    terms: list[tuple[AccountId, int, MarginTerms]] = []
    debts: list[tuple[AccountId, Currency, Decimal]] = []
    volumes: list[tuple[AccountId, Currency, int, Decimal]] = []
    fee_assets: list[AccountId] = []
    intervals: list[tuple[int, int]] = []
    marks: list[tuple[int, Remembered]] = []
    means: list[tuple[int, Mean]] = []
    announced: list[tuple[int, Decimal]] = []
    standing: list[tuple[int, Standing]] = []
    grown: list[tuple[AccountId, int, Decimal]] = []
    unknown: list[Key] = []
