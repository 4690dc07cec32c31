"""What the venue states against what is booked: compared and shown, never booked."""

import enum
from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from msgspec import Struct

from bot.ledger.positions import worth
from bot.model.event import BalanceReported, FundingPaid, PositionReported
from bot.model.instrument import Instrument
from bot.model.units import AccountId

STATEMENT_STEP: Final = Decimal("1e-8")  # Venues state incomes to eight decimals.


class Subject(enum.StrEnum):
    """What a statement of the venue was about."""

    BALANCE = "balance"
    POSITION = "position"
    FUNDING = "funding"


class Difference(Struct, frozen=True):
    """The venue states one thing and the ledger another; it stands until a statement agrees.

    name: the currency of a balance, else the instrument. booked, stated: money, or lots of a
    position; of funding, what its own quantity, mark and rate come to, and what was paid.
    """

    ts_recv: int
    account: AccountId
    subject: Subject
    name: str
    booked: Decimal
    stated: Decimal


class Statements:
    """The differences that stand: at most one for each thing that the venue states."""

    def __init__(self) -> None:
        self._differences: dict[tuple[AccountId, Subject, str], Difference] = {}

    def compare_balance(self, event: BalanceReported, booked: Decimal) -> None:
        """Note whether a stated balance is the booked one, to the last digit."""
        self._note(event, Subject.BALANCE, event.currency, booked, event.amount)

    def compare_position(self, event: PositionReported, booked: int) -> None:
        """Note whether a stated position is the booked one."""
        self._note(
            event, Subject.POSITION, event.instrument, Decimal(booked), Decimal(event.quantity)
        )

    def compare_funding(self, event: FundingPaid, instrument: Instrument) -> None:
        """Note whether a payment is what its own quantity, mark and rate come to."""
        expected = funding_expected(event, instrument)
        if abs(expected - event.amount) <= STATEMENT_STEP:
            expected = event.amount
        self._note(event, Subject.FUNDING, event.instrument, expected, event.amount)

    def standing(self) -> tuple[Difference, ...]:
        """Every difference that stands, in a fixed order."""
        return tuple(difference for _, difference in sorted(self._differences.items()))

    def restore(self, differences: Iterable[Difference]) -> None:
        """Become what `standing()` listed."""
        self._differences = {(it.account, it.subject, it.name): it for it in differences}

    def _note(
        self,
        event: BalanceReported | PositionReported | FundingPaid,
        subject: Subject,
        name: str,
        booked: Decimal,
        stated: Decimal,
    ) -> None:
        key = (event.account, subject, name)
        if booked == stated:
            self._differences.pop(key, None)
        else:
            self._differences[key] = Difference(
                event.ts_recv, event.account, subject, name, booked, stated
            )


def funding_expected(event: FundingPaid, instrument: Instrument) -> Decimal:
    """What a settlement comes to: longs pay while the rate is positive.

    -(q mark rate) linear, -(N / mark rate) in coins inverse.
    """
    return -worth(instrument, event.quantity, event.mark) * event.rate
