"""Premiums over the index, through the engine's own loop."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.instrument import PriceGrid
from bot.signals.premium import ImpactPremium, MarkPremium
from bot.tape.rows import INDEX, MARK, SCALAR, SCALAR_SCALE
from tests.signals.harness import INVERSE, PERP, SECOND, Bench, listed, message, snapshot

UNITS = [listed(PERP, grid=PriceGrid(Decimal(1)), lot=Decimal(1))]
near = pytest.approx


def impact_of(levels, notional):
    """What a notional is traded at, by walking the levels; None where they are too thin."""
    left, coins = notional, 0.0
    for price, size in levels:
        taken = min(left, price * size)
        coins += taken / price
        left -= taken
        if left <= 0.0:
            return notional / coins
    return None


def premium_of(bid, ask, index):
    if bid is None or ask is None:
        return None
    return (max(0.0, bid - index) - max(0.0, index - ask)) / index


def scalar(t: int, field: int, price: float, instrument=PERP):
    return message(t, (SCALAR, field, round(price * SCALAR_SCALE), 0), instrument=instrument)


def premium(notional: float = 1_000.0, instruments=UNITS, name=PERP) -> Bench:
    return Bench({"p": ImpactPremium(name, notional, wake=1.0)}, instruments=instruments)


class TestMark:
    """Mark against index."""

    def bench(self):
        return Bench({"p": MarkPremium(PERP, wake=1.0)}, instruments=UNITS)

    def test_a_mark_above_the_index_is_positive(self):
        bench = self.bench()

        bench.take(scalar(0, INDEX, 60_000), scalar(1, MARK, 60_060))

        assert bench.value("p") == near(10.0)

    @pytest.mark.parametrize("still", [MARK, INDEX])
    def test_it_is_as_old_as_the_older_of_the_two(self, still):
        other = INDEX if still is MARK else MARK
        bench = self.bench()
        bench.take(scalar(0, INDEX, 60_000), scalar(1, MARK, 60_060))

        bench.take(*(scalar(s * SECOND, other, 60_030) for s in range(1, 8)))

        assert bench.score("p").stale
        assert bench.score("p").value is None

    @pytest.mark.parametrize("only", [MARK, INDEX])
    def test_one_of_them_alone_is_unknown(self, only):
        bench = self.bench()

        bench.take(scalar(0, only, 60_000))

        assert bench.value("p") is None

    def test_an_index_of_nothing_is_unknown(self):
        bench = self.bench()

        bench.take(scalar(0, MARK, 60_000), scalar(1, INDEX, 0))

        assert bench.value("p") is None


class TestImpact:
    """Impact prices against the index."""

    def test_bids_above_the_index_are_a_premium(self):
        bench = premium()

        bench.take(scalar(0, INDEX, 100), snapshot(1, [(102, 50)], [(103, 50)]))

        assert bench.value("p") == near(200.0)

    def test_asks_below_it_are_a_discount(self):
        bench = premium()

        bench.take(scalar(0, INDEX, 100), snapshot(1, [(96, 50)], [(97, 50)]))

        assert bench.value("p") == near(-300.0)

    def test_an_index_within_the_book_is_no_premium(self):
        bench = premium()

        bench.take(scalar(0, INDEX, 100), snapshot(1, [(99, 50)], [(101, 50)]))

        assert bench.value("p") == 0.0

    @pytest.mark.parametrize(
        ("bids", "asks"), [([(102, 1)], [(103, 50)]), ([(102, 50)], [(103, 1)]), ([], [(103, 50)])]
    )
    def test_a_book_too_thin_for_the_notional_is_unknown(self, bids, asks):
        bench = premium()

        bench.take(scalar(0, INDEX, 100), snapshot(1, bids, asks))

        assert bench.value("p") is None

    def test_levels_beyond_the_ladder_are_not_guessed(self):
        bench = premium(notional=2_100.0)
        bids = [(102 - k, 1) for k in range(40)]

        bench.take(scalar(0, INDEX, 50), snapshot(1, bids, [(103, 50)]))

        # Twenty levels hold less; there are more, but the ladder cannot vouch for them.
        assert bench.value("p") is None

    def test_without_an_index_it_is_unknown(self):
        bench = premium()

        bench.take(snapshot(1, [(102, 50)], [(103, 50)]))

        assert bench.value("p") is None

    def test_inverse_contracts_are_worth_their_quote(self):
        bench = premium(200.0, [listed(INVERSE)], INVERSE)

        bench.take(
            scalar(0, INDEX, 40, INVERSE),
            snapshot(1, [(100, 1), (80, 9)], [(102, 9)], instrument=INVERSE),
        )

        # 100 at 50 and 100 at 40 are 2 + 2.5 coins for 200.
        assert bench.value("p") == near((200 / 4.5 - 40) / 40 * 1e4)

    def test_a_notional_of_nothing_is_refused(self):
        with pytest.raises(ValueError, match="impact_notional"):
            premium(0.0)

    @given(
        st.lists(st.integers(1, 30), min_size=1, max_size=12),
        st.lists(st.integers(1, 30), min_size=1, max_size=12),
        st.integers(80, 120),
        st.integers(1, 5_000),
    )
    def test_it_is_the_premium_of_the_whole_book(self, bids, asks, index, notional):
        sides = (
            [(100 - k, size) for k, size in enumerate(bids)],
            [(101 + k, size) for k, size in enumerate(asks)],
        )
        bench = premium(float(notional))

        bench.take(scalar(0, INDEX, index), snapshot(1, *sides))

        wanted = premium_of(*(impact_of(side, notional) for side in sides), index)
        assert bench.value("p") == (None if wanted is None else near(wanted * 1e4, abs=1e-7))
