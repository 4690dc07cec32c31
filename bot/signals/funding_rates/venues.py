"""Each venue's rule, as far as it is published; contract terms are arguments elsewhere.

Where sources differ or were read second hand, the rule says so: compare `difference` of
`VenueFunding` with what the venue prints before relying on it.
"""

from typing import Final

from bot.signals.funding_rates.rules import Form, FundingRule

BINANCE_SCALES_FROM_NS: Final = 1_758_182_460_000_000_000
"""2025-09-18 08:01 UTC: from then on Binance divides by 8 h over the interval."""

_DAMP: Final = 0.0005

BINANCE_UNSCALED: Final = FundingRule(
    venue="binance", form=Form.DAMPED, damp=_DAMP, sample_s=5.0, equal_hours=1.0
)
"""Binance USD-M until 2025-09-18: no regard to the interval. Medium confidence below 8 h."""

BINANCE: Final = FundingRule(
    venue="binance",
    form=Form.SCALED,
    damp=_DAMP,
    sample_s=5.0,
    equal_hours=1.0,
    since_ns=BINANCE_SCALES_FROM_NS,
    before=BINANCE_UNSCALED,
)
"""Binance USD-M; of settlements before that date the rule until then. Interest 0.01 % a formula,
whatever the interval; 0 for some.
Source: Binance, "Introduction to Binance Futures Funding Rates"."""

BYBIT: Final = FundingRule(
    venue="bybit", form=Form.DAMPED, damp=_DAMP, sample_s=60.0, interest_scales=True
)
"""Bybit: interest 0.03 % a day, shared out over the intervals. No divisor is documented for
intervals below 8 h: uncertain there. Source: Bybit help, "Introduction to Funding Rate"."""

OKX_DIVIDE: Final = FundingRule(venue="okx", form=Form.SCALED, damp=_DAMP, sample_s=60.0)
"""OKX as profiled in 2026: interest 0.01 %, the sum divided by 8 h over the interval."""

OKX_SCALED_INTEREST: Final = FundingRule(
    venue="okx", form=Form.DAMPED, damp=_DAMP, sample_s=60.0, interest_scales=True
)
"""OKX as announced in April 2025: interest 0.03 % a day shared out, no divisor."""

OKX_AVERAGE: Final = FundingRule(venue="okx", form=Form.MEAN, sample_s=60.0, linear=False)
"""OKX before: the plain mean of (mid - index) / index."""

DERIBIT: Final = FundingRule(
    venue="deribit", form=Form.DEAD_BAND, damp=0.00025, sample_s=1.0, linear=False
)
"""Deribit: premium of mark over index outside ±0.025 %, per 8 h, accruing every millisecond.
The cap (BTC ±0.5 %) is of the contract. Source: Deribit, "Inverse Perpetual"."""

HYPERLIQUID: Final = FundingRule(
    venue="hyperliquid", form=Form.SCALED, damp=_DAMP, sample_s=5.0, linear=False
)
"""Hyperliquid: the 8-hour formula over the mean of an hour, an eighth of it paid each hour on
the oracle price; capped at 4 % an hour. Source: Hyperliquid docs, "Funding"."""

BITMEX: Final = FundingRule(
    venue="bitmex", form=Form.DAMPED, damp=_DAMP, sample_s=60.0, linear=False, previous=True
)
"""BitMEX: the plain mean of the 8 hours before the one that pays. Source: BitMEX, "Funding"."""


def kraken(coefficient: float) -> FundingRule:
    """Kraken Futures: mean premium of the hour before over the contract's coefficient.

    coefficient: `fundingRateCoefficient` of `/instruments`; the cap is its
    `maxRelativeFundingRate`. The form is uncertain: prefer the venue's own relative rate.
    """
    if not coefficient > 0:
        raise ValueError(f"kraken coefficient: got {coefficient}, expected > 0")
    return FundingRule(
        venue="kraken",
        form=Form.COEFFICIENT,
        sample_s=60.0,
        linear=False,
        previous=True,
        coefficient=coefficient,
    )


GATE: Final = FundingRule(venue="gate", form=Form.SCALED, damp=_DAMP, sample_s=60.0)
"""Gate: interest 0.03 % a day, a third of it in the 8-hour formula. Second-hand source."""

KUCOIN: Final = FundingRule(venue="kucoin", form=Form.SCALED, damp=_DAMP, sample_s=60.0)
"""KuCoin: interest 0.01 %, per-minute premiums weighed linearly. Second-hand source."""
