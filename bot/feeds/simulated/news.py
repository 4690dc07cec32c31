"""The events of a contract with funding or open interest, second after second."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from bot.feeds.simulated.draws import Draws
from bot.feeds.simulated.funding import FundingClock
from bot.feeds.simulated.interest import Interest, forced_at, forced_lots, liquidations
from bot.feeds.simulated.interruptions import interrupted, relisted
from bot.feeds.simulated.listings import Contract
from bot.feeds.simulated.parameters import mean_order
from bot.feeds.simulated.paths import Paths
from bot.feeds.simulated.premium import above
from bot.feeds.simulated.price import STEPS
from bot.feeds.simulated.settings import MarketSettings
from bot.feeds.simulated.standing import Events
from bot.feeds.simulated.weather import SILENT
from bot.model.event import MarketEvent
from bot.model.instrument import Instrument
from bot.model.units import NS_PER_MS, NS_PER_SECOND
from bot.tape.rows import Int64s

UNHEARD: Final = -1
JITTER_NS_MAX: Final = 200 * NS_PER_MS
"""Events of a second are all heard before any of the next."""


class News:
    """What a venue says of a contract besides its book."""

    def __init__(
        self, settings: MarketSettings, contract: Contract, instrument: Instrument
    ) -> None:
        """Start at the market's first second."""
        self._settings = settings
        self._contract = contract
        self._instrument = instrument
        self._paths = Paths(settings, contract)
        self._draws = Draws(settings.seed, f"events {contract.id}")
        self._clock = None if contract.funding is None else self._new_clock()
        self._interest = None
        if contract.open_interest is not None:
            self._interest = Interest(contract, settings.seed)
        self._silent = False

    @property
    def state(self) -> Events:
        """Where it stands, for `resume`."""
        price, moods = self._paths.state
        return Events(
            price,
            moods,
            None if self._clock is None else self._clock.state,
            None if self._interest is None else self._interest.lots,
        )

    def resume(self, stood: Events, passed: int) -> None:
        """Stand where another reader stood after so many seconds."""
        self._paths.resume(stood.price, stood.premium, passed)
        self._draws.skip(passed)
        self._silent = self._paths.silent_before(passed)
        if self._clock is not None and stood.funding is not None and passed:
            self._clock.resume(stood.funding)
        if self._interest is not None and stood.interest is not None:
            self._interest.resume(stood.interest, passed)

    def seconds(self, start_ns: int, seconds: int) -> Iterator[MarketEvent]:
        """Everything that is said in the next seconds, as it is heard."""
        second = start_ns // NS_PER_SECOND
        walked, premium, weather = self._paths.seconds(seconds)
        index = walked[0, ::STEPS].copy()
        late = self._late(self._draws.take(seconds))
        heard = start_ns + np.arange(seconds, dtype=np.int64) * NS_PER_SECOND + late
        silent = weather[:, SILENT]
        told = np.where(silent == 0, heard, UNHEARD)
        name = self._instrument.id
        found: list[MarketEvent] = [
            *interrupted(name, silent, start_ns, before=self._silent),
            *relisted(self._settings, self._contract, self._instrument, second, seconds),
        ]
        self._silent = bool(silent[-1])
        if self._clock is not None:
            # A payment is told by other means than the lost feed.
            found += [
                rate
                for rate in self._clock.seconds(second, premium, index, heard)
                if rate.settled or told[rate.ts_venue // NS_PER_SECOND - second] != UNHEARD
            ]
        if self._interest is not None:
            found += self._held(self._interest, second, weather, told, (index, premium))
        # Those of one moment stay as they were put here.
        found.sort(key=lambda event: event.ts_recv)
        yield from found

    def _new_clock(self) -> FundingClock:
        contract = self._contract
        assert contract.funding is not None, f"{contract.id}: no funding to be charged"
        change = None
        if contract.change is not None:
            at_s = self._settings.start_ns // NS_PER_SECOND + contract.change.at_s
            change = (at_s, contract.change.interval_ns // NS_PER_SECOND)
        return FundingClock(self._instrument.id, contract.funding, change)

    def _late(self, words: Int64s) -> Int64s:
        venue = self._settings.venue(self._contract.venue)
        late: Int64s = venue.latency_ns + words % (min(venue.jitter_ns, JITTER_NS_MAX) + 1)
        return late

    def _held(
        self,
        interest: Interest,
        second: int,
        weather: Int64s,
        told: Int64s,
        priced: tuple[Int64s, Int64s],
    ) -> Iterator[MarketEvent]:
        """Open interest, and what closed some of it by force."""
        settings, contract = self._settings, self._contract
        slots = settings.slots_per_second
        lots = forced_lots(weather, mean_order(settings, contract))
        yield from interest.seconds(second, lots * len(forced_at(slots)), told)
        if not lots.any():
            return
        pairs = zip(priced[0].tolist(), priced[1].tolist(), strict=True)
        mark = np.array([above(index, premium) for index, premium in pairs], np.int64)
        complete = settings.venue(contract.venue).complete
        yield from liquidations(contract, second, lots, mark, told, slots=slots, complete=complete)
