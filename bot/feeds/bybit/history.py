"""Bybit's history of settled funding."""

import msgspec
from msgspec import Struct, field

from bot.errors import DataError
from bot.feeds.bybit.instruments import native_symbol
from bot.feeds.reading import Milliseconds, read_answer
from bot.feeds.settled import settled_rates
from bot.model.event import FundingRate
from bot.model.instrument import Instrument


class _Row(Struct):
    symbol: str
    rate: str = field(name="fundingRate")
    settles_ms: Milliseconds = field(name="fundingRateTimestamp")


class _Rows(Struct):
    list: list[_Row]


class _Answer(Struct):
    result: _Rows


_answer = msgspec.json.Decoder(_Answer, strict=False)


def funding_history(body: bytes, instrument: Instrument, ts_recv: int) -> list[FundingRate]:
    """Of `market/funding/history`: what was paid."""
    where = f"{instrument.id} funding history"
    rows = read_answer(_answer, body, where).result.list
    symbol = native_symbol(instrument)
    for row in rows:
        if row.symbol != symbol:
            raise DataError(where, f"rows of {row.symbol}", f"of {symbol}", "ask for it")
    return settled_rates(instrument, [(row.settles_ms, row.rate) for row in rows], ts_recv, {})
