"""Signals over a recording as one page: plots, what each one means, and its why at the end."""

import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from bot.journal.durable import make_folder, write_whole
from bot.modes.observed import Observed
from bot.modes.words import UNKNOWN, age, moment, rounded, short, span
from bot.report.chart import Line, Panel, draw
from bot.report.page import card, document
from bot.report.tables import facts, table

POINTS_MAX: Final = 1_500
"""Of a line: what is drawn keeps the lowest and highest of each stretch."""
OUTPUTS_MAX: Final = 6
_QUOTED: Final = re.compile("`([^`]+)`")


class Told(Struct, frozen=True):
    """What a signal is, for whoever reads its plot: a sentence, more, and facts by name."""

    about: str
    text: str
    facts: Mapping[str, str]


def series_page(
    series: Sequence[Observed], told: Mapping[str, Told], facts_of_run: Mapping[str, str]
) -> str:
    """The page of computed signals. told: by the name of each series."""
    return document("Signals", _sections(series, told, facts_of_run))


def write_page(path: Path, page: str) -> None:
    """Put a page in place, whole; JournalError when the disk does not take it."""
    make_folder(path.parent)
    write_whole(path, page.encode())


def _sections(
    series: Sequence[Observed], told: Mapping[str, Told], facts_of_run: Mapping[str, str]
) -> Iterator[str]:
    yield head("Signals over a recording", facts_of_run)
    for one in series:
        lead = told[one.name].about
        yield card(one.name, lead, signal_section(one, told[one.name]), long=True)
    yield "<footer>Unknown is a gap in a line, never zero. All times are UTC.</footer>"


def head(title: str, said: Mapping[str, str]) -> str:
    """The head of a page."""
    return f"<header><h1>{escape(title)}</h1>{facts(said)}</header>"


def signal_section(one: Observed, told: Told) -> str:
    """One signal: its plot, its documentation, and what it was made of at the last moment."""
    parts = [chart(one) or '<p class="soft">Nobody looked at it.</p>']
    parts.append(f"<p>{prose(told.text)}</p>" if told.text else "")
    parts.append(f'<div class="columns"><div><h3>What it is</h3>{facts(told.facts)}</div>')
    parts.append(f"<div><h3>How much was known</h3>{facts(_coverage(one))}</div></div>")
    parts.append(f"<h3>Why, at {moment(one.last_ns)} UTC</h3>{_why(one)}")
    return "".join(parts)


def chart(one: Observed) -> str | None:
    """Value, z, and the other outputs, a panel each."""
    if not len(one.times):
        return None
    main = next(iter(one.outputs), "")
    panels = [panel("value", unit_text(one.watch.unit), one.times, one.value, 1, height=150)]
    if not np.isnan(one.z).all():
        panels.append(panel("z", "robust", one.times, one.z, 2, zero=True))
    others = [name for name in one.outputs if name not in (main, "z", "quality")]
    for k, name in enumerate(others[:OUTPUTS_MAX]):
        panels.append(panel(name, "", one.times, one.outputs[name], 3 + k % 4))
    if (one.quality < 1.0).any():
        panels.append(panel("quality", "0 to 1", one.times, one.quality, 0, zero=True))
    left = len(others) - OUTPUTS_MAX
    more = f'<p class="soft">{left} more outputs are in the files.</p>' if left > 0 else ""
    return draw(one.name, panels, int(one.times[0]), int(one.times[-1])) + more


def panel(
    title: str,
    unit: str,
    times: npt.NDArray[np.int64],
    values: npt.NDArray[np.float64],
    color: int,
    *,
    height: int = 84,
    zero: bool = False,
) -> Panel:
    """A panel of one thinned line, which holds its value until the next."""
    at, shown = _thinned(times, values)
    line = Line(name="", color=color, times=at, values=shown, step=True)
    return Panel(title=title, unit=unit, height=height, lines=[line], zero=zero)


def _thinned(
    times: npt.NDArray[np.int64], values: npt.NDArray[np.float64]
) -> tuple[list[int], list[float | None]]:
    keep = np.arange(len(times))
    if len(times) > POINTS_MAX:
        kept: set[int] = {0, len(times) - 1}
        for part in np.array_split(keep, POINTS_MAX // 3):
            known = part[~np.isnan(values[part])]
            if len(known):
                kept |= {int(known[np.argmin(values[known])]), int(known[np.argmax(values[known])])}
            if len(known) < len(part):
                kept.add(int(part[np.argmax(np.isnan(values[part]))]))
        keep = np.array(sorted(kept))
    shown = [None if value != value else value for value in values[keep].tolist()]
    return times[keep].tolist(), shown


def _coverage(one: Observed) -> dict[str, str]:
    looks = len(one.times)
    known = int((~np.isnan(one.value)).sum())
    said = {"looks": f"{looks:,}", "known and fresh": f"{known:,}"}
    if looks:
        said["stale"] = f"{int(one.stale.sum()):,}"
        said["quality, mean"] = rounded(float(one.quality.mean()), 3)
        said["span"] = span(int(one.times[-1] - one.times[0]))
    if known:
        values = one.value[~np.isnan(one.value)]
        quantiles = np.quantile(values, [0.05, 0.5, 0.95]).tolist()
        said["5, 50, 95 %"] = ", ".join(map(short, quantiles))
    return said


def _why(one: Observed) -> str:
    last = one.last
    said: dict[str, str] = {
        "value": _number(last.value, one.watch.unit),
        "z": _number(last.z, ""),
        "ready": "yes" if last.ready else "no",
        "stale": "yes" if last.stale else "no",
        "quality": rounded(last.quality, 3),
    }
    rows: list[tuple[Any, ...]] = [
        (
            each.name,
            # A stream has an age and no value of its own.
            "" if each.value is None and not each.unit else _number(each.value, each.unit),
            UNKNOWN if each.age_ns is None else age(each.age_ns),
            "" if each.contribution is None else rounded(each.contribution, 6, signed=True),
        )
        for each in last.why
    ]
    added = [each.contribution for each in last.why if each.contribution is not None]
    if added:
        rows.append(("sum of the contributions", "", "", rounded(sum(added), 6, signed=True)))
    heads = ("input", "value", "age", "adds to the score")
    inputs = table(heads, rows, "tnnn") if rows else '<p class="soft">It names no inputs.</p>'
    return f'<div class="beside">{facts(said)}{inputs}</div>'


def _number(value: float | None, unit: str) -> str:
    return UNKNOWN if value is None else f"{short(value)} {unit_text(unit)}".rstrip()


def unit_text(unit: str) -> str:
    """A unit beside a number; that of a pure number is not said."""
    return "" if unit == "1" else unit


def prose(text: str) -> str:
    """Words of a docstring, with its names set apart."""
    return _QUOTED.sub(r"<code>\1</code>", escape(text))
