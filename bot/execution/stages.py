"""The life of a basket, as a table of transitions, and all that is remembered of one.

A basket's *trip* is the way from the positions it has to the ones it should have. The first leg
leads in small steps, the others follow each of its fills; when they cannot, what has no
counterpart is taken back.
"""

import enum
from decimal import Decimal
from typing import Final

from msgspec import Struct

from bot.execution.working import Work
from bot.model.intent import Basket, Target
from bot.model.units import StrategyName


class Stage(enum.StrEnum):
    """Where a basket stands."""

    IDLE = "idle"
    """A trip is wanted, nothing of it has gone."""
    LEADING = "leading"
    """The first leg is worked; all that filled has its counterpart."""
    HEDGING = "hedging"
    """A fill lacks its counterpart, which is being worked."""
    BALANCED = "balanced"
    """Every leg is where it should be."""
    CLOSED = "closed"
    """Every leg is flat, as it should be."""
    UNWINDING = "unwinding"
    """A budget is used up: what lacks its counterpart is taken back at any price in the collar."""
    UNWOUND = "unwound"
    """It was taken back; the basket rests before it may be tried again."""
    REPAIR = "repair"
    """Neither completing nor taking back works: reduce-only, and a person is needed."""


_UNDER_WAY: Final = {Stage.LEADING, Stage.HEDGING, Stage.BALANCED, Stage.CLOSED, Stage.UNWINDING}

STAGES: Final[dict[Stage, frozenset[Stage]]] = {
    # A restart, a late fill or a forced trade can leave any resting stage without its hedge.
    Stage.IDLE: frozenset(_UNDER_WAY),
    Stage.LEADING: frozenset({*_UNDER_WAY, Stage.IDLE}),
    Stage.HEDGING: frozenset({*_UNDER_WAY, Stage.IDLE, Stage.REPAIR}),
    # A goal may change by less than can be ordered: then it is there already.
    Stage.BALANCED: frozenset({Stage.IDLE, Stage.CLOSED, Stage.HEDGING, Stage.UNWINDING}),
    Stage.CLOSED: frozenset({Stage.IDLE, Stage.BALANCED, Stage.HEDGING, Stage.UNWINDING}),
    Stage.UNWINDING: frozenset({Stage.UNWOUND, Stage.REPAIR}),
    Stage.UNWOUND: frozenset(
        {Stage.IDLE, Stage.BALANCED, Stage.CLOSED, Stage.HEDGING, Stage.UNWINDING}
    ),
    Stage.REPAIR: frozenset({Stage.UNWOUND}),
}
"""`STAGES[stage]` is what may follow. Anything else is a bug of ours."""

AT_REST: Final = frozenset({Stage.BALANCED, Stage.CLOSED, Stage.UNWOUND})
"""Stages in which nothing lacks its counterpart and nothing is under way."""


HEDGES: Final = frozenset({"hedge", "unwind"})
"""Reasons of orders that bring legs into step; all others may wait for them."""


class Budget(Struct, frozen=True, kw_only=True):
    """What a basket may lose and how long it may stand unhedged when its strategy does not say."""

    loss_bps_max: float
    naked_ms_max: int


class Terms(Struct, frozen=True):
    """A basket as its strategy stated it."""

    legs: tuple[Target, ...]
    max_unhedged: float
    loss_bps_max: float | None
    naked_ms_max: int | None

    @classmethod
    def of(cls, basket: Basket) -> "Terms":
        """The intent's own fields, as a value that can be stored."""
        return cls(basket.legs, basket.max_unhedged, basket.loss_bps_max, basket.naked_ms_max)

    def equal(self, basket: Basket) -> bool:
        """Whether an intent says the same."""
        return (
            self.legs == basket.legs
            and self.max_unhedged == basket.max_unhedged
            and self.loss_bps_max == basket.loss_bps_max
            and self.naked_ms_max == basket.naked_ms_max
        )


class Leg(Struct):
    """One leg, in lots.

    goal: to be held at the end of the trip. full: lots that belong to the other legs' `full`;
    it outlives the closing, which has to keep step too. band: no trip for fewer. base: base
    coins of one lot when the target last changed. twice_mid: bid + ask in ticks when a fill
    first lacked its counterpart.
    """

    target: Target
    work: Work
    goal: int = 0
    full: int = 0
    band: int = 0
    base: Decimal = Decimal(0)
    twice_mid: int | None = None


class BasketWork(Struct):
    """A basket under way.

    sized: whether goals were computed from the terms. after: goals that must wait until every
    leg is flat, because they lead to the other side.
    naked_ns: since when a fill lacks its counterpart. tries: orders in a row that came back
    empty since then. forced: completing was found cheaper than taking back.
    spent_bps: paid away from the mids at `naked_ns`, in bps of the basket's notional.
    rest_ns: no new trip before. blocked: why it cannot be begun. trip: whether one is under way.
    positions: of the legs when last looked at.
    reserved: whether the limits were asked for all legs together.
    closed, unwound: trips that ended where they should, and that were taken back.
    """

    name: str
    strategy: StrategyName
    terms: Terms
    legs: list[Leg]
    stage: Stage = Stage.IDLE
    sized: bool = False
    after: list[int] | None = None
    naked_ns: int | None = None
    tries: int = 0
    forced: bool = False
    spent_bps: float = 0.0
    rest_ns: int = 0
    due_ns: int | None = None
    blocked: str = ""
    positions: list[int] = []
    trip: bool = False
    reserved: bool = False
    closed: int = 0
    unwound: int = 0

    def move(self, to: Stage) -> None:
        """Go on to another stage, and count the trip that ends with it."""
        assert to in STAGES[self.stage], f"basket {self.name}: {self.stage} to {to}"
        if to in (Stage.BALANCED, Stage.CLOSED) and self.trip:
            self.closed += 1
        if to is Stage.UNWOUND:
            self.unwound += 1
        if to is not Stage.REPAIR:
            self.trip = to not in AT_REST and (self.trip or self.stage is Stage.IDLE)
        self.reserved = self.reserved and to not in AT_REST
        self.stage = to

    @property
    def lead(self) -> Leg:
        """The leg that goes first: the first that is to hold anything."""
        return next((leg for leg in self.legs if leg.full), self.legs[0])
