"""The end of a run on one screen, and the same as one object for programs."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import msgspec

from bot.modes.result import Result
from bot.modes.words import UNKNOWN, exact, moment, plain, rounded, span
from bot.report.waterfall import REASONS, sum_of

LIMITS_SHOWN: Final = 4
NOTES_SHOWN: Final = 5


def summary(result: Result) -> dict[str, Any]:
    """What a program wants to know of a run; money as exact decimals in text."""
    counts: dict[str, Any] = msgspec.to_builtins(result.counts)
    return {
        **counts,
        "mode": result.mode,
        "config_hash": result.config_hash,
        "first_ns": result.first_ns,
        "last_ns": result.last_ns,
        "rows_per_second": result.rows_per_second,
        "baskets_closed": result.baskets_closed,
        "baskets_unwound": result.baskets_unwound,
        "reporting_currency": result.reporting_currency,
        "equity_change": _plain(result.equity_change),
        "attribution": _earned(result.attribution),
        "transfers": _plain(result.attribution.get("transfers")),
        "attribution_by_strategy": {
            name: _earned(parts) for name, parts in result.by_strategy.items()
        },
        "outcome_hash": result.outcome_hash,
        "crossed_books": result.crossed_books,
        "sequence_gaps": result.sequence_gaps,
        "orders_by_reason": msgspec.to_builtins(result.placed),
        "cancels_by_reason": msgspec.to_builtins(result.taken),
        "refused_by_limit": msgspec.to_builtins(result.stopped),
        "reports": result.reports,
        "unfunded": result.unfunded,
        "unsettled": result.unsettled,
        "dust": result.dust,
        "notes": [{"ts_ns": ts, "note": note} for ts, note in result.notes],
        "assumptions": result.assumptions,
        "sensitivity": _cases(result),
    }


def screen(result: Result) -> str:
    """The report of a run in plain text: what it made, why, and what it did."""
    begin, end = moment(result.first_ns, places=0), moment(result.last_ns, places=0)
    length = span(result.last_ns - result.first_ns)
    lines = [
        f"{result.mode} {begin} to {end} UTC ({length})",
        "",
        *_money(result),
        "",
        *_aligned(_activity(result)),
        "",
        *_aligned(_identity(result)),
        *_aligned(_sensitivity(result)),
    ]
    lines += [f"note {moment(ts)} UTC: {note}" for ts, note in result.notes[:NOTES_SHOWN]]
    if len(result.notes) > NOTES_SHOWN:
        lines.append(f"{len(result.notes) - NOTES_SHOWN:,} more notes")
    lines += [f"funding due and not paid: {each}" for each in result.unfunded]
    lines += [f"not settled: {each}" for each in result.unsettled]
    lines += [f"left over, too little to order (lots): {each}" for each in result.dust]
    return "\n".join(lines) + "\n"


def _money(result: Result) -> list[str]:
    """The change of equity and its parts, decimal points below each other."""
    unit = result.reporting_currency
    if not result.attribution:
        return [f"equity      {UNKNOWN}: a price is missing"]
    rows = [(name, exact(result.attribution[name], signed=True)) for name in REASONS]
    rows.append(("equity", exact(result.equity_change, signed=True)))
    before = max(len(text.partition(".")[0]) for _, text in rows)
    after = max(len(text) - len(text.partition(".")[0]) for _, text in rows)
    lines = []
    for name, text in rows:
        whole, point, fraction = text.partition(".")
        lines.append(f"{name:<12}{whole:>{before}}{point + fraction:<{after}} {unit}")
    total = sum_of(result.attribution)
    agrees = "exactly the sum of the above" if total == result.equity_change else UNKNOWN
    if result.equity_change is not None and total != result.equity_change:
        agrees = f"the parts sum to {exact(total)}"
    lines[-1] += f"  {agrees}"
    lines.insert(len(REASONS), "-" * (12 + before + after + 1 + len(unit)))
    return [line.rstrip() for line in lines]


def _activity(result: Result) -> list[tuple[str, str]]:
    counts = result.counts
    makers = sum(trade.maker for trade in result.trades)
    reports = ", ".join(
        f"{times:,} {name}"
        for name, times in result.reports.items()
        if name != "accepted by the venue"
    )
    rows = [
        ("decisions", f"{counts.decisions:,}"),
        ("orders", f"{counts.orders:,}" + (f" ({reports})" if reports else "")),
        ("fills", f"{counts.fills:,} ({makers:,} as maker, {counts.partial_fills:,} partial)"),
        ("baskets", f"{result.baskets_closed:,} closed, {result.baskets_unwound:,} unwound"),
        ("funding", f"{counts.funding_payments:,} payments"),
        ("refused", f"{counts.refused:,}"),
    ]
    worst = sorted(result.stopped, key=lambda one: -one.times)
    for one in worst[:LIMITS_SHOWN]:
        value = one.value or "a reference is unknown"
        rows.append(
            ("", f"{one.times:,} {one.strategy} {one.limit}: {value}, allowed {one.allowed}")
        )
    if len(worst) > LIMITS_SHOWN:
        rows.append(("", f"{len(worst) - LIMITS_SHOWN:,} more limits"))
    return rows


def _identity(result: Result) -> list[tuple[str, str]]:
    counts = result.counts
    speed = "" if result.rows_per_second is None else f", {result.rows_per_second:,} rows/s"
    delays = {name: result.assumptions.get(name, UNKNOWN) for name in ("latency out", "latency in")}
    return [
        (
            "tape",
            f"{counts.rows:,} rows, {counts.messages:,} messages, {counts.events:,} events{speed}",
        ),
        (
            "books",
            f"{result.crossed_books:,} crossed, {result.sequence_gaps:,} gaps in the sequence",
        ),
        (
            "assumes",
            _listed(f"{name} {value}" for name, value in delays.items())
            + f", queue {result.assumptions.get('queue', UNKNOWN)}",
        ),
        ("config", result.config_hash or "set up by hand"),
        ("outcome", result.outcome_hash),
    ]


def _sensitivity(result: Result) -> list[tuple[str, str]]:
    """The range of the result over its assumptions, and the verdict."""
    found = result.sensitivity
    if found is None:
        return []
    known = [one.equity_change for one in found.cases if one.equity_change is not None]
    reach = (
        f"{rounded(min(known), 2, signed=True)} to {rounded(max(known), 2, signed=True)} "
        f"{result.reporting_currency}"
        if known
        else UNKNOWN
    )
    return [
        ("sensitive", f"{len(found.cases)} runs on other lines and in other queues: {reach}"),
        *(("", verdict.value) for verdict in found.verdicts),
    ]


def _aligned(rows: Sequence[tuple[str, str]]) -> list[str]:
    return [f"{name:<12}{value}" for name, value in rows]


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words)


def _earned(parts: Mapping[str, Decimal]) -> dict[str, str]:
    """The parts that sum to the change of equity; money brought or taken is not earned."""
    return {name: plain(parts[name]) for name in REASONS if name in parts}


def _cases(result: Result) -> dict[str, Any] | None:
    found = result.sensitivity
    if found is None:
        return None
    cases = [
        {
            **msgspec.to_builtins(case),
            "equity_change": _plain(case.equity_change),
            "unhedged": _plain(case.unhedged),
        }
        for case in found.cases
    ]
    return {"cases": cases, "verdicts": [verdict.value for verdict in found.verdicts]}


def _plain(value: Decimal | None) -> str | None:
    return None if value is None else plain(value)
