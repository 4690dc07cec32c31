"""Tickers that come one by one, gathered: nothing lost, nothing held longer than its second."""

import math

import numpy as np

from bot.model.units import InstrumentId
from bot.tape.gathering import Gathering
from bot.tape.tickers import COLUMNS, FLOATS, ticker_event, tickers_of

SECOND = 1_000_000_000
CALL, PUT = (InstrumentId(f"v:BTC/USD:BTC-261225-100-{right}") for right in "CP")
UNSAID = (math.nan,) * len(FLOATS)


def one(option: InstrumentId, at_ns: int, bid: int, *figures: float):
    return ticker_event(option, at_ns, at_ns - 7, 0, (bid, 0, 0, 0), figures or UNSAID)


def test_a_single_ticker_is_an_event_that_reads_back() -> None:
    event = ticker_event(CALL, 9, 7, 4, (1, 2, 3, 4), (0.5, 0.6, 60_000.0, math.nan))

    block = tickers_of(event)

    assert (event.instrument, event.options, block.rows) == (CALL, (CALL,), 1)
    found = [getattr(block, name)[0].item() for name in COLUMNS]
    assert found[:11] == [9, 7, 0, 4, 1, 2, 3, 4, 0.5, 0.6, 60_000.0]
    assert math.isnan(found[11])


def test_a_second_comes_together_when_the_next_begins() -> None:
    gathering = Gathering(CALL)
    events = [one(PUT, 10, 1), one(CALL, 20, 2), one(PUT, SECOND - 1, 3)]

    assert [gathering.add(event) for event in events] == [None, None, None]
    done = gathering.add(one(CALL, SECOND, 4))

    assert done is not None
    assert (done.instrument, done.options) == (CALL, (PUT, CALL))
    assert (done.ts_recv, done.ts_venue) == (SECOND - 1, SECOND - 8)
    block = tickers_of(done)
    assert block.ts_recv.tolist() == [10, 20, SECOND - 1]
    assert block.instrument.tolist() == [0, 1, 0]
    assert block.bid.tolist() == [1, 2, 3]
    rest = gathering.take()
    assert rest is not None
    assert tickers_of(rest).bid.tolist() == [4]
    assert gathering.take() is None


def test_events_of_many_options_join_by_name() -> None:
    gathering = Gathering(CALL)
    gathering.add(one(PUT, 1, 1))
    gathering.add(one(CALL, 2, 2))
    both = gathering.take()
    assert both is not None

    gathering.add(one(CALL, 1, 5))
    gathering.add(both)
    joined = gathering.take()

    assert joined is not None
    names = np.array(joined.options)[tickers_of(joined).instrument]
    assert names.tolist() == [CALL, PUT, CALL]
