"""Publishing a score, and deciding whether someone must look.

A strategy has looked at a slot when it was asked; its trigger remembers what stood there. It
is asked again when the value has moved by `WAKE`, entered or left `[LOW, HIGH]`, or became
known or unknown.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

Float64s = npt.NDArray[np.float64]
Float64s2 = npt.NDArray[np.float64]

# Columns of `trigger`.
WAKE: Final = 0
LOW: Final = 1
HIGH: Final = 2
SEEN: Final = 3
SEEN_KNOWN: Final = 4
STRATEGY: Final = 5
TRIGGER_SLOT: Final = 6
TRIGGER_COLUMNS: Final = 7
