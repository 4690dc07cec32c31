"""What an incoming order would meet, step by step: the market's levels, and orders of the venue.

A resting order of the venue stands behind the lots that are ahead of it in its queue, and
before the rest of its level. One that may only close gives no more than its account still holds
when its turn comes.
"""

from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct

from bot.model.units import AccountId
from bot.venues.simulated.orders import Order, RestingOrders
from bot.venues.simulated.requests import SelfTrade


class Step(Struct, frozen=True):
    """So many lots at a price, of the market's book or of an order of the venue.

    lots 0: the order goes, for it is of the same account.
    """

    price: int
    lots: int
    against: Order | None = None


class Walk(Struct, frozen=True):
    """The steps, the lots that are left behind them, and the own order that ended them."""

    steps: list[Step]
    left: int
    stopped: Order | None = None


def walk(
    order: Order,
    levels: Sequence[tuple[int, int]],
    resting: RestingOrders,
    quantity: Callable[[AccountId, int], int],
) -> Walk:
    """Where an order would go; nothing happens yet.

    levels: price and lots of what the market shows, the best first, no more than the order's.
    quantity: lots that an account holds in an instrument, signed.
    """
    side, left = order.side, order.leaves
    ours = resting.against(order.instrument, side, order.price)
    if not ours:
        steps = [Step(price, lots) for price, lots in levels]
        return Walk(steps, left - sum(lots for _, lots in levels))
    shown = dict(levels)
    met: dict[int, list[Order]] = {}
    for each in ours:
        met.setdefault(each.price, []).append(each)
    steps = []
    given: dict[AccountId, int] = {}
    for price in sorted(shown.keys() | met.keys(), key=lambda price: price * side):
        for step in _at(price, shown.get(price, 0), met.get(price, ()), resting):
            if left == 0:
                return Walk(steps, 0)
            own = step.against
            if own is not None and own.account == order.account:
                mode = order.request.self_trade
                if mode is not SelfTrade.NONE:
                    if mode is not SelfTrade.NEWEST:
                        steps.append(Step(price, 0, own))
                    if mode is not SelfTrade.OLDEST:
                        return Walk(steps, left, own)
                    continue
            lots = min(left, step.lots)
            if own is not None:
                if own.reduce_only:
                    held = quantity(own.account, own.instrument) * side
                    lots = min(lots, max(0, held - given.get(own.account, 0)))
                    if lots == 0:
                        continue
                given[own.account] = given.get(own.account, 0) + lots
            steps.append(Step(price, lots, own))
            left -= lots
    return Walk(steps, left)


def _at(price: int, shown: int, met: Sequence[Order], resting: RestingOrders) -> Iterator[Step]:
    """What stands at one price, in the order in which it is served."""
    passed = 0
    for each in met:
        before = min(int(resting.place(each)[0]), shown) - passed
        if before > 0:
            yield Step(price, before)
            passed += before
        yield Step(price, each.leaves, each)
    if shown > passed:
        yield Step(price, shown - passed)
