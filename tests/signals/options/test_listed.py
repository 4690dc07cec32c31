"""Options as the venue lists and quotes them: from its own answer and its own tickers."""

import math
from decimal import Decimal

import msgspec
import numpy as np
import pytest

from bot.feeds.deribit import instruments as deribit
from bot.feeds.deribit import wire
from bot.feeds.deribit.option_ticker import option_ticker
from bot.model.instrument import Kind
from bot.model.units import NS_PER_SECOND
from bot.recording.importers.cryptofeed import read_lines
from bot.signals.options.chain_book import ChainBook
from bot.tape.tickers import TickerBuilder


def listed(folder):
    """The BTC options of the run's own answers, by Deribit's symbol."""
    found = {}
    for line in read_lines(folder / "DERIBIT.0.gz"):
        found |= deribit.instruments(line.body)
    return {
        name: one for name, one in found.items() if one.kind is Kind.OPTION and one.base == "BTC"
    }


def tickers(folder, known):
    """(time, ticker) of the options in the run's messages."""
    for line in read_lines(folder / "DERIBIT.ws.1.0.gz"):
        try:
            told = wire.ticker.decode(line.body).params.data
        except msgspec.DecodeError:
            continue
        if told.instrument in known:
            yield line.ts_recv, told


def number(x: Decimal | None) -> float:
    return math.nan if x is None else float(x)


def test_a_chain_of_deribits_own_listing_agrees_with_what_it_publishes(recordings):
    """Bid volatilities, and the net delta that is the published delta less the mark in coin."""
    known = listed(recordings / "raw-captures-30s")
    options = list(known.values())
    rows = {name: at for at, name in enumerate(known)}
    builder = TickerBuilder(tuple(one.id for one in options))
    last = {}
    for ts, ticker in sorted(tickers(recordings / "raw-captures-30s", known), key=lambda x: x[0]):
        said, one = option_ticker(ticker, "here"), known[ticker.instrument]
        last[one.id] = said
        builder.add(
            ts,
            ts,
            rows[ticker.instrument],
            bid=0 if said.bid is None else one.ticks(said.bid),
            ask=0 if said.ask is None else one.ticks(said.ask),
            mark=number(said.mark),
            mark_iv=number(said.mark_iv),
            underlying=number(said.forward),
        )
    block = builder.take()
    book = ChainBook(options)
    book.take(block)

    chain = book.compute(block.last_ns + NS_PER_SECOND)

    compared = 0
    for i, name in enumerate(chain.ids):
        said = last.get(name)
        if said is None or said.mark is None:
            continue  # not quoted in the run, or worth less than the venue shows
        assert chain.net_delta[i] == pytest.approx(number(said.delta) - number(said.mark), abs=2e-3)
        assert chain.mark[i] == pytest.approx(number(said.mark) * number(said.forward), rel=1e-3)
        if said.bid is not None and said.bid_iv and not np.isnan(chain.bid_iv[i]):
            assert chain.bid_iv[i] == pytest.approx(number(said.bid_iv), abs=5e-3), name
            compared += 1
    assert len(last) == 7
    assert compared >= 4
