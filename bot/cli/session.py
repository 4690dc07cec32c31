"""What is asked of a session afterwards: why, how it went, and the figures."""

from functools import partial
from pathlib import Path

import click

from bot.cli.options import sensitivity_option, session_option
from bot.cli.output import emit_json, json_option
from bot.cli.sensitive import with_sensitivity
from bot.errors import UsageError

PATH = click.Path(path_type=Path)
TABLES = ("orders", "fills", "funding", "fees", "postings", "latency")


@click.command()
@click.argument("order_id", required=False)
@click.option("--at", metavar="TIME", help="The moment to explain, as 2024-08-08T23:55:00Z or ns.")
@click.option("--strategy", help="Whose decision at that moment.")
@session_option
@json_option
def explain(
    order_id: str | None, at: str | None, strategy: str | None, session: Path | None, as_json: bool
) -> None:
    """Why ORDER_ID was sent, or why a strategy did what it did, or nothing, at a moment."""
    if order_id is not None and (at, strategy) != (None, None):
        raise _unclear("both an order and a moment")
    if order_id is None and None in (at, strategy):
        lacking = "--strategy" if at is not None else "--at" if strategy is not None else ""
        raise _unclear(f"no {lacking}" if lacking else "nothing")
    from bot.modes.explain import explain_moment, explain_order

    if order_id is not None:
        found = explain_order(session, order_id)
    else:
        found = explain_moment(session, str(at), str(strategy))
    if as_json:
        emit_json(found)
    else:
        click.echo(str(found))


@click.command()
@session_option
@click.option("--out", type=PATH, help="The file; without it, report.html in the session.")
@sensitivity_option
@json_option
def report(session: Path | None, out: Path | None, sensitivity: bool | None, as_json: bool) -> None:
    """A session as one HTML file that opens offline.

    With --sensitivity its market is replayed twelve times, on other lines and in other queues.
    """
    from bot.report.session import write_report

    sensitive = partial(with_sensitivity, again=True) if sensitivity else None
    page = write_report(session, out, sensitive)
    if as_json:
        emit_json({"path": page})
    else:
        click.echo(page)


@click.command()
@click.argument("table", type=click.Choice(TABLES))
@session_option
@click.option("--out", type=PATH, required=True, help="The file: .csv, .csv.gz or .parquet.")
@json_option
def export(table: str, session: Path | None, out: Path, as_json: bool) -> None:
    """Write TABLE of a session's ledger: what a venue's statement can be held against."""
    from bot.report.session import export_table

    rows = export_table(session, table, out)
    if as_json:
        emit_json({"path": out, "rows": rows})
    else:
        click.echo(f"{out}: {rows:,} rows")


def _unclear(seen: str) -> UsageError:
    return UsageError(
        "bot explain", seen, "ORDER_ID, or --at TIME with --strategy NAME", "name one of them"
    )
