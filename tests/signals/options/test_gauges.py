"""Scores of a chain: what they say, why they say it, and when they say nothing."""

import math

import msgspec
import numpy as np
import pytest

from bot.model.units import InstrumentId
from bot.signals.gauge import Reading
from bot.signals.options.chain import Chain
from bot.signals.options.exposure import exposures
from bot.signals.options.gamma import (
    GammaExposureAbsolute,
    GammaExposureFlow,
    GammaExposureNaive,
    GammaSqueeze,
)
from bot.signals.options.off_smile import OffSmile
from bot.signals.options.positioning import OptionInterestSkew
from bot.signals.options.readings import ChainWatch
from bot.signals.options.smile import at_maturity, wings
from bot.signals.options.volatility import AtForwardVolatility, Butterfly, RiskReversal
from bot.signals.order_book import BookImbalance
from tests.signals.harness import PERP
from tests.signals.options.quotes import (
    CHAIN,
    DAY,
    FORWARD,
    SECOND,
    T0,
    book_of,
    listed,
    option,
    quoted,
    row_of,
    smile_of,
    tickers_of,
    worth,
)

OPTIONS = listed()
NOW = T0 + SECOND
NEVER_WAKE = math.inf
DEAR = InstrumentId(f"{CHAIN}-260303-66000-C")
DEPTH = BookImbalance(PERP, levels=5, wake=1.0)
"""Stands for scores of depth, which the tests hand over themselves."""
WATCHES: list[ChainWatch] = [
    AtForwardVolatility(chain=CHAIN, wake=NEVER_WAKE),
    RiskReversal(chain=CHAIN, wake=NEVER_WAKE),
    Butterfly(chain=CHAIN, wake=NEVER_WAKE),
    OptionInterestSkew(chain=CHAIN, wake=NEVER_WAKE),
    GammaExposureAbsolute(chain=CHAIN, wake=NEVER_WAKE),
    GammaExposureNaive(chain=CHAIN, wake=NEVER_WAKE),
    GammaExposureFlow(chain=CHAIN, wake=NEVER_WAKE),
    GammaSqueeze(
        chain=CHAIN, instrument=PERP, depth_above=DEPTH, depth_below=DEPTH, wake=NEVER_WAKE
    ),
    OffSmile(chain=CHAIN, option=DEAR, wake=NEVER_WAKE),
]


class NoTerms:
    """Terms that no gauge of a chain may need."""


def chain_at(t: int = NOW, **changed: object) -> Chain:
    return book_of(OPTIONS, quoted(OPTIONS, T0, **changed)).compute(t)


def held(interest: dict[str, float]) -> Chain:
    """A chain in which options hold this interest, by the end of their ids, others none."""
    rows = []
    for i, one in enumerate(OPTIONS):
        amount = next((n for end, n in interest.items() if one.id.endswith(end)), 0.0)
        rows.append((T0, i, row_of(one, T0, open_interest=amount)))
    return book_of(OPTIONS, tickers_of(OPTIONS, rows)).compute(NOW)


def read(watch: ChainWatch, *chains: Chain, now: int = NOW) -> Reading:
    gauge = watch.gauge(NoTerms())  # type: ignore[arg-type]
    for chain in chains:
        gauge.take_chain(chain)
    return gauge.read(now)


@pytest.mark.parametrize("watch", WATCHES, ids=lambda watch: type(watch).__name__)
class TestEveryGauge:
    def test_it_publishes_its_outputs_in_order(self, watch):
        said = read(watch, chain_at())

        assert tuple(said.outputs) == type(watch).outputs

    def test_it_knows_nothing_before_the_first_chain(self, watch):
        said = read(watch)

        assert set(said.outputs.values()) == {None}
        assert said.quality == 0.0

    def test_it_says_nothing_of_a_chain_nobody_quoted(self, watch):
        said = read(watch, chain_at(), book_of(OPTIONS).compute(NOW))

        assert said.outputs["value"] is None

    def test_it_never_says_nan(self, watch):
        broken = {"mark_iv": math.nan, "underlying": math.nan, "open_interest": math.nan}
        for name, value in broken.items():
            said = read(watch, chain_at(**{name: value}))
            assert all(v is None or math.isfinite(v) for v in said.outputs.values())
            assert all(i.value is None or math.isfinite(i.value) for i in said.inputs)
            assert 0.0 <= said.quality <= 1.0

    def test_it_is_saved_and_goes_on(self, watch):
        gauge = watch.gauge(NoTerms())  # type: ignore[arg-type]
        gauge.take_chain(chain_at())

        again = msgspec.json.decode(msgspec.json.encode(gauge), type=type(gauge))

        assert again.read(NOW + 5) == gauge.read(NOW + 5)

    def test_asking_changes_nothing(self, watch):
        gauge = watch.gauge(NoTerms())  # type: ignore[arg-type]
        gauge.take_chain(chain_at())

        assert gauge.read(NOW) == gauge.read(NOW)

    def test_it_names_its_chain_and_documents_itself(self, watch):
        said = type(watch).__doc__ or ""

        assert watch.chains() == (CHAIN,)
        assert watch.concerns() == ()
        assert "Source: " in said
        for word in type(watch).outputs[1:]:
            assert f"`{word}`" in said, word


# --- the smile --------------------------------------------------------------------------------


def test_volatility_at_a_month_is_read_off_the_smile():
    chain = chain_at()
    wanted = []
    for series in chain.series:
        assert series.smile is not None
        found = wings(series.smile.svi, FORWARD, series.years)
        assert found is not None
        wanted.append(found)
    years = [series.years for series in chain.series]

    def between(name: str) -> float:
        found = at_maturity(years, [getattr(one, name) for one in wanted], 30 / 365)
        assert found is not None
        return 100 * found

    at, reversal, butterfly = (read(watch, chain) for watch in WATCHES[:3])

    call, put, middle = between("call"), between("put"), between("at_forward")
    assert at.outputs["value"] == pytest.approx(middle)
    assert at.outputs["value"] == pytest.approx(
        100 * float(smile_of(30).volatility(0.0, 30 / 365)), abs=0.2
    )
    assert reversal.outputs["value"] == pytest.approx(call - put)
    assert reversal.outputs["value"] < 0  # the smile leans to the downside
    assert butterfly.outputs["value"] == pytest.approx((call + put) / 2 - middle)
    assert butterfly.outputs["value"] > 0
    for said in (at, reversal, butterfly):
        assert sum(i.contribution or 0.0 for i in said.inputs) == pytest.approx(
            said.outputs["value"]
        )
        # A month is a second short of the expiry of a month: between the week's and that.
        assert [i.name for i in said.inputs[-2:]] == ["260303 at forward", "260502 at forward"]
        assert all(i.age_ns == SECOND for i in said.inputs)
        assert (said.quality, said.stale) == (pytest.approx(1.0), False)


@pytest.mark.parametrize("days", [1.0, 6.99, 90.01, 365.0])
def test_no_volatility_before_the_first_or_after_the_last_expiry(days):
    said = read(RiskReversal(chain=CHAIN, days=days, wake=1.0), chain_at(T0 + 1))

    assert said.outputs == dict.fromkeys(RiskReversal.outputs)
    assert said.quality == 0.0


def test_a_smile_that_nobody_quotes_any_more_is_kept_and_stale():
    gauge = WATCHES[0].gauge(NoTerms())  # type: ignore[arg-type]
    gauge.take_chain(chain_at())

    fresh, stale = gauge.read(T0 + 60 * SECOND), gauge.read(T0 + 60 * SECOND + 1)

    assert not fresh.stale
    assert stale.stale
    assert stale.outputs == fresh.outputs
    assert stale.inputs[0].age_ns == 60 * SECOND + 1


def test_how_old_a_chain_may_be_is_the_watchs_own_word():
    watch = AtForwardVolatility(chain=CHAIN, age_ms_max=2_000, wake=1.0)

    assert not read(watch, chain_at(), now=T0 + 2 * SECOND).stale
    assert read(watch, chain_at(), now=T0 + 2 * SECOND + 1).stale


def test_five_strikes_are_worth_half_of_ten():
    options = listed(strikes=(48_000, 54_000, 60_000, 66_000, 72_000))
    chain = book_of(options, quoted(options, T0)).compute(NOW)

    assert read(WATCHES[0], chain).quality == 0.5


def test_calendar_arbitrage_halves_the_quality():
    """The far expiry is quoted at a third of the month's volatility."""
    rows = []
    for i, one in enumerate(OPTIONS):
        said = row_of(one, T0)
        if "-260502-" in one.id:
            far = row_of(option("260208", int(one.strike), "C" if one.call else "P"), T0)
            said |= {"bid": far["bid"], "ask": far["ask"]}
        rows.append((T0, i, said))
    chain = book_of(OPTIONS, tickers_of(OPTIONS, rows)).compute(NOW)

    said = read(AtForwardVolatility(chain=CHAIN, days=60.0, wake=1.0), chain)

    assert chain.series[2].calendar
    assert said.outputs["value"] is not None
    assert said.quality <= 0.5


@pytest.mark.parametrize(("name", "value"), [("days", 0.0), ("days", math.nan), ("delta", 0.0)])
def test_a_watch_of_the_smile_that_makes_no_sense_is_refused(name, value):
    with pytest.raises(ValueError, match=f"RiskReversal.{name}: got {value}, expected"):
        read(RiskReversal(chain=CHAIN, wake=1.0, **{name: value}))
    with pytest.raises(ValueError, match=r"delta: got 0\.5, expected < 0\.5"):
        read(RiskReversal(chain=CHAIN, delta=0.5, wake=1.0))


# --- open interest ----------------------------------------------------------------------------


def test_calls_against_puts_and_each_expirys_part():
    chain = held({"-260208-66000-C": 30.0, "-260303-66000-C": 10.0, "-260303-54000-P": 20.0})

    said = read(OptionInterestSkew(chain=CHAIN, wake=1.0), chain)
    by_delta = read(OptionInterestSkew(chain=CHAIN, weight="delta", wake=1.0), chain)

    assert said.outputs["value"] == said.outputs["contracts"] == pytest.approx(20 / 60)
    assert said.outputs["put_call_ratio"] == 0.5
    assert (said.outputs["calls"], said.outputs["puts"]) == (40.0, 20.0)
    assert said.outputs["max_pain"] is None  # of more than one expiry there is none
    assert {i.name: i.contribution for i in said.inputs} == pytest.approx(
        {"expiry 260208": 30 / 60, "expiry 260303": -10 / 60, "expiry 260502": 0.0}
    )
    assert by_delta.outputs["value"] == by_delta.outputs["delta"] != said.outputs["value"]
    assert sum(i.contribution for i in by_delta.inputs) == pytest.approx(by_delta.outputs["value"])
    assert (said.quality, said.stale) == (1.0, False)


def test_one_expiry_alone_and_one_that_is_gone():
    chain = held({"-260208-66000-C": 30.0, "-260303-66000-C": 10.0, "-260303-54000-P": 20.0})

    month = read(OptionInterestSkew(chain=CHAIN, expiry="260303", wake=1.0), chain)
    gone = read(OptionInterestSkew(chain=CHAIN, expiry="260101", wake=1.0), chain)

    assert month.outputs["value"] == pytest.approx(-1 / 3)
    assert month.outputs["max_pain"] in (54_000.0, 66_000.0)
    assert set(gone.outputs.values()) == {None}


def test_interest_that_was_not_counted_for_ten_minutes_is_stale():
    late = T0 + 600 * SECOND
    early = quoted(OPTIONS, T0)
    again = [(late, i, row_of(one, late, open_interest=math.nan)) for i, one in enumerate(OPTIONS)]
    book = book_of(OPTIONS, early, tickers_of(OPTIONS, again))

    fresh = read(OptionInterestSkew(chain=CHAIN, wake=1.0), book.compute(late), now=late)
    stale = read(OptionInterestSkew(chain=CHAIN, wake=1.0), book.compute(late + 1), now=late + 1)

    assert (fresh.stale, fresh.quality) == (False, 1.0)
    assert (stale.stale, stale.quality) == (True, 0.0)
    assert stale.outputs["value"] == fresh.outputs["value"] == 0.0


def test_an_unknown_weight_is_refused():
    with pytest.raises(ValueError, match="weight: got 'gamma', expected contracts, delta, vega"):
        read(OptionInterestSkew(chain=CHAIN, weight="gamma", wake=1.0))


# --- gamma ------------------------------------------------------------------------------------


def test_three_assumptions_of_one_chain():
    chain = held({"-260303-66000-C": 300.0, "-260303-54000-P": 500.0})
    gamma = exposures(chain.gamma, chain.open_interest, chain.forward)

    absolute, naive, flow = (read(watch, chain) for watch in WATCHES[4:7])

    assert absolute.outputs["value"] == pytest.approx(gamma.sum())
    assert naive.outputs["value"] == pytest.approx(
        gamma[chain.call].sum() - gamma[~chain.call].sum()
    )
    assert flow.outputs["value"] is None
    assert "zero_level" not in absolute.outputs
    assert naive.outputs["zero_levels"] == 1
    assert 54_000 < naive.outputs["zero_level"] < 66_000
    for said in (absolute, naive):
        assert sum(i.contribution or 0.0 for i in said.inputs) == pytest.approx(
            said.outputs["value"]
        )
        assert (said.quality, said.stale) == (1.0, False)
    assert [i.name for i in naive.inputs][-2:] == ["zero level", "forward"]


def test_all_zero_levels_are_told_and_the_nearest_is_published():
    chain = held({"-260303-40000-P": 900.0, "-260303-60000-C": 700.0, "-260303-80000-P": 400.0})

    said = read(GammaExposureNaive(chain=CHAIN, wake=1.0), chain)

    levels = [i.value for i in said.inputs if i.name == "zero level"]
    assert said.outputs["zero_levels"] == len(levels) == 2
    assert said.outputs["zero_level"] == min(levels, key=lambda level: abs(level - FORWARD))


def test_gamma_of_one_sign_has_no_zero_level():
    said = read(GammaExposureNaive(chain=CHAIN, wake=1.0), held({"-260303-66000-C": 300.0}))

    assert said.outputs["value"] > 0
    assert (said.outputs["zero_level"], said.outputs["zero_levels"]) == (None, 0)


def test_dealers_hold_the_opposite_of_what_takers_bought():
    """Takers bought calls: dealers are short them. Half a week of watching is half known."""
    book = book_of(OPTIONS, quoted(OPTIONS, T0))
    bought = next(one for one in OPTIONS if one.id.endswith("-260303-66000-C"))
    book.take_trade(bought.id, T0, 10.0)
    half = T0 + 7 * DAY // 2
    book.take(quoted(OPTIONS, half))
    chain = book.compute(half)
    i = chain.ids.index(bought.id)

    said = read(GammaExposureFlow(chain=CHAIN, wake=1.0), chain, now=half)

    left = 10.0 * 0.5**0.5
    assert said.outputs["value"] == pytest.approx(
        -left * chain.gamma[i] * chain.forward[i] ** 2 * 0.01
    )
    assert said.quality == pytest.approx(0.5)
    assert not said.stale


def test_gamma_of_interest_whose_volatility_is_unknown_lowers_the_quality():
    rows = []
    for i, one in enumerate(OPTIONS):
        unknown = "-260208-" in one.id
        changed = {"mark_iv": math.nan, "bid": 0, "ask": 0} if unknown else {}
        rows.append((T0, i, row_of(one, T0, **changed)))
    chain = book_of(OPTIONS, tickers_of(OPTIONS, rows)).compute(NOW)

    said = read(GammaExposureNaive(chain=CHAIN, wake=1.0), chain)

    assert said.outputs["value"] is not None
    assert said.quality == pytest.approx(2 / 3)


def test_gamma_of_a_chain_that_stopped_is_stale():
    gauge = GammaExposureNaive(chain=CHAIN, wake=1.0).gauge(NoTerms())  # type: ignore[arg-type]
    gauge.take_chain(chain_at())

    assert not gauge.read(T0 + 60 * SECOND).stale
    assert gauge.read(T0 + 61 * SECOND).stale


# --- the squeeze ------------------------------------------------------------------------------

SHORT_GAMMA = {"-260303-60000-P": 9_000.0}
MINUTE = 60 * SECOND


def squeezed(chain: Chain, last_bps: float, above: float | None, below: float | None) -> Reading:
    """Four hours of a price that steps 1 bp up and down, then a move, then the chain."""
    gauge = WATCHES[7].gauge(NoTerms())  # type: ignore[arg-type]
    for minute in range(240):
        scores = {"log_mid": float(minute % 2), "depth_above": above, "depth_below": below}
        gauge.sample(NOW - (240 - minute) * MINUTE, scores)
    gauge.sample(NOW, {**scores, "log_mid": last_bps})
    gauge.take_chain(chain)
    return gauge.read(NOW)


def test_a_falling_price_against_dealers_short_gamma_is_squeezed():
    """Depth on the side of the move counts: the bids, when it falls."""
    chain = held(SHORT_GAMMA)
    exposure = read(GammaExposureNaive(chain=CHAIN, wake=1.0), chain).outputs["value"]

    down = squeezed(chain, -100.0, above=1e12, below=1e6)
    up = squeezed(chain, 100.0, above=1e12, below=1e6)

    assert exposure < 0
    assert down.outputs == pytest.approx(
        {
            "value": 1.0,
            "direction": -1,
            "exposure": exposure,
            "hedge_over_depth": -exposure / 1e6,
        }
    )
    assert (up.outputs["value"], up.outputs["direction"]) == (0.0, 1)
    assert down.inputs[0].name == "exposure, naive"
    assert down.inputs[0].value == exposure
    assert down.inputs[1].value < -3


def test_dealers_that_are_long_gamma_dampen():
    said = squeezed(held({"-260303-60000-C": 9_000.0}), 100.0, above=None, below=None)

    assert said.outputs["value"] == 0.0


def test_a_depth_that_is_needed_and_unknown_leaves_it_unknown():
    said = squeezed(held(SHORT_GAMMA), -100.0, above=1e6, below=None)

    assert said.outputs["value"] is None
    assert said.outputs["exposure"] is not None


def test_what_takers_bought_goes_before_the_naive_assumption():
    book = book_of(OPTIONS, quoted(OPTIONS, T0))
    bought = next(one for one in OPTIONS if one.id.endswith("-260303-60000-C"))
    book.take_trade(bought.id, NOW - 4 * DAY, 5_000.0)

    said = squeezed(book.compute(NOW), 100.0, above=1e6, below=1e6)

    assert said.inputs[0].name == "exposure, flow"
    assert said.outputs["exposure"] < 0
    assert said.outputs["value"] == pytest.approx(1.0)


def test_the_first_trade_heard_does_not_hide_what_is_held():
    """Dealers short 9,000 puts: that one call was bought a minute ago says nothing of these."""
    interest = [SHORT_GAMMA.get(one.id[-len("-260303-60000-P") :], 0.0) for one in OPTIONS]
    rows = [(T0, i, row_of(one, T0, open_interest=interest[i])) for i, one in enumerate(OPTIONS)]
    book = book_of(OPTIONS, tickers_of(OPTIONS, rows))
    book.take_trade(OPTIONS[0].id, NOW - MINUTE, 1.0)

    said = squeezed(book.compute(NOW), -100.0, above=1e6, below=1e6)

    assert said.inputs[0].name == "exposure, naive"
    assert said.outputs["value"] == pytest.approx(1.0)


def test_the_squeeze_looks_at_the_mid_and_at_depth_on_both_sides():
    assert set(WATCHES[7].inputs()) == {"log_mid", "depth_above", "depth_below"}
    assert np.isinf(WATCHES[7].inputs()["log_mid"].wake)


class TestOffSmile:
    """One option against the smile of the others."""

    WATCH = OffSmile(chain=CHAIN, option=DEAR, wake=NEVER_WAKE)
    ROW = next(i for i, one in enumerate(OPTIONS) if one.id == DEAR)

    def dear(self, points: float, **changed: object) -> Chain:
        """The chain in which this option alone is quoted off its smile."""
        value, iv = worth(OPTIONS[self.ROW], T0)
        value, _ = worth(OPTIONS[self.ROW], T0, iv + points / 100)
        tick = float(OPTIONS[self.ROW].grid.tick)
        quotes = {"bid": value * 0.99 / FORWARD // tick, "ask": value * 1.01 / FORWARD // tick}
        row = row_of(OPTIONS[self.ROW], T0, **{**quotes, **changed})
        odd = tickers_of(OPTIONS, [(T0 + 1, self.ROW, row)])
        return book_of(OPTIONS, quoted(OPTIONS, T0), odd).compute(NOW)

    def test_an_option_on_the_smile_is_worth_what_it_costs(self):
        said = read(self.WATCH, chain_at())

        assert said.outputs["value"] == pytest.approx(0.0, abs=0.05)
        assert said.outputs["tradable"] == 0.0
        assert said.quality > 0.5

    @pytest.mark.parametrize("points", [6.0, -6.0])
    def test_it_is_dear_by_as_much_as_it_was_moved(self, points):
        said = read(self.WATCH, self.dear(points))

        assert said.outputs["value"] == pytest.approx(points, abs=0.1)
        assert said.outputs["tradable"] == 1.0
        assert sum(one.contribution for one in said.inputs) == said.outputs["value"]

    def test_an_option_in_the_money_is_judged_by_its_own_quote(self):
        put = InstrumentId(DEAR.replace("-C", "-P"))
        watch = OffSmile(chain=CHAIN, option=put, wake=NEVER_WAKE)

        said = read(watch, self.dear(6.0))

        assert said.outputs["value"] == pytest.approx(0.0, abs=0.1)

    def test_one_that_nobody_bids_for_is_unknown(self):
        said = read(self.WATCH, self.dear(6.0, bid=0))

        assert said.outputs["value"] is None
        assert said.outputs["tradable"] is None
        assert said.quality == 0.0

    def test_one_of_another_chain_is_refused(self):
        watch = OffSmile(chain="okx:BTC/USD:BTC", option=DEAR, wake=NEVER_WAKE)

        with pytest.raises(ValueError, match="expected one of okx"):
            watch.gauge(NoTerms())
