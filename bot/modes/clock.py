"""The only place that reads the clock."""

import time

WALL = time.time_ns
"""Nanoseconds since the epoch, UTC."""

MONOTONIC = time.monotonic_ns
"""Nanoseconds that never step back, for durations."""

CPU = time.process_time_ns
"""Nanoseconds of processor time of this process."""
