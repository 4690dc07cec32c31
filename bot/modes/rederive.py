"""Run a tape through an engine again and hold what comes of it against what was recorded."""

from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from bot.engine.engine import Engine
from bot.engine.outcome import Outcome
from bot.journal.port import Record
from bot.model.event import AnyEvent
from bot.modes.recorder import Recorder
from bot.tape.rows import Block


class Difference(Struct, frozen=True):
    """The first record that is not what it was; None: nothing stands there.

    expected: what the journal has. seen: what comes of the tape now.
    """

    seq: int
    ts_ns: int
    kind: str
    expected: str | None
    seen: str | None

    def __str__(self) -> str:
        expected, seen = self.expected or "nothing", self.seen or "nothing"
        return f"seq {self.seq} at {self.ts_ns} ns, {self.kind}: {seen} instead of {expected}"


class Rederivation:
    """An engine that takes a run's tape in once more, record by record.

    beyond: what came of the tape after the last record that was kept. compared: how many
    records were the same.
    """

    def __init__(self, engine: Engine, records: Iterable[Record]) -> None:
        """Begin with an engine that stands where the records begin."""
        self.engine = engine
        self.difference: Difference | None = None
        self.beyond: list[Record] = []
        self.compared = 0
        self._recorder = Recorder(0)
        self._records = list(records)

    @property
    def left(self) -> list[Record]:
        """The records that nothing was held against yet, such as those after the tape's end."""
        return self._records[self.compared :]

    def take(self, seq: int, item: Block | AnyEvent) -> bool:
        """Take one item of the tape in; False when something differs, and then no more."""
        expected = self.engine.state.seq + 1
        if seq != expected:
            self._differ("tape", seq, 0, f"item {expected}", f"item {seq}")
        elif isinstance(item, Block):
            while item.messages and self.difference is None:
                outcome = self.engine.step(item)
                item = item.part(item.start + outcome.consumed, item.stop)
                self._compare(outcome)
        else:
            self._compare(self.engine.step(item))
        return self.difference is None

    def finish(self) -> None:
        """The tape has ended: what was recorded up to there should have come of it."""
        for record in self.left[:1]:
            if record.seq <= self.engine.state.seq and self.difference is None:
                self._differ(record.kind, record.seq, record.ts_ns, _text(record), None)

    def _compare(self, outcome: Outcome) -> None:
        for seen in self._recorder.record(outcome):
            if self.compared == len(self._records):
                self.beyond.append(seen)
                continue
            expected = self._records[self.compared]
            if replace(expected, epoch=0) != seen:
                first = min(expected, seen, key=lambda one: one.seq)
                same = expected.seq == seen.seq
                self._differ(
                    first.kind,
                    first.seq,
                    first.ts_ns,
                    _text(expected) if same or first is expected else None,
                    _text(seen) if same or first is seen else None,
                )
                return
            self.compared += 1

    def _differ(
        self, kind: str, seq: int, ts_ns: int, expected: str | None, seen: str | None
    ) -> None:
        self.difference = Difference(seq, ts_ns, kind, expected, seen)


def _text(record: Record) -> str:
    return f"{record.kind} {record.payload.decode()}"
