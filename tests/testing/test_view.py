"""The fake view shows what it is told, and nothing that it is not."""

from decimal import Decimal

import pytest

from bot import Funding, Impact, Kind, Touch, Universe
from bot.signals.base import Fees
from bot.testing import FakeView, listing

SPOT = "sim:BTC/USDT"
PERP = "sim:BTC/USDT:USDT"
HOUR = 3_600_000_000_000


def test_what_was_not_said_is_unknown():
    view = FakeView()

    assert view["carry"] is None
    assert not view.score("carry").ready
    assert view.touch(PERP) is None
    assert view.mark(PERP) is None
    assert view.funding(PERP) is None
    assert view.impact(PERP, 1.0) == Impact(None, complete=False)
    assert (view.equity, view.headroom("notional_max"), view.delta("BTC")) == (None, None, None)
    assert view.position(PERP) == 0.0
    with pytest.raises(KeyError):
        view.fees(PERP)


def test_what_was_said_is_shown():
    view = FakeView(
        now=HOUR,
        values={"carry": 2.5},
        positions={SPOT: 0.1},
        touches={PERP: (99.0, 101.0)},
        impacts={(PERP, -3.0): Impact(98.5, complete=False)},
        marks={PERP: 100.0},
        funding={PERP: 1e-4},
        fees={PERP: (0.0002, 0.0005)},
        deltas={"BTC": 0.25},
        equity=1000.0,
        headroom={"notional_max": 5.0},
    )

    assert view["carry"] == view.score("carry").value == 2.5
    assert view.read == {"carry": 2.5}
    assert view.position(SPOT) == 0.1
    assert view.touch(PERP) == Touch(99.0, 1.0, 101.0, 1.0)
    assert view.impact(PERP, 2.0) == Impact(101.0, complete=True)
    assert view.impact(PERP, -2.0) == Impact(99.0, complete=True)
    assert view.impact(PERP, -3.0) == Impact(98.5, complete=False)
    assert view.mark(PERP) == 100.0
    assert view.funding(PERP) == Funding(1e-4, 8.0, 9 * HOUR, True)
    assert view.fees(PERP) == Fees(Decimal("0.0002"), Decimal("0.0005"))
    assert (view.equity, view.headroom("notional_max"), view.delta("BTC")) == (1000.0, 5.0, 0.25)


def test_a_position_in_an_inverse_contract_counts_contracts():
    inverse = listing("sim:BTC/USD:BTC", contract_size=Decimal(100))

    view = FakeView(positions={inverse.id: -7.0}, instruments=[inverse])

    assert view.position(inverse.id) == -7.0


def test_a_universe_holds_what_is_listed_or_named():
    view = FakeView(positions={SPOT: 1.0}, touches={PERP: (1.0, 2.0)})

    assert [one.id for one in view.instruments(Universe())] == [SPOT, PERP]
    assert [one.id for one in view.instruments(Universe(kind=Kind.SPOT))] == [SPOT]


@pytest.mark.parametrize(
    ("name", "kind", "inverse"),
    [
        ("sim:BTC/USDT", Kind.SPOT, False),
        ("sim:BTC/USDT:USDT", Kind.PERPETUAL, False),
        ("sim:BTC/USD:BTC", Kind.PERPETUAL, True),
        ("sim:BTC/USD:BTC-261225", Kind.FUTURE, True),
        ("sim:BTC/USD:BTC-261225-100000-C", Kind.OPTION, False),
    ],
)
def test_a_listing_is_read_from_its_symbol(name, kind, inverse):
    one = listing(name)

    assert (one.kind, one.inverse, one.base) == (kind, inverse, "BTC")


def test_an_option_listing_knows_its_terms():
    one = listing("sim:BTC/USD:BTC-261225-100000-P")

    assert (one.strike, one.call) == (Decimal(100_000), False)
    assert one.expiry_ns == 1_798_185_600 * 10**9  # 2026-12-25 08:00 UTC


def test_a_symbol_that_is_none_is_refused():
    with pytest.raises(ValueError, match="got 'BTCUSDT', expected venue:BASE/QUOTE"):
        listing("BTCUSDT")
