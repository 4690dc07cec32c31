"""Reference paths of positions and funding, worked out elsewhere in exact fractions."""

from decimal import Decimal

import pytest

from bot.ledger import positions
from bot.ledger.ledger import Ledger
from bot.ledger.postings import Heading
from bot.model.instrument import Instrument, Kind, PriceGrid
from bot.model.units import EXTERNAL
from tests.ledger.market import ALICE, INSTRUMENTS, INVERSE, LINEAR, Prices, fill, funding

COIN = Instrument(
    id=INVERSE,
    kind=Kind.PERPETUAL,
    base="BTC",
    quote="USD",
    settle="BTC",
    grid=PriceGrid(Decimal("0.1")),
    lot=Decimal(1),
    inverse=True,
)
TERMS = {**INSTRUMENTS, INVERSE: COIN}


def number(value):
    return Decimal(str(value))


def signed(step, size):
    return number(step[size]) * (1 if step["side"] == "buy" else -1)


def fee_of(terms, lots, price, rate):
    return abs(positions.worth(terms, lots, price)) * rate


def walk(ledger, name, size, case):
    """Put the fills of a case through a ledger; what it shows after each of them."""
    terms = ledger.instruments[name]
    account = name.partition(":")[0]
    for step in case["inputs"]["fills"]:
        amount, price = signed(step, size), number(step["px"])
        fee = fee_of(terms, terms.lots(amount), price, number(case["inputs"]["fee_rate"]))
        event = fill(name, str(amount), str(price), str(fee), terms.settle, terms=terms)
        ledger.apply(event, ALICE, Prices(), None)
        held = ledger.position(account, ALICE, name)
        yield {
            "pos": terms.amount(held.quantity),
            "avg": positions.average(held, terms) or Decimal(0),
            "realised": held.realised,
            "fees": ledger.balance(account, terms.settle, Heading.FEES),
        }


@pytest.mark.parametrize(
    ("group", "name", "size", "tolerance"),
    [("linear", LINEAR, "qty", "1e-9"), ("inverse", INVERSE, "usd", "1e-12")],
)
def test_turning_positions_follow_the_reference_paths(vectors, group, name, size, tolerance):
    cases = vectors("pnl_flips")[group]
    assert len(cases) == 6
    for case in cases:
        ledger = Ledger(TERMS, "USDT")
        expected, mark = case["expected"], number(case["inputs"]["mark"])

        path = list(walk(ledger, name, size, case))

        assert len(path) == len(expected["path"]) > 0
        for shown, wanted in zip(path, expected["path"], strict=True):
            for key in shown:
                off = Decimal("1e-9") if key == "avg" else Decimal(tolerance)
                assert shown[key] == pytest.approx(number(wanted[key]), abs=off), (case["id"], key)
        account, settle = name.partition(":")[0], TERMS[name].settle
        floating = ledger.unrealised(account, ALICE, name, mark)
        equity = ledger.wallet(account, settle) + floating
        suffix = "" if group == "linear" else "_coin"
        for key, value in (("unrealised", floating), ("equity_change", equity)):
            wanted = number(expected[key + suffix])
            assert value == pytest.approx(wanted, abs=Decimal(tolerance)), (case["id"], key)


def test_funding_and_fills_of_two_contracts_follow_the_reference_path(vectors):
    names = {"BTCUSDT": LINEAR, "BTCUSD_INV": INVERSE}
    off = {"USDT": Decimal("1e-9"), "BTC": Decimal("1e-15")}
    ledger, marks = Ledger(TERMS, "USDT"), {}
    cases = vectors("ledger_funding")["cases"]
    assert len(cases) == 11

    for case in cases:
        kind, symbol, *rest = case["event"]
        name = names[symbol]
        apply(ledger, name, kind, rest)
        marks[name] = Decimal(rest[-1])
        shown = figures(ledger, name, marks[name])

        for key, value in shown.items():
            wanted = number(case[key])
            assert value == pytest.approx(wanted, abs=off[TERMS[name].settle]), (case["event"], key)
        assert ledger.differences() == ()


def apply(ledger, name, kind, rest):
    terms = TERMS[name]
    if kind == "fill":
        side, size, price = rest
        amount = Decimal(size) if side == "buy" else -Decimal(size)
        fee = fee_of(terms, terms.lots(amount), Decimal(price), Decimal("0.0005"))
        event = fill(name, str(amount), price, str(fee), terms.settle, terms=terms)
        ledger.apply(event, ALICE, Prices(), None)
    elif kind == "funding":
        rate, mark = rest
        lots = ledger.quantity(name.partition(":")[0], name)
        paid = -positions.worth(terms, lots, Decimal(mark)) * Decimal(rate)
        ledger.apply(funding(name, lots, mark, rate, str(paid)), EXTERNAL, Prices(), None)


def figures(ledger, name, mark):
    terms, account = TERMS[name], name.partition(":")[0]
    held = ledger.position(account, ALICE, name)
    floating = ledger.unrealised(account, ALICE, name, mark)
    return {
        "position": terms.amount(held.quantity),
        "pnl_realised_plus_unrealised": held.realised + floating,
        "fees": ledger.balance(account, terms.settle, Heading.FEES),
        "funding_received": -ledger.balance(account, terms.settle, Heading.FUNDING),
        "equity_change": ledger.wallet(account, terms.settle) + floating,
    }
