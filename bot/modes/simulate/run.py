"""One strategy through one scenario, as a plain function: the same arguments, the same card."""

import multiprocessing
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from bot.config.configuration import Config
from bot.config.loading import Override, load
from bot.config.venue import VenueSettings
from bot.engine.engine import Engine
from bot.errors import UsageError, quoted
from bot.feeds.simulated.market import SimulatedMarket
from bot.journal.port import Journal
from bot.model.units import NS_PER_MS, NS_PER_SECOND, StrategyName
from bot.modes import replay
from bot.modes.driver import Delays, Doubts, Driver, TapeSink
from bot.modes.made_up import market_settings
from bot.modes.recorder import Recorder
from bot.modes.setup import Setup, of, simulated_venue
from bot.modes.simulate.armed import Armed
from bot.modes.simulate.bounds import bounds_of
from bot.modes.simulate.card import Card
from bot.modes.simulate.faults import IsDown
from bot.modes.simulate.faulty import FaultyVenue
from bot.modes.simulate.finished import Run
from bot.modes.simulate.judge import judge
from bot.modes.simulate.market import market_of, sources_of
from bot.modes.simulate.scenario import Scenario
from bot.modes.simulate.watch import Watch
from bot.plugins.shipped import shipped

ANSWER_MS: Final = 2_000
"""An order or a cancel that is not answered by then is asked about."""


def configured(path: Path | None, overrides: Iterable[Override]) -> Config:
    """The configuration whose strategies are rehearsed; without a path, the shipped one in which
    legs stand at different venues.
    """
    return load(shipped("config") / "paper-venues.toml" if path is None else path, overrides)


def rehearse_all(
    config: Config,
    names: Sequence[str],
    scenarios: Sequence[Scenario],
    seeds: Sequence[int],
    processes: int = 1,
) -> list[Card]:
    """Every strategy through every scenario with every seed; the same whatever the processes.

    names: None of them: all that are enabled. UsageError for one that is not.
    """
    enabled = [one.name for one in config.strategies()]
    for name in names:
        if name not in enabled:
            known = ", ".join(enabled) or "no strategy is enabled"
            raise UsageError("bot simulate --strategy", quoted(name), known, "enable it")
    jobs = [
        (only(config, name), scenario, seed)
        for scenario in scenarios
        for name in names or enabled
        for seed in seeds
    ]
    if processes <= 1:
        return [rehearse(*job) for job in jobs]
    # Forked processes would share locks that nobody in them lets go of.
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(processes, len(jobs)), mp_context=spawned) as pool:
        return list(pool.map(_job, jobs))


def only(config: Config, name: str) -> Config:
    """A configuration that enables one strategy, and watches nothing that it does not trade."""
    file = config.file
    strategies = {
        each: section.model_copy(update={"enabled": each == name})
        for each, section in file.strategies.items()
    }
    risk = file.risk.model_copy(update={"cascade": None})
    return replace(config, file=file.model_copy(update={"strategies": strategies, "risk": risk}))


def _job(job: tuple[Config, Scenario, int]) -> Card:
    return rehearse(*job)


def rehearse(
    config: Config,
    scenario: Scenario,
    seed: int,
    *,
    rows: int | None = None,
    sink: TapeSink | None = None,
    answer_ms: int = ANSWER_MS,
) -> Card:
    """Run the one strategy that a configuration enables through a scenario, and judge it.

    rows: cut the tape into blocks of at most so many; that changes nothing. sink: keeps the tape.
    answer_ms: an order or a cancel that is not answered by then is asked about.
    """
    first_s = 0
    if any(isinstance(fault, IsDown) for fault in scenario.faults):
        calm = _run(config, replace(scenario, faults=()), seed, 0, answer_ms)
        first_ns = min(calm.watch.fills, default=calm.start_ns)
        first_s = (first_ns - calm.start_ns) // NS_PER_SECOND
    return judge(_run(config, scenario, seed, first_s, answer_ms, rows, sink))


def _run(
    config: Config,
    scenario: Scenario,
    seed: int,
    first_s: int,
    answer_ms: int,
    rows: int | None = None,
    sink: TapeSink | None = None,
) -> Run:
    """One run, to its end."""
    (chosen,) = config.strategies()
    strategy, name = chosen.strategy, StrategyName(chosen.name)
    settings, legs = market_of(
        market_settings(config), scenario, strategy.trades(), seed, chosen.name, first_s
    )
    market = SimulatedMarket(settings)
    setup = of(config, market.instruments, "sim")
    setup = replace(setup, venue=_terms(setup.venue, scenario))
    listed = {one.id: one for one in setup.settings.instruments}
    smallest = max(float(listed[leg].lot * listed[leg].contract_size) for leg in legs.values())
    bounds = bounds_of(strategy, chosen.name, smallest)
    made: list[tuple[Driver, FaultyVenue, Watch]] = []

    def wire(told: Setup, journal: Journal, tape: TapeSink | None) -> Driver:
        armed = Armed(scenario.faults, legs, seed)
        venue = simulated_venue(told, FaultyVenue)
        assert isinstance(venue, FaultyVenue)
        venue.arm(armed, settings.start_ns, first_s)
        drive = _wired(told, journal, tape, venue, answer_ms)
        watch = Watch(drive.engine.state, venue, bounds)
        drive.observer = watch.look
        made.append((drive, venue, watch))
        return drive

    tape = sources_of(market, scenario, legs)
    result = replay.run(setup, tape, rows=rows, sink=sink, watched=False, wire=wire)
    ((drive, venue, watch),) = made
    return Run(
        scenario=scenario,
        strategy=name,
        seed=seed,
        start_ns=settings.start_ns,
        state=drive.engine.state,
        venue=venue,
        watch=watch,
        bounds=bounds,
        outcome_hash=result.outcome_hash,
    )


def _wired(
    setup: Setup, journal: Journal, tape: TapeSink | None, venue: FaultyVenue, answer_ms: int
) -> Driver:
    """An engine and this venue, wired together."""
    terms = setup.venue
    return Driver(
        Engine(setup.settings),
        venue,
        Delays(terms.decision_ns, terms.line.least_in_ns),
        Recorder(journal.epoch),
        journal,
        tape,
        Doubts(answer_ms * NS_PER_MS, venue.inquire),
    )


def _terms(venue: VenueSettings, scenario: Scenario) -> VenueSettings:
    if scenario.margin is None:
        return venue
    return replace(venue, isolated=True, leverage=Decimal(scenario.margin.leverage))
