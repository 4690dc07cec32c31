"""The recorder's clock against the venue's: one offset for everything that one recorder wrote.

A recorder whose clock is behind claims to have known what had not happened yet. The offset
that is added to its times makes the earliest frame arrive `feed_latency_min` after it happened.
"""

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from msgspec import Struct

from bot.errors import DataError
from bot.model.units import NS_PER_MS
from bot.recording.raw import Progress, nanoseconds, read_frames

FEED_LATENCY_MIN_NS: Final = NS_PER_MS
"""The least time that a frame is taken to have travelled; venues stamp whole milliseconds."""

Stamp = Callable[[bytes], int | None]
"""When a frame says that it happened, in ns; None when it does not say."""

# The stamps stand before the levels or in short frames: no need to look further.
_HEAD: Final = 400
_EVENT: Final = re.compile(rb'"e"\s*:\s*"(\w+)"')
_MATCHED: Final = re.compile(rb'"T"\s*:\s*(\d+)')
_SENT: Final = re.compile(rb'"E"\s*:\s*(\d+)')
# In other events `T` is no time of a match: in markPriceUpdate it is the next settlement.
_MATCHES: Final = {b"depthUpdate", b"trade", b"aggTrade", b"bookTicker", b"forceOrder", b""}


class ClockOffset(Struct, frozen=True):
    """What to add to a recorder's times.

    lead_ns: how far the venue's stamps were ahead of the recorder's at most; None when no
        frame carries one. frames, stamped: how many were read, and how many carry a stamp.
    """

    offset_ns: int
    lead_ns: int | None
    frames: int
    stamped: int


def offset_for(lead_ns: int | None, feed_latency_min_ns: int = FEED_LATENCY_MIN_NS) -> int:
    """The offset for the largest `ts_venue - ts_recv` seen."""
    return max(0, lead_ns or 0) + feed_latency_min_ns


def stamp_of(frame: bytes) -> int | None:
    """When a Binance frame says that it happened, in ns: its match time, else when it was sent."""
    event = _EVENT.search(frame, 0, _HEAD)
    stamp = None
    if (event[1] if event else b"") in _MATCHES:
        stamp = _MATCHED.search(frame, 0, _HEAD)
    stamp = stamp or _SENT.search(frame, 0, _HEAD)
    try:
        return nanoseconds(int(stamp[1])) if stamp else None
    except ValueError:
        return None


def measure(
    paths: Iterable[Path],
    *,
    stamp_of: Stamp = stamp_of,
    feed_latency_min_ns: int = FEED_LATENCY_MIN_NS,
    progress: Progress | None = None,
) -> ClockOffset:
    """The offset of one recorder, from all frames of these captures that it wrote.

    stamp_of: of the venue that was recorded.

    What a damaged file holds before its damage counts; the import tells of the damage.
    """
    lead_ns: int | None = None
    frames = stamped = 0
    for path in paths:
        try:
            for _, ts_recv, frame in read_frames(path, progress):
                frames += 1
                ts_venue = stamp_of(frame)
                if ts_venue is not None:
                    stamped += 1
                    lead = ts_venue - ts_recv
                    lead_ns = lead if lead_ns is None else max(lead_ns, lead)
        except DataError:
            continue
    return ClockOffset(offset_for(lead_ns, feed_latency_min_ns), lead_ns, frames, stamped)
