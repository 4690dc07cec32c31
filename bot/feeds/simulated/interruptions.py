"""When a feed is lost and when it is back, and what else a venue says of a listing now and then."""

from collections.abc import Iterator
from typing import Final

import numpy as np
from msgspec.structs import replace

from bot.feeds.simulated.listings import Contract
from bot.feeds.simulated.paths import Paths
from bot.feeds.simulated.regimes import Regime
from bot.feeds.simulated.settings import MarketSettings
from bot.feeds.simulated.weather import SILENT
from bot.model.event import FeedLost, FeedRestored, InstrumentChanged, MarketEvent
from bot.model.instrument import Instrument
from bot.model.units import NS_PER_SECOND, InstrumentId
from bot.tape.rows import Int64s

STRETCH_S: Final = 3_600
"""Looked at together where nothing else is said."""


def interrupted(
    name: InstrumentId, silent: Int64s, start_ns: int, *, before: bool
) -> Iterator[FeedLost | FeedRestored]:
    """Where a feed is lost and where it is back; we notice at once, whatever the latency.

    silent: not 0 in seconds in which nothing is heard. before: nothing was in the second before.
    """
    quiet = silent != 0
    for k in np.flatnonzero(np.diff(quiet, prepend=before)).tolist():
        ns = start_ns + k * NS_PER_SECOND
        if quiet[k]:
            yield FeedLost(ts_venue=ns, ts_recv=ns, instrument=name, reason="outage")
        else:
            yield FeedRestored(ts_venue=ns, ts_recv=ns, instrument=name)


def relisted(
    settings: MarketSettings, contract: Contract, instrument: Instrument, second: int, count: int
) -> Iterator[InstrumentChanged]:
    """Changed terms, and the end of a dated contract, in these seconds since the epoch."""
    late_ns = settings.venue(contract.venue).latency_ns
    changes: list[tuple[int, Instrument]] = []
    if contract.change is not None:
        at_s = settings.start_ns // NS_PER_SECOND + contract.change.at_s
        interval_ns = contract.change.interval_ns
        changes.append((at_s, replace(instrument, funding_interval_ns=interval_ns)))
    if contract.expiry_ns is not None:
        at_s = contract.expiry_ns // NS_PER_SECOND
        changes.append((at_s, replace(instrument, active=False)))
    for at_s, changed in changes:
        if second <= at_s < second + count:
            ns = at_s * NS_PER_SECOND
            yield InstrumentChanged(ts_venue=ns, ts_recv=ns + late_ns, instrument=changed)


def rare(
    settings: MarketSettings, contract: Contract, instrument: Instrument, passed: int
) -> Iterator[MarketEvent]:
    """All events of a contract that has neither funding nor open interest, from a second on."""
    paths = Paths(settings, contract)
    before = paths.silent_before(passed)
    end_s = last_s(settings, contract)
    at = passed
    while end_s is None or at <= end_s:
        count = STRETCH_S if end_s is None else min(STRETCH_S, end_s + 1 - at)
        start_ns = settings.start_ns + at * NS_PER_SECOND
        silent = paths.weather(at, count)[:, SILENT]
        found: list[MarketEvent] = [
            *interrupted(instrument.id, silent, start_ns, before=before),
            *relisted(settings, contract, instrument, start_ns // NS_PER_SECOND, count),
        ]
        yield from sorted(found, key=lambda event: event.ts_recv)
        before = bool(silent[-1])
        at += count


def last_s(settings: MarketSettings, contract: Contract) -> int | None:
    """The last second since the start in which anything rare may happen; None: there is none."""
    ends = [-1] if settings.duration_s is None else [settings.duration_s - 1]
    if contract.expiry_ns is not None:
        ends.append((contract.expiry_ns - settings.start_ns) // NS_PER_SECOND)
        return ends[-1] if settings.duration_s is None else min(ends)
    if settings.duration_s is not None:
        return settings.duration_s - 1
    if settings.seasons is not None and Regime.OUTAGE in settings.seasons.regimes:
        return None
    ends += [one.at_s + one.for_s for one in settings.episodes if one.regime is Regime.OUTAGE]
    return max(ends)
