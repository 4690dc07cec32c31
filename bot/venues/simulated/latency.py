"""How long a request is on its way to the venue, and the answer on its way back.

A model knows no state: the delay of the n-th message is drawn from its number by a hash, so
that the same run draws the same, however it was cut into blocks and wherever it was restarted.
What carries over from message to message is the line's business.
"""

import math
from collections.abc import Callable, Iterable
from statistics import NormalDist
from typing import Final, Protocol

from msgspec import Struct

from bot.model.units import NS_PER_US

_WORD: Final = (1 << 64) - 1
_Z99: Final = NormalDist().inv_cdf(0.99)
OUT: Final = 0
BACK: Final = 1


class Latency(Protocol):
    """A model of the way there and back; no delay is ever below the least that it states."""

    @property
    def least_out_ns(self) -> int:
        """The shortest way there."""
        ...

    @property
    def least_in_ns(self) -> int:
        """The shortest way back: so far the venue may lag us, and nothing is heard too late."""
        ...

    def arrives(self, n: int, sent_ns: int) -> int:
        """When the venue has the n-th request."""
        ...

    def heard(self, n: int, happened_ns: int) -> int:
        """When the n-th thing that the venue says is known to whom it concerns."""
        ...


class Constant(Struct, frozen=True):
    """The same delays always: what an honest first estimate of a good line looks like.

    out_ns: from the first byte sent to the venue's matching. in_ns: from there to our hearing.
    """

    out_ns: int
    in_ns: int

    def __post_init__(self) -> None:
        """Refuse a line that is faster than time."""
        for name in ("out_ns", "in_ns"):
            value: int = getattr(self, name)
            if value < 0:
                raise ValueError(f"{name}: got {value}, expected >= 0")

    @property
    def least_out_ns(self) -> int:
        """The way there."""
        return self.out_ns

    @property
    def least_in_ns(self) -> int:
        """The way back."""
        return self.in_ns

    def arrives(self, n: int, sent_ns: int) -> int:
        """After the way there, whichever it is."""
        del n
        return sent_ns + self.out_ns

    def heard(self, n: int, happened_ns: int) -> int:
        """After the way back, whichever it is."""
        del n
        return happened_ns + self.in_ns


class Spread(Struct, frozen=True):
    """A log-normal way, never shorter than its least: a wire has a length.

    p99_ns: one in a hundred takes longer.
    """

    median_ns: int
    p99_ns: int
    least_ns: int

    def __post_init__(self) -> None:
        """Refuse what is no such distribution."""
        if not 0 < self.median_ns <= self.p99_ns or not 0 <= self.least_ns <= self.median_ns:
            raise ValueError(
                f"median_ns, p99_ns, least_ns: got {self.median_ns}, {self.p99_ns}, "
                f"{self.least_ns}, expected 0 <= least <= median <= p99 and median > 0"
            )

    def at(self, chance: float) -> int:
        """The delay that is not exceeded with this chance.

        In whole microseconds: the last bit of a logarithm is not the same on every machine.
        """
        width = math.log(self.p99_ns / self.median_ns) / _Z99
        drawn = self.median_ns * math.exp(width * NormalDist().inv_cdf(chance))
        return max(self.least_ns, round(drawn / NS_PER_US) * NS_PER_US)


class LogNormal(Struct, frozen=True):
    """Delays with a long tail, each drawn by itself."""

    out: Spread
    back: Spread
    seed: int

    @property
    def least_out_ns(self) -> int:
        """What no draw of the way there is below."""
        return self.out.least_ns

    @property
    def least_in_ns(self) -> int:
        """What no draw of the way back is below."""
        return self.back.least_ns

    def arrives(self, n: int, sent_ns: int) -> int:
        """After a draw of the way there."""
        return sent_ns + self.out.at(chance(self.seed, OUT, n))

    def heard(self, n: int, happened_ns: int) -> int:
        """After a draw of the way back."""
        return happened_ns + self.back.at(chance(self.seed, BACK, n))


class Empirical(Struct, frozen=True):
    """Delays that were measured, drawn from with replacement: any one, each time anew.

    Slow moments that follow each other in what was measured do not in what is drawn.
    """

    out_ns: tuple[int, ...]
    in_ns: tuple[int, ...]
    seed: int

    def __post_init__(self) -> None:
        """Refuse what nobody can have measured."""
        for name in ("out_ns", "in_ns"):
            values: tuple[int, ...] = getattr(self, name)
            if not values or min(values) < 0:
                raise ValueError(f"{name}: expected one or more delays >= 0")

    @property
    def least_out_ns(self) -> int:
        """The shortest that was measured."""
        return min(self.out_ns)

    @property
    def least_in_ns(self) -> int:
        """The shortest that was measured."""
        return min(self.in_ns)

    def arrives(self, n: int, sent_ns: int) -> int:
        """After one of the ways there."""
        return sent_ns + _one_of(self.out_ns, chance(self.seed, OUT, n))

    def heard(self, n: int, happened_ns: int) -> int:
        """After one of the ways back."""
        return happened_ns + _one_of(self.in_ns, chance(self.seed, BACK, n))


class Outage(Struct, frozen=True):
    """A time in which nothing gets through; nothing is lost, all of it comes late.

    answers_only: requests still arrive, and what became of them is not heard.
    """

    start_ns: int
    end_ns: int
    answers_only: bool = False


class Interrupted(Struct, frozen=True):
    """A model with outages: what was sent into one, or would come through in one, waits for its
    end and goes its whole way then.
    """

    usual: Constant | LogNormal | Empirical
    outages: tuple[Outage, ...]

    def __post_init__(self) -> None:
        """Refuse outages that are out of order."""
        last = None
        for each in self.outages:
            if each.end_ns <= each.start_ns or (last is not None and each.start_ns < last):
                raise ValueError("outages: expected ascending windows, each with an end")
            last = each.end_ns

    @property
    def least_out_ns(self) -> int:
        """As ever: an outage makes nothing faster."""
        return self.usual.least_out_ns

    @property
    def least_in_ns(self) -> int:
        """As ever."""
        return self.usual.least_in_ns

    def arrives(self, n: int, sent_ns: int) -> int:
        """When it gets through."""
        blocking = [each for each in self.outages if not each.answers_only]
        return _through(lambda ns: self.usual.arrives(n, ns), sent_ns, blocking)

    def heard(self, n: int, happened_ns: int) -> int:
        """When it gets through."""
        return _through(lambda ns: self.usual.heard(n, ns), happened_ns, self.outages)


def _through(way: Callable[[int], int], from_ns: int, outages: Iterable[Outage]) -> int:
    """When something comes through that sets out at a time and waits in every outage."""
    through_ns = way(from_ns)
    for each in outages:
        if each.start_ns <= from_ns < each.end_ns or each.start_ns <= through_ns < each.end_ns:
            from_ns = each.end_ns
            through_ns = way(from_ns)
    return through_ns


def chance(seed: int, way: int, n: int) -> float:
    """A number strictly between 0 and 1 for the n-th message of a way, the same always."""
    mixed = _mixed(_mixed(_mixed(seed & _WORD) ^ way) ^ (n & _WORD))
    return ((mixed >> 11) + 0.5) * 2.0**-53


def _mixed(value: int) -> int:
    """A hash of 64 bits. Source: Steele, Lea & Flood (2014), SplitMix64."""
    value = (value + 0x9E3779B97F4A7C15) & _WORD
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _WORD
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _WORD
    return value ^ (value >> 31)


def _one_of(values: tuple[int, ...], chance: float) -> int:
    return values[int(chance * len(values))]
