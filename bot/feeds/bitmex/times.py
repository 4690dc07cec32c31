"""BitMEX's times and spans, written as moments: `2000-01-01T08:00:00.000Z` is eight hours."""

from datetime import UTC, datetime, timedelta
from typing import Final

from bot.errors import DataError, quoted
from bot.model.units import NS_PER_MS

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SPAN_START: Final = datetime(2000, 1, 1, tzinfo=UTC)
_LAST: Final = datetime(2250, 1, 1, tzinfo=UTC)  # as nanoseconds it fits 64 bits


def milliseconds(text: str, where: str) -> int:
    """A moment since the epoch; DataError when the text is none, or no time of ours."""
    try:
        moment = datetime.fromisoformat(text)
        if _EPOCH <= moment <= _LAST:
            return (moment - _EPOCH) // timedelta(milliseconds=1)
    except (ValueError, TypeError):  # TypeError: a time without a zone
        pass
    raise DataError(
        f"{where} time",
        quoted(text[:40]),
        "a time like 2021-07-22T22:36:10.014Z",
        "leave the frame out: it is damaged",
    )


def span_ns(text: str | None, where: str) -> int | None:
    """A span; None when there is none, DataError when it is no span."""
    if not text:
        return None
    start = (_SPAN_START - _EPOCH) // timedelta(milliseconds=1)
    return (milliseconds(text, where) - start) * NS_PER_MS or None
