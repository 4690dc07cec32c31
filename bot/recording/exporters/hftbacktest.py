"""A recording as hftbacktest's event array (`.npz`).

Format: https://hftbacktest.readthedocs.io/en/latest/data.html.
"""

from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from bot.model.instrument import Instrument
from bot.recording.disk import whole_file
from bot.recording.importers.hftbacktest import (
    AT_EXCHANGE,
    BEST_ASK,
    BEST_BID,
    BUYING,
    DEPTH,
    DEPTH_CLEAR,
    DEPTH_SNAPSHOT,
    EVENT,
    INDEX_PRICE,
    LOCAL,
    MARK_PRICE,
    SELLING,
    TRADED,
)
from bot.recording.quantise import to_floats
from bot.recording.reader import RecordedSource
from bot.tape.rows import (
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
)

_NOTHING: Final = 0


class Exported(Struct, frozen=True):
    """What an export wrote, and how many rows and events the format has no place for."""

    path: Path
    rows: int
    left_out: int


def export_hftbacktest(source: RecordedSource, path: Path, *, replace: bool = False) -> Exported:
    """Write the rows of one instrument as events that both its exchange and its bot side take.

    A snapshot is preceded by a clear of the whole book; a gap is a clear alone. The touch, mark
    and index keep the ids of hftbacktest's own converters, which its book ignores. Other
    scalars, and funding and other events, are left out.
    """
    parts = [_events(source.instrument, block) for block in source.blocks()]
    events = np.concatenate(parts) if parts else np.zeros(0, EVENT)
    written = events[events["ev"] != _NOTHING]
    left_out = len(events) - len(written) + sum(1 for _ in source.events())
    with whole_file(path, replace=replace) as stream:
        np.savez_compressed(stream, data=in_both_orders(written))
    return Exported(path, len(written), left_out)


def in_both_orders(events: Any) -> Any:
    """Events in the order of hearing, as rows in which the exchange's order holds as well.

    An event that happened before another but was heard after it stands twice: where it
    happened, for the exchange, and where it was heard.
    """
    by_venue = np.argsort(events["exch_ts"], kind="stable")
    rank = np.empty(len(events), np.int64)
    rank[by_venue] = np.arange(len(events))
    # Heard when everything up to this rank has happened: at once, if that is its own.
    known = np.maximum.accumulate(rank)
    late = rank != known
    happened = events.copy()
    happened["ev"] |= np.where(late, AT_EXCHANGE, AT_EXCHANGE | LOCAL).astype(np.uint64)
    heard = events[late]
    heard["ev"] |= np.uint64(LOCAL)
    keys = np.concatenate((2 * rank, 2 * known[late] + 1))
    return np.concatenate((happened, heard))[np.argsort(keys, kind="stable")]


def _events(instrument: Instrument, block: Block) -> Any:
    """A row an event, and one more ahead of each snapshot or gap; 0: there is no such event."""
    first = block.first[block.start : block.stop + 1]
    messages = slice(block.start, block.stop)
    lines = slice(int(first[0]), int(first[-1]))
    clears = (block.flags[messages] & (SNAPSHOT | GAP)) != 0
    entries = np.diff(first) + clears
    starts = np.cumsum(entries) - entries
    is_clear = np.zeros(int(entries.sum()), np.bool_)
    is_clear[starts[clears]] = True
    events = np.zeros(len(is_clear), EVENT)
    events["exch_ts"] = np.repeat(block.ts_venue[messages], entries)
    events["local_ts"] = np.repeat(block.ts_recv[messages], entries)
    events["ev"][is_clear] = DEPTH_CLEAR
    snapshot = np.repeat((block.flags[messages] & SNAPSHOT) != 0, np.diff(first))
    kind, side = block.kind[lines], block.side[lines]
    events["ev"][~is_clear] = _codes(kind, side, snapshot)
    scalar = kind == SCALAR
    price = block.price[lines]
    events["px"][~is_clear] = np.where(
        scalar, price / SCALAR_SCALE, to_floats(price, instrument.grid.tick)
    )
    events["qty"][~is_clear] = to_floats(block.size[lines], instrument.lot)
    return events


def _codes(
    kind: npt.NDArray[np.int8], side: npt.NDArray[np.int8], snapshot: npt.NDArray[np.bool_]
) -> npt.NDArray[np.int64]:
    flag = np.where(side == BID, BUYING, SELLING)
    level = np.where(snapshot, DEPTH_SNAPSHOT, DEPTH) | flag
    touch = np.where(side == BID, BEST_BID, BEST_ASK)
    scalar = np.where(side == MARK, MARK_PRICE, np.where(side == INDEX, INDEX_PRICE, _NOTHING))
    return np.select(
        [kind == LEVEL, kind == TRADE, kind == TOUCH, kind == SCALAR],
        [level, TRADED | flag, touch, scalar],
    )
