"""The report of a run: one page that opens offline, reads on paper, and needs nothing else."""

from collections.abc import Iterator
from decimal import Decimal, localcontext
from html import escape
from pathlib import Path

from bot.journal.durable import make_folder, write_whole
from bot.model.money import MONEY
from bot.modes.assumed import Verdict
from bot.modes.result import Result
from bot.modes.words import moment, rounded, span
from bot.report import figures, funding, tables, waterfall
from bot.report.page import card, document


def write(result: Result, path: Path) -> None:
    """Put the report at `path`, whole; JournalError when the disk does not take it."""
    make_folder(path.parent)
    write_whole(path, page(result).encode())


def page(result: Result) -> str:
    """The whole page."""
    title = f"{result.mode} {moment(result.first_ns, places=0)} UTC"
    return document(title, _sections(result))


def _sections(result: Result) -> Iterator[str]:
    yield _header(result)
    yield from _warnings(result)
    yield _tiles(result)
    yield _assumptions(result)
    yield from _sensitivity(result)
    yield card("Equity and drawdown", _sampled(result), figures.equity(result))
    yield _attribution(result)
    yield card("Positions", "What each strategy held.", figures.positions(result))
    yield _scores(result)
    fills = (
        "Blue points up where we bought, vermillion points down where we sold; "
        "hollow marks rested in the book, full ones took from it."
    )
    yield card("Prices and fills", fills, figures.mids(result))
    yield _funding(result)
    yield _orders(result)
    yield card("Fills", "In the order in which we heard of them.", tables.fills(result), long=True)
    yield _footer(result)


def _header(result: Result) -> str:
    length = span(result.last_ns - result.first_ns)
    said = {
        "configuration": result.config_hash or "none: the run was set up by hand",
        "outcome": result.outcome_hash,
        "strategies": ", ".join(result.strategies) or "none",
        "instruments": ", ".join(one.id for one in result.instruments),
    }
    return (
        f'<header><h1>Report of a run <span class="badge {escape(result.mode)}">'
        f"{escape(result.mode)}</span></h1>"
        f'<p class="lead">{moment(result.first_ns)} to {moment(result.last_ns)} UTC, {length}</p>'
        f"{tables.facts(said)}</header>"
    )


def _warnings(result: Result) -> Iterator[str]:
    """What a person must not miss: halts, failures, funding that could not be paid, dust."""
    said = [f"{moment(ts)} UTC: {note}" for ts, note in result.notes]
    said += [f"funding was due and not paid: {each}" for each in result.unfunded]
    said += [f"not settled: {each}" for each in result.unsettled]
    said += [f"left over, too little to order (lots): {each}" for each in result.dust]
    if result.sensitivity is not None and result.sensitivity.kind_only:
        said.append(f"assumptions: {Verdict.KIND}")
    if result.equity_change is None:
        said.append("equity is unknown at the beginning or the end: a price is missing")
    if said:
        shown = "".join(f"<div>{escape(each)}</div>" for each in said[:100])
        more = f"<div>{len(said) - 100:,} more</div>" if len(said) > 100 else ""
        yield f'<section class="card notes"><h2>To be noted</h2>{shown}{more}</section>'


def _tiles(result: Result) -> str:
    unit, counts = f" <small>{escape(result.reporting_currency)}</small>", result.counts
    makers = sum(trade.maker for trade in result.trades)
    parts = result.attribution
    tiles = [
        ("Change of equity", waterfall.tile(result.equity_change) + unit, _relative(result)),
        ("Largest drawdown", _drawdown(result) + unit, "from the highest, as sampled"),
        ("Funding", waterfall.tile(parts.get("funding")) + unit, _settled(result)),
        ("Fees", waterfall.tile(parts.get("fees")) + unit, "paid are negative"),
        ("Fills", f"{counts.fills:,}", f"{makers:,} as maker, {counts.partial_fills:,} partial"),
        (
            "Orders",
            f"{counts.orders:,}",
            f"{counts.cancels:,} cancels, {counts.decisions:,} decisions",
        ),
        ("Baskets closed", f"{result.baskets_closed:,}", f"{result.baskets_unwound:,} unwound"),
        ("Refused by limits", f"{counts.refused:,}", _limits(result)),
    ]
    shown = (
        f'<div class="tile"><span>{name}</span><b>{value}</b><em>{below}</em></div>'
        for name, value, below in tiles
    )
    return f'<section class="tiles">{"".join(shown)}</section>'


def _relative(result: Result) -> str:
    end = result.samples[-1].equity if result.samples else None
    if end is None or result.equity_change is None:
        return "unknown"
    with localcontext(MONEY):
        begin = end - result.equity_change
        percent = result.equity_change / begin * 100 if begin else Decimal(0)
    return f"{rounded(percent, 3, signed=True)} % of {rounded(begin, 2)}"


def _drawdown(result: Result) -> str:
    values = [one.equity for one in figures.settled(result.samples)]
    below = figures.drawdown([None if value is None else float(value) for value in values])
    known = [value for value in below if value is not None]
    if not known:
        return "unknown"
    kind = "loss" if any(known) else ""
    return f'<span class="{kind}">{rounded(min(known), 2)}</span>'


def _limits(result: Result) -> str:
    count = len({one.limit for one in result.stopped})
    return f"by {count} limits" if count != 1 else "by 1 limit"


def _settled(result: Result) -> str:
    count = result.counts.funding_payments
    return f"{count:,} payments" if count != 1 else "1 payment"


def _assumptions(result: Result) -> str:
    fees = {k: v for k, v in result.assumptions.items() if k.startswith("fees ")}
    others = {k: v for k, v in result.assumptions.items() if k not in fees}
    charged = {k.removeprefix("fees "): v for k, v in fees.items()}
    return card(
        "What the figures rest on",
        "Other delays, fees or another place in the queue would have made other figures.",
        f'<div class="columns"><div><h3>Delays, queue, valuation</h3>{tables.facts(others)}</div>'
        f"<div><h3>Fees, as fractions of the notional</h3>{tables.facts(charged)}</div></div>",
    )


def _sensitivity(result: Result) -> Iterator[str]:
    """The same run under other assumptions; one that lives only under kind ones is marked so."""
    found = result.sensitivity
    if found is None:
        return
    said = "; ".join(found.verdicts)
    mark = f'<p class="{"loss" if found.kind_only else "soft"}"><b>{escape(said)}</b></p>'
    yield card(
        "Assumption sensitivity",
        "The same run on other lines and elsewhere in the queue. Trust no sign that changes.",
        mark + tables.sensitivity(found, result.reporting_currency),
    )


def _sampled(result: Result) -> str:
    return (
        f"All accounts, in {result.reporting_currency} at mids; "
        f"a point every {span(result.step_ns)}."
    )


def _attribution(result: Result) -> str:
    lead = "Each part is computed on its own, none is what the others leave; every digit is shown."
    if not result.attribution:
        return card("Why equity changed", lead, "<p>Unknown: a price is missing.</p>")
    drawing = waterfall.waterfall(result.attribution, result.reporting_currency)
    figure = f'<div class="beside">{drawing}{waterfall.table(result)}</div>'
    strategies = waterfall.by_strategy(result)
    figure += f"<h3>By strategy</h3>{strategies}" if strategies else ""
    return card("Why equity changed", lead, figure)


def _scores(result: Result) -> str:
    lead = (
        "Marks are changes of mind, at the score that was read: up wants more, down wants less; "
        "full marks enter or add, hollow ones leave. Dashed lines are the bounds of gates."
    )
    made = []
    for strategy, chart, left in figures.scores(result):
        more = f'<p class="soft">{left} more scores are not drawn.</p>' if left else ""
        made.append(f"<h3>{escape(strategy)}</h3>{chart}{more}")
    if result.turns_count > len(result.turns):
        made.append(
            f'<p class="soft">The first {len(result.turns):,} of {result.turns_count:,} '
            "changes of mind are marked.</p>"
        )
    return card("Scores, entries and exits", lead, "".join(made) or None)


def _funding(result: Result) -> str:
    lead = "Received is positive: a long pays a positive rate, a short receives it."
    if not result.funding:
        settled = f"{len(result.rates):,} rates settled" if result.rates else "No rate settled"
        return card("Funding", lead, f"<p>{settled}; no position of ours was due any.</p>")
    content = f"{funding.figure(result)}<h3>Legs</h3>{funding.sums(result)}"
    content += f"<h3>Settlements</h3>{funding.settlements(result)}"
    return card("Funding", lead, content, long=True)


def _orders(result: Result) -> str:
    said = {name: f"{times:,}" for name, times in result.reports.items()}
    content = f"{tables.facts(said)}<h3>By reason</h3>{tables.orders(result)}"
    if result.stopped:
        content += f"<h3>Refused by limits</h3>{tables.refusals(result)}"
    lead = "Refused is by our limits, before anything is sent; rejected is by the venue."
    return card("Orders", lead, content, long=True)


def _footer(result: Result) -> str:
    counts = result.counts
    speed = "" if result.rows_per_second is None else f" at {result.rows_per_second:,} rows/s"
    return (
        f"<footer>{counts.rows:,} rows in {counts.messages:,} messages and {counts.events:,} events"
        f"{speed}; {result.crossed_books:,} crossed or locked books before any rule, "
        f"{result.sequence_gaps:,} gaps in the sequence. All times are UTC.</footer>"
    )
