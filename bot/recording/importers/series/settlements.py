"""Settled funding from a list of times and rates: its intervals, its holes, and whose clock."""

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from statistics import median
from typing import Final

from msgspec import Struct

from bot.errors import DataError
from bot.model.event import FundingRate
from bot.model.units import NS_PER_HOUR, NS_PER_SECOND, InstrumentId
from bot.recording.importers.series.table import words

OFF_PHASE_SHARE_MAX: Final = 100
"""One settlement in so many may be at an odd hour (HTX: 17 of 3,284); of a wrong zone all are."""
RATE_MAX: Final = Decimal("0.1")
"""A tenth of the position for one interval: beyond the cap of any venue, so the unit is another."""
SCALE_WINDOW: Final = 90
SCALE_FACTOR_MAX: Final = 50
"""Percent instead of fractions is a factor of 100; months of calm and storm differ by less."""

_MINUTE_NS: Final = 60 * NS_PER_SECOND


class Settlement(Struct, frozen=True):
    """One payment. where: the line that tells it. ts: when, as the source stamps it."""

    where: str
    ts: int
    rate: Decimal


def funding_rates(
    instrument: InstrumentId, settlements: Sequence[Settlement], phase_ns: int = 0
) -> list[FundingRate]:
    """Settlements as events, each with the time since the one before as its interval.

    The interval is never assumed; after a hole (a whole number of usual intervals is missing) it
    is unknown. phase_ns: of the usual interval's grid within the day, from 00:00 UTC. DataError
    when times repeat or go back, when they do not lie on that grid (another time zone), or when
    rates change their scale (another unit).
    """
    _check_order(settlements)
    times = [one.ts // _MINUTE_NS * _MINUTE_NS for one in settlements]  # stamped some ms late
    usual = _usual_step(times)
    if usual is not None:
        _check_phase(settlements, times, usual, phase_ns)
    check_scale(settlements)
    return [
        FundingRate(
            ts_recv=one.ts,
            ts_venue=one.ts,
            instrument=instrument,
            rate=one.rate,
            settles_ns=one.ts,
            settled=True,
            interval_ns=_interval(before, at, usual),
        )
        for one, before, at in zip(settlements, [None, *times], times, strict=False)
    ]


def holes(rates: Sequence[FundingRate]) -> int:
    """How many settlements follow a hole: besides the first, those of unknown interval."""
    return sum(rate.interval_ns is None for rate in rates[1:])


def check_scale(settlements: Sequence[Settlement]) -> None:
    """Refuse rates that are no fractions, or that become another unit half-way."""
    for one in settlements:
        if abs(one.rate) > RATE_MAX:
            raise DataError(
                f"{one.where} rate",
                str(one.rate),
                f"a fraction per interval within ±{RATE_MAX}",
                "convert the series to fractions: this looks like percent",
            )
    sizes = [(one, abs(one.rate)) for one in settlements if one.rate]
    windows = [sizes[i : i + SCALE_WINDOW] for i in range(0, len(sizes), SCALE_WINDOW)]
    medians = [median(size for _, size in window) for window in windows]
    for number, (before, after) in enumerate(pairwise(medians)):
        if len(windows[number + 1]) == SCALE_WINDOW and not (
            before / SCALE_FACTOR_MAX < after < before * SCALE_FACTOR_MAX
        ):
            raise DataError(
                f"{windows[number + 1][0][0].where} rate",
                f"rates around {after:.3g}, around {before:.3g} before",
                f"no change by a factor of {SCALE_FACTOR_MAX}",
                "the unit changes here: cut the series, or convert one part",
            )


def _check_order(settlements: Sequence[Settlement]) -> None:
    for before, after in pairwise(settlements):
        if after.ts <= before.ts:
            raise DataError(
                f"{after.where} time",
                words(after.ts),
                f"later than the settlement before, {words(before.ts)}",
                "sort the lines and keep one a time",
            )


def _usual_step(times: list[int]) -> int | None:
    steps = Counter(after - before for before, after in pairwise(times))
    return steps.most_common(1)[0][0] if steps else None


def _check_phase(
    settlements: Sequence[Settlement], times: list[int], usual: int, phase_ns: int
) -> None:
    """Settlements happen at the venue's hours; a wrong zone moves nearly all of them off these."""
    grid = usual if usual % NS_PER_HOUR == 0 else NS_PER_HOUR
    off = [i for i, at in enumerate(times) if (at - phase_ns) % grid]
    if off and len(off) * OFF_PHASE_SHARE_MAX > len(times):
        first = off[0]
        raise DataError(
            f"{settlements[first].where} time",
            f"{len(off)} of {len(times)} settlements like {words(settlements[first].ts)}",
            f"steps of {grid // NS_PER_HOUR} h from {phase_ns // NS_PER_HOUR:02}:00 UTC on",
            "the clock of the file is another than was assumed: state its zone",
        )


def _interval(before: int | None, at: int, usual: int | None) -> int | None:
    if before is None or usual is None:
        return None
    step = at - before
    return None if step > usual and step % usual == 0 else step
