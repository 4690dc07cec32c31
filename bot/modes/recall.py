"""Follow a journal without deciding anew: what was done is taken as it was recorded.

For the end of a journal whose tape was lost, and for a tape that would be decided otherwise
by now, because a strategy or the configuration has changed since.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from bot.engine.author import fail
from bot.engine.commands import book
from bot.engine.engine import Engine
from bot.engine.outcome import Crossed
from bot.engine.reports import decision_mids
from bot.engine.state import State
from bot.journal.port import Record, RecordKind
from bot.model.command import Approved, Refused
from bot.model.event import AnyEvent, MarketEvent, decode
from bot.model.intent import Basket, Intent, Quote, Target
from bot.modes.recorder import Recorder
from bot.risk.checks import CHECKS
from bot.risk.limits import TOTAL, Level, Scope
from bot.tape.rows import Block


def recall(
    engine: Engine, items: Iterable[tuple[int, Block | AnyEvent]], records: Sequence[Record]
) -> list[Record]:
    """Bring an engine to the end of tape and journal, whichever is later.

    records: from where the engine stands. Returns what came of the tape after the last of
    them: facts that were heard and not yet written down.
    """
    state = engine.state
    deciding, state.deciding = state.deciding, False
    recorder, beyond, told = Recorder(0), [], 0
    last = records[-1].seq if records else state.seq
    for seq, item in items:
        while told < len(records) and records[told].seq < seq:
            _follow(engine, records[told])
            told += 1
        state.seq = seq - 1
        derived = _take(engine, item, recorder)
        beyond += [record for record in derived if record.seq > last]
        while told < len(records) and records[told].seq <= state.seq:
            _decide(state, records[told])
            told += 1
    for record in records[told:]:
        _follow(engine, record)
    state.deciding = deciding
    return beyond


def _take(engine: Engine, item: Block | AnyEvent, recorder: Recorder) -> list[Record]:
    """Take an item in; what was decided on it comes from the journal."""
    if not isinstance(item, Block):
        return recorder.record(engine.step(item))
    while item.messages:
        outcome = engine.step(item)
        item = item.part(item.start + outcome.consumed, item.stop)
    return []


def _follow(engine: Engine, record: Record) -> None:
    """Do what a record says whose item of the tape is lost."""
    state = engine.state
    state.seq = max(state.seq, record.seq)
    state.market.moved(max(state.now, record.ts_ns))
    if record.kind is RecordKind.EVENT:
        event = decode(record.payload)
        assert not isinstance(event, MarketEvent), "the journal holds no market"
        state.seq = record.seq - 1
        engine.step(event)
    else:
        _decide(state, record)


def _decide(state: State, record: Record) -> None:
    """Take over a decision, a command or the halt that a refusal left behind."""
    if record.kind is RecordKind.DECISION:
        _want(state, record)
    elif record.kind is RecordKind.COMMAND:
        _command(state, record)
    elif record.kind is RecordKind.REFUSAL:
        _latch(state, msgspec.json.decode(record.payload, type=Refused))


def _want(state: State, record: Record) -> None:
    """What a strategy answered, and what it remembered from then on."""
    asked = msgspec.json.decode(record.payload)
    name = asked["strategy"]
    if name not in state.number:
        return  # It is no longer configured; its orders are followed all the same.
    memory = state.memories[state.number[name]]
    if memory is not None and asked["memory"] is not None:
        kept = msgspec.convert(asked["memory"], type=type(memory), strict=False)
        state.memories[state.number[name]] = kept
    if asked["fault"] is not None:
        fail(state, name, asked["fault"])
        return
    try:
        state.desk.want(name, intents_of(asked["answer"]), record.ts_ns)
    except (ValueError, TypeError):
        # The desk stands a step behind, since nothing was planned: the strategy will say it again.
        return


def _command(state: State, record: Record) -> None:
    """An order that was made, or a trade inside; a cancel counts once it was asked for."""
    what, content = msgspec.json.decode(record.payload, type=tuple[str, msgspec.Raw])
    if what == "place":
        approved = msgspec.json.decode(content, type=Approved)
        proposal = approved.proposal
        state.orders += 1
        state.desk.add(approved, *decision_mids(state, proposal.instrument))
        for scope, limits in state.settings.limits.over(proposal.account, proposal.strategy):
            if limits is not None and limits.counts_orders:
                state.rates.record(scope, record.ts_ns)
    elif what == "cross":
        book(state, msgspec.json.decode(content, type=Crossed))


def _latch(state: State, refused: Refused) -> None:
    """The halt that some limits leave behind when they are reached."""
    level, _, limit = refused.limit.partition(".")
    check = CHECKS.get(limit)
    if check is None or check.latch is None or refused.value is None:
        return
    names = {Level.ACCOUNT: refused.proposal.account, Level.STRATEGY: refused.proposal.strategy}
    scope = TOTAL if level == Level.TOTAL else Scope(Level(level), names[Level(level)])
    state.halts.halt(scope, check.latch, f"{limit} {refused.allowed}", state.now)


def intents_of(answer: Any) -> list[Intent] | None:
    """What a decision recorded, as the intents that it was."""
    if answer is None:
        return None
    plain = answer if isinstance(answer, list) else [answer]
    return [_intent(one) for one in plain]


def _intent(plain: dict[str, Any]) -> Intent:
    if "legs" in plain:
        legs = [msgspec.convert(leg, type=Target) for leg in plain.pop("legs")]
        return Basket(*legs, **plain)
    if "bid" in plain:
        return msgspec.convert(plain, type=Quote)
    return msgspec.convert(plain, type=Target)
