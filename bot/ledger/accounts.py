"""The general ledger: what stands under each heading, and the postings that put it there."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from bot.ledger.postings import Entry, Heading, Origin, Posting
from bot.model.units import AccountId, Currency, StrategyName

Account = tuple[AccountId, StrategyName, Currency, Heading]


class Accounts:
    """Balances per account, strategy, currency and heading; each currency sums to zero."""

    def __init__(self, zero: Decimal) -> None:
        self._zero = zero
        self._balances: dict[Account, Decimal] = {}

    def post(
        self, origin: Origin, currency: Currency, amounts: Mapping[Heading, Decimal]
    ) -> Posting:
        """Enter amounts that sum to zero; headings that do not move are left out."""
        entries = tuple(Entry(heading, amount) for heading, amount in amounts.items() if amount)
        posting = Posting(
            origin.ts_recv,
            origin.account,
            origin.strategy,
            origin.instrument,
            origin.cause,
            origin.reference,
            currency,
            entries,
        )
        for entry in entries:
            account = (origin.account, origin.strategy, currency, entry.heading)
            self._balances[account] = self._balances.get(account, self._zero) + entry.amount
        return posting

    def balance(
        self,
        account: AccountId,
        currency: Currency,
        heading: Heading,
        strategy: StrategyName | None,
    ) -> Decimal:
        """What stands under a heading, of one strategy or (None) of all."""
        return sum(
            (
                amount
                for (owner, whose, unit, under), amount in self._balances.items()
                if (owner, unit, under) == (account, currency, heading)
                and strategy in (None, whose)
            ),
            self._zero,
        )

    def wallets(self, account: AccountId | None) -> dict[Currency, Decimal]:
        """The balance of each currency, in one account or (None) in all."""
        wallets: dict[Currency, Decimal] = {}
        for (owner, _, currency, heading), amount in self._balances.items():
            if heading is Heading.WALLET and account in (None, owner):
                wallets[currency] = wallets.get(currency, self._zero) + amount
        return wallets

    def rows(self) -> tuple[tuple[Account, Decimal], ...]:
        """Every balance, in a fixed order."""
        return tuple(sorted(self._balances.items()))

    def restore(self, rows: Iterable[tuple[Account, Decimal]]) -> None:
        """Become what `rows()` listed."""
        self._balances = dict(rows)
