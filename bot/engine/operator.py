"""What a person may tell the engine: pause, resume, cancel, flatten, halt, acknowledge.

The bot itself says `stop` or `close`, `withdraw` and `start` around its own end: nothing new or
nothing held, no order left behind, and as it was before. None of them leaves a halt behind.
"""

from typing import Final

from msgspec.structs import replace

from bot.engine.allowance import CLOSING, FLATTENED, allow
from bot.engine.state import State
from bot.execution.permits import Permit
from bot.model.event import OperatorCommand
from bot.model.intent import Basket, Target, Urgency
from bot.model.units import InstrumentId, StrategyName
from bot.risk.kill import Mode
from bot.risk.limits import TOTAL, Level, Scope

STOPPING: Final = "the bot is stopping"


def obey(state: State, command: OperatorCommand) -> tuple[str, ...]:
    """Carry a command out; says what was done, or why not."""
    scope = TOTAL if command.strategy is None else Scope(Level.STRATEGY, command.strategy)
    said = f"{command.verb} {scope} by {command.who}: {command.why}"
    match command.verb:
        case "pause":
            state.halts.pause(scope, command.who, command.why, state.now)
            _permit_all(state, command.strategy)
        case "halt":
            reason = f"halted by {command.who}: {command.why}"
            state.halts.halt(scope, Mode.REDUCE_ONLY, reason, state.now)
            _permit_all(state, command.strategy)
        case "acknowledge":
            for each in _halted(state, scope):
                wrong = state.halts.acknowledge(each, command.who)
                if wrong is not None:
                    return (wrong,)
        case "resume":
            unread = [
                wrong for each in _halted(state, scope) if (wrong := state.halts.resume(each))
            ]
            if unread:
                return tuple(unread)
            if command.strategy is not None:
                state.failed.pop(command.strategy, None)
            for name in _concerned(state, command.strategy):
                allow(state, name)
                _ask_soon(state, name)
        case "cancel" | "flatten":
            state.halts.pause(scope, command.who, command.why, state.now)
            for name in _concerned(state, command.strategy):
                if command.verb == "flatten":
                    _flatten(state, name, FLATTENED)
                else:
                    state.desk.halt(name, said)
        case "close":
            for name in state.names:
                _flatten(state, name, CLOSING)
        case "stop":
            for name in state.names:
                if state.desk.permit(name).permit is Permit.TRADE:
                    state.desk.reduce_only(name, STOPPING)
        case "withdraw":
            for name in state.names:
                state.desk.halt(name, STOPPING)
        case "start":
            for name in state.names:
                _start(state, name)
        case _:
            return (f"{command.verb}: expected one of pause, resume, cancel, flatten, halt",)
    return (said,)


def _halted(state: State, scope: Scope) -> list[Scope]:
    """What a command about a scope lifts: all of it, the accounts' own halts among them.

    A venue halts an account by liquidating it, and no command names an account.
    """
    if scope != TOTAL:
        return [scope]
    standing = [halt.scope for halt in state.halts.state()]
    found = [each for each in standing if each == TOTAL or each.level is Level.ACCOUNT]
    return found or [TOTAL]


def _start(state: State, name: StrategyName) -> None:
    """Let a strategy do again what it might before the bot stopped."""
    if state.desk.permit(name).why in (STOPPING, CLOSING):
        allow(state, name)


def _ask_soon(state: State, name: StrategyName) -> None:
    """Let the next message of anything that it watches wake it: it may have slept through much."""
    table = state.market.table
    for entry in table.entries[state.number[name]].values():
        state.broken.discard(entry.signal)
        table.force(entry)


def _concerned(state: State, strategy: StrategyName | None) -> list[StrategyName]:
    return [name for name in state.names if strategy in (None, name)]


def _permit_all(state: State, strategy: StrategyName | None) -> None:
    for name in _concerned(state, strategy):
        state.desk.reduce_only(name, "halted or paused by an operator")


def _flatten(state: State, name: StrategyName, why: str) -> None:
    """Bring every position of a strategy to zero, the legs of its baskets in step."""
    state.desk.resume(name)
    wanted: list[Target | Basket] = []
    together: set[InstrumentId] = set()
    for basket in state.desk.baskets:
        if basket.strategy == name:
            legs = [replace(leg, quantity=0.0) for leg in basket.terms.legs]
            together.update(leg.instrument for leg in legs)
            wanted.append(Basket(*legs, max_unhedged=basket.terms.max_unhedged))
    for (_, owner, instrument), position in state.ledger.holdings():
        if owner == name and position.quantity and instrument not in together:
            wanted.append(Target(instrument, 0.0, Urgency.NORMAL))
    if wanted:
        state.desk.want(name, wanted, state.now)
    state.desk.reduce_only(name, why)
