"""hftbacktest's event arrays (`.npz`) into a recording.

Format: https://hftbacktest.readthedocs.io/en/latest/data.html. A row is valid at the exchange,
locally, or both; the local rows are what a bot would have heard, in the order of hearing.
Prices are floats there and become exact ticks here, or an error.
"""

import zipfile
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from bot.errors import DataError, quoted
from bot.model.instrument import Instrument
from bot.recording.clock import offset_for
from bot.recording.disk import DAMAGE, opened
from bot.recording.importers.imported import Imported, Tally
from bot.recording.parquet import RecordingWriter
from bot.recording.quantise import to_steps
from bot.tape.rows import (
    ASK,
    BID,
    GAP,
    INDEX,
    LEVEL,
    MARK,
    SCALAR,
    SCALAR_SCALE,
    SNAPSHOT,
    TOUCH,
    TRADE,
    Block,
    Int64s,
)

EVENT: Final = np.dtype(
    [
        ("ev", "u8"),
        ("exch_ts", "i8"),
        ("local_ts", "i8"),
        ("px", "f8"),
        ("qty", "f8"),
        ("order_id", "u8"),
        ("ival", "i8"),
        ("fval", "f8"),
    ],
    align=True,
)

# What an event is stands in the low byte.
KIND: Final = 0xFF
DEPTH: Final = 1
TRADED: Final = 2
DEPTH_CLEAR: Final = 3
DEPTH_SNAPSHOT: Final = 4
BEST: Final = 5
"""One side of the best bid and ask; side in the flags."""
# Ids that hftbacktest's converters give to what its own book does not take.
INDEX_PRICE: Final = 100
MARK_PRICE: Final = 101
BEST_BID: Final = 103
BEST_ASK: Final = 104

AT_EXCHANGE: Final = 1 << 31
LOCAL: Final = 1 << 30
BUYING: Final = 1 << 29
SELLING: Final = 1 << 28

NS_DIGITS: Final = 19

# Events of one family that arrive together are one message; each trade is its own.
_DEPTHS: Final = 1
_SNAPSHOTS: Final = 2
_TRADES: Final = 3
_TOUCHES: Final = 4
_SCALARS: Final = 5


def _table(entries: dict[int, int]) -> npt.NDArray[np.int64]:
    table = np.full(KIND + 1, -1)
    for event, value in entries.items():
        table[event] = value
    return table


_FAMILY: Final = _table(
    {
        DEPTH: _DEPTHS,
        DEPTH_CLEAR: _SNAPSHOTS,
        DEPTH_SNAPSHOT: _SNAPSHOTS,
        TRADED: _TRADES,
        BEST: _TOUCHES,
        BEST_BID: _TOUCHES,
        BEST_ASK: _TOUCHES,
        INDEX_PRICE: _SCALARS,
        MARK_PRICE: _SCALARS,
    }
)
_ROW: Final = _table(
    {_DEPTHS: LEVEL, _SNAPSHOTS: LEVEL, _TRADES: TRADE, _TOUCHES: TOUCH, _SCALARS: SCALAR}
)
_FIXED_SIDE: Final = _table({BEST_BID: BID, BEST_ASK: ASK, INDEX_PRICE: INDEX, MARK_PRICE: MARK})


def import_hftbacktest(
    path: Path,
    instrument: Instrument,
    out: Path,
    *,
    clock_offset_ns: int | None = None,
    replace: bool = False,
) -> Imported:
    """Write the local events of one file into the folder `out`.

    clock_offset_ns: None measures it, as for captures. A clear of the book with no snapshot
    after it becomes a gap; a snapshot replaces the whole book, not only its own range.
    """
    events = _load(path)
    lead = int((events["exch_ts"] - events["local_ts"]).max(initial=-(2**62)))
    offset = offset_for(lead) if clock_offset_ns is None else clock_offset_ns
    if lead > offset:
        raise DataError(
            f"{path} local_ts",
            f"{lead} ns before exch_ts",
            f"at most the clock offset, {offset}",
            "let the import measure the clock offset",
        )
    tally = Tally(frames=len(events))
    with RecordingWriter(
        out,
        [instrument],
        clock_offset_ns=offset,
        origin=f"hftbacktest {path.name}",
        replace=replace,
    ) as writer:
        block = _block(path, instrument, events, offset, tally)
        if block.messages:
            tally.count(block)
            writer.write(block)
        files = writer.close()
    return Imported(files, offset, {instrument.id: tally})


def _load(path: Path) -> Any:
    """The events that a bot would have heard, in the order of hearing."""
    with opened(path) as stream:
        try:
            events = np.load(stream)["data"]
        except (*DAMAGE, zipfile.BadZipFile, KeyError, ValueError, IndexError) as error:
            raise _not_events(path, str(error)) from error
    if events.dtype.names != EVENT.names:
        raise _not_events(path, str(events.dtype.names))
    heard = events[(events["ev"] & LOCAL) != 0]
    times = heard["local_ts"]
    back = np.diff(times) < 0
    if back.any():
        at = int(np.argmax(back))
        raise DataError(
            f"{path} local_ts",
            str(int(times[at + 1])),
            f"no earlier than the event before, {int(times[at])}",
            "sort the events by local_ts",
        )
    if len(times) and len(str(int(times[0]))) != NS_DIGITS:
        raise DataError(f"{path} local_ts", str(int(times[0])), "nanoseconds", "convert the times")
    return heard


def _not_events(path: Path, seen: str) -> DataError:
    return DataError(
        str(path),
        quoted(seen),
        "an npz file with hftbacktest's events as `data`",
        "convert the original again",
    )


def _block(path: Path, instrument: Instrument, events: Any, offset: int, tally: Tally) -> Block:
    kind = (events["ev"] & KIND).astype(np.int64)
    side = _side(events["ev"], kind)
    family = _FAMILY[kind]
    unknown = family < 0
    sideless = (side == 0) & (kind != DEPTH_CLEAR) & (family != _SCALARS) & ~unknown
    tally.ignore("events that are not market data of ours", int(unknown.sum()))
    tally.ignore("events without a side", int(sideless.sum()))
    known = np.flatnonzero(~unknown & ~sideless)
    heads = known[_heads(events[known], family[known], side[known])]
    # A clear only says that a snapshot follows: it is no row.
    rows = known[kind[known] != DEPTH_CLEAR]
    first = np.searchsorted(rows, np.append(heads, len(events)))
    flags = np.where(family[heads] == _SNAPSHOTS, np.where(np.diff(first) > 0, SNAPSHOT, GAP), 0)
    price, size = _counts(path, instrument, events, rows, family[rows] == _SCALARS)
    return Block.of(
        (instrument.id,),
        kind=_ROW[family[rows]].astype(np.int8),
        side=side[rows].astype(np.int8),
        price=price,
        size=size,
        ts_recv=events["local_ts"][heads] + offset,
        ts_venue=events["exch_ts"][heads],
        instrument=np.zeros(len(heads), np.int32),
        flags=flags.astype(np.int32),
        first=first,
    )


def _side(ev: npt.NDArray[np.uint64], kind: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    flagged = np.where(ev & BUYING, BID, np.where(ev & SELLING, ASK, 0))
    fixed = np.isin(kind, (BEST_BID, BEST_ASK, INDEX_PRICE, MARK_PRICE))
    return np.where(fixed, _FIXED_SIDE[kind], flagged)


def _heads(
    events: Any, family: npt.NDArray[np.int64], side: npt.NDArray[np.int64]
) -> npt.NDArray[np.bool_]:
    """Which events begin a message."""
    heads = np.ones(len(events), np.bool_)
    heads[1:] = (
        (np.diff(events["local_ts"]) != 0)
        | (np.diff(events["exch_ts"]) != 0)
        | (np.diff(family) != 0)
        | (family[1:] == _TRADES)
        | ((family[1:] == _TOUCHES) & (side[1:] == BID))
    )
    return heads


def _counts(
    path: Path,
    instrument: Instrument,
    events: Any,
    rows: npt.NDArray[np.int64],
    scalar: npt.NDArray[np.bool_],
) -> tuple[Int64s, Int64s]:
    """Ticks and lots of these events; fixed point and 0 where they are scalars."""

    def where(at: int) -> str:
        return f"{path} event {at}"

    price = np.zeros(len(rows), np.int64)
    size = np.zeros(len(rows), np.int64)
    plain = rows[~scalar]
    values = events["px"]
    tick = instrument.grid.tick
    price[~scalar] = to_steps(values[plain], tick, lambda at: f"{where(int(plain[at]))} px")
    size[~scalar] = to_steps(
        events["qty"][plain], instrument.lot, lambda at: f"{where(int(plain[at]))} qty"
    )
    odd = rows[scalar]
    price[scalar] = np.rint(values[odd] * SCALAR_SCALE).astype(np.int64)
    return price, size
