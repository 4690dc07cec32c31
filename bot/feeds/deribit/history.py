"""Deribit's history of funding, which accrues all the time: what each hour came to."""

import msgspec
from msgspec import Raw, Struct, field

from bot.feeds.numerals import numeral
from bot.feeds.reading import Milliseconds, read_answer
from bot.feeds.settled import settled_rates
from bot.model.event import FundingRate
from bot.model.instrument import Instrument
from bot.model.units import NS_PER_HOUR


class _Hour(Struct):
    """interest: of the hour that ends at the time. `interest_8h` rolls, and is not read."""

    time_ms: Milliseconds = field(name="timestamp")
    interest: Raw = field(name="interest_1h")


class _Answer(Struct):
    result: list[_Hour]


_answer = msgspec.json.Decoder(_Answer)


def funding_history(body: bytes, instrument: Instrument, ts_recv: int) -> list[FundingRate]:
    """Of `public/get_funding_rate_history`, whose rows name no instrument."""
    where = f"{instrument.id} funding history"
    rows = read_answer(_answer, body, where).result
    told = [(row.time_ms, numeral(row.interest, where)) for row in rows]
    return settled_rates(instrument, told, ts_recv, {}, interval_ns=NS_PER_HOUR)
