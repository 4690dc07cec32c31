"""One instrument of a simulated market as a source of the tape: its rows, and its events."""

from collections.abc import Iterator

import numpy as np
from msgspec import Struct

from bot.feeds.simulated.book import show
from bot.feeds.simulated.draws import Draws
from bot.feeds.simulated.flow import simulate
from bot.feeds.simulated.interruptions import rare
from bot.feeds.simulated.listings import Contract
from bot.feeds.simulated.news import News
from bot.feeds.simulated.orders import SWEEP_MAX
from bot.feeds.simulated.parameters import parameters
from bot.feeds.simulated.paths import Paths
from bot.feeds.simulated.settings import MarketSettings
from bot.feeds.simulated.standing import Rows as RowsStand
from bot.feeds.simulated.standing import Standing, Trail
from bot.feeds.simulated.state import ANCHOR, RECEIVED, STATES
from bot.feeds.simulated.writing import Sheet, end
from bot.model.event import MarketEvent
from bot.model.instrument import Instrument
from bot.model.units import NS_PER_SECOND
from bot.tape.rows import SNAPSHOT, Block, Int64s


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
        settings, contract = self.settings, self.contract
        sheet = self._sheet()
        state = np.zeros(STATES, np.int64)
        levels = np.zeros((4, settings.levels), np.int64)
        draws = Draws(settings.seed, f"orders {self.name}")
        param = parameters(settings, contract)
        paths = Paths(settings, contract)
        if self.since is not None:
            stood, passed = self.since.rows, passed_s(settings, self.since)
            assert stood is not None, f"{self.name}: a place to go on from without its book"
            paths.resume(stood.price, stood.premium, passed)
            draws.skip(passed * settings.slots_per_second)
            state[:], levels[:] = stood.orders, stood.levels
            self._show(sheet, levels, state, self.since.at_ns)
        for start_ns, seconds in chunks(settings, self.since, contract.expiry_ns):
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
        if not contract.tells:
            passed = 0 if self.since is None else passed_s(settings, self.since)
            yield from rare(settings, contract, self.instrument, passed)
            return
        news = News(settings, contract, self.instrument)
        if self.since is not None:
            stood = self.since.events
            assert stood is not None, f"{self.name}: a place to go on from without its events"
            news.resume(stood, passed_s(settings, self.since))
        for start_ns, seconds in chunks(settings, self.since, contract.expiry_ns):
            self.trail.keep(start_ns, news.state)
            yield from news.seconds(start_ns, seconds)

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
        rows = slots * (4 * settings.levels + 6 * SWEEP_MAX + 40) + 2 * settings.chunk_s
        begin = 2 * settings.levels + 2
        return Sheet(self.instrument.id, rows + begin, slots * 6 + settings.chunk_s + 1)


def chunks(
    settings: MarketSettings, since: Standing | None, expiry_ns: int | None = None
) -> Iterator[tuple[int, int]]:
    """Beginning in ns and length in seconds of what is made at once.

    expiry_ns: after the second of it nothing more is made.
    """
    end_s = settings.duration_s
    if expiry_ns is not None:
        last = (expiry_ns - settings.start_ns) // NS_PER_SECOND + 1
        end_s = last if end_s is None else min(end_s, last)
    done = 0 if since is None else passed_s(settings, since)
    while end_s is None or done < end_s:
        left = settings.chunk_s if end_s is None else min(settings.chunk_s, end_s - done)
        yield settings.start_ns + done * NS_PER_SECOND, left
        done += left


def passed_s(settings: MarketSettings, since: Standing) -> int:
    """Whole seconds from the market's start to a place to go on from."""
    return (since.at_ns - settings.start_ns) // NS_PER_SECOND
