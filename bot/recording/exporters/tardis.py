"""A recording as Tardis CSV (`trades`, `incremental_book_L2`, `derivative_ticker`).

Format: https://docs.tardis.dev/downloadable-csv-files/data-types. Times become microseconds.
"""

import gzip
import heapq
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO, Final, cast

import numpy as np
from msgspec import Struct

from bot.model.event import FundingRate
from bot.model.units import NS_PER_US
from bot.recording.disk import whole_file
from bot.recording.importers.tardis_csv import COLUMNS, Dataset
from bot.recording.importers.tardis_ticker import SCALARS
from bot.recording.reader import RecordedSource
from bot.tape.rows import BID, BUY, LEVEL, SCALAR, SCALAR_SCALE, SNAPSHOT, TRADE, Block, Int64s

_FIELDS: Final = {code: name for name, code in SCALARS.items()}


def export_tardis(
    source: RecordedSource,
    dataset: Dataset,
    path: Path,
    *,
    exchange: str,
    symbol: str,
    replace: bool = False,
) -> int:
    """Write one dataset of one instrument, gzip when the name ends in `.gz`; lines written.

    exchange, symbol: as Tardis names them (`binance-futures`, `BTCUSDT`). Trades have no id.
    The format has no word for gaps, the touch and settled funding, and takes snapshots with
    no change between them for one.
    """
    lines = {Dataset.TRADES: _trades, Dataset.BOOK: _book, Dataset.TICKER: _ticker}[dataset]
    written = 0
    with whole_file(path, replace=replace) as stream:
        # Without a time of writing, so that the same recording gives the same bytes.
        packed = gzip.GzipFile("", "wb", fileobj=stream, mtime=0) if path.suffix == ".gz" else None
        text = cast(BinaryIO, packed) if packed is not None else stream
        text.write((",".join(COLUMNS[dataset]) + "\n").encode())
        for line in lines(source):
            text.write(f"{exchange},{symbol},{line}\n".encode())
            written += 1
        if packed is not None:
            packed.close()
    return written


class _Rows(Struct, frozen=True):
    """The rows of one kind in a block, each with the times and flags of its message."""

    venue: list[str]
    recv: list[str]
    flags: list[int]
    side: list[int]
    price: list[str]
    amount: list[str]


def _trades(source: RecordedSource) -> Iterator[str]:
    for block in source.blocks():
        rows = _rows(source, block, TRADE)
        for venue, recv, side, price, amount in zip(
            rows.venue, rows.recv, rows.side, rows.price, rows.amount, strict=True
        ):
            yield f"{venue},{recv},,{'buy' if side == BUY else 'sell'},{price},{amount}"


def _book(source: RecordedSource) -> Iterator[str]:
    for block in source.blocks():
        rows = _rows(source, block, LEVEL)
        for venue, recv, flags, side, price, amount in zip(
            rows.venue, rows.recv, rows.flags, rows.side, rows.price, rows.amount, strict=True
        ):
            snapshot = "true" if flags & SNAPSHOT else "false"
            yield f"{venue},{recv},{snapshot},{'bid' if side == BID else 'ask'},{price},{amount}"


def _ticker(source: RecordedSource) -> Iterator[str]:
    """A line whenever something is new, with all that is known, as Tardis writes it."""
    known = dict.fromkeys(list(COLUMNS[Dataset.TICKER])[4:], "")
    changes = heapq.merge(_scalars(source), _rates(source), key=lambda change: change[0])
    for recv, venue, news in changes:
        known.update(news)
        yield ",".join((str(venue // NS_PER_US), str(recv // NS_PER_US), *known.values()))


def _scalars(source: RecordedSource) -> Iterator[tuple[int, int, dict[str, str]]]:
    for block in source.blocks():
        for message in range(block.start, block.stop):
            news = {
                _FIELDS[int(block.side[row])]: _plain(Decimal(int(block.price[row])) / SCALAR_SCALE)
                for row in range(int(block.first[message]), int(block.first[message + 1]))
                if block.kind[row] == SCALAR and int(block.side[row]) in _FIELDS
            }
            if news:
                yield int(block.ts_recv[message]), int(block.ts_venue[message]), news


def _rates(source: RecordedSource) -> Iterator[tuple[int, int, dict[str, str]]]:
    for event in source.events():
        if isinstance(event, FundingRate) and not event.settled:
            news = {
                "funding_timestamp": str(event.settles_ns // NS_PER_US),
                "funding_rate": _plain(event.rate),
            }
            yield event.ts_recv, event.ts_venue, news


def _rows(source: RecordedSource, block: Block, kind: int) -> _Rows:
    messages = slice(block.start, block.stop)
    first = block.first[block.start : block.stop + 1]
    lines = slice(int(first[0]), int(first[-1]))
    chosen = block.kind[lines] == kind
    message = np.repeat(np.arange(block.messages), np.diff(first))[chosen]
    instrument = source.instrument
    return _Rows(
        venue=_times(block.ts_venue[messages][message]),
        recv=_times(block.ts_recv[messages][message]),
        flags=block.flags[messages][message].tolist(),
        side=block.side[lines][chosen].tolist(),
        price=_texts(block.price[lines][chosen], instrument.grid.tick),
        amount=_texts(block.size[lines][chosen], instrument.lot),
    )


def _times(times: Int64s) -> list[str]:
    microseconds: list[str] = (times // NS_PER_US).astype(np.str_).tolist()
    return microseconds


def _texts(steps: Int64s, unit: Decimal) -> list[str]:
    values, which = np.unique(steps, return_inverse=True)
    texts = [_plain(unit * int(value)) for value in values]
    return [texts[i] for i in which.tolist()]


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"
