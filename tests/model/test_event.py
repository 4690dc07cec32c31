"""Events survive their text, and are the same text always."""

from decimal import Decimal

import pytest

from bot.model.event import (
    FundingTerms,
    LiquidationVolume,
    OpenInterestWorth,
    TakerVolume,
    decode,
    encode,
)

AT = {"ts_recv": 5, "ts_venue": 4, "instrument": "okx:BTC/USDT:USDT"}
INTERVAL = {"until_ns": 4, "interval_ns": 3}


@pytest.mark.parametrize(
    "event",
    [
        FundingTerms(**AT),
        FundingTerms(**AT, interval_ns=3, floor=Decimal("-0.03"), cap=Decimal("0.03")),
        OpenInterestWorth(**AT, worth=Decimal("1934030909.9089077"), currency="USD"),
        TakerVolume(**AT, **INTERVAL, bought=Decimal("1.10"), sold=Decimal(0), unit="BTC"),
        LiquidationVolume(**AT, **INTERVAL, longs=Decimal(5), shorts=Decimal(0), unit="USD"),
        LiquidationVolume(
            **AT, **INTERVAL, longs=Decimal(5), shorts=Decimal(0), unit="USD", count=0
        ),
    ],
    ids=lambda event: type(event).__name__,
)
def test_an_event_is_what_it_was_written_as(event):
    line = encode(event)

    assert decode(line) == event
    assert encode(decode(line)) == line


def test_what_is_not_said_stays_unsaid():
    assert decode(encode(FundingTerms(**AT))).cap is None
    told = LiquidationVolume(**AT, **INTERVAL, longs=Decimal(5), shorts=Decimal(0), unit="USD")
    assert decode(encode(told)).count is None
