"""One venue's price against the others'."""

from collections.abc import Mapping
from typing import ClassVar, Final

from msgspec import field

from bot.model.units import NS_PER_SECOND, InstrumentId
from bot.signals.base import Terms, Watch
from bot.signals.gauge import Gauge, GaugeWatch, Input, Reading
from bot.signals.plain.looks import LOOK_AGE_NS_MAX
from bot.signals.plain.robust import RobustWindow, median_of
from bot.signals.plain.shape import known

VENUES_MIN: Final = 2
STEP_NS: Final = 300 * NS_PER_SECOND
WEEK_OF_STEPS: Final = 2_016


class VenueDislocationGauge(Gauge):
    """The memory of `VenueDislocation`: the last look, in bps of the logarithm."""

    instrument: str
    names: tuple[str, ...]
    prices: dict[str, float] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=dict)
    looked_ns: int | None = None
    step: int | None = None
    window: RobustWindow = field(default_factory=lambda: RobustWindow(WEEK_OF_STEPS))
    z: float | None = None

    def sample(self, t_ns: int, scores: Mapping[str, float | None]) -> None:
        """Look at the venues' prices; one that is stale is not there."""
        self.prices = {}
        for name in self.names:
            price = scores.get(name)
            if known(price):
                self.prices[name] = price
                self.seen[name] = t_ns
        self.looked_ns = t_ns
        away = self._away(self.instrument)
        self.z = None if away is None else self.window.score(away)
        step = t_ns // STEP_NS
        if away is not None and (self.step is None or step > self.step):
            self.step = step
            self.window.add(away)

    def read(self, now_ns: int) -> Reading:
        """The dislocation of the last look."""
        age = None if self.looked_ns is None else now_ns - self.looked_ns
        prices = self.prices.values()
        whole = len(self.prices) >= VENUES_MIN
        return Reading(
            outputs={
                "value": self._away(self.instrument),
                "z": self.z,
                "range": max(prices) - min(prices) if whole else None,
                "venues": float(len(self.prices)),
            },
            inputs=tuple(
                Input(
                    name,
                    self._away(name),
                    "bps from the median",
                    now_ns - self.seen[name] if name in self.seen else None,
                )
                for name in self.names
            ),
            stale=age is None or age > LOOK_AGE_NS_MAX or self.instrument not in self.prices,
            quality=len(self.prices) / len(self.names),
        )

    def _away(self, name: str) -> float | None:
        if len(self.prices) < VENUES_MIN or name not in self.prices:
            return None
        return self.prices[name] - median_of(sorted(self.prices.values()))


class VenueDislocation(GaugeWatch, frozen=True):
    """How far a venue's mid lies above the median of the venues, in bps.

    + when it is dear there. Venues whose price is unknown or stale are left out; below two it
    is unknown. Also published: `z` against seven days of five-minute looks; `range`, the
    dearest less the cheapest; `venues`, how many are in. The quality is the share of venues
    that are in.
    instrument: one of `venues`. prices: of each venue, in order, as `LogMid` says them.
    Source: ours, spec S37.
    """

    unit: ClassVar[str] = "bps"
    outputs: ClassVar[tuple[str, ...]] = ("value", "z", "range", "venues")

    instrument: InstrumentId
    venues: tuple[InstrumentId, ...]
    prices: tuple[Watch, ...]

    def concerns(self) -> tuple[InstrumentId, ...]:
        """It hears no events: prices are looked at."""
        return ()

    def inputs(self) -> Mapping[str, Watch]:
        """The venues' prices, by their instruments."""
        return {str(name): price for name, price in zip(self.venues, self.prices, strict=True)}

    def gauge(self, terms: Terms) -> VenueDislocationGauge:
        """A gauge that has seen nothing."""
        if len(self.venues) != len(self.prices) or len(set(self.venues)) < VENUES_MIN:
            raise ValueError(
                f"VenueDislocation.venues: got {self.venues}, expected two or more, a price each"
            )
        if self.instrument not in self.venues:
            raise ValueError(
                f"VenueDislocation.instrument: got {self.instrument}, expected one of the venues"
            )
        return VenueDislocationGauge(str(self.instrument), tuple(str(name) for name in self.venues))
