"""What came of a moment: known only when its horizon has passed, and not a moment before."""

import enum

from msgspec import Struct, field


class Outcome(enum.IntEnum):
    """Where the price went; FLAT is less than a trade would cost."""

    DOWN = -1
    FLAT = 0
    UP = 1


class Pending(Struct, frozen=True):
    """A moment whose outcome is not known yet. said, raw: what was said of it then."""

    t_ns: int
    log_bps: float
    features: tuple[float, ...]
    said: float | None = None
    raw: float | None = None


class Matured(Struct, frozen=True):
    """A moment and what came of it. moved_bps: over the horizon."""

    moment: Pending
    moved_bps: float
    outcome: Outcome


class Labels(Struct):
    """The queue of moments that wait for their outcome.

    late_ns_max: an outcome that nobody saw until so long after the horizon is no outcome.
    """

    horizon_ns: int
    flat_bps: float
    late_ns_max: int
    waiting: list[Pending] = field(default_factory=list)
    missed: int = 0

    def add(self, moment: Pending) -> None:
        """Let a moment wait; times ascend."""
        self.waiting.append(moment)

    def mature(self, now_ns: int, log_bps: float | None) -> list[Matured]:
        """Those whose horizon has passed, judged by the price of now; oldest first."""
        due = 0
        found: list[Matured] = []
        for moment in self.waiting:
            late = now_ns - moment.t_ns - self.horizon_ns
            if late < 0:
                break
            if log_bps is not None and late <= self.late_ns_max:
                moved = log_bps - moment.log_bps
                found.append(Matured(moment, moved, outcome_of(moved, self.flat_bps)))
                due += 1
            elif late > self.late_ns_max:
                self.missed += 1
                due += 1
            else:
                # The price is not known now; it may be within the time that is left.
                break
        del self.waiting[:due]
        return found


def outcome_of(moved_bps: float, flat_bps: float) -> Outcome:
    """Up or down when it moved by more than `flat_bps`, else flat."""
    if abs(moved_bps) <= flat_bps:
        return Outcome.FLAT
    return Outcome.UP if moved_bps > 0.0 else Outcome.DOWN


def apart(times_ns: list[int], horizon_ns: int) -> list[int]:
    """The places of moments whose horizons do not overlap, earliest first.

    Overlapping outcomes are one outcome counted many times.
    """
    kept: list[int] = []
    for k, t in enumerate(times_ns):
        if not kept or t - times_ns[kept[-1]] >= horizon_ns:
            kept.append(k)
    return kept
