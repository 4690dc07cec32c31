"""What the market says is consistent: the bot's own books find nothing wrong with it."""

import numpy as np
import pytest

from bot.book.books import Books, TouchSource
from bot.book.layout import CROSSED, GAPS
from bot.tape.cut import join
from bot.tape.rows import ASK, BID, INDEX, MARK, SCALAR, SNAPSHOT, TOUCH, TRADE
from tests.feeds.simulated.markets import messages, rows, source

NAMES = ["sim:BTC/USDT", "sim:BTC/USDT:USDT", "sim:ETH/USDT", "sim:ETH/USDT:USDT"]
WILD = {"duration_s": 90, "slots_per_second": 4, "levels": 3}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("changed", [{}, WILD], ids=["usual", "few levels, few slots"])
def test_a_book_is_never_crossed_nor_unusable_and_its_touch_is_the_published_one(name, changed):
    market = source(name, **changed)
    books = Books([market.instrument.id])
    compared = 0

    for message in messages(market.blocks()):
        books.take(message)

        if rows(message)[0][0] == TOUCH:
            assert books.usable(0)
            assert books.touch(0) == books.touch(0, TouchSource.STREAM)
            compared += 1

    assert books.arrays.head[0, CROSSED] == 0
    assert books.arrays.head[0, GAPS] == 0
    assert compared > 100


@pytest.mark.parametrize("name", NAMES)
def test_a_trade_takes_what_stood_at_the_best_prices(name):
    market = source(name)
    books = Books([market.instrument.id])
    trades = 0

    for message in messages(market.blocks()):
        said = rows(message)
        if said[0][0] == TRADE:
            aggressor = said[0][1]
            stood = books.levels(0, -aggressor, len(said))
            taken = [(price, size) for _, _, price, size in said]
            assert taken[:-1] == stood[:-1]
            assert taken[-1][0] == stood[-1][0]
            assert 0 < taken[-1][1] <= stood[-1][1]
            assert {(kind, side) for kind, side, _, _ in said} == {(TRADE, aggressor)}
            trades += 1
        books.take(message)

    assert trades > 30


def test_every_side_keeps_its_levels():
    market = source("sim:BTC/USDT", levels=24)
    books = Books([market.instrument.id])

    for message in messages(market.blocks()):
        books.take(message)

    for side in (BID, ASK):
        # One more rests far away, so that whatever comes lies within reach of the snapshot.
        assert len(books.levels(0, side, 100)) == 25


def test_a_market_begins_with_a_snapshot():
    first = next(iter(messages(source("sim:BTC/USDT").blocks())))

    assert first.flags[first.start] == SNAPSHOT
    assert first.rows == 2 * 25


def test_prices_and_sizes_are_those_of_a_market():
    whole = join(source("sim:ETH/USDT:USDT", duration_s=300).blocks())

    touches = whole.kind == TOUCH
    bids, asks = (whole.price[touches & (whole.side == side)] for side in (BID, ASK))
    assert np.all(bids < asks)
    assert np.all(whole.size[touches | (whole.kind == TRADE)] > 0)
    assert np.all(whole.price > 0)
    spread_bps = (asks - bids) / bids * 1e4
    assert 0.02 < np.median(spread_bps) < 0.1  # a tick, as where it is liquid


def test_trades_come_in_clusters():
    whole = join(source("sim:BTC/USDT:USDT", duration_s=1800).blocks())

    traded = np.isin(np.arange(whole.rows), whole.first[:-1]) & (whole.kind == TRADE)
    seconds = (np.repeat(whole.ts_venue, np.diff(whole.first))[traded] - whole.ts_venue[0]) // 10**9
    counts = np.bincount(seconds, minlength=1800)
    # Independent arrivals have a variance equal to their mean.
    assert counts.var() > 1.15 * counts.mean()


def test_order_flow_goes_with_the_price_and_tells_little_of_what_comes():
    whole = join(source("sim:BTC/USDT:USDT", duration_s=3600).blocks())

    seconds = (np.repeat(whole.ts_venue, np.diff(whole.first)) - whole.ts_venue[0]) // 10**9
    bids = (whole.kind == TOUCH) & (whole.side == BID)
    at = np.searchsorted(seconds[bids], np.arange(3600))
    mid = whole.price[bids][np.minimum(at, bids.sum() - 1)].astype(float)
    trades = whole.kind == TRADE
    bought = np.bincount(seconds[trades], whole.side[trades], minlength=3600)
    moved = np.diff(mid)
    with_it = np.corrcoef(bought[:-1], moved)[0, 1]
    before_it = np.corrcoef(bought[:-5], mid[5:] - mid[1:-4])[0, 1]
    assert with_it > 0.2
    assert abs(before_it) < with_it / 2


def test_a_message_is_never_heard_before_it_happened_nor_out_of_order():
    whole = join(source("sim:BTC/USDT", latency_ns=3_000_000, jitter_ns=50_000_000).blocks())

    late = whole.ts_recv - whole.ts_venue
    assert late.min() >= 3_000_000
    assert late.max() < 53_000_000 + 50_000_000
    assert np.all(np.diff(whole.ts_recv) >= 0)
    assert np.all(np.diff(whole.ts_venue) >= 0)


def test_a_perpetual_says_its_mark_and_index_every_second_and_spot_does_not():
    spot, perp = (join(source(name).blocks()) for name in NAMES[:2])

    scalars = perp.kind == SCALAR
    assert perp.side[scalars].tolist() == [MARK, INDEX] * 60
    assert not np.any(spot.kind == SCALAR)
    mark, index = perp.price[scalars][::2], perp.price[scalars][1::2]
    assert np.all(np.abs(mark / index - 1) < 0.01)


def test_both_listings_of_a_coin_follow_one_price():
    spot, perp = (join(source(name, duration_s=600).blocks()) for name in NAMES[:2])

    index = perp.price[(perp.kind == SCALAR) & (perp.side == INDEX)][-1] * 1e-8
    bid = spot.price[(spot.kind == TOUCH) & (spot.side == BID)][-1] * 0.01
    assert abs(bid / index - 1) < 5e-4
