"""What a venue does with a contract besides matching it: its marks, funding, closings, expiry.

These are values that a listing carries; what acts on them has files of its own.
"""

from decimal import Decimal

from msgspec import Struct

from bot.model.units import NS_PER_HOUR, NS_PER_SECOND


class RecordedMark(Struct, frozen=True, tag=True):
    """The mark that the tape states; the mid while it states none."""


class MedianMark(Struct, frozen=True, tag=True):
    """Binance: the median of the index with its funding, of the index with its basis, of the last.

    Price 1 is `index (1 + rate × time left / interval)`; price 2 is the index and the mean of
    `mid − index` over a window, sampled once a second.
    """

    window_s: int = 30


class FairMark(Struct, frozen=True, tag=True):
    """Deribit: the index and an exponential average of `mid − index`, within a band of the index.

    window_s: of the average, sampled once a second. band: a fraction of the index.
    """

    window_s: int = 30
    band: Decimal = Decimal("0.005")


MarkRule = RecordedMark | MedianMark | FairMark


class AtStamp(Struct, frozen=True, tag=True):
    """Funding is settled at stated times on what is held then.

    by_index: counted at the index (Hyperliquid's oracle price) instead of the mark.
    """

    by_index: bool = False


class Accruing(Struct, frozen=True, tag=True):
    """Funding grows all the time: `worth × rate × time / period`, as at Deribit and Kraken.

    period_ns: what a rate is for. booked_ns: how often what has grown is paid; it is paid, too,
    whenever the position changes. damping, cap: with `d = mark / index − 1` the rate is
    `max(damping, d) + min(−damping, d)`, at most ±cap, while the tape states none.
    """

    period_ns: int = 8 * NS_PER_HOUR
    booked_ns: int = NS_PER_HOUR
    damping: Decimal = Decimal("0.00025")
    cap: Decimal = Decimal("0.005")


FundingRule = AtStamp | Accruing


class LiquidationTerms(Struct, frozen=True):
    """How positions are closed by force.

    fee: a fraction of what is closed in the market, to the insurance fund. band: how far from
    the mark, as a fraction, the orders that do it may trade.
    """

    fee: Decimal
    band: Decimal

    def __post_init__(self) -> None:
        """Refuse what are no fractions."""
        for name in ("fee", "band"):
            value: Decimal = getattr(self, name)
            if not 0 <= value < 1:
                raise ValueError(f"{name}: got {value}, expected a fraction from 0, less than 1")


# As the venue's public exchange information states for its dearer contracts.
DEAR_LIQUIDATION = LiquidationTerms(fee=Decimal("0.015"), band=Decimal("0.05"))


class ExpiryTerms(Struct, frozen=True):
    """At which price a dated contract is settled: the mean of the index before its expiry."""

    averaging_ns: int = 1800 * NS_PER_SECOND
    sample_ns: int = NS_PER_SECOND


class Loan(Struct, frozen=True):
    """What the venue lends of a currency.

    hourly: interest of an hour, a fraction. quota: the most that one account may owe.
    """

    hourly: Decimal
    quota: Decimal
