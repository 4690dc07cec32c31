"""One signal against one mid: what it said of moves past and to come, and what that was worth.

Every figure says of how many moments it is. Where a tape is too short, or nothing varies, there
is no figure and a reason stands in its place. Intervals are of 95 %, from a block bootstrap. A
block is twice as long as a horizon whose moves overlap, because those are no news, and at least
the cube root of the moments (Hall, Horowitz & Jing 1995). On unrelated series they miss 0 about
once in twenty times, at worst once in twelve where moves overlap ten times.

IC: rank correlation of score and move to come (ranks are those of the whole series).
Hit rate: how often the signs of both agree, where both have one.
R², forward and contemporaneous: of the move to come, and of the one just over, on the score
    alone; with the sign of the slope, so that the interval includes 0 where there may be nothing.
Edge: bps a unit gains by the score's side over the horizon, where the score is at least as strong
    as four fifths of those before it; gross, and net of two taker fees and of the spread.
"""

import math
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from bot.model.units import NS_PER_HOUR, NS_PER_SECOND
from bot.signals.evaluation import bootstrap, edge, moves, persistence, relation
from bot.signals.evaluation.moves import Mids

Float64s = npt.NDArray[np.float64]

WINDOWS_MIN: Final = 8
"""So many horizons that do not overlap must fit into what is measured."""

NEXT_MOVE: Final = "next move"


class Figure(Struct, frozen=True):
    """A measured number. n: moments it is of. low, high: its interval. why: there is none."""

    value: float | None
    n: int
    low: float | None = None
    high: float | None = None
    why: str = ""


class AtHorizon(Struct, frozen=True):
    """What a signal is worth over one horizon. cost_bps: of the mean trade, None without fees."""

    horizon: str
    ic: Figure
    hit_rate: Figure
    contemporaneous_r2: Figure
    forward_r2: Figure
    gross_bps: Figure
    net_bps: Figure
    cost_bps: float | None


class Assessment(Struct, frozen=True):
    """What a signal is worth. samples: moments looked at; known: of those with a fresh score."""

    samples: int
    known: int
    at: tuple[AtHorizon, ...]
    half_life_s: Figure
    units_an_hour: Figure
    verdict: str


class Luck(Struct, frozen=True):
    """Where the draws of a bootstrap come from; the same seed draws the same."""

    seed: int
    draws: int = bootstrap.DRAWS


def assess(
    scores: Float64s,
    mids: Mids,
    spread_bps: Float64s,
    taker_fee: float | None,
    horizons_ns: Sequence[int],
    luck: Luck,
) -> Assessment:
    """Measure a score at the moments of the mids; the next move comes first.

    scores, spread_bps: NaN is unknown. taker_fee: a fraction of the notional; None: not stated.
    """
    strong = edge.strong(scores)
    spans: list[int | None] = [None, *horizons_ns]
    at = []
    for k, span in enumerate(spans):
        to_come = moves.next_move(mids) if span is None else moves.ahead(mids, span)
        over = moves.last_move(mids) if span is None else moves.behind(mids, span)
        generator = np.random.default_rng((luck.seed, k))
        measure = _Measure(mids, span, generator, luck.draws)
        chosen = np.where(strong, scores, np.nan)
        gross = edge.gains(chosen, to_come)
        cost = None if taker_fee is None else edge.costs(spread_bps, taker_fee)
        net = Figure(None, 0, why="no taker fee was stated")
        if cost is not None:
            net = measure.mean(gross - cost, "strong scores")
        traded = ~np.isnan(gross if cost is None else gross - cost)
        at.append(
            AtHorizon(
                NEXT_MOVE if span is None else named(span),
                measure.rank(scores, to_come),
                measure.hits(scores, to_come),
                measure.square(scores, over),
                measure.square(scores, to_come),
                measure.mean(gross, "strong scores"),
                net,
                float(cost[traded].mean()) if cost is not None and traded.any() else None,
            )
        )
    series = persistence.on_grid(mids.times, mids.step_ns, scores)
    known = int((~np.isnan(scores)).sum())
    return Assessment(
        samples=len(scores),
        known=known,
        at=tuple(at),
        half_life_s=_half_life(series, known, mids.step_ns),
        units_an_hour=_turnover(series, known, mids.step_ns),
        verdict=verdict(at),
    )


def named(span_ns: int) -> str:
    """A horizon in words: `10 s`, `5 min`."""
    seconds = span_ns / NS_PER_SECOND
    return f"{seconds / 60:g} min" if seconds > 60 and seconds % 60 == 0 else f"{seconds:g} s"


def verdict(at: Sequence[AtHorizon]) -> str:
    """What the figures of all horizons come to, in words."""
    up = [one.horizon for one in at if one.ic.low is not None and one.ic.low > 0]
    down = [one.horizon for one in at if one.ic.high is not None and one.ic.high < 0]
    said = []
    if up:
        said.append(f"higher scores came before higher prices at {', '.join(up)}")
    if down:
        said.append(f"higher scores came before LOWER prices at {', '.join(down)}")
    if not up and not down and any(one.ic.value is not None for one in at):
        said.append("no forward relation that luck does not explain")
    measured = [one for one in at if one.net_bps.value is not None]
    paid = [one for one in measured if one.net_bps.low is not None and one.net_bps.low > 0]
    if paid:
        gains = ", ".join(f"{one.net_bps.value:+.2f} bps at {one.horizon}" for one in paid)
        said.append(f"forward edge after fees: {gains}, of {len(at)} horizons tried")
    elif measured:
        names = ", ".join(one.horizon for one in measured)
        said.append(f"no forward edge after fees at any measured horizon ({names})")
    elif any(one.gross_bps.value is not None for one in at):
        said.append("nothing is said of an edge after fees: " + at[0].net_bps.why)
    else:
        said.append("too little was recorded to say anything of an edge")
    return "; ".join(said)


class _Measure:
    """Figures over one horizon."""

    def __init__(
        self, mids: Mids, span: int | None, generator: np.random.Generator, draws: int
    ) -> None:
        self._span, self._generator, self._draws = span, generator, draws
        self._overlap = 1.0 if span is None else max(1.0, span / mids.step_ns)
        if span is None and len(mids.changes):
            self._overlap = max(1.0, len(mids.times) / len(mids.changes))

    def rank(self, scores: Float64s, moved: Float64s) -> Figure:
        x, y = _pairs(scores, moved)
        if why := self._too_few(len(x)):
            return Figure(None, len(x), why=why)
        x, y = relation.ranks(x), relation.ranks(y)
        return self._related(x, y, lambda r: r)

    def square(self, scores: Float64s, moved: Float64s) -> Figure:
        x, y = _pairs(scores, moved)
        if why := self._too_few(len(x)):
            return Figure(None, len(x), why=why)
        return self._related(x, y, relation.signed_square)

    def hits(self, scores: Float64s, moved: Float64s) -> Figure:
        x, y = _pairs(scores, moved)
        agreed = relation.agreements(x, y)
        if why := self._too_few(len(agreed)):
            return Figure(None, len(agreed), why=why)
        if not ((x > 0).any() and (x < 0).any()):
            return Figure(None, len(agreed), why="the score never changes its sign")
        return self._averaged(agreed)

    def mean(self, gained: Float64s, what: str) -> Figure:
        known = gained[~np.isnan(gained)]
        if why := self._too_few(len(known)):
            return Figure(None, len(known), why=f"{what}: {why}")
        return self._averaged(known)

    def _too_few(self, n: int) -> str:
        windows = n / self._overlap
        if windows >= WINDOWS_MIN:
            return ""
        length = "moves" if self._span is None else f"spans of {named(self._span)}"
        return f"{windows:.1f} {length} that do not overlap, expected at least {WINDOWS_MIN}"

    def _related(self, x: Float64s, y: Float64s, shape: Callable[[float], float]) -> Figure:
        n = len(x)
        r = relation.correlation(x, y)
        if r is None:
            return Figure(None, n, why="the score or the mid does not vary")
        begins, block = self._blocks(n)
        found = bootstrap.interval(bootstrap.correlations(x, y, begins, block), n / block)
        low, high = (None, None) if found is None else (shape(found[0]), shape(found[1]))
        return Figure(shape(r), n, low, high, "" if found else "no interval: it hardly varies")

    def _averaged(self, values: Float64s) -> Figure:
        begins, block = self._blocks(len(values))
        drawn = bootstrap.means(values, begins, block)
        found = bootstrap.interval(drawn, len(values) / block)
        low, high = found or (None, None)
        return Figure(float(values.mean()), len(values), low, high)

    def _blocks(self, n: int) -> tuple[npt.NDArray[np.int64], int]:
        shared = 2.0 * self._overlap if self._overlap > 1.0 else 1.0
        block = min(n, math.ceil(max(shared, n ** (1 / 3))))
        return bootstrap.starts(n, block, self._draws, self._generator), block


def _pairs(x: Float64s, y: Float64s) -> tuple[Float64s, Float64s]:
    both = ~(np.isnan(x) | np.isnan(y))
    return x[both], y[both]


def _half_life(series: Float64s, known: int, step_ns: int) -> Figure:
    steps = persistence.decay_half_life(series)
    if steps is not None:
        return Figure(steps * step_ns / NS_PER_SECOND, known)
    lags = min(persistence.LAGS_MAX, len(series) // 4) * step_ns / NS_PER_SECOND
    why = f"its autocorrelation does not fall to a half within {lags:g} s, or it does not vary"
    return Figure(None, known, why=why)


def _turnover(series: Float64s, known: int, step_ns: int) -> Figure:
    units = persistence.changes_of_side(series)
    if units is None:
        return Figure(None, known, why="it is never known twice in a row")
    return Figure(units * NS_PER_HOUR / step_ns, known)
