"""One instrument of a simulated market as a source of the tape: its rows, and its events."""

from collections.abc import Iterator
from typing import Final

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from bot.feeds.simulated.book import show
from bot.feeds.simulated.draws import Draws
from bot.feeds.simulated.flow import simulate
from bot.feeds.simulated.funding import FundingClock
from bot.feeds.simulated.interest import Interest, forced_at, forced_lots, liquidations
from bot.feeds.simulated.listings import Contract
from bot.feeds.simulated.orders import SWEEP_MAX
from bot.feeds.simulated.parameters import mean_order, parameters
from bot.feeds.simulated.paths import Paths
from bot.feeds.simulated.premium import above
from bot.feeds.simulated.price import STEPS
from bot.feeds.simulated.settings import MarketSettings
from bot.feeds.simulated.standing import Events as EventsStand
from bot.feeds.simulated.standing import Rows as RowsStand
from bot.feeds.simulated.standing import Standing, Trail
from bot.feeds.simulated.state import ANCHOR, RECEIVED, STATES
from bot.feeds.simulated.weather import SILENT
from bot.feeds.simulated.writing import Sheet, end
from bot.model.event import FeedLost, FeedRestored, InstrumentChanged, MarketEvent
from bot.model.instrument import Instrument
from bot.model.units import NS_PER_MS, NS_PER_SECOND
from bot.tape.rows import SNAPSHOT, Block, Int64s

UNHEARD: Final = -1
JITTER_NS_MAX: Final = 200 * NS_PER_MS
"""Events of a second are all heard before any of the next."""


class SimulatedSource(Struct, frozen=True):
    """One instrument of the market; every call of `blocks` or `events` starts from the start.

    What is read, and in which order, changes nothing: whatever two readers share, such as the
    price of a coin, each computes for itself.

    since: where it starts instead, with its whole book. trail: where its readers have been.
    """

    instrument: Instrument
    contract: Contract
    settings: MarketSettings
    trail: Trail
    since: Standing | None = None

    @property
    def name(self) -> str:
        """The instrument's id."""
        return self.instrument.id

    def blocks(self) -> Iterator[Block]:
        """Its rows, `chunk_s` seconds at a time."""
        settings = self.settings
        sheet = self._sheet()
        state = np.zeros(STATES, np.int64)
        levels = np.zeros((4, settings.levels), np.int64)
        draws = Draws(settings.seed, f"orders {self.name}")
        param = parameters(settings, self.contract)
        paths = Paths(settings, self.contract)
        if self.since is not None:
            stood, passed = self.since.rows, passed_s(settings, self.since)
            assert stood is not None, f"{self.name}: a place to go on from without its book"
            paths.resume(stood.price, stood.premium, passed)
            draws.skip(passed * settings.slots_per_second)
            state[:], levels[:] = stood.orders, stood.levels
            self._show(sheet, levels, state, self.since.at_ns)
        for start_ns, seconds in chunks(settings, self.since):
            price, moods = paths.state
            self.trail.keep(start_ns, RowsStand(price, moods, state.tolist(), levels.tolist()))
            words = draws.take(seconds * settings.slots_per_second)
            walked, premium, weather = paths.seconds(seconds)
            simulate(
                sheet.rows,
                sheet.cursor,
                levels,
                state,
                param,
                walked,
                premium,
                weather,
                words,
                start_ns,
            )
            yield sheet.take()

    def events(self) -> Iterator[MarketEvent]:
        """What comes in no row: funding, interest, liquidations, feeds lost, changed terms."""
        settings, contract = self.settings, self.contract
        paths = Paths(settings, contract)
        draws = Draws(settings.seed, f"events {self.name}")
        clock = None if contract.funding is None else self._clock()
        interest = None
        if contract.open_interest is not None:
            interest = Interest(contract, settings.seed)
        silent = False
        if self.since is not None:
            stood, passed = self.since.events, passed_s(settings, self.since)
            paths.resume(stood.price, stood.premium, passed)
            draws.skip(passed)
            silent = paths.silent_before(passed)
            if clock is not None and stood.funding is not None:
                clock.resume(stood.funding)
            if interest is not None and stood.interest is not None:
                interest.resume(stood.interest, passed)
        for start_ns, seconds in chunks(settings, self.since):
            price, moods = paths.state
            self.trail.keep(
                start_ns,
                EventsStand(
                    price,
                    moods,
                    None if clock is None else clock.state,
                    None if interest is None else interest.lots,
                ),
            )
            second = start_ns // NS_PER_SECOND
            walked, premium, weather = paths.seconds(seconds)
            late = self._late(draws.take(seconds))
            heard = start_ns + np.arange(seconds, dtype=np.int64) * NS_PER_SECOND + late
            told = np.where(weather[:, SILENT] == 0, heard, UNHEARD)
            found: list[MarketEvent] = [*self._interruptions(weather, start_ns, silent=silent)]
            silent = bool(weather[-1, SILENT])
            found += self._changes(second, heard)
            index = walked[0, ::STEPS].copy()
            if clock is not None:
                rates = clock.seconds(second, premium, index, heard)
                # A payment is told by other means than the lost feed.
                found += [
                    rate
                    for rate in rates
                    if rate.settled or told[rate.ts_venue // NS_PER_SECOND - second] >= 0
                ]
            if interest is not None:
                found += self._forced(interest, second, weather, told, (index, premium))
            # Those of one moment stay as they were put here.
            found.sort(key=lambda event: event.ts_recv)
            yield from found

    # --- events ----------------------------------------------------------------------------

    def _clock(self) -> FundingClock:
        contract = self.contract
        assert contract.funding is not None
        change = None
        if contract.change is not None:
            at_s = self.settings.start_ns // NS_PER_SECOND + contract.change.at_s
            change = (at_s, contract.change.interval_ns // NS_PER_SECOND)
        return FundingClock(self.instrument.id, contract.funding, change)

    def _late(self, words: Int64s) -> Int64s:
        venue = self.settings.venue(self.contract.venue)
        late: Int64s = venue.latency_ns + words % (min(venue.jitter_ns, JITTER_NS_MAX) + 1)
        return late

    def _interruptions(
        self, weather: Int64s, start_ns: int, *, silent: bool
    ) -> Iterator[FeedLost | FeedRestored]:
        """Where the feed is lost and where it is back; we notice at once, whatever the latency."""
        quiet = weather[:, SILENT] != 0
        edges = np.flatnonzero(np.diff(quiet, prepend=silent))
        for k in edges.tolist():
            ns = start_ns + k * NS_PER_SECOND
            name = self.instrument.id
            if quiet[k]:
                yield FeedLost(ts_venue=ns, ts_recv=ns, instrument=name, reason="outage")
            else:
                yield FeedRestored(ts_venue=ns, ts_recv=ns, instrument=name)

    def _changes(self, second: int, heard: Int64s) -> Iterator[InstrumentChanged]:
        """Changed terms, and the end of a dated contract."""
        contract = self.contract
        if contract.change is not None:
            at_s = self.settings.start_ns // NS_PER_SECOND + contract.change.at_s
            if second <= at_s < second + len(heard):
                changed = replace(self.instrument, funding_interval_ns=contract.change.interval_ns)
                yield _changed(changed, at_s, int(heard[at_s - second]))
        if contract.expiry_ns is not None:
            at_s = contract.expiry_ns // NS_PER_SECOND
            if second <= at_s < second + len(heard):
                over = replace(self.instrument, active=False)
                yield _changed(over, at_s, int(heard[at_s - second]))

    def _forced(
        self,
        interest: Interest,
        second: int,
        weather: Int64s,
        told: Int64s,
        priced: tuple[Int64s, Int64s],
    ) -> Iterator[MarketEvent]:
        settings, contract = self.settings, self.contract
        lots = forced_lots(weather, mean_order(settings, contract))
        yield from interest.seconds(second, lots * len(forced_at(settings.slots_per_second)), told)
        if not lots.any():
            return
        index, premium = priced
        mark = np.array(
            [above(int(one), int(more)) for one, more in zip(index, premium, strict=True)],
            np.int64,
        )
        complete = settings.venue(contract.venue).complete
        slots = settings.slots_per_second
        yield from liquidations(contract, second, lots, mark, told, slots=slots, complete=complete)

    # --- rows ------------------------------------------------------------------------------

    def _show(self, sheet: Sheet, levels: Int64s, state: Int64s, at_ns: int) -> None:
        """Begin with the whole book, unless there was none yet."""
        if state[ANCHOR]:
            show(sheet.rows, sheet.cursor, levels, int(state[ANCHOR]))
            received = max(at_ns, int(state[RECEIVED]))
            end(sheet.rows, sheet.cursor, at_ns, received, SNAPSHOT)

    def _sheet(self) -> Sheet:
        settings = self.settings
        slots = settings.chunk_s * settings.slots_per_second
        # In one slot a side may be made anew, besides two sweeps, some changes, a touch.
        rows = slots * (4 * settings.levels + 6 * SWEEP_MAX + 16) + 2 * settings.chunk_s
        begin = 2 * settings.levels + 2
        return Sheet(self.instrument.id, rows + begin, slots * 6 + settings.chunk_s + 1)


def chunks(settings: MarketSettings, since: Standing | None) -> Iterator[tuple[int, int]]:
    """Beginning in ns and length in seconds of what is made at once."""
    done = 0 if since is None else passed_s(settings, since)
    while settings.duration_s is None or done < settings.duration_s:
        left = settings.chunk_s
        if settings.duration_s is not None:
            left = min(left, settings.duration_s - done)
        yield settings.start_ns + done * NS_PER_SECOND, left
        done += left


def passed_s(settings: MarketSettings, since: Standing) -> int:
    """Whole seconds from the market's start to a place to go on from."""
    return (since.at_ns - settings.start_ns) // NS_PER_SECOND


def _changed(instrument: Instrument, second: int, heard_ns: int) -> InstrumentChanged:
    return InstrumentChanged(
        ts_venue=second * NS_PER_SECOND, ts_recv=heard_ns, instrument=instrument
    )
