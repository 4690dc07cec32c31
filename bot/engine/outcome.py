"""What one step says: facts for the journal, commands for the venue, the next time to wake."""

from decimal import Decimal
from typing import Any

from msgspec import Struct

from bot.ledger.postings import Posting
from bot.model.command import Approved, Cancel, Refused
from bot.model.event import AnyEvent, Fill
from bot.model.units import StrategyName
from bot.strategy.sight import Gate
from bot.strategy.strategy import Decision


class Asked(Struct, frozen=True):
    """A strategy was asked: what it read, the gates it stood before, and what it answered.

    fault: what went wrong when it raised or returned nonsense; it is halted then, alone.
    memory: what it remembers from then on, as plain values; None when it remembers nothing.
    """

    strategy: StrategyName
    answer: Decision
    gates: tuple[Gate, ...]
    read: tuple[tuple[str, float | None], ...]
    fault: str | None = None
    memory: Any = None


class Crossed(Struct, frozen=True):
    """One side of a trade between two strategies of ours, and the mids when it was decided."""

    strategy: StrategyName
    fill: Fill
    mid: Decimal | None
    reference_mid: Decimal | None


class Outcome(Struct, frozen=True, gc=False):
    """The answer to one step.

    consumed: messages of the block that were taken in. seq: number of the last item taken in.
    due: when the engine wants a `Timer` even if nothing happens, ns; None: no need.
    notes: what a person should read: halts, broken invariants, strategies that failed.
    crossed: trades inside, between our own strategies, which no venue will report.
    """

    consumed: int
    seq: int
    now: int
    event: AnyEvent | None
    asked: tuple[Asked, ...]
    approved: tuple[Approved, ...]
    cancels: tuple[Cancel, ...]
    refused: tuple[Refused, ...]
    postings: tuple[Posting, ...]
    notes: tuple[str, ...]
    due: int | None
    crossed: tuple[Crossed, ...] = ()
