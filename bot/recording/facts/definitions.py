"""What each fact is computed from: a value and how many observations made it up.

Sources: R. Cont, "Empirical properties of asset returns: stylized facts and statistical issues",
Quantitative Finance 1 (2001); J.-P. Bouchaud, J. Bonart, J. Donier, M. Gould, "Trades, Quotes and
Prices" (2018), chapters 4 and 10-13; R. Cont, A. Kukanov, S. Stoikov, "The price impact of order
book events", Journal of Financial Econometrics 12 (2014).
"""

import numpy as np

from bot.model.units import NS_PER_SECOND
from bot.recording.facts.sampled import Float64s, Sampled
from bot.tape.rows import Int64s

# --- the touch and the book ------------------------------------------------------------


def spread_bps(sampled: Sampled) -> tuple[float, int]:
    t = sampled.touches
    return _over_time(t.ns, (t.ask - t.bid) / t.mid * 1e4), len(t.ns)


def spread_ticks(sampled: Sampled) -> tuple[float, int]:
    t = sampled.touches
    return _over_time(t.ns, (t.ask - t.bid).astype(np.float64)), len(t.ns)


def touch_orders(sampled: Sampled) -> tuple[float, int]:
    t = sampled.touches
    stood = _over_time(t.ns, (t.bid_size + t.ask_size) / 2)
    return _ratio(stood, _order_size(sampled)), len(t.ns)


def depth_orders(sampled: Sampled) -> tuple[float, int]:
    lots = sampled.depth.lots[:, :, 0]
    return _ratio(_mean(lots), _order_size(sampled)), _known(lots)


def depth_5_to_2(sampled: Sampled) -> tuple[float, int]:
    return _deeper(sampled, 0)


def depth_10_to_5(sampled: Sampled) -> tuple[float, int]:
    return _deeper(sampled, 1)


def _deeper(sampled: Sampled, at: int) -> tuple[float, int]:
    lots = sampled.depth.lots[:, :, at : at + 2]
    both = lots[np.isfinite(lots).all(axis=(1, 2))]
    if not len(both):
        return np.nan, 0
    return _ratio(float(both[:, :, 1].mean()), float(both[:, :, 0].mean())), len(both)


# --- orders of takers ------------------------------------------------------------------


def size_median(sampled: Sampled) -> tuple[float, int]:
    size = sampled.orders.size
    return (_ratio(float(np.median(size)), float(size.mean())) if len(size) else np.nan), len(size)


def size_tail(sampled: Sampled) -> tuple[float, int]:
    size = sampled.orders.size
    tail = float(np.quantile(size, 0.99)) if len(size) else np.nan
    return _ratio(tail, _order_size(sampled)), len(size)


def gap_variation(sampled: Sampled) -> tuple[float, int]:
    gaps = np.diff(sampled.orders.ns).astype(np.float64)
    return (_ratio(float(gaps.std()), float(gaps.mean())) if len(gaps) else np.nan), len(gaps)


def gap_median(sampled: Sampled) -> tuple[float, int]:
    gaps = np.diff(sampled.orders.ns).astype(np.float64)
    return (_ratio(float(np.median(gaps)), float(gaps.mean())) if len(gaps) else np.nan), len(gaps)


def bunching(sampled: Sampled) -> tuple[float, int]:
    ns = sampled.orders.ns
    if len(ns) < 2:
        return np.nan, 0
    counts = np.bincount((ns - ns[0]) // NS_PER_SECOND)[:-1].astype(np.float64)
    if not counts.any():
        return np.nan, 0
    return float((counts.var() - counts.mean()) / counts.mean() ** 2), len(counts)


def signs_next(sampled: Sampled) -> tuple[float, int]:
    return _autocorrelation(sampled.orders.side.astype(np.float64), 1)


def signs_later(sampled: Sampled) -> tuple[float, int]:
    return _autocorrelation(sampled.orders.side.astype(np.float64), 10)


def impact(sampled: Sampled) -> tuple[float, int]:
    """Of the moments in which orders came as the touch tells them, which need not be one clock."""
    t, orders = sampled.touches, sampled.orders
    moves, _ = _moves_bps(sampled, 1)
    if not len(t.ns) or not len(moves):
        return np.nan, 0
    before = t.before(orders.ns)
    after = t.before(orders.ns + NS_PER_SECOND)
    inside = (before >= 0) & (orders.ns + NS_PER_SECOND < t.ns[-1])
    mid = t.mid
    moved = (mid[after[inside]] / mid[before[inside]] - 1) * 1e4 * orders.side[inside]
    if not len(moved):
        return np.nan, 0
    return _ratio(float(moved.mean()), float(moves.std())), len(moved)


# --- the price -------------------------------------------------------------------------


def volatility(sampled: Sampled) -> tuple[float, int]:
    moves, _ = _moves_bps(sampled, 1)
    return (float(moves.std()) if len(moves) else np.nan), len(moves)


def tails(sampled: Sampled) -> tuple[float, int]:
    moves, _ = _moves_bps(sampled, 1)
    if not len(moves) or not moves.std():
        return np.nan, 0
    return float((((moves - moves.mean()) / moves.std()) ** 4).mean()), len(moves)


def clustering(sampled: Sampled) -> tuple[float, int]:
    """Of ranks: otherwise one second out of six minutes decides."""
    moves, _ = _moves_bps(sampled, 1)
    ranks = _ranks(np.abs(moves))
    found = [_autocorrelation(ranks, lag) for lag in range(1, 6)]
    return float(np.mean([value for value, _ in found])), found[-1][1]


def variance_ratio(sampled: Sampled) -> tuple[float, int]:
    short, _ = _moves_bps(sampled, 1)
    count = len(short) // 10
    if count < 2 or not short.std():
        return np.nan, count
    # Overlapping, for otherwise a few minutes are a few observations.
    sums = np.convolve(short - short.mean(), np.ones(10), mode="valid")
    return _ratio(float(sums.var()), 10 * float(short.var())), count


# --- imbalance -------------------------------------------------------------------------


def flow_fit(sampled: Sampled) -> tuple[float, int]:
    moves, at = _moves_bps(sampled, 10)
    if len(moves) < 3:
        return np.nan, len(moves)
    flow = np.diff(np.cumsum(flow_of(sampled))[at])
    fitted = np.corrcoef(flow, moves)[0, 1] if flow.std() and moves.std() else np.nan
    return float(fitted**2 * np.sign(fitted)), len(moves)


def flow_of(sampled: Sampled) -> Float64s:
    """Order flow of each touch since the one before, in lots; 0 for the first.

    Cont, Kukanov, Stoikov: an unchanged price counts by its size, a better one with its new
    queue, a worse one with its old one.
    """
    t = sampled.touches
    bid, ask = t.bid, t.ask
    flow = np.zeros(len(bid))
    flow[1:] += np.where(bid[1:] >= bid[:-1], t.bid_size[1:], 0)
    flow[1:] -= np.where(bid[1:] <= bid[:-1], t.bid_size[:-1], 0)
    flow[1:] -= np.where(ask[1:] <= ask[:-1], t.ask_size[1:], 0)
    flow[1:] += np.where(ask[1:] >= ask[:-1], t.ask_size[:-1], 0)
    return flow


def touch_persistence(sampled: Sampled) -> tuple[float, int]:
    return _autocorrelation(_imbalance(sampled), 1)


def depth_persistence(sampled: Sampled) -> tuple[float, int]:
    lots = sampled.depth.lots[:, :, 0]
    lots = lots[np.isfinite(lots).all(axis=1)]
    whole = lots.sum(axis=1)
    if len(lots) < 3 or not whole.all():
        return np.nan, 0
    return _autocorrelation((lots[:, 0] - lots[:, 1]) / whole, 5)


def foresight(sampled: Sampled) -> tuple[float, int]:
    """How far the touch leans before its mid moves, of all states of the touch."""
    t = sampled.touches
    mid = t.mid
    changes = np.flatnonzero(np.diff(mid) != 0)
    if len(changes) < 3:
        return np.nan, len(changes)
    # Each second's state, against the sign of the first move after it.
    at = t.before(sampled.seconds)
    following = np.searchsorted(changes, at)
    inside = (at >= 0) & (following < len(changes))
    at, following = at[inside], following[inside]
    sign = np.sign(mid[changes[following] + 1] - mid[changes[following]])
    lean = (t.bid_size[at] - t.ask_size[at]) / (t.bid_size[at] + t.ask_size[at])
    if not lean.std() or not sign.std():
        return np.nan, len(at)
    return float(np.corrcoef(lean, sign)[0, 1]), len(at)


def _imbalance(sampled: Sampled) -> Float64s:
    t = sampled.touches
    at = t.before(sampled.seconds)
    at = at[at >= 0]
    lean: Float64s = (t.bid_size[at] - t.ask_size[at]) / (t.bid_size[at] + t.ask_size[at])
    return lean


# --- arithmetic ------------------------------------------------------------------------


def _moves_bps(sampled: Sampled, step: int) -> tuple[Float64s, Int64s]:
    """Moves of the mid between every `step`th second, and the touches between which they lie."""
    at = sampled.touches.before(sampled.seconds[::step])
    at = at[at >= 0]
    mid = sampled.touches.mid[at]
    moves: Float64s = (mid[1:] / mid[:-1] - 1) * 1e4
    return moves, at


def _over_time(ns: Int64s, value: Float64s) -> float:
    """The mean of a state, weighed by how long it lasted."""
    if len(ns) < 2 or ns[-1] == ns[0]:
        return np.nan
    return float(np.average(value[:-1], weights=np.diff(ns)))


def _autocorrelation(series: Float64s, lag: int) -> tuple[float, int]:
    count = len(series) - lag
    if count < 3 or not series.std():
        return np.nan, max(0, count)
    one, other = series[:-lag], series[lag:]
    mean = series.mean()
    return float(((one - mean) * (other - mean)).mean() / series.var()), count


def _ranks(series: Float64s) -> Float64s:
    """The place of each value among all, equal ones in the middle of theirs."""
    _, inverse, counts = np.unique(series, return_inverse=True, return_counts=True)
    ranks: Float64s = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    return ranks


def _order_size(sampled: Sampled) -> float:
    size = sampled.orders.size
    return float(size.mean()) if len(size) else np.nan


def _mean(lots: Float64s) -> float:
    known = lots[np.isfinite(lots)]
    return float(known.mean()) if len(known) else np.nan


def _known(lots: Float64s) -> int:
    return int(np.isfinite(lots).all(axis=1).sum())


def _ratio(one: float, other: float) -> float:
    return one / other if other else np.nan
