"""A number over time, as far back as somebody asks: what it was, and how it changed."""

from bisect import bisect_right

from msgspec import Struct, field


class Series(Struct):
    """Observations of the last `span_ns`, and the one before them.

    step_ns: of several observations within one step of the clock only the last is kept, so
    that its length is bounded.
    """

    span_ns: int
    step_ns: int = 1
    times: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)

    def add(self, t_ns: int, x: float) -> None:
        """Remember an observation; a second one at the same time replaces the first."""
        if self.times and t_ns // self.step_ns <= self.times[-1] // self.step_ns:
            self.times[-1] = max(t_ns, self.times[-1])
            self.values[-1] = x
            return
        self.times.append(t_ns)
        self.values.append(x)
        # The last one at or before the span's start still says what stood there.
        gone = bisect_right(self.times, t_ns - self.span_ns) - 1
        if gone > 0:
            del self.times[:gone]
            del self.values[:gone]

    def clear(self) -> None:
        """Forget everything."""
        self.times.clear()
        self.values.clear()

    @property
    def last(self) -> float | None:
        """The newest observation."""
        return self.values[-1] if self.values else None

    def at(self, t_ns: int, age_ns_max: int | None = None) -> float | None:
        """What stood at a time; None before the first, or when it was older than allowed."""
        found = bisect_right(self.times, t_ns) - 1
        if found < 0 or (age_ns_max is not None and t_ns - self.times[found] > age_ns_max):
            return None
        return self.values[found]

    def change(self, now_ns: int, over_ns: int, age_ns_max: int | None = None) -> float | None:
        """The newest value less the one so long ago; None when either is unknown."""
        before = self.at(now_ns - over_ns, age_ns_max)
        now = self.at(now_ns, age_ns_max)
        return None if before is None or now is None else now - before
