"""The page: complete, alone, and saying exactly what the run came to."""

import json
import re
from decimal import Decimal
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from msgspec import structs

from bot.errors import JournalError
from bot.model.units import StrategyName
from bot.modes.assumed import Case, Verdict, judged
from bot.modes.words import exact
from bot.report import tables
from bot.report.chart import MARKS_MAX, Mark, thinned
from bot.report.figures import drawdown
from bot.report.html import page, write
from bot.report.waterfall import REASONS, sum_of

VOID = {"meta", "line", "path", "rect", "br"}


class Reader(HTMLParser):
    """Checks that every tag is closed, and keeps what a person would read."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.data: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] in ("script", "style"):
            self.data.append(data)
        else:
            self.text.append(data)


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    assert reader.open == []
    return reader


@pytest.fixture(scope="module")
def html(result):
    return page(result)


def test_the_page_asks_for_nothing_from_anywhere(html):
    tags = read(html).tags

    assert not re.search(r"https?://|//cdn|@import|url\(", html)
    assert not any({"src", "href"} & attributes.keys() for _, attributes in tags)


def test_the_page_is_the_same_for_the_same_result(result, html):
    assert page(result) == html


def test_the_page_names_run_configuration_and_outcome(result, html):
    text = " ".join(read(html).text)

    assert result.outcome_hash in text
    assert result.config_hash in text
    assert "2026-01-01 00:00:00.004 to 2026-01-01 00:10:59" in text
    assert all(name in text for name in result.strategies)


def test_every_part_of_the_change_stands_there_with_all_its_digits(result, html):
    text = read(html).text

    for name in REASONS:
        assert exact(result.attribution[name], signed=True) in text
    assert sum_of(result.attribution) == result.equity_change
    assert text.count(exact(result.equity_change, signed=True)) == 2  # the sum and the change


def test_what_the_figures_rest_on_stands_there(result, html):
    text = read(html).text

    for name, value in result.assumptions.items():
        assert name.removeprefix("fees ") in text
        assert value in text


def test_every_figure_carries_the_values_it_shows(result, html):
    reader = read(html)
    figures = [json.loads(data) for data in reader.data if data.startswith('{"span"')]

    drawn = sum(tag == "figure" and "class" in attributes for tag, attributes in reader.tags)
    assert len(figures) == drawn >= 6
    for figure in figures:
        for name, unit, clock, values in figure["lines"]:
            assert name
            assert unit
            assert len(values) == len(figure["times"][clock])
    last = next(values[-1] for f in figures for n, _, _, values in f["lines"] if n == "Equity")
    assert last == pytest.approx(float(result.samples[-1].equity), rel=1e-8)


def test_every_fill_is_marked_at_its_price(result, html):
    tips = re.findall(r"<title>([^<]*)</title>", html)

    filled = [tip for tip in tips if " bought " in tip or " sold " in tip]
    assert len(filled) == len(result.trades)


def test_only_the_first_fills_are_listed_and_the_rest_is_counted(result):
    many = [structs.replace(result.trades[0], order_id=f"order {k}") for k in range(250)]

    html = page(structs.replace(result, trades=many))

    assert f"{250 - tables.FILLS_SHOWN} more fills" in html
    assert f"order {tables.FILLS_SHOWN - 1}<" in html
    assert f"order {tables.FILLS_SHOWN}<" not in html


def test_refusals_stand_there_by_limit(result, html):
    text = read(html).text
    stopped = result.stopped[0]

    assert stopped.limit in text
    assert f"{stopped.times:,}" in text


def test_settlements_of_funding_stand_there_exactly(result, html):
    text = " ".join(read(html).text)

    for paid in result.funding:
        assert f"{exact(paid.amount, signed=True)} {paid.currency}" in text
    assert len(result.funding) == 2


def test_words_of_others_cannot_become_markup(result):
    evil = "<script>alert(1)</script>"
    name = StrategyName(evil)
    trades = [structs.replace(trade, strategy=name) for trade in result.trades[:3]]
    told = structs.replace(
        result, notes=[(result.first_ns, evil)], trades=trades, strategies=[name], by_strategy={}
    )
    told = structs.replace(told, by_strategy={name: result.attribution})

    html = page(structs.replace(told, by_strategy={**told.by_strategy, "EXTERNAL": {}}))

    assert evil not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    read(html)


def test_halts_and_dust_are_told_before_any_figure(result):
    told = structs.replace(
        result, notes=[(result.first_ns, "halted: daily loss")], dust=["taker sim:BTC/USDT 3"]
    )

    html = page(told)

    assert html.index("halted: daily loss") < html.index("Change of equity")
    assert html.index("taker sim:BTC/USDT 3") < html.index("Change of equity")


def test_what_is_unknown_is_not_drawn_as_zero(result):
    samples = [structs.replace(one, equity=None, parts={}) for one in result.samples]
    told = structs.replace(result, samples=samples, equity_change=None, attribution={})

    text = " ".join(read(page(told)).text)

    assert "Unknown: a price is missing." in text
    assert "equity is unknown" in text


def test_a_run_in_which_nothing_happened_has_a_page_too(result):
    told = structs.replace(
        result,
        trades=[],
        funding=[],
        turns=[],
        placed=[],
        taken=[],
        stopped=[],
        reports={},
        samples=[structs.replace(one, positions={}, scores={}) for one in result.samples],
    )

    text = " ".join(read(page(told)).text)

    assert "Nothing to show." in text
    assert "no position of ours was due any" in text


def test_a_drawdown_is_measured_from_the_highest_so_far():
    assert drawdown([1.0, 3.0, None, 2.0, 4.0]) == [0.0, 0.0, None, -1.0, 0.0]


def test_too_many_marks_are_thinned_evenly_and_the_last_one_stays():
    marks = [Mark(ts, 0.0, True, 1, False, "") for ts in range(3 * MARKS_MAX + 7)]

    kept = thinned(marks)

    steps = {b.ts - a.ts for a, b in pairwise(kept)}
    assert len(kept) == MARKS_MAX
    assert kept[-1] == marks[-1]
    assert steps <= {3, 4}


def test_the_page_is_written_whole_or_not_at_all(result, tmp_path):
    target = tmp_path / "report.html"
    write(result, target)

    with pytest.raises(JournalError, match="Not a directory") as refused:
        write(result, target / "below a file" / "report.html")

    assert refused.value.exit_code == 11
    assert target.read_text(encoding="utf-8") == page(result)
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def sensitive(result, *changes):
    """The result with four cases, the first its own and strict."""
    cells = [("run", "risk-averse"), ("run", "log"), ("slow", "risk-averse"), ("slow", "log")]
    cases = [
        Case(
            line=line,
            queue=queue,
            as_run=line == "run",
            own=k == 0,
            equity_change=Decimal(change),
            fills=1234,
            maker_share=0.25,
            unhedged=Decimal("17.5"),
        )
        for k, ((line, queue), change) in enumerate(zip(cells, changes, strict=True))
    ]
    return structs.replace(result, sensitivity=judged(cases))


def test_the_same_run_under_other_assumptions_is_a_table(result):
    text = read(page(sensitive(result, "1", "2", "3", "4.005"))).text

    assert "Assumption sensitivity" in text
    assert Verdict.HOLDS.value in text
    assert {"run (this run)", "risk-averse", "+4.00 USDT", "1,234", "25 %", "17.50"} <= set(text)


def test_what_lives_only_under_the_kind_model_is_marked_where_nobody_can_miss_it(result):
    marked = page(sensitive(result, "-1", "2", "-3", "4"))
    sober = page(sensitive(result, "1", "2", "3", "4"))

    assert marked.count(Verdict.KIND.value) == 2  # above all, and at the table
    assert Verdict.KIND.value not in sober


def test_a_report_without_other_assumptions_says_nothing_of_them(html):
    assert "Assumption sensitivity" not in html
