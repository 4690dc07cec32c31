"""The time that a frame states, by venue, found without decoding it: for the recorder's clock."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from bot.model.units import NS_PER_MS
from bot.recording.clock import Stamp, stamp_of

_ISO: Final = re.compile(rb'"timestamp":\s*"(20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z)"')
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def milliseconds_in(names: str) -> Stamp:
    """A search for the latest of some fields of thirteen digits, quoted or not."""
    pattern = re.compile(rf'"(?:{names})":\s*"?(\d{{13}})(?!\d)'.encode())

    def latest(frame: bytes) -> int | None:
        found = pattern.findall(frame)
        return max(int(digits) for digits in found) * NS_PER_MS if found else None

    return latest


def iso_in(frame: bytes) -> int | None:
    """The latest `timestamp` of a BitMEX frame."""
    try:
        found = [datetime.fromisoformat(text.decode()) for text in _ISO.findall(frame)]
    except ValueError:
        return None
    if not found:
        return None
    return (max(found) - _EPOCH) // timedelta(microseconds=1) * 1_000


STAMPS: Final[Mapping[str, Stamp]] = {
    "binance": stamp_of,
    "binanceusdm": stamp_of,
    "binancecoinm": stamp_of,
    "okx": milliseconds_in("ts"),
    "deribit": milliseconds_in("timestamp"),
    "bitmex": iso_in,
    "bybit": milliseconds_in("ts|cts|T"),
    "hyperliquid": milliseconds_in("time"),
}
