"""What execution wants to happen now, as values."""

from msgspec import Struct

from bot.execution.netting import InternalCross
from bot.model.command import Cancel, Proposal
from bot.model.units import InstrumentId, StrategyName


class Dust(Struct, frozen=True):
    """Lots that are missing from a goal and cannot be ordered, and why not."""

    strategy: StrategyName
    instrument: InstrumentId
    quantity: int
    why: str


class Reserve(Struct, frozen=True):
    """A basket before its first leg goes: every leg whole, at its worst price.

    No order is sent from it. Unless all of `legs` fit the limits together, the proposals that
    carry the same `basket` must be refused.
    """

    basket: str
    strategy: StrategyName
    legs: tuple[Proposal, ...]


class Plan(Struct, frozen=True):
    """What execution wants to happen now."""

    proposals: tuple[Proposal, ...]
    cancels: tuple[Cancel, ...]
    dust: tuple[Dust, ...]
    reserves: tuple[Reserve, ...]
    crosses: tuple[InternalCross, ...]
