"""How an execution is booked: its fee at the rate of whoever traded, and both sides of it."""

from collections.abc import Callable, Mapping
from decimal import Decimal

from bot.model.command import Side
from bot.model.instrument import Kind
from bot.model.money import divide
from bot.model.units import AccountId, Currency, InstrumentId
from bot.venues.simulated.accounts import VENUE, Accounts
from bot.venues.simulated.fees import FeeAsset, Volumes
from bot.venues.simulated.listing import Listing
from bot.venues.simulated.marks import Marks
from bot.venues.simulated.outbox import Outbox


class Booking:
    """Books what was executed.

    before: called before a position changes, with its account and instrument. fee_assets:
    the accounts that pay fees in a coin of the venue's where they can.
    """

    def __init__(
        self,
        listings: Mapping[int, Listing],
        accounts: Accounts,
        marks: Marks,
        outbox: Outbox,
        before: Callable[[AccountId, int], None],
    ) -> None:
        self.listings = listings
        self.accounts = accounts
        self.marks = marks
        self.outbox = outbox
        self.before = before
        self.volumes = Volumes()
        self.fee_assets: set[AccountId] = set()
        self._index: dict[InstrumentId, int] = {
            listing.instrument.id: i for i, listing in listings.items()
        }

    def execute(
        self, account: AccountId, i: int, side: Side, lots: int, price: int, *, maker: bool
    ) -> tuple[Decimal, Currency]:
        """Book a fill at a price in ticks; returns its fee and the currency of that."""
        listing, now_ns = self.listings[i], self.outbox.now_ns
        instrument, paid = listing.instrument, listing.instrument.price(price)
        fee, currency = listing.fees.charge(
            instrument,
            side,
            lots,
            price,
            maker=maker,
            volume=self.volumes.of(account, instrument.quote, now_ns),
            index=self.marks.index(i) if instrument.kind is Kind.OPTION else None,
        )
        self.before(account, i)
        self.accounts.trade(account, i, side, lots, paid, now_ns)
        if listing.fees.asset is not None and account in self.fee_assets:
            fee, currency = self._in_asset(account, listing.fees.asset, fee, currency, i)
        self.accounts.pay(account, VENUE, currency, fee)
        self.volumes.add(account, instrument.quote, instrument.notional(lots, paid), now_ns)
        return fee, currency

    def _in_asset(
        self, account: AccountId, asset: FeeAsset, fee: Decimal, currency: Currency, i: int
    ) -> tuple[Decimal, Currency]:
        """The same fee in the venue's coin, where its price is known and the wallet holds it."""
        pair = self._index.get(asset.price_of)
        price = None if pair is None else self.marks.mark(pair)
        if fee <= 0 or pair is None or price is None:
            return fee, currency
        contract = self.listings[pair].instrument
        assert contract.base == asset.currency, f"{contract.id}: expected to trade {asset.currency}"
        if contract.quote != currency:
            return fee, currency
        coins = self.listings[i].fees.rounded(divide(fee * (1 - asset.discount), price))
        if self.accounts.wallet.get((account, asset.currency), Decimal(0)) < coins:
            return fee, currency
        return coins, asset.currency
