"""Double entry: every movement of money names where it came from and where it went."""

import enum
from decimal import Decimal, localcontext

from msgspec import Struct

from bot.model.money import MONEY
from bot.model.units import AccountId, Currency, InstrumentId, StrategyName


class Heading(enum.StrEnum):
    """The accounts of the ledger; what we own is positive, what we earned is negative.

    WALLET: the balance at the venue. POSITION: what open positions cost. OWED: the part of
    that cost which a margined contract leaves unpaid. EXCHANGE: the other side of coins that
    a spot trade brought or took.
    """

    WALLET = "wallet"
    POSITION = "position"
    OWED = "owed"
    REALISED = "realised"
    FEES = "fees"
    FUNDING = "funding"
    INTEREST = "interest"
    TRANSFER = "transfer"
    EXCHANGE = "exchange"


class Cause(enum.StrEnum):
    """What made a posting necessary."""

    FILL = "fill"
    FUNDING = "funding"
    LIQUIDATION = "liquidation"
    DELEVERAGING = "deleveraging"
    SETTLEMENT = "settlement"
    INTEREST = "interest"
    TRANSFER = "transfer"


class Entry(Struct, frozen=True):
    """An amount added to one heading."""

    heading: Heading
    amount: Decimal


class Origin(Struct, frozen=True):
    """What a posting or a trade came from, and whose it is.

    reference: the venue's trade id, the settlement's time or the transfer's reference.
    instrument: None when none is concerned.
    """

    ts_recv: int
    account: AccountId
    strategy: StrategyName
    instrument: InstrumentId | None
    cause: Cause
    reference: str


class Posting(Origin, frozen=True):
    """One movement in one currency, whose entries sum to zero."""

    currency: Currency
    entries: tuple[Entry, ...]

    def __post_init__(self) -> None:
        """Refuse a posting that creates or destroys money."""
        with localcontext(MONEY):
            total = sum([entry.amount for entry in self.entries])
        if total != 0:
            raise ValueError(
                f"{self.account} {self.cause} {self.reference}: "
                f"entries in {self.currency} sum to {total}, expected 0"
            )

    def amount(self, heading: Heading) -> Decimal:
        """What this posting adds to a heading."""
        with localcontext(MONEY):
            return sum((e.amount for e in self.entries if e.heading is heading), Decimal(0))
