"""What signals said over a recording, as columns, and when they were looked at."""

import math
from array import array
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from bot.model.units import InstrumentId
from bot.signals.base import Score, Watch

Float64s = npt.NDArray[np.float64]
Int64s = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


class Every(Struct, frozen=True):
    """Look at whole multiples of a step: the state before anything received then or later."""

    step_ns: int


class Changes(Struct, frozen=True):
    """Look after each message that made a signal say something else.

    least: how far its value must have moved since the last look, in its own unit.
    """

    least: float = 0.0


class Messages(Struct, frozen=True):
    """Look after each whole message of one instrument."""

    instrument: InstrumentId


Clock = Every | Changes | Messages


class Observed(Struct, frozen=True):
    """One signal's series.

    value, z, outputs: NaN is unknown; value and z are unknown while stale, outputs then show
    what was computed last. last: all of it at the last moment, with its why.
    """

    name: str
    watch: Watch
    times: Int64s
    value: Float64s
    z: Float64s
    outputs: Mapping[str, Float64s]
    quality: Float64s
    ready: Bools
    stale: Bools
    last: Score
    last_ns: int


class Growing:
    """A series while it is being observed."""

    def __init__(self, name: str, watch: Watch, outputs: tuple[str, ...], clock: Clock) -> None:
        """Begin empty."""
        self.name, self.watch, self.clock = name, watch, clock
        self._outputs = outputs
        self._times = array("q")
        self._columns = array("d")
        self._said: tuple[float, ...] = ()

    def look(self, t_ns: int, score: Score, *, if_new: bool = False) -> None:
        """Note what is said at a moment; if_new: unless it is what was said before."""
        row = (
            _number(score.value),
            _number(score.z),
            score.quality,
            float(score.ready),
            float(score.stale),
            *(_number(score.outputs.get(name)) for name in self._outputs),
        )
        if if_new and len(row) == len(self._said) and all(map(_same, row, self._said)):
            return
        self._said = row
        self._times.append(t_ns)
        self._columns.extend(row)

    def done(self, last: Score, last_ns: int) -> Observed:
        """The series when it is over."""
        table = np.array(self._columns, np.float64).reshape(-1, 5 + len(self._outputs))
        value, z, quality, ready, stale = (table[:, k].copy() for k in range(5))
        return Observed(
            self.name,
            self.watch,
            np.array(self._times, np.int64),
            value,
            z,
            {name: table[:, 5 + k].copy() for k, name in enumerate(self._outputs)},
            quality,
            ready > 0.0,
            stale > 0.0,
            last,
            last_ns,
        )


def _number(value: float | None) -> float:
    return math.nan if value is None else value


def _same(one: float, other: float) -> bool:
    return one == other or (one != one and other != other)
