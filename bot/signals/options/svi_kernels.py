"""Fitting a smile: over centre and width of SVI a grid finds the valley, a simplex its bottom.

For each centre and width the rest is a small quadratic problem, solved by `settle`. The same points
give the same fit: no start value is guessed, no earlier fit is looked at.
Source of the split: De Marco & Martini (2009), Zeliade, "Quasi-explicit calibration of SVI".
"""

import math
from typing import Final

from numba import types

from bot.kernel import kernel
from bot.signals.options.black76 import Float64s, f8, f8s, i8
from bot.signals.options.svi_settle_kernels import settle

SIGMA_MIN: Final = 1e-3
SIGMA_TIMES_SPAN: Final = 4.0
"""The widest bend looked at, in spans of the strikes; at least `SIGMA_LEAST_MAX`."""
SIGMA_LEAST_MAX: Final = 2.0
MARGIN: Final = 0.25
"""How far beyond the strikes the centre may lie, in spans of the strikes."""
GRID_M: Final = 13
GRID_SIGMA: Final = 9
EVALUATIONS_MAX: Final = 300
CLOSE: Final = 1e-9
NOBODY: Final = -1
"""No point is left out."""

# What a point of the descent is evaluated for.
START: Final = 0
REFLECT: Final = 1
EXPAND: Final = 2
CONTRACT: Final = 3
SHRINK: Final = 4

# What `fit` writes.
A: Final = 0
B: Final = 1
RHO: Final = 2
M: Final = 3
SIGMA: Final = 4
COST: Final = 5
"""Weighted mean of the squared errors of total variance."""
FIT: Final = 6
ROOM: Final = 9
"""Words that a descent needs to work in."""


@kernel(f8(f8s, f8s, f8s, i8, f8, f8, f8, f8, f8))
def cost_at(
    k: Float64s,
    w: Float64s,
    weight: Float64s,
    skip: int,
    m: float,
    log_sigma: float,
    m_low: float,
    m_high: float,
    log_high: float,
) -> float:
    """The least cost for a centre and the logarithm of a width; infinite out of bounds."""
    if m < m_low or m > m_high or log_sigma > log_high or log_sigma < math.log(SIGMA_MIN):
        return math.inf
    cost, _, _, _ = settle(k, w, weight, skip, m, math.exp(log_sigma))
    return cost


@kernel(types.void(f8s, i8))
def order(corner: Float64s, at: int) -> None:
    """Put two neighbouring corners in order of their cost."""
    if corner[at + 5] < corner[at + 2]:
        for word in range(at, at + 3):
            corner[word], corner[word + 3] = corner[word + 3], corner[word]


@kernel(types.void(f8s, f8s, f8s, i8, f8, f8, f8, f8, f8, f8s, f8s))
def descend(
    k: Float64s,
    w: Float64s,
    weight: Float64s,
    skip: int,
    m_low: float,
    m_high: float,
    log_high: float,
    step_m: float,
    step_s: float,
    corner: Float64s,
    best: Float64s,
) -> None:
    """Walk a triangle to the bottom (Nelder & Mead 1965) from `best`: cost, m, log sigma.

    step_m, step_s: its first sides. corner: 9 words of room: m, log sigma and cost of three
    corners, the best first. One place evaluates, for a call is compiled where it stands.
    """
    phase, at = START, 0
    x, y = best[1], best[2]
    middle_x = middle_y = mirror_x = mirror_y = mirror = 0.0
    for _ in range(EVALUATIONS_MAX):
        f = cost_at(k, w, weight, skip, x, y, m_low, m_high, log_high)
        if phase in (START, SHRINK):
            corner[3 * at], corner[3 * at + 1], corner[3 * at + 2] = x, y, f
            at += 1
            if at < 3:
                if phase == SHRINK:
                    x, y = (
                        0.5 * (corner[3 * at] + corner[0]),
                        0.5 * (corner[3 * at + 1] + corner[1]),
                    )
                elif at == 1:
                    x, y = corner[0] + (step_m if corner[0] + step_m <= m_high else -step_m), y
                else:
                    y = corner[1] + (step_s if corner[1] + step_s <= log_high else -step_s)
                    x = corner[0]
                continue
        elif phase == REFLECT and f < corner[2]:
            mirror_x, mirror_y, mirror = x, y, f
            phase = EXPAND
            x, y = 3.0 * middle_x - 2.0 * corner[6], 3.0 * middle_y - 2.0 * corner[7]
            continue
        elif phase == REFLECT and f >= corner[5]:
            # Between the middle and the better of the worst and its mirror image.
            mirror_x, mirror_y, mirror = x, y, f
            phase = CONTRACT
            out = 0.5 if f < corner[8] else -0.5
            x = middle_x + out * (middle_x - corner[6])
            y = middle_y + out * (middle_y - corner[7])
            continue
        elif phase == CONTRACT and f >= min(mirror, corner[8]):
            phase, at = SHRINK, 1
            x, y = 0.5 * (corner[3] + corner[0]), 0.5 * (corner[4] + corner[1])
            continue
        else:
            if phase == EXPAND and f >= mirror:
                x, y, f = mirror_x, mirror_y, mirror
            corner[6], corner[7], corner[8] = x, y, f
        order(corner, 0)
        order(corner, 3)
        order(corner, 0)
        wide = abs(corner[3] - corner[0]) + abs(corner[6] - corner[0])
        high = abs(corner[4] - corner[1]) + abs(corner[7] - corner[1])
        if wide <= CLOSE and high <= CLOSE:
            break
        middle_x, middle_y = 0.5 * (corner[0] + corner[3]), 0.5 * (corner[1] + corner[4])
        phase = REFLECT
        x, y = 2.0 * middle_x - corner[6], 2.0 * middle_y - corner[7]
    best[0], best[1], best[2] = corner[2], corner[0], corner[1]


@kernel(types.void(f8s, f8s, f8s, i8, f8s, f8s, f8s))
def fit(
    k: Float64s,
    w: Float64s,
    weight: Float64s,
    skip: int,
    best: Float64s,
    room: Float64s,
    out: Float64s,
) -> None:
    """Fit one smile to points of positive weight, all but number `skip`, into `out`.

    weight sums to 1. best: cost, m, log sigma to begin from, cost NaN to look everywhere;
    it ends there. room: 9 words. Few points fit anything: the caller counts them.
    """
    k_low = k_high = k[0]
    for i in range(len(k)):
        k_low = min(k_low, k[i])
        k_high = max(k_high, k[i])
    span = max(k_high - k_low, SIGMA_MIN)
    m_low = k_low - MARGIN * span
    m_high = k_high + MARGIN * span
    log_low = math.log(SIGMA_MIN)
    log_high = math.log(max(SIGMA_LEAST_MAX, SIGMA_TIMES_SPAN * span))
    step_m = (m_high - m_low) / (GRID_M - 1)
    step_s = (log_high - log_low) / (GRID_SIGMA - 1)
    if best[0] != best[0]:
        best[0] = math.inf
        for i in range(GRID_M):
            for j in range(GRID_SIGMA):
                m = min(m_low + i * step_m, m_high)
                s = min(log_low + j * step_s, log_high)
                f = cost_at(k, w, weight, skip, m, s, m_low, m_high, log_high)
                if f < best[0]:
                    best[0], best[1], best[2] = f, m, s
    share = 0.5
    for _ in range(2):
        # A triangle may fold flat on its way: once more, from where it ended.
        descend(
            k, w, weight, skip, m_low, m_high, log_high, share * step_m, share * step_s, room, best
        )
        share = 0.1
    sigma = math.exp(best[2])
    cost, a, d, c = settle(k, w, weight, skip, best[1], sigma)
    out[A] = a
    out[B] = c / sigma
    out[RHO] = d / c if c > 0.0 else 0.0
    out[M] = best[1]
    out[SIGMA] = sigma
    out[COST] = cost
