"""Scores of what rests near the mid, and of which levels last, from the whole history at once."""

from itertools import takewhile
from statistics import median

from tests.signals.harness import SECOND
from tests.signals.moments import Moment
from tests.signals.oracle import Outputs, balance

TICK, LOT = 0.5, 0.25


def depth_of(moment: Moment, bps: float) -> tuple[float | None, float | None]:
    """Worth of bids and asks within a distance, None beyond the reach or without a mid."""
    if not moment.both("book"):
        return None, None
    away = bps * 1e-4 * moment.mid
    low, high = moment.reach
    bids = asks = None
    # The nearest whole tick within says whether the snapshot went so far.
    if low is None or low <= -((away - moment.mid) // 1):
        bids = sum(p * q for p, q in moment.bids if p >= moment.mid - away) * TICK * LOT
    if high is None or high >= (moment.mid + away) // 1:
        asks = sum(p * q for p, q in moment.asks if p <= moment.mid + away) * TICK * LOT
    return bids, asks


def depth_value(moments: list[Moment], distances: tuple[float, ...], side: str) -> Outputs:
    said: Outputs = {"value": None}
    for bps in distances:
        said[f"bids_{bps:g}"], said[f"asks_{bps:g}"] = depth_of(moments[-1], bps)
    first = depth_of(moments[-1], distances[0])
    if side == "both":
        said["value"] = None if None in first else sum(first)
    else:
        said["value"] = first[("bids", "asks").index(side)]
    return said


EXHAUSTION = ("value", "thinness", "bids", "asks", "bids_taken", "asks_taken", "active")
_SCORES: dict[tuple[Moment, float], float | None] = {}


def exhaustion(
    moments: list[Moment], bps: float, length: int, least: int, above: float, active_s: float
) -> Outputs:
    heard = [m for m in moments if m.heard & {"book", "trade"}]
    if not heard or not heard[-1].both("book"):
        if heard:
            _SCORES[heard[-1], bps] = None
        return dict.fromkeys(EXHAUSTION)
    now = heard[-1].t
    shares = [_gone(heard, bps, s, length, least) for s in (0, 1)]
    said: Outputs = dict.fromkeys(EXHAUSTION)
    said |= dict(zip(("bids", "asks"), shares, strict=True))
    said |= {f"{name}_taken": _taken(heard, bps, s) for s, name in enumerate(("bids", "asks"))}
    value = None
    if None not in shares:
        value = shares[1] - shares[0]
        said |= {"value": value, "thinness": max(shares)}
    _SCORES[heard[-1], bps] = value
    if value is not None:
        run = list(
            takewhile(
                lambda m: _sign(_SCORES[m, bps], above) == _sign(value, above), reversed(heard)
            )
        )
        long_enough = now - run[-1].t >= active_s * SECOND
        said["active"] = _sign(value, above) if long_enough else 0
    return said


def _sign(value: float | None, above: float) -> int | None:
    return None if value is None else (value > above) - (value < -above)


def _gone(heard: list[Moment], bps: float, s: int, length: int, least: int) -> float | None:
    samples = []
    for second in range(heard[0].t // SECOND + 1, heard[-1].t // SECOND + 1):
        before = [m for m in heard if m.t < second * SECOND][-1]
        samples.append(depth_of(before, bps)[s])
    known = [x for x in samples if x is not None][-length:]
    depth = depth_of(heard[-1], bps)[s]
    if len(known) < least or depth is None or not median(known) > 0:
        return None
    return min(1.0, max(0.0, 1.0 - depth / median(known)))


def _taken(heard: list[Moment], bps: float, s: int) -> float | None:
    second = heard[-1].t // SECOND - 4
    before = [m for m in heard if m.t < second * SECOND]
    depth = depth_of(before[-1], bps)[s] if before else None
    if not depth:
        return None
    paid = sum(
        p * q
        for m in heard
        if m.t // SECOND >= second
        for side, p, q in m.trades
        if (side > 0) == (s == 1)
    )
    return paid * TICK * LOT / depth


def settled_imbalance(moments: list[Moment], levels: int, life_ms: float) -> Outputs:
    births: list[dict[int, float]] | None = None
    for m in moments:
        if not m.usable:
            births = None
            continue
        tops = [[price for price, _ in side[:levels]] for side in (m.bids, m.asks)]
        if births is None or m.snapshot:
            births = [dict.fromkeys(top, float("-inf")) for top in tops]
        elif "book" in m.heard and m.top < levels:
            births = [
                {price: born.get(price, m.t) for price in top}
                for top, born in zip(tops, births, strict=True)
            ]
    now = moments[-1]
    if births is None:
        return {"value": None, "raw": None, "left_out": None}
    raw = [sum(q for _, q in side[:levels]) for side in (now.bids, now.asks)]
    old = [
        sum(q for p, q in side[:levels] if now.t - born[p] >= life_ms * 1e6)
        for side, born in zip((now.bids, now.asks), births, strict=True)
    ]
    return {
        "value": balance(*old),
        "raw": balance(*raw),
        "left_out": 1 - sum(old) / sum(raw) if sum(raw) else None,
    }
