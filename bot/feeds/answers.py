"""Answers to requests for what was, by venue and kind: which of our readers takes them.

Recorders keep such answers by the path that was asked; single files say by name only what they are.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Final

from msgspec import Struct

from bot.errors import UsageError, quoted
from bot.feeds.binance import instruments as binance
from bot.feeds.binance import statistics
from bot.feeds.bybit import history as bybit
from bot.feeds.bybit import instruments as bybit_listing
from bot.feeds.deribit import history as deribit
from bot.feeds.deribit import instruments as deribit_listing
from bot.feeds.hyperliquid import history as hyperliquid
from bot.feeds.hyperliquid import instruments as hyperliquid_listing
from bot.feeds.okx import history as okx
from bot.feeds.okx import instruments as okx_listing
from bot.model.event import Event
from bot.model.instrument import Instrument
from bot.model.units import NS_PER_SECOND

Query = Mapping[str, str]
"""What was asked, by the names of the request."""
Read = Callable[[bytes, Instrument, int, Query], Iterable[Event]]

PERIODS_S: Final = {
    "5m": 300,
    "15m": 900,
    "30m": 1_800,
    "1h": 3_600,
    "2h": 7_200,
    "4h": 14_400,
    "6h": 21_600,
    "12h": 43_200,
    "1d": 86_400,
}


class Answer(Struct, frozen=True):
    """One kind of answer. read: its events, all received at the time given. path: of its request,
    "" where no recorder of ours keeps it.
    """

    read: Read
    path: str = ""


def _plain(read: Callable[[bytes, Instrument, int], Iterable[Event]]) -> Read:
    """A reader that needs to know nothing of what was asked."""

    def whole(body: bytes, instrument: Instrument, ts_recv: int, query: Query) -> Iterable[Event]:
        del query
        return read(body, instrument, ts_recv)

    return whole


def _now(body: bytes, instrument: Instrument, ts_recv: int) -> Iterable[Event]:
    return [statistics.open_interest(body, instrument, ts_recv)]


def _taken(body: bytes, instrument: Instrument, ts_recv: int, query: Query) -> Iterable[Event]:
    period = query.get("period", "")
    if period not in PERIODS_S:
        raise UsageError(
            "period", quoted(period), " | ".join(PERIODS_S), "state the period that was asked for"
        )
    interval_ns = PERIODS_S[period] * NS_PER_SECOND
    return statistics.taker_volumes(body, instrument, ts_recv, interval_ns)


def _ratios(population: statistics.Population) -> Read:
    return _plain(partial(statistics.long_short_ratios, population=population))


def _binance(prefix: str) -> dict[str, Answer]:
    answers = {
        "funding-history": Answer(_plain(statistics.funding_history), f"{prefix}/fundingRate"),
        "open-interest": Answer(_plain(_now), f"{prefix}/openInterest"),
        "open-interest-history": Answer(
            _plain(statistics.open_interest_history), "/futures/data/openInterestHist"
        ),
        "accounts": Answer(_ratios("accounts"), "/futures/data/globalLongShortAccountRatio"),
        "top-accounts": Answer(_ratios("top_accounts"), "/futures/data/topLongShortAccountRatio"),
        "top-positions": Answer(
            _ratios("top_positions"), "/futures/data/topLongShortPositionRatio"
        ),
    }
    if prefix == "/fapi/v1":
        answers["taker-volumes"] = Answer(_taken, "/futures/data/takerlongshortRatio")
    return answers


ANSWERS: Final[Mapping[str, Mapping[str, Answer]]] = {
    binance.USDM: _binance("/fapi/v1"),
    binance.COINM: _binance("/dapi/v1"),
    okx_listing.VENUE: {"funding-history": Answer(_plain(okx.funding_history))},
    bybit_listing.VENUE: {"funding-history": Answer(_plain(bybit.funding_history))},
    deribit_listing.VENUE: {"funding-history": Answer(_plain(deribit.funding_history))},
    hyperliquid_listing.VENUE: {"funding-history": Answer(_plain(hyperliquid.funding_history))},
}


def asked_for(instrument: Instrument, query: Query) -> bool:
    """Whether Binance was asked for an instrument: by its symbol, or by its pair on COIN-M."""
    if "symbol" in query:
        return query["symbol"] == binance.native_symbol(instrument)
    pair = query.get("pair") == instrument.base + instrument.quote
    return pair and query.get("contractType", "PERPETUAL") == "PERPETUAL"
