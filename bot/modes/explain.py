"""Why an order was sent, or why a strategy did what it did, or nothing: out of a session.

The journal says which decision it was; the tape is taken in again up to the moment before the
strategy was asked, and there the engine is asked why. So inputs, memory and limits are those
of the decision itself, not of what came of it.
"""

from pathlib import Path
from typing import Any

import msgspec

from bot.engine.ask import ask
from bot.engine.engine import Engine
from bot.engine.explain import Explanation, explain
from bot.engine.outcome import Asked
from bot.engine.sight import EngineSight
from bot.engine.state import State
from bot.errors import DataError, NotFoundError, UsageError
from bot.execution.permits import Permit
from bot.journal.port import Record, canonical
from bot.journal.session import SessionReader
from bot.model.units import StrategyName
from bot.modes import words
from bot.modes.explained import Explained, Standing
from bot.modes.finding import Found, find_moment, find_order
from bot.modes.places import latest_session
from bot.modes.retrace import Run, SetupOf, engine_of, runs, setup_of, walk
from bot.risk.limits import TOTAL, Level, Scope


def explain_order(session: Path | None, order_id: str, build: SetupOf | None = None) -> Explained:
    """Why an order was sent; None: of the latest session.

    NotFoundError when the journal has no such order.
    """
    path = session or latest_session()
    reader = SessionReader(path)
    found = find_order(reader.records(), order_id)
    if found is None:
        raise NotFoundError(
            str(path), f"no order {order_id}", "an order of this session", "see `bot export orders`"
        )
    return _explained(path, reader, found, None, build or setup_of(path))


def explain_moment(
    session: Path | None, at: str | int, strategy: str, build: SetupOf | None = None
) -> Explained:
    """What a strategy did, and why, when it was last asked at a time or before it.

    at: ns since the epoch, or as `2024-08-08T23:55:00Z`. Where it could not have been asked then,
    for it lacked something or was halted, that is explained instead. NotFoundError when there is
    no such strategy, or when nothing had happened yet.
    """
    path = session or latest_session()
    reader = SessionReader(path)
    try:
        at_ns = words.time_of(at)
    except ValueError as error:
        raise UsageError(
            "bot explain --at", f'"{at}"', "a time", "write it as 2024-08-08T23:55:00Z, or in ns"
        ) from error
    found = find_moment(reader.records(), StrategyName(strategy), at_ns)
    return _explained(path, reader, found, at_ns, build or setup_of(path))


def _explained(
    path: Path, reader: SessionReader, found: Found, at_ns: int | None, build: SetupOf
) -> Explained:
    run, engine = _engine(path, reader, found, at_ns, build)
    number = engine.state.number.get(found.strategy)
    if number is None:
        known = ", ".join(engine.state.names) or "none"
        raise NotFoundError(
            f"{path} run {run.epoch}", f'strategy "{found.strategy}"', known, "name one of these"
        )
    decision = found.decision
    before = _Before(number, None if decision is None else decision.seq)
    engine.ask = before.ask
    until_ns = at_ns if at_ns is not None else found.ts
    for _ in walk(path, run, engine, until_ns=until_ns):
        if at_ns is None and before.explanation is not None:
            break
    standing = _standing(engine.state, found.strategy)
    explanation = before.explanation
    if decision is not None and explanation is None:
        raise _beyond(path, run, engine, decision.seq)
    if decision is not None and explanation is not None:
        _require_same(path, run, decision, explanation)
    asked = decision is not None and (at_ns is None or not standing.cannot_ask)
    if not asked or explanation is None:
        if engine.state.now == 0:
            raise _nothing(path, at_ns)
        explanation = engine.explain(found.strategy)
        asked = False
    return Explained.of(path, run.epoch, found, explanation, standing, engine.state, asked=asked)


class _Before:
    """Looks at the engine just before one strategy is asked at one item of the tape."""

    def __init__(self, number: int, seq: int | None) -> None:
        self.explanation: Explanation | None = None
        self._number = number
        self._seq = seq

    def ask(self, state: State, sight: EngineSight, s: int) -> tuple[Asked, ...]:
        """Ask as always, after having looked."""
        if s == self._number and state.seq == self._seq:
            self.explanation = explain(state, sight, s)
        return ask(state, sight, s)


def _engine(
    path: Path, reader: SessionReader, found: Found, at_ns: int | None, build: SetupOf
) -> tuple[Run, Engine]:
    """An engine at the beginning of the run that it happened in."""
    began = [run for run in runs(reader) if found.epoch is None or run.epoch == found.epoch]
    for run in reversed(began):
        engine = engine_of(path, run, build(run.manifest))
        if engine is None:
            continue
        if found.epoch is None and at_ns is not None and engine.state.now > at_ns:
            continue
        return run, engine
    raise _nothing(path, at_ns)


def _standing(state: State, strategy: StrategyName) -> Standing:
    permit, why = state.desk.permit(strategy)
    halts = [halt for halt in state.halts.state() if _concerns(halt.scope, state, strategy)]
    return Standing(
        starved=state.starved.get(strategy),
        failed=state.failed.get(strategy),
        permit=None if permit is Permit.TRADE else f"{permit}: {why}",
        halts=tuple(halt.text for halt in halts),
    )


def _concerns(scope: Scope, state: State, strategy: StrategyName) -> bool:
    if scope.level is Level.STRATEGY:
        return scope.name == strategy
    return scope == TOTAL or scope.name in set(state.settings.accounts.values())


def _require_same(path: Path, run: Run, decision: Record, explanation: Explanation) -> None:
    """Refuse to explain a decision by code or settings that would not make it."""
    recorded: dict[str, Any] = msgspec.json.decode(decision.payload)
    seen, expected = canonical(explanation.answer), canonical(recorded["answer"])
    if seen != expected and recorded["fault"] is None:
        raise DataError(
            f"{path} run {run.epoch} seq {decision.seq}",
            f"the answer {seen.decode()}",
            expected.decode(),
            "explain it with the version and the strategies that the session ran with; "
            "`bot replay --verify` tells where they first differ",
        )


def _beyond(path: Path, run: Run, engine: Engine, seq: int) -> DataError:
    return DataError(
        f"{path} run {run.epoch}",
        f"a tape that ends at item {engine.state.seq}",
        f"item {seq}, at which it was decided",
        "the tape was torn in a crash, and the journal tells no more than the order itself",
    )


def _nothing(path: Path, at_ns: int | None) -> NotFoundError:
    when = "" if at_ns is None else f" at {words.moment(at_ns)} UTC"
    return NotFoundError(
        str(path), f"nothing{when}", "a time within the session", "name a later time"
    )
