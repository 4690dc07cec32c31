"""Leverage, and the margin that positions and open orders take, as USD-M states them.

Source: "Account Information" and the brackets of the USD-M Futures documentation: initial margin
is notional over leverage; of open orders only what could add to the position counts.
"""

from collections.abc import Iterable
from decimal import Decimal

from msgspec import Struct

from bot.model.command import OrderType, Side
from bot.model.units import AccountId, Currency, InstrumentId
from bot.venues.server.binance import errors
from bot.venues.server.binance.symbols import Symbol, Symbols
from bot.venues.server.holdings import ZERO
from bot.venues.server.listings import BRACKETS, LEVERAGE, notional_max
from bot.venues.server.world import World
from bot.venues.simulated.accounts import MarginTerms
from bot.venues.simulated.margin import maintenance
from bot.venues.simulated.requests import PlaceOrder


class SymbolMargin(Struct, frozen=True):
    """One symbol of an account, in its margin asset. notional: signed."""

    symbol: Symbol
    lots: int
    mark: Decimal | None
    notional: Decimal
    profit: Decimal
    bids: Decimal
    asks: Decimal
    leverage: int

    @property
    def position(self) -> Decimal:
        """Initial margin of the position."""
        return abs(self.notional) / self.leverage

    @property
    def orders(self) -> Decimal:
        """Initial margin of what open orders may add to it."""
        worst = max(abs(self.notional + self.bids), abs(self.notional - self.asks))
        return max(ZERO, worst - abs(self.notional)) / self.leverage

    @property
    def maintenance(self) -> Decimal:
        """What must stay."""
        return maintenance(abs(self.notional), self.symbol.listing.tiers)


class AssetMargin(Struct, frozen=True):
    """One wallet of an account with everything that it stands behind.

    available: what new orders may take, as the venue reckons it.
    """

    asset: Currency
    wallet: Decimal
    profit: Decimal
    position: Decimal
    orders: Decimal
    maintenance: Decimal
    available: Decimal

    @property
    def balance(self) -> Decimal:
        """Margin balance."""
        return self.wallet + self.profit


class UsdmMargin:
    """Leverage by account and symbol, and what follows; the venue judges by the same."""

    def __init__(self, world: World, symbols: Symbols, accounts: Iterable[AccountId]) -> None:
        """accounts: those that trade here; each begins with the usual leverage."""
        self._world = world
        self._symbols = symbols
        self.chosen: dict[tuple[AccountId, InstrumentId], int] = {}
        for account in accounts:
            for symbol in symbols.by_name.values():
                self.choose(account, symbol, LEVERAGE)

    def leverage(self, account: AccountId, symbol: Symbol) -> int:
        """As chosen."""
        return self.chosen[account, symbol.id]

    def choose(self, account: AccountId, symbol: Symbol, leverage: int) -> None:
        """Trade a symbol with so much leverage from now on."""
        if not 1 <= leverage <= BRACKETS[0].leverage:
            raise errors.leverage_invalid(leverage)
        terms, i = MarginTerms(leverage=Decimal(leverage)), self._world.index_of(symbol.id)
        refused = self._world.venue.treasury.hold(account, i, terms)
        if refused is not None:
            full = refused.startswith("leverage")
            raise errors.Refused(*(errors.POSITION_FULL if full else errors.INSUFFICIENT_MARGIN))
        self.chosen[account, symbol.id] = leverage

    def of(self, account: AccountId, symbol: Symbol) -> SymbolMargin:
        """One symbol of an account."""
        world, instrument = self._world, symbol.instrument
        held = world.holdings.position.get((account, symbol.id))
        lots = 0 if held is None else held.lots
        mark = world.mark(symbol.id)
        bids = asks = ZERO
        for record in world.orders.open(account, symbol.id):
            request = record.request
            if request.reduce_only or request.close_position:
                continue
            price = record.price or record.trigger_price
            worth = symbol.worth(price or 0, record.leaves)
            if request.side is Side.BUY:
                bids += worth
            else:
                asks += worth
        return SymbolMargin(
            symbol,
            lots,
            mark,
            ZERO if mark is None else instrument.notional(lots, mark),
            world.holdings.unrealised(account, instrument, mark) if lots else ZERO,
            bids,
            asks,
            self.leverage(account, symbol),
        )

    def symbols(self, account: AccountId) -> list[SymbolMargin]:
        """Every symbol of an account, whether it holds any or not."""
        return [self.of(account, symbol) for symbol in self._symbols.by_name.values()]

    def asset(
        self, account: AccountId, asset: Currency, known: list[SymbolMargin] | None = None
    ) -> AssetMargin:
        """One wallet. known: `symbols` of the account, when they are at hand."""
        each = [
            one
            for one in (self.symbols(account) if known is None else known)
            if one.symbol.instrument.settle == asset
        ]
        return AssetMargin(
            asset,
            self._world.holdings.wallet.get((account, asset), ZERO),
            sum((one.profit for one in each), ZERO),
            sum((one.position for one in each), ZERO),
            sum((one.orders for one in each), ZERO),
            sum((one.maintenance for one in each), ZERO),
            max(ZERO, self._world.venue.treasury.available(account, asset)),
        )

    def check(self, symbol: Symbol, request: PlaceOrder) -> None:
        """Refuse an order that could become more than the leverage allows; the rest is judged
        by the venue.
        """
        if request.reduce_only or request.close_position:
            return
        now, price = self.of(request.account, symbol), self._price(symbol, request)
        if price is None:
            return  # The venue will refuse it: its book is unusable.
        worth = symbol.instrument.notional(request.size, price)
        buys = request.side is Side.BUY
        filled = now.notional + now.bids + worth if buys else now.notional - now.asks - worth
        if abs(filled) > max(abs(now.notional), notional_max(now.leverage)):
            raise errors.Refused(*errors.POSITION_FULL)

    def _price(self, symbol: Symbol, request: PlaceOrder) -> Decimal | None:
        if request.type is OrderType.LIMIT and request.price is not None:
            return symbol.instrument.price(request.price)
        bid, ask = self._world.touch(symbol.id)
        touch = ask if request.side is Side.BUY else bid
        return None if touch is None else symbol.instrument.price(touch)
