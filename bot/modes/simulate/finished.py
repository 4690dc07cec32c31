"""A run that is over: what is needed to judge it, and what went wrong in it."""

from collections.abc import Iterator

from msgspec import Struct

from bot.engine.state import State
from bot.model.units import NS_PER_SECOND, StrategyName
from bot.modes.simulate.bounds import Bounds
from bot.modes.simulate.faulty import FaultyVenue
from bot.modes.simulate.scenario import Scenario
from bot.modes.simulate.watch import Watch


class Run(Struct, frozen=True):
    """A run that is over, with all that is needed to judge it."""

    scenario: Scenario
    strategy: StrategyName
    seed: int
    start_ns: int
    state: State
    venue: FaultyVenue
    watch: Watch
    bounds: Bounds
    outcome_hash: str

    @property
    def alone(self) -> bool:
        """Whether there is only one leg, with nothing else to be held against it."""
        return len(set(self.venue.armed.legs.values())) == 1


def spans_of(run: Run) -> Iterator[tuple[int, int]]:
    """When each fault came and when its own span ended."""
    for one in run.venue.armed.fired:
        yield one.at_ns, one.until_ns
    scenario = run.scenario
    for at_ns in [one.ts_venue for one in run.watch.forced] + [
        one.at_ns for one in run.venue.armed.fired if one.fault == "Deleverages"
    ]:
        # What is left of a basket may be reduced at once; a leg of its own waits for a person.
        waits_s = scenario.person_s if run.alone and scenario.person_s is not None else 0
        yield at_ns, max(at_ns, run.start_ns + waits_s * NS_PER_SECOND)
    times = [(move.at_s, move.for_s) for move in scenario.moves if move.fault]
    if scenario.notice is not None:
        # What has nothing else to be held against stays open for good.
        ends_s = scenario.seconds if run.alone else scenario.notice.at_s + scenario.notice.for_s
        times.append((scenario.notice.at_s, ends_s - scenario.notice.at_s))
    if scenario.interval is not None:
        times.append((scenario.interval.at_s, 0))
    for at_s, for_s in times:
        at_ns = run.start_ns + at_s * NS_PER_SECOND
        yield at_ns, at_ns + for_s * NS_PER_SECOND


def told(run: Run) -> Iterator[str]:
    """What came to pass, in words."""
    for one in run.venue.armed.fired:
        at_s = (one.at_ns - run.start_ns) / NS_PER_SECOND
        lots = f", {one.lots} lots" if one.lots else ""
        yield f"{at_s:.3f} s {one.fault} {one.instrument}{lots}"
    for forced in run.watch.forced:
        at_s = (forced.ts_venue - run.start_ns) / NS_PER_SECOND
        yield f"{at_s:.3f} s liquidated {forced.instrument}, {forced.size} lots"
    if run.scenario.notice is not None:
        gone = run.venue.armed.legs[run.scenario.notice.which]
        yield f"{run.scenario.notice.at_s} s delisting of {gone}"
    if run.scenario.interval is not None:
        yield f"{run.scenario.interval.at_s} s funding every {run.scenario.interval.hours} h"
    for move in run.scenario.moves:
        if move.fault:
            yield f"{move.at_s} s {move.regime} for {move.for_s} s"
