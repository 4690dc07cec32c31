"""A simulated market held against recorded ones, fact by fact."""

from collections.abc import Iterable, Sequence
from statistics import median
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from bot.feeds.simulated.market import SimulatedMarket
from bot.feeds.simulated.settings import MarketSettings
from bot.feeds.simulated.source import SimulatedSource
from bot.feeds.simulated.terms import POISSON
from bot.recording.facts.bands import BANDS, RANGES, Band, halves
from bot.recording.facts.catalogue import FACTS, Measured, measure
from bot.recording.facts.sampled import sample
from bot.recording.reader import Recording

Facts = dict[str, Measured]
Medians = dict[str, dict[str, float | None]]
"""By instrument and fact; None: unknown with every seed."""

POISSON_FAILS_MIN: Final = 3
"""What tells a market of independent orders must tell it by at least so many facts."""


class Row(Struct, frozen=True):
    """One fact of everything that was measured.

    fit, check: lowest and highest recorded value of the two halves; None: nothing was given.
    simulated, poisson: medians over seeds by instrument. outside: instruments whose value is
    outside the band, or unknown.
    """

    name: str
    about: str
    unit: str
    low: float
    high: float
    fit: tuple[float, float] | None
    check: tuple[float, float] | None
    simulated: dict[str, float | None]
    poisson: dict[str, float | None]
    outside: tuple[str, ...]
    poisson_outside: tuple[str, ...]


class Comparison(Struct, frozen=True):
    """Every fact. poisson_fails: how many the market of independent orders fails, at the least
    telling instrument.
    """

    rows: list[Row]
    fit: list[str]
    check: list[str]
    poisson_fails: int

    @property
    def believed(self) -> bool:
        """Whether the market is in every band, and independent orders are told from it."""
        return self.poisson_fails >= POISSON_FAILS_MIN and not any(row.outside for row in self.rows)


def recorded(recordings: Iterable[Recording]) -> list[tuple[str, Facts]]:
    """The facts of every book of these recordings, by instrument and time."""
    sources = [source for one in recordings for source in one.sources() if source.rows]
    ordered = sorted(sources, key=lambda source: (source.name, source.rows[0].first_ns))
    return [(source.name, measure(sample(source.blocks()))) for source in ordered]


def simulated(settings: MarketSettings, seeds: Sequence[int]) -> Medians:
    """Median over seeds of each fact of each book of a market; its duration must be stated."""
    assert settings.duration_s is not None, "facts are measured over a stretch of time"
    found: dict[str, list[Facts]] = {}
    for seed in seeds:
        market = SimulatedMarket(replace(settings, seed=seed))
        for source in market.sources():
            if isinstance(source, SimulatedSource):
                facts = measure(sample(source.blocks()))
                found.setdefault(source.name, []).append(facts)
    return {
        name: {fact.name: _median(each[fact.name] for each in several) for fact in FACTS}
        for name, several in found.items()
    }


def compare(
    books: Sequence[tuple[str, Facts]], settings: MarketSettings, seeds: Sequence[int]
) -> Comparison:
    """A market, and itself with independent orders, against bands and recorded books."""
    fit, check = halves(books)
    made = simulated(settings, seeds)
    independent = simulated(replace(settings, flow=POISSON), seeds)
    rows = []
    for fact in FACTS:
        band = BANDS[fact.name]
        simulation = {name: values[fact.name] for name, values in made.items()}
        poisson = {name: values[fact.name] for name, values in independent.items()}
        rows.append(
            Row(
                name=fact.name,
                about=fact.about,
                unit=fact.unit,
                low=band.low,
                high=band.high,
                fit=_range(fit, fact.name) if books else RANGES[fact.name],
                check=_range(check, fact.name),
                simulated=simulation,
                poisson=poisson,
                outside=_outside(band, simulation),
                poisson_outside=_outside(band, poisson),
            )
        )
    fails = min(sum(name in row.poisson_outside for row in rows) for name in independent)
    return Comparison(rows, [name for name, _ in fit], [name for name, _ in check], fails)


def _median(found: Iterable[Measured]) -> float | None:
    values = [one.value for one in found if one.value is not None]
    return median(values) if values else None


def _range(books: Sequence[tuple[str, Facts]], fact: str) -> tuple[float, float] | None:
    values = [value for _, facts in books if (value := facts[fact].value) is not None]
    return (min(values), max(values)) if values else None


def _outside(band: Band, values: dict[str, float | None]) -> tuple[str, ...]:
    return tuple(name for name, value in values.items() if value is None or not band.holds(value))
