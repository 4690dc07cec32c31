"""Scores of the smile: what volatility costs, which way it leans, and what its tails cost."""

from typing import ClassVar

from msgspec import field

from bot.signals.base import Terms, positive
from bot.signals.gauge import Gauge, Input, Reading
from bot.signals.options.chain import Chain
from bot.signals.options.readings import (
    CHAIN_AGE_MS_MAX,
    DAYS_A_YEAR,
    POINTS,
    ChainWatch,
    Part,
    label,
    youngest_ns,
)
from bot.signals.options.smile import Wings, at_maturity, wings

STRIKES_ENOUGH = 10
"""Quoted strikes of the thinner expiry for full quality."""
VOLATILITIES = ("call", "put", "at_forward")


class SmileGauge(Gauge):
    """Volatilities at a constant maturity, and a sum of them.

    terms: how much each counts in the main output. said: the three as fractions, None unknown.
    parts: the volatility at the forward of the expiries that it lies between.
    """

    years: float
    delta: float
    premium_adjusted: bool
    age_ns_max: int
    terms: dict[str, float]
    said: dict[str, float | None] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()
    heard_ns: int | None = None
    quality: float = 0.0

    def take_chain(self, chain: Chain) -> None:
        """Ask the smiles on both sides of the maturity."""
        self.said, self.parts, self.quality = {}, (), 0.0
        years: list[float] = []
        asked: list[Wings] = []
        made: list[tuple[str, int, int]] = []
        for series in chain.series:
            if series.smile is None or series.forward is None:
                continue
            found = wings(
                series.smile.svi,
                series.forward,
                series.years,
                self.delta,
                premium_adjusted=self.premium_adjusted,
            )
            heard = youngest_ns(chain.age_ns[series.first : series.stop], chain.at_ns)
            if found is not None and heard is not None:
                years.append(series.years)
                asked.append(found)
                made.append((label(chain, series), heard, series.smile.strikes))
        for name in VOLATILITIES:
            quoted = [float(getattr(one, name)) for one in asked]
            self.said[name] = at_maturity(years, quoted, self.years)
        if self.said["at_forward"] is None:
            return
        after = next(i for i, t in enumerate(years) if t >= self.years)
        used = [after] if years[after] == self.years else [after - 1, after]
        self.parts = tuple(Part(made[i][0], asked[i].at_forward, made[i][1]) for i in used)
        self.heard_ns = min(part.heard_ns for part in self.parts)
        self.quality = min(1.0, min(made[i][2] for i in used) / STRIKES_ENOUGH)
        near, far = (asked[i].at_forward ** 2 * years[i] for i in (used[0], used[-1]))
        if near > far:
            self.quality *= 0.5  # the later expiry has less variance: one of the two is wrong

    def read(self, now_ns: int) -> Reading:
        """The sum and its terms, in points of volatility."""
        said = {name: self.said.get(name) for name in VOLATILITIES}
        points = {name: None if iv is None else iv * POINTS for name, iv in said.items()}
        age = None if self.heard_ns is None else now_ns - self.heard_ns
        inputs = []
        value: float | None = 0.0
        for name, share in self.terms.items():
            iv = points[name]
            value = None if iv is None or value is None else value + share * iv
            counts = None if iv is None else share * iv
            inputs.append(Input(name, iv, "vol points", age, counts))
        inputs += [
            Input(
                f"{part.name} at forward", part.value * POINTS, "vol points", now_ns - part.heard_ns
            )
            for part in self.parts
        ]
        return Reading(
            outputs={"value": value, **points},
            inputs=tuple(inputs),
            stale=age is not None and age > self.age_ns_max,
            quality=self.quality,
        )


class _SmileWatch(ChainWatch, frozen=True, kw_only=True):
    """A sum of volatilities at one maturity."""

    unit: ClassVar[str] = "vol points"
    outputs: ClassVar[tuple[str, ...]] = ("value", "call", "put", "at_forward")
    shares: ClassVar[dict[str, float]]

    days: float = 30.0
    delta: float = 0.25
    premium_adjusted: bool = False

    def gauge(self, terms: Terms) -> SmileGauge:
        """Knows nothing yet."""
        del terms
        positive(self, "days", "delta")
        if self.delta >= 0.5:
            raise ValueError(f"{type(self).__name__}.delta: got {self.delta}, expected < 0.5")
        return SmileGauge(
            years=self.days / DAYS_A_YEAR,
            delta=self.delta,
            premium_adjusted=self.premium_adjusted,
            age_ns_max=self.age_ns(CHAIN_AGE_MS_MAX),
            terms=self.shares,
        )


class AtForwardVolatility(_SmileWatch, frozen=True, kw_only=True):
    """Implied volatility at the forward, `days` from now, in points of volatility (0.01).

    Never negative. Read off the smiles (SVI, fitted to quotes of both sides that are under a minute
    old) of the expiries before and after; between them total variance is a straight line. Unknown
    before the first and after the last expiry, and where fewer than five strikes are quoted. Also
    published: `at_forward`, the same, and `call` and `put`, where these have the delta. Quality
    is half with five strikes and full with ten, and halved where the later expiry has less total
    variance.
    Source: spec S41-S43; Gatheral & Jacquier (2014) for the smile.
    """

    shares: ClassVar[dict[str, float]] = {"at_forward": 1.0}


class RiskReversal(_SmileWatch, frozen=True, kw_only=True):
    """Which way the smile leans: volatility of the call less that of the put of equal delta.

    In points of volatility, + when upside is dearer than downside: calls are bid. `days` from
    now, at this size of delta: the plain forward delta, or with `premium_adjusted` the net one
    of inverse options. Also published: `call`, `put` and `at_forward`. Unknown and quality as
    for `AtForwardVolatility`.
    Source: spec S42.
    """

    shares: ClassVar[dict[str, float]] = {"call": 1.0, "put": -1.0}


class Butterfly(_SmileWatch, frozen=True, kw_only=True):
    """What tails cost: mean volatility of call and put of equal delta less that at the forward.

    In points of volatility, + when far strikes are dear on both sides: large moves are feared.
    `days` from now, at this size of delta. Also published: `call`, `put` and `at_forward`.
    Unknown and quality as for `AtForwardVolatility`.
    Source: spec S42.
    """

    shares: ClassVar[dict[str, float]] = {"call": 0.5, "put": 0.5, "at_forward": -1.0}
