"""Scores of gamma: what hedgers must trade, where that turns, and whether it can run away."""

import math
from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from msgspec import field

from bot.model.units import InstrumentId
from bot.signals.base import Terms, Watch
from bot.signals.gauge import Gauge, Input, Reading
from bot.signals.options.black76 import NS_A_YEAR
from bot.signals.options.chain import NEVER, Chain, Column
from bot.signals.options.exposure import exposures, gamma_squeeze, naive_contracts, zero_levels
from bot.signals.options.heard import FLOW_HALF_NS
from bot.signals.options.readings import (
    CHAIN_AGE_MS_MAX,
    INTEREST_AGE_MS_MAX,
    ChainWatch,
    Part,
    label,
    youngest_ns,
)
from bot.signals.options.returns import HourlyReturn
from bot.signals.price import LogMid

ABSOLUTE = "absolute"
NAIVE = "naive"
FLOW = "flow"

FLOW_QUALITY_MIN = 0.5

_OUTPUTS = ("value", "zero_level", "zero_levels")
_QUOTE = "quote per 1 %"


class ExposureGauge(Gauge):
    """The last exposure of a chain under one assumption, and each expiry's part in it.

    value: None while nothing is known. price: the forward of the nearest expiry.
    """

    assumption: str
    age_ns_max: int
    interest_age_ns_max: int
    value: float | None = None
    levels: tuple[float, ...] = ()
    price: float | None = None
    parts: tuple[Part, ...] = ()
    heard_ns: int | None = None
    quality: float = 0.0
    fresh: float = 0.0

    def take_chain(self, chain: Chain) -> None:
        """Add up the exposure of every option whose gamma and holders are known."""
        self.value, self.levels, self.parts = None, (), ()
        self.price, self.quality, self.fresh = None, 0.0, 0.0
        held = np.where(chain.open_interest > 0.0, chain.open_interest, 0.0)
        contracts = self._contracts(chain, held)
        found = exposures(chain.gamma, contracts, chain.forward)
        known = np.isfinite(found)
        fresh = known & (chain.age_ns <= self.age_ns_max)
        if self.assumption != FLOW:
            known &= chain.interest_age_ns < NEVER
            fresh &= known & (chain.interest_age_ns <= self.interest_age_ns_max)
        self.heard_ns = youngest_ns(chain.age_ns[known], chain.at_ns)
        if self.heard_ns is None:
            return
        self.value = float(found[known].sum())
        self.parts = tuple(
            Part(
                label(chain, each),
                float(np.nansum(found[each.first : each.stop])),
                youngest_ns(chain.age_ns[each.first : each.stop], chain.at_ns) or self.heard_ns,
            )
            for each in chain.series
        )
        size = np.abs(contracts) if self.assumption == FLOW else held
        total = float(np.nansum(size))
        if total > 0.0:
            self.quality = float(np.nansum(size[known])) / total
            self.fresh = float(np.nansum(size[fresh])) / total
        if self.assumption == FLOW:
            # Until takers were watched for a half-life, most of what dealers hold is not known.
            watched = (chain.at_ns - (chain.flow_since_ns or chain.at_ns)) / FLOW_HALF_NS
            self.quality *= min(1.0, watched)
        self.price = next((each.forward for each in chain.series if each.forward), None)
        if self.assumption != ABSOLUTE and self.price is not None:
            years = (chain.expiry_ns - chain.at_ns) / NS_A_YEAR
            self.levels = zero_levels(
                chain.strike, years, chain.model_iv, contracts, chain.forward, self.price
            )

    def read(self, now_ns: int) -> Reading:
        """The exposure, the zero level nearest to the price, and all of them as inputs."""
        nearest = None
        if self.price is not None and self.levels:
            price = self.price
            nearest = min(self.levels, key=lambda level: abs(level - price))
        age = None if self.heard_ns is None else now_ns - self.heard_ns
        inputs = [
            Input(f"expiry {part.name}", part.value, _QUOTE, now_ns - part.heard_ns, part.value)
            for part in self.parts
        ]
        inputs += [Input("zero level", level, "quote", age) for level in self.levels]
        inputs.append(Input("forward", self.price, "quote", age))
        outputs: dict[str, float | None] = {"value": self.value}
        if self.assumption != ABSOLUTE:  # nothing there changes sign
            outputs["zero_level"] = nearest
            outputs["zero_levels"] = None if self.value is None else len(self.levels)
        return Reading(
            outputs=outputs,
            inputs=tuple(inputs),
            stale=age is not None and (age > self.age_ns_max or self.fresh < 0.5),
            quality=self.quality,
        )

    def _contracts(self, chain: Chain, held: Column) -> Column:
        if self.assumption == FLOW:
            return -chain.taker_flow
        return naive_contracts(chain.call, held) if self.assumption == NAIVE else held


class _ExposureWatch(ChainWatch, frozen=True, kw_only=True):
    """A gamma exposure under one assumption."""

    unit: ClassVar[str] = "quote per 1 %"
    outputs: ClassVar[tuple[str, ...]] = _OUTPUTS
    assumption: ClassVar[str]

    def gauge(self, terms: Terms) -> ExposureGauge:
        """Knows nothing yet."""
        del terms
        return ExposureGauge(
            self.assumption, self.age_ns(CHAIN_AGE_MS_MAX), self.age_ns(INTEREST_AGE_MS_MAX)
        )


class GammaExposureAbsolute(_ExposureWatch, frozen=True, kw_only=True):
    """All gamma that is held, whoever holds it: what delta hedges move by if the price moves 1 %.

    In quote per 1 %: sum of gamma x open contracts x forward² x 0.01, never negative. How much
    hedging there is, not which way. Greeks are computed with the venue's mark volatility while
    it is fresh. Quality is the share of the open contracts whose gamma is known; stale when less
    than half of them were quoted within a minute and counted within ten.
    Source: spec S45.
    """

    outputs: ClassVar[tuple[str, ...]] = ("value",)
    assumption: ClassVar[str] = ABSOLUTE


class GammaExposureNaive(_ExposureWatch, frozen=True, kw_only=True):
    """Gamma of dealers, if they are long every call and short every put, in quote per 1 %.

    + when hedging dampens moves: dealers sell what rises and buy what falls. The assumption is a
    habit of equity indices and doubtful in crypto, where calls are overwritten and bought alike;
    where option trades are heard, prefer `GammaExposureFlow`. Also published: `zero_level`, the
    price nearest to the forward at which the sum changes sign when strikes keep their
    volatilities (unknown without one; all from half to double the price are among the inputs),
    and how many `zero_levels` there are. Quality as for `GammaExposureAbsolute`.
    Source: spec S45.
    """

    assumption: ClassVar[str] = NAIVE


class GammaExposureFlow(_ExposureWatch, frozen=True, kw_only=True):
    """Gamma of dealers, if they hold the opposite of what takers were seen to trade, per 1 %.

    In quote, + when hedging dampens moves. A taker's trade counts half after seven days. Unknown
    until one was heard; the quality grows over seven days, for what dealers held before is not
    known. Also published: `zero_level` and `zero_levels`, as for `GammaExposureNaive`.
    Source: spec S45.
    """

    assumption: ClassVar[str] = FLOW


class SqueezeGauge(Gauge):
    """Two exposures, the price of the last hour, and what the book holds against a move."""

    naive: ExposureGauge
    flow: ExposureGauge
    returns: HourlyReturn = field(default_factory=HourlyReturn)
    depth: dict[str, float | None] = field(default_factory=dict)

    def take_chain(self, chain: Chain) -> None:
        """Take the exposures anew."""
        self.naive.take_chain(chain)
        self.flow.take_chain(chain)

    def sample(self, t_ns: int, scores: Mapping[str, float | None]) -> None:
        """Follow the price, and remember both depths."""
        self.returns.follow(t_ns, scores.get("log_mid"))
        self.depth = {name: scores.get(name) for name in ("depth_above", "depth_below")}

    def read(self, now_ns: int) -> Reading:
        """The squeeze, with which exposure it was made of."""
        flow, naive = self.flow.read(now_ns), self.naive.read(now_ns)
        watched = flow.outputs["value"] is not None and flow.quality >= FLOW_QUALITY_MIN
        used, name = (flow, FLOW) if watched and not flow.stale else (naive, NAIVE)
        exposure, z = used.outputs["value"], self.returns.z
        depth = None
        if z is not None:
            depth = self.depth.get("depth_above" if z >= 0.0 else "depth_below")
        value: float | None = None
        direction: float | None = None
        if exposure is not None and z is not None and (exposure >= 0.0 or depth is not None):
            value, direction = gamma_squeeze(exposure, depth or 0.0, z)
        age = next((each.age_ns for each in used.inputs), None)
        pressed = None
        if exposure is not None and depth is not None and depth > 0.0:
            pressed = max(-exposure, 0.0) / depth
        return Reading(
            outputs={
                "value": value,
                "direction": direction,
                "exposure": exposure,
                "hedge_over_depth": pressed,
            },
            inputs=(
                Input(f"exposure, {name}", exposure, _QUOTE, age),
                Input("z of the hour's return", z, "1"),
                Input("depth within 1 % that way", depth, "quote"),
            ),
            stale=used.stale,
            quality=used.quality,
        )


class GammaSqueeze(ChainWatch, frozen=True, kw_only=True):
    """How far the hedging of dealers that are short gamma can push a move on, in [0, 1].

    It has no sign, and is 0 while dealers are long gamma: then they dampen. Else the ramp of
    |gamma exposure| over the depth of the book within 1 % on the side of the move, from 0.1 to
    1, times 0.25 for a still price up to 1 for a return of three deviations in an hour; active
    from 0.5. The exposure is flow-signed where trades of takers were heard for half a week (its
    quality is a half then), else naive: of the first trades alone dealers would hold next to
    nothing. The inputs say which. Also published: `direction` of the hour's return (+1 up),
    `exposure` in quote per 1 %, and `hedge_over_depth`. Unknown without an exposure, without an
    hour of prices, or while the depth is needed and not known.
    instrument: whose book's mid is followed. depth_above, depth_below: scores of the quote value
    that its book holds within 1 % above and below the mid.
    Source: our own definition, spec S46.
    """

    outputs: ClassVar[tuple[str, ...]] = ("value", "direction", "exposure", "hedge_over_depth")

    instrument: InstrumentId
    depth_above: Watch
    depth_below: Watch

    def inputs(self) -> Mapping[str, Watch]:
        """The mid, and the depth on both sides."""
        return {
            "log_mid": LogMid(self.instrument, wake=math.inf),
            "depth_above": self.depth_above,
            "depth_below": self.depth_below,
        }

    def gauge(self, terms: Terms) -> SqueezeGauge:
        """Knows nothing yet."""
        del terms
        ages = self.age_ns(CHAIN_AGE_MS_MAX), self.age_ns(INTEREST_AGE_MS_MAX)
        return SqueezeGauge(ExposureGauge(NAIVE, *ages), ExposureGauge(FLOW, *ages))
