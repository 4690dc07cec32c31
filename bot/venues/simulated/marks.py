"""The marks of a venue that computes them itself, once a second, from book, index and trades.

Between two samples such a mark stands still, so that margin is looked at when it is sampled
and at no row in between. A mark is a multiple of 1e-8, as a venue states it.
"""

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from msgspec import Struct

from bot.model.money import divide
from bot.model.units import NS_PER_SECOND
from bot.tape.rows import INDEX
from bot.venues.simulated.accounts import ZERO
from bot.venues.simulated.listing import Listing
from bot.venues.simulated.market import Market
from bot.venues.simulated.terms import FairMark, MedianMark, RecordedMark

SAMPLE_NS: Final = NS_PER_SECOND
_STEP: Final = Decimal("1e-8")


class Coming(Struct, frozen=True):
    """A settlement of funding that is announced: its rate, when, and how long a rate is for."""

    rate: Decimal
    settles_ns: int
    interval_ns: int


class Remembered(Struct):
    """What a computed mark is made of besides the market as it stands.

    gaps: `mid − index` of the last samples. average: of all of them, exponentially.
    """

    mark: Decimal | None = None
    gaps: list[Decimal] = []
    average: Decimal | None = None


class Mean(Struct):
    """A sum of samples and how many they are."""

    total: Decimal = ZERO
    samples: int = 0


class Marks:
    """Marks and indices by instrument, whoever states them."""

    def __init__(self, listings: Mapping[int, Listing], market: Market) -> None:
        self.listings = listings
        self.market = market
        self.remembered: dict[int, Remembered] = {}

    def computes(self, i: int) -> bool:
        """Whether the venue computes the mark of an instrument itself."""
        return not isinstance(self.listings[i].mark, RecordedMark)

    def computed(self) -> list[int]:
        """The instruments whose marks are to be sampled."""
        return [i for i in sorted(self.listings) if self.computes(i)]

    def mark(self, i: int) -> Decimal | None:
        """What positions are valued at; None is unknown."""
        if self.computes(i):
            known = self.remembered.get(i)
            return None if known is None else known.mark
        return self.market.mark(i)

    def stated(self, i: int) -> Decimal | None:
        """The mark as the venue states it, never the mid in its place."""
        return self.mark(i) if self.computes(i) else self.market.marked(i)

    def _last(self, i: int) -> Decimal | None:
        """The price of the last trade."""
        ticks = self.market.last(i)
        return None if ticks is None else self.listings[i].instrument.price(ticks)

    def index(self, i: int) -> Decimal | None:
        """The venue's index of the underlying; None is unknown."""
        return self.market.stated(i, INDEX)

    def sample(self, i: int, now_ns: int, coming: Coming | None) -> None:
        """Compute a mark anew; it stays as it was while something that it needs is unknown."""
        rule = self.listings[i].mark
        known = self.remembered.setdefault(i, Remembered())
        mid, index = self.market.mid(i), self.index(i)
        if mid is None or index is None:
            return
        gap = mid - index
        if isinstance(rule, MedianMark):
            known.gaps = [*known.gaps[-(rule.window_s - 1) :], gap] if rule.window_s > 1 else [gap]
            mark = median_mark(index, known.gaps, self._last(i), coming, now_ns)
        else:
            assert isinstance(rule, FairMark), f"{rule}: a recorded mark is not sampled"
            weight = divide(Decimal(2), rule.window_s + 1)
            before = gap if known.average is None else known.average
            known.average = _rounded(before + weight * (gap - before))
            mark = fair_mark(index, known.average, rule.band)
        known.mark = _rounded(mark)


def median_mark(
    index: Decimal,
    gaps: list[Decimal],
    last: Decimal | None,
    coming: Coming | None,
    now_ns: int,
) -> Decimal:
    """The median of three prices; of what is known, the middle one or the lower of two.

    coming: the next settlement of funding; None: price 1 is unknown.
    """
    prices = [index + divide(sum(gaps, ZERO), len(gaps))]
    if coming is not None:
        left = divide(Decimal(max(0, coming.settles_ns - now_ns)), coming.interval_ns)
        prices.append(index * (1 + coming.rate * left))
    if last is not None:
        prices.append(last)
    return sorted(prices)[(len(prices) - 1) // 2]


def fair_mark(index: Decimal, average: Decimal, band: Decimal) -> Decimal:
    """The index and its average basis, no further from the index than the band."""
    return min(max(index + average, index * (1 - band)), index * (1 + band))


def _rounded(price: Decimal) -> Decimal:
    return price.quantize(_STEP, ROUND_HALF_EVEN)
