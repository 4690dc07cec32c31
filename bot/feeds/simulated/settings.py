"""A simulated market from its first second to its last: what it lists and how it behaves."""

from msgspec import Struct

from bot.feeds.simulated.chains import Chain
from bot.feeds.simulated.coins import BITCOIN, ETHER, Coin
from bot.feeds.simulated.listings import VENUE, Contract, Venue, pair_of
from bot.feeds.simulated.regimes import Episode, Seasons
from bot.feeds.simulated.terms import Flow, FundingTerms, Premium
from bot.model.units import NS_PER_MS, NS_PER_SECOND


class MarketSettings(Struct, frozen=True, kw_only=True):
    """A simulated market from its first second to its last.

    start_ns: a whole second. duration_s: None: it never ends. slots_per_second: how often an
    instrument may act; it sends about one message a slot. levels: a side of each book.
    latency_ns, jitter_ns: from the venue `sim` to us, and how much longer it may take.
    chunk_s: seconds made at once; it changes the speed and nothing else.
    coins: what has a price. contracts, chains: what is listed; none of either: spot and
    perpetual of each coin at `sim`, with `funding`. venues: all but `sim`.
    episodes: regimes at stated times; seasons: regimes that come by themselves.
    """

    seed: int
    start_ns: int
    duration_s: int | None = None
    slots_per_second: int = 50
    levels: int = 24
    latency_ns: int = 4 * NS_PER_MS
    jitter_ns: int = 2 * NS_PER_MS
    chunk_s: int = 16
    coins: tuple[Coin, ...] = (BITCOIN, ETHER)
    premium: Premium = Premium()
    funding: FundingTerms = FundingTerms()
    flow: Flow = Flow()
    venues: tuple[Venue, ...] = ()
    contracts: tuple[Contract, ...] = ()
    chains: tuple[Chain, ...] = ()
    episodes: tuple[Episode, ...] = ()
    seasons: Seasons | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be simulated."""
        for name, value, low, high in (
            ("slots_per_second", self.slots_per_second, 1, 1_000),
            ("levels", self.levels, 2, 500),
            ("chunk_s", self.chunk_s, 1, 3_600),
            ("latency_ns", self.latency_ns, 0, 10**10),
            ("jitter_ns", self.jitter_ns, 0, 5 * 10**8),
        ):
            if not low <= value <= high:
                raise ValueError(f"{name}: got {value}, expected {low} to {high}")
        if self.start_ns <= 0 or self.start_ns % 10**9:
            raise ValueError(f"start_ns: got {self.start_ns}, expected whole seconds, in ns")
        self._check_listings()

    def _check_listings(self) -> None:
        coins = [coin.base for coin in self.coins]
        venues = [VENUE, *(venue.name for venue in self.venues)]
        for name, values in (("coins", coins), ("venues", venues)):
            if len(set(values)) < len(values):
                raise ValueError(f"{name}: got {', '.join(values)}, expected each once")
        listed: list[Contract | Chain] = [*self.contracts, *self.chains]
        for one in listed:
            if one.coin not in coins:
                raise ValueError(f"{one.id} coin: got {one.coin}, expected {', '.join(coins)}")
            if one.venue not in venues:
                raise ValueError(f"{one.id} venue: got {one.venue}, expected {', '.join(venues)}")
        # A chain is called like the inverse perpetual of its coin; its options are not.
        for name, ids in (
            ("contracts", [str(one.id) for one in self.contracts]),
            ("chains", [one.id for one in self.chains]),
        ):
            if len(set(ids)) < len(ids):
                raise ValueError(f"{name}: got {', '.join(ids)}, expected each once")
        for contract in self.contracts:
            self._check_change(contract)
        for episode in self.episodes:
            if episode.coin is not None and episode.coin not in coins:
                raise ValueError(f"episode coin: got {episode.coin}, expected {', '.join(coins)}")
            if episode.venue is not None and episode.venue not in venues:
                raise ValueError(
                    f"episode venue: got {episode.venue}, expected {', '.join(venues)}"
                )

    def _check_change(self, contract: Contract) -> None:
        """A new interval begins where the old one and the new one both settle."""
        if contract.change is None or contract.funding is None:
            return
        at_ns = self.start_ns + contract.change.at_s * NS_PER_SECOND
        for interval_ns in (contract.funding.interval_ns, contract.change.interval_ns):
            if interval_ns <= 0 or at_ns % interval_ns:
                raise ValueError(
                    f"{contract.id} change.at_s: got {contract.change.at_s}, expected a settlement "
                    "of both intervals"
                )

    def listed(self) -> tuple[Contract, ...]:
        """The contracts that have books."""
        if self.contracts or self.chains:
            return self.contracts
        return tuple(one for coin in self.coins for one in pair_of(coin, self.funding))

    def venues_used(self) -> list[str]:
        """The names of the venues where something is listed."""
        used = [one.venue for one in self.listed()] + [one.venue for one in self.chains]
        return sorted(set(used))

    def venue(self, name: str) -> Venue:
        """The venue of this name."""
        for venue in self.venues:
            if venue.name == name:
                return venue
        return Venue(name=VENUE, latency_ns=self.latency_ns, jitter_ns=self.jitter_ns)

    def coin(self, base: str) -> Coin:
        """The coin of this name."""
        return next(coin for coin in self.coins if coin.base == base)
