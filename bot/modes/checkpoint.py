"""The engine at one moment, as the bytes of a session's snapshot.

Two parts. The durable one is orders, money and memory: a run begins with it. The market is
books and scores as they stood: with it, what the tape holds after this moment can be decided
again exactly as it was; a new run does not take it over, for its books come anew.
"""

from typing import Final

import msgspec
import numpy as np
from msgspec import Struct

from bot.book.arrays import Book
from bot.engine.market import Rate
from bot.engine.state import State
from bot.errors import JournalError
from bot.model.units import InstrumentId
from bot.signals.arrays import ADDRESS

SCHEMA_VERSION: Final = 1


class Column(Struct, frozen=True):
    """An array: its type, its shape, its bytes."""

    dtype: str
    shape: tuple[int, ...]
    content: bytes

    @classmethod
    def of(cls, array: np.ndarray) -> "Column":
        """An array as it is now."""
        return cls(array.dtype.str, array.shape, array.tobytes())

    @property
    def array(self) -> np.ndarray:
        """The array again, writable, as kernels want it."""
        return np.frombuffer(self.content, self.dtype).reshape(self.shape).copy()


class Market(Struct, frozen=True):
    """What the engine knew of the market, and when it meant to look at it again."""

    book: tuple[Column, ...]
    signals: tuple[Column, ...]
    heard_funding_ns: list[int]
    rates: list[Rate | None]
    lost: list[InstrumentId]
    check_ns: list[int | None]
    asked_ns: list[int]
    postponed: list[int]
    guarded_ns: int
    broken: list[int]
    open_trades: list[tuple[int, float, float]]


class Checkpoint(Struct, frozen=True):
    """The state after item `seq` of run `epoch`.

    prices: what its books were sized by. market: None at the beginning of a run. memo: where
    the market itself stood, if it can tell.
    """

    epoch: int
    seq: int
    prices: dict[InstrumentId, int]
    durable: bytes
    market: Market | None
    memo: bytes | None
    schema: int = SCHEMA_VERSION


def take(state: State, epoch: int, *, market: bool, memo: bytes | None = None) -> Checkpoint:
    """The state as it is now."""
    return Checkpoint(
        epoch=epoch,
        seq=state.seq,
        prices=state.settings.prices,
        durable=state.durable(),
        market=_market_of(state) if market else None,
        memo=memo,
    )


def encode(checkpoint: Checkpoint) -> bytes:
    """A checkpoint as bytes."""
    return msgspec.msgpack.encode(checkpoint)


def decode(payload: bytes, where: str) -> Checkpoint:
    """What `encode` wrote; JournalError when it is none of ours, or from a newer version."""
    try:
        checkpoint = msgspec.msgpack.decode(payload, type=Checkpoint)
    except msgspec.MsgspecError as error:
        raise JournalError(
            where, str(error), "a snapshot of the state", "delete it: an older one will be used"
        ) from error
    if checkpoint.schema > SCHEMA_VERSION:
        raise JournalError(
            where,
            f"schema {checkpoint.schema}",
            f"at most {SCHEMA_VERSION}",
            "open the session with the newer version of the bot that wrote it",
        )
    return checkpoint


def restore(state: State, checkpoint: Checkpoint, where: str) -> None:
    """Stand where the checkpoint stood; JournalError when the run has other strategies."""
    try:
        state.restore(checkpoint.durable)
    except (msgspec.MsgspecError, ValueError, KeyError) as error:
        raise JournalError(
            where,
            f"a state that does not fit: {error}",
            "the strategies and instruments that the session ran with",
            "give it the configuration that it had, or begin a new session",
        ) from error
    if checkpoint.market is not None:
        _restore_market(state, checkpoint.market)


def _market_of(state: State) -> Market:
    market = state.market
    return Market(
        book=tuple(Column.of(array) for array in market.book),
        # Where they stand is true of this process alone.
        signals=tuple(Column.of(array) for array in market.table.arrays[:-1]),
        heard_funding_ns=list(market.table.heard_funding_ns),
        rates=list(market.rates),
        lost=sorted(market.lost),
        check_ns=list(state.check_ns),
        asked_ns=list(state.asked_ns),
        postponed=sorted(state.postponed),
        guarded_ns=state.guarded_ns,
        broken=sorted(state.broken),
        open_trades=list(state.open_trades),
    )


def _restore_market(state: State, kept: Market) -> None:
    """Put books and scores back, unless the scores are computed otherwise by now."""
    market = state.market
    signals = [column.array for column in kept.signals]
    held = market.table.arrays
    # The last one says where they stand, and still does.
    fresh = held[:-1]
    shapes = [array.shape for array in fresh]
    if [array.shape for array in signals] != shapes or len(kept.rates) != len(market.rates):
        return
    addresses = held.spec[:, ADDRESS].copy()
    for array, before in zip(fresh, signals, strict=True):
        array[...] = before
    # Where compiled code stands is different in every process.
    held.spec[:, ADDRESS] = addresses
    market.hold(Book(*(column.array for column in kept.book)))
    market.table.heard_funding_ns = list(kept.heard_funding_ns)
    market.rates = list(kept.rates)
    market.moved(market.now)
    market.lost = set(kept.lost)
    state.check_ns = list(kept.check_ns)
    state.asked_ns = list(kept.asked_ns)
    state.postponed = set(kept.postponed)
    state.guarded_ns = kept.guarded_ns
    state.broken = set(kept.broken)
    state.open_trades = list(kept.open_trades)
