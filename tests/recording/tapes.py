"""Instruments, blocks and events to record; equality of tapes however they are cut."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

import numpy as np
from hypothesis import strategies as st

from bot.model.instrument import Instrument, Kind, PriceGrid
from bot.model.units import NS_PER_SECOND, Currency, InstrumentId
from bot.tape.builder import BlockBuilder
from bot.tape.rows import ESTIMATED, GAP, LEVEL, SCALAR, SNAPSHOT, TOUCH, TRADE, Block

START_NS = 1_723_161_256 * NS_PER_SECOND  # 2024-08-08 23:54:16

BTC_PERP = Instrument(
    id=InstrumentId("binanceusdm:BTC/USDT:USDT"),
    kind=Kind.PERPETUAL,
    base=Currency("BTC"),
    quote=Currency("USDT"),
    settle=Currency("USDT"),
    grid=PriceGrid(Decimal("0.1")),
    lot=Decimal("0.001"),
)
ETH_PERP = Instrument(
    id=InstrumentId("binanceusdm:ETH/USDT:USDT"),
    kind=Kind.PERPETUAL,
    base=Currency("ETH"),
    quote=Currency("USDT"),
    settle=Currency("USDT"),
    grid=PriceGrid(Decimal("0.01")),
    lot=Decimal("0.001"),
)
BTC_SPOT = Instrument(
    id=InstrumentId("binance:BTC/USDT"),
    kind=Kind.SPOT,
    base=Currency("BTC"),
    quote=Currency("USDT"),
    settle=Currency("USDT"),
    grid=PriceGrid(Decimal("0.01")),
    lot=Decimal("0.00001"),
)
BTC_INVERSE = Instrument(
    id=InstrumentId("binancecoinm:BTC/USD:BTC"),
    kind=Kind.PERPETUAL,
    base=Currency("BTC"),
    quote=Currency("USD"),
    settle=Currency("BTC"),
    grid=PriceGrid(Decimal("0.1")),
    lot=Decimal(1),
    contract_size=Decimal(100),
    inverse=True,
)

Row = tuple[int, int, int, int]
Message = tuple[int, int, int, tuple[Row, ...]]
"""ts_recv, ts_venue, flags, rows."""

_rows = st.tuples(
    st.sampled_from((LEVEL, TRADE, TOUCH, SCALAR)),
    st.sampled_from((1, -1)),
    st.integers(0, 2**62),
    st.integers(0, 2**62),
)
_steps_ns = st.one_of(st.just(0), st.integers(0, NS_PER_SECOND), st.integers(0, 4 * 86_400 * 10**9))


@st.composite
def messages(draw: st.DrawFn) -> list[Message]:
    """A history of any messages, empty ones and all sides of midnight included."""
    ts = START_NS
    history = []
    for step in draw(st.lists(_steps_ns, min_size=1, max_size=30)):
        ts += step
        flags = draw(st.sampled_from((0, SNAPSHOT, GAP, ESTIMATED, SNAPSHOT | GAP)))
        rows = tuple(draw(st.lists(_rows, max_size=4)))
        history.append((ts, ts - draw(st.integers(0, NS_PER_SECOND)), flags, rows))
    return history


def block_of(history: Iterable[Message], instrument: Instrument = BTC_PERP) -> Block:
    """A block of these messages."""
    builder = BlockBuilder((instrument.id,))
    for ts_recv, ts_venue, flags, rows in history:
        builder.begin(ts_recv, ts_venue, flags=flags)
        for row in rows:
            builder.row(*row)
        builder.end()
    return builder.take()


def messages_of(blocks: Iterable[Block]) -> list[Message]:
    """The messages in blocks, as plain values."""
    return [message for block in blocks for message in _messages(block)]


def _messages(block: Block) -> Iterator[Message]:
    for at in range(block.start, block.stop):
        lines = range(int(block.first[at]), int(block.first[at + 1]))
        columns: tuple[Any, ...] = (block.kind, block.side, block.price, block.size)
        rows = tuple(tuple(int(column[i]) for column in columns) for i in lines)
        yield int(block.ts_recv[at]), int(block.ts_venue[at]), int(block.flags[at]), rows


def writable(block: Block) -> bool:
    """Whether compiled kernels would take the arrays as they are."""
    columns = (block.kind, block.side, block.price, block.size, block.ts_recv, block.first)
    return all(column.flags.writeable and column.flags.c_contiguous for column in columns)


def snapshot(ts: int, bid: int = 617_000, ask: int = 617_010, size: int = 5) -> Message:
    """A whole book of one level a side."""
    return ts, ts - 1_000_000, SNAPSHOT, ((LEVEL, 1, bid, size), (LEVEL, -1, ask, size))


def trade(ts: int, side: int = 1, price: int = 617_010, size: int = 2) -> Message:
    """One trade."""
    return ts, ts - 1_000_000, 0, ((TRADE, side, price, size),)


def random_history(count: int, seed: int = 7) -> list[Message]:
    """A long history that looks like a market's: snapshots, changes, trades, touches, gaps."""
    random = np.random.default_rng(seed)
    ts = START_NS
    history = [snapshot(ts)]
    for _ in range(count - 1):
        ts += int(random.integers(0, 5_000_000))
        what = int(random.integers(0, 20))
        price = 617_000 + int(random.integers(-50, 50))
        if what == 0:
            history.append((ts, ts - 2_000_000, GAP, ()))
        elif what == 1:
            history.append(snapshot(ts, price, price + 10))
        elif what < 8:
            history.append(trade(ts, 1 if what % 2 else -1, price))
        else:
            levels = tuple(
                (LEVEL, 1 if i % 2 else -1, price + i, int(random.integers(0, 9)))
                for i in range(int(random.integers(1, 12)))
            )
            history.append((ts, ts - 2_000_000, 0, levels))
    return history
