"""Interest on what accounts borrow: what a wallet lacks, charged by the hour.

A loan that lasts less than an hour counts as one: interest is on the most that was owed in the
hour. It is charged in every currency whose terms are known, whether a short sale of coins or a
loss of contracts made the debt.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from bot.model.event import InterestPaid
from bot.model.units import Currency
from bot.venues.simulated.accounts import VENUE, ZERO, Accounts
from bot.venues.simulated.outbox import Outbox
from bot.venues.simulated.terms import Loan

# Interest on interest would not end: it is rounded when it is booked.
_STEP: Final = Decimal("1e-18")


class Lending:
    """Charges interest; loans: what the venue lends of a currency, and at what price."""

    def __init__(self, loans: Mapping[Currency, Loan], accounts: Accounts, outbox: Outbox) -> None:
        self.loans = loans
        self.accounts = accounts
        self.outbox = outbox

    @property
    def owed(self) -> bool:
        """Whether anyone will be charged at the end of this hour."""
        return any(currency in self.loans for _, currency in self.accounts.debt)

    def charge(self) -> None:
        """Charge the hour that ends now."""
        debts, self.accounts.debt = self.accounts.debt, {}
        for (account, currency), most in sorted(debts.items()):
            loan = self.loans.get(currency)
            if loan is not None:
                amount = -(most * loan.hourly).quantize(_STEP)
                self.accounts.pay(VENUE, account, currency, amount)
                self.outbox.say(
                    InterestPaid,
                    account=account,
                    currency=currency,
                    borrowed=most,
                    rate=loan.hourly,
                    amount=amount,
                )
            wallet = self.accounts.wallet.get((account, currency), ZERO)
            if wallet < 0:
                self.accounts.debt[account, currency] = -wallet
            else:
                self.accounts.debt.pop((account, currency), None)
