"""The market of a scenario: what one strategy trades, with a heart that beats."""

import heapq
from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from bot.errors import ConfigError
from bot.feeds.simulated.listings import Change, Contract
from bot.feeds.simulated.market import SimulatedMarket
from bot.feeds.simulated.market import Source as Simulated
from bot.feeds.simulated.regimes import Episode, Regime
from bot.feeds.simulated.settings import MarketSettings
from bot.feeds.simulated.terms import FundingTerms, Premium
from bot.model.event import AnyEvent, Heartbeat, InstrumentChanged, OperatorCommand
from bot.model.instrument import Instrument, Kind
from bot.model.units import NS_PER_HOUR, NS_PER_SECOND, InstrumentId
from bot.modes.simulate.faults import IsDown, Which, drawn_all
from bot.modes.simulate.scenario import Interval, Scenario
from bot.tape.rows import Block

MOOD_BPS: Final = 40.0
"""Of the premium, all the time: a carry is worth having, and a leg that breaks costs something."""
LONG_HOURS: Final = 8
PERSON: Final = "whoever was called"


class Told(Struct, frozen=True):
    """A source of the simulated market, with what a scenario adds to its events."""

    source: Simulated
    added: tuple[AnyEvent, ...]

    @property
    def name(self) -> str:
        """The instrument's id."""
        return self.source.name

    @property
    def instrument(self) -> Instrument:
        """The contract."""
        return self.source.instrument

    def blocks(self) -> Iterator[Block]:
        """Its rows."""
        return self.source.blocks()

    def events(self) -> Iterator[AnyEvent]:
        """Its own events and those that were added."""
        return heapq.merge(self.source.events(), self.added, key=lambda event: event.ts_recv)


def legs_of(contracts: Sequence[Contract], strategy: str) -> dict[Which, InstrumentId]:
    """Which of a strategy's instruments is which leg; ConfigError where there is no such pair."""
    margined = sorted(one.id for one in contracts if one.kind is not Kind.SPOT)
    others = sorted(one.id for one in contracts if one.id not in margined[:1])
    if not margined or len(others) > 1:
        raise ConfigError(
            f"strategies.{strategy}",
            ", ".join(sorted(one.id for one in contracts)) or "no instrument of the market",
            "one contract on margin, and at most one instrument held against it",
            "rehearse a strategy of one or two legs",
        )
    return {Which.DERIVATIVE: margined[0], Which.OTHER: others[0] if others else margined[0]}


def market_of(
    settings: MarketSettings,
    scenario: Scenario,
    names: Sequence[str],
    seed: int,
    strategy: str,
    first_s: int,
) -> tuple[MarketSettings, dict[Which, InstrumentId]]:
    """The market that a scenario makes of a configuration's, and the legs in it.

    first_s: second of the first fill where nothing goes wrong.
    """
    contracts = [one for one in settings.listed() if one.id in names]
    legs = legs_of(contracts, strategy)
    start_ns = settings.start_ns
    if scenario.interval is not None:
        contracts = [_changing(one, scenario.interval) for one in contracts]
        start_ns = _before_settlement(start_ns, scenario.interval)
    venues = {one.id: one.venue for one in contracts}
    return replace(
        settings,
        seed=seed,
        start_ns=start_ns,
        slots_per_second=scenario.slots_per_second or settings.slots_per_second,
        duration_s=scenario.seconds,
        premium=Premium(moods_bps=(MOOD_BPS,)),
        contracts=tuple(contracts),
        chains=(),
        seasons=None,
        episodes=(
            *(
                Episode(
                    regime=move.regime,
                    at_s=move.at_s,
                    for_s=move.for_s,
                    size_bps=move.size_bps,
                    venue=None if move.of is None else venues[legs[move.of]],
                )
                for move in scenario.moves
            ),
            # Nothing is heard of a market whose venue is down.
            *(
                Episode(
                    regime=Regime.OUTAGE,
                    venue=venues[legs[fault.which]],
                    at_s=first_s + n["after_s"],
                    for_s=n["for_s"],
                )
                for fault, n in drawn_all(scenario.faults, seed)
                if isinstance(fault, IsDown)
            ),
        ),
    ), legs


def sources_of(
    market: SimulatedMarket, scenario: Scenario, legs: dict[Which, InstrumentId]
) -> list[Told]:
    """The market as sources of a tape, with what is told besides."""
    start_ns = market.settings.start_ns
    added: dict[str, list[AnyEvent]] = {source.name: [] for source in market.sources()}
    first = min(added)
    added[first] += [
        Heartbeat(ts_recv=at_ns, ts_venue=at_ns)
        for k in range(scenario.beat_s, scenario.seconds, scenario.beat_s)
        for at_ns in (start_ns + k * NS_PER_SECOND,)
    ]
    if scenario.person_s is not None:
        added[first] += _person(start_ns + scenario.person_s * NS_PER_SECOND)
    notice = scenario.notice
    if notice is not None:
        at_ns = start_ns + notice.at_s * NS_PER_SECOND
        listed = next(one for one in market.instruments if one.id == legs[notice.which])
        gone = replace(listed, active=False)
        added[listed.id].append(InstrumentChanged(ts_recv=at_ns, ts_venue=at_ns, instrument=gone))
    return [
        Told(source, tuple(sorted(added[source.name], key=lambda event: event.ts_recv)))
        for source in market.sources()
    ]


def _person(at_ns: int) -> list[AnyEvent]:
    """Somebody has looked, says so, and lets the bot trade again."""
    return [
        OperatorCommand(
            ts_recv=at_ns + k, ts_venue=at_ns + k, verb=verb, who=PERSON, why="looked at it"
        )
        for k, verb in enumerate(("acknowledge", "resume"))
    ]


def _changing(contract: Contract, interval: Interval) -> Contract:
    """A perpetual whose interval changes at its first settlement."""
    if contract.funding is None:
        return contract
    publish_s = contract.funding.publish_s
    return replace(
        contract,
        funding=FundingTerms(interval_ns=LONG_HOURS * NS_PER_HOUR, publish_s=publish_s),
        change=Change(at_s=interval.at_s, interval_ns=interval.hours * NS_PER_HOUR),
    )


def _before_settlement(start_ns: int, interval: Interval) -> int:
    """A beginning from which the change comes with a settlement of the long interval."""
    long_ns = LONG_HOURS * NS_PER_HOUR
    return (start_ns // long_ns + 1) * long_ns - interval.at_s * NS_PER_SECOND
