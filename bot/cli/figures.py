"""The figures of a run, as `--json` prints them and people read them."""

from typing import TYPE_CHECKING, Any

from msgspec import to_builtins

if TYPE_CHECKING:
    from bot.modes.result import Result


def figures(result: "Result") -> dict[str, Any]:
    """Counts, money as exact text, and the hash; series stay with the report."""
    return {
        **to_builtins(result.counts),
        "baskets_closed": result.baskets_closed,
        "baskets_unwound": result.baskets_unwound,
        "rows_per_second": result.rows_per_second,
        "equity_change": result.equity_change,
        "reporting_currency": result.reporting_currency,
        "attribution": result.attribution,
        "by_strategy": result.by_strategy,
        "outcome_hash": result.outcome_hash,
        "config_hash": result.config_hash,
        "crossed_books": result.crossed_books,
        "sequence_gaps": result.sequence_gaps,
        "first_ns": result.first_ns,
        "last_ns": result.last_ns,
        "dust": result.dust,
        "unfunded": result.unfunded,
        "assumptions": result.assumptions,
    }


def lines(result: "Result") -> list[str]:
    """The same for a person, the money last."""
    counts = to_builtins(result.counts)
    said = [", ".join(f"{value:,} {name.replace('_', ' ')}" for name, value in counts.items())]
    said.append(f"baskets: {result.baskets_closed} closed, {result.baskets_unwound} unwound")
    said.append(f"books: {result.crossed_books} crossed, {result.sequence_gaps} gaps")
    if result.rows_per_second is not None:
        said.append(f"speed: {result.rows_per_second:,} rows/s of processor time")
    for name, parts in result.by_strategy.items():
        made = {part: amount for part, amount in parts.items() if amount and part != "transfers"}
        if made:
            text = ", ".join(f"{part} {amount:+.2f}" for part, amount in made.items())
            said.append(f"{name}: {text}")
    money = result.reporting_currency
    change = "unknown" if result.equity_change is None else f"{result.equity_change:+.2f} {money}"
    said.append(f"equity: {change}")
    said.append(f"outcome: {result.outcome_hash}")
    return said
