"""The kinds of values that a configuration has, each with the words that tell what it may be.

Money and rates are exact: whole numbers, or text such as "0.0002". A number with a point is
refused for them, because what reads it elsewhere would round it. What is measured in time or
bps may have one.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Final, NoReturn

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from bot.risk.limits import COLLAR_REFERENCES
from bot.risk.margin import TierTable

NONE: Final = "none"
ALL: Final = "all"
SAMPLED: Final = "sampled"
SAYS: Final = f'"{ALL}" or "{SAMPLED}"'
"""How much a venue tells of its liquidations: each, or the largest of a second."""
"""How a file says that something is not limited."""

CAUTIOUS: Final = "cautious"
"""How a file asks for maintenance rates that are several times what venues ask for."""

RATE_MAX: Final = Decimal("0.1")


def refuse(expected: str, fix: str) -> NoReturn:
    """Refuse a value; what was seen and where it stands is added by whoever tells it."""
    raise PydanticCustomError(
        "refused",
        "expected {expected}; {fix}",
        {"expected": expected, "fix": fix},
    )


def exact(value: object, expected: str = "a number") -> Decimal:
    """A whole number, or text, as an exact number."""
    if isinstance(value, Decimal):
        refuse(f"{expected}, in quotes", f'write "{value}": without quotes it would be rounded')
    if isinstance(value, bool) or not isinstance(value, int | str):
        refuse(expected, 'write it in quotes, such as "10000" or "0.0005"')
    try:
        number = Decimal(value)
    except InvalidOperation:
        refuse(expected, 'write digits and a point only, such as "10000" or "0.0005"')
    if not number.is_finite():
        refuse(expected, 'write a finite number, such as "10000"')
    return number


def number(value: object, expected: str = "a number") -> float:
    """A number that need not be exact."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | float):
        refuse(expected, "write it without quotes, such as 5 or 0.5")
    if not Decimal(value).is_finite():
        refuse(expected, "write a finite number, such as 5")
    return float(value)


def whole(value: object, expected: str = "a whole number") -> int:
    """A whole number."""
    if isinstance(value, bool) or not isinstance(value, int):
        refuse(expected, "write it without quotes and point, such as 250")
    return value


def _at_least(convert: Callable[[object, str], Any], low: int, expected: str) -> BeforeValidator:
    def check(value: object) -> Any:
        found = convert(value, expected)
        if found < low:
            refuse(expected, f"write {low} or more")
        return found

    return BeforeValidator(check)


def _above(convert: Callable[[object, str], Any], expected: str) -> BeforeValidator:
    def check(value: object) -> Any:
        found = convert(value, expected)
        if found <= 0:
            refuse(expected, "write more than 0")
        return found

    return BeforeValidator(check)


def _rate(value: object) -> Decimal:
    expected = "a fraction of the notional under 0.1, such as 0.0005 for 5 bps"
    rate = exact(value, expected)
    if abs(rate) >= RATE_MAX:
        refuse(expected, "write a fraction, neither percent nor bps")
    return rate


_TEXT_NUMBER: Final = {"type": ["integer", "string"], "pattern": r"^-?\d+(\.\d+)?$"}

Exact = Annotated[Decimal, _above(exact, "a number > 0"), WithJsonSchema(_TEXT_NUMBER)]
Amount = Annotated[Decimal, _at_least(exact, 0, "a number >= 0"), WithJsonSchema(_TEXT_NUMBER)]
Rate = Annotated[Decimal, BeforeValidator(_rate), WithJsonSchema(_TEXT_NUMBER)]
Span = Annotated[float, _at_least(number, 0, "a number >= 0"), WithJsonSchema({"type": "number"})]
Speed = Annotated[float, _above(number, "a number > 0"), WithJsonSchema({"type": "number"})]
Count = Annotated[
    int, _at_least(whole, 1, "a whole number >= 1"), WithJsonSchema({"type": "integer"})
]
Milliseconds = Annotated[
    int, _at_least(whole, 0, "a whole number >= 0"), WithJsonSchema({"type": "integer"})
]
Seed = Milliseconds


# --- limits: every one may be "none" -----------------------------------------------------------


def _or_none(value: object, convert: Callable[[object, str], Any], expected: str) -> Any:
    if value == NONE:
        return None
    expected = f'{expected} >= 0 or "{NONE}"'
    bound = convert(value, expected)
    if bound < 0:
        refuse(expected, f'write 0 or more, or "{NONE}" to leave it unlimited')
    return bound


def _bounds(value: object, what: str) -> dict[str, Decimal] | None:
    if value == NONE:
        return None
    if not isinstance(value, Mapping):
        refuse(f'a table of numbers by {what}, or "{NONE}"', "write [section] and a line for each")
    return {
        str(key): exact_bound(bound, f"for {key} a number >= 0") for key, bound in value.items()
    }


def exact_bound(value: object, expected: str) -> Decimal:
    """A bound of a table, that may be zero and not less."""
    bound = exact(value, expected)
    if bound < 0:
        refuse(expected, "write 0 or more")
    return bound


def _collars(value: object) -> dict[str, Decimal] | None:
    bounds = _bounds(value, "reference")
    for name in bounds or ():
        if name not in COLLAR_REFERENCES:
            known = ", ".join(sorted(COLLAR_REFERENCES))
            refuse(f"references of {known}, not {name}", "name a price that a limit can refer to")
    return bounds


def _cascades(value: object) -> dict[str, str] | None:
    expected = f'a table of {SAYS} by perpetual, or "{NONE}"'
    if value == NONE:
        return None
    if not isinstance(value, Mapping):
        refuse(expected, 'write cascade = { "venue:BASE/QUOTE:SETTLE" = "sampled" }')
    for name, said in value.items():
        if said not in (ALL, SAMPLED):
            refuse(f"for {name} {SAYS}", "say whether its venue tells every liquidation")
    return {str(name): str(said) for name, said in value.items()}


def _none_or(schema: dict[str, Any]) -> WithJsonSchema:
    return WithJsonSchema({"anyOf": [{"const": NONE}, schema]})


_TABLE: Final = {"type": "object", "additionalProperties": _TEXT_NUMBER}

Limit = Annotated[
    Decimal | None,
    BeforeValidator(lambda value: _or_none(value, exact, "a number")),
    _none_or(_TEXT_NUMBER),
]
CountLimit = Annotated[
    int | None,
    BeforeValidator(lambda value: _or_none(value, whole, "a whole number")),
    _none_or({"type": "integer", "minimum": 0}),
]
InstrumentLimits = Annotated[
    dict[str, Decimal] | None,
    BeforeValidator(lambda value: _bounds(value, "instrument")),
    _none_or(_TABLE),
]
Cascades = Annotated[
    dict[str, str] | None,
    BeforeValidator(_cascades),
    _none_or({"type": "object", "additionalProperties": {"enum": [ALL, SAMPLED]}}),
]
CurrencyLimits = Annotated[
    dict[str, Decimal] | None,
    BeforeValidator(lambda value: _bounds(value, "underlying")),
    _none_or(_TABLE),
]
Collars = Annotated[dict[str, Decimal] | None, BeforeValidator(_collars), _none_or(_TABLE)]


# --- fees by volume ----------------------------------------------------------------------------

FeeSteps = tuple[tuple[Decimal, Decimal, Decimal], ...]
"""`(volume of 30 days in quote, maker, taker)`, the smallest volume first."""


def _fee_tiers(value: object) -> FeeSteps:
    expected = "a list of [volume, maker, taker], volumes rising"
    fix = 'write such as [["250000000", "0.00016", "0.0004"]]'
    if not isinstance(value, list | tuple):
        refuse(expected, fix)
    if not all(isinstance(step, list | tuple) and len(step) == 3 for step in value):
        refuse(expected, fix)
    steps = tuple((exact(step[0], expected), _rate(step[1]), _rate(step[2])) for step in value)
    volumes = [volume for volume, _, _ in steps]
    if volumes != sorted(set(volumes)) or any(volume <= 0 for volume in volumes):
        refuse(expected, fix)
    return steps


FeeTiers = Annotated[
    FeeSteps,
    BeforeValidator(_fee_tiers),
    WithJsonSchema(
        {
            "type": "array",
            "items": {"type": "array", "items": _TEXT_NUMBER, "minItems": 3, "maxItems": 3},
        }
    ),
]

# --- maintenance margins -----------------------------------------------------------------------

Steps = tuple[tuple[Decimal, ...], ...]
"""`(floor, rate)` or `(floor, rate, the most leverage)`, lowest floor first."""


def _tiers(value: object) -> Steps | str:
    if value == CAUTIOUS:
        return CAUTIOUS
    expected = f'"{CAUTIOUS}" or a list of [floor, rate] or [floor, rate, leverage]'
    fix = 'write the venue\'s own, such as [["0", "0.004", "100"], ["50000", "0.005", "75"]]'
    if not isinstance(value, list | tuple) or not value:
        refuse(expected, fix)
    if not all(isinstance(step, list | tuple) and len(step) in (2, 3) for step in value):
        refuse(expected, fix)
    if len({len(step) for step in value}) > 1:
        refuse(f"{expected} (a leverage in some tiers and not in others)", fix)
    steps = tuple(tuple(exact(each, expected) for each in step) for step in value)
    try:
        TierTable.of(*((step[0], step[1]) for step in steps))
    except ValueError as error:
        refuse(f"{expected} ({error})", fix)
    most = [step[2] for step in steps if len(step) == 3]
    if any(each < 1 for each in most) or most != sorted(most, reverse=True):
        refuse(f"{expected} (leverage of 1 or more, falling)", fix)
    return steps


Tiers = Annotated[
    Steps | str,
    BeforeValidator(_tiers),
    WithJsonSchema(
        {
            "anyOf": [
                {"const": CAUTIOUS},
                {
                    "type": "array",
                    "items": {"type": "array", "items": _TEXT_NUMBER, "minItems": 2, "maxItems": 3},
                },
            ]
        }
    ),
]
