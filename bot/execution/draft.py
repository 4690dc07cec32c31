"""Targets less holdings less working orders: the orders that are missing, and those too many."""

from collections.abc import Collection, Mapping
from decimal import Decimal

from msgspec import Struct

from bot.execution.blotter import Blotter, Order
from bot.execution.holdings import Holdings, Touch
from bot.execution.plan import Dust, Reserve
from bot.execution.sizing import child_size, smallest_order, too_small, within_reach
from bot.execution.working import Patience, Style, Work, left_behind, order_price, rests
from bot.model.command import Cancel, OrderType, Proposal, Side, TimeInForce
from bot.model.instrument import Instrument
from bot.model.units import EXTERNAL, NS_PER_MS, InstrumentId, StrategyName


class Ask(Struct, frozen=True, kw_only=True):
    """Where one instrument should be brought, and how.

    goal, position: lots. band: no order for fewer lots, 0: the venue's smallest. slack: so many
    lots too many may stay working. most: lots in one order, one order at a time; None: no bound.
    limit: a price in ticks beyond which not to go, inside the collar. until_ns: when `style`
    will change by itself.
    """

    goal: int
    position: int
    style: Style
    reason: str
    band: int = 0
    slack: int = 0
    most: int | None = None
    limit: int | None = None
    until_ns: int | None = None
    basket: str | None = None


class Draft:
    """A plan while it is being written.

    keys: what every strategy trades, for the sum of an account's positions.
    """

    def __init__(
        self,
        holdings: Holdings,
        blotter: Blotter,
        patience: Patience,
        keys: Collection[tuple[StrategyName, InstrumentId]],
    ) -> None:
        self.holdings = holdings
        self.blotter = blotter
        self.patience = patience
        self.now = holdings.now
        self.retry_ns = holdings.now + patience.retry_ms * NS_PER_MS
        self.proposals: list[Proposal] = []
        self.cancels: list[Cancel] = []
        self.dust: list[Dust] = []
        self.reserves: list[Reserve] = []
        self._keys = keys

    def cancel(self, order: Order, reason: str) -> None:
        """Take an order back, unless that was asked for a moment ago."""
        if order.cancel_ns is not None:
            pause = self.patience.retry_ms_max if order.cancel_pending else self.patience.retry_ms
            if self.now - order.cancel_ns < pause * NS_PER_MS:
                return
        order.cancel_pending, order.cancel_ns = True, self.now
        asked = order.proposal
        self.cancels.append(
            Cancel(order.order_id, asked.account, asked.strategy, asked.instrument, reason)
        )

    def cancel_all(self, work: Work, reason: str) -> bool:
        """Take back everything of one work; False when there is nothing."""
        orders = self.blotter.working(work.strategy, work.instrument)
        for order in orders.values():
            self.cancel(order, reason)
        work.due_ns = self._cancel_due(orders)
        work.seen = self.holdings.position(work.strategy, work.instrument)
        return bool(orders)

    def wait(self, work: Work) -> None:
        """Something needed is unknown: look again in a while."""
        work.seen = self.holdings.position(work.strategy, work.instrument)
        work.due_ns = self.retry_ns

    def steer(self, work: Work, ask: Ask) -> None:
        """Bring one instrument nearer to its goal: cancel what leads elsewhere, order the rest."""
        instrument = self.holdings.instrument(work.instrument)
        smallest = self.smallest(instrument)
        work.seen = ask.position
        gap = within_reach(ask.goal, ask.position, smallest) - ask.position
        toward = (gap > 0) - (gap < 0)
        work.turn(toward)
        orders = self.blotter.working(work.strategy, work.instrument)
        behind, work.due_ns = 0, None
        if orders:
            standing = self._take_back(orders, toward, abs(gap) + ask.slack)
            if standing:
                self._follow(ask, standing)
            work.due_ns = self._due(ask, orders)
            if not _may_add(ask, orders, standing):
                return
            behind = sum(order.remaining for order in standing)
        room = abs(gap) - behind
        if room >= max(smallest, ask.band if ask.goal else 0):
            self._order(work, ask, Side(toward), room, behind, smallest)
        elif not orders:
            self._settle(work, gap, smallest)

    def smallest(self, instrument: Instrument) -> int:
        """The smallest order in lots at today's price, as far as that is known."""
        if instrument.notional_min is None:
            return max(1, instrument.size_min)
        price = self.reference(instrument)
        return instrument.size_min if price is None else smallest_order(instrument, price)

    def reference(self, instrument: Instrument) -> Decimal | None:
        """The mark, else the mid."""
        mark = self.holdings.mark(instrument.id)
        if mark is not None:
            return mark
        touch = self.holdings.touch(instrument.id)
        return None if touch is None else instrument.price(touch[0] + touch[2]) / 2

    def price(
        self, instrument: Instrument, side: Side, style: Style, limit: int | None = None
    ) -> int | None:
        """The price of an order of this style in ticks; None when nothing can be sent."""
        worst = self.holdings.collar(instrument.id, side)
        if worst is not None and limit is not None:
            worst = min(worst, limit) if side is Side.BUY else max(worst, limit)
        touch: Touch | None = None
        if style is Style.POST:
            touch = self.holdings.touch(instrument.id)
        return order_price(style, side, touch, worst, instrument.grid)

    def propose(
        self, work: Work, ask: Ask, side: Side, size: int, price: int, behind: int = 0
    ) -> Proposal:
        """An order as a value. behind: lots already working on the same side."""
        instrument = work.instrument
        return Proposal(
            account=self.holdings.account(work.strategy, instrument),
            strategy=work.strategy,
            instrument=instrument,
            side=side,
            size=size,
            price=price,
            type=OrderType.MARKET if ask.style is Style.MARKET else OrderType.LIMIT,
            time_in_force=TimeInForce.GTC if ask.style is Style.POST else TimeInForce.IOC,
            post_only=ask.style is Style.POST,
            reduce_only=self._reduces(work, ask.position, side, size + behind),
            reason=ask.reason,
            basket=ask.basket,
        )

    def _take_back(self, orders: Mapping[str, Order], toward: int, most: int) -> list[Order]:
        """Cancel what leads the other way or too far, the newest first; what leads our way."""
        standing = []
        kept = 0
        for order in orders.values():
            if order.proposal.side != toward:
                self.cancel(order, "opposite")
                continue
            standing.append(order)
            if order.cancel_pending:
                self.cancel(order, "repeat")
            else:
                kept += order.remaining
        if kept > most:
            for order in reversed(standing):
                if kept > most and not order.cancel_pending:
                    self.cancel(order, "less")
                    kept -= order.remaining
        return standing

    def _follow(self, ask: Ask, standing: list[Order]) -> None:
        """Take back posted orders that should cross now, or that the touch has left behind."""
        touch = self.holdings.touch(standing[0].instrument)
        for order in standing:
            if not rests(order) or order.cancel_pending:
                continue
            if ask.style is not Style.POST:
                self.cancel(order, "escalate")
            elif touch is not None and self._left_behind(order):
                self.cancel(order, "repeg")

    def _order(
        self, work: Work, ask: Ask, side: Side, room: int, behind: int, smallest: int
    ) -> None:
        instrument = self.holdings.instrument(work.instrument)
        if self.now < work.wait_ns:
            work.due_ns = work.wait_ns
            return
        work.due_ns = self.retry_ns
        price = self.price(instrument, side, ask.style, ask.limit)
        if price is None or price <= 0:
            return
        most = room if ask.most is None else ask.most
        goal = ask.position + int(side) * (room + behind)
        largest = self.holdings.largest(work.strategy, work.instrument, side, price, goal)
        if largest is not None and largest >= smallest:
            most = min(most, largest)  # or risk would refuse the whole way, each time anew
        size = child_size(room, most, smallest)
        if too_small(instrument, size, instrument.price(price)):  # the collar is below the mark
            size = child_size(room, most, smallest_order(instrument, instrument.price(price)))
        if size == 0:
            return
        if ask.style is Style.POST and work.posted_ns is None:
            work.posted_ns = self.now
        work.dust = 0
        self.proposals.append(self.propose(work, ask, side, size, price, behind))

    def _settle(self, work: Work, gap: int, smallest: int) -> None:
        """Nothing is left to do: remember where, and what is left over."""
        work.posted_ns = work.due_ns = None
        left = gap if abs(gap) < smallest else 0
        if left and left != work.dust:
            why = f"the smallest order is {smallest} lots"
            self.dust.append(Dust(work.strategy, work.instrument, left, why))
        work.dust = left

    def _due(self, ask: Ask, orders: Mapping[str, Order]) -> int | None:
        """When to look at standing orders again, unless the touch leaves one behind before."""
        due = self._cancel_due(orders)
        if due is not None or not any(map(rests, orders.values())):
            return due
        if any(rests(order) and self._left_behind(order) for order in orders.values()):
            return self.retry_ns  # It could not follow: the touch is unknown.
        due = ask.until_ns
        return due if due is None or due > self.now else self.retry_ns

    def _left_behind(self, order: Order) -> bool:
        return left_behind(self.holdings.away_ns(order), self.now, self.patience)

    def _cancel_due(self, orders: Mapping[str, Order]) -> int | None:
        """When to ask again for cancels that nobody confirmed."""
        asked = [
            order.cancel_ns
            for order in orders.values()
            if order.cancel_pending and order.cancel_ns is not None
        ]
        if not asked:
            return None
        due = min(asked) + self.patience.retry_ms_max * NS_PER_MS
        return due if due > self.now else self.retry_ns

    def _reduces(self, work: Work, position: int, side: Side, size: int) -> bool:
        """Whether it only takes back, for the strategy and for the account as the venue sees it."""
        if position * side >= 0 or size > abs(position):
            return False
        account = self.holdings.account(work.strategy, work.instrument)
        total = 0
        owners = [owner for owner, name in self._keys if name == work.instrument]
        for owner in (*owners, EXTERNAL):
            if self.holdings.account(owner, work.instrument) == account:
                total += self.holdings.position(owner, work.instrument)
        return total * side < 0 and size <= abs(total)


def _may_add(ask: Ask, orders: Mapping[str, Order], standing: list[Order]) -> bool:
    """Whether another order may join: one, beside a posted one, when the way grew longer."""
    if len(standing) != len(orders) or any(order.cancel_pending for order in standing):
        return False
    return ask.most is None and len(standing) == 1 and rests(standing[0])
