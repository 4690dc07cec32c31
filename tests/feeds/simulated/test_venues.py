"""Several venues and kinds of contracts: one price, each in its own way."""

from decimal import Decimal

import numpy as np
import pytest
from msgspec.structs import replace

from bot.book.books import Books
from bot.book.layout import CROSSED, GAPS
from bot.feeds.simulated.listings import Change, Contract
from bot.feeds.simulated.market import SimulatedMarket
from bot.feeds.simulated.presets import expiry_ns
from bot.feeds.simulated.terms import FundingTerms
from bot.model.event import FundingRate, InstrumentChanged, OpenInterest
from bot.model.instrument import Kind
from bot.model.units import NS_PER_HOUR, NS_PER_SECOND
from bot.recording.facts.sampled import sample
from bot.tape.merge import merge
from bot.tape.rows import Block
from tests.feeds.simulated.markets import START_NS, several

SECOND = NS_PER_SECOND


def booked(**changed):
    market = SimulatedMarket(several(**changed))
    return {one.name: one for one in market.sources() if one.instrument.strike is None}


def mids(source, seconds: int, per_second: int = 1) -> np.ndarray:
    """The mid in quote, on a grid of times at which it was received."""
    t = sample(source.blocks()).touches
    grid = START_NS + SECOND + np.arange(seconds * per_second) * SECOND // per_second
    return t.mid[np.maximum(0, t.before(grid))] * float(source.instrument.grid.tick)


@pytest.fixture(scope="module")
def quarter_hour():
    """Twelve books over a quarter of an hour."""
    return booked(duration_s=900)


def test_four_venues_list_every_kind_of_contract():
    listed = SimulatedMarket(several()).instruments

    assert {one.venue for one in listed} == {"north", "south", "east", "west"}
    assert {one.kind for one in listed} == set(Kind)
    assert sum(one.kind is not Kind.OPTION for one in listed) >= 12
    intervals = {one.funding_interval_ns for one in listed if one.kind is Kind.PERPETUAL}
    assert intervals == {NS_PER_HOUR, 4 * NS_PER_HOUR, 8 * NS_PER_HOUR}
    assert any(one.inverse for one in listed if one.kind is Kind.PERPETUAL)


def test_no_book_is_ever_crossed(quarter_hour):
    for name, source in quarter_hour.items():
        books = Books([name])
        for block in source.blocks():
            books.take(block)
            break  # sixteen seconds of each
        assert books.arrays.head[0, CROSSED] == 0
        assert books.arrays.head[0, GAPS] == 0


def test_venues_are_tied_to_one_price_and_have_a_life_of_their_own(quarter_hour):
    here = mids(quarter_hour["north:BTC/USDT"], 890)
    there = mids(quarter_hour["south:BTC/USDT"], 890)

    apart_bps = (there / here - 1) * 1e4
    assert 0.1 < apart_bps.std() < 3
    assert np.abs(apart_bps).max() < 15
    assert np.corrcoef(np.diff(here), np.diff(there))[0, 1] > 0.5


def test_who_has_the_shorter_lag_leads(quarter_hour):
    leader = np.diff(mids(quarter_hour["north:BTC/USDT:USDT"], 890, 5))
    led = np.diff(mids(quarter_hour["east:BTC/USDT:USDT"], 890, 5))

    ahead = np.corrcoef(leader[:-2], led[2:])[0, 1]
    behind = np.corrcoef(leader[2:], led[:-2])[0, 1]
    assert ahead > behind + 0.1


def test_sizes_of_an_inverse_contract_are_worth_as_much_as_those_of_a_linear_one(quarter_hour):
    coins = {}
    for name in ("north:BTC/USDT:USDT", "west:BTC/USD:BTC"):
        source = quarter_hour[name]
        size = sample(source.blocks()).orders.size.mean()
        coins[name] = float(source.instrument.base_amount(round(size), Decimal(60_000)))
    linear, inverse = coins.values()

    assert 0.5 < inverse / linear < 2


def test_a_future_costs_its_carry_and_less_every_day(quarter_hour):
    spot = mids(quarter_hour["north:BTC/USDT"], 890)
    near, far = (mids(quarter_hour[f"west:BTC/USD:BTC-{day}"], 890) for day in ("250108", "250327"))

    above = [float(np.mean(each / spot - 1)) for each in (near, far)]
    assert above[0] == pytest.approx(0.05 * 7.33 / 365.25, abs=1.5e-4)
    assert above[1] == pytest.approx(0.07 * 85.33 / 365.25, abs=1.5e-4)


def future(expires_s: int, **changed) -> Contract:
    return Contract(
        venue="west",
        coin="BTC",
        kind=Kind.FUTURE,
        tick=Decimal("0.5"),
        lot=Decimal(1),
        quote="USD",
        contract_size=Decimal(10),
        inverse=True,
        expiry_ns=START_NS + expires_s * SECOND,
        carry=1.0,
        **changed,
    )


def test_a_future_ends_at_its_expiry_and_a_market_without_end_goes_on():
    contracts = (future(40), *several().contracts[:1])
    market = SimulatedMarket(several(contracts=contracts, chains=(), duration_s=None, chunk_s=7))
    ended, last_ns = [], 0

    for item in merge(market.sources()):
        if isinstance(item, InstrumentChanged):
            ended.append(item)
        elif isinstance(item, Block):
            mine = item.instrument[item.start : item.stop] == len(market.instruments) - 1
            if mine.any():
                last_ns = int(item.ts_recv[item.start : item.stop][mine][-1])
            if item.first_ns > START_NS + 100 * SECOND:
                break

    (over,) = ended
    assert not over.instrument.active
    assert over.ts_venue == START_NS + 40 * SECOND
    assert 39 * SECOND < last_ns - START_NS < 42 * SECOND


def test_a_perpetual_settles_at_its_own_interval():
    given = several(duration_s=8 * 3600 + 1, slots_per_second=1, chunk_s=900, chains=())
    sources = {one.name: one for one in SimulatedMarket(given).sources()}

    settled = {
        name: [e.settles_ns for e in source.events() if isinstance(e, FundingRate) and e.settled]
        for name, source in sources.items()
    }

    assert len(settled["north:BTC/USDT:USDT"]) == 1
    assert len(settled["south:BTC/USDT:USDT"]) == 2
    assert len(settled["east:BTC/USDT:USDT"]) == 8


def test_a_changed_interval_is_told_and_kept_from_then_on():
    terms = FundingTerms(interval_ns=4 * NS_PER_HOUR, publish_s=600)
    contract = Contract(
        venue="south",
        coin="BTC",
        kind=Kind.PERPETUAL,
        tick=Decimal("0.1"),
        lot=Decimal("0.001"),
        funding=terms,
        change=Change(at_s=4 * 3600, interval_ns=NS_PER_HOUR),
    )
    given = several(
        contracts=(contract,), chains=(), duration_s=7 * 3600 + 1, slots_per_second=1, chunk_s=1000
    )
    (source,) = SimulatedMarket(given).sources()

    events = list(source.events())

    (changed,) = [e for e in events if isinstance(e, InstrumentChanged)]
    assert changed.instrument.funding_interval_ns == NS_PER_HOUR
    assert changed.ts_venue == START_NS + 4 * NS_PER_HOUR
    rates = [e for e in events if isinstance(e, FundingRate)]
    settled = [(e.settles_ns - START_NS) // NS_PER_HOUR for e in rates if e.settled]
    assert settled == [4, 5, 6, 7]
    assert [e.interval_ns // NS_PER_HOUR for e in rates if e.settled] == [4, 1, 1, 1]
    for event in rates:
        if not event.settled:
            expected = 4 if event.ts_venue < START_NS + 4 * NS_PER_HOUR else 1
            assert event.interval_ns == expected * NS_PER_HOUR
            assert 0 < event.settles_ns - event.ts_venue <= event.interval_ns


def test_a_change_between_settlements_is_refused():
    contract = several().contracts[6]
    odd = replace(contract, change=Change(at_s=3_600, interval_ns=NS_PER_HOUR))

    with pytest.raises(ValueError, match=r"change\.at_s: got 3600"):
        several(contracts=(odd,))


def test_open_interest_is_in_coins_or_dollars_and_hardly_moves(quarter_hour):
    for name, around in (("north:BTC/USDT:USDT", 5_000), ("west:BTC/USD:BTC", 200_000_000)):
        told = [e.amount for e in quarter_hour[name].events() if isinstance(e, OpenInterest)]
        assert len(told) == 15
        assert all(abs(amount / around - 1) < Decimal("0.01") for amount in told)
        assert len(set(told)) > 1


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"venue": "nowhere"}, "venue: got nowhere"),
        ({"coin": "DOGE"}, "coin: got DOGE"),
    ],
)
def test_a_contract_of_nothing_is_refused(wrong, named):
    contract = replace(several().contracts[0], **wrong)

    with pytest.raises(ValueError, match=named):
        several(contracts=(contract,))


def test_contracts_are_listed_once():
    contract = several().contracts[0]

    with pytest.raises(ValueError, match="expected each once"):
        several(contracts=(contract, contract))


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"kind": Kind.SPOT}, "funding"),
        ({"funding": None}, "funding"),
        ({"expiry_ns": expiry_ns(START_NS, 7)}, "expiry_ns"),
        ({"activity": 0.0}, "activity"),
    ],
)
def test_a_contract_that_its_kind_cannot_be_is_refused(changed, named):
    perpetual = several().contracts[2]

    with pytest.raises(ValueError, match=named):
        replace(perpetual, **changed)
