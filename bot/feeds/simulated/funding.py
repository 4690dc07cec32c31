"""The funding rate: the premium's average over the interval, near enough to the interest it.

Source: Binance, "Introduction to Binance Futures Funding Rates" (weights that grow linearly
over the interval, a damper around the interest, the result scaled to the interval).
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

import numpy as np

from bot.book.arrays import i8, void
from bot.feeds.simulated.premium import above
from bot.feeds.simulated.terms import FundingTerms
from bot.kernel import kernel
from bot.model.event import FundingRate
from bot.model.units import NS_PER_SECOND, InstrumentId
from bot.tape.rows import SCALAR_SCALE, Int64s

INTERVAL: Final = 0
"""In seconds; the rest in 1e-8, rates per 8 hours."""
INTEREST: Final = 1
DAMP: Final = 2
CAP: Final = 3
EIGHT_HOURS: Final = 28_800

WEIGHTED: Final = 0
WEIGHTS: Final = 1
RATE: Final = 2


@kernel(void(i8[::1], i8, i8[::1], i8[::1], i8[::1], i8[::1]))
def charge(
    premium: Int64s, second: int, param: Int64s, state: Int64s, before: Int64s, after: Int64s
) -> None:
    """Write the rate per interval before and after each second's sample of the premium.

    second: since the epoch, of the first sample. At the second of a settlement `before` is
    what is settled, and the average starts over.
    """
    for k in range(len(premium)):
        place = (second + k) % param[INTERVAL]
        before[k] = state[RATE]
        if place == 0:
            state[WEIGHTED] = 0
            state[WEIGHTS] = 0
        state[WEIGHTED] += (place + 1) * premium[k]
        state[WEIGHTS] += place + 1
        mean = state[WEIGHTED] // state[WEIGHTS]
        damped = mean + min(param[DAMP], max(-param[DAMP], param[INTEREST] - mean))
        capped = min(param[CAP], max(-param[CAP], damped))
        state[RATE] = capped * param[INTERVAL] // EIGHT_HOURS
        after[k] = state[RATE]


class FundingClock:
    """The rates of one perpetual, second after second."""

    def __init__(
        self, instrument: InstrumentId, terms: FundingTerms, change: tuple[int, int] | None = None
    ) -> None:
        """Start at the first second. change: from which second since the epoch on there is another
        interval, and how many seconds it has; a settlement of both.
        """
        self._instrument = instrument
        self._terms = terms
        self._interval_s = terms.interval_ns // NS_PER_SECOND
        self._change = change
        fractions = (terms.interest, terms.damp, terms.cap)
        self._param = np.array(
            [self._interval_s, *(int(one * SCALAR_SCALE) for one in fractions)], np.int64
        )
        self._state = np.zeros(3, np.int64)
        self._started = False

    @property
    def state(self) -> list[int]:
        """Where it stands, for `resume`."""
        return [int(each) for each in self._state]

    def resume(self, state: list[int]) -> None:
        """Stand where another clock of the same perpetual stood."""
        self._state[:] = state
        self._started = True

    def seconds(
        self, second: int, premium: Int64s, index: Int64s, recv_ns: Int64s
    ) -> Iterator[FundingRate]:
        """What the venue says in the next seconds: settled rates, and the next one predicted.

        premium, index, recv_ns: one entry a second; recv_ns: when it is heard.
        """
        cut = len(premium)
        if self._change is not None:
            cut = min(cut, max(0, self._change[0] - second))
        if cut:
            yield from self._stretch(second, premium[:cut], index[:cut], recv_ns[:cut])
        if cut < len(premium):
            assert self._change is not None
            self._param[INTERVAL] = self._change[1]
            yield from self._stretch(second + cut, premium[cut:], index[cut:], recv_ns[cut:])

    def _stretch(
        self, second: int, premium: Int64s, index: Int64s, recv_ns: Int64s
    ) -> Iterator[FundingRate]:
        """Seconds of one interval; what the first of them settles belongs to the one before."""
        interval_s = int(self._param[INTERVAL])
        before = np.empty_like(premium)
        after = np.empty_like(premium)
        charge(premium, second, self._param, self._state, before, after)
        times = np.arange(second, second + len(premium))
        settles = times % interval_s == 0
        # The first second says a rate and settles none: nothing was sampled before it.
        settles[0] &= self._started
        publishes = times % self._terms.publish_s == 0
        publishes[0] |= not self._started
        self._started = True
        for k in np.flatnonzero(settles | publishes).tolist():
            now = second + k
            ts = (now * NS_PER_SECOND, int(recv_ns[k]))
            if settles[k]:
                mark = fixed(above(int(index[k]), int(premium[k])))
                yield self._rate(ts, int(before[k]), now, self._before(now), mark=mark)
            if publishes[k]:
                upcoming = now - now % interval_s + interval_s
                yield self._rate(ts, int(after[k]), upcoming, interval_s)

    def _before(self, second: int) -> int:
        """Seconds of the interval that ends at a settlement."""
        if self._change is not None and second > self._change[0]:
            return self._change[1]
        return self._interval_s

    def _rate(
        self,
        ts: tuple[int, int],
        rate: int,
        settles: int,
        interval_s: int,
        *,
        mark: Decimal | None = None,
    ) -> FundingRate:
        """A rate that is settled when there is a mark, else one that is predicted."""
        return FundingRate(
            ts_venue=ts[0],
            ts_recv=ts[1],
            instrument=self._instrument,
            rate=fixed(rate),
            settles_ns=settles * NS_PER_SECOND,
            settled=mark is not None,
            interval_ns=interval_s * NS_PER_SECOND,
            mark=mark,
        )


def fixed(value: int) -> Decimal:
    """A count of 1e-8 as a number."""
    return Decimal(value).scaleb(-8)
