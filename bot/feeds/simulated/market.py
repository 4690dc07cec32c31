"""The simulated market as sources of the tape: one an instrument, each on its own."""

from collections.abc import Iterator

import msgspec
import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from bot.feeds.simulated.book import ANCHOR, PARAMS, RECEIVED, STATES, show
from bot.feeds.simulated.draws import Draws
from bot.feeds.simulated.flow import SWEEP_MAX, simulate
from bot.feeds.simulated.funding import FundingClock
from bot.feeds.simulated.premium import PremiumPath
from bot.feeds.simulated.price import STEPS, PricePath
from bot.feeds.simulated.settings import Coin, MarketSettings, perpetual_of, spot_of
from bot.feeds.simulated.standing import Events as EventsStand
from bot.feeds.simulated.standing import Rows as RowsStand
from bot.feeds.simulated.standing import Standing, Trail
from bot.feeds.simulated.writing import Sheet, end
from bot.model.event import FundingRate
from bot.model.instrument import Instrument, Kind
from bot.model.units import NS_PER_SECOND
from bot.tape.rows import SCALAR_SCALE, SNAPSHOT, Block, Int64s


class SimulatedSource(Struct, frozen=True):
    """One instrument of the market; every call of `blocks` or `events` starts from the start.

    What is read, and in which order, changes nothing: whatever two readers share, such as the
    price of a coin, each computes for itself.

    since: where it starts instead, with its whole book. trail: where its readers have been.
    """

    instrument: Instrument
    coin: Coin
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
        param = self._param()
        price, premium = self._paths()
        if self.since is not None:
            stood, passed = self.since.rows, self._passed_s()
            self._resume(price, premium, stood.price, stood.premium)
            draws.skip(passed * settings.slots_per_second)
            state[:], levels[:] = stood.orders, stood.levels
            self._show(sheet, levels, state, self.since.at_ns)
        for start_ns, seconds in self._chunks():
            moods = None if premium is None else premium.state
            stands = RowsStand(price.state, moods, state.tolist(), levels.tolist())
            self.trail.keep(start_ns, stands)
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
        if self.since is not None:
            stood = self.since.events
            assert stood is not None, f"{self.name}: a place to go on from without its funding"
            self._resume(price, premium, stood.price, stood.premium)
            draws.skip(self._passed_s())
            clock.resume(stood.funding)
        for start_ns, seconds in self._chunks():
            self.trail.keep(start_ns, EventsStand(price.state, premium.state, clock.state))
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
        done = self._passed_s()
        while settings.duration_s is None or done < settings.duration_s:
            left = settings.chunk_s
            if settings.duration_s is not None:
                left = min(left, settings.duration_s - done)
            yield settings.start_ns + done * NS_PER_SECOND, left
            done += left

    def _passed_s(self) -> int:
        """Whole seconds before it starts."""
        if self.since is None:
            return 0
        return (self.since.at_ns - self.settings.start_ns) // NS_PER_SECOND

    def _resume(
        self,
        price: PricePath,
        premium: PremiumPath | None,
        stood: list[int],
        raised: list[int] | None,
    ) -> None:
        passed = self._passed_s()
        price.resume(stood, passed)
        if premium is not None and raised is not None:
            premium.resume(raised, passed)

    def _show(self, sheet: Sheet, levels: Int64s, state: Int64s, at_ns: int) -> None:
        """Begin with the whole book, unless there was none yet."""
        if state[ANCHOR]:
            show(sheet.rows, sheet.cursor, levels, int(state[ANCHOR]))
            received = max(at_ns, int(state[RECEIVED]))
            end(sheet.rows, sheet.cursor, at_ns, received, SNAPSHOT)

    def _sheet(self) -> Sheet:
        settings = self.settings
        slots = settings.chunk_s * settings.slots_per_second
        # In one slot a side may be removed and made anew, besides a sweep, some changes, a touch.
        rows = slots * (4 * settings.levels + 3 * SWEEP_MAX + 16) + 2 * settings.chunk_s
        begin = 2 * settings.levels + 2
        return Sheet(self.instrument.id, rows + begin, slots * 3 + settings.chunk_s + 1)

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
            SimulatedSource(instrument, coin, settings, Trail())
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

    def memo(self, now_ns: int) -> bytes | None:
        """Where the market stood shortly before a time of its own; None when nobody knows."""
        # What was sent before that place has been received by now.
        sent_ns = now_ns - self.settings.latency_ns - self.settings.jitter_ns
        places: dict[str, Standing] = {}
        for source in self._sources:
            eventful = source.instrument.kind is Kind.PERPETUAL
            place = source.trail.before(sent_ns, eventful=eventful)
            if place is None:
                return None
            places[source.name] = place
        return msgspec.msgpack.encode((self.settings, places))

    def after(self, memo: bytes) -> list[SimulatedSource]:
        """The sources from where a memo says that they stood, each with its whole book first.

        All of them from their start when the memo is of another market.
        """
        kind = tuple[MarketSettings, dict[str, Standing]]
        settings, places = msgspec.msgpack.decode(memo, type=kind)
        if settings != self.settings:
            return self.sources()
        return [replace(source, since=places[source.name]) for source in self.sources()]
