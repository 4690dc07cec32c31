"""Decimal text to whole steps of a grid, exactly: never through a float."""

from decimal import Decimal
from typing import Final

from bot.errors import DataError, quoted
from bot.feeds.counters import Counters

STEPS_MAX: Final = 10**18
"""Below this, counts and their sums fit the tape's 64 bits."""
ODD_PRICES_SHARE: Final = 4
ODD_SIZES_SHARE: Final = 8
"""One in so many may be off the grid; of a wrong tick half the prices are, or more."""
ODD_MIN: Final = 2
REMEMBERED_MAX: Final = 65_536

_DIGITS_MAX: Final = 40
_POWERS: Final = tuple(10**exponent for exponent in range(_DIGITS_MAX + 1))


class Grid:
    """What the numbers of one field count: the ticks of a price.

    where: the instrument and field, for messages. unit: the tick.
    decimals, step: the unit is `step` × 10^-decimals, both whole.
    """

    def __init__(self, where: str, unit: Decimal) -> None:
        """Take the unit apart into whole numbers."""
        exponent = unit.normalize().as_tuple().exponent
        assert isinstance(exponent, int), "a unit is a finite number"
        self.where = where
        self.unit = unit
        self.decimals = max(0, -exponent)
        self.step = int(unit.scaleb(self.decimals))
        self._counted: dict[str, int] = {}

    def count(self, text: str) -> int:
        """How many units the text stands for.

        Raises DataError when it is not a plain decimal number ≥ 0 (a sign, an exponent, NaN,
        nothing at all), does not lie on the grid, or is too large for the tape.
        """
        steps = self._counted.get(text)
        if steps is None:
            steps, exact = self._divide(text)
            if not exact:
                raise self._refused(text, f"a multiple of {self.unit.normalize():f}")
            self._remember(text, steps)
        return steps

    def _remember(self, text: str, steps: int) -> None:
        """The same texts come again and again: looking one up takes a tenth of the time."""
        if len(self._counted) >= REMEMBERED_MAX:
            self._counted.clear()
        self._counted[text] = steps

    def _divide(self, text: str) -> tuple[int, bool]:
        """Whole units in the text, and whether nothing is left over."""
        whole, point, fraction = text.partition(".")
        digits = whole + fraction
        if not (digits.isdigit() and digits.isascii() and whole and bool(fraction) == bool(point)):
            raise self._refused(text, "a plain decimal number ≥ 0")
        if len(digits) > _DIGITS_MAX:
            raise self._refused(text, f"at most {_DIGITS_MAX} digits")
        excess = len(fraction) - self.decimals
        beyond = 0
        value = int(digits)
        if excess > 0:
            value, beyond = divmod(value, _POWERS[excess])
        elif excess < 0:
            value *= _POWERS[-excess]
        steps, off = divmod(value, self.step)
        if steps >= STEPS_MAX:
            raise self._refused(text, f"less than 1e18 times {self.unit.normalize():f}")
        return steps, not (beyond or off)

    def _check_share(self, text: str, odd: int, seen: int, share: int) -> None:
        if odd > ODD_MIN + seen // share:
            raise self._refused(
                text, f"a multiple of {self.unit.normalize():f} in all but 1 of {share}"
            )

    def _refused(self, text: str, expected: str) -> DataError:
        return DataError(
            self.where,
            quoted(text[:80]),
            expected,
            "correct the instrument's tick and lot, or leave the frame out if it is damaged",
        )


class Prices(Grid):
    """The ticks of a price, with room for orders older than the tick.

    When a venue coarsens a grid, orders that rest stay as they are: a tenth of a quiet book may
    stand between today's ticks. Such a level cannot be told in ticks and is left out; so many
    that the tick itself must be wrong are refused.

    seen: prices so far; the counters have those off the grid.
    """

    def __init__(self, where: str, tick: Decimal, counters: Counters) -> None:
        """Nothing seen so far."""
        super().__init__(where, tick)
        self.seen = 0
        self._counters = counters

    def ticks(self, text: str) -> int | None:
        """How many ticks the text stands for, None between two; DataError as for `count`."""
        self.seen += 1
        ticks = self._counted.get(text)
        if ticks is not None:
            return ticks
        ticks, exact = self._divide(text)
        if exact:
            self._remember(text, ticks)
            return ticks
        self._counters.odd_prices += 1
        self._check_share(text, self._counters.odd_prices, self.seen, ODD_PRICES_SHARE)
        return None


class Sizes(Grid):
    """The lots of a size, with room for orders older than the lot.

    A size finer than the lot counts as its whole lots, one at least, for it is there; so many
    that the lot itself must be wrong are refused.

    seen: sizes so far; the counters have those finer than the lot.
    """

    def __init__(self, where: str, lot: Decimal, counters: Counters) -> None:
        """Nothing seen so far."""
        super().__init__(where, lot)
        self.seen = 0
        self._counters = counters

    def lots(self, text: str) -> int:
        """How many lots the text stands for; DataError as for `count`."""
        self.seen += 1
        lots = self._counted.get(text)
        if lots is not None:
            return lots
        lots, exact = self._divide(text)
        if exact:
            self._remember(text, lots)
            return lots
        self._counters.odd_sizes += 1
        self._check_share(text, self._counters.odd_sizes, self.seen, ODD_SIZES_SHARE)
        return max(1, lots)


def signed_decimal(text: str, where: str) -> Decimal:
    """Plain decimal text, negative too, as it is; DataError when it is anything else."""
    digits = text.removeprefix("-").replace(".", "", 1)
    if not (digits.isdigit() and digits.isascii() and len(digits) <= _DIGITS_MAX):
        raise DataError(
            where, quoted(text[:80]), "a plain decimal number", "leave the frame out: it is damaged"
        )
    return Decimal(text)
