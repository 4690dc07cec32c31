"""Where sessions live when nobody names a folder."""

from datetime import UTC, datetime
from pathlib import Path

import platformdirs

from bot.errors import NotFoundError
from bot.journal.manifest import FILE
from bot.model.units import NS_PER_SECOND


def sessions() -> Path:
    """The folder of all sessions that were not named."""
    return Path(platformdirs.user_state_dir("imbalance-bot", appauthor=False)) / "sessions"


def new_session(now_ns: int) -> Path:
    """A folder for a session that begins now."""
    began = datetime.fromtimestamp(now_ns // NS_PER_SECOND, UTC)
    name = began.strftime("%Y%m%d-%H%M%S")
    return sessions() / f"{name}-{now_ns % NS_PER_SECOND:09d}"


def latest_session() -> Path:
    """The session that began last; NotFoundError when there is none."""
    found = [path for path in sessions().glob("*") if (path / FILE).is_file()]
    if not found:
        raise NotFoundError(
            str(sessions()), "no session", "at least one", "start one with `bot run`"
        )
    return max(found)
