"""A session afterwards: its report as one page, and its ledger as files."""

from pathlib import Path

from bot.journal.session import SessionReader
from bot.modes.places import latest_session
from bot.modes.retrace import retrace
from bot.report import export, html
from bot.report.ledger import of_records


def write_report(session: Path | None, out: Path | None) -> Path:
    """Draw the report of a session, by default into its own folder; returns where it is.

    session: None: the latest. Every run of it is decided again.
    """
    path = session or latest_session()
    out = out or path / "report.html"
    html.write(retrace(path), out)
    return out


def export_table(session: Path | None, table: str, out: Path) -> int:
    """Write one table of a session's ledger; returns its rows. session: None: the latest."""
    reader = SessionReader(session or latest_session())
    return export.write(of_records(reader.records(), reader.manifest.instruments), table, out)
