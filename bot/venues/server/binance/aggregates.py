"""Trades by the aggregate, as both markets tell them over REST."""

from collections.abc import Callable, Iterable
from typing import Any

from bot.venues.server.binance.params import Params
from bot.venues.server.binance.symbols import Symbol
from bot.venues.server.public import PublicTrade


def aggregates(
    params: Params, symbol: Symbol, trades: Iterable[PublicTrade], shown: Callable[[int], int]
) -> list[dict[str, Any]]:
    """What `aggTrades` asks for: here every trade is an aggregate of its own.

    shown: a time of the venue in the milliseconds that clients see.
    """
    limit, first = params.limit(500, 1000), params.whole("fromId")
    began, ended = params.whole("startTime"), params.whole("endTime")
    kept = [
        each
        for each in trades
        if (first is None or each.number >= first)
        and (began is None or shown(each.at_ns) >= began)
        and (ended is None or shown(each.at_ns) <= ended)
    ]
    kept = kept[-limit:] if first is None and began is None else kept[:limit]
    return [
        {
            "a": each.number,
            "p": symbol.price(each.price),
            "q": symbol.size(each.size),
            "f": each.number,
            "l": each.number,
            "T": shown(each.at_ns),
            "m": each.sold,
        }
        for each in kept
    ]
