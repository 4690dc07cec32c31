"""What no tape can say is refused with one message, and nothing of it is taken in."""

from decimal import Decimal
from typing import Any

import pytest

from bot.errors import DataError
from bot.model.event import (
    AnyEvent,
    FeedLost,
    Fill,
    FundingPaid,
    FundingRate,
    FundingTerms,
    InstrumentChanged,
    LiquidationVolume,
    OpenInterest,
    OpenInterestWorth,
    TakerVolume,
    Timer,
    Transfer,
)
from bot.modes import replay
from bot.tape.builder import BlockBuilder
from bot.tape.rows import BID, LEVEL, SNAPSHOT
from bot.testing import Tape, listing
from bot.testing.tape import START_NS
from bot.testing.terms import Terms, setup_of
from tests.engine.world import ETH, PERP, SECOND, engine_of, feed, hold, items, quoted

T = {"ts_recv": START_NS, "ts_venue": START_NS}
XRP = "sim:XRP/USDT:USDT"
PAID: dict[str, Any] = {
    "account": "sim",
    "instrument": PERP,
    "settles_ns": START_NS,
    "quantity": 1,
    "mark": Decimal(1),
    "rate": Decimal(1),
    "amount": Decimal(1),
    "currency": "USDT",
}
RATE: dict[str, Any] = {"instrument": PERP, "settles_ns": START_NS, "settled": False}
FILL: dict[str, Any] = {
    "account": "sim",
    "order_id": "",
    "trade_id": "1",
    "side": 1,
    "size": 1,
    "price": 1,
    "fee": Decimal(0),
    "fee_currency": "USDT",
    "maker": True,
}


@pytest.mark.parametrize(
    ("event", "message"),
    [
        (FundingRate(**T, **RATE, rate=Decimal("NaN")), "FundingRate .* rate: got NaN"),
        (FundingRate(**T, **RATE, rate=Decimal("Infinity")), "rate: got Infinity"),
        (FundingPaid(**T, **{**PAID, "amount": Decimal("NaN")}), "FundingPaid .* amount: got NaN"),
        (
            Transfer(**T, account="sim", currency="USDT", amount=Decimal("sNaN"), reference="x"),
            "Transfer .* amount: got sNaN",
        ),
        (FeedLost(**T, instrument=XRP, reason="x"), f"FeedLost .* instrument: got '{XRP}'"),
        (FundingRate(**T, **{**RATE, "instrument": XRP}, rate=Decimal(0)), "expected one of"),
        (InstrumentChanged(**T, instrument=listing(XRP)), f"got '{XRP}', expected one of {PERP}"),
        (Fill(**T, **FILL, instrument=XRP), "Fill .* list it in the configuration"),
    ],
)
def test_an_event_that_cannot_be_is_refused(event: AnyEvent, message: str) -> None:
    engine = engine_of({"a": hold(1.0)}, quoted())
    before = engine.state.durable()

    with pytest.raises(DataError, match=message):
        engine.step(event)

    assert engine.state.durable() == before


INTERVAL: dict[str, Any] = {"until_ns": START_NS, "interval_ns": SECOND}


@pytest.mark.parametrize(
    "event",
    [
        OpenInterest(**T, instrument=XRP, amount=Decimal(5)),
        OpenInterestWorth(**T, instrument=XRP, worth=Decimal(5), currency="USD"),
        FundingTerms(**T, instrument=XRP),
        TakerVolume(
            **T, **INTERVAL, instrument=XRP, bought=Decimal(1), sold=Decimal(2), unit="XRP"
        ),
        LiquidationVolume(
            **T, **INTERVAL, instrument=XRP, longs=Decimal(1), shorts=Decimal(2), unit="USD"
        ),
    ],
    ids=lambda event: type(event).__name__,
)
def test_what_nobody_reads_may_concern_anything(event: AnyEvent) -> None:
    engine = engine_of({"a": hold(1.0)}, quoted())

    outcome = engine.step(event)

    assert outcome.event is not None
    assert outcome.approved == ()


@pytest.mark.parametrize("names", [(ETH,), (PERP, ETH), ()])
def test_rows_of_other_instruments_than_ours_are_refused(names: tuple[str, ...]) -> None:
    builder = BlockBuilder(names)
    builder.begin(START_NS, START_NS, flags=SNAPSHOT)
    builder.row(LEVEL, BID, 100, 1)
    builder.end()
    engine = engine_of({"a": hold(1.0)}, quoted())

    with pytest.raises(DataError, match=f"got instruments .*, expected {PERP}; give"):
        engine.step(builder.take())


def test_time_never_goes_back_in_the_engine() -> None:
    engine = engine_of({"a": hold(1.0)}, quoted())

    feed(engine, items(quoted().wait(3)))
    engine.step(Timer(ts_recv=START_NS, ts_venue=START_NS))
    late = engine.step(FundingRate(**T, **RATE, rate=Decimal(0)))

    assert late.now == START_NS + 3 * SECOND


class Twice:
    """A source that says everything once more, later in the file and earlier in time."""

    def __init__(self, source: Any) -> None:
        self.name = source.name
        self._source = source

    def blocks(self) -> Any:
        yield from self._source.blocks()
        yield from self._source.blocks()

    def events(self) -> Any:
        return iter(())


def test_a_tape_that_goes_back_is_refused_before_it_is_traded_on() -> None:
    tape = Tape().book(PERP, 99.9, 100.1).wait(3)
    setup = setup_of({"a": hold(1.0)}, tape.instruments.values(), Terms())

    with pytest.raises(DataError, match=f"{PERP}: got ts_recv .* after .*, expected times that"):
        replay.run(setup, [Twice(source) for source in tape.sources()])
