"""Scores of what trades do to the price, from the whole history at once: slow and clear."""

import itertools
import math
from collections import defaultdict
from fractions import Fraction
from statistics import median

from tests.signals.harness import SECOND
from tests.signals.moments import Moment
from tests.signals.oracle import Outputs, fading
from tests.signals.oracle_trades import ratio, trades_of

TICK, LOT = 0.5, 0.25
MS = 1_000_000


# --- price impact -----------------------------------------------------------------------------


def pairs_of(moments: list[Moment], source: str) -> tuple[list[tuple[int, Fraction]], bool]:
    """Signed size and move of the mid, in ticks, of each trade; whether the last is still open."""
    pairs: list[tuple[int, Fraction]] = []
    mid: Fraction | None = None
    begun: tuple[int, Fraction, int] | None = None
    for m in moments:
        for side, _, size in m.trades:
            if mid is None:
                continue
            if begun and begun[2] == m.t // MS and begun[0] * side > 0:
                begun = (begun[0] + side * size, begun[1], begun[2])
                continue
            if begun:
                pairs.append((begun[0], mid - begun[1]))
            begun = (side * size, mid, m.t // MS)
        if not (m.heard & {"trade"} or m.concerns_touch(source)):
            continue
        best = m.both(source)
        mid = Fraction(best[0][0] + best[1][0], 2) if best else None
        if mid is None:
            begun = None
    if begun and mid is not None:
        pairs.append((begun[0], mid - begun[1]))
    return pairs, begun is not None


def slope_of(moments: list[Moment], source: str, count: int) -> tuple[float, float | None] | None:
    """Ticks a lot, and R²."""
    pairs, is_open = pairs_of(moments, source)
    # A trade that still waits is one of those that count.
    if not is_open or len(pairs) < count:
        return None
    xs, ys = zip(*pairs[-count:], strict=True)
    x, y = Fraction(sum(xs), count), sum(ys) / Fraction(count)
    xx = sum((a - x) ** 2 for a in xs)
    yy = sum((b - y) ** 2 for b in ys)
    xy = sum((a - x) * (b - y) for a, b in zip(xs, ys, strict=True))
    if xx == 0:
        return None
    return float(xy / xx), float(xy * xy / (xx * yy)) if yy else None


def kyle_lambda(moments: list[Moment], source: str, count: int) -> Outputs:
    names = ("value", "million_bps", "quote", "r2")
    found = slope_of(moments, source, count)
    best = moments[-1].both(source)
    if found is None or best is None:
        return dict.fromkeys(names)
    mid = (best[0][0] + best[1][0]) / 2
    unit = found[0] / LOT
    bps = unit / mid * 1e4
    return dict(zip(names, (bps, bps * 1e6 / (mid * TICK), unit * TICK, found[1]), strict=True))


def illiquidity(moments: list[Moment], bar_s: float, count: int) -> Outputs:
    bars: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for t, _, price, size in trades_of(moments):
        bars[t // round(bar_s * SECOND)].append((price, size))
    over = sorted(bars)[:-1]
    ratios = []
    for before, bar in itertools.pairwise(over):
        paid = sum(p * q for p, q in bars[bar]) * TICK * LOT
        ratios.append(abs(math.log(bars[bar][-1][0] / bars[before][-1][0])) / paid)
    return {"value": sum(ratios[-count:]) / count if len(ratios) >= count else None}


# --- absorption -------------------------------------------------------------------------------


def absorption(
    moments: list[Moment], source: str, window_s: float, windows: tuple[int, int], count: int
) -> Outputs:
    """windows: how many are remembered, and how many it takes."""
    names = ("value", "z", "net", "impact", "moved", "refilled")
    now, window = moments[-1].t, round(window_s * SECOND)
    best = moments[-1].both(source)
    mid = (best[0][0] + best[1][0]) / 2 if best else None
    before = _mid_at(moments, source, now - window)
    found = slope_of(moments, source, count)
    past = _windows(moments, window)[-windows[0] :]
    if mid is None or before is None or found is None or len(past) < windows[1]:
        return dict.fromkeys(names)
    net = sum(s * q for t, s, _, q in trades_of(moments) if t > now - window)
    center = median(past)
    away = [abs(x - center) for x in past]
    sigma = 1.4826 * median(away) or 1.2533 * sum(away) / len(away)
    z = max(-8.0, min(8.0, (net - center) / sigma)) if sigma else 0.0
    impact = found[0] / LOT / mid * 1e4
    moved = (mid - before) / mid * 1e4
    value = 0.0
    if net:
        sign = 1 if net > 0 else -1
        force = min(1.0, max(0.0, (abs(z) - 1.5) / 2.5))
        expected = max(impact * abs(net * LOT), 0.1)
        value = -sign * force * (1 - min(1.0, max(0.0, sign * moved) / expected))
    full = _refilled(moments, source, 1 if net > 0 else -1) if net else None
    refilled = None if not net else float(full is not None and now - full < window)
    return dict(zip(names, (value, z, net * LOT, impact, moved, refilled), strict=True))


def _mid_at(moments: list[Moment], source: str, t: int) -> float | None:
    """The mid at a time, if the touch has been there ever since."""
    found = None
    for m in moments:
        best = m.both(source)
        if best is None:
            found = None
        elif m.t <= t:
            found = (best[0][0] + best[1][0]) / 2
    return found


def _windows(moments: list[Moment], window: int) -> list[int]:
    """Net volume of each whole window of the clock."""
    nets = dict.fromkeys(range(moments[0].t // window, moments[-1].t // window), 0)
    for t, side, _, size in trades_of(moments):
        if t // window in nets:
            nets[t // window] += side * size
    return list(nets.values())


def _refilled(moments: list[Moment], source: str, side: int) -> int | None:
    """When the price that aggressors of a side last hit was last full again after it shrank."""
    found: int | None = None
    best: tuple[int, int] | None = None
    hit: dict[str, int] = {}
    hit_price, hit_at = 0, 0
    for m in moments:
        for aggressor, price, _ in m.trades:
            late = m.t - hit_at > SECOND
            if aggressor == side and best and best[0] == price and (late or hit_price != price):
                hit = {"before": best[1], "shrunk": 0}
                hit_price, hit_at = price, m.t
        both = m.both(source)
        best = None if both is None else both[(side + 1) // 2]
        if not hit or best is None or not m.concerns_touch(source):
            continue
        if m.t - hit_at > SECOND:
            hit = {}
        elif best[0] != hit_price or best[1] < 0.8 * hit["before"]:
            hit["shrunk"] = 1
        elif hit["shrunk"]:
            found, hit = m.t, {}
    return found


# --- volume -----------------------------------------------------------------------------------


def poured(parts: list[tuple[int, float]], size: int) -> list[float]:
    """How one-sided each whole bucket is; parts: volume and the share of it that was bought."""
    found: list[float] = []
    room, bought = float(size), 0.0
    for volume, share in parts:
        left = float(volume)
        while left >= room:
            found.append(abs(2 * (bought + room * share) - size) / size)
            left, room, bought = left - room, float(size), 0.0
        room, bought = room - left, bought + left * share
    return found


def vpin(moments: list[Moment], size: int, buckets: int, ranks: tuple[int, int]) -> Outputs:
    trades = trades_of(moments)
    parts = [(q, 1.0 if s > 0 else 0.0) for _, s, _, q in trades]
    return _vpin(poured(parts, size), size, buckets, ranks, bool(trades))


def bulk_vpin(
    moments: list[Moment], size: int, buckets: int, ranks: tuple[int, int], bars: tuple[float, int]
) -> Outputs:
    """bars: how long one is, and of how many deviations are known."""
    trades = trades_of(moments)
    grouped: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for t, _, price, lots in trades:
        grouped[t // round(bars[0] * SECOND)].append((price, lots))
    over = sorted(grouped)[:-1]
    parts: list[tuple[int, float]] = []
    moves: list[int] = []
    for before, bar in itertools.pairwise(over):
        move = grouped[bar][-1][0] - grouped[before][-1][0]
        if len(moves) >= bars[1]:
            sigma = _fading_sigma(moves, 60.0)
            z = move / sigma if sigma else math.inf * move if move else 0.0
            parts.append((sum(q for _, q in grouped[bar]), 0.5 * math.erfc(-z / math.sqrt(2))))
        moves.append(move)
    return _vpin(poured(parts, size), size, buckets, ranks, bool(trades))


def _fading_sigma(xs: list[int], half_life: float) -> float:
    weight = 1 - 0.5 ** (1 / half_life)
    weights = [(1 - weight) ** (len(xs) - 1 - k) * (weight if k else 1.0) for k in range(len(xs))]
    mean = sum(w * x for w, x in zip(weights, xs, strict=True))
    return math.sqrt(sum(w * (x - mean) ** 2 for w, x in zip(weights, xs, strict=True)))


def _vpin(
    shares: list[float], size: int, buckets: int, ranks: tuple[int, int], begun: bool
) -> Outputs:
    values = [sum(shares[k - buckets : k]) / buckets for k in range(buckets, len(shares) + 1)]
    rank = None
    if values and len(past := values[:-1][-ranks[0] :]) >= ranks[1]:
        below = sum(x < values[-1] - 1e-12 for x in past)
        not_above = sum(x <= values[-1] + 1e-12 for x in past)
        rank = 0.5 * (below + not_above) / len(past)
    return {
        "value": values[-1] if values else None,
        "rank": rank,
        "bucket": size * LOT if begun else None,
    }


def large_trades(
    moments: list[Moment], half_life_s: float, share: float | None, least: float, count: int
) -> Outputs:
    """least: in lots, if there is no share of the median of so many trades."""
    prints = trades_of(moments)
    names = ("value", "raw", "left_out", "size_min")
    if not prints:
        return dict.fromkeys(names)
    now = prints[-1][0]
    whole: list[tuple[int, int]] = []
    ms = side_before = 0
    for t, side, _, size in prints:
        if whole and (ms, side_before) == (t // MS, side):
            whole[-1] = (t, whole[-1][1] + side * size)
        else:
            whole.append((t, side * size))
        ms, side_before = t // MS, side
    sizes = [abs(x) for _, x in whole]
    floors = [
        least if share is None else share * median(sizes[max(0, k - count) : k]) if k else 0.0
        for k in range(len(whole))
    ]
    kept = [
        (x, fading(now - t, half_life_s))
        for (t, x), floor in zip(whole, floors, strict=True)
        if abs(x) >= floor
    ]
    every = [(s * q, fading(now - t, half_life_s)) for t, s, _, q in prints]
    total = sum(q * w for _, _, _, q in prints for w in [1.0]) and sum(abs(x) * w for x, w in every)
    large = sum(abs(x) * w for x, w in kept)
    return {
        "value": ratio([(float(x), w) for x, w in kept]),
        "raw": ratio([(float(x), w) for x, w in every]),
        "left_out": min(1.0, max(0.0, 1 - large / total)),
        "size_min": floors[-1] * LOT,
    }
