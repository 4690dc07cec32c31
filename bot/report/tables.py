"""The tables of a report: fills, funding, orders, refusals, and what the figures rest on."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Final

from bot.modes.assumed import Sensitivity
from bot.modes.result import Result
from bot.modes.words import exact, moment, rounded
from bot.report.figures import amount_unit

FILLS_SHOWN: Final = 200

Cell = str | int


def table(heads: Sequence[str], rows: Iterable[Sequence[Cell]], numeric: str) -> str:
    """A table; numeric: a letter a column, `n` for numbers, `t` for text."""
    kinds = [' class="n"' if kind == "n" else "" for kind in numeric]
    assert len(kinds) == len(heads), f"{len(heads)} columns, {len(kinds)} kinds"
    head = "".join(
        f"<th{kind}>{escape(name)}</th>" for kind, name in zip(kinds, heads, strict=True)
    )
    body = "".join(
        "<tr>"
        + "".join(
            f"<td{kind}>{escape(_cell(cell))}</td>" for kind, cell in zip(kinds, row, strict=True)
        )
        + "</tr>"
        for row in rows
    )
    return (
        f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody>'
        "</table></div>"
    )


def facts(values: Mapping[str, str]) -> str:
    """Names and what they are."""
    said = "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in values.items())
    return f'<dl class="facts">{said}</dl>'


def fills(result: Result) -> str:
    """The first fills, and how many more there are."""
    listed = {one.id: one for one in result.instruments}
    rows = []
    for trade in result.trades[:FILLS_SHOWN]:
        one = listed[trade.instrument]
        size = trade.quantity if one.inverse else trade.quantity * one.contract_size
        rows.append(
            (
                moment(trade.ts),
                trade.strategy,
                trade.instrument,
                f"{exact(size, signed=True)} {amount_unit(one)}",
                f"{exact(trade.price)} {one.quote}",
                f"{exact(trade.fee)} {trade.fee_currency}",
                f"{trade.reason}, {'maker' if trade.maker else 'taker'}",
                trade.order_id,
            )
        )
    heads = ("time, UTC", "strategy", "instrument", "quantity", "price", "fee", "why", "order")
    return table(heads, rows, "tttnnntt") + more(len(result.trades), FILLS_SHOWN, "fills")


def orders(result: Result) -> str:
    """Orders and cancels by strategy, instrument and reason."""
    rows: list[tuple[Cell, ...]] = [
        ("order", one.strategy, one.instrument, one.reason, one.times) for one in result.placed
    ]
    rows += [
        ("cancel", one.strategy, one.instrument, one.reason, one.times) for one in result.taken
    ]
    return table(("", "strategy", "instrument", "reason", "times"), rows, "ttttn")


def refusals(result: Result) -> str:
    """Orders that limits stopped, by limit."""
    rows = [
        (
            one.strategy,
            one.limit,
            one.times,
            one.value or "a reference is unknown",
            one.allowed,
            moment(one.first_ns, places=0),
            moment(one.last_ns, places=0),
        )
        for one in result.stopped
    ]
    heads = (
        "strategy",
        "limit",
        "times",
        "with the last order",
        "allowed",
        "first, UTC",
        "last, UTC",
    )
    return table(heads, rows, "ttnnntt")


def sensitivity(found: Sensitivity, currency: str) -> str:
    """What the run came to under each line and queue rule."""
    rows = [
        (
            f"{case.line}{' (this run)' if case.own else ''}",
            case.queue,
            f"{rounded(case.equity_change, 2, signed=True)} {currency}",
            case.fills,
            "none" if case.maker_share is None else f"{100 * case.maker_share:.0f} %",
            rounded(case.unhedged, 2),
        )
        for case in found.cases
    ]
    heads = ("line", "queue", "change of equity", "fills", "as maker", "unhedged, mean")
    return table(heads, rows, "ttnnnn")


def more(count: int, shown: int, what: str) -> str:
    """How many rows a table leaves out, and where they are."""
    if count <= shown:
        return ""
    left = f"{count - shown:,} more {what}; <code>bot export</code> writes all of them."
    return f'<p class="soft">{left}</p>'


def _cell(cell: Cell) -> str:
    return f"{cell:,}" if isinstance(cell, int) else cell
