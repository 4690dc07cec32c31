"""A strategy over a tape, in one call: what it wanted, what was ordered, what came of it."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from msgspec import Struct
from msgspec.structs import replace

from bot.engine.engine import Engine
from bot.engine.outcome import Asked, Outcome
from bot.journal.port import Journal, Record
from bot.model.command import Approved, Cancel, Command, Refused
from bot.model.event import AnyEvent, Fill
from bot.model.instrument import Instrument
from bot.model.intent import Basket, Intent, Quote, Target
from bot.model.units import InstrumentId
from bot.modes import replay
from bot.modes.driver import Delays, Driver, TapeSink
from bot.modes.recorder import Recorder
from bot.modes.result import Result
from bot.modes.setup import Setup, simulated_venue
from bot.strategy.strategy import Strategy
from bot.tape.merge import Source
from bot.testing.terms import Terms, setup_of


class Market(Protocol):
    """What can be run over: a `Tape`, or a recording."""

    @property
    def instruments(self) -> Mapping[InstrumentId, Instrument]:
        """The contracts on it."""

    def sources(self) -> Sequence[Source]:
        """What it says, by instrument."""


class Run(Struct, frozen=True):
    """What came of a run; `result` has the figures, attribution and hash.

    outcomes: every step in which something was asked, ordered, refused or reported.
    """

    result: Result
    outcomes: list[Outcome]
    instruments: Mapping[InstrumentId, Instrument]

    @property
    def asked(self) -> list[Asked]:
        """Every time that a strategy was asked: what it read, its gates, its answer."""
        return [one for outcome in self.outcomes for one in outcome.asked]

    @property
    def intents(self) -> list[Intent]:
        """What was answered, in order."""
        found: list[Intent] = []
        for one in self.asked:
            if isinstance(one.answer, Target | Basket | Quote):
                found.append(one.answer)
            else:
                found += one.answer or ()
        return found

    @property
    def faults(self) -> list[str]:
        """What went wrong in strategies and their signals."""
        return [one.fault for one in self.asked if one.fault is not None]

    @property
    def orders(self) -> list[Approved]:
        """Orders that the limits let pass."""
        return [one for outcome in self.outcomes for one in outcome.approved]

    @property
    def cancels(self) -> list[Cancel]:
        """Orders that were taken back."""
        return [one for outcome in self.outcomes for one in outcome.cancels]

    @property
    def refused(self) -> list[Refused]:
        """Orders that a limit stopped."""
        return [one for outcome in self.outcomes for one in outcome.refused]

    @property
    def events(self) -> list[AnyEvent]:
        """All that entered besides rows, in order."""
        return [outcome.event for outcome in self.outcomes if outcome.event is not None]

    @property
    def fills(self) -> list[Fill]:
        """Executions at the venue, and those inside, between two strategies."""
        found: list[Fill] = []
        for outcome in self.outcomes:
            if isinstance(outcome.event, Fill):
                found.append(outcome.event)
            found += [crossed.fill for crossed in outcome.crossed]
        return found

    def position(self, instrument: str) -> float:
        """What all strategies hold at the end by their fills: base coins, contracts if inverse."""
        name = InstrumentId(instrument)
        lots = sum(fill.size * fill.side for fill in self.fills if fill.instrument == name)
        listed = self.instruments[name]
        return float(listed.amount(lots) * (1 if listed.inverse else listed.contract_size))


def run(strategy: Strategy | Mapping[str, Strategy], tape: Market, **terms: Any) -> Run:
    """Run a strategy, or several by name, over a tape; terms are the fields of `Terms`.

    The same arguments give the same run, to the last bit.
    """
    strategies = {"strategy": strategy} if isinstance(strategy, Strategy) else strategy
    stated = Terms(**terms)
    setup = setup_of(strategies, tape.instruments.values(), stated)
    outcomes: list[Outcome] = []

    def wire(setup: Setup, journal: Journal, sink: TapeSink | None) -> Driver:
        drive = Mangling(
            Engine(setup.settings),
            simulated_venue(setup),
            Delays(setup.venue.decision_ns, setup.venue.line.least_in_ns),
            Keeper(journal.epoch, outcomes),
            journal,
            sink,
        )
        drive.rejects = stated.rejects
        return drive

    result = replay.run(setup, tape.sources(), rows=stated.rows, wire=wire)
    return Run(result, outcomes, tape.instruments)


class Keeper(Recorder):
    """A recorder that keeps the outcomes in which something happened."""

    def __init__(self, epoch: int, kept: list[Outcome]) -> None:
        """Keep them there."""
        super().__init__(epoch)
        self._kept = kept

    def record(self, outcome: Outcome) -> list[Record]:
        """Keep it, then record it as ever."""
        records = super().record(outcome)
        if records or outcome.event is not None:
            self._kept.append(outcome)
        return records


class Mangling(Driver):
    """A driver whose first orders arrive as something that no venue takes.

    rejects: how many are still to be mangled.
    """

    rejects = 0

    def _submit(self, command: Command, sent_ns: int) -> None:
        if self.rejects and isinstance(command, Approved):
            self.rejects -= 1
            nowhere = replace(command.proposal, instrument=InstrumentId("nowhere"))
            command = replace(command, proposal=nowhere)
        super()._submit(command, sent_ns)
