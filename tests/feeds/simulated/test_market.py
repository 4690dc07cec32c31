"""The same seed is the same market, however, wherever and in whatever order it is read."""

import os
import subprocess
import sys
from decimal import Decimal
from itertools import islice, zip_longest
from pathlib import Path

import pytest
from msgspec.structs import replace

from bot.feeds.simulated.coins import BITCOIN
from bot.feeds.simulated.market import SimulatedMarket
from bot.feeds.simulated.terms import Premium
from bot.model.event import AnyEvent, FundingRate
from bot.tape.merge import merge
from bot.tape.rows import Block
from tests.feeds.simulated.markets import (
    EVERYTHING,
    START_NS,
    digest,
    settings,
    several,
    source,
    tape_of,
)

SPOT = "sim:BTC/USDT"
PERP = "sim:BTC/USDT:USDT"
ROOT = Path(__file__).resolve().parents[3]


def test_it_lists_spot_and_perpetual_of_two_coins():
    market = SimulatedMarket(settings())

    names = [one.id for one in market.instruments]
    assert names == ["sim:BTC/USDT", "sim:BTC/USDT:USDT", "sim:ETH/USDT", "sim:ETH/USDT:USDT"]
    assert [one.name for one in market.sources()] == names


def test_the_same_seed_is_the_same_tape():
    first = tape_of(SimulatedMarket(settings()))

    assert tape_of(SimulatedMarket(settings())) == first


@pytest.mark.parametrize("name", [SPOT, PERP])
def test_another_seed_is_another_tape(name):
    assert digest(source(name).blocks()) != digest(source(name, seed=2).blocks())


def test_it_is_the_same_tape_on_every_machine():
    pair = SimulatedMarket(settings(duration_s=120))
    venues = SimulatedMarket(several(duration_s=60, episodes=EVERYTHING))

    # They change when the market is meant to change, and at no other time.
    assert tape_of(pair) == "bfe59e7557dff402"
    assert tape_of(venues) == "6ce20a736de494e1"


def test_it_is_the_same_tape_without_a_compiler():
    given = several(duration_s=45, slots_per_second=3, episodes=EVERYTHING)
    compiled = tape_of(SimulatedMarket(given))

    plain = subprocess.run(
        [sys.executable, "-m", "tests.feeds.simulated.markets"],
        cwd=ROOT,
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert plain.stdout.strip() == compiled


@pytest.mark.parametrize("chunk_s", [1, 7, 60, 3600])
def test_how_much_is_made_at_once_changes_nothing(chunk_s):
    chunked = SimulatedMarket(settings(chunk_s=chunk_s))

    assert tape_of(chunked) == tape_of(SimulatedMarket(settings()))


@pytest.mark.parametrize("chunk_s", [1, 7, 60])
def test_nor_does_it_where_something_happens_on_several_venues(chunk_s):
    chunked = SimulatedMarket(several(chunk_s=chunk_s, episodes=EVERYTHING))

    assert tape_of(chunked) == tape_of(SimulatedMarket(several(episodes=EVERYTHING)))


def test_a_longer_market_begins_like_a_shorter_one():
    short = list(source(PERP, duration_s=20, chunk_s=10).blocks())
    long = list(islice(source(PERP, duration_s=None, chunk_s=10).blocks(), 2))

    assert digest(long) == digest(short)


def test_the_order_in_which_sources_are_read_changes_nothing():
    one, other = source(SPOT), source(PERP)
    events = list(other.events())
    apart = digest(one.blocks()), digest(other.blocks())

    turns = list(zip_longest(one.blocks(), other.blocks()))

    assert (digest(a for a, _ in turns), digest(b for _, b in turns)) == apart
    assert list(other.events()) == events


def test_a_source_may_be_read_again():
    perp = source(PERP)

    assert digest(perp.blocks()) == digest(perp.blocks())
    assert list(perp.events()) == list(perp.events())


def test_sources_merge_into_one_tape_in_order():
    sources = SimulatedMarket(settings(duration_s=30)).sources()

    items: list[Block | AnyEvent] = list(merge(sources))

    blocks = [item for item in items if isinstance(item, Block)]
    assert sum(block.rows for block in blocks) == sum(
        block.rows for one in sources for block in one.blocks()
    )
    rates = [item for item in items if isinstance(item, FundingRate)]
    assert len(rates) == 2 * 30
    times = [
        ns
        for item in items
        for ns in ((item.first_ns, item.last_ns) if isinstance(item, Block) else (item.ts_recv,))
    ]
    assert times == sorted(times)


def test_an_endless_market_is_made_as_it_is_read():
    blocks = source(PERP, duration_s=None, chunk_s=2).blocks()

    ends = [block.last_ns for block in islice(blocks, 5)]

    assert [round((ns - START_NS) / 1e9) for ns in ends] == [2, 4, 6, 8, 10]


@pytest.mark.parametrize("slots", [1, 20, 100])
def test_the_rate_of_messages_is_about_one_a_slot(slots):
    blocks = source(PERP, slots_per_second=slots, duration_s=120).blocks()

    a_second = sum(block.messages for block in blocks) / 120

    assert 0.7 * slots < a_second < 1.1 * slots + 3


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("slots_per_second", 0),
        ("levels", 1),
        ("chunk_s", 0),
        ("latency_ns", -1),
        ("jitter_ns", 10**9),
        ("start_ns", START_NS + 1),
    ],
)
def test_settings_out_of_range_are_refused_by_name(field, value):
    with pytest.raises(ValueError, match=f"^{field}: got {value}, expected"):
        settings(**{field: value})


@pytest.mark.parametrize(
    ("field", "changed"),
    [
        ("BTC price", {"price": Decimal(900)}),
        ("BTC volatility", {"volatility": float("nan")}),
        ("BTC gap_bps", {"gap_bps": 0.0}),
    ],
)
def test_a_coin_without_room_for_its_book_is_refused(field, changed):
    with pytest.raises(ValueError, match=f"^{field}: got "):
        replace(BITCOIN, **changed)


@pytest.mark.parametrize(
    "changed",
    [{"moods_bps": ()}, {"moods_bps": (100.0,)}, {"mood_intervals": 0.0}, {"deviation_bps": -1.0}],
)
def test_a_premium_out_of_range_is_refused_by_name(changed):
    with pytest.raises(ValueError, match=f"^{next(iter(changed))}: got "):
        Premium(**changed)
