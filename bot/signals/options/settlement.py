"""How an option ends: what it pays, and how its delta fades while the delivery price is averaged.

Deribit delivers at the mean index of the last half hour before the expiry. Of what is then still
open to move, a little less is left each minute: delta and mark of the expiring series fall in a
straight line to nothing. Gamma is left as it is: the venue says nothing of it.
Source: Deribit, "Settlement" and "Inverse options", as quoted in spec S40.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

Float64s = npt.NDArray[np.float64]

AVERAGING_NS: Final = 30 * 60 * 1_000_000_000


def payoff(
    call: npt.ArrayLike, strike: npt.ArrayLike, delivery: npt.ArrayLike, inverse: npt.ArrayLike
) -> Float64s:
    """What one coin's worth of option pays at expiry: coin when inverse, else quote.

    NaN without a delivery price above zero.
    """
    price = np.asarray(delivery, np.float64)
    price = np.where((price > 0.0) & np.isfinite(price), price, np.nan)
    gain = np.where(np.asarray(call, bool), 1.0, -1.0) * (price - np.asarray(strike, np.float64))
    paid = np.where(np.isnan(price), np.nan, np.maximum(gain, 0.0))
    return np.asarray(np.where(np.asarray(inverse, bool), paid / price, paid))


def share_left(left_ns: npt.ArrayLike, averaging_ns: int = AVERAGING_NS) -> Float64s:
    """How much of the delivery price is not averaged yet: 1 before the window, 0 at expiry."""
    left = np.asarray(left_ns, np.float64)
    if averaging_ns <= 0:  # delivered at one price
        return np.where(left > 0.0, 1.0, 0.0)
    return np.asarray(np.clip(left / averaging_ns, 0.0, 1.0))


def faded_delta(delta: npt.ArrayLike, share: npt.ArrayLike) -> Float64s:
    """The delta that is left when such a share is not averaged yet."""
    return np.asarray(np.asarray(delta, np.float64) * np.asarray(share, np.float64))


def faded_net_delta(
    delta: npt.ArrayLike, mark_coin: npt.ArrayLike, share: npt.ArrayLike
) -> Float64s:
    """The net delta that is left: both the delta and the premium that adjusts it fade."""
    return faded_delta(delta, share) - faded_delta(mark_coin, share)
