"""What accounts ask of the clearing house besides orders: transfers, leverage, isolated margin.

Each call happens at the venue's present time. It returns why it was refused, or None when it
was done; what is refused changes nothing.
"""

from collections.abc import Callable
from decimal import Decimal, localcontext

from bot.model.event import Transfer
from bot.model.instrument import Kind
from bot.model.money import MONEY
from bot.model.units import AccountId, Currency
from bot.venues.simulated.accounts import HOUSE, ZERO, Accounts, MarginTerms, Position, worth
from bot.venues.simulated.collateral import Collateral
from bot.venues.simulated.exchange import Exchange
from bot.venues.simulated.orders import Order


class Treasury:
    """Moves money and margin within what an account has free.

    changed: called when something was done, so that margin is judged anew.
    """

    def __init__(
        self, exchange: Exchange, collateral: Collateral, changed: Callable[[], None]
    ) -> None:
        self.exchange = exchange
        self.collateral = collateral
        self.changed = changed
        self.accounts: Accounts = exchange.accounts

    def pay_fees_in_asset(self, account: AccountId, pays: bool) -> None:
        """Whether an account pays fees in the venue's own coin where a schedule allows it."""
        assets = self.exchange.booking.fee_assets
        (assets.add if pays else assets.discard)(account)

    def transfer(
        self,
        payer: AccountId,
        payee: AccountId,
        currency: Currency,
        amount: Decimal,
        reference: str,
    ) -> str | None:
        """Move money from one account to another; both hear of it."""
        with localcontext(MONEY):
            if not amount.is_finite() or amount <= 0:
                return f"amount: got {amount}, expected more than 0"
            if payer in HOUSE or payee in HOUSE or payer == payee:
                return f"accounts: {payer} cannot pay {payee}"
            free = self.withdrawable(payer, currency)
            if free < amount:
                return f"balance: {free:f} {currency} can be moved, asked for {amount:f}"
            self.accounts.pay(payer, payee, currency, amount)
            for account, moved in ((payer, -amount), (payee, amount)):
                self.exchange.outbox.say(
                    Transfer, account=account, currency=currency, amount=moved, reference=reference
                )
            self.changed()
            return None

    def withdrawable(self, account: AccountId, currency: Currency) -> Decimal:
        """What can leave an account: open profit cannot, and an open loss must stay covered."""
        with localcontext(MONEY):
            wallet = self.accounts.wallet.get((account, currency), ZERO)
            return min(wallet, self.available(account, currency))

    def available(self, account: AccountId, currency: Currency) -> Decimal:
        """What an account could open with, in a currency."""
        with localcontext(MONEY):
            return self.collateral.available(account, currency, self._orders(account))

    def hold(self, account: AccountId, i: int, terms: MarginTerms) -> str | None:
        """Choose how an instrument is held: the mode while it is flat, leverage within bounds."""
        with localcontext(MONEY):
            listing, before = self.collateral.listings[i], self.accounts.margin_terms(account, i)
            if listing.instrument.kind in (Kind.SPOT, Kind.OPTION):
                return f"leverage: {listing.instrument.id} knows none"
            held = self.accounts.quantity(account, i)
            orders = [order for order in self._orders(account) if order.instrument == i]
            if terms.isolated != before.isolated and (held or orders):
                return "margin mode: cannot change while there is a position or an order"
            if terms.isolated and held and terms != before:
                return "leverage: cannot change while an isolated position is open"
            most = self.collateral.leverage_max(account, i, orders)
            if terms.leverage is not None and most is not None and terms.leverage > most:
                return f"leverage: got {terms.leverage}, {most} is allowed at this size"
            self.accounts.terms[account, i] = terms
            if self.available(account, listing.instrument.settle) < 0:
                self.accounts.terms[account, i] = before
                return "margin: what is available does not cover the higher initial margin"
            self.changed()
            return None

    def add_margin(self, account: AccountId, i: int, amount: Decimal) -> str | None:
        """Set money aside for an isolated position, or (negative) take some of it back.

        What stays must cover the initial margin at the mark.
        """
        with localcontext(MONEY):
            pool, position = self.accounts.pool_of(account, i), self._position(account, i)
            if not self.accounts.margin_terms(account, i).isolated or position.quantity == 0:
                return "margin: there is no isolated position"
            if amount > 0 and self.withdrawable(account, pool.currency) < amount:
                return f"margin: {self.withdrawable(account, pool.currency):f} can be set aside"
            if amount < 0:
                instrument, mark = self.accounts.instruments[i], self.collateral.marks.mark(i)
                if mark is None:
                    return "margin: no mark is known"
                profit = worth(instrument, position.quantity, mark) - position.cost
                aside, needed = self.accounts.balance(pool), self.collateral.initial(account, i)
                left = aside + amount
                if left < 0 or left + min(profit, ZERO) < needed:
                    return f"margin: {needed:f} must stay behind the position"
            self.accounts.put(pool, amount)
            self.accounts.receive(account, pool.currency, -amount)
            self.changed()
            return None

    def _position(self, account: AccountId, i: int) -> Position:
        return self.accounts.position.get((account, i)) or Position()

    def _orders(self, account: AccountId) -> list[Order]:
        return self.exchange.screening.standing(account)
