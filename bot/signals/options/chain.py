"""A chain as everybody reads it: the options of one underlying in columns, by expiry and strike."""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from msgspec import Struct
from msgspec.structs import fields, force_setattr, replace

from bot.model.units import InstrumentId
from bot.signals.options.svi import Fitted

Column = npt.NDArray[np.float64]
Int64s = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

UNKNOWN: Final = np.empty(0)
NEVER: Final = np.iinfo(np.int64).max
"""The age of what was never heard."""


class Series(Struct, frozen=True):
    """One expiry of a chain, and what its quotes say together.

    chain: the name of the chain, `deribit:BTC/USD:BTC`. first, stop: its rows. forward: the
    venue's price of the underlying for this expiry, in quote. smile: fitted to fresh quotes of
    both sides, None with fewer than five such strikes. butterfly: whether that smile allows
    butterfly arbitrage; calendar: whether total variance falls from the smile before to this;
    None: no smile to tell from.
    """

    chain: str
    expiry_ns: int
    years: float
    first: int
    stop: int
    forward: float | None
    forward_age_ns: int | None
    smile: Fitted | None = None
    butterfly: bool | None = None
    calendar: bool | None = None


class Chain(Struct, frozen=True):
    """The options of one underlying, as columns of equal length; unknown is NaN.

    expiry in ns, strike and prices in quote (what a venue quotes in coin, at the forward), iv as
    a fraction, greeks for one contract: net_delta is the premium-adjusted one of inverse
    options. age_ns: of each ticker. A column that its source does not fill is unknown throughout.

    iv, bid_iv, ask_iv: solved from mid, bid and ask. mark, mark_iv: the venue's own.
    smile_iv: of the expiry's smile. model_iv: what the greeks are computed with: the venue's
    while it is fresh, else our own of the mid, else the smile's, else the venue's last.
    delta and net_delta fade in the last half hour, as the delivery price is averaged.
    net_gamma: change of net_delta. vega: quote a point of volatility. theta: quote over the next
    day or what is left of it, at most the whole value.
    open_interest: contracts; interest_age_ns: since it was heard. taker_flow: contracts that
    takers bought less sold, half forgotten in 7 days. quality: 1 of a tight quote of both sides,
    0 at a spread of 30 % of the mid, and of one that is stale, crossed or one-sided.
    flow_since_ns: since when trades of takers are counted, None: none was heard.
    at_ns: when this was computed. series: its expiries, the ones to come, by chain and time.
    """

    ids: tuple[InstrumentId, ...]
    expiry_ns: Int64s
    strike: Column
    call: Bools
    bid: Column
    ask: Column
    iv: Column
    delta: Column
    net_delta: Column
    gamma: Column
    vega: Column
    age_ns: Int64s
    forward: Column = UNKNOWN
    mark: Column = UNKNOWN
    mark_iv: Column = UNKNOWN
    bid_iv: Column = UNKNOWN
    ask_iv: Column = UNKNOWN
    smile_iv: Column = UNKNOWN
    model_iv: Column = UNKNOWN
    net_gamma: Column = UNKNOWN
    theta: Column = UNKNOWN
    open_interest: Column = UNKNOWN
    taker_flow: Column = UNKNOWN
    quality: Column = UNKNOWN
    interest_age_ns: Int64s = np.empty(0, np.int64)
    flow_since_ns: int | None = None
    at_ns: int = 0
    series: tuple[Series, ...] = ()

    def __post_init__(self) -> None:
        """Fill the columns that were left out."""
        for name in self.__struct_fields__[len(_REQUIRED) :]:
            column = getattr(self, name)
            if isinstance(column, np.ndarray) and len(column) != len(self.ids):
                whole = column.dtype == np.int64
                filled = (
                    np.full(len(self.ids), NEVER) if whole else np.full(len(self.ids), math.nan)
                )
                force_setattr(self, name, filled)


_REQUIRED: Final = tuple(field.name for field in fields(Chain) if field.required)


def join(chains: Sequence[Chain]) -> Chain:
    """Several chains of one underlying as one, in the order given; each keeps its own smiles."""
    if len(chains) == 1:
        return chains[0]
    columns = {
        name: np.concatenate([getattr(one, name) for one in (NO_OPTIONS, *chains)])
        for name in Chain.__struct_fields__
        if isinstance(getattr(NO_OPTIONS, name), np.ndarray)
    }
    begun = [one.flow_since_ns for one in chains if one.flow_since_ns is not None]
    series: list[Series] = []
    first = 0
    for one in chains:
        series += [
            replace(each, first=each.first + first, stop=each.stop + first) for each in one.series
        ]
        first += len(one.ids)
    return Chain(
        ids=tuple(name for one in chains for name in one.ids),
        **columns,
        # Since when all of them count trades.
        flow_since_ns=max(begun) if begun and len(begun) == len(chains) else None,
        at_ns=max((one.at_ns for one in chains), default=0),
        series=tuple(series),
    )


NO_OPTIONS: Final = Chain(
    ids=(),
    expiry_ns=np.empty(0, np.int64),
    strike=UNKNOWN,
    call=np.empty(0, bool),
    bid=UNKNOWN,
    ask=UNKNOWN,
    iv=UNKNOWN,
    delta=UNKNOWN,
    net_delta=UNKNOWN,
    gamma=UNKNOWN,
    vega=UNKNOWN,
    age_ns=np.empty(0, np.int64),
)
