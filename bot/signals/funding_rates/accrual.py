"""Funding that accrues all the time, as on Deribit."""

from typing import Final

EIGHT_HOURS_NS: Final = 28_800_000_000_000


def continuous_rate(
    mark: float, index: float, band: float, floor: float | None, cap: float | None
) -> float:
    """The rate per 8 h of this moment, as a fraction; + is paid by longs.

    The premium of mark over index outside ±band, between floor and cap.
    Source: Deribit, "Inverse Perpetual".
    """
    premium = (mark - index) / index
    rate = max(band, premium) + min(-band, premium)
    if cap is not None:
        rate = min(rate, cap)
    if floor is not None:
        rate = max(rate, floor)
    return rate


def accrued(rate_8h: float, size: float, elapsed_ns: int) -> float:
    """What a position of signed size pays over a time, in the unit of size; negative: receives.

    size: coins of an inverse position are its quote amount over the index (over the mark
    according to some sources; they differ by the premium squared).
    """
    return rate_8h * size * elapsed_ns / EIGHT_HOURS_NS
