"""Options of a simulated market as sources of the tape: the first of a chain speaks for all."""

from collections.abc import Iterator

from msgspec import Struct

from bot.feeds.simulated.chains import Chain, ChainQuotes
from bot.feeds.simulated.interruptions import interrupted
from bot.feeds.simulated.paths import calendar, price_path
from bot.feeds.simulated.settings import MarketSettings
from bot.feeds.simulated.source import chunks, passed_s
from bot.feeds.simulated.standing import Events, Standing, Trail
from bot.feeds.simulated.weather import SILENT
from bot.model.event import MarketEvent
from bot.model.instrument import Instrument
from bot.model.units import NS_PER_SECOND
from bot.tape.rows import Block, Int64s


class OptionSource(Struct, frozen=True):
    """An option. It has no book; its chain's tickers come from the first option of it.

    chain, trail: None for all but the first.
    """

    instrument: Instrument
    chain: Chain | None
    settings: MarketSettings
    trail: Trail | None
    since: Standing | None = None

    @property
    def name(self) -> str:
        """The instrument's id."""
        return self.instrument.id

    def blocks(self) -> Iterator[Block]:
        """Nothing."""
        yield from ()

    def events(self) -> Iterator[MarketEvent]:
        """What is quoted of the chain."""
        chain, settings = self.chain, self.settings
        if chain is None or self.trail is None:
            return
        of = calendar(settings)
        price = price_path(settings, chain.coin, of)
        quotes = ChainQuotes(chain, settings.seed, settings.coin(chain.coin).price)
        venue = settings.venue(chain.venue)
        done = 0
        if self.since is not None:
            done = passed_s(settings, self.since)
            assert self.since.events is not None, f"{self.name}: a place without its events"
            price.resume(self.since.events.price, done)
            quotes.skip(done)

        def silence(second: int, count: int) -> Int64s:
            rows = of.of_book(chain.coin, chain.venue, forces=False, start_s=second, count=count)
            return rows[:, SILENT].copy()

        before = done > 0 and bool(silence(done - 1, 1)[0])
        for start_ns, seconds in chunks(settings, self.since, max(chain.expiries_ns)):
            self.trail.keep(start_ns, Events(price.state, None, None, None))
            index, _, _ = price.seconds(seconds)
            silent = silence(done, seconds)
            done += seconds
            second = start_ns // NS_PER_SECOND
            found: list[MarketEvent] = [
                *interrupted(self.instrument.id, silent, start_ns, before=before),
                *quotes.seconds(second, index, silent, venue.latency_ns),
            ]
            before = bool(silent[-1])
            yield from sorted(found, key=lambda event: event.ts_recv)
