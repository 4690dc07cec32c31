"""OKX's history of settled funding."""

import msgspec

from bot.errors import DataError
from bot.feeds.okx import wire
from bot.feeds.okx.instruments import native_symbol
from bot.feeds.reading import read_answer
from bot.feeds.settled import settled_rates
from bot.model.event import FundingRate
from bot.model.instrument import Instrument

_answer = msgspec.json.Decoder(wire.Message[wire.SettledRate], strict=False)


def funding_history(body: bytes, instrument: Instrument, ts_recv: int) -> list[FundingRate]:
    """Of `public/funding-rate-history`: what was paid, which may differ from what was predicted."""
    where = f"{instrument.id} funding history"
    rows = read_answer(_answer, body, where).data
    symbol = native_symbol(instrument)
    for row in rows:
        if row.instrument != symbol:
            raise DataError(where, f"rows of {row.instrument}", f"of {symbol}", "ask for it")
    return settled_rates(instrument, [(row.settles_ms, row.paid) for row in rows], ts_recv, {})
