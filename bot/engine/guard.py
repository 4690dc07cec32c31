"""What is looked at every second that something stirs, whether or not anyone orders."""

from typing import Final

from bot.engine.allowance import restrain
from bot.engine.exposure import EngineExposure
from bot.engine.state import State
from bot.model.units import NS_PER_SECOND
from bot.risk.patrol import patrol

EVERY_NS: Final = NS_PER_SECOND


def guard(state: State, exposure: EngineExposure) -> tuple[str, ...]:
    """Halt every scope that has lost more than its day allows; says which.

    Who is halted, by this or by anything else, loses the orders that would add risk.
    """
    halted = []
    if state.now >= state.guarded_ns + EVERY_NS:
        state.guarded_ns = state.now
        halted = patrol(exposure, state.settings.limits, state.halts)
    restrain(state)
    return tuple(f"{scope} halted: daily loss" for scope in halted) if halted else ()
