"""What follows from the quotes of a chain: volatilities, smiles, greeks, and how good they are."""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from msgspec import Struct
from msgspec.structs import replace

from bot.model.instrument import Instrument
from bot.model.units import InstrumentId
from bot.signals.options.black76 import NS_A_YEAR, Float64s, greeks
from bot.signals.options.chain import NEVER, Bools, Chain, Int64s, Series
from bot.signals.options.heard import FLOW_NS, UNHEARD, Heard
from bot.signals.options.implied import implied_volatility
from bot.signals.options.settlement import share_left
from bot.signals.options.smile import fit_smile
from bot.signals.options.svi import has_calendar_arbitrage
from bot.tape.tickers import chain_of

SPREAD_MAX: Final = 0.30
"""Of the mid: a wider quote says nothing of volatility."""


class Fixed(Struct, frozen=True):
    """What does not change about the options of a chain, as columns by expiry and strike.

    inverse: priced and settled in the coin that it is on, as Deribit's are but those in USDC; no
    listing calls an option inverse, for its worth is its amount times its price all the same.
    tick: quote or coin. series: the number of each one's expiry. starts: the first row of each
    expiry.
    """

    ids: tuple[InstrumentId, ...]
    expiry_ns: Int64s
    strike: Float64s
    call: Bools
    inverse: Bools
    tick: Float64s
    contract_size: Float64s
    series: Int64s
    starts: Int64s
    averaging_ns: int
    quote_age_ns_max: int

    @classmethod
    def of(cls, options: Sequence[Instrument], averaging_ns: int, quote_age_ns_max: int) -> "Fixed":
        """Options in order of expiry and strike."""
        expiry = np.array([one.expiry_ns for one in options], np.int64)
        _, starts, series = np.unique(expiry, return_index=True, return_inverse=True)
        return cls(
            ids=tuple(one.id for one in options),
            expiry_ns=expiry,
            strike=np.array([float(one.strike or 0) for one in options]),
            call=np.array([bool(one.call) for one in options]),
            inverse=np.array([one.settle == one.base for one in options]),
            tick=np.array([float(one.grid.tick) for one in options]),
            contract_size=np.array([float(one.contract_size) for one in options]),
            series=series.astype(np.int64),
            starts=starts.astype(np.int64),
            averaging_ns=averaging_ns,
            quote_age_ns_max=quote_age_ns_max,
        )


def computed(fixed: Fixed, heard: Heard, taker_flow: Float64s, at_ns: int) -> Chain:
    """The chain as it follows from what was heard by now."""
    left_ns = fixed.expiry_ns - at_ns
    years = left_ns / NS_A_YEAR
    alive = left_ns > 0
    forward = np.where(alive, heard.forward[fixed.series], math.nan)
    quotes = _Quotes.of(fixed, heard, forward, years, alive)
    last_ns = np.maximum(np.maximum(heard.quote_ns, heard.mark_ns), heard.mark_iv_ns)
    age_ns = _age(last_ns, at_ns)
    age_max = fixed.quote_age_ns_max
    forward_fresh = _age(heard.forward_ns, at_ns)[fixed.series] <= age_max
    fresh = (_age(heard.quote_ns, at_ns) <= age_max) & forward_fresh & alive
    averaging = share_left(left_ns, fixed.averaging_ns)
    quality = np.where(fresh & (averaging == 1.0), quotes.quality, 0.0)
    series, smile_iv = _smiles(fixed, heard, quotes.iv, quality, at_ns)
    mark_fresh = _age(heard.mark_iv_ns, at_ns) <= age_max
    mark_iv = np.where(alive & (heard.mark_iv > 0.0), heard.mark_iv, math.nan)
    model_iv = _first_known(
        np.where(mark_fresh, mark_iv, math.nan),
        np.where(quality > 0.0, quotes.iv, math.nan),
        smile_iv,
        mark_iv,
    )
    found = greeks(fixed.call, forward, fixed.strike, years, model_iv, fixed.inverse)
    # The premium fades as much as the delta that it adjusts.
    size = fixed.contract_size
    begun = int(heard.clock[FLOW_NS])
    chain = Chain(
        ids=fixed.ids,
        expiry_ns=fixed.expiry_ns,
        strike=fixed.strike,
        call=fixed.call,
        bid=quotes.bid,
        ask=quotes.ask,
        iv=quotes.iv,
        delta=found.delta * averaging * size,
        net_delta=found.net_delta * averaging * size,
        gamma=found.gamma * size,
        vega=found.vega * size,
        age_ns=age_ns,
        forward=forward,
        mark=np.where(alive, heard.mark * np.where(fixed.inverse, forward, 1.0), math.nan),
        mark_iv=mark_iv,
        bid_iv=quotes.bid_iv,
        ask_iv=quotes.ask_iv,
        smile_iv=smile_iv,
        model_iv=model_iv,
        net_gamma=found.net_gamma * size,
        theta=found.theta_left * size,
        open_interest=np.where(alive, heard.open_interest, math.nan),
        taker_flow=np.where(alive, taker_flow, math.nan),
        quality=quality,
        interest_age_ns=_age(heard.interest_ns, at_ns),
        flow_since_ns=begun if begun != UNHEARD else None,
        at_ns=at_ns,
        series=series,
    )
    for name in Chain.__struct_fields__:
        column = getattr(chain, name)
        if isinstance(column, np.ndarray):
            column.flags.writeable = False  # it is shown to every strategy
    return chain


class _Quotes(Struct, frozen=True):
    """Quotes in quote currency and their volatilities; of a crossed one nothing is known."""

    bid: Float64s
    ask: Float64s
    iv: Float64s
    bid_iv: Float64s
    ask_iv: Float64s
    quality: Float64s

    @classmethod
    def of(
        cls, fixed: Fixed, heard: Heard, forward: Float64s, years: Float64s, alive: Bools
    ) -> "_Quotes":
        bid_known, ask_known = (heard.bid > 0) & alive, (heard.ask > 0) & alive
        crossed = bid_known & ask_known & (heard.bid >= heard.ask)
        bid = np.where(bid_known & ~crossed, heard.bid * fixed.tick, math.nan)
        ask = np.where(ask_known & ~crossed, heard.ask * fixed.tick, math.nan)
        mid = 0.5 * (bid + ask)
        # A quote in coin was made at the forward of its own time, not of now.
        own = (heard.underlying_ns == heard.quote_ns) & (heard.underlying > 0.0)
        then = np.where(own & alive, heard.underlying, forward)
        times = np.where(fixed.inverse, then, 1.0)
        volatilities = implied_volatility(
            np.tile(fixed.call, 3),
            np.tile(then, 3),
            np.tile(fixed.strike, 3),
            np.tile(years, 3),
            np.concatenate([mid * times, bid * times, ask * times]),
        )
        iv, bid_iv, ask_iv = np.split(volatilities, 3)
        spread = (ask - bid) / np.where(mid > 0.0, mid, math.nan)
        quality = np.nan_to_num(np.clip(1.0 - spread / SPREAD_MAX, 0.0, 1.0), nan=0.0)
        now = np.where(fixed.inverse, forward, 1.0)
        return cls(bid * now, ask * now, iv, bid_iv, ask_iv, np.where(np.isnan(iv), 0.0, quality))


def _smiles(
    fixed: Fixed, heard: Heard, iv: Float64s, quality: Float64s, at_ns: int
) -> tuple[tuple[Series, ...], Float64s]:
    """The expiries to come with their smiles, and the smiles' volatility of every option."""
    said = np.full(len(fixed.ids), math.nan)
    found: list[Series] = []
    before = None
    stops = [*fixed.starts[1:].tolist(), len(fixed.ids)]
    for number, (first, stop) in enumerate(zip(fixed.starts.tolist(), stops, strict=True)):
        expiry = int(fixed.expiry_ns[first])
        if expiry <= at_ns:
            continue
        forward = float(heard.forward[number])
        known = forward > 0.0
        series = Series(
            chain=chain_of(fixed.ids[first]),
            expiry_ns=expiry,
            years=(expiry - at_ns) / NS_A_YEAR,
            first=first,
            stop=stop,
            forward=forward if known else None,
            forward_age_ns=at_ns - int(heard.forward_ns[number]) if known else None,
        )
        smile = None
        if known:
            rows = _best_of_strikes(fixed, quality, forward, first, stop)
            k = np.log(fixed.strike[rows] / forward)
            smile = fit_smile(k, iv[rows], series.years)
        if smile is not None:
            said[first:stop] = smile.svi.volatility(
                np.log(fixed.strike[first:stop] / forward), series.years
            )
            series = replace(
                series,
                smile=smile,
                butterfly=smile.svi.has_butterfly_arbitrage,
                calendar=has_calendar_arbitrage(before, smile.svi) if before else None,
            )
            before = smile.svi
        found.append(series)
    return tuple(found), said


def _best_of_strikes(
    fixed: Fixed, quality: Float64s, forward: float, first: int, stop: int
) -> npt.NDArray[np.intp]:
    """The row of each strike that is quoted well: out of the money, else the other one."""
    rows = first + np.flatnonzero(quality[first:stop] > 0.0)
    inside = fixed.call[rows] != (fixed.strike[rows] >= forward)
    rows = rows[np.lexsort((inside, fixed.strike[rows]))]
    _, firsts = np.unique(fixed.strike[rows], return_index=True)
    return np.asarray(rows[firsts])


def _age(heard_ns: Int64s, at_ns: int) -> Int64s:
    return np.where(heard_ns < 0, NEVER, at_ns - heard_ns)


def _first_known(*columns: Float64s) -> Float64s:
    known = columns[0]
    for column in columns[1:]:
        known = np.where(np.isnan(known), column, known)
    return known
