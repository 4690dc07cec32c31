"""Flow of all levels and the micro-price, from the whole history at once: slow and clear."""

import itertools
import math

import numpy as np

from bot.signals import micro_price_kernels as kernels
from bot.signals.micro_price import refit
from tests.signals.harness import SECOND
from tests.signals.moments import Levels, Moment
from tests.signals.oracle import Outputs, fading, level_flow


def integrated_flow(moments: list[Moment], levels: int, half_life_s: float, base: float) -> Outputs:
    """With the weights of the beginning: a fit needs a day."""
    seen: list[tuple[int, list[float], float]] = []
    before: tuple[Levels, Levels] | None = None
    for m in moments:
        if m.snapshot or not m.both("book"):
            before = None
        if not m.both("book") or m.top >= levels:
            continue
        now = (m.bids[:levels], m.asks[:levels])
        flows = [level_flow(before, now, k) for k in range(levels)]
        seen.append((m.t, flows, sum(q for side in now for _, q in side) / 2 / levels))
        before = now
    names = ("value", "queue", "explained", "quality")
    if not moments[-1].both("book"):
        return dict.fromkeys(names)
    last = seen[-1][0]
    kept = [fading(last - t, half_life_s) for t, *_ in seen]
    weights = [0.85**k for k in range(levels)]
    total = sum(
        w * weights[k] * flows[k]
        for (_, flows, _), w in zip(seen, kept, strict=True)
        for k in range(levels)
    ) / sum(weights)
    queue = sum(q * w for (*_, q), w in zip(seen, kept, strict=True)) / sum(kept)
    whole = min(levels, len(moments[-1].bids), len(moments[-1].asks))
    return {
        "value": total / queue,
        "queue": queue * base,
        "explained": None,
        "quality": whole / levels,
    }


def micro_price(
    moments: list[Moment], source: str, span_s: float, least: int, buckets: int
) -> Outputs:
    """Fitted, by the fit itself, to transitions that are counted anew from the whole history."""
    span = round(span_s * SECOND)
    states = _states(moments, source)
    best = moments[-1].both(source)
    if best is None:
        return {"value": None, "ticks": None, "fitted": None}
    (bid, bid_size), (ask, ask_size) = best
    mid = (bid + ask) / 2
    fits = [
        k for k in range(1, len(states) - 1) if states[k][0] // span != states[k - 1][0] // span
    ]
    adjust = _fitted(states, states[fits[-1]][0] // span, span, least, buckets) if fits else None
    if adjust is None:
        ticks = (bid * ask_size + ask * bid_size) / (bid_size + ask_size) - mid
    else:
        ticks = adjust[states[-1][1]]
        if ask - bid == 1:
            ticks = min(0.5, max(-0.5, ticks))
    return {"value": ticks / mid * 1e4, "ticks": ticks, "fitted": float(adjust is not None)}


State = tuple[int, int, int, bool]
"""Time, cell, mid in half ticks, and whether it follows none."""


def _states(moments: list[Moment], source: str) -> list[State]:
    found: list[State] = []
    first = True
    for m in moments:
        if source == "book" and m.snapshot:
            first = True
        best = m.both(source)
        if best is None:
            first = True
        elif m.concerns_touch(source):
            (bid, bid_size), (ask, ask_size) = best
            share = 0.5 + math.asin((bid_size - ask_size) / (bid_size + ask_size)) / math.pi
            step = min(kernels.FINE - 1, max(0, int(share * kernels.FINE)))
            cell = (min(ask - bid, 3) - 1) * kernels.FINE + step
            found.append((m.t, cell, bid + ask, first))
            first = False
    return found


_FITS: dict[object, object] = {}


def _fitted(states: list[State], period: int, span: int, least: int, buckets: int):
    """What each cell adds, fitted to the four periods before; None: not enough moves."""
    steps = tuple(
        (a[1], b[1], b[2] - a[2])
        for a, b in itertools.pairwise(states)
        if not b[3] and period - 4 <= b[0] // span < period
    )
    key = (steps, least, buckets)
    if key in _FITS:
        return _FITS[key]
    counts = np.zeros(kernels.MICRO_STATE)
    still, moved = (
        counts[kernels.COUNTED + part :][: kernels.CELLS**2].reshape(kernels.CELLS, -1)
        for part in (kernels.FROM_STILL, kernels.FROM_MOVED)
    )
    moves = counts[kernels.COUNTED + kernels.FROM_MOVES :][: 4 * kernels.CELLS].reshape(-1, 4)
    for before, after, half_ticks in steps:
        (still if half_ticks == 0 else moved)[before, after] += 1
        if half_ticks:
            moves[before, (-2, -1, 1, 2).index(max(-2, min(2, half_ticks)))] += 1
    counts[kernels.PERIOD] = 1
    refit(np.array([0.0, 0.0, float(least), float(buckets)]), counts)
    adjust = counts[kernels.ADJUST : kernels.ADJUST + kernels.CELLS]
    _FITS[key] = adjust if counts[kernels.FITTED] else None
    return _FITS[key]
