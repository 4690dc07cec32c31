"""Charts as SVG: panels over one axis of time, drawn once and readable without a script."""

from collections.abc import Sequence
from html import escape
from typing import Final

import msgspec
from msgspec import Struct

from bot.model.units import NS_PER_MS
from bot.report.scale import Scale, bounds, ticks, time_ticks

WIDTH: Final = 1040
LEFT: Final = 84
RIGHT: Final = 16
HEAD: Final = 26
GAP: Final = 14
FOOT: Final = 34
MARKS_MAX: Final = 1_200
CROWD: Final = 150
"""More marks than this are drawn small."""

BAR: Final = 5.0

Numbers = Sequence[float | None]


class Line(Struct, frozen=True, kw_only=True):
    """A series. color: 1 to 6. step: it holds its value until the next; fill: down to zero."""

    name: str
    color: int
    times: Sequence[int]
    values: Numbers
    step: bool = False
    fill: bool = False


class Mark(Struct, frozen=True):
    """Something that happened at a moment. up: which way it points; tip: what it says."""

    ts: int
    value: float
    up: bool
    color: int
    hollow: bool
    tip: str


class Bar(Struct, frozen=True):
    """An amount that came at a moment. place: which of those that came at once, from 0."""

    ts: int
    value: float
    color: int
    place: int
    tip: str


class Panel(Struct, frozen=True, kw_only=True):
    """One axis of values. zero: 0 belongs to it. levels: lines across, with their names."""

    title: str
    unit: str
    height: int = 120
    lines: Sequence[Line] = ()
    marks: Sequence[Mark] = ()
    bars: Sequence[Bar] = ()
    levels: Sequence[tuple[float, str]] = ()
    zero: bool = False


def draw(label: str, panels: Sequence[Panel], first_ns: int, last_ns: int) -> str:
    """A figure of panels, the time below them."""
    across = Scale(first_ns, max(last_ns, first_ns + 1), LEFT, WIDTH - RIGHT)
    drawn, top = [], 0.0
    for panel in panels:
        drawn.append(_panel(panel, across, top + HEAD))
        top += HEAD + panel.height + GAP
    height = top - GAP + FOOT
    axis = _time_axis(across, first_ns, last_ns, top - GAP)
    return (
        f'<figure class="chart"><svg viewBox="0 0 {WIDTH} {height:.0f}" role="img" '
        f'aria-label="{escape(label)}">{axis}{"".join(drawn)}'
        f'<line class="cross" y1="0" y2="{top - GAP:.0f}"/></svg>'
        f'<script type="application/json">{_data(panels, first_ns, last_ns)}</script></figure>'
    )


def thinned(marks: Sequence[Mark]) -> Sequence[Mark]:
    """At most so many marks as can be told apart, evenly chosen, the last one always."""
    if len(marks) <= MARKS_MAX:
        return marks
    step = len(marks) / MARKS_MAX
    return [marks[int((k + 1) * step) - 1] for k in range(MARKS_MAX)]


def _panel(panel: Panel, across: Scale, top: float) -> str:
    shown = [v for line in panel.lines for v in line.values if v is not None]
    shown += [mark.value for mark in panel.marks] + [bar.value for bar in panel.bars]
    low, high = bounds(shown, zero=panel.zero)
    # A level far away is named, and not allowed to flatten everything else.
    near = [v for v, _ in panel.levels if low - (high - low) <= v <= high + (high - low)]
    low, high = bounds([*shown, *near], zero=panel.zero)
    up = Scale(low, high, top + panel.height, top)
    parts = [_heading(panel, top), _grid(up, panel.height)]
    levels = [(up.at(value), name) for value, name in panel.levels if low <= value <= high]
    parts += [_level(y) for y, _ in levels]
    room = (WIDTH - LEFT - RIGHT) / max(1, len(panel.bars))
    parts += [_bar(bar, across, up, min(BAR, max(0.5, room))) for bar in panel.bars]
    parts += [_line(line, across, up) for line in panel.lines]
    size = 5.0 if len(panel.marks) <= CROWD else 3.0
    parts += [_mark(mark, across, up, size) for mark in thinned(panel.marks)]
    parts += [_name(y, name) for y, name in levels]
    return "".join(parts)


def _heading(panel: Panel, top: float) -> str:
    names = [line for line in panel.lines if line.name]
    legend = "".join(
        f'<tspan class="key c{line.color}" dx="14">■</tspan>'
        f'<tspan dx="4">{escape(line.name)}</tspan>'
        for line in names
    )
    unit = f'<tspan class="unit" dx="6">{escape(panel.unit)}</tspan>'
    title = f"<tspan class='title'>{escape(panel.title)}</tspan>"
    return f'<text x="{LEFT}" y="{top - 9:.1f}">{title}{unit}{legend}</text>'


def _grid(up: Scale, height: int) -> str:
    parts = []
    for value, label in ticks(up.low, up.high, max(3, height // 34)):
        y = up.at(value)
        kind = "zero" if value == 0 else "grid"
        parts.append(
            f'<line class="{kind}" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        )
        parts.append(f'<text class="tick" x="{LEFT - 8}" y="{y + 4:.1f}">{label}</text>')
    return "".join(parts)


def _level(y: float) -> str:
    return f'<line class="level" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'


def _name(y: float, name: str) -> str:
    """What a level is, above everything that is drawn."""
    return f'<text class="level" x="{WIDTH - RIGHT - 4}" y="{y - 4:.1f}">{escape(name)}</text>'


def _line(line: Line, across: Scale, up: Scale) -> str:
    """One path for each stretch in which the value is known."""
    stretches: list[list[tuple[float, float]]] = [[]]
    for ts, value in zip(line.times, line.values, strict=True):
        if value is None:
            stretches.append([])
        else:
            stretches[-1].append((across.at(ts), up.at(value)))
    drawn = []
    for points in filter(None, stretches):
        path = _path(points, step=line.step)
        if line.fill:
            base = up.at(min(max(0.0, up.low), up.high))
            area = f"{path}V{base:.1f}H{points[0][0]:.1f}Z"
            drawn.append(f'<path class="area c{line.color}" d="{area}"/>')
        drawn.append(f'<path class="line c{line.color}" d="{path}"/>')
    return "".join(drawn)


def _path(points: Sequence[tuple[float, float]], *, step: bool) -> str:
    (x, y), *rest = points
    parts = [f"M{x:.1f} {y:.1f}"]
    if not rest:
        parts.append("h.1")  # a single point is seen, too
    for x, y in rest:
        parts.append(f"H{x:.1f}V{y:.1f}" if step else f"L{x:.1f} {y:.1f}")
    return "".join(parts)


def _bar(bar: Bar, across: Scale, up: Scale, width: float) -> str:
    x, y, base = across.at(bar.ts) + width * bar.place, up.at(bar.value), up.at(0.0)
    return (
        f'<rect class="bar c{bar.color}" x="{x:.1f}" y="{min(y, base):.1f}" width="{width:.1f}" '
        f'height="{max(abs(y - base), 0.8):.1f}"><title>{escape(bar.tip)}</title></rect>'
    )


def _mark(mark: Mark, across: Scale, up: Scale, size: float) -> str:
    """A triangle whose tip is at the value."""
    x, y = across.at(mark.ts), up.at(mark.value)
    base = 1.8 * size if mark.up else -1.8 * size
    corners = f"M{x:.1f} {y:.1f}l{size:g} {base:g}h{-2 * size:g}z"
    kind = "mark hollow" if mark.hollow else "mark"
    return (
        f'<path class="{kind} c{mark.color}" d="{corners}"><title>{escape(mark.tip)}</title></path>'
    )


def _time_axis(across: Scale, first_ns: int, last_ns: int, bottom: float) -> str:
    parts = []
    for ts, label in time_ticks(first_ns, last_ns):
        x = across.at(ts)
        parts.append(
            f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{HEAD}" y2="{bottom:.0f}"/>'
        )
        if x > LEFT + 34:
            parts.append(f'<text class="time" x="{x:.1f}" y="{bottom + 18:.0f}">{label}</text>')
    parts.append(f'<text class="unit" x="{LEFT}" y="{bottom + 18:.0f}">UTC</text>')
    return "".join(parts)


def _data(panels: Sequence[Panel], first_ns: int, last_ns: int) -> str:
    """What the pointer reads out: times in ms since the first, and values."""
    times: dict[int, int] = {}
    clocks: list[list[float]] = []
    lines = []
    for panel in panels:
        for line in panel.lines:
            if id(line.times) not in times:
                times[id(line.times)] = len(clocks)
                clocks.append([round((ts - first_ns) / NS_PER_MS, 3) for ts in line.times])
            values = [None if v is None else float(f"{v:.9g}") for v in line.values]
            name = f"{panel.title} {line.name}".strip()
            lines.append([name, panel.unit, times[id(line.times)], values])
    span = [first_ns / NS_PER_MS, last_ns / NS_PER_MS, LEFT, WIDTH - RIGHT, WIDTH]
    content = msgspec.json.encode({"span": span, "times": clocks, "lines": lines}).decode()
    return content.replace("<", "\\u003c")
