"""Every score of funding and of impact, from the whole history at once: slow and clear."""

import math
from fractions import Fraction
from functools import cache
from typing import NamedTuple

from tests.signals.harness import SECOND, Funding
from tests.signals.moments import Levels, Moment
from tests.signals.oracle import Outputs, robust_z

HOUR = 3_600 * SECOND


# --- impact -----------------------------------------------------------------------------------


def reachable(moment: Moment, buy: bool) -> Levels:
    """The levels of a side that are surely all there is up to them."""
    low, high = moment.reach
    if buy:
        return [level for level in moment.asks if high is None or level[0] <= high]
    return [level for level in moment.bids if low is None or level[0] >= low]


def price_of_size(levels: Levels, lots: Fraction) -> Fraction | None:
    left, paid = lots, Fraction(0)
    for price, size in levels:
        taken = min(left, Fraction(size))
        left, paid = left - taken, paid + taken * price
        if left == 0:
            return paid / lots
    return None


def price_of_notional(levels: Levels, notional: Fraction, inverse: bool) -> Fraction | None:
    """Notional over the quantity that it buys; notional in lots times ticks, or in lots."""
    left, quantity = notional, Fraction(0)
    for price, size in levels:
        worth = Fraction(size if inverse else size * price)
        taken = min(left, worth)
        left, quantity = left - taken, quantity + taken / price
        if left == 0:
            return notional / quantity
    return None


def impact_cost(moments: list[Moment], lots: Fraction, times_mid: bool, buy: bool) -> Outputs:
    now = moments[-1]
    if not now.both("book"):
        return {"value": None}
    mid = Fraction(now.mid)
    price = price_of_size(reachable(now, buy), lots * mid if times_mid else lots)
    if price is None:
        return {"value": None}
    return {"value": float((price - mid if buy else mid - price) / mid * 10_000)}


# --- predicted funding ------------------------------------------------------------------------


def clamp(x: float, low: float, high: float) -> float:
    return max(low, min(high, x))


@cache
def premium(moment: Moment, notional: Fraction, tick: float, inverse: bool) -> float | None:
    """notional: in lots times ticks, or in lots for an inverse contract."""
    if not moment.both("book") or not moment.index or moment.index <= 0:
        return None
    bid, ask = (
        price_of_notional(reachable(moment, buy), notional, inverse) for buy in (False, True)
    )
    if bid is None or ask is None:
        return None
    index = moment.index
    above, below = max(0.0, float(bid) * tick - index), max(0.0, index - float(ask) * tick)
    return (above - below) / index


class PredictionTerms:
    """What a venue publishes about its funding."""

    def __init__(
        self, notional: Fraction, tick: float, scaled: bool, equal_hours: float, **fractions: float
    ) -> None:
        self.notional, self.tick, self.scaled = notional, tick, scaled
        self.equal_hours = equal_hours
        self.interest, self.damp = fractions["interest"], fractions["damp"]
        self.floor, self.cap = fractions["floor"], fractions["cap"]

    def rate(self, mean: float, hours: float) -> float:
        """In bps per 8 h."""
        damped = mean + clamp(self.interest - mean, -self.damp, self.damp)
        rate = clamp(damped / (8 / hours if self.scaled else 1), self.floor, self.cap)
        return rate * 8 / hours * 1e4


class Standing(NamedTuple):
    """The last premium, until when book and index made it up, and whether they still do."""

    premium: float
    until: int
    now: bool


def standings(moments: list[Moment], terms: PredictionTerms) -> list[Standing | None]:
    """What stood before each moment, and after the last."""
    found: list[Standing | None] = [None]
    for m in moments:
        x = premium(m, terms.notional, terms.tick, inverse=False)
        before = found[-1]
        if x is not None:
            assert m.book_ns is not None
            assert m.index_ns is not None
            found.append(Standing(x, min(m.book_ns, m.index_ns), True))
        else:
            found.append(before and before._replace(now=False))
    return found


def predicted_funding(
    moments: list[Moment], terms: PredictionTerms, sample_s: float, hold_s: float
) -> Outputs:
    unknown: Outputs = {"value": None, "so_far": None, "venue": None, "quality": None}
    # Trades and the touch stream say nothing about the premium.
    looked = [m for m in moments if m.heard & {"book", "scalar", "funding"}]
    funding = looked[-1].funding if looked else None
    if funding is None:
        return unknown
    now, hours = looked[-1].t, funding.hours
    venue = funding.rate / hours * 8 * 1e4
    if funding.settles <= now:
        return {**unknown, "venue": venue}
    begun = funding.settles - int(hours * HOUR)
    sample, hold = int(sample_s * SECOND), int(hold_s * SECOND)
    equal = hours <= terms.equal_hours
    # Samples are judged by what stood before the first moment at or after them, since we know
    # of this interval.
    own = [k for k, m in enumerate(looked) if m.funding and m.funding.settles == funding.settles]
    stood = standings(looked, terms)
    pairs: list[tuple[float, float]] = []
    seen = max(0, (now - begun) // sample)
    for n in range(1, seen + 1):
        due = begun + n * sample
        then = stood[next(k for k in own if looked[k].t >= due)]
        if then is not None and abs(due - then.until) <= hold:
            pairs.append((1.0 if equal else n, then.premium))
    last = stood[-1]
    so_far = sum(w * p for w, p in pairs) / sum(w for w, _ in pairs) if pairs else None
    projected = None
    if last is not None and (last.now or now - last.until <= hold):
        total = int(hours * HOUR) // sample
        whole = pairs + [(1.0 if equal else n, last.premium) for n in range(seen + 1, total + 1)]
        mean = last.premium
        if whole:
            mean = sum(w * p for w, p in whole) / sum(w for w, _ in whole)
        projected = terms.rate(mean, hours)
    trusted = projected is not None and len(pairs) >= 0.5 * seen
    return {
        "value": projected if trusted else venue,
        "so_far": None if so_far is None else terms.rate(so_far, hours),
        "venue": venue,
        "quality": len(pairs) / seen if seen else float(last is not None and last.now),
    }


def funding_excess(heard: list[Funding], floor: float, intervals: int, sigma: float) -> Outputs:
    """heard: the rates of one instrument in order."""
    if not heard:
        return {"value": None, "z": None}
    excess = [rate.rate / rate.hours * 8 * 1e4 - floor for rate in heard]
    past = [
        x
        for rate, following, x in zip(heard, heard[1:], excess, strict=False)
        if following.settles != rate.settles
    ]
    return {"value": excess[-1], "z": robust_z(excess[-1], past[-intervals:], intervals, sigma)}


# --- carry ------------------------------------------------------------------------------------


def round_trip_bps(moment: Moment, lots: Fraction, times_mid: bool) -> float | None:
    if not moment.both("book"):
        return None
    mid = Fraction(moment.mid)
    size = lots * mid if times_mid else lots
    sold, bought = (
        price_of_size(reachable(moment, False), size),
        price_of_size(reachable(moment, True), size),
    )
    return None if sold is None or bought is None else float((bought - sold) / mid * 10_000)


def paid_bps(funding: Funding | None, t: int, hold_hours: float) -> tuple[float, float] | None:
    """What a short is paid over the time, settlement by settlement, and an hour on average."""
    if funding is None or funding.settles < t:
        return None
    until = t + round(hold_hours * HOUR)
    settlements = len(range(funding.settles, until + 1, round(funding.hours * HOUR)))
    return funding.rate * 1e4 * settlements, funding.rate * 1e4 / funding.hours


def net_carry(
    costs: list[float | None],
    paid: list[tuple[float, float] | None],
    hold_hours: float,
    short: bool,
    charge: float,
) -> Outputs:
    """costs: of each leg's round trip in bps, fees included. paid: to the first leg, the other."""
    if None in costs or None in paid:
        return {"value": None, "break_even_hours": None, "cost_bps": None, "funding_bps": None}
    cost = sum(each for each in costs if each is not None)
    (first, hourly), (other, hourly_other) = (each for each in paid if each is not None)
    sign = 1 if short else -1
    an_hour = sign * (hourly - hourly_other) - charge / 8
    net = sign * (first - other) - charge * hold_hours / 8 - cost
    return {
        "value": net * 8 / hold_hours,
        "break_even_hours": cost / an_hour if an_hour > 0 else None,
        "cost_bps": cost,
        "funding_bps": sign * (hourly - hourly_other) * 8,
    }


def close(got: float | None, expected: float | None, tolerance: float = 1e-9) -> bool:
    if got is None or expected is None:
        return got is expected
    return math.isclose(got, expected, rel_tol=tolerance, abs_tol=tolerance)
