"""What an import wrote, and what it left out."""

from pathlib import Path
from typing import Any

from msgspec import Struct, field

from bot.model.units import InstrumentId
from bot.tape.rows import Block


class Tally(Struct):
    """Counts of one instrument's import.

    frames: lines or frames read. clamped: messages moved to the time of the one before them,
    because the recorder's clock had stepped back. ignored: what the tape has no place for,
    by reason. decoded: what the decoder counted, where there is one.
    """

    frames: int = 0
    messages: int = 0
    rows: int = 0
    events: int = 0
    clamped: int = 0
    ignored: dict[str, int] = field(default_factory=dict)
    decoded: dict[str, Any] = field(default_factory=dict)

    def count(self, block: Block) -> None:
        """Add what a block holds."""
        self.messages += block.messages
        self.rows += block.rows

    def ignore(self, reason: str, number: int = 1) -> None:
        """Add to what was left out."""
        if number:
            self.ignored[reason] = self.ignored.get(reason, 0) + number


class Imported(Struct, frozen=True):
    """The result of an import."""

    files: list[Path]
    clock_offset_ns: int | None
    instruments: dict[InstrumentId, Tally]
