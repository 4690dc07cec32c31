"""Where positions were opened, as two ledgers: what would be liquidated if the price moved.

An estimate: nobody publishes entries or leverage. Each new contract has a long and a short,
both entered at about the price of the moment; with what leverage is an assumption.
"""

from collections.abc import Sequence
from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt
from msgspec import Struct, field

from bot.model.units import NS_PER_HOUR, NS_PER_SECOND

Floats = npt.NDArray[np.float64]
Priced = TypeVar("Priced", float, Floats)
Classes = tuple[tuple[float, float], ...]
Bands = Sequence[tuple[float, float]]

CLASSES: Final[Classes] = ((5.0, 0.15), (10.0, 0.30), (25.0, 0.30), (50.0, 0.15), (100.0, 0.10))
"""Leverage and the share of positions that use it. Uncertain: ours, to be calibrated."""
BANDS: Final = (
    (-0.10, -0.05),
    (-0.05, -0.02),
    (-0.02, 0.0),
    (0.0, 0.02),
    (0.02, 0.05),
    (0.05, 0.10),
)
DAY_NS: Final = 24 * NS_PER_HOUR
STEP_NS: Final = 300 * NS_PER_SECOND
"""Entries of one step are one where none of it was liquidated yet: 30 days are about 8,640."""
MEMORY_NS: Final = 30 * DAY_NS
RECENT_NS: Final = 3 * DAY_NS
"""Half-life with which an older entry is less likely to be the one that closes."""
EAGER_FROM: Final = 25.0
EAGER: Final = 1.2
"""Whoever takes to get in uses high leverage more often than the other side."""


def liquidation_price(
    entry: Priced, side: int, leverage: float, margin: float, *, inverse: bool = False
) -> Priced:
    """Where an isolated position is liquidated, about.

    side: +1 long, -1 short. margin: maintenance, a fraction of the position. inverse: margin and
    profit are in coin, N/(EL) + N(1/E - 1/P) = mN/P of a long, so that a long is liquidated
    nearer than a linear one and a short farther away.
    """
    if inverse:
        return entry * (1.0 + side * margin) / (1.0 + side / leverage)
    return entry * (1.0 - side / leverage) / (1.0 - side * margin)


class Ledger(Struct):
    """Entries by time: price, long and short amounts, and which side took: its sign, 0 unknown.

    inverse: amounts are quote, else coins: what a contract is closed by is what it was opened by.
    lows, highs: where the price has been since each entry, as far as it was looked at before the
    last of them; low, high: since then.
    """

    classes: Classes
    margin: float
    inverse: bool = False
    times: list[int] = field(default_factory=list)
    prices: list[float] = field(default_factory=list)
    longs: list[float] = field(default_factory=list)
    shorts: list[float] = field(default_factory=list)
    takers: list[float] = field(default_factory=list)
    lows: list[float] = field(default_factory=list)
    highs: list[float] = field(default_factory=list)
    low: float | None = None
    high: float | None = None

    def look(self, price: float) -> None:
        """Whoever is liquidated at a price is gone, wherever the price goes afterwards."""
        self.low = price if self.low is None else min(self.low, price)
        self.high = price if self.high is None else max(self.high, price)

    def open(self, t_ns: int, price: float, amount: float, taker: float) -> None:
        """Positions were added: as many longs as shorts."""
        lows, highs = self._been()
        self.lows, self.highs = lows.tolist(), highs.tolist()
        self.low = self.high = None
        gone = 0
        while gone < len(self.times) and t_ns - self.times[gone] > MEMORY_NS:
            gone += 1
        columns = (self.prices, self.longs, self.shorts, self.takers, self.lows, self.highs)
        for column in (self.times, *columns):
            del column[:gone]
        if self.times and t_ns // STEP_NS == self.times[-1] // STEP_NS and self._stands_whole():
            self._join(price, amount, taker)
            return
        self.times.append(t_ns)
        for column, entered in zip(
            columns, (price, amount, amount, taker, price, price), strict=True
        ):
            column.append(entered)

    def _stands_whole(self) -> bool:
        """Whether the price was not far enough from the last entry to liquidate any of it."""
        highest = max(leverage for leverage, _ in self.classes)
        below, above = (
            liquidation_price(self.prices[-1], side, highest, self.margin, inverse=self.inverse)
            for side in (1, -1)
        )
        return self.lows[-1] > below and self.highs[-1] < above

    def _join(self, price: float, amount: float, taker: float) -> None:
        """Add to the last entry, which is of the same five minutes, at their mean price."""
        held = max(self.longs[-1], self.shorts[-1])
        share = amount / (held + amount)
        self.prices[-1] += share * (price - self.prices[-1])
        self.takers[-1] += share * (taker - self.takers[-1])
        self.longs[-1] += amount
        self.shorts[-1] += amount

    def close(self, t_ns: int, amount: float) -> None:
        """Positions were closed: as many longs as shorts, recent entries before old ones."""
        if not self.times:
            return
        ages = (t_ns - np.array(self.times, np.int64)) / RECENT_NS
        likely = np.exp2(-np.maximum(ages, 0.0))
        self.longs = _without(np.array(self.longs), likely, amount).tolist()
        self.shorts = _without(np.array(self.shorts), likely, amount).tolist()

    @property
    def amount(self) -> float:
        """What is open and the ledger knows the entry of."""
        return sum(self.longs)

    def at_risk(self, price: float, bands: Bands) -> list[float]:
        """The worth in quote that is liquidated in each band of distance from a price.

        bands: (from, to) as fractions of the price, `to` not included. What was liquidated since
        it was entered is not there any more; the fall of open interest takes it off the ledger.
        """
        found = [0.0] * len(bands)
        for side in (1, -1):
            for k, worth in enumerate(self._of_side(side, price, bands)):
                found[k] += worth
        return found

    def within(self, price: float, distance: float) -> float:
        """The worth that is liquidated up to a distance: below the price when it is negative.

        distance: fraction of the price. Below are longs, above shorts.
        """
        if distance > 0.0:
            return self._of_side(-1, price, ((0.0, distance),))[0]
        return self._of_side(1, price, ((distance, 0.0),))[0]

    def _of_side(self, side: int, price: float, bands: Bands) -> list[float]:
        """The worth of the longs (+1) or the shorts (-1) in each band."""
        found = [0.0] * len(bands)
        amounts = np.array(self.longs if side > 0 else self.shorts)
        worths = amounts if self.inverse else amounts * price
        entries, takers = np.array(self.prices), np.array(self.takers)
        lows, highs = self._been()
        worst = np.minimum(lows, price) if side > 0 else np.maximum(highs, price)
        shares = _shares(self.classes, takers * side)
        for (leverage, _), share in zip(self.classes, shares, strict=True):
            liquidated = liquidation_price(
                entries, side, leverage, self.margin, inverse=self.inverse
            )
            away = liquidated / price - 1.0
            alive = (liquidated - worst) * side < 0.0
            for k, (low, high) in enumerate(bands):
                inside = alive & (away >= low) & (away < high)
                found[k] += float((worths * share)[inside].sum())
        return found

    def _been(self) -> tuple[Floats, Floats]:
        """The lowest and the highest price since each entry."""
        lows, highs = np.array(self.lows), np.array(self.highs)
        if self.low is None or self.high is None:
            return lows, highs
        return np.minimum(lows, self.low), np.maximum(highs, self.high)


def _shares(classes: Classes, same_side: Floats) -> list[Floats]:
    """How much of each entry uses each leverage; eager where the side was the taker's."""
    raw = [
        np.where((same_side > 0.0) & (leverage >= EAGER_FROM), EAGER * weight, weight)
        for leverage, weight in classes
    ]
    total = np.sum(raw, axis=0)
    return [each / total for each in raw]


def _without(held: Floats, likely: Floats, amount: float) -> Floats:
    """What is left when an amount is closed in proportion to what is held and to how likely."""
    left = min(amount, float(held.sum()))
    # Whatever an entry cannot give is asked of the others; each round empties one at least.
    for _ in range(held.shape[0]):
        weights = held * likely
        total = float(weights.sum())
        if left <= 0.0 or total <= 0.0:
            break
        taken = np.minimum(held, left * weights / total)
        held = held - taken
        left -= float(taken.sum())
        if left <= 1e-12 * amount:
            break
    return np.maximum(held, 0.0)
