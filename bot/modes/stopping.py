"""How a run ends in good order: nothing new, what is half done finished, no order left behind."""

import asyncio
from collections.abc import Callable
from typing import Final

from bot.engine.state import State
from bot.execution.stages import Stage
from bot.modes.control import Request
from bot.modes.listener import Operators

CALM_S: Final = 8.0
"""How long what stands unhedged, or is to be closed, may take."""
WITHDRAW_S: Final = 8.0
"""How long the venue may take to confirm the last cancels."""
STEP_S: Final = 0.02
WHO: Final = "bot"


async def wind_down(state: State, operators: Operators, policy: str, why: str) -> list[str]:
    """Bring everything to rest; returns what could not be.

    policy: `keep` positions as they are; `keep_hedged`: take back what a basket has without
    its counterpart; `flatten`: close everything.
    """
    left: list[str] = []
    if policy != "keep":
        await operators.obey(Request("close" if policy == "flatten" else "stop", WHO, why))
        if not await _within(CALM_S, lambda: _calm(state, flat=policy == "flatten")):
            left.append("positions: not everything could be closed or hedged in time")
    await operators.obey(Request("withdraw", WHO, why))
    if not await _within(WITHDRAW_S, lambda: not state.desk.blotter.live()):
        orders = ", ".join(order.order_id for order in state.desk.blotter.live())
        left.append(f"orders: {orders} not confirmed as canceled; the next run asks again")
    return left


def _calm(state: State, *, flat: bool) -> bool:
    """Whether nothing lacks its counterpart or, if all is to be closed, nothing is held."""
    if flat:
        return not any(held.quantity for _, held in state.ledger.holdings())
    moving = (Stage.HEDGING, Stage.UNWINDING)
    return not any(one.stage in moving for one in state.desk.baskets)


async def _within(seconds: float, reached: Callable[[], bool]) -> bool:
    try:
        async with asyncio.timeout(seconds):
            while not reached():  # noqa: ASYNC110  # many things may bring it about
                await asyncio.sleep(STEP_S)
    except TimeoutError:
        return False
    return True
