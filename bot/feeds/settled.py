"""Histories of settled funding, as venues answer for them, into events."""

from collections.abc import Iterable
from decimal import Decimal
from itertools import pairwise
from typing import Final

from bot.errors import DataError
from bot.feeds.grid import signed_decimal
from bot.model.event import FundingRate
from bot.model.instrument import Instrument
from bot.model.units import NS_PER_MS, NS_PER_SECOND

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
    unknown for the first. marks: by time in ms, where the venue tells them. DataError when two are
    of the same time, or one is still to come.
    """
    where = f"{instrument.id} funding history"
    settlements = sorted(told)
    for before, after in pairwise(settlements):
        if before[0] == after[0]:
            raise DataError(where, f"two rates at {after[0]} ms", "one a time", "fetch it again")
    if settlements and settlements[-1][0] * NS_PER_MS > ts_recv:
        raise DataError(
            where,
            f"a rate paid at {settlements[-1][0]} ms, received at {ts_recv} ns",
            "payments before the receipt",
            "set the clock right",
        )
    times = [None, *(ms for ms, _ in settlements)]
    return [
        FundingRate(
            ts_recv=ts_recv,
            ts_venue=ms * NS_PER_MS,
            instrument=instrument.id,
            rate=signed_decimal(rate, where),
            settles_ns=ms * NS_PER_MS,
            settled=True,
            interval_ns=interval_ns or (_minutes(ms) - _minutes(before) if before else None),
            mark=marks.get(ms),
        )
        for before, (ms, rate) in zip(times, settlements, strict=False)
    ]


def _minutes(ms: int) -> int:
    """A time to the minute: payments are stamped some ms late now and then."""
    return ms * NS_PER_MS // _MINUTE_NS * _MINUTE_NS
