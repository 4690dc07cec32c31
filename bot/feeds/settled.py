"""Histories of settled funding, as venues answer for them, into events."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Final

from bot.errors import DataError
from bot.feeds.grid import signed_decimal
from bot.model.event import FundingRate
from bot.model.instrument import Instrument
from bot.model.units import NS_PER_MS, NS_PER_SECOND

CLOCK_BEHIND_NS_MAX: Final = 60 * NS_PER_SECOND
_MINUTE_NS: Final = 60 * NS_PER_SECOND

Told = tuple[int, str]
"""A settlement: its time in ms, its rate as text."""


def settled_rates(
    instrument: Instrument,
    told: Iterable[Told],
    ts_recv: int,
    marks: dict[int, Decimal],
    *,
    interval_ns: int | None = None,
) -> list[FundingRate]:
    """Settlements of an answer that came at `ts_recv`, oldest first.

    interval_ns: of each, where the answer says it; None: the time since the one before, which is
    unknown for the first and after a hole. marks: by time in ms, where the venue tells them. One
    that our clock says is a little ahead is taken at the time of receipt: our clock is behind.
    DataError when two are of the same time, or one lies further ahead than a clock may be wrong.
    """
    where = f"{instrument.id} funding history"
    settlements = sorted(told)
    for before, after in pairwise(settlements):
        if before[0] == after[0]:
            raise DataError(where, f"two rates at {after[0]} ms", "one a time", "fetch it again")
    if settlements and settlements[-1][0] * NS_PER_MS > ts_recv + CLOCK_BEHIND_NS_MAX:
        raise DataError(
            where,
            f"a rate paid at {settlements[-1][0]} ms, received at {ts_recv} ns",
            f"payments at most {CLOCK_BEHIND_NS_MAX // NS_PER_SECOND} s after the receipt",
            "set the clock right",
        )
    intervals = _intervals([ms for ms, _ in settlements])
    return [
        FundingRate(
            ts_recv=ts_recv,
            ts_venue=min(ms * NS_PER_MS, ts_recv),
            instrument=instrument.id,
            rate=signed_decimal(rate, where),
            settles_ns=ms * NS_PER_MS,
            settled=True,
            interval_ns=interval_ns or interval,
            mark=marks.get(ms),
        )
        for interval, (ms, rate) in zip(intervals, settlements, strict=True)
    ]


def _intervals(times_ms: Sequence[int]) -> list[int | None]:
    """The time since the settlement before each; None of the first, and where one may be missing.

    A hole only ever lengthens: what is longer than the gaps around it may be one, or the first of
    a longer interval at the end of the answer, and nobody can tell. With one gap alone nothing is
    there to compare it with: it is believed.
    """
    gaps = [_minutes(after) - _minutes(before) for before, after in pairwise(times_ms)]
    found: list[int | None] = []
    for k, gap in enumerate(gaps):
        around = gaps[max(0, k - 1) : k] + gaps[k + 1 : k + 2]
        found.append(None if around and gap > max(around) else gap)
    return [None, *found] if times_ms else []


def _minutes(ms: int) -> int:
    """A time to the minute: payments are stamped some ms late now and then."""
    return ms * NS_PER_MS // _MINUTE_NS * _MINUTE_NS
