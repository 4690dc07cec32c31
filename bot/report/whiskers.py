"""Figures with their intervals side by side, one place for each horizon."""

from collections.abc import Sequence
from html import escape
from typing import Final

from msgspec import Struct

from bot.report.scale import Scale, bounds, ticks

WIDTH: Final = 520
HEIGHT: Final = 210
LEFT: Final = 64
TOP: Final = 26
BOTTOM: Final = 34
CAP: Final = 5.0


class Whisker(Struct, frozen=True):
    """A figure at a place. value: None where there is none. low, high: its interval."""

    name: str
    value: float | None
    low: float | None
    high: float | None
    tip: str


def whiskers(title: str, unit: str, shown: Sequence[Whisker], color: int) -> str:
    """A drawing of them over zero; a place without a figure is left empty and says `none`."""
    values = [v for one in shown for v in (one.value, one.low, one.high) if v is not None]
    low, high = bounds(values, zero=True)
    up = Scale(low, high, HEIGHT - BOTTOM, TOP)
    slot = (WIDTH - LEFT) / max(1, len(shown))
    parts = [
        f'<text x="{LEFT}" y="{TOP - 10}"><tspan class="title">{escape(title)}</tspan>'
        f'<tspan class="unit" dx="6">{escape(unit)}</tspan></text>'
    ]
    for value, label in ticks(low, high, 5):
        y, kind = up.at(value), "zero" if value == 0 else "grid"
        parts.append(f'<line class="{kind}" x1="{LEFT}" x2="{WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text class="tick" x="{LEFT - 8}" y="{y + 4:.1f}">{label}</text>')
    for k, one in enumerate(shown):
        parts.append(_one(one, LEFT + (k + 0.5) * slot, up, color))
    return (
        f'<figure><svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">'
        f"{''.join(parts)}</svg></figure>"
    )


def _one(one: Whisker, x: float, up: Scale, color: int) -> str:
    name = f'<text class="time" x="{x:.1f}" y="{HEIGHT - 12}">{escape(one.name)}</text>'
    if one.value is None:
        middle = 0.5 * (up.start + up.end)
        return f'{name}<text class="time" x="{x:.1f}" y="{middle:.1f}">none</text>'
    parts = [name]
    if one.low is not None and one.high is not None:
        bottom, top = up.at(one.low), up.at(one.high)
        path = f"M{x:.1f} {bottom:.1f}V{top:.1f}"
        for y in (bottom, top):
            path += f"M{x - CAP:.1f} {y:.1f}h{2 * CAP:g}"
        parts.append(f'<path class="line c{color}" d="{path}"/>')
    y = up.at(one.value)
    dot = f"M{x - CAP:.1f} {y:.1f}l{CAP:g} {-CAP:g}l{CAP:g} {CAP:g}l{-CAP:g} {CAP:g}z"
    parts.append(f'<path class="mark c{color}" d="{dot}"><title>{escape(one.tip)}</title></path>')
    return "".join(parts)
