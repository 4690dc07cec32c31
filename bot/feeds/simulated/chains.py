"""An option chain of a simulated market: inverse options quoted on a surface that moves.

Tickers come as the venue sends them: bid and ask on the grid, a side that nobody quotes empty,
mark, its volatility, forward and open interest; greeks nowhere, for whoever wants them computes
them.
"""

import math
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

import numpy as np
from msgspec import Struct

from bot.feeds.simulated.draws import Draws
from bot.feeds.simulated.listings import VENUE, day_of
from bot.feeds.simulated.price import STEPS
from bot.feeds.simulated.surface import YEAR_S, Float64s, Surface, worth
from bot.model.event import OptionTickers
from bot.model.instrument import Instrument, Kind, PriceGrid
from bot.model.units import NS_PER_SECOND, Currency, InstrumentId
from bot.tape.rows import SCALAR_SCALE, Int64s
from bot.tape.tickers import Tickers, told

USD: Final = Currency("USD")
MARK_DIGITS: Final = 6
VOLATILITY_DIGITS: Final = 4
FORWARD_DIGITS: Final = 2
LEAST_S: Final = 60
"""Options are quoted until so long before they expire."""


class Chain(Struct, frozen=True, kw_only=True):
    """Inverse options on a coin at a venue, every strike as call and put at every expiry.

    tick, steps: in coin, as `PriceGrid`. lot: contracts of one coin. every_s: seconds between
    tickers of an option. half_spread: from the mark to a quote, in volatility. carry: what the
    forward gains over the coin's price, a year. open_interest: contracts of an option at the
    money, fewer further away.
    """

    venue: str = VENUE
    coin: Currency
    expiries_ns: tuple[int, ...]
    strikes: tuple[Decimal, ...]
    surface: Surface = Surface()
    tick: Decimal = Decimal("0.0001")
    steps: tuple[tuple[int, int], ...] = ((0, 1), (50, 5))
    lot: Decimal = Decimal("0.1")
    every_s: int = 1
    half_spread: float = 0.01
    carry: float = 0.0
    open_interest: float = 400.0

    def __post_init__(self) -> None:
        """Refuse a chain without options."""
        if not self.expiries_ns or not self.strikes or min(self.strikes) <= 0:
            raise ValueError(f"{self.id}: expected expiries, and strikes > 0")
        if any(ns % NS_PER_SECOND for ns in self.expiries_ns):
            raise ValueError(f"{self.id} expiries_ns: expected whole seconds")
        if not 1 <= self.every_s <= 3_600:
            raise ValueError(f"{self.id} every_s: got {self.every_s}, expected 1 to 3600")
        if not 0 < self.half_spread < 1:
            raise ValueError(f"{self.id} half_spread: got {self.half_spread}, expected 0 to 1")

    @property
    def id(self) -> str:
        """The chain as `chain_of` has it."""
        return f"{self.venue}:{self.coin}/{USD}:{self.coin}"

    def options(self) -> tuple[Instrument, ...]:
        """Every option, by id."""
        listed = [
            self._option(expiry_ns, strike, call=call)
            for expiry_ns in self.expiries_ns
            for strike in self.strikes
            for call in (True, False)
        ]
        return tuple(sorted(listed, key=lambda one: one.id))

    def _option(self, expiry_ns: int, strike: Decimal, *, call: bool) -> Instrument:
        name = f"{self.id}-{day_of(expiry_ns)}-{strike.normalize():f}-{'C' if call else 'P'}"
        return Instrument(
            id=InstrumentId(name),
            kind=Kind.OPTION,
            base=self.coin,
            quote=self.coin,
            settle=self.coin,
            grid=PriceGrid(self.tick, self.steps),
            lot=self.lot,
            expiry_ns=expiry_ns,
            strike=strike,
            call=call,
        )


class ChainQuotes:
    """What is quoted of a chain, second after second."""

    def __init__(self, chain: Chain, seed: int, price: Decimal) -> None:
        """Take the options in the order of their ids. price: of the coin, at the start."""
        self._chain = chain
        self._options = chain.options()
        self._ids = tuple(one.id for one in self._options)
        self._draws = Draws(seed, f"options {chain.id}")
        self._price = float(price)
        self._strike = np.array([float(one.strike or 0) for one in self._options])
        self._expiry_s = np.array([(one.expiry_ns or 0) // NS_PER_SECOND for one in self._options])
        self._call = np.array([bool(one.call) for one in self._options])

    def skip(self, seconds: int) -> None:
        """Go on as if so many seconds had passed."""
        self._draws.skip(seconds * len(self._options))

    def seconds(
        self, second: int, index: Int64s, silent: Int64s, late_ns: int
    ) -> Iterator[OptionTickers]:
        """Tickers of the next seconds.

        second: since the epoch. index: in 1e-8 quote, `STEPS` a second. silent: 1 where nothing is
        heard. late_ns: from the venue to us.
        """
        words = self._draws.take(len(silent) * len(self._options))
        words = words.reshape(len(silent), len(self._options))
        for k in range(len(silent)):
            now = second + k
            if silent[k] or now % self._chain.every_s:
                continue
            spot = int(index[k * STEPS]) / SCALAR_SCALE
            tickers = self._at(now, spot, words[k], late_ns)
            if tickers.rows:
                yield from told(tickers)

    def _at(self, now: int, spot: float, words: Int64s, late_ns: int) -> Tickers:
        chain = self._chain
        alive = np.flatnonzero(self._expiry_s - now > LEAST_S)
        years = (self._expiry_s[alive] - now) / YEAR_S
        forward = np.round(spot * (1 + chain.carry * years), FORWARD_DIGITS)
        moneyness = np.log(self._strike[alive] / forward)
        moved = math.log(spot / self._price)
        volatility = chain.surface.volatility(moneyness, years, moved)
        call = self._call[alive]
        mark, low, high = (
            worth(call, moneyness, years, volatility + shift)
            for shift in (0.0, -np.minimum(chain.half_spread, volatility / 2), chain.half_spread)
        )
        count = len(alive)
        ns = now * NS_PER_SECOND
        bid, ask = self._ticks(low, up=False), self._ticks(high, up=True)
        sizes = 1 + words[alive] % 200, 1 + (words[alive] >> 20) % 200
        held = np.round(chain.open_interest * np.exp(-((moneyness / 0.3) ** 2)), 1)
        return Tickers(
            instruments=self._ids,
            ts_recv=np.full(count, ns + late_ns, np.int64),
            ts_venue=np.full(count, ns, np.int64),
            instrument=alive.astype(np.int32),
            flags=np.zeros(count, np.int32),
            bid=bid,
            ask=ask,
            bid_size=np.where(bid > 0, sizes[0], 0),
            ask_size=sizes[1],
            mark=np.round(mark, MARK_DIGITS),
            mark_iv=np.round(volatility, VOLATILITY_DIGITS),
            underlying=forward,
            open_interest=held,
            start=0,
            stop=count,
        )

    def _ticks(self, value: Float64s, *, up: bool) -> Int64s:
        """Prices on the grid: bids down, asks up, an ask never at nothing."""
        grid = self._options[0].grid
        # Rounded first: a last digit that differs between machines must not decide.
        exact = np.round(value / float(grid.tick), 3)
        whole = (np.ceil(exact) if up else np.floor(exact)).astype(np.int64)
        if up:
            return np.array([grid.up(max(1, one)) for one in whole.tolist()], np.int64)
        return np.array([grid.down(one) for one in whole.tolist()], np.int64)
