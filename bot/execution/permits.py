"""Which strategies may trade, which may only take back, and which may do nothing."""

import enum
from typing import NamedTuple

from bot.model.units import StrategyName


class Permit(enum.StrEnum):
    """What a strategy's orders may do. Cancels may always."""

    TRADE = "trade"
    REDUCE = "reduce"
    NOTHING = "nothing"


class Granted(NamedTuple):
    """A permit, and why it is not a wider one."""

    permit: Permit
    why: str


FULL = Granted(Permit.TRADE, "")
"""What a strategy has of which nothing else was said."""

Permits = dict[StrategyName, Granted]
