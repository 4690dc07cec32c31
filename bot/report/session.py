"""A session afterwards: its report as one page, and its ledger as files."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from bot.journal.manifest import Manifest
from bot.journal.session import SessionReader
from bot.modes.places import latest_session
from bot.modes.result import Result
from bot.modes.retold import SessionMarket
from bot.modes.retrace import retrace, runs, setup_of
from bot.modes.setup import Setup
from bot.report import export, html
from bot.report.ledger import of_records

Sensitive = Callable[[Result, Callable[[], Setup], SessionMarket], Result]
"""Adds to a result what it comes to under other assumptions."""


def write_report(
    session: Path | None, out: Path | None, sensitive: Sensitive | None = None
) -> Path:
    """Draw the report of a session, by default into its own folder; returns where it is.

    session: None: the latest. Every run of it is decided again.
    """
    path = session or latest_session()
    out = out or path / "report.html"
    result = retrace(path)
    if sensitive is not None:
        first = runs(SessionReader(path))[0].manifest
        result = sensitive(result, partial(_setup, path, first), SessionMarket(path))
    html.write(result, out)
    return out


def _setup(path: Path, manifest: Manifest) -> Setup:
    return setup_of(path)(manifest)


def export_table(session: Path | None, table: str, out: Path) -> int:
    """Write one table of a session's ledger; returns its rows. session: None: the latest."""
    reader = SessionReader(session or latest_session())
    return export.write(of_records(reader.records(), reader.manifest.instruments), table, out)
