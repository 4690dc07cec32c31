"""Why an order is not taken in: rules of the instrument, the state of its book, its account."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from msgspec import structs

from bot.model.command import OrderType, Side, TimeInForce
from bot.model.instrument import Kind
from bot.model.units import AccountId
from bot.venues.simulated.accounts import Accounts
from bot.venues.simulated.collateral import Collateral
from bot.venues.simulated.listing import Listing
from bot.venues.simulated.market import Market
from bot.venues.simulated.orders import Order, RestingOrders
from bot.venues.simulated.reports import Reason
from bot.venues.simulated.requests import PlaceOrder, Trigger
from bot.venues.simulated.rules import Trouble, broken, outside_band
from bot.venues.simulated.taking import WORST
from bot.venues.simulated.waiting import Seen, Waiting, has_come


class Screening:
    """Looks at every order before it may stand or trade; changes nothing."""

    def __init__(
        self,
        listings: Mapping[int, Listing],
        market: Market,
        accounts: Accounts,
        collateral: Collateral,
        resting: RestingOrders,
        waiting: Waiting,
    ) -> None:
        self.listings = listings
        self.market = market
        self.accounts = accounts
        self.collateral = collateral
        self.resting = resting
        self.waiting = waiting

    def trouble(self, i: int, request: PlaceOrder, now_ns: int) -> Trouble | None:
        """Why an order cannot be taken in; None when it can."""
        if not self.listings[i].instrument.active:
            return Reason.NOT_TRADING, "instrument is not traded"
        return (
            _contradiction(request, now_ns)
            or self._rules(i, request)
            or self._book(i, request)
            or self._counts(i, request)
            or self._closing(i, request)
            or self._position(i, request, request.size)
            or self.shortage(i, request)
        )

    def unchangeable(
        self, order: Order, price: int, size: int, trigger_price: int | None
    ) -> Trouble | None:
        """Why an open order cannot be changed so, whatever its instrument's rules say."""
        i, request = order.instrument, order.request
        if order.trigger is None:
            if unusable := self.market.trouble(i):
                return Reason.BOOK_UNUSABLE, unusable
            more = size - order.size
            asked = structs.replace(request, price=price, size=size - order.executed)
            return (self._position(i, asked, more) if more > 0 else None) or self.shortage(
                i, asked, order
            )
        trigger = order.trigger
        if trigger_price is not None:
            trigger = structs.replace(trigger, price=trigger_price)
            if passed := self._passed(i, trigger):
                return passed
        limit = None if request.price is None else price
        asked = structs.replace(request, price=limit, size=size, trigger=trigger)
        return self.shortage(i, asked, order)

    def closable(self, account: AccountId, i: int, side: Side) -> int:
        """Lots of the position that an order of a side would close."""
        return max(0, -self.accounts.quantity(account, i) * side)

    def reducible(self, i: int, request: PlaceOrder) -> int:
        """The same, less what resting reduce-only orders will close already.

        What cannot rest, and what waited for its price, closes all the same: those that rest
        are cut to what it leaves. A stop is there for when nobody took the profit.
        """
        account, side = request.account, request.side
        immediate = request.type is OrderType.MARKET or request.time_in_force is not TimeInForce.GTC
        if immediate or request.trigger is not None:
            return self.closable(account, i, side)
        promised = sum(
            order.leaves
            for order in self.resting
            if order.reduce_only
            and (order.account, order.instrument, order.side) == (account, i, side)
        )
        return max(0, self.closable(account, i, side) - promised)

    def crosses(self, i: int, side: Side, price: int) -> bool:
        """Whether an order at a price would trade at once."""
        touch = self.market.best(i, 1 if side is Side.BUY else 0)
        crossing = touch is not None and (price - touch) * side >= 0
        return crossing or bool(self.resting.against(i, side, price))

    def _rules(self, i: int, request: PlaceOrder) -> Trouble | None:
        listing, price = self.listings[i], request.price
        instrument, rules = listing.instrument, listing.rules
        trouble = broken(instrument, rules, request, self._worth_at(i, request))
        banded = rules.band_up is not None or rules.band_down is not None
        if banded and trouble is None and price is not None and request.type is OrderType.LIMIT:
            trouble = outside_band(instrument, rules, request.side, price, self._mark(i))
        return trouble

    def _book(self, i: int, request: PlaceOrder) -> Trouble | None:
        unusable = self.market.trouble(i)
        if unusable:
            return Reason.BOOK_UNUSABLE, unusable
        if request.trigger is not None:
            return self._passed(i, request.trigger)
        price = request.price
        if request.post_only and price is not None and self.crosses(i, request.side, price):
            return Reason.POST_ONLY, f"post-only: {price} ticks would cross"
        return None

    def _passed(self, i: int, trigger: Trigger) -> Trouble | None:
        last = self.market.last(i)
        if not has_come(trigger, self.listings[i].instrument, Seen(self._mark(i), last, last)):
            return None
        return Reason.TRIGGER_PASSED, f"trigger: {trigger.price} ticks would trigger at once"

    def _counts(self, i: int, request: PlaceOrder) -> Trouble | None:
        rules = self.listings[i].rules
        if request.trigger is None:
            most, stand, reason = rules.orders_max, len_of(self.resting, request, i), "orders"
        else:
            most, stand, reason = rules.triggers_max, len_of(self.waiting, request, i), "triggers"
        if most is None or stand < most:
            return None
        code = Reason.ORDERS_MAX if request.trigger is None else Reason.TRIGGERS_MAX
        return code, f"{reason}: {stand} stand, at most {most} may"

    def _closing(self, i: int, request: PlaceOrder) -> Trouble | None:
        # What waits is judged when its price has come.
        closes = request.reduce_only or request.close_position
        if not closes or request.trigger is not None:
            return None
        if self.reducible(i, request):
            return None
        return Reason.NOTHING_TO_REDUCE, "reduce-only: there is nothing to reduce"

    def _position(self, i: int, request: PlaceOrder, more: int) -> Trouble | None:
        """more: lots that would be held or on their way besides those that are."""
        most = self.listings[i].rules.position_max
        if most is None or request.reduce_only or request.close_position:
            return None
        account, side = request.account, request.side
        coming = sum(
            order.leaves
            for order in self.resting
            if (order.account, order.instrument, order.side) == (account, i, side)
        )
        worst = self.accounts.quantity(account, i) * side + coming + more
        if worst <= most:
            return None
        return Reason.POSITION_MAX, f"position: {worst} lots would be held, at most {most} may"

    def worst(self, i: int, side: Side) -> int:
        """The worst price (ticks) that an order without one may meet."""
        listing = self.listings[i]
        collar = listing.rules.collar(listing.instrument, side, self._mark(i))
        return (WORST - 1 if side is Side.BUY else 0) if collar is None else collar

    def standing(self, account: AccountId) -> list[Order]:
        """The orders of an account that something is set aside for: of coins, those that wait."""
        return [
            order
            for order in (*self.resting, *self.waiting)
            if order.account == account
            if order.trigger is None or self._is_spot(order.instrument)
        ]

    def shortage(
        self, i: int, request: PlaceOrder, instead_of: Order | None = None
    ) -> Trouble | None:
        """What an account lacks to carry an order, in place of one that stands, if any."""
        standing = [each for each in self.standing(request.account) if each is not instead_of]
        if request.trigger is not None and not self._is_spot(i):
            return None  # A contract is paid for when the order comes to the market.
        text = self.collateral.shortage(i, request, self._judged_at(i, request), standing)
        return None if text is None else (Reason.BALANCE, text)

    def _is_spot(self, i: int) -> bool:
        return self.listings[i].instrument.kind is Kind.SPOT

    def _mark(self, i: int) -> Decimal | None:
        return self.collateral.marks.mark(i)

    def _judged_at(self, i: int, request: PlaceOrder) -> list[tuple[int, int]]:
        """Price and lots that an account must be able to carry; none: it would meet nothing."""
        price = self._worth_at(i, request)
        if not self._is_spot(i):
            if price is None:
                price = next((at for at, _ in self._meets(i, request)), None)
            return [] if price is None else [(price, request.size)]
        if request.price is not None or request.side is Side.SELL:
            return [(request.price or price or 0, request.size)]
        # Coins are paid for in full: what lies behind the touch as well.
        return self._meets(i, request) if request.trigger is None else [(price or 0, request.size)]

    def _meets(self, i: int, request: PlaceOrder) -> list[tuple[int, int]]:
        """Price and lots that an order without a price would take now, the best first."""
        side, left = request.side, request.size
        limit = self.worst(i, side)
        standing = self.market.against(i, side, limit, left)
        standing += [(order.price, order.leaves) for order in self.resting.against(i, side, limit)]
        met: list[tuple[int, int]] = []
        for price, lots in sorted(standing, key=lambda level: level[0] * side):
            if left:
                met.append((price, min(left, lots)))
                left -= met[-1][1]
        return met

    def _worth_at(self, i: int, request: PlaceOrder) -> int | None:
        """The price that the rules of worth judge an order at."""
        if request.type is OrderType.LIMIT:
            return request.price
        if request.trigger is not None:
            return request.trigger.price
        touch = self.market.best(i, 1 if request.side is Side.BUY else 0)
        return request.price if touch is None else touch


def len_of(orders: Iterable[Order], request: PlaceOrder, i: int) -> int:
    """How many of an account's orders in an instrument these are."""
    return sum(order.account == request.account and order.instrument == i for order in orders)


def _contradiction(request: PlaceOrder, now_ns: int) -> Trouble | None:
    """What does not go together in an order, whatever its instrument."""
    immediate = request.time_in_force is not TimeInForce.GTC
    said = None
    if request.size < 0 or (request.size == 0) is not request.close_position:
        said = f"size {request.size} lots: closing a whole position states none, others some"
    elif request.type is OrderType.LIMIT and request.price is None:
        said = "a limit order states its price"
    elif request.post_only and (immediate or request.type is OrderType.MARKET):
        said = "post-only: what must not trade at once cannot be immediate"
    elif request.expires_ns is not None and immediate:
        said = "an immediate order does not stand until a time"
    elif request.expires_ns is not None and request.expires_ns <= now_ns:
        said = f"it expires at {request.expires_ns} ns, which is past"
    return None if said is None else (Reason.INVALID, said)
