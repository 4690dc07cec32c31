"""What is looked at every second that something stirs, whether or not anyone orders."""

from typing import Final

from bot.engine.exposure import EngineExposure
from bot.engine.state import State
from bot.model.units import NS_PER_SECOND
from bot.risk.patrol import patrol

EVERY_NS: Final = NS_PER_SECOND


def guard(state: State, exposure: EngineExposure) -> tuple[str, ...]:
    """Halt every scope that has lost more than its day allows; says which."""
    if state.now < state.guarded_ns + EVERY_NS:
        return ()
    state.guarded_ns = state.now
    halted = patrol(exposure, state.settings.limits, state.halts)
    return tuple(f"{scope} halted: daily loss" for scope in halted)
