"""Options as the venue lists and quotes them: from its own answer and its own tickers."""

import json

import numpy as np
import pytest

from bot.feeds.deribit import instruments as deribit
from bot.feeds.deribit.decoder import DeribitDecoder
from bot.model.instrument import Kind
from bot.model.units import NS_PER_SECOND
from bot.signals.options.chain_book import ChainBook
from bot.tape.builder import BlockBuilder
from bot.tape.gathering import Gathering
from bot.tape.tickers import tickers_of
from tests.recording.runs import answers, messages


def listed(recordings):
    """The BTC options of the run's own answers, by Deribit's symbol."""
    found = {}
    for _, body in answers(recordings, "DERIBIT"):
        found |= deribit.instruments(body)
    return {
        name: one for name, one in found.items() if one.kind is Kind.OPTION and one.base == "BTC"
    }


def test_a_chain_of_deribits_own_listing_agrees_with_what_it_publishes(recordings):
    """Bid volatilities, and the net delta that is the published delta less the mark in coin."""
    known = listed(recordings)
    book = ChainBook(list(known.values()))
    events = []
    decoders = {
        name: DeribitDecoder(one, BlockBuilder((one.id,)), events) for name, one in known.items()
    }
    last = {}
    for ts_recv, frame in messages(recordings, "DERIBIT"):
        said = json.loads(frame).get("params", {}).get("data", {})
        name = said["instrument_name"] if isinstance(said, dict) and said else ""
        if name in known:
            decoders[name].decode(ts_recv, frame)
            if "mark_iv" in said:
                last[known[name].id] = said
    gathering = Gathering(min(one.id for one in known.values()))
    seconds = [gathering.add(event) for event in events] + [gathering.take()]
    told = [tickers_of(event) for event in seconds if event is not None]
    for block in told:
        book.take(block)

    chain = book.compute(told[-1].last_ns + NS_PER_SECOND)

    compared = 0
    for i, name in enumerate(chain.ids):
        said = last.get(name)
        if said is None or not said["mark_price"]:
            continue  # not quoted in the run, or worth less than the venue shows
        mark, forward = said["mark_price"], said["underlying_price"]
        assert chain.net_delta[i] == pytest.approx(said["greeks"]["delta"] - mark, abs=2e-3)
        assert chain.mark[i] == pytest.approx(mark * forward, rel=1e-3)
        assert chain.model_iv[i] == pytest.approx(said["mark_iv"] / 100)
        if said["best_bid_price"] and said["bid_iv"] and not np.isnan(chain.bid_iv[i]):
            assert chain.bid_iv[i] == pytest.approx(said["bid_iv"] / 100, abs=5e-3), name
            compared += 1
    assert len(last) == 7
    assert compared >= 4
