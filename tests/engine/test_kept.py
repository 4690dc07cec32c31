"""What is kept from one step to the next equals what is counted anew, on any history."""

from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

from hypothesis import given, settings

from bot.engine.engine import Engine
from bot.engine.exposure import EngineExposure
from bot.engine.outcome import Outcome
from bot.journal.memory import MemoryJournal
from bot.model.command import Approved
from bot.modes import replay, setup
from bot.risk.headroom import usage
from bot.risk.recheck import recheck
from bot.risk.worst import Reservations
from bot.testing.terms import Terms, setup_of
from tests.modes.histories import ETH, PERP, SPOT, STRATEGIES, Step, histories, tape_of
from tests.modes.test_replay import a_history

LIMITS = {
    "position_max": {PERP: 2.5, SPOT: 1.5, ETH: 2.0},
    "net_delta_max": {"BTC": 3.0, "ETH": 3.0},
    "gross_notional_max": 450,
    "net_notional_max": 300,
    "order_notional_max": 200,
    "quote_age_ms_max": 2000,
    "daily_loss_max": 40,
}


class Anew:
    """The same exposure, of which nobody knows what has changed."""

    def __init__(self, exposure: EngineExposure) -> None:
        self._exposure = exposure
        self._versions: Iterator[int] = count()

    @property
    def version(self) -> int:
        return next(self._versions)

    def changed(self) -> None:
        return None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._exposure, name)


class Watched:
    """An engine whose every step is compared with one that remembers nothing."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.exposure = engine._exposure
        self.compared = self.rechecked = self.quick = 0
        self._recheck = engine.recheck
        engine.recheck = self.recheck  # type: ignore[method-assign]

    def anew(self) -> Reservations:
        return Reservations(Anew(self.exposure), self.engine.state.settings.limits.mark)

    def compare(self, outcome: Outcome) -> None:
        state = self.engine.state
        if outcome.event is None and not outcome.asked:
            return
        kept = state.usage()
        assert kept == usage(self.anew(), state.settings.limits, state.rates)
        self.compared += 1

    def recheck(self, approved: Approved) -> str | None:
        state = self.engine.state
        self.quick += state.unchanged_since(approved)
        said = self._recheck(approved)
        limits, halts = state.settings.limits, state.halts
        assert said == recheck(approved, self.anew(), limits, halts, epoch=state.settings.epoch)
        self.rechecked += 1
        return said


def watched(history: Sequence[Step]) -> Watched:
    tape = tape_of(history)
    made = setup_of(STRATEGIES, tape.instruments.values(), Terms(limits=LIMITS, netting=True))
    found: list[Watched] = []

    def wire(*given: Any) -> Any:
        drive = setup.driver(*given)
        found.append(Watched(drive.engine))
        return _seen(drive, found[0])

    replay.run(made, tape.sources(), journal=MemoryJournal(keep=False), wire=wire)
    return found[0]


def _seen(drive: Any, watch: Watched) -> Any:
    """A driver whose outcomes are compared, whoever else observes them."""
    record = drive.recorder.record

    def compare_and_record(outcome: Outcome) -> Any:
        watch.compare(outcome)
        return record(outcome)

    drive.recorder.record = compare_and_record
    return drive


@settings(max_examples=25)
@given(histories)
def test_the_worst_case_that_is_kept_is_the_one_that_is_counted(history: Sequence[Step]) -> None:
    watched(history)


def test_orders_are_looked_at_again_in_both_ways() -> None:
    seen = watched(a_history())

    assert seen.compared >= 200
    assert 20 <= seen.quick < seen.rechecked
