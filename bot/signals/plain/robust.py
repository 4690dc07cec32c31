"""What is usual, from the past only: median and spread of the last so many observations.

The same numbers as `standard.window_*` of the compiled loop, kept in plain lists so that a
gauge can be saved. A value is first scored, then added: no observation judges itself.
"""

from bisect import bisect_left, bisect_right, insort

from msgspec import Struct, field

from bot.signals.standard import MAD_TO_SIGMA, MEAN_TO_SIGMA, Z_MAX


class RobustWindow(Struct):
    """The last `length` observations, in order of arrival and in order of size.

    obs_min: how many it takes to say anything; 0: a third of the window and at least ten.
    """

    length: int
    obs_min: int = 0
    ring: list[float] = field(default_factory=list)
    order: list[float] = field(default_factory=list)
    oldest: int = 0
    median: float = 0.0
    sigma: float = 0.0

    def add(self, x: float) -> None:
        """Remember a finite observation; the oldest leaves a full window."""
        if len(self.ring) == self.length:
            del self.order[bisect_left(self.order, self.ring[self.oldest])]
            self.ring[self.oldest] = x
            self.oldest = (self.oldest + 1) % self.length
        else:
            self.ring.append(x)
        insort(self.order, x)
        self.median = median_of(self.order)
        self.sigma = MAD_TO_SIGMA * _median_distance(self.order, self.median)
        if self.sigma == 0.0:
            distance = sum(abs(each - self.median) for each in self.order)
            self.sigma = MEAN_TO_SIGMA * distance / len(self.order)

    @property
    def ready(self) -> bool:
        """Whether enough was seen to say what is usual."""
        return len(self.ring) >= (self.obs_min or max(10.0, self.length / 3.0))

    @property
    def coverage(self) -> float:
        """The share of the window that is filled."""
        return len(self.ring) / self.length

    def score(self, x: float, sigma_min: float = 0.0) -> float | None:
        """The robust z of `x`, clipped to ±8; 0 when the window never moved; None: too early.

        sigma_min: the smallest spread to divide by, in the units of x.
        """
        if not self.ready:
            return None
        sigma = max(self.sigma, sigma_min)
        if sigma == 0.0:
            return 0.0
        return min(Z_MAX, max(-Z_MAX, (x - self.median) / sigma))

    def rank(self, x: float) -> float | None:
        """The share of the window below `x`, ties counted by half, in [0, 1]; None: too early."""
        if not self.ready:
            return None
        below = bisect_left(self.order, x)
        ties = bisect_right(self.order, x) - below
        return (below + 0.5 * ties) / len(self.order)

    def take(self, x: float, sigma_min: float = 0.0) -> float | None:
        """Score an observation against those before it, then remember it."""
        z = self.score(x, sigma_min)
        self.add(x)
        return z


def median_of(ascending: list[float]) -> float:
    """The median of at least one ascending value."""
    middle = len(ascending) >> 1
    if len(ascending) & 1:
        return ascending[middle]
    return 0.5 * (ascending[middle - 1] + ascending[middle])


def _median_distance(ascending: list[float], center: float) -> float:
    """The median of |value - center| over ascending values, in logarithmic time."""
    count = len(ascending)
    upper = _nearest(ascending, center, count >> 1)
    if count & 1:
        return upper
    return 0.5 * (_nearest(ascending, center, (count >> 1) - 1) + upper)


def _nearest(ascending: list[float], center: float, rank: int) -> float:
    """The distance from `center` of the value that is `rank` others away in nearness."""
    split = bisect_left(ascending, center)
    above = len(ascending) - split
    # How many of the rank + 1 nearest lie below the center: found by halving.
    low, high = max(0, rank + 1 - above), min(split, rank + 1)
    while low < high:
        below = (low + high) // 2
        next_below = center - ascending[split - 1 - below]
        last_above = ascending[split + rank - below] - center
        if next_below < last_above:
            low = below + 1
        else:
            high = below
    distance = 0.0
    if low > 0:
        distance = center - ascending[split - low]
    if rank - low >= 0:
        distance = max(distance, ascending[split + rank - low] - center)
    return distance
