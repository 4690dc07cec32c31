"""The only place that draws from the machine's own chance: keys that nobody may guess."""

import os

BYTES = os.urandom
"""So many random bytes."""
