"""An option chain that a venue could have sent: on the grid, free of arbitrage, never still."""

import math

import numpy as np
import pytest

from bot.feeds.simulated.coins import BITCOIN
from bot.feeds.simulated.market import SimulatedMarket
from bot.feeds.simulated.presets import several_chains
from bot.feeds.simulated.regimes import Episode, Regime
from bot.feeds.simulated.surface import Surface, worth
from bot.model.event import OptionTickers
from bot.model.instrument import Kind
from bot.signals.options.black76 import NS_A_YEAR, greeks
from bot.tape.tickers import chain_of, fault, tickers_of
from tests.feeds.simulated.markets import START_NS, several


def source(**changed):
    market = SimulatedMarket(several(**changed))
    speaking = (one for one in market.sources() if getattr(one, "chain", None) is not None)
    return next(one for one in speaking if one.chain.coin == "BTC"), market


def tickers(**changed):
    found, market = source(**changed)
    events = [event for event in found.events() if isinstance(event, OptionTickers)]
    return [tickers_of(event) for event in events], {one.id: one for one in market.instruments}


@pytest.fixture(scope="module")
def minute():
    return tickers(duration_s=60)


def test_the_first_option_speaks_for_the_chain_and_the_others_say_nothing():
    found, market = source(duration_s=20)
    others = [
        one
        for one in market.sources()
        if one.instrument.kind is Kind.OPTION and chain_of(one.name) == chain_of(found.name)
    ]

    assert found.name == min(one.name for one in others)
    assert len(list(found.events())) == 20
    assert all(not list(one.events()) for one in others if one.name != found.name)
    assert all(not list(one.blocks()) for one in others)


def test_tickers_are_valid_and_quote_every_option_once_a_second(minute):
    blocks, listed = minute

    assert len(blocks) == 60
    for block in blocks:
        assert fault(block) == ""
        assert len({block.instruments[k] for k in block.instrument}) == block.rows == 54
        assert set(block.instruments) <= set(listed)


def test_prices_stand_on_the_grid_around_the_mark_and_a_worthless_side_is_empty(minute):
    blocks, listed = minute
    empty = 0
    for block in blocks:
        for row in range(block.rows):
            option = listed[block.instruments[block.instrument[row]]]
            bid, ask = int(block.bid[row]), int(block.ask[row])
            assert option.grid.down(bid) == bid
            assert option.grid.up(ask) == ask
            tick = float(option.grid.tick)
            assert bid * tick <= block.mark[row] + 1e-6
            assert block.mark[row] <= ask * tick + 1e-6
            assert bid < ask
            assert (block.bid_size[row] == 0) == (bid == 0)
            empty += bid == 0
    assert empty > 0


def test_marks_are_black_of_their_own_volatility_and_forward(minute):
    blocks, listed = minute
    block = blocks[-1]
    for row in range(block.rows):
        option = listed[block.instruments[block.instrument[row]]]
        years = (option.expiry_ns - int(block.ts_venue[row])) / NS_A_YEAR
        forward, iv = float(block.underlying[row]), float(block.mark_iv[row])
        value = greeks(option.call, forward, float(option.strike), years, iv).value[0] / forward
        assert block.mark[row] == pytest.approx(float(value), abs=1.5e-5)


def test_calls_fall_and_puts_rise_with_the_strike_and_both_cost_more_later(minute):
    blocks, listed = minute
    block = blocks[0]
    marks = {}
    for row in range(block.rows):
        option = listed[block.instruments[block.instrument[row]]]
        marks[option.call, option.expiry_ns, float(option.strike)] = float(block.mark[row])
    expiries = sorted({expiry for _, expiry, _ in marks})
    strikes = sorted({strike for _, _, strike in marks})

    for expiry in expiries:
        calls = [marks[True, expiry, strike] for strike in strikes]
        puts = [marks[False, expiry, strike] for strike in strikes]
        assert calls == sorted(calls, reverse=True)
        assert puts == sorted(puts)
        assert np.all(np.diff(calls, 2) > -2e-6)  # butterflies, to the last digit shown
    for call in (True, False):
        for strike in strikes:
            along = [marks[call, expiry, strike] for expiry in expiries]
            assert along == sorted(along)


def test_the_surface_moves_with_the_coin():
    fall = Episode(regime=Regime.TREND, at_s=10, for_s=100, size_bps=-500.0)
    calm, _ = tickers(duration_s=120)
    fallen, _ = tickers(duration_s=120, episodes=(fall,))

    assert np.median(fallen[-1].underlying) < np.median(calm[-1].underlying) * 0.97
    assert np.median(fallen[-1].mark_iv) > np.median(calm[-1].mark_iv) + 0.01


def test_expired_options_are_not_quoted():
    (chain,) = several_chains(START_NS, (BITCOIN,))
    soon = START_NS + 90 * 10**9
    given = {"expiries_ns": (soon, *chain.expiries_ns[1:])}
    short = type(chain)(**{f: getattr(chain, f) for f in chain.__struct_fields__} | given)

    blocks, listed = tickers(duration_s=60, chains=(short,))

    rows = [block.rows for block in blocks]
    assert rows[0] == 54
    assert rows[-1] == 36
    last = blocks[-1]
    alive = {listed[last.instruments[k]].expiry_ns for k in last.instrument}
    assert soon not in alive


def test_a_put_is_a_call_less_the_forward_plus_the_strike():
    moneyness = np.array([-0.3, -0.05, 0.0, 0.1, 0.4])
    years, volatility = np.full(5, 0.2), np.full(5, 0.6)

    calls = worth(np.full(5, True), moneyness, years, volatility)
    puts = worth(np.full(5, False), moneyness, years, volatility)

    assert calls - puts == pytest.approx(1 - np.exp(moneyness), abs=1e-12)
    d1 = volatility[2] * math.sqrt(0.2) / 2
    assert calls[2] == pytest.approx(math.erf(d1 / math.sqrt(2)), abs=1e-12)


@pytest.mark.parametrize("wrong", [{"bend": 1.7}, {"skew": 0.99}, {"level": 0.0}, {"fall": -1.0}])
def test_surfaces_that_can_be_arbitraged_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Surface(**wrong)


def test_options_are_listed_as_venues_list_those_that_settle_in_coin(minute):
    _, listed = minute
    options = [one for one in listed.values() if one.kind is Kind.OPTION]

    # Priced in coin, and on coins: what buys one pays coins, not dollars for so many contracts.
    assert options
    assert all(one.quote == one.settle == one.base and not one.inverse for one in options)
