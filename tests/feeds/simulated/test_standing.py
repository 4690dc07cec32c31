import numpy as np
import pytest

from bot.feeds.simulated.market import SimulatedMarket
from bot.feeds.simulated.settings import MarketSettings
from bot.tape.merge import merge
from bot.tape.rows import SNAPSHOT, Block
from tests.feeds.simulated.markets import EVERYTHING, START_NS, several

SECOND = 1_000_000_000
START = 1_767_225_600 * SECOND


def market(**changed) -> SimulatedMarket:
    chosen = {"seed": 5, "start_ns": START, "duration_s": 120, "slots_per_second": 4}
    return SimulatedMarket(MarketSettings(**{**chosen, **changed}))


def told(items, after_ns):
    """Everything that was received after a time, row by row; whole books left out."""
    said = []
    for item in items:
        if not isinstance(item, Block):
            if item.ts_recv > after_ns:
                said.append(item)
            continue
        for m in range(item.start, item.stop):
            if item.ts_recv[m] > after_ns and not item.flags[m] & SNAPSHOT:
                rows = slice(int(item.first[m]), int(item.first[m + 1]))
                columns = (item.kind, item.side, item.price, item.size)
                content = [column[rows].tolist() for column in columns]
                times = (int(item.ts_recv[m]), int(item.ts_venue[m]))
                said.append((item.instruments[item.instrument[m]], *times, *content))
    return said


@pytest.mark.parametrize("now_s", [20.5, 64.0, 101.25])
def test_a_market_goes_on_from_its_memo_as_though_it_had_never_stopped(now_s):
    now = START + int(now_s * SECOND)
    whole = market()
    everything = []
    memo = None
    for item in merge(whole.sources()):
        everything.append(item)
        at = item.first_ns if isinstance(item, Block) else item.ts_recv
        if memo is None and at >= now:
            memo = whole.memo(now)

    later = list(merge(market().after(memo)))

    assert told(later, now) == told(everything, now)
    first = later[0]
    assert START < first.first_ns <= now
    assert len(told(later, now)) < len(told(everything, 0))


def test_it_begins_with_the_whole_book_of_every_instrument():
    whole = market()
    list(merge(whole.sources()))

    blocks = [next(source.blocks()) for source in market().after(whole.memo(START + 90 * SECOND))]

    assert all(block.flags[0] & SNAPSHOT for block in blocks)
    assert all(np.all(block.ts_recv >= block.ts_venue) for block in blocks)


def test_before_anyone_has_read_there_is_no_memo():
    assert market().memo(START + 90 * SECOND) is None


def test_the_memo_of_another_market_is_not_gone_on_from():
    whole = market()
    list(merge(whole.sources()))
    memo = whole.memo(START + 90 * SECOND)

    other = market(seed=6).after(memo)

    assert [source.since for source in other] == [None] * 4


@pytest.mark.parametrize("now_s", [24.0, 33.5, 41.0])
def test_a_market_of_several_venues_goes_on_too_whatever_is_the_matter(now_s):
    now = START_NS + int(now_s * SECOND)
    whole = SimulatedMarket(several(episodes=EVERYTHING, chunk_s=4))
    everything = []
    memo = None
    for item in merge(whole.sources()):
        everything.append(item)
        at = item.first_ns if isinstance(item, Block) else item.ts_recv
        if memo is None and at >= now:
            memo = whole.memo(now)
    assert memo is not None

    later = list(merge(SimulatedMarket(several(episodes=EVERYTHING, chunk_s=4)).after(memo)))

    assert told(later, now) == told(everything, now)
    assert len(told(later, 0)) < len(told(everything, 0))
