"""What signals are worth, as text, as columns, and as one page with plots."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, Final

from bot.journal.durable import make_folder, write_whole
from bot.modes.evaluating import Judged
from bot.modes.words import rounded
from bot.report.chart import draw
from bot.report.page import card, document
from bot.report.series import table_csv
from bot.report.signals import Told, head, panel, prose, unit_text
from bot.report.tables import facts, table
from bot.report.whiskers import Whisker, whiskers
from bot.signals.evaluation.assess import AtHorizon, Figure

FIGURES: Final[tuple[tuple[str, str, int], ...]] = (
    ("ic", "IC", 3),
    ("hit_rate", "hit rate", 3),
    ("contemporaneous_r2", "R² contemporaneous", 3),
    ("forward_r2", "R² forward", 3),
    ("gross_bps", "edge gross, bps", 2),
    ("net_bps", "edge net, bps", 2),
)
"""Figures by field, their names, and the places that are shown."""

MEANING: Final = (
    "IC: rank correlation of the score with the move to come. Hit rate: how often their signs "
    "agree. R² of a line through the score alone, with the sign of its slope: contemporaneous "
    "with the move just over, forward with the move to come. Edge: mean gain by the score's side "
    "where it is at least as strong as four fifths of those before it, gross, and net of two "
    "taker fees and the spread. In brackets the 95 % interval of a block bootstrap, then n."
)


def text_rows(judged: Sequence[Judged]) -> list[tuple[str, ...]]:
    """A row for each signal and horizon, figures with intervals and n."""
    return [
        (one.name, at.horizon, *(shown(_figure(at, field), places) for field, _, places in FIGURES))
        for one in judged
        for at in one.assessment.at
    ]


def shown(figure: Figure, places: int) -> str:
    """A figure as text: `+0.123 [+0.01, +0.20] n=345`, or `none n=12`."""
    if figure.value is None:
        return f"none n={figure.n:,}"
    said = rounded(figure.value, places, signed=True)
    if figure.low is not None and figure.high is not None:
        low, high = (rounded(one, places, signed=True) for one in (figure.low, figure.high))
        said += f" [{low}, {high}]"
    return f"{said} n={figure.n:,}"


def reasons(one: Judged) -> list[tuple[str, str]]:
    """What has no figure, and why: each reason once."""
    found: dict[tuple[str, str], list[str]] = {}
    for at in one.assessment.at:
        for field, name, _ in FIGURES:
            figure = _figure(at, field)
            if figure.value is None:
                found.setdefault((figure.why, f" at {at.horizon}"), []).append(name)
    half_life, turnover = one.assessment.half_life_s, one.assessment.units_an_hour
    for name, figure in (("decay half-life", half_life), ("turnover", turnover)):
        if figure.value is None:
            found.setdefault((figure.why, ""), []).append(name)
    return [(", ".join(names) + where, why) for (why, where), names in found.items()]


def summary(one: Judged) -> dict[str, str]:
    """What is said of a signal besides its horizons."""
    found, half_life = one.assessment, one.assessment.half_life_s
    turnover = found.units_an_hour
    fee = "not stated" if one.taker_fee is None else f"{one.taker_fee * 1e4:g} bps"
    return {
        "stated as": one.stated,
        "against": f"the mid of {one.against}, from its {one.mid}",
        "moments": f"{found.samples:,}, {found.known:,} with a known and fresh score",
        "decay half-life": "none"
        if half_life.value is None
        else f"{half_life.value:.3g} s (n={half_life.n:,})",
        "turnover": "none"
        if turnover.value is None
        else f"{turnover.value:,.0f} units an hour (n={turnover.n:,})",
        "taker fee": fee,
    }


def worth_csv(judged: Sequence[Judged]) -> bytes:
    """All figures as CSV, one row for each signal, horizon and figure."""
    names = ("signal", "horizon", "figure", "value", "low", "high", "n", "why")
    rows: list[tuple[Any, ...]] = []
    for one in judged:
        whole = (
            ("half_life_s", one.assessment.half_life_s),
            ("units_an_hour", one.assessment.units_an_hour),
        )
        cells = [("", name, figure) for name, figure in whole]
        cells += [
            (at.horizon, field, _figure(at, field))
            for at in one.assessment.at
            for field, _, _ in FIGURES
        ]
        rows += [
            (one.name, horizon, field, each.value, each.low, each.high, each.n, each.why)
            for horizon, field, each in cells
        ]
    return table_csv({name: [row[k] for row in rows] for k, name in enumerate(names)})


def write_worth(
    judged: Sequence[Judged], told: Mapping[str, Told], said: Mapping[str, str], folder: Path
) -> tuple[Path, Path]:
    """The page and the CSV in a folder; JournalError when the disk does not take them."""
    make_folder(folder)
    page, csv = folder / "worth.html", folder / "worth.csv"
    write_whole(page, worth_page(judged, told, said).encode())
    write_whole(csv, worth_csv(judged))
    return page, csv


def worth_page(judged: Sequence[Judged], told: Mapping[str, Told], said: Mapping[str, str]) -> str:
    """The page. told: by the name of each signal; said: of the whole, its seed too."""
    return document("What signals are worth", _sections(judged, told, said))


def _sections(
    judged: Sequence[Judged], told: Mapping[str, Told], said: Mapping[str, str]
) -> Iterator[str]:
    yield head("What signals are worth", said)
    verdicts = table(
        ("signal", "verdict"), [(one.name, one.assessment.verdict) for one in judged], "tt"
    )
    yield card("In words", MEANING, verdicts)
    for one in judged:
        yield card(one.name, told[one.name].about, _signal(one, told[one.name]), long=True)
    yield (
        "<footer>A score counts at a moment with what was received before it; the moves to come "
        "are of the mid, and nobody was filled. One recording proves nothing.</footer>"
    )


def _signal(one: Judged, told: Told) -> str:
    why = reasons(one)
    left = table(("no figure for", "why"), why, "tt") if why else ""
    drawn = [
        _whiskers(one, "ic", "IC", "rank correlation", 1),
        _whiskers(one, "forward_r2", "R² forward", "signed", 3),
        _whiskers(one, "contemporaneous_r2", "R² contemporaneous", "signed", 4),
        _whiskers(one, "net_bps", "Edge after fees and spread", "bps", 2),
    ]
    pairs = "".join(f"<div>{each}</div>" for each in drawn)
    return (
        f"<p><b>{escape(one.assessment.verdict)}</b></p>"
        f"{_chart(one)}<h3>With the moves of the mid</h3>{_table(one, FIGURES[:4])}"
        f"<h3>What following it would have brought</h3>{_edges(one)}{left}"
        f'<div class="columns">{pairs}</div>'
        f'<div class="columns"><div><h3>How it was measured</h3>{facts(summary(one))}</div>'
        f"<div><h3>What it is</h3>{facts(told.facts)}</div></div><p>{prose(told.text)}</p>"
    )


def _table(one: Judged, figures: Sequence[tuple[str, str, int]]) -> str:
    rows = [
        (at.horizon, *(shown(_figure(at, field), places) for field, _, places in figures))
        for at in one.assessment.at
    ]
    heads = ("horizon", *(name for _, name, _ in figures))
    return table(heads, rows, "t" + "n" * len(figures))


def _edges(one: Judged) -> str:
    """The edge before and after costs, and the costs."""
    figures = FIGURES[4:]
    rows = [
        (
            at.horizon,
            *(shown(_figure(at, field), places) for field, _, places in figures),
            "none" if at.cost_bps is None else rounded(at.cost_bps, 2),
        )
        for at in one.assessment.at
    ]
    heads = ("horizon", *(name for _, name, _ in figures), "costs, bps")
    return table(heads, rows, "tnnn")


def _chart(one: Judged) -> str:
    series, mids = one.observed, one.mids
    if not len(series.times):
        return '<p class="soft">Nobody looked at it.</p>'
    moved = mids.mids - next((value for value in mids.mids.tolist() if value == value), 0.0)
    unit = "" if one.output else unit_text(series.watch.unit)
    panels = [
        panel(f"score {one.output or ''}".rstrip(), unit, series.times, one.scores, 1, zero=True),
        panel("mid since the beginning", "bps", mids.times, moved, 2),
    ]
    return draw(one.name, panels, int(series.times[0]), int(series.times[-1]))


def _whiskers(one: Judged, field: str, title: str, unit: str, color: int) -> str:
    places = next(places for name, _, places in FIGURES if name == field)
    marks = [
        Whisker(at.horizon, figure.value, figure.low, figure.high, shown(figure, places))
        for at in one.assessment.at
        for figure in (_figure(at, field),)
    ]
    return whiskers(title, unit, marks, color)


def _figure(at: AtHorizon, field: str) -> Figure:
    found: Figure = getattr(at, field)
    return found
