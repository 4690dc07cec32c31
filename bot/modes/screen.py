"""The running bot on one screen of a terminal: alive, hedged, making money, at risk?"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from bot.model.snapshot import ScoreLine, Snapshot
from bot.model.units import NS_PER_SECOND

REFRESH_S: Final = 0.25
LINE_S: Final = 10.0
LAST: Final = 6
SHORT: Final = "-"


async def show(
    console: Console, snapshot: Callable[[], Snapshot], *, line_s: float = LINE_S
) -> None:
    """Keep the terminal current; where there is none, say a line now and then."""
    if not console.is_terminal:
        while True:
            await asyncio.sleep(line_s)
            console.print(line(snapshot()), highlight=False, soft_wrap=True)
    with Live(console=console, auto_refresh=False, transient=True) as live:
        while True:
            live.update(picture(snapshot()), refresh=True)
            await asyncio.sleep(REFRESH_S)


def line(shown: Snapshot) -> str:
    """The state in one line."""
    counts = shown.counts
    return (
        f"{moment(shown.now)} equity {money(shown.equity)} {shown.reporting_currency}, "
        f"profit {money(profit(shown))}, {len(shown.positions)} positions, "
        f"{len(shown.orders)} open orders, {counts['fills']} fills, "
        f"{counts['funding_payments']} funding payments, {counts['refused']} refused"
    )


def picture(shown: Snapshot) -> Group:
    """The whole screen."""
    return Group(
        _header(shown),
        _money_table(shown),
        _positions(shown),
        _strategies(shown),
        _market(shown),
        *([Text("halted: " + "; ".join(shown.halts), style="bold red")] if shown.halts else []),
        *(Text(f"{moment(at)} {note}", style="dim") for at, note in shown.notes[-LAST:]),
    )


def _header(shown: Snapshot) -> Text:
    style = "black on green" if shown.mode == "paper" else "white on red"
    text = Text(f" {shown.mode.upper()} ", style=style)
    text.append(f" {moment(shown.now)}  run {shown.run}  {shown.session}", style="default")
    return text


def _money_table(shown: Snapshot) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    names = ["equity", "profit", *(part for part in shown.profit if part != "transfers")]
    for name in names:
        table.add_column(name, justify="right")
    values = [shown.equity, profit(shown), *(shown.profit[name] for name in names[2:])]
    table.add_row(*map(money, values))
    return table


def _positions(shown: Snapshot) -> Table:
    table = Table(title="positions and orders", title_justify="left", box=None, pad_edge=False)
    for name in ("strategy", "instrument", "amount", "notional", "order", "state"):
        table.add_column(name, justify="right" if name in ("amount", "notional") else "left")
    for held in shown.positions:
        cells = (f"{held.amount:f}", money(held.notional))
        table.add_row(held.strategy, held.instrument, *cells, "", "")
    for order in shown.orders[:LAST]:
        asked = f"{order.side} {order.remaining:f} at {order.price:f}"
        table.add_row(order.strategy, order.instrument, "", "", asked, order.state)
    more = len(shown.orders) - LAST
    if more > 0:
        table.add_row("", f"{more} more orders", "", "", "", "")
    deltas = [f"{name} {_amount(value)}" for name, value in sorted(shown.delta.items())]
    baskets = [f"{one.name} {one.stage}" for one in shown.baskets]
    table.caption = "net delta " + (", ".join(deltas) or "none")
    if baskets:
        table.caption += "; baskets " + ", ".join(baskets)
    table.caption_justify = "left"
    return table


def _strategies(shown: Snapshot) -> Table:
    table = Table(title="scores", title_justify="left", box=None, pad_edge=False)
    for name in ("strategy", "score", "value", "gate", "why nothing"):
        table.add_column(name, justify="right" if name == "value" else "left")
    for one in shown.strategies:
        scores = [score for score in shown.scores if score.strategy == one.strategy]
        for place, score in enumerate(scores[:LAST]):
            first = place == 0
            table.add_row(
                one.strategy if first else "",
                score.name,
                _value(score),
                _gate(shown, score),
                (one.idle or SHORT) if first else "",
            )
    return table


def _market(shown: Snapshot) -> Table:
    table = Table(title="market", title_justify="left", box=None, pad_edge=False)
    for name in ("instrument", "mid", "age", "funding", "next"):
        table.add_column(name, justify="left" if name == "instrument" else "right")
    rates = {rate.instrument: rate for rate in shown.funding}
    for feed in shown.feeds:
        rate = rates.get(feed.instrument)
        age = SHORT if feed.age_ms is None else f"{feed.age_ms / 1000:.1f} s"
        table.add_row(
            feed.instrument,
            "unknown" if feed.mid is None else f"{feed.mid:f}",
            "lost" if feed.lost else age,
            "" if rate is None else f"{rate.rate * 10_000:.2f} bps",
            "" if rate is None else span(rate.settles_ns - shown.now),
        )
    return table


def _value(score: ScoreLine) -> str:
    if score.value is None:
        return "stale" if score.stale else "unknown"
    return f"{score.value:.3f}"


def _gate(shown: Snapshot, score: ScoreLine) -> str:
    """The bounds that the last decision held this score against, and whether they let it pass."""
    found = [
        gate for gate in shown.gates if (gate.strategy, gate.name) == (score.strategy, score.name)
    ]
    words = []
    for gate in found[:2]:
        bounds = [f"> {gate.above:g}"] if gate.above is not None else []
        bounds += [f"< {gate.below:g}"] if gate.below is not None else []
        words.append(f"{' '.join(bounds)} {'open' if gate.passed else 'closed'}")
    return ", ".join(words)


def profit(shown: Snapshot) -> Decimal | None:
    """All parts but money brought or taken; None while they are unknown."""
    if not shown.profit:
        return None
    return sum((amount for part, amount in shown.profit.items() if part != "transfers"), Decimal(0))


def money(amount: Decimal | None) -> str:
    """An amount with two places and thousands apart."""
    return "unknown" if amount is None else f"{amount:,.2f}"


def moment(ns: int) -> str:
    """A time of the market, UTC."""
    return f"{datetime.fromtimestamp(ns // NS_PER_SECOND, UTC):%Y-%m-%d %H:%M:%S}"


def span(ns: int) -> str:
    """A duration as hours, minutes and seconds."""
    seconds = max(0, ns // NS_PER_SECOND)
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _amount(value: Decimal | None) -> str:
    return "unknown" if value is None else f"{value:.4f}"
