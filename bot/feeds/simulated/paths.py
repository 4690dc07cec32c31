"""What moves under an instrument, second after second: its coin, its premium, the weather."""

import numpy as np

from bot.feeds.simulated.listings import Contract
from bot.feeds.simulated.premium import PremiumPath
from bot.feeds.simulated.price import SECONDS_IN_YEAR, PricePath
from bot.feeds.simulated.regimes import Calendar
from bot.feeds.simulated.settings import MarketSettings
from bot.feeds.simulated.weather import RAISED, SILENT
from bot.model.instrument import Kind
from bot.model.units import NS_PER_SECOND
from bot.tape.rows import Int64s


def calendar(settings: MarketSettings) -> Calendar:
    """The regimes of a market."""
    return Calendar(
        settings.seed,
        settings.episodes,
        settings.seasons,
        [coin.base for coin in settings.coins],
        settings.venues_used(),
    )


def price_path(settings: MarketSettings, coin: str, of: Calendar) -> PricePath:
    """The path of a coin's price, regimes included."""
    known = settings.coin(coin)
    return PricePath(
        known,
        settings.seed,
        lambda second, count: of.of_coin(known.base, second, count),
        bursts=settings.flow.bursts,
    )


class Paths:
    """Price, premium and weather of a contract; every reader has its own."""

    def __init__(self, settings: MarketSettings, contract: Contract) -> None:
        """Start at the market's first second."""
        self._settings = settings
        self._contract = contract
        self._calendar = calendar(settings)
        self._second = 0
        self._price = price_path(settings, contract.coin, self._calendar)
        self._premium = None
        if contract.kind is Kind.PERPETUAL:
            coin = settings.coin(contract.coin)
            terms = settings.premium
            self._premium = PremiumPath(coin, terms, settings.funding, settings.seed)

    @property
    def state(self) -> tuple[list[int], list[int] | None]:
        """Where price and premium stand, for `resume`."""
        return self._price.state, None if self._premium is None else self._premium.state

    def resume(self, price: list[int], premium: list[int] | None, passed: int) -> None:
        """Stand where another reader stood after so many seconds."""
        self._second = passed
        self._price.resume(price, passed)
        if self._premium is not None and premium is not None:
            self._premium.resume(premium, passed)

    def silent_before(self, second: int) -> bool:
        """Whether nothing was heard in the second before this one."""
        return second > 0 and bool(self.weather(second - 1, 1)[0, SILENT])

    def seconds(self, count: int) -> tuple[Int64s, Int64s, Int64s]:
        """Index, flow and heat, one a step; the premium and the weather, one a second."""
        walked = np.array(self._price.seconds(count))
        weather = self.weather(self._second, count)
        if self._premium is not None:
            premium = self._premium.seconds(count) + weather[:, RAISED]
        else:
            premium = self._carried(count)
        self._second += count
        return walked, premium, weather

    def weather(self, second: int, count: int) -> Int64s:
        """Conditions of seconds since the start, whatever was read before."""
        contract = self._contract
        return self._calendar.of_book(
            contract.coin,
            contract.venue,
            forces=contract.kind is Kind.PERPETUAL,
            start_s=second,
            count=count,
        )

    def _carried(self, count: int) -> Int64s:
        """What a future costs over the coin: less every second, nothing at its expiry."""
        if self._contract.expiry_ns is None:
            return np.zeros(count, np.int64)
        carry = round(self._contract.carry * 1e8)
        left: Int64s = np.maximum(0, self._left(self._second, count))
        return carry * left // SECONDS_IN_YEAR

    def _left(self, second: int, count: int) -> Int64s:
        """Seconds from each second to the expiry."""
        assert self._contract.expiry_ns is not None
        start_s = self._settings.start_ns // NS_PER_SECOND
        expiry_s = self._contract.expiry_ns // NS_PER_SECOND
        left: Int64s = expiry_s - start_s - np.arange(second, second + count, dtype=np.int64)
        return left
