"""Gauges on a made-up market: events and looks in, readings out."""

import math
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec
from hypothesis import strategies as st

from bot.model.command import Side
from bot.model.event import (
    FeedLost,
    FeedRestored,
    FundingRate,
    InstrumentChanged,
    Liquidation,
    LongShortRatio,
    MarketEvent,
    OpenInterest,
    TakerVolume,
)
from bot.model.instrument import Instrument, Kind, PriceGrid
from bot.model.units import Currency, InstrumentId
from bot.signals.gauge import Gauge, GaugeWatch, Reading
from tests.signals.harness import FakeTerms

A = InstrumentId("alpha:BTC/USDT:USDT")
B = InstrumentId("beta:BTC/USDT:USDT")
C = InstrumentId("gamma:BTC/USD:BTC")
"""An inverse one, of one dollar a contract."""
DATED = InstrumentId("alpha:BTC/USDT:USDT-240927")
SECOND = 1_000_000_000
MINUTE = 60 * SECOND
HOUR = 3_600 * SECOND
DAY = 24 * HOUR
T0 = 1_723_132_800_000_000_000
"""2024-08-08 16:00 UTC."""


def contract(name: InstrumentId, **changed: Any) -> Instrument:
    inverse = name == C
    known: dict[str, Any] = {
        "id": name,
        "kind": Kind.FUTURE if name == DATED else Kind.PERPETUAL,
        "base": Currency("BTC"),
        "quote": Currency("USD" if inverse else "USDT"),
        "settle": Currency("BTC" if inverse else "USDT"),
        "grid": PriceGrid(Decimal("0.5")),
        "lot": Decimal(1) if inverse else Decimal("0.001"),
        "inverse": inverse,
        "expiry_ns": T0 + 50 * DAY if name == DATED else None,
        "funding_interval_ns": None if name == DATED else 8 * HOUR,
    }
    return Instrument(**{**known, **changed})


TERMS = FakeTerms([contract(name) for name in (A, B, C, DATED)])


class Look(NamedTuple):
    """What a gauge is shown at a whole second."""

    t: int
    scores: Mapping[str, float | None]


Step = MarketEvent | Look


def feed(gauge: Gauge, *steps: Step) -> Gauge:
    for step in steps:
        if isinstance(step, Look):
            gauge.sample(step.t, step.scores)
        else:
            gauge.hear(step)
    return gauge


def made(watch: GaugeWatch, *steps: Step) -> Gauge:
    """A gauge that has gone through these steps."""
    return feed(watch.gauge(TERMS), *steps)


def copied(gauge: Gauge) -> Gauge:
    """It, saved and restored."""
    return msgspec.msgpack.decode(msgspec.msgpack.encode(gauge), type=type(gauge))


def outputs(gauge: Gauge, now: int) -> dict[str, float | None]:
    return dict(gauge.read(now).outputs)


def value(gauge: Gauge, now: int) -> float | None:
    return next(iter(gauge.read(now).outputs.values()))


def numbers_of(reading: Reading) -> Iterable[float]:
    yield reading.quality
    for x in reading.outputs.values():
        if x is not None:
            yield x
    for one in reading.inputs:
        yield from (x for x in (one.value, one.contribution) if x is not None)


def finite(reading: Reading) -> bool:
    return all(math.isfinite(x) for x in numbers_of(reading))


# --- events -----------------------------------------------------------------------------------


def decimal(x: float | str | int) -> Decimal:
    return Decimal(str(x))


def interest(t: int, amount: float | str, name: InstrumentId = A, said: int | None = None):
    return OpenInterest(
        ts_recv=t, ts_venue=t if said is None else said, instrument=name, amount=decimal(amount)
    )


def ratio(t: int, x: float | str, population: str, name: InstrumentId = A, said: int | None = None):
    return LongShortRatio(
        ts_recv=t,
        ts_venue=t if said is None else said,
        instrument=name,
        ratio=decimal(x),
        population=population,
    )


def taken(
    t: int,
    bought: float | str,
    sold: float | str = 1,
    name: InstrumentId = A,
    until: int | None = None,
):
    """What takers bought and sold in the five minutes that end at `until`, or now."""
    ends = t if until is None else until
    return TakerVolume(
        ts_recv=t,
        ts_venue=ends,
        instrument=name,
        until_ns=ends,
        interval_ns=5 * MINUTE,
        bought=decimal(bought),
        sold=decimal(sold),
        unit=Currency("BTC"),
    )


def forced(
    t: int,
    side: Side,
    price: float,
    amount: float,
    *,
    complete: bool = True,
    name: InstrumentId = A,
    said: int | None = None,
    number: str | None = None,
):
    return Liquidation(
        ts_recv=t,
        ts_venue=t if said is None else said,
        instrument=name,
        side=side,
        price=decimal(price),
        amount=decimal(amount),
        complete=complete,
        id=number,
    )


def funding(
    t: int,
    rate: float | str,
    settles: int,
    *,
    settled: bool = False,
    interval: int | None = 8 * HOUR,
    name: InstrumentId = A,
    said: int | None = None,
):
    return FundingRate(
        ts_recv=t,
        ts_venue=t if said is None else said,
        instrument=name,
        rate=decimal(rate),
        settles_ns=settles,
        settled=settled,
        interval_ns=interval,
    )


def settled(settles: int, rate: float | str, **more: Any):
    return funding(settles + SECOND, rate, settles, settled=True, **more)


def lost(t: int, name: InstrumentId = A):
    return FeedLost(ts_recv=t, ts_venue=t, instrument=name, reason="test")


def restored(t: int, name: InstrumentId = A):
    return FeedRestored(ts_recv=t, ts_venue=t, instrument=name)


def changed(t: int, name: InstrumentId = A, **terms: Any):
    return InstrumentChanged(ts_recv=t, ts_venue=t, instrument=contract(name, **terms))


def log_bps(price: float) -> float:
    return 1e4 * math.log(price)


# --- random histories -------------------------------------------------------------------------

prices = st.floats(50_000.0, 70_000.0)
maybe = st.one_of(st.none(), st.floats(-5.0, 5.0))


@st.composite
def histories(draw: st.DrawFn, names: Sequence[str], steps_max: int = 60) -> list[Step]:
    """Events of all kinds, good and bad, and looks at these scores, in order of time."""
    t = T0
    found: list[Step] = []
    for _ in range(draw(st.integers(0, steps_max))):
        t += draw(st.sampled_from([1, SECOND, 7 * SECOND, MINUTE, 5 * MINUTE, HOUR, 9 * HOUR]))
        name = draw(st.sampled_from([A, B, C]))
        kind = draw(st.integers(0, 9))
        if kind <= 3:
            t = t // SECOND * SECOND + SECOND
            scores: dict[str, float | None] = {}
            for each in names:
                scores[each] = draw(score_of(each))
            found.append(Look(t, scores))
        elif kind <= 5:
            amount = draw(st.sampled_from([100, 101, 103, 99, 90, 120, 0, 6_000_000]))
            found.append(interest(t, amount, name))
        elif kind == 6:
            x = draw(st.sampled_from(["0", "0.5", "1", "1.5", "2", "-1", "150"]))
            population = draw(st.sampled_from(["accounts", "top_positions", "takers"]))
            takers = population == "takers"
            found.append(taken(t, x, name=name) if takers else ratio(t, x, population, name))
        elif kind == 7:
            side = draw(st.sampled_from([Side.BUY, Side.SELL]))
            amount = draw(st.sampled_from([0.5, 1, 3, 0]))
            complete = draw(st.booleans())
            found.append(
                forced(
                    t,
                    side,
                    draw(prices),
                    amount,
                    complete=complete,
                    name=name,
                    number=str(len(found)),
                )
            )
        elif kind == 8:
            found.append(draw(rates(t, name)))
        else:
            found.append(
                draw(st.sampled_from([lost(t, name), restored(t, name), changed(t, name)]))
            )
    return found


@st.composite
def rates(draw: st.DrawFn, t: int, name: InstrumentId) -> FundingRate:
    rate = draw(st.sampled_from(["0.0001", "0.0003", "-0.0002", "0", "0.01", "7"]))
    settles = t - t % (8 * HOUR) + draw(st.sampled_from([0, 1, 2])) * 8 * HOUR
    told = draw(st.booleans())
    interval = draw(st.sampled_from([8 * HOUR, 8 * HOUR, HOUR, None]))
    return funding(t, rate, settles, settled=told and settles <= t, interval=interval, name=name)


def score_of(name: str) -> st.SearchStrategy[float | None]:
    if name in ("price", "future", "spot") or ":" in name:
        return st.one_of(st.none(), prices.map(log_bps))
    if name.startswith("depth") or name == "against":
        return st.one_of(st.none(), st.floats(0.0, 1e8))
    return maybe
