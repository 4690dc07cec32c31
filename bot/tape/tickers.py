"""Option tickers: rows of the tape's second dtype, one a quote of one option.

A chain of 1,500 options is quoted ten times a second and more, and each quote says twelve things
at once; as rows of changes it would be twelve times as long. So a ticker is one row with a column
for each thing, and rows stand alone: a block may be cut anywhere.

What an order can be made of counts in whole ticks and lots, as everywhere on the tape, and
compares exactly. What a venue calculates (mark, its volatility, the forward, open interest)
stands on no grid and only feeds arithmetic: float64, NaN where the source does not say.
"""

import struct
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from bot.model.event import OptionTickers
from bot.model.units import NS_PER_SECOND, InstrumentId
from bot.tape.rows import Int32s, Int64s
from bot.tape.stretch import Stretch

Float64s = npt.NDArray[np.float64]

UNQUOTED: Final = 1
"""The row says nothing of bid and ask: what stood before still stands."""
ESTIMATED: Final = 4
"""`ts_venue` is an estimate: the source did not say. The same bit as of messages."""

INTEGERS: Final = ("bid", "ask", "bid_size", "ask_size")
FLOATS: Final = ("mark", "mark_iv", "underlying", "open_interest")


class Tickers(Stretch, Struct, frozen=True, gc=False):
    """A stretch of option tickers, in the order in which they were received.

    bid, ask: ticks, 0: that side is empty (no option is sold for nothing). bid_size, ask_size:
        lots, 0: the source does not say.
    mark: as the venue quotes it, in coin for inverse options; 0: worth less than it shows.
    mark_iv: of the mark, as a fraction. underlying: the venue's forward for the expiry, in quote.
    open_interest: contracts. instrument indexes `instruments`.
    start, stop: the rows of the arrays that this block stands for; cutting copies nothing.
    """

    instruments: tuple[InstrumentId, ...]
    ts_recv: Int64s
    ts_venue: Int64s
    instrument: Int32s
    flags: Int32s
    bid: Int64s
    ask: Int64s
    bid_size: Int64s
    ask_size: Int64s
    mark: Float64s
    mark_iv: Float64s
    underlying: Float64s
    open_interest: Float64s
    start: int
    stop: int

    @property
    def rows(self) -> int:
        """How many tickers stand here."""
        return self.stop - self.start

    def part(self, start: int, stop: int) -> "Tickers":
        """The rows `[start, stop)` of the same arrays."""
        return Tickers(
            self.instruments,
            self.ts_recv,
            self.ts_venue,
            self.instrument,
            self.flags,
            self.bid,
            self.ask,
            self.bid_size,
            self.ask_size,
            self.mark,
            self.mark_iv,
            self.underlying,
            self.open_interest,
            start,
            stop,
        )


_FORMATS: Final = {"<i8": "q", "<i4": "i", "<f8": "d"}
COLUMNS: Final[dict[str, Any]] = {
    "ts_recv": np.dtype("<i8"),
    "ts_venue": np.dtype("<i8"),
    "instrument": np.dtype("<i4"),
    "flags": np.dtype("<i4"),
    **dict.fromkeys(INTEGERS, np.dtype("<i8")),
    **dict.fromkeys(FLOATS, np.dtype("<f8")),
}


_PACKERS: Final = {
    name: struct.Struct(f"<{_FORMATS[dtype.str]}").pack for name, dtype in COLUMNS.items()
}


def chain_of(instrument: InstrumentId) -> str:
    """The chain that an option belongs to: `deribit:BTC/USD:BTC-261225-100000-C` is of
    `deribit:BTC/USD:BTC`.
    """
    return instrument.partition("-")[0]


def told(tickers: Tickers) -> Iterator[OptionTickers]:
    """Tickers as events of the tape, one for each second in which anything was said.

    Nobody computes anything of a chain inside a second, so that its rows may come together,
    when the last of them was received.
    """
    chain = min(tickers.instruments)
    start = tickers.start
    while start < tickers.stop:
        second = int(tickers.ts_recv[start]) // NS_PER_SECOND + 1
        stop = tickers.before(second * NS_PER_SECOND)
        part = slice(start, stop)
        # Only the options that this second is about are named.
        numbers, instrument = np.unique(tickers.instrument[part], return_inverse=True)
        columns = {
            name: getattr(tickers, name)[part].astype(dtype).tobytes()
            for name, dtype in COLUMNS.items()
        }
        columns["instrument"] = instrument.astype(COLUMNS["instrument"]).tobytes()
        yield OptionTickers(
            ts_recv=int(tickers.ts_recv[stop - 1]),
            ts_venue=int(tickers.ts_venue[part].max()),
            instrument=chain,
            options=tuple(tickers.instruments[k] for k in numbers.tolist()),
            columns=columns,
        )
        start = stop


def ticker_event(
    option: InstrumentId,
    ts_recv: int,
    ts_venue: int,
    flags: int,
    quote: tuple[int, int, int, int],
    figures: tuple[float, float, float, float],
) -> OptionTickers:
    """One ticker of one option as an event by itself.

    quote: in the order of `INTEGERS`. figures: in that of `FLOATS`, NaN where nothing is said.
    """
    values = (ts_recv, ts_venue, 0, flags, *quote, *figures)
    return OptionTickers(
        ts_recv=ts_recv,
        ts_venue=ts_venue,
        instrument=option,
        options=(option,),
        columns={
            name: pack(value) for (name, pack), value in zip(_PACKERS.items(), values, strict=True)
        },
    )


def tickers_of(event: OptionTickers) -> Tickers:
    """The rows of an event; ValueError says which cannot be."""
    read: dict[str, Any] = {}
    for name, dtype in COLUMNS.items():
        content = event.columns.get(name)
        if content is None or len(content) % dtype.itemsize:
            raise ValueError(f"tickers: got no whole column {name}, expected one")
        read[name] = np.frombuffer(content, dtype).astype(dtype.newbyteorder("="))
    rows = {name: len(column) for name, column in read.items()}
    if len(set(rows.values())) != 1:
        raise ValueError(f"tickers: got columns of {rows} rows, expected as many in each")
    block = Tickers(instruments=event.options, start=0, stop=rows["ts_recv"], **read)
    if complaint := fault(block):
        raise ValueError(f"tickers: {complaint}")
    return block


def fault(tickers: Tickers) -> str:
    """What is wrong with a block, "" when nothing is: the first bad row, what it says and why.

    A crossed quote is no fault of the block: venues do show them, and the chain leaves them out.
    """
    at = slice(tickers.start, tickers.stop)
    if tickers.rows == 0:
        return ""
    recv, venue = tickers.ts_recv[at], tickers.ts_venue[at]
    later = np.concatenate([[False], recv[1:] < recv[:-1]])
    number = tickers.instrument[at]
    rules: list[tuple[str, Int64s | Int32s | Float64s, npt.NDArray[np.bool_], str]] = [
        ("ts_recv", recv, later, "not before the row above"),
        ("ts_venue", venue, venue > recv, "not after ts_recv"),
        (
            "instrument",
            number,
            (number < 0) | (number >= len(tickers.instruments)),
            f"an index below {len(tickers.instruments)}",
        ),
    ]
    for name in INTEGERS:
        column = getattr(tickers, name)[at]
        rules.append((name, column, column < 0, "a number >= 0"))
    for name in FLOATS:
        column = getattr(tickers, name)[at]
        rules.append((name, column, ~(np.isnan(column) | valid(name, column)), _WANTED[name]))
    for name, column, wrong, wanted in rules:
        if wrong.any():
            row = int(np.argmax(wrong))
            return f"row {tickers.start + row} {name}: got {column[row]}, expected {wanted}"
    return ""


def valid(name: str, value: Float64s | float) -> npt.NDArray[np.bool_]:
    """Whether a known figure can be right; a forward and a volatility are never zero."""
    least = np.greater if name in _ABOVE_ZERO else np.greater_equal
    return np.asarray(np.isfinite(value) & least(value, 0.0))


_ABOVE_ZERO: Final = ("mark_iv", "underlying")
_WANTED: Final = {
    name: "NaN or a finite number " + ("> 0" if name in _ABOVE_ZERO else ">= 0") for name in FLOATS
}


class TickerBuilder:
    """Where decoders put tickers: columns that grow, handed on as a block."""

    def __init__(self, instruments: tuple[InstrumentId, ...], rows: int = 1024) -> None:
        """Start empty, with room for so many rows."""
        self.instruments = instruments
        self.rows = 0
        self._whole: Int64s = np.empty((8, rows), np.int64)
        self._real: Float64s = np.empty((4, rows), np.float64)

    def add(
        self,
        ts_recv: int,
        ts_venue: int,
        instrument: int,
        *,
        bid: int = 0,
        ask: int = 0,
        bid_size: int = 0,
        ask_size: int = 0,
        mark: float = np.nan,
        mark_iv: float = np.nan,
        underlying: float = np.nan,
        open_interest: float = np.nan,
        flags: int = 0,
    ) -> None:
        """Append one ticker; what the source does not say is left out."""
        at = self.rows
        if at == self._whole.shape[1]:
            self._whole = np.concatenate([self._whole, np.empty_like(self._whole)], axis=1)
            self._real = np.concatenate([self._real, np.empty_like(self._real)], axis=1)
        self._whole[:, at] = ts_recv, ts_venue, instrument, flags, bid, ask, bid_size, ask_size
        self._real[:, at] = mark, mark_iv, underlying, open_interest
        self.rows = at + 1

    def take(self) -> Tickers:
        """The rows so far as a block of its own; ValueError names the first that is wrong."""
        whole, real = self._whole[:, : self.rows].copy(), self._real[:, : self.rows].copy()
        block = Tickers(
            instruments=self.instruments,
            ts_recv=whole[0],
            ts_venue=whole[1],
            instrument=whole[2].astype(np.int32),
            flags=whole[3].astype(np.int32),
            bid=whole[4],
            ask=whole[5],
            bid_size=whole[6],
            ask_size=whole[7],
            mark=real[0],
            mark_iv=real[1],
            underlying=real[2],
            open_interest=real[3],
            start=0,
            stop=self.rows,
        )
        if complaint := fault(block):
            raise ValueError(f"tickers: {complaint}")
        self.rows = 0
        return block
