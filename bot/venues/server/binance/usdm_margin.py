"""Leverage, and the margin that positions and open orders take, as USD-M states them.

Source: "Account Information" and the brackets of the USD-M Futures documentation: initial margin
is notional over leverage; of open orders only what could add to the position counts.
"""

from decimal import Decimal

from msgspec import Struct

from bot.model.command import OrderType, Side
from bot.model.units import AccountId, Currency, InstrumentId
from bot.venues.server.binance import errors
from bot.venues.server.binance.symbols import Symbol, Symbols
from bot.venues.server.holdings import ZERO
from bot.venues.server.listings import BRACKETS, LEVERAGE, notional_max
from bot.venues.server.world import World
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
    """One wallet of an account with everything that it stands behind."""

    asset: Currency
    wallet: Decimal
    profit: Decimal
    position: Decimal
    orders: Decimal
    maintenance: Decimal

    @property
    def balance(self) -> Decimal:
        """Margin balance."""
        return self.wallet + self.profit

    @property
    def available(self) -> Decimal:
        """What new orders may take."""
        return max(ZERO, self.balance - self.position - self.orders)


class UsdmMargin:
    """Leverage by account and symbol, and what follows. chosen: where it was."""

    def __init__(self, world: World, symbols: Symbols) -> None:
        self._world = world
        self._symbols = symbols
        self.chosen: dict[tuple[AccountId, InstrumentId], int] = {}

    def leverage(self, account: AccountId, symbol: Symbol) -> int:
        """As chosen, else as accounts begin."""
        return self.chosen.get((account, symbol.id), LEVERAGE)

    def choose(self, account: AccountId, symbol: Symbol, leverage: int) -> None:
        """Trade a symbol with so much leverage from now on."""
        if not 1 <= leverage <= BRACKETS[0].leverage:
            raise errors.leverage_invalid(leverage)
        if abs(self.of(account, symbol).notional) > notional_max(leverage):
            raise errors.Refused(*errors.POSITION_FULL)
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
        )

    def check(self, symbol: Symbol, request: PlaceOrder) -> None:
        """Refuse an order that the account cannot carry."""
        if request.reduce_only or request.close_position:
            return
        account, instrument = request.account, symbol.instrument
        known = self.symbols(account)
        now = next(one for one in known if one.symbol is symbol)
        price = self._price(symbol, request)
        if price is None:
            return  # The venue will refuse it: its book is unusable.
        worth = instrument.notional(request.size, price)
        buys = request.side is Side.BUY
        after = SymbolMargin(
            symbol,
            now.lots,
            now.mark,
            now.notional,
            now.profit,
            now.bids + (worth if buys else ZERO),
            now.asks + (ZERO if buys else worth),
            now.leverage,
        )
        worst = max(abs(after.notional + after.bids), abs(after.notional - after.asks))
        adds = after.orders - now.orders
        if adds > 0 and worst > notional_max(now.leverage):
            raise errors.Refused(*errors.POSITION_FULL)
        if adds > self.asset(account, instrument.settle, known).available:
            raise errors.Refused(*errors.INSUFFICIENT_MARGIN)

    def _price(self, symbol: Symbol, request: PlaceOrder) -> Decimal | None:
        if request.type is OrderType.LIMIT and request.price is not None:
            return symbol.instrument.price(request.price)
        bid, ask = self._world.touch(symbol.id)
        touch = ask if request.side is Side.BUY else bid
        return None if touch is None else symbol.instrument.price(touch)
