import numpy as np
import pytest

from bot.book.books import Books
from bot.feeds.simulated.coins import BITCOIN
from bot.feeds.simulated.market import SimulatedMarket
from bot.feeds.simulated.settings import MarketSettings
from bot.modes.continued import Continued
from bot.tape.merge import merge
from bot.tape.rows import SNAPSHOT, Block

SECOND = 1_000_000_000
START = 1_767_225_600 * SECOND


@pytest.fixture(scope="module")
def sources():
    settings = MarketSettings(
        seed=3, start_ns=START, duration_s=60, slots_per_second=10, coins=(BITCOIN,)
    )
    return SimulatedMarket(settings).sources()


@pytest.mark.parametrize("after_s", [0.5, 16.0, 31.7, 47.999_999_999])
def test_a_market_taken_up_again_shows_the_book_that_it_had(sources, after_s):
    since = START + int(after_s * SECOND)
    for source in sources:
        whole, later = Books([source.name]), Books([source.name])

        for block in source.blocks():
            whole.take(block)
        for block in Continued(source, since).blocks():
            later.take(block)

        for side in (1, -1):
            assert later.levels(0, side, 10**6) == whole.levels(0, side, 10**6)


def test_it_begins_with_the_whole_book_and_goes_on_with_every_message(sources):
    since = START + 20 * SECOND
    source = sources[0]
    after = sum(
        int(np.sum(block.ts_recv[block.start : block.stop] > since)) for block in source.blocks()
    )

    blocks = list(Continued(source, since).blocks())

    assert blocks[0].messages == 1
    assert blocks[0].flags[0] & SNAPSHOT
    assert blocks[0].first_ns == since
    assert sum(block.messages for block in blocks[1:]) == after


def test_events_before_that_are_not_told_again(sources):
    since = START + 20 * SECOND
    perpetual = next(one for one in sources if one.name.endswith(":USDT"))
    expected = [event for event in perpetual.events() if event.ts_recv > since]

    assert list(Continued(perpetual, since).events()) == expected
    assert expected


def test_it_can_be_merged_like_any_source(sources):
    since = START + 20 * SECOND

    items = list(merge([Continued(source, since) for source in sources]))

    times = [one.first_ns if isinstance(one, Block) else one.ts_recv for one in items]
    assert times == sorted(times)
    assert times[0] == since
