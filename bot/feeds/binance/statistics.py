"""Binance's answers about open interest, positioning, taker volume and funding, as events.

Everything is received when the answer came, whatever time it is about: a history that is fetched
now was not known then.
"""

from decimal import Decimal
from typing import Final, Literal

import msgspec
from msgspec import Struct, field

from bot.errors import DataError
from bot.feeds.binance.instruments import native_symbol
from bot.feeds.grid import signed_decimal
from bot.feeds.reading import Milliseconds, read_answer
from bot.feeds.settled import settled_rates
from bot.model.event import FundingRate, FundingTerms, LongShortRatio, OpenInterest, TakerVolume
from bot.model.instrument import Instrument, Kind
from bot.model.units import NS_PER_HOUR, NS_PER_MS

Population = Literal["accounts", "top_accounts", "top_positions"]
"""Of `globalLongShortAccountRatio`, `topLongShortAccountRatio`, `topLongShortPositionRatio`."""


class _Now(Struct):
    symbol: str
    interest: str = field(name="openInterest")
    time_ms: Milliseconds = field(name="time")


class _Then(Struct):
    """On COIN-M of a pair and a type of contract instead of a symbol."""

    interest: str = field(name="sumOpenInterest")
    time_ms: Milliseconds = field(name="timestamp")
    symbol: str | None = None
    pair: str | None = None
    contract: str | None = field(name="contractType", default=None)


class _Ratio(Struct):
    ratio: str = field(name="longShortRatio")
    time_ms: Milliseconds = field(name="timestamp")
    symbol: str | None = None
    pair: str | None = None


class _Taken(Struct):
    bought: str = field(name="buyVol")
    sold: str = field(name="sellVol")
    time_ms: Milliseconds = field(name="timestamp")


class _Settled(Struct):
    symbol: str
    rate: str = field(name="fundingRate")
    settles_ms: Milliseconds = field(name="fundingTime")
    mark: str = field(name="markPrice", default="")


class _Terms(Struct):
    symbol: str
    cap: str = field(name="adjustedFundingRateCap")
    floor: str = field(name="adjustedFundingRateFloor")
    hours: int = field(name="fundingIntervalHours")


class _Premium(Struct):
    symbol: str
    rate: str = field(name="lastFundingRate")
    settles_ms: Milliseconds = field(name="nextFundingTime")
    time_ms: Milliseconds = field(name="time")


_now: Final = msgspec.json.Decoder(_Now)
_then: Final = msgspec.json.Decoder(list[_Then] | None)
_ratios: Final = msgspec.json.Decoder(list[_Ratio] | None)
_taken: Final = msgspec.json.Decoder(list[_Taken] | None)
_settled: Final = msgspec.json.Decoder(list[_Settled] | None)
_terms: Final = msgspec.json.Decoder(list[_Terms] | None)
_premium: Final = msgspec.json.Decoder(_Premium | list[_Premium])


def open_interest(body: bytes, instrument: Instrument, ts_recv: int) -> OpenInterest:
    """Of `openInterest`: base coins on USD-M, contracts on COIN-M, which become quote."""
    where = f"{instrument.id} openInterest"
    now = read_answer(_now, body, where)
    _expect(where, now.symbol, instrument)
    return _interest(instrument, ts_recv, now.time_ms, now.interest, where)


def open_interest_history(body: bytes, instrument: Instrument, ts_recv: int) -> list[OpenInterest]:
    """Of `openInterestHist`; a pair's rows of dated contracts belong to no perpetual."""
    where = f"{instrument.id} openInterestHist"
    events = []
    for then in read_answer(_then, body, where) or []:
        if then.symbol is not None:
            _expect(where, then.symbol, instrument)
        elif then.pair != instrument.base + instrument.quote or (
            then.contract != "PERPETUAL" or instrument.kind is not Kind.PERPETUAL
        ):
            raise DataError(
                where,
                f"rows of {then.pair} {then.contract}",
                f"of {native_symbol(instrument)}",
                "ask for the pair and contract type of the instrument",
            )
        events.append(_interest(instrument, ts_recv, then.time_ms, then.interest, where))
    return events


def long_short_ratios(
    body: bytes, instrument: Instrument, ts_recv: int, population: Population
) -> list[LongShortRatio]:
    """Of any of the three ratios; COIN-M answers for a pair, all its contracts together."""
    where = f"{instrument.id} longShortRatio"
    events = []
    for row in read_answer(_ratios, body, where) or []:
        if row.symbol is not None:
            _expect(where, row.symbol, instrument)
        elif row.pair != instrument.base + instrument.quote:
            raise DataError(
                where, f"rows of {row.pair}", instrument.symbol, "ask for the instrument's pair"
            )
        ratio = signed_decimal(row.ratio, where)
        if ratio < 0:
            raise DataError(where, str(ratio), "a ratio ≥ 0", "fetch it again")
        events.append(
            LongShortRatio(
                ts_recv=ts_recv,
                ts_venue=_past(ts_recv, row.time_ms),
                instrument=instrument.id,
                ratio=ratio,
                population=population,
            )
        )
    return events


def taker_volumes(
    body: bytes, instrument: Instrument, ts_recv: int, interval_ns: int
) -> list[TakerVolume]:
    """Of USD-M's `takerlongshortRatio`, whose rows name no symbol; in base coins.

    interval_ns: the period that was asked for. A row's time is taken for the beginning of its
    period, which the documentation leaves open; one that is not over is left out.
    """
    where = f"{instrument.id} takerlongshortRatio"
    events = []
    for row in read_answer(_taken, body, where) or []:
        until_ns = row.time_ms * NS_PER_MS + interval_ns
        if until_ns > ts_recv:
            continue
        bought, sold = signed_decimal(row.bought, where), signed_decimal(row.sold, where)
        if bought < 0 or sold < 0:
            raise DataError(where, f"{bought} and {sold}", "volumes ≥ 0", "fetch it again")
        events.append(
            TakerVolume(
                ts_recv=ts_recv,
                ts_venue=until_ns,
                instrument=instrument.id,
                until_ns=until_ns,
                interval_ns=interval_ns,
                bought=bought,
                sold=sold,
                unit=instrument.base,
            )
        )
    return events


def funding_history(body: bytes, instrument: Instrument, ts_recv: int) -> list[FundingRate]:
    """Of `fundingRate`: what was paid."""
    where = f"{instrument.id} fundingRate"
    rows = read_answer(_settled, body, where) or []
    for row in rows:
        _expect(where, row.symbol, instrument)
    marks = {row.settles_ms: signed_decimal(row.mark, where) for row in rows if row.mark}
    return settled_rates(instrument, [(row.settles_ms, row.rate) for row in rows], ts_recv, marks)


def funding_terms(body: bytes, instrument: Instrument, ts_recv: int) -> FundingTerms | None:
    """Of `fundingInfo`; None when the instrument is not listed, which then has the usual terms."""
    where = f"{instrument.id} fundingInfo"
    symbol = native_symbol(instrument)
    for one in read_answer(_terms, body, where) or []:
        if one.symbol == symbol:
            return FundingTerms(
                ts_recv=ts_recv,
                ts_venue=ts_recv,
                instrument=instrument.id,
                interval_ns=one.hours * NS_PER_HOUR,
                floor=signed_decimal(one.floor, where),
                cap=signed_decimal(one.cap, where),
            )
    return None


def predicted_funding(body: bytes, instrument: Instrument, ts_recv: int) -> FundingRate | None:
    """Of `premiumIndex`: what `lastFundingRate` calls last is the estimate of the next payment.

    None for a dated contract, which has none, and where the instrument is not listed. The answer
    does not say how long the interval is.
    """
    where = f"{instrument.id} premiumIndex"
    answer = read_answer(_premium, body, where)
    symbol = native_symbol(instrument)
    for one in answer if isinstance(answer, list) else [answer]:
        if one.symbol == symbol and one.rate and one.settles_ms:
            return FundingRate(
                ts_recv=ts_recv,
                ts_venue=_past(ts_recv, one.time_ms),
                instrument=instrument.id,
                rate=signed_decimal(one.rate, where),
                settles_ns=one.settles_ms * NS_PER_MS,
                settled=False,
            )
    return None


def _interest(
    instrument: Instrument, ts_recv: int, time_ms: int, text: str, where: str
) -> OpenInterest:
    amount: Decimal = signed_decimal(text, where) * instrument.contract_size
    if amount < 0:
        raise DataError(where, text, "a number ≥ 0", "fetch it again")
    return OpenInterest(
        ts_recv=ts_recv,
        ts_venue=_past(ts_recv, time_ms),
        instrument=instrument.id,
        amount=amount,
    )


def _past(ts_recv: int, venue_ms: int) -> int:
    """A venue's time, no later than when we heard of it."""
    return min(ts_recv, venue_ms * NS_PER_MS)


def _expect(where: str, symbol: str, instrument: Instrument) -> None:
    expected = native_symbol(instrument)
    if symbol != expected:
        raise DataError(where, f"rows of {symbol}", f"of {expected}", "ask for the instrument")
