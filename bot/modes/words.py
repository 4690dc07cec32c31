"""Numbers, times and names as a person reads them; money keeps every digit it has."""

from datetime import UTC, datetime
from decimal import Decimal, localcontext
from typing import Final

from bot.model.money import MONEY
from bot.model.units import NS_PER_HOUR, NS_PER_MS, NS_PER_SECOND, InstrumentId

MINUS: Final = "−"
UNKNOWN: Final = "unknown"


def exact(value: Decimal | None, *, signed: bool = False) -> str:
    """A decimal with all its digits and none that say nothing: `−1,234.5`."""
    if value is None:
        return UNKNOWN
    plain = f"{value:,f}"
    if "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    return _sign(plain, signed=signed)


def rounded(value: Decimal | float | None, places: int, *, signed: bool = False) -> str:
    """A number to so many places, for the eye: `+12.34`; rounded alike whoever calls."""
    with localcontext(MONEY):
        return UNKNOWN if value is None else _sign(f"{value:,.{places}f}", signed=signed)


def short(value: float) -> str:
    """A number to about six figures."""
    if value == 0:
        return "0"
    return _sign(f"{value:,.6g}" if 1e-4 <= abs(value) < 1e9 else f"{value:.4g}", signed=False)


def plain(value: Decimal) -> str:
    """An exact decimal for other programs: no separators, no exponent, no trailing zeros."""
    text = f"{value:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def moment(ts: int, *, places: int = 3) -> str:
    """A time in ns as `2024-08-08 16:00:00.123` UTC."""
    return f"{_clock(ts):%Y-%m-%d %H:%M:%S}{_fraction(ts, places)}"


def iso(ts: int) -> str:
    """A time in ns as ISO 8601 with all nine digits, UTC."""
    return f"{_clock(ts):%Y-%m-%dT%H:%M:%S}{_fraction(ts, 9)}Z"


def time_of(text: str | int) -> int:
    """A time as ISO 8601 or ns since the epoch, in ns; UTC unless it says otherwise.

    ValueError when it is neither.
    """
    if isinstance(text, int) or text.isdigit():
        return int(text)
    whole, point, rest = text.strip().partition(".")
    digits = len(rest) - len(rest.lstrip("0123456789"))
    clock = datetime.fromisoformat(whole + rest[digits:])
    if clock.tzinfo is None:
        clock = clock.replace(tzinfo=UTC)
    fraction = int(rest[:digits].ljust(9, "0")[:9]) if point and digits else 0
    return int(clock.timestamp()) * NS_PER_SECOND + fraction


def span(duration_ns: int) -> str:
    """A length of time: `2 d 3 h`, `4 min 58 s`, `1.25 s`."""
    if duration_ns < 60 * NS_PER_SECOND:
        return f"{duration_ns / NS_PER_SECOND:.4g} s"
    seconds = duration_ns // NS_PER_SECOND
    days, seconds = divmod(seconds, 86_400)
    hours, seconds = divmod(seconds, 3_600)
    minutes, seconds = divmod(seconds, 60)
    parts = [(days, "d"), (hours, "h"), (minutes, "min"), (seconds, "s")]
    said = [f"{count} {unit}" for count, unit in parts if count]
    return " ".join(said[:2])


def age(duration_ns: int) -> str:
    """How long ago: `12 ms`, `3.4 s`, `2.1 h`."""
    if duration_ns < NS_PER_SECOND:
        return f"{duration_ns / NS_PER_MS:.3g} ms"
    if duration_ns < NS_PER_HOUR:
        return f"{duration_ns / NS_PER_SECOND:,.3g} s"
    return f"{duration_ns / NS_PER_HOUR:.3g} h"


def split_key(key: str) -> tuple[str, InstrumentId]:
    """Strategy and what follows, out of a sample's `strategy instrument` or `strategy score`."""
    strategy, _, rest = key.partition(" ")
    return strategy, InstrumentId(rest)


def _sign(text: str, *, signed: bool) -> str:
    if text.startswith("-"):
        return text[1:] if not text.strip("-0.,") else MINUS + text[1:]
    return "+" + text if signed and text.strip("0.,") else text


def _clock(ts: int) -> datetime:
    return datetime.fromtimestamp(ts // NS_PER_SECOND, UTC)


def _fraction(ts: int, places: int) -> str:
    return f".{ts % NS_PER_SECOND:09d}"[: places + 1] if places else ""
