"""What a strategy's orders may do, given the halts over it, its faults and its missing scores."""

from typing import Final

from bot.engine.state import State
from bot.execution.permits import Permit
from bot.model.units import StrategyName
from bot.risk.kill import Mode

FLATTENED: Final = "flattened by an operator"
CLOSING: Final = "the bot is stopping and closes everything"


def overruled(state: State, name: StrategyName) -> bool:
    """Whether a strategy's positions are being closed: what it would say now must not count."""
    return state.desk.permit(name).why in (FLATTENED, CLOSING)


def allow(state: State, name: StrategyName) -> None:
    """Give a strategy back all that nothing stands against any more."""
    mode, halted = _standing(state, name)
    state.desk.resume(name)
    if mode is Mode.HALTED:
        state.desk.halt(name, halted)
    elif why := _temporary(state, name) or halted:
        state.desk.reduce_only(name, why)


def heed_alarms(state: State) -> None:
    """Let who trades what a cascade of liquidations runs in only reduce, until it is over."""
    if state.alarms.none:
        return
    state.alarms.look()
    for name, underlyings in zip(state.names, state.underlyings_of, strict=True):
        why, before = state.alarms.over(underlyings), state.alarmed.get(name)
        if why == before:
            continue
        if why is None:
            del state.alarmed[name]
        else:
            state.alarmed[name] = why
        granted = state.desk.permit(name)
        if granted.permit is Permit.TRADE or granted.why == before:
            allow(state, name)


def restrain(state: State) -> None:
    """Take back the orders of every strategy that a halt has come over."""
    if state.halts.none:
        return
    for name in state.names:
        mode, why = _standing(state, name)
        permit = state.desk.permit(name).permit
        if mode is Mode.HALTED and permit is not Permit.NOTHING:
            state.desk.halt(name, why)
        elif mode is Mode.REDUCE_ONLY and permit is Permit.TRADE:
            state.desk.reduce_only(name, why)


def _temporary(state: State, name: StrategyName) -> str | None:
    return state.failed.get(name) or state.starved.get(name) or state.alarmed.get(name)


def _standing(state: State, name: StrategyName) -> tuple[Mode, str]:
    """The strictest mode over a strategy in the accounts that it trades in, and why."""
    accounts = state.accounts_of[state.number[name]]
    return max((state.halts.standing(each, name) for each in accounts), default=(Mode.ACTIVE, ""))
