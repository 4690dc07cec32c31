"""Every score of the book and of flows, from the whole history at once: slow and clear.

Each function takes the moments so far and says what a watch of the instrument publishes now,
by name; None is unknown. Nothing is carried from one moment to the next.
"""

import math
from itertools import pairwise
from statistics import median

from tests.signals.harness import SECOND
from tests.signals.moments import Levels, Moment

Outputs = dict[str, float | None]


def fading(since_ns: int, half_life_s: float) -> float:
    return 0.5 ** (since_ns / SECOND / half_life_s)


def mean(observations: list[tuple[int, float]], half_life_s: float) -> float:
    """Exponentially weighted mean: each observation replaces what has faded since the last."""
    weights = [1.0] + [
        1.0 - fading(t - before, half_life_s) for (before, _), (t, _) in pairwise(observations)
    ]
    total = 0.0
    for k, (_, x) in enumerate(observations):
        kept = math.prod(1.0 - weight for weight in weights[k + 1 :])
        total += x * weights[k] * kept
    return total


# --- book state -------------------------------------------------------------------------------


def balance(bids: float, asks: float) -> float | None:
    return (bids - asks) / (bids + asks) if bids + asks > 0 else None


def queue_imbalance(moments: list[Moment], source: str, half_life_s: float) -> Outputs:
    seen = [
        (m.t, balance(best[0][1], best[1][1]))
        for m in moments
        if m.concerns_touch(source) and (best := m.best(source))
    ]
    if not moments or not moments[-1].best(source):
        return {"value": None, "mean": None}
    return {"value": seen[-1][1], "mean": mean(seen, half_life_s)}


def book_imbalance(moments: list[Moment], levels: int, decay: float) -> Outputs:
    now = moments[-1]
    if not now.usable or not (now.bids or now.asks):
        return {"value": None, "quality": None}
    bids, asks = (
        sum(size * decay**k for k, (_, size) in enumerate(side[:levels]))
        for side in (now.bids, now.asks)
    )
    thin = min(len(now.bids), len(now.asks)) < min(3, levels)
    return {"value": balance(bids, asks), "quality": 0.5 if thin else 1.0}


def weighted_mid(moments: list[Moment], source: str) -> Outputs:
    best = moments[-1].both(source)
    if best is None:
        return {"value": None}
    (bid, bid_size), (ask, ask_size) = best
    fair = (bid * ask_size + ask * bid_size) / (bid_size + ask_size)
    mid = (bid + ask) / 2
    return {"value": (fair - mid) / mid * 1e4}


def spread_bps(moment: Moment, source: str) -> float | None:
    best = moment.both(source)
    return None if best is None else (best[1][0] - best[0][0]) / (best[0][0] + best[1][0]) * 2e4


def spread(moments: list[Moment], times: list[int], source: str, z_window_s: int) -> Outputs:
    """times: of all messages of all instruments, for they tell when a second is over."""
    value = spread_bps(moments[-1], source) if moments else None
    samples = []
    if times:
        for second in range(times[0] // SECOND + 1, times[-1] // SECOND + 1):
            before = [m for m in moments if m.t < second * SECOND]
            if before and (x := spread_bps(before[-1], source)) is not None:
                samples.append(x)
    return {"value": value, "z": robust_z(value, samples[-z_window_s:], z_window_s)}


def robust_z(x: float | None, past: list[float], window: int, floor: float = 0.0) -> float | None:
    if x is None or len(past) < max(10, window / 3):
        return None
    center = median(past)
    away = [abs(other - center) for other in past]
    sigma = max(1.4826 * median(away) or 1.2533 * sum(away) / len(away), floor)
    return max(-8.0, min(8.0, (x - center) / sigma)) if sigma else 0.0


def depth_sums(
    moment: Moment, around: float, half_bps: float, low: float, high: float, at: float
) -> tuple[float, float]:
    """Depth between two prices, weighted by its distance from `at`; slope as at `around`."""
    slope = math.log(2) * 1e4 / (half_bps * around)

    def total(levels: Levels) -> float:
        return sum(
            size * math.exp(-slope * abs(price - at))
            for price, size in levels
            if low <= price <= high
        )

    return total(moment.bids), total(moment.asks)


def depth_limit(moment: Moment, within_bps: float) -> float:
    """How far from the mid both sides are known."""
    low, high = moment.reach
    known = [within_bps * 1e-4 * moment.mid]
    if low is not None:
        known.append(moment.mid - low)
    if high is not None:
        known.append(high - moment.mid)
    return max(0.0, min(known))


def depth_imbalance(
    moments: list[Moment], half_bps: float, within_bps: float, half_life_s: float
) -> Outputs:
    """Sums over the levels that were near when the mid last moved by 1 bp, as they are now."""
    unknown: Outputs = {"value": None, "mean": None, "quality": None}
    reference: Moment | None = None
    seen: list[tuple[int, float]] = []
    out = unknown
    for m in moments:
        if "book" not in m.heard:
            continue
        if not m.both("book"):
            reference = None
            best = m.best("book")
            side = None if best is None else 1.0 if best[0][1] else -1.0
            out = {**unknown, "value": side}
            continue
        if reference is None or m.snapshot or abs(m.mid - reference.mid) >= 1e-4 * reference.mid:
            reference = m
        around = reference.mid
        limit = depth_limit(reference, within_bps)
        sums = depth_sums(m, around, half_bps, around - limit, around + limit, m.mid)
        value = balance(*sums)
        if value is None:
            out = unknown
            continue
        seen.append((m.t, value))
        whole = 1 - 0.5 ** (within_bps / half_bps)
        share = (1 - 0.5 ** (limit / around * 1e4 / half_bps)) / whole
        thin = 0.5 if min(len(m.bids), len(m.asks)) < 3 else 1.0
        out = {"value": value, "mean": mean(seen, half_life_s), "quality": share * thin}
    return out


def depth_direct(moment: Moment, half_bps: float, within_bps: float) -> float | None:
    """What the depth imbalance would be if it were always summed anew."""
    limit, mid = depth_limit(moment, within_bps), moment.mid
    return balance(*depth_sums(moment, mid, half_bps, mid - limit, mid + limit, mid))


# --- order flow -------------------------------------------------------------------------------


def flow(before: tuple[int, int, int, int], now: tuple[int, int, int, int]) -> float:
    """Cont, Kukanov & Stoikov's event contribution: bid, its size, ask, its size."""
    b, qb, a, qa = before
    b2, qb2, a2, qa2 = now
    return (b2 >= b) * qb2 - (b2 <= b) * qb - (a2 <= a) * qa2 + (a2 >= a) * qa


def touch_flows(moments: list[Moment], source: str) -> list[tuple[int, float, float, bool]]:
    """Time, flow and mean queue of every state of the touch, and whether it is a first one."""
    found = []
    before: tuple[int, int, int, int] | None = None
    for m in moments:
        if source == "book" and m.snapshot:
            before = None
        best = m.both(source)
        if best is None:
            if m.heard & {"book", "touch"}:
                before = None
        elif m.concerns_touch(source):
            now = (*best[0], *best[1])
            e = flow(before, now) if before else 0.0
            found.append((m.t, e, (now[1] + now[3]) / 2, before is None))
            before = now
    return found


def order_flow(moments: list[Moment], source: str, half_life_s: float, base: float) -> Outputs:
    flows = touch_flows(moments, source)
    if not moments or not moments[-1].both(source):
        return {"value": None, "sum": None, "queue": None}
    last = flows[-1][0]
    kept = [fading(last - t, half_life_s) for t, *_ in flows]
    total = sum(e * w for (_, e, _, _), w in zip(flows, kept, strict=True))
    queue = sum(q * w for (_, _, q, _), w in zip(flows, kept, strict=True)) / sum(kept)
    return {"value": total / queue, "sum": total * base, "queue": queue * base}


def windowed_flow(moments: list[Moment], source: str, window_s: float, base: float) -> Outputs:
    flows = touch_flows(moments, source)
    best = moments[-1].both(source) if moments else None
    if best is None:
        return {"value": None, "sum": None, "queue": None, "quality": None}
    now, window = moments[-1].t, round(window_s * SECOND)
    inside = [(e, q) for t, e, q, _ in flows if t > now - window]
    total = sum(e for e, _ in inside)
    queue = sum(q for _, q in inside) / len(inside) if inside else (best[0][1] + best[1][1]) / 2
    begun = max(t for t, _, _, first in flows if first)
    return {
        "value": total / queue,
        "sum": total * base,
        "queue": queue * base,
        "quality": min(1.0, (now - begun) / window),
    }


def multi_level_flow(moments: list[Moment], half_life_s: float, base: float) -> Outputs:
    names = [f"level_{m + 1}" for m in range(10)]
    flows: list[tuple[int, list[float]]] = []
    before: tuple[Levels, Levels] | None = None
    for m in moments:
        if m.snapshot:
            before = None
        if not m.both("book"):
            before = None
        elif m.top < 10:
            now = (m.bids[:10], m.asks[:10])
            flows.append((m.t, [level_flow(before, now, k) for k in range(10)]))
            before = now
    if not moments or not moments[-1].both("book"):
        return {**dict.fromkeys(names), "quality": None}
    last = flows[-1][0]
    sums = [sum(e[k] * fading(last - t, half_life_s) for t, e in flows) for k in range(10)]
    whole = min(10, len(moments[-1].bids), len(moments[-1].asks))
    return {
        **{name: base * total for name, total in zip(names, sums, strict=True)},
        "quality": whole / 10,
    }


def level_flow(before: tuple[Levels, Levels] | None, now: tuple[Levels, Levels], k: int) -> float:
    if before is None or min(map(len, (*before, *now))) <= k:
        return 0.0
    return flow((*before[0][k], *before[1][k]), (*now[0][k], *now[1][k]))
