"""Find in a journal which decision led to an order, or was the last one before a moment."""

from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import Struct

from bot.journal.port import Record, RecordKind
from bot.model.command import Approved, Cancel, Refused
from bot.model.event import AnyEvent, decode
from bot.model.units import InstrumentId, StrategyName


class Found(Struct, kw_only=True):
    """A decision, and what execution and risk did until the strategy decided again.

    epoch: the run; None when nothing of the strategy was recorded by then. decision: None when
    it had not been asked. order: the one that was looked for. follows: the cancel of the order
    that it stands in for. life: what became of it.
    """

    strategy: StrategyName
    ts: int
    epoch: int | None = None
    decision: Record | None = None
    placed: list[tuple[int, Approved]] = []
    canceled: list[tuple[int, Cancel]] = []
    refused: list[tuple[int, Refused]] = []
    order: Approved | None = None
    follows: Cancel | None = None
    life: list[AnyEvent] = []


class _Named(Struct):
    strategy: StrategyName


def find_order(records: Iterable[Record], order_id: str) -> Found | None:
    """The decision behind an order, and all that became of the order; None: no such order."""
    search = _Search(order_id)
    for record in records:
        search.take(record)
    return search.found


class _Search:
    """Reads a journal once; remembers of each strategy only what came since its last decision."""

    def __init__(self, order_id: str) -> None:
        self.found: Found | None = None
        self._order_id = order_id
        self._named = f'"{order_id}"'.encode()
        self._since: dict[StrategyName, Found] = {}
        self._freed: dict[tuple[StrategyName, InstrumentId], Cancel] = {}
        self._over = False

    def take(self, record: Record) -> None:
        """Look at the next record."""
        if record.kind is RecordKind.EVENT:
            if self.found is not None and self._named in record.payload:
                self.found.life.append(decode(record.payload))
        elif record.kind is RecordKind.RUN:
            self._since.clear()
            self._over = self.found is not None
        elif not self._over:
            strategy = _whose(record)
            if strategy is not None and self.found in (None, self._since.get(strategy)):
                self._follow(strategy, record)

    def _follow(self, strategy: StrategyName, record: Record) -> None:
        if record.kind is RecordKind.DECISION:
            self._over = self.found is not None
            self._since[strategy] = _begun(strategy, record)
            return
        window = self._since.setdefault(strategy, Found(strategy=strategy, ts=record.ts_ns))
        window.epoch = record.epoch
        command = _note(window, record)
        if command is None:
            return
        if isinstance(command, Cancel):
            self._freed[strategy, command.instrument] = command
            return
        follows = self._freed.pop((strategy, command.proposal.instrument), None)
        if command.order_id == self._order_id:
            self.found = window
            window.order, window.follows, window.ts = command, follows, record.ts_ns


def find_moment(records: Iterable[Record], strategy: StrategyName, at_ns: int) -> Found:
    """The last decision of a strategy at a time or before, and what came of it until then."""
    found = Found(strategy=strategy, ts=at_ns)
    for record in records:
        if record.kind is RecordKind.RUN:  # its time is the clock's on the wall
            found = Found(strategy=strategy, ts=at_ns)
        elif record.ts_ns > at_ns:
            break
        if _whose(record) != strategy:
            continue
        if record.kind is RecordKind.DECISION:
            found = _begun(strategy, record)
        else:
            _note(found, record)
    return found


def _begun(strategy: StrategyName, record: Record) -> Found:
    return Found(strategy=strategy, ts=record.ts_ns, epoch=record.epoch, decision=record)


def _whose(record: Record) -> StrategyName | None:
    """The strategy that a decision, command or refusal belongs to."""
    if record.kind is RecordKind.DECISION:
        return msgspec.json.decode(record.payload, type=_Named).strategy
    if record.kind is RecordKind.REFUSAL:
        return msgspec.json.decode(record.payload, type=Refused).proposal.strategy
    if record.kind is RecordKind.COMMAND:
        command = _command(record)
        if isinstance(command, Approved):
            return command.proposal.strategy
        return None if command is None else command.strategy
    return None


def _note(found: Found, record: Record) -> Approved | Cancel | None:
    """Keep what a record tells of orders; the command, if it is one."""
    if record.kind is RecordKind.REFUSAL:
        found.refused.append((record.ts_ns, msgspec.json.decode(record.payload, type=Refused)))
        return None
    command = _command(record)
    if isinstance(command, Approved):
        found.placed.append((record.ts_ns, command))
    elif command is not None:
        found.canceled.append((record.ts_ns, command))
    return command


def _command(record: Record) -> Approved | Cancel | None:
    what, content = msgspec.json.decode(record.payload, type=tuple[str, msgspec.Raw])
    types: dict[str, Any] = {"place": Approved, "cancel": Cancel}
    command: Approved | Cancel | None = None
    if what in types:
        command = msgspec.json.decode(content, type=types[what])
    return command
