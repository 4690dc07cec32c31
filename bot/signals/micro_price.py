"""The micro-price: where the mid is expected to go, from how the touch has moved before."""

from typing import Any, ClassVar, Final

import numpy as np
import numpy.typing as npt

from bot.model.units import NS_PER_HOUR, InstrumentId
from bot.signals import codes
from bot.signals import micro_price_kernels as kernels
from bot.signals.base import Recipe, Terms, Watch, positive, reading
from bot.signals.micro_price_kernels import CELLS, FINE, MOVES, QUARTER, QUARTERS, SPREADS
from bot.signals.slots import Float64s

MOVE_TICKS: Final = np.array([-1.0, -0.5, 0.5, 1.0])
DOUBLINGS: Final = 11
"""So many give 2,048 terms of the sum."""
SETTLED: Final = 1e-6
"""Below that, in ticks, the terms of the sum have come to an end."""


class MicroPrice(Watch, frozen=True):
    """The mid that is expected once it has moved, in bps of the mid now.

    + when the next moves of the mid are more likely up. The state of the touch is its imbalance,
    in `buckets` of equal frequency, and its spread of one, two, or three and more ticks. From
    how often each state was followed by which, with and without a move of the mid, of a whole
    tick or half of one, follows the expected sum of all moves to come. Each transition counts
    once as it was and once mirrored, so that up and down are alike. Fitted every `refit_h` over
    the four last such spans; until a fit has `moves_min` moves of the mid it is the mid weighted
    by the opposite queues. At a spread of one tick it stays between bid and ask. Also published:
    `ticks`, the same in ticks, and `fitted`, 1 or 0.
    Source: Stoikov (2018), The micro-price: a high-frequency estimator of future prices.
    """

    unit: ClassVar[str] = "bps"

    instrument: InstrumentId
    source: str = "touch"
    buckets: int = 10
    refit_h: float = 6.0
    moves_min: int = 5_000

    def recipe(self, terms: Terms) -> Recipe:
        """Looked up, and counted, when the best prices or their sizes changed."""
        i = terms.index(self.instrument)
        code, heard = reading(self, self.source)
        positive(self, "refit_h", "moves_min")
        if not 2 <= self.buckets <= FINE:
            raise ValueError(f"MicroPrice.buckets: got {self.buckets}, expected 2 to {FINE}")
        return Recipe(
            code=codes.MICRO_PRICE,
            instrument=i,
            param=(
                float(code),
                float(round(self.refit_h * NS_PER_HOUR)),
                float(self.moves_min),
                float(self.buckets),
            ),
            states=kernels.MICRO_STATE,
            outputs=("value", "ticks", "fitted"),
            hears=heard,
            within=1,
            sources=((i, heard),),
            refit=refit,
        )


def refit(param: Float64s, state: Float64s) -> None:
    """Fit the adjustments of all cells to what was counted in the four spans that are over."""
    running = int(state[kernels.PERIOD]) % (QUARTERS + 1)
    quarters = state[kernels.COUNTED :].reshape(QUARTERS + 1, QUARTER)
    counted = quarters.sum(axis=0) - quarters[running]
    still = counted[: CELLS * CELLS].reshape(CELLS, CELLS)
    moved = counted[CELLS * CELLS : 2 * CELLS * CELLS].reshape(CELLS, CELLS)
    moves = counted[2 * CELLS * CELLS :].reshape(CELLS, MOVES)
    state[kernels.MOVES_SEEN] = moves.sum()
    state[kernels.FITTED] = 0.0
    if moves.sum() < param[kernels.MOVES_MIN]:
        return
    still, moved, moves = symmetric(still, moved, moves, np.arange(CELLS).reshape(SPREADS, FINE))
    into = merged(still.sum(axis=1) + moves.sum(axis=1), int(param[kernels.BUCKETS]))
    q, r, t = shares(into @ still @ into.T, into @ moves, into @ moved @ into.T)
    adjust = adjustments(q, r, t, MOVE_TICKS)
    if adjust is not None:
        state[kernels.ADJUST : kernels.ADJUST + CELLS] = adjust @ into
        state[kernels.FITTED] = 1.0


def symmetric(still: Any, moved: Any, moves: Any, cells: Any) -> tuple[Any, Any, Any]:
    """The counts with each transition once more in the mirror: bids for asks, up for down.

    cells: indices by spread and imbalance.
    """
    mirror = cells[:, ::-1].ravel()
    return (
        still + still[np.ix_(mirror, mirror)],
        moved + moved[np.ix_(mirror, mirror)],
        moves + moves[mirror][:, ::-1],
    )


def merged(frequency: Any, buckets: int) -> npt.NDArray[np.float64]:
    """Which cells make up which state, shape (states, CELLS): 1 where they do.

    Buckets of the imbalance are as equally frequent, over all spreads, as whole cells allow.
    """
    seen = frequency.reshape(SPREADS, FINE).sum(axis=0)
    middle = np.cumsum(seen) - 0.5 * seen
    half = (middle[: FINE // 2] / seen.sum() * buckets).astype(np.int64)
    half = np.minimum(half, (buckets - 1) // 2)
    # The other half is its mirror: else up and down would differ, and the sum of moves not end.
    bucket = np.concatenate([half, buckets - 1 - half[::-1]])
    into = np.zeros((SPREADS * buckets, CELLS))
    for spread in range(SPREADS):
        for step in range(FINE):
            into[spread * buckets + bucket[step], spread * FINE + step] = 1.0
    return into


def shares(still: Any, moves: Any, moved: Any) -> tuple[Any, Any, Any]:
    """Counts as probabilities, given the state before; a state that was never seen stays put."""
    seen = still.sum(axis=1) + moves.sum(axis=1)
    out_of = np.where(seen > 0.0, seen, 1.0)[:, np.newaxis]
    return still / out_of, moves / out_of, moved / out_of


def first_move(q: Any, r: Any, t: Any, ticks: Any) -> tuple[Any, Any]:
    """The expected first move of the mid from each state, and the state that it leads to."""
    until_it_moves = np.eye(len(q)) - q
    return np.linalg.solve(until_it_moves, r @ ticks), np.linalg.solve(until_it_moves, t)


def adjustments(q: Any, r: Any, t: Any, ticks: Any) -> Any:
    """The expected sum of all moves of the mid from each state, in ticks.

    None when some states never lead to a move, or the sum does not come to an end.
    """
    try:
        first, leads_to = first_move(q, r, t, ticks)
    except np.linalg.LinAlgError:
        return None
    total = first
    for _ in range(DOUBLINGS):
        total = total + leads_to @ total
        leads_to = leads_to @ leads_to
    left = leads_to @ first
    return total if np.isfinite(total).all() and np.abs(left).max() < SETTLED else None
