"""A chain of tickers: what it says, what it does not know, and that no cut of the tape matters."""

import math
from decimal import Decimal
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.signals.options.black76 import greeks
from bot.signals.options.chain import NEVER, Chain, join
from bot.signals.options.chain_book import ChainBook
from bot.tape.tickers import UNQUOTED, chain_of
from tests.signals.options.quotes import (
    CHAIN,
    DAY,
    EXPIRIES,
    FORWARD,
    SECOND,
    STRIKES,
    T0,
    book_of,
    listed,
    option,
    quoted,
    row,
    row_of,
    same,
    smile_of,
    tickers_of,
    worth,
)

OPTIONS = listed()
NOW = T0 + SECOND


def test_a_chain_says_what_its_quotes_were_made_of():
    chain = book_of(OPTIONS, quoted(OPTIONS, T0)).compute(NOW)

    assert len(chain.ids) == len(OPTIONS)
    assert [chain_of(name) for name in chain.ids] == [CHAIN] * len(OPTIONS)
    by_id = {one.id: one for one in OPTIONS}
    for i, name in enumerate(chain.ids):
        one = by_id[name]
        value, sigma = worth(one, NOW)
        assert (chain.strike[i], chain.call[i]) == (float(one.strike), one.call)
        assert chain.mark[i] == pytest.approx(worth(one, T0)[0])
        assert chain.ask[i] > value
        # A week's call at 95,000 is worth less than a tick.
        assert np.isnan(chain.bid[i]) if value < 0.006 else chain.bid[i] < value
        assert chain.iv[i] == pytest.approx(sigma, abs=0.02) or chain.quality[i] == 0.0
        assert chain.model_iv[i] == sigma
        wanted = greeks(
            one.call, FORWARD, chain.strike[i], (one.expiry_ns - NOW) / (365 * DAY), sigma
        )
        assert chain.delta[i] == wanted.delta[0]
        assert chain.net_delta[i] == wanted.net_delta[0]
        assert chain.gamma[i] == wanted.gamma[0]
        assert chain.vega[i] == wanted.vega[0]
        assert chain.theta[i] == wanted.theta_left[0]
        assert chain.age_ns[i] == SECOND
    assert chain.at_ns == NOW
    for series, days in zip(chain.series, EXPIRIES.values(), strict=True):
        assert series.forward == FORWARD
        assert series.smile is not None
        assert series.smile.strikes >= 8
        assert series.years == pytest.approx((days * DAY - SECOND) / (365 * DAY))
        at_forward = float(series.smile.svi.volatility(0.0, series.years))
        assert at_forward == pytest.approx(
            float(smile_of(days).volatility(0, days / 365)), abs=3e-3
        )
        assert series.calendar in (None, False)


def test_rows_are_by_expiry_then_strike_then_call_and_put():
    chain = book_of(list(reversed(OPTIONS))).compute(NOW)

    assert chain.expiry_ns.tolist() == sorted(chain.expiry_ns.tolist())
    assert chain.strike[: 2 * len(STRIKES)].tolist() == [k for k in STRIKES for _ in "CP"]
    assert chain.call[:4].tolist() == [True, False, True, False]


def test_a_linear_chain_is_priced_in_quote_and_needs_no_adjustment():
    options = listed(linear=True)

    chain = book_of(options, quoted(options, T0)).compute(NOW)

    i = row(chain, "260303", 60_000, "C")
    value, sigma = worth(option("260303", 60_000, "C"), T0)
    assert chain.mark[i] == pytest.approx(value)
    assert chain.bid[i] == pytest.approx(value * 0.98, abs=0.02)
    assert chain.iv[i] == pytest.approx(sigma, abs=1e-3)
    assert np.array_equal(chain.delta, chain.net_delta)


def test_greeks_are_of_one_contract():
    tenth = listed(contract_size=Decimal("0.1"))

    found = book_of(tenth, quoted(tenth, T0)).compute(NOW)
    whole = book_of(OPTIONS, quoted(OPTIONS, T0)).compute(NOW)

    for name in ("delta", "net_delta", "gamma", "net_gamma", "vega", "theta"):
        assert getattr(found, name) == pytest.approx(0.1 * getattr(whole, name)), name
    assert np.array_equal(found.iv, whole.iv, equal_nan=True)


def test_nothing_is_known_before_the_first_word():
    chain = ChainBook(OPTIONS).compute(NOW)

    for name in Chain.__struct_fields__:
        column = getattr(chain, name)
        if isinstance(column, np.ndarray) and name not in (
            "strike",
            "call",
            "expiry_ns",
            "quality",
        ):
            unknown = column == NEVER if column.dtype == np.int64 else np.isnan(column)
            assert unknown.all(), name
    assert not chain.quality.any()
    assert all(series.forward is None and series.smile is None for series in chain.series)


def changed_at(strike: int, side: str, **changed: object) -> tuple[Chain, int]:
    """A chain in which one option of the month says otherwise."""
    rows = []
    for i, one in enumerate(OPTIONS):
        said = row_of(one, T0)
        if one.id.endswith(f"-260303-{strike}-{side}"):
            said = {**said, **changed}
        rows.append((T0, i, said))
    chain = book_of(OPTIONS, tickers_of(OPTIONS, rows)).compute(NOW)
    return chain, row(chain, "260303", strike, side)


def test_a_missing_side_leaves_no_mid():
    no_bid, i = changed_at(66_000, "C", bid=0)
    no_ask, j = changed_at(66_000, "C", ask=0)

    assert np.isnan(no_bid.bid[i])
    assert np.isnan(no_bid.iv[i])
    assert np.isnan(no_bid.bid_iv[i])
    assert no_bid.ask_iv[i] > 0
    assert np.isnan(no_ask.iv[j])
    assert no_ask.bid_iv[j] > 0
    for chain in (no_bid, no_ask):
        assert chain.quality[i] == 0.0
        assert chain.model_iv[i] > 0  # the venue still says
        assert chain.series[1].smile.strikes == len(STRIKES) - 1 or (
            # Its put is in the money, and may stand in.
            chain.series[1].smile.strikes == len(STRIKES)
        )


@pytest.mark.parametrize("above", [0, 1])
def test_a_crossed_or_locked_quote_is_no_quote(above):
    said = row_of(option("260303", 66_000, "C"), T0)

    chain, i = changed_at(66_000, "C", bid=said["ask"] + above)

    for name in ("bid", "ask", "iv", "bid_iv", "ask_iv"):
        assert np.isnan(getattr(chain, name)[i]), name
    assert chain.quality[i] == 0.0
    assert chain.delta[i] > 0


def test_a_quote_below_intrinsic_value_has_no_volatility():
    intrinsic = int((1 - 48_000 / FORWARD) * 1e7)

    chain, i = changed_at(48_000, "C", bid=intrinsic - 500, ask=intrinsic - 100)

    assert chain.ask[i] < FORWARD - 48_000
    assert np.isnan([chain.iv[i], chain.bid_iv[i], chain.ask_iv[i]]).all()
    assert chain.quality[i] == 0.0


def test_a_wide_quote_says_nothing_of_the_smile():
    said = row_of(option("260303", 66_000, "C"), T0)

    chain, i = changed_at(66_000, "C", bid=said["bid"] // 2)
    tight, j = changed_at(66_000, "C")

    assert chain.iv[i] > 0
    assert chain.quality[i] == 0.0
    assert 0.8 < tight.quality[j] < 0.9  # 4 % of 30 %


def test_a_worthless_mark_is_zero_and_an_unknown_one_is_not():
    chain, i = changed_at(95_000, "C", mark=0.0)
    silent, j = changed_at(95_000, "C", mark=math.nan, mark_iv=math.nan)

    assert chain.mark[i] == 0.0
    assert np.isnan(silent.mark[j])
    assert np.isnan(silent.mark_iv[j])
    assert silent.model_iv[j] == silent.iv[j]


def test_greeks_fall_back_on_the_smile_where_neither_mark_nor_quote_says():
    chain, i = changed_at(66_000, "C", mark_iv=math.nan, bid=0, ask=0)

    assert chain.model_iv[i] == chain.smile_iv[i]
    assert chain.smile_iv[i] == pytest.approx(worth(option("260303", 66_000, "C"), T0)[1], abs=0.01)
    assert chain.delta[i] > 0


def test_without_an_underlying_only_the_quotes_of_venues_are_known():
    rows = [(T0, i, row_of(one, T0, underlying=math.nan)) for i, one in enumerate(OPTIONS)]

    chain = book_of(OPTIONS, tickers_of(OPTIONS, rows)).compute(NOW)

    for name in ("iv", "bid", "ask", "mark", "delta", "net_delta", "gamma", "forward", "smile_iv"):
        assert np.isnan(getattr(chain, name)).all(), name
    assert not chain.quality.any()
    assert (chain.mark_iv > 0).all()
    assert all(series.forward is None for series in chain.series)


def test_the_last_forward_of_an_expiry_counts_for_all_of_it():
    block = quoted(OPTIONS, T0)
    month = next(i for i, one in enumerate(OPTIONS) if "-260303-60000-P" in one.id)
    later = tickers_of(
        OPTIONS, [(T0 + 5, month, row_of(OPTIONS[month], T0, underlying=FORWARD * 1.01))]
    )

    chain = book_of(OPTIONS, block, later).compute(NOW)

    assert [series.forward for series in chain.series] == [FORWARD, FORWARD * 1.01, FORWARD]
    i, j = row(chain, "260303", 66_000, "C"), row(chain, "260208", 66_000, "C")
    assert (chain.forward[i], chain.forward[j]) == (FORWARD * 1.01, FORWARD)
    # A quote in coin was made at its own forward: its volatility does not move with the new one.
    before = book_of(OPTIONS, block).compute(NOW)
    assert chain.iv[i] == before.iv[i]
    assert chain.bid[i] == pytest.approx(before.bid[i] * 1.01)


def test_a_stale_quote_leaves_the_smile_and_says_its_age():
    block = quoted(OPTIONS, T0)
    book = book_of(OPTIONS, block)

    fresh, stale = book.compute(T0 + 60 * SECOND), book.compute(T0 + 60 * SECOND + 1)

    assert all(series.smile for series in fresh.series)
    assert not any(series.smile for series in stale.series)
    assert fresh.quality.any()
    assert not stale.quality.any()
    assert (stale.age_ns == 60 * SECOND + 1).all()
    assert np.array_equal(stale.model_iv, stale.mark_iv)  # its last word, with its age
    assert np.isfinite(stale.delta).all()


def test_a_stale_forward_makes_fresh_quotes_useless():
    late = T0 + 100 * SECOND
    again = [(late, i, row_of(one, T0, underlying=math.nan)) for i, one in enumerate(OPTIONS)]

    chain = book_of(OPTIONS, quoted(OPTIONS, T0), tickers_of(OPTIONS, again)).compute(late + 1)

    assert not chain.quality.any()
    assert chain.series[0].forward_age_ns == 100 * SECOND + 1


def test_four_strikes_make_no_smile():
    options = listed(strikes=STRIKES[2:6])

    chain = book_of(options, quoted(options, T0)).compute(NOW)

    assert [series.smile for series in chain.series] == [None] * 3
    assert [series.butterfly for series in chain.series] == [None] * 3
    assert np.isnan(chain.smile_iv).all()
    assert np.isfinite(chain.iv).any()


def test_an_expiry_in_the_past_is_unknown_and_no_series():
    week = T0 + 7 * DAY
    chain = book_of(OPTIONS, quoted(OPTIONS, T0), quoted(OPTIONS[20:], week)).compute(week)
    before = book_of(OPTIONS, quoted(OPTIONS, T0)).compute(week - 1)

    gone = chain.expiry_ns == week
    assert gone.sum() == 2 * len(STRIKES)
    for name in (
        "bid",
        "ask",
        "iv",
        "mark",
        "mark_iv",
        "delta",
        "gamma",
        "open_interest",
        "forward",
    ):
        assert np.isnan(getattr(chain, name)[gone]).all(), name
        assert np.isfinite(getattr(chain, name)[~gone]).any(), name
    assert [series.expiry_ns - T0 for series in chain.series] == [30 * DAY, 90 * DAY]
    assert len(before.series) == 3


def test_delta_fades_in_the_last_half_hour():
    """A put far in the money: its delta is -1 of what is not averaged yet."""
    expiry = T0 + 7 * DAY
    options = listed(["260208"])

    def at(left_s: int) -> Chain:
        t = expiry - left_s * SECOND
        return book_of(options, quoted(options, t - SECOND)).compute(t)

    whole, half, last = at(1_800), at(900), at(1)

    i = row(whole, "260208", 95_000, "P")
    assert whole.delta[i] == pytest.approx(-1.0)
    assert half.delta[i] == pytest.approx(-0.5)
    assert half.net_delta[i] == pytest.approx(-0.5 * 95_000 / FORWARD)
    assert last.delta[i] == pytest.approx(-1 / 1_800)
    assert whole.quality.any()
    assert not half.quality.any()  # quotes are of an average by now


def test_rows_that_say_nothing_of_a_quote_leave_it():
    block = quoted(OPTIONS, T0)
    marks = tickers_of(OPTIONS, [(T0 + 9, 0, {"mark_iv": 0.9, "flags": UNQUOTED})])

    chain = book_of(OPTIONS, block, marks).compute(NOW)

    i = chain.ids.index(OPTIONS[0].id)
    assert chain.mark_iv[i] == 0.9
    assert chain.bid[i] == book_of(OPTIONS, block).compute(NOW).bid[i]
    assert chain.age_ns[i] == SECOND - 9


def test_of_rows_with_one_time_the_last_counts():
    said = [row_of(OPTIONS[0], T0, mark_iv=iv) for iv in (0.4, 0.5, 0.6)]

    chain = book_of(OPTIONS, tickers_of(OPTIONS, [(T0, 0, one) for one in said])).compute(NOW)

    assert chain.mark_iv[chain.ids.index(OPTIONS[0].id)] == 0.6


def test_tickers_of_other_instruments_are_left_out():
    book = ChainBook(listed(["260303"]))

    book.take(quoted(listed(["260208"]), T0))

    assert book.due_ns is None
    assert np.isnan(book.compute(NOW).mark).all()


def test_it_is_due_at_the_next_whole_second_and_once():
    book = ChainBook(OPTIONS)
    early = tickers_of(OPTIONS, [(T0 + 1, 0, row_of(OPTIONS[0], T0))])
    late = tickers_of(OPTIONS, [(T0 + 3 * SECOND, 0, row_of(OPTIONS[0], T0))])

    assert book.due_ns is None
    assert book.advance(early) == []
    assert book.due_ns == T0 + SECOND
    (found,) = book.advance(late)
    assert found.at_ns == T0 + SECOND
    assert book.due_ns == T0 + 4 * SECOND
    assert book.pass_time(T0 + 4 * SECOND - 1) is None
    beat = book.pass_time(T0 + 5 * SECOND)
    assert beat is not None
    assert beat.at_ns == T0 + 4 * SECOND
    assert book.pass_time(T0 + 9 * SECOND) is None


@st.composite
def histories(draw):
    """Tickers of a small chain over some seconds, with what venues leave out, and cuts."""
    options = listed(["260208", "260303"], STRIKES[2:8])
    rows, t = [], T0
    for _ in range(draw(st.integers(1, 40))):
        t += draw(st.sampled_from([0, 1, 200_000_000, SECOND, 2 * SECOND]))
        at = draw(st.integers(0, len(options) - 1))
        said = row_of(options[at], T0, underlying=FORWARD * draw(st.floats(0.98, 1.02)))
        for name in draw(st.sets(st.sampled_from(["mark_iv", "underlying", "open_interest"]))):
            said[name] = math.nan
        for name in draw(st.sets(st.sampled_from(["bid", "ask"]))):
            said[name] = 0
        said["flags"] = draw(st.sampled_from([0, 0, UNQUOTED]))
        rows.append((t, at, said))
    cuts = draw(st.lists(st.integers(0, len(rows)), max_size=6))
    return options, tickers_of(options, rows), sorted({0, len(rows), *cuts})


@given(histories())
def test_no_cut_of_the_tape_changes_what_is_said(history):
    options, block, cuts = history
    whole, cut = ChainBook(options), ChainBook(options)

    at_once = whole.advance(block)
    in_parts = [
        chain for start, stop in pairwise(cuts) for chain in cut.advance(block.part(start, stop))
    ]

    last = [one.compute(block.last_ns + SECOND) for one in (whole, cut)]
    assert len(at_once) == len(in_parts)
    assert all(same(one, other) for one, other in zip(at_once, in_parts, strict=True))
    assert same(*last)


@given(histories())
def test_each_chain_is_what_its_past_says_alone(history):
    """No look-ahead: a book that heard only the rows before a second says the same."""
    options, block, _ = history

    for chain in ChainBook(options).advance(block):
        alone = book_of(options, block.part(0, block.before(chain.at_ns)))
        assert same(chain, alone.compute(chain.at_ns))


@given(histories())
def test_a_book_that_is_put_back_goes_on_as_if_it_had_never_stopped(history):
    options, block, cuts = history
    middle = cuts[len(cuts) // 2]
    first, second = ChainBook(options), ChainBook(options)
    first.advance(block.part(0, middle))
    first.take_trade(options[0].id, T0, 3.0)

    second.put_back(type(first.heard)(*(column.copy() for column in first.heard)))

    rest = block.part(middle, block.stop)
    found, again = first.advance(rest), second.advance(rest)
    assert len(found) == len(again)
    assert all(same(one, other) for one, other in zip(found, again, strict=True))


@given(histories())
def test_no_chain_ever_says_infinity(history):
    options, block, _ = history

    for chain in ChainBook(options).advance(block):
        for name in Chain.__struct_fields__:
            column = getattr(chain, name)
            if isinstance(column, np.ndarray):
                assert not np.isinf(column).any(), name


def test_another_chains_memory_is_refused():
    with pytest.raises(ValueError, match=f"chain {CHAIN} bid: expected as many options"):
        ChainBook(OPTIONS).put_back(ChainBook(OPTIONS[:4]).heard)


def test_one_book_is_of_one_chain():
    with pytest.raises(ValueError, match="expected one of options"):
        ChainBook([*OPTIONS, *listed(linear=True)])
    with pytest.raises(ValueError, match="got nothing"):
        ChainBook([])


def test_what_takers_bought_fades_in_a_week():
    book = book_of(OPTIONS, quoted(OPTIONS, T0))
    i = book.fixed.ids.index(OPTIONS[30].id)
    assert np.isnan(book.compute(NOW).taker_flow).all()

    book.take_trade(OPTIONS[30].id, T0, 8.0)
    book.take_trade(OPTIONS[30].id, T0 + 7 * DAY, -1.0)

    chain = book.compute(T0 + 14 * DAY)
    assert chain.taker_flow[i] == pytest.approx(1.5)
    assert chain.flow_since_ns == T0
    assert np.count_nonzero(np.nan_to_num(chain.taker_flow)) == 1


def test_columns_are_for_reading_only():
    chain = book_of(OPTIONS, quoted(OPTIONS, T0)).compute(NOW)

    for name in ("strike", "iv", "delta", "age_ns"):
        with pytest.raises(ValueError, match="read-only"):
            getattr(chain, name)[0] = 1


def test_chains_of_one_underlying_are_joined():
    linear = listed(linear=True)
    chains = [book_of(each, quoted(each, T0)).compute(NOW) for each in (OPTIONS, linear)]

    found = join(chains)

    assert found.ids == chains[0].ids + chains[1].ids
    assert len(found.delta) == len(found.ids)
    assert [series.first for series in found.series] == [0, 20, 40, 60, 80, 100]
    assert {series.chain for series in found.series} == {CHAIN, "deribit:BTC/USDC:USDC"}
    assert join(chains[:1]) is chains[0]
    assert join([]).ids == ()


def test_a_chain_of_few_columns_is_unknown_in_the_others():
    column = np.zeros(2)
    found = Chain(
        ids=("a:b-1-2-C", "a:b-1-2-P"),
        expiry_ns=np.zeros(2, np.int64),
        strike=column,
        call=np.ones(2, bool),
        bid=column,
        ask=column,
        iv=column,
        delta=column,
        net_delta=column,
        gamma=column,
        vega=column,
        age_ns=np.zeros(2, np.int64),
    )

    assert np.isnan(found.open_interest).tolist() == [True, True]
    assert found.interest_age_ns.tolist() == [NEVER, NEVER]
    assert found.series == ()
