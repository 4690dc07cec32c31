"""Numbers as text, exactly, and text as numbers, strictly."""

import re
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import Final

DECIMAL: Final = re.compile(r"[0-9]{1,20}(\.[0-9]{1,20})?")
"""What venues take for a decimal: no sign, no exponent, no bare point."""
WHOLE: Final = re.compile(r"[0-9]{1,19}")


def fixed(value: Decimal | Fraction | int, places: int) -> str:
    """A number with exactly so many places, the last rounded half to even."""
    if isinstance(value, Fraction):
        value = of_fraction(value, places)
    step = Decimal(1).scaleb(-places)
    rounded = Decimal(value).quantize(step, ROUND_HALF_EVEN)
    return f"{abs(rounded) if rounded == 0 else rounded:f}"


def plain(value: Decimal | Fraction, places: int = 8) -> str:
    """A number without trailing zeros, but with one place at least."""
    text = fixed(value, places).rstrip("0")
    return text + "0" if text.endswith(".") else text


def of_fraction(value: Fraction, places: int) -> Decimal:
    """The nearest decimal of so many places."""
    return Decimal(round(value * 10**places)).scaleb(-places)


def places_of(step: Decimal) -> int:
    """Digits behind the point that a step needs."""
    exponent = step.normalize().as_tuple().exponent
    assert isinstance(exponent, int), "a step is a number"
    return max(0, -exponent)


def decimal_of(text: str) -> Decimal | None:
    """A decimal as venues write it; None when it is none."""
    return Decimal(text) if DECIMAL.fullmatch(text) and text.isascii() else None


def whole_of(text: str) -> int | None:
    """A whole number that a venue's 64 bits hold; None when it is none."""
    if not (WHOLE.fullmatch(text) and text.isascii()):
        return None
    number = int(text)
    return number if number < 1 << 63 else None
