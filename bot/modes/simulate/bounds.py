"""What a strategy said may stand open, read from its own parameters.

A strategy that holds something elsewhere says so by the names of its fields: `inventory` coins,
which grow by `gamma` per unit of quote above `gamma_price`. What may stand open for ever is its
`band`; what may stand open while legs fill is its `max_unhedged`.
"""

from typing import Final

from msgspec import Struct

from bot.errors import UsageError, quoted
from bot.strategy.strategy import Strategy

PATIENT: Final = 1.25
"""Of a band: so far out it may be for ever, for the way back to its edge is worked patiently."""
HARD: Final = 2.0
"""Of a band: from there on nothing may be waited for."""


class Bounds(Struct, frozen=True):
    """Coins that are held elsewhere, and that may stand open.

    calm: open without anybody having to hurry. most: open at all. always: whether that holds from
    the first order on; what is held elsewhere is there before it. inventory, gamma, price: what is
    held elsewhere, at a price.
    """

    calm: float
    most: float
    always: bool
    inventory: float = 0.0
    gamma: float = 0.0
    price: float = 0.0

    def elsewhere(self, price: float) -> float:
        """Delta of what is held elsewhere, in coins."""
        return self.inventory + self.gamma * (price - self.price)

    def gained(self, before: float, now: float) -> float:
        """What that has gained from one price to another, in quote: the integral of its delta."""
        middle = (before + now) / 2
        return self.elsewhere(middle) * (now - before)


def bounds_of(strategy: Strategy, name: str, smallest: float) -> Bounds:
    """The bounds of a strategy. smallest: coins of the smallest order.

    UsageError when it states none.
    """
    band, most = getattr(strategy, "band", None), getattr(strategy, "max_unhedged", None)
    held = {
        "inventory": float(getattr(strategy, "inventory", 0.0)),
        "gamma": float(getattr(strategy, "gamma", 0.0)),
        "price": float(getattr(strategy, "gamma_price", None) or 0.0),
    }
    if most is not None:
        return Bounds(smallest, float(most), True, **held)
    if band is not None:
        return Bounds(PATIENT * float(band), HARD * float(band), False, **held)
    raise UsageError(
        "bot simulate --strategy",
        quoted(name),
        "a strategy that says what may stand open, by a field `max_unhedged` or `band`",
        "what takes a direction on purpose has no hedge that could break",
    )
