"""Arithmetic of money: exact sums and products, quotients rounded once, floats refused.

`N / p` and a proportional release of cost do not terminate in decimal. Every quotient is
rounded once, to 30 places; at 60 digits all that is added and multiplied afterwards is exact,
so that a posting sums to zero and not to nearly zero.

The same code runs on `Fraction`, where nothing is rounded at all: the property tests do so
and ask for a difference of exactly 0.
"""

from collections.abc import Sequence
from decimal import (
    ROUND_HALF_EVEN,
    Context,
    Decimal,
    DivisionByZero,
    FloatOperation,
    InvalidOperation,
    Overflow,
)
from fractions import Fraction
from typing import Final, TypeVar

Number = TypeVar("Number", Decimal, Fraction)

MONEY: Final = Context(
    prec=60,
    rounding=ROUND_HALF_EVEN,
    traps=[InvalidOperation, DivisionByZero, Overflow, FloatOperation],
)
"""The context of every sum in this room; entered with `localcontext`, never installed.

Whoever adds amounts of the ledger enters it too: the usual 28 digits would round them.
"""

_PLACES: Final = Decimal("1e-30")


def divide(numerator: Number, denominator: Number | int) -> Number:
    """A quotient, rounded to 30 places when it is a `Decimal`, whatever context is entered."""
    if isinstance(numerator, Decimal):
        quotient = MONEY.quantize(MONEY.divide(numerator, denominator), _PLACES)
        return MONEY.normalize(quotient)
    return numerator / denominator


def split(amount: Number, weights: Sequence[int]) -> list[Number]:
    """An amount in proportion to weights; the last share is what the others left, exactly."""
    whole = sum(weights)
    left = amount
    shares: list[Number] = []
    for weight in weights[:-1]:
        share = divide(amount * weight, whole)
        shares.append(share)
        left -= share
    shares.append(left)
    return shares
