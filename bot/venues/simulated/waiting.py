"""Orders that wait for a price: which of them fire, and when the kernel must stop for them.

They stand in no queue. The kernel knows the nearest prices only, as bounds; what it stopped for
is looked at here.
"""

from collections.abc import Iterator
from decimal import Decimal

from msgspec import Struct

from bot.model.instrument import Instrument
from bot.tape.rows import SCALAR_SCALE
from bot.tape.venue_order import FOREVER
from bot.venues.simulated.arrays import (
    LAST_HIGH,
    LAST_LOW,
    MARK_HIGH,
    MARK_LOW,
    MID_HIGH,
    MID_LOW,
    WAITING,
    VenueArrays,
)
from bot.venues.simulated.market import Market
from bot.venues.simulated.orders import Order
from bot.venues.simulated.requests import Trigger, TriggerSource


class Seen(Struct, frozen=True):
    """What a message showed: the mark at its end, the lowest and highest trade; None: none."""

    mark: Decimal | None
    low: int | None
    high: int | None


class Waiting:
    """Every order that waits for its price."""

    def __init__(self, market: Market) -> None:
        """Start with none."""
        self._market = market
        self._orders: dict[int, Order] = {}

    def __len__(self) -> int:
        return len(self._orders)

    def __iter__(self) -> Iterator[Order]:
        """Oldest first."""
        return iter(list(self._orders.values()))

    def get(self, number: int) -> Order | None:
        """The order with this number, while it waits."""
        return self._orders.get(number)

    def add(self, order: Order) -> None:
        """Let an order wait."""
        self._orders[order.number] = order

    def remove(self, order: Order) -> None:
        """It waits no more."""
        del self._orders[order.number]

    def fired(self, i: int, seen: Seen) -> list[Order]:
        """The orders whose price has come, oldest first."""
        instrument = self._market.instruments[i]
        return [
            order
            for order in self
            if order.instrument == i and order.trigger is not None
            if has_come(order.trigger, instrument, seen)
        ]

    def bound(self, arrays: VenueArrays) -> None:
        """Tell the kernel the prices that nothing may pass unseen; margin has told its own."""
        head = arrays.head
        head[:, WAITING] = 0
        head[:, LAST_LOW], head[:, LAST_HIGH] = -FOREVER, FOREVER
        for order in self._orders.values():
            trigger, i = order.trigger, order.instrument
            assert trigger is not None, "what waits for nothing does not wait"
            low, high, bound = self._edge(trigger, i)
            if trigger.rising:
                head[i, high] = min(int(head[i, high]), bound - 1)
            else:
                head[i, low] = max(int(head[i, low]), bound + 1)
            if trigger.source is TriggerSource.LAST:
                head[i, WAITING] += 1
            elif low == MID_LOW:
                head[i, MARK_LOW] = FOREVER  # The first mark replaces the mid.

    def _edge(self, trigger: Trigger, i: int) -> tuple[int, int, int]:
        """The two columns of a trigger's price, and that price as the column counts it."""
        if trigger.source is TriggerSource.LAST:
            return LAST_LOW, LAST_HIGH, trigger.price
        if self._market.marked(i) is None:
            return MID_LOW, MID_HIGH, 2 * trigger.price
        exact = self._market.instruments[i].price(trigger.price) * SCALAR_SCALE
        whole = int(exact)
        # A mark beyond an edge between two units is at or beyond the next whole one.
        return MARK_LOW, MARK_HIGH, whole + (trigger.rising and whole != exact)


def has_come(trigger: Trigger, instrument: Instrument, seen: Seen) -> bool:
    """Whether a price was seen at or beyond the trigger's."""
    if trigger.source is TriggerSource.MARK:
        if seen.mark is None:
            return False
        price = instrument.price(trigger.price)
        return seen.mark >= price if trigger.rising else seen.mark <= price
    traded = seen.high if trigger.rising else seen.low
    if traded is None:
        return False
    return traded >= trigger.price if trigger.rising else traded <= trigger.price
