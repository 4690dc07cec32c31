"""Hyperliquid's history of settled funding."""

import msgspec
from msgspec import Struct, field

from bot.errors import DataError
from bot.feeds.hyperliquid.instruments import native_symbol
from bot.feeds.reading import Milliseconds, read_answer
from bot.feeds.settled import settled_rates
from bot.model.event import FundingRate
from bot.model.instrument import Instrument


class _Row(Struct):
    coin: str
    rate: str = field(name="fundingRate")
    settles_ms: Milliseconds = field(name="time")


_answer = msgspec.json.Decoder(list[_Row])


def funding_history(body: bytes, instrument: Instrument, ts_recv: int) -> list[FundingRate]:
    """Of `fundingHistory`: what was paid for each hour."""
    where = f"{instrument.id} funding history"
    rows = read_answer(_answer, body, where)
    coin = native_symbol(instrument)
    for row in rows:
        if row.coin != coin:
            raise DataError(where, f"rows of {row.coin}", f"of {coin}", "ask for it")
    return settled_rates(instrument, [(row.settles_ms, row.rate) for row in rows], ts_recv, {})
