"""The simulated market as sources of the tape: one an instrument, each on its own."""

import msgspec
from msgspec.structs import replace

from bot.feeds.simulated.option_source import OptionSource
from bot.feeds.simulated.settings import MarketSettings
from bot.feeds.simulated.source import SimulatedSource
from bot.feeds.simulated.standing import Standing, Trail
from bot.model.instrument import Instrument

Source = SimulatedSource | OptionSource


class SimulatedMarket:
    """Every contract and every option of a market that does not exist."""

    def __init__(self, settings: MarketSettings) -> None:
        """List them."""
        self.settings = settings
        venues = [settings.venue(name) for name in settings.venues_used()]
        self._slowest_ns = max(venue.latency_ns + venue.jitter_ns for venue in venues)
        self._sources: list[Source] = [
            SimulatedSource(one.instrument(), one, settings, Trail(rows=True, events=one.tells))
            for one in settings.listed()
        ]
        for chain in settings.chains:
            first, *others = chain.options()
            self._sources.append(
                OptionSource(first, chain, settings, Trail(rows=False, events=True))
            )
            self._sources += [OptionSource(one, None, settings, None) for one in others]

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """The contracts, by id."""
        return tuple(source.instrument for source in self.sources())

    def sources(self) -> list[Source]:
        """What `bot.tape.merge.merge` makes one tape of, by name."""
        return sorted(self._sources, key=lambda source: source.name)

    def memo(self, now_ns: int) -> bytes | None:
        """Where the market stood shortly before a time of its own; None when nobody knows."""
        # What was sent before that place has been received by now.
        sent_ns = now_ns - self._slowest_ns
        places: dict[str, Standing] = {}
        for source in self._sources:
            if source.trail is None:
                continue
            place = source.trail.before(sent_ns)
            if place is None:
                return None
            places[source.name] = place
        return msgspec.msgpack.encode((self.settings, places))

    def after(self, memo: bytes) -> list[Source]:
        """The sources from where a memo says that they stood, each with its whole book first.

        All of them from their start when the memo is of another market.
        """
        kind = tuple[MarketSettings, dict[str, Standing]]
        settings, places = msgspec.msgpack.decode(memo, type=kind)
        if settings != self.settings:
            return self.sources()
        return [replace(one, since=places.get(one.name)) for one in self.sources()]
