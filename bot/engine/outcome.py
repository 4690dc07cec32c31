"""What one step says: facts for the journal, commands for the venue, the next time to wake."""

from msgspec import Struct

from bot.ledger.postings import Posting
from bot.model.command import Approved, Cancel, Refused
from bot.model.event import AnyEvent
from bot.model.units import StrategyName
from bot.strategy.sight import Gate
from bot.strategy.strategy import Decision


class Asked(Struct, frozen=True):
    """A strategy was asked: what it read, the gates it stood before, and what it answered.

    fault: what went wrong when it raised or returned nonsense; it is halted then, alone.
    """

    strategy: StrategyName
    answer: Decision
    gates: tuple[Gate, ...]
    read: tuple[tuple[str, float | None], ...]
    fault: str | None = None


class Outcome(Struct, frozen=True, gc=False):
    """The answer to one step.

    consumed: messages of the block that were taken in. seq: number of the last item taken in.
    due: when the engine wants a `Timer` even if nothing happens, ns; None: no need.
    notes: what a person should read: halts, broken invariants, strategies that failed.
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
