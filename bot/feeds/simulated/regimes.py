"""Regimes of a simulated market: a trend, a squeeze, a cascade, one venue astray, an outage.

They come at stated times (an episode), or by themselves (seasons), and are pure functions of the
time: whoever asks for a second gets the same conditions, whatever was asked before.
"""

import enum
from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import Struct

from bot.feeds.simulated.draws import Draws
from bot.feeds.simulated.price import STEPS
from bot.feeds.simulated.weather import (
    ACTIVITY,
    AWAY,
    BIAS,
    CALM,
    DEPTH,
    DRIFT,
    FORCED,
    RAISED,
    SILENT,
    SPREAD,
    STILL,
    VOLATILITY,
    calm,
)
from bot.model.units import Currency
from bot.tape.rows import Int64s

BPS: Final = 10_000
"""Of a price, in 1e-8."""


class Regime(enum.StrEnum):
    """What a market may be in besides calm."""

    TREND = "trend"
    """The price goes one way, takers with it."""
    SQUEEZE = "squeeze"
    """Shorts are bought in, faster and faster: the premium rises, open interest falls."""
    CASCADE = "cascade"
    """Longs are sold out: depth goes, spreads open, open interest falls; some of it returns."""
    DISLOCATION = "dislocation"
    """One venue's prices leave those of all others, and come back."""
    OUTAGE = "outage"
    """Nothing is heard of a venue."""


_MOVES: Final = (Regime.TREND, Regime.SQUEEZE, Regime.CASCADE)
"""What moves the price of a coin, and so every venue."""


class Episode(Struct, frozen=True, kw_only=True):
    """A regime at a stated time.

    at_s: seconds since the market's start. for_s: how long. size_bps: how far the price goes by
    its end (trend, squeeze, cascade: down when negative), or how far the venue departs; nothing
    for an outage. coin, venue: whom it concerns; None: all of them.
    """

    regime: Regime
    at_s: int
    for_s: int
    size_bps: float = 0.0
    coin: Currency | None = None
    venue: str | None = None

    def __post_init__(self) -> None:
        """Refuse what has no time, and sizes that have the wrong sign."""
        if self.at_s < 0 or not 10 <= self.for_s <= 86_400:
            raise ValueError(
                f"{self.regime} at_s, for_s: got {self.at_s}, {self.for_s}, expected 0 or more "
                "and 10 to 86400"
            )
        low, high = {
            Regime.TREND: (-2_000, 2_000),
            Regime.SQUEEZE: (1, 2_000),
            Regime.CASCADE: (-2_000, -1),
            Regime.DISLOCATION: (-1_000, 1_000),
            Regime.OUTAGE: (0, 0),
        }[self.regime]
        if not low <= self.size_bps <= high:
            raise ValueError(
                f"{self.regime} size_bps: got {self.size_bps}, expected {low} to {high}"
            )
        if self.venue is not None and self.regime in _MOVES:
            raise ValueError(f"{self.regime} venue: got {self.venue}, expected none")


class Seasons(Struct, frozen=True, kw_only=True):
    """Regimes that come by themselves: one in every stretch of time, at a random moment of it.

    every_s: length of a stretch. regimes: which may come, each as likely. for_s, size_bps: how
    long, and how far at most.
    """

    every_s: int = 3_600
    regimes: tuple[Regime, ...] = tuple(Regime)
    for_s: int = 120
    size_bps: float = 80.0

    def __post_init__(self) -> None:
        """Refuse regimes that do not fit into their stretch."""
        if not self.regimes or not 10 <= self.for_s <= self.every_s // 2:
            raise ValueError(
                f"seasons for_s: got {self.for_s}, expected some regimes, 10 to half of every_s"
            )
        if not 1 <= self.size_bps <= 1_000:
            raise ValueError(f"seasons size_bps: got {self.size_bps}, expected 1 to 1000")


class Calendar:
    """Every regime of a market, by second."""

    def __init__(
        self,
        seed: int,
        episodes: Iterable[Episode],
        seasons: Seasons | None,
        coins: Sequence[Currency],
        venues: Sequence[str],
    ) -> None:
        """Take the stated ones, and know how to draw the others."""
        self._seed = seed
        self._stated = tuple(episodes)
        self._seasons = seasons
        self._coins = tuple(coins)
        self._venues = tuple(venues)

    def between(self, start_s: int, count: int) -> list[Episode]:
        """The episodes that touch these seconds, the stated ones first."""
        found = list(self._stated)
        if self._seasons is not None:
            every = self._seasons.every_s
            stretches = range(start_s // every, (start_s + count - 1) // every + 1)
            found += [self._drawn(self._seasons, stretch) for stretch in stretches]
        return [
            one for one in found if one.at_s < start_s + count and start_s < one.at_s + one.for_s
        ]

    def _drawn(self, seasons: Seasons, stretch: int) -> Episode:
        words = Draws(self._seed, f"season {stretch}").take(5).tolist()
        regime = seasons.regimes[words[0] % len(seasons.regimes)]
        begin = stretch * seasons.every_s + words[1] % (seasons.every_s - seasons.for_s)
        size = seasons.size_bps * (512 + words[2] % 513) / 1024
        if regime is Regime.OUTAGE:
            size = 0.0
        elif regime is Regime.CASCADE or (
            regime in (Regime.TREND, Regime.DISLOCATION) and words[3] & 1
        ):
            size = -size
        local = regime in (Regime.DISLOCATION, Regime.OUTAGE)
        return Episode(
            regime=regime,
            at_s=begin,
            for_s=seasons.for_s,
            size_bps=size,
            coin=None
            if regime is Regime.OUTAGE
            else self._coins[(words[3] >> 1) % len(self._coins)],
            venue=self._venues[words[4] % len(self._venues)] if local else None,
        )

    def of_coin(self, coin: Currency, start_s: int, count: int) -> Int64s:
        """Volatility and drift of a coin in these seconds."""
        rows = calm(count, STILL)
        for one in self.between(start_s, count):
            if one.coin in (None, coin) and one.regime in _MOVES:
                for second in _seconds(one, start_s, count):
                    _move(one, second - one.at_s, rows[second - start_s])
        return rows

    def of_book(
        self, coin: Currency, venue: str, *, forces: bool, start_s: int, count: int
    ) -> Int64s:
        """Conditions of an instrument in these seconds. forces: its traders may be liquidated."""
        rows = calm(count, CALM)
        for one in self.between(start_s, count):
            if one.coin in (None, coin) and one.venue in (None, venue):
                for second in _seconds(one, start_s, count):
                    _weigh(one, second - one.at_s, rows[second - start_s], forces=forces)
        return rows


_FALLS: Final = 0.6
"""Part of a cascade in which the price falls; then some of it returns."""
_RETURNS: Final = 0.3


def _seconds(one: Episode, start_s: int, count: int) -> range:
    return range(max(one.at_s, start_s), min(one.at_s + one.for_s, start_s + count))


def _move(one: Episode, second: int, row: Int64s) -> None:
    """Drift and volatility of the coin in a second of an episode."""
    length = one.for_s
    pace = 1.0
    if one.regime is Regime.SQUEEZE:
        pace = (2 * second + 1) / length  # faster and faster
    elif one.regime is Regime.CASCADE:
        # What returns later was lost on the way down.
        falling = second < _FALLS * length
        pace = (1 + _RETURNS) / _FALLS if falling else -_RETURNS / (1 - _FALLS)
    row[DRIFT] += round(one.size_bps * 1e-4 * pace / (length * STEPS) * (1 << 40))
    row[VOLATILITY] = (
        row[VOLATILITY] * {Regime.TREND: 5, Regime.SQUEEZE: 7, Regime.CASCADE: 10}[one.regime] // 4
    )


def _weigh(one: Episode, second: int, row: Int64s, *, forces: bool) -> None:
    """Conditions of a book in a second of an episode."""
    direction = 1 if one.size_bps >= 0 else -1
    match one.regime:
        case Regime.TREND:
            row[ACTIVITY] = row[ACTIVITY] * 3 // 2
            row[BIAS] += 250 * direction
        case Regime.SQUEEZE:
            part = (second + 1) / one.for_s
            row[ACTIVITY] = row[ACTIVITY] * 2
            row[DEPTH] = row[DEPTH] * 2 // 3
            row[SPREAD] = row[SPREAD] * 2
            row[BIAS] += 350
            row[RAISED] += round(one.size_bps * BPS * part / 4)
            if forces:
                row[FORCED] += round(6 * 1024 * part)
        case Regime.CASCADE:
            part = _stress(second / one.for_s)
            row[ACTIVITY] = row[ACTIVITY] * round(1024 * (1 + 2 * part)) >> 10
            row[DEPTH] = row[DEPTH] * round(1024 * (1 - 0.7 * part)) >> 10
            row[SPREAD] = row[SPREAD] * round(1024 * (1 + 7 * part)) >> 10
            row[BIAS] -= round(400 * part)
            row[RAISED] += round(one.size_bps * BPS * part / 4)
            if forces and part > 0.5:
                row[FORCED] -= round(10 * 1024 * part)
        case Regime.DISLOCATION:
            # It takes some seconds to go, and as many to come back.
            edge = min(5, one.for_s // 3)
            part = min(1.0, (second + 1) / edge, (one.for_s - second) / edge)
            row[AWAY] += round(one.size_bps * BPS * part)
            row[DEPTH] = row[DEPTH] * 3 // 4
        case Regime.OUTAGE:
            row[SILENT] = 1


def _stress(progress: float) -> float:
    """How bad a cascade is: it comes within a tenth of its time, and fades when the fall ends."""
    if progress < 0.1:
        return (progress + 0.02) / 0.12
    return 1.0 if progress < _FALLS else max(0.0, 1 - (progress - _FALLS) / (1 - _FALLS))
