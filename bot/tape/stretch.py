"""What blocks of any kind are: entries of arrays by time of receipt, from `start` to `stop`."""

import numpy as np
import numpy.typing as npt


class Stretch:
    """Entries `[start, stop)` of arrays that may be longer; ts_recv: when each was received."""

    __slots__ = ()

    ts_recv: npt.NDArray[np.int64]
    start: int
    stop: int

    @property
    def first_ns(self) -> int:
        """When the first was received."""
        return int(self.ts_recv[self.start])

    @property
    def last_ns(self) -> int:
        """When the last was received."""
        return int(self.ts_recv[self.stop - 1])

    def before(self, ts_recv: int) -> int:
        """Index of the first received at `ts_recv` or later, within this stretch."""
        return self.start + int(np.searchsorted(self.ts_recv[self.start : self.stop], ts_recv))
