"""Axes: where a value lies on paper, and at which round numbers or times to put a tick."""

import math
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from msgspec import Struct

from bot.model.units import NS_PER_SECOND
from bot.modes.words import MINUS

TICKS: Final = 4
TIME_TICKS: Final = 8
MINUTE: Final = 60
HOUR: Final = 3_600
DAY: Final = 86_400
STEPS_S: Final = (
    *(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5),
    *(1, 2, 5, 10, 15, 30),
    *(MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE),
    *(HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY),
)
STEPS_MONTHS: Final = (1, 2, 3, 6, 12, 24, 60)


class Scale(Struct, frozen=True):
    """A straight axis from values to positions; `low` lies at `start`."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Where a value lies."""
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


def bounds(values: Iterable[float], *, zero: bool) -> tuple[float, float]:
    """The range of an axis: all values with some air around; with 0 in it, if that matters."""
    finite = [value for value in values if math.isfinite(value)]
    if zero:
        finite.append(0.0)
    if not finite:
        return 0.0, 1.0
    low, high = min(finite), max(finite)
    if low == high:
        air = abs(low) * 1e-4 or 1.0
        return low - air, high + air
    air = 0.06 * (high - low)
    return (low if zero and low == 0 else low - air), (high if zero and high == 0 else high + air)


def ticks(low: float, high: float, count: int = TICKS) -> list[tuple[float, str]]:
    """Round values within a range, with their labels: steps of 1, 2 or 5."""
    raw = (high - low) / max(1, count)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * k for k in (1, 2, 5, 10) if power * k >= raw * 0.999)
    places = max(0, -math.floor(math.log10(step) + 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [(k * step, number(k * step, places)) for k in range(first, last + 1)]


def number(value: float, places: int) -> str:
    """A label of an axis."""
    text = f"{abs(value):,.{places}f}"
    return MINUS + text if value < 0 and text.strip("0.,") else text


def time_ticks(first_ns: int, last_ns: int) -> list[tuple[int, str]]:
    """Round times within a span, ns, with their labels in UTC."""
    seconds = (last_ns - first_ns) / NS_PER_SECOND
    step = next((step for step in STEPS_S if seconds / step <= TIME_TICKS), None)
    if step is None:
        return _month_ticks(first_ns, last_ns)
    step_ns = round(step * NS_PER_SECOND)
    first = -(-first_ns // step_ns) * step_ns
    return [(ts, _label(ts, step)) for ts in range(first, last_ns + 1, step_ns)]


def _label(ts: int, step: float) -> str:
    clock = datetime.fromtimestamp(ts // NS_PER_SECOND, UTC)
    if step >= DAY or (step >= MINUTE and ts % (DAY * NS_PER_SECOND) == 0):
        return f"{clock:%d %b}"
    if step >= MINUTE:
        return f"{clock:%H:%M}"
    fraction = f".{ts % NS_PER_SECOND:09d}"[:4] if step < 1 else ""
    return f"{clock:%H:%M:%S}{fraction}"


def _month_ticks(first_ns: int, last_ns: int) -> list[tuple[int, str]]:
    first = datetime.fromtimestamp(first_ns // NS_PER_SECOND, UTC)
    last = datetime.fromtimestamp(last_ns // NS_PER_SECOND, UTC)
    begin, end = first.year * 12 + first.month, last.year * 12 + last.month - 1
    months = end - begin + 1
    step = next((step for step in STEPS_MONTHS if months / step <= TIME_TICKS), STEPS_MONTHS[-1])
    found = []
    for month in range(-(-begin // step) * step, end + 1, step):
        day = datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC)
        found.append(
            (int(day.timestamp()) * NS_PER_SECOND, f"{day:%Y}" if step >= 12 else f"{day:%b %Y}")
        )
    return found
