"""The simulated market as sources of the tape: one an instrument, each on its own."""

from collections.abc import Iterator

import numpy as np
from msgspec import Struct

from bot.feeds.simulated.book import PARAMS, STATES
from bot.feeds.simulated.draws import Draws
from bot.feeds.simulated.flow import SWEEP_MAX, simulate
from bot.feeds.simulated.funding import FundingClock
from bot.feeds.simulated.premium import PremiumPath
from bot.feeds.simulated.price import STEPS, PricePath
from bot.feeds.simulated.settings import Coin, MarketSettings, perpetual_of, spot_of
from bot.feeds.simulated.writing import Sheet
from bot.model.event import FundingRate
from bot.model.instrument import Instrument, Kind
from bot.model.units import NS_PER_SECOND
from bot.tape.rows import SCALAR_SCALE, Block, Int64s


class SimulatedSource(Struct, frozen=True):
    """One instrument of the market; every call of `blocks` or `events` starts from the start.

    What is read, and in which order, changes nothing: whatever two readers share, such as the
    price of a coin, each computes for itself.
    """

    instrument: Instrument
    coin: Coin
    settings: MarketSettings

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
        param = self._param()
        price, premium = self._paths()
        for start_ns, seconds in self._chunks():
            words = draws.take(seconds * settings.slots_per_second)
            index, flow = price.seconds(seconds)
            raised = premium.seconds(seconds) if premium else np.zeros(seconds, np.int64)
            simulate(
                sheet.rows,
                sheet.cursor,
                levels,
                state,
                param,
                words,
                index,
                flow,
                raised,
                start_ns,
            )
            yield sheet.take()

    def events(self) -> Iterator[FundingRate]:
        """Its funding rates, predicted and settled; none for spot."""
        price, premium = self._paths()
        if premium is None:
            return
        settings = self.settings
        draws = Draws(settings.seed, f"events {self.name}")
        clock = FundingClock(self.instrument.id, settings.funding)
        for start_ns, seconds in self._chunks():
            index, _ = price.seconds(seconds)
            late = settings.latency_ns + draws.take(seconds) % (settings.jitter_ns + 1)
            received = start_ns + np.arange(seconds, dtype=np.int64) * NS_PER_SECOND + late
            yield from clock.seconds(
                start_ns // NS_PER_SECOND, premium.seconds(seconds), index[::STEPS], received
            )

    def _paths(self) -> tuple[PricePath, PremiumPath | None]:
        settings = self.settings
        price = PricePath(self.coin, settings.seed)
        if self.instrument.kind is not Kind.PERPETUAL:
            return price, None
        return price, PremiumPath(self.coin, settings.premium, settings.funding, settings.seed)

    def _chunks(self) -> Iterator[tuple[int, int]]:
        """Beginning in ns and length in seconds of what is made at once."""
        settings = self.settings
        done = 0
        while settings.duration_s is None or done < settings.duration_s:
            left = settings.chunk_s
            if settings.duration_s is not None:
                left = min(left, settings.duration_s - done)
            yield settings.start_ns + done * NS_PER_SECOND, left
            done += left

    def _sheet(self) -> Sheet:
        settings = self.settings
        slots = settings.chunk_s * settings.slots_per_second
        # In one slot a side may be removed and made anew, besides a sweep, some changes, a touch.
        rows = slots * (4 * settings.levels + 3 * SWEEP_MAX + 16) + 2 * settings.chunk_s
        return Sheet(self.instrument.id, rows, slots * 3 + settings.chunk_s)

    def _param(self) -> Int64s:
        instrument, coin, settings = self.instrument, self.coin, self.settings
        tick, lot = float(instrument.grid.tick), float(instrument.lot)
        bps = float(coin.price) * 1e-4 / tick
        param = [
            int(instrument.grid.tick * SCALAR_SCALE),
            max(1, round(2 * coin.half_spread_bps * bps)),
            max(1, round(coin.gap_bps * bps)),
            max(1, round(coin.level / lot)),
            max(1, round(coin.trade / lot)),
            settings.slots_per_second,
            settings.latency_ns,
            settings.jitter_ns,
            int(instrument.kind is Kind.PERPETUAL),
        ]
        assert len(param) == PARAMS
        return np.array(param, np.int64)


class SimulatedMarket:
    """Spot and perpetual of some coins at the venue `sim`."""

    def __init__(self, settings: MarketSettings) -> None:
        """List them."""
        self.settings = settings
        self._sources = [
            SimulatedSource(instrument, coin, settings)
            for coin in settings.coins
            for instrument in (spot_of(coin), perpetual_of(coin, settings.funding))
        ]

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """The contracts, by id."""
        return tuple(source.instrument for source in self.sources())

    def sources(self) -> list[SimulatedSource]:
        """What `bot.tape.merge.merge` makes one tape of, by name."""
        return sorted(self._sources, key=lambda source: source.name)
