"""Score of which options are held: open interest of calls against puts."""

from typing import ClassVar

import numpy as np

from bot.signals.base import Terms
from bot.signals.gauge import Gauge, Input, Reading
from bot.signals.options.chain import Chain
from bot.signals.options.interest import WEIGHTS, InterestSkew, interest_skew, max_pain
from bot.signals.options.readings import (
    INTEREST_AGE_MS_MAX,
    ChainWatch,
    Part,
    label,
    youngest_ns,
)


class InterestGauge(Gauge):
    """The last skew of a chain, and each expiry's part in it."""

    weight: str
    expiry: str | None
    age_ns_max: int
    skew: InterestSkew | None = None
    pain: float | None = None
    parts: tuple[Part, ...] = ()
    heard_ns: int | None = None
    fresh: float = 0.0

    def take_chain(self, chain: Chain) -> None:
        """Count the open contracts of the expiries to come."""
        self.skew, self.pain, self.parts, self.fresh = None, None, (), 0.0
        expiries = [each for each in chain.series if self.expiry in (None, label(chain, each))]
        rows = np.zeros(len(chain.ids), bool)
        for each in expiries:
            rows[each.first : each.stop] = True
        rows &= chain.open_interest > 0.0
        self.heard_ns = youngest_ns(chain.interest_age_ns[rows], chain.at_ns)
        if self.heard_ns is None:
            return
        held = np.where(rows, chain.open_interest, 0.0)
        self.skew = interest_skew(chain.call, held, chain.delta, chain.vega)
        self.fresh = float(held[chain.interest_age_ns <= self.age_ns_max].sum() / held.sum())
        weights = (
            held
            * {
                "contracts": np.ones(len(held)),
                "delta": np.nan_to_num(np.abs(chain.delta)),
                "vega": np.nan_to_num(chain.vega),
            }[self.weight]
        )
        total = float(weights.sum())
        signed = np.where(chain.call, weights, -weights)
        if total > 0.0:
            self.parts = tuple(
                Part(
                    label(chain, each),
                    float(signed[each.first : each.stop].sum()) / total,
                    youngest_ns(chain.interest_age_ns[each.first : each.stop], chain.at_ns)
                    or self.heard_ns,
                )
                for each in expiries
            )
        if len(expiries) == 1:
            at = slice(expiries[0].first, expiries[0].stop)
            self.pain = max_pain(chain.call[at], chain.strike[at], chain.open_interest[at])

    def read(self, now_ns: int) -> Reading:
        """The skew by the chosen weight, the others beside it."""
        found = self.skew
        if found is None:
            return Reading(outputs=dict.fromkeys(OUTPUTS), quality=0.0)
        by_weight = {"contracts": found.contracts, "delta": found.delta, "vega": found.vega}
        known = found.quality if self.weight != "contracts" else 1.0
        late = now_ns - (self.heard_ns or now_ns) > self.age_ns_max
        return Reading(
            outputs={
                "value": by_weight[self.weight],
                **by_weight,
                "put_call_ratio": found.put_call_ratio,
                "calls": found.calls,
                "puts": found.puts,
                "max_pain": self.pain,
            },
            inputs=tuple(
                Input(f"expiry {part.name}", part.value, "1", now_ns - part.heard_ns, part.value)
                for part in self.parts
            ),
            stale=late or self.fresh < 0.5,
            quality=known * self.fresh,
        )


OUTPUTS = (
    "value",
    *WEIGHTS,
    "put_call_ratio",
    "calls",
    "puts",
    "max_pain",
)


class OptionInterestSkew(ChainWatch, frozen=True, kw_only=True):
    """Open interest of calls against puts: (calls - puts) / (calls + puts), in [-1, 1].

    + when calls are held. Every contract has a buyer and a seller, so it is a positioning proxy:
    which kind of option is held, never whether more are long than short. weight: `contracts`,
    `delta` (contracts times |delta|) or `vega`. expiry: one expiry as ids spell it, `261225`;
    None: all to come. Also published: the skew by each of the three weights, `put_call_ratio` of
    contracts, the open `calls` and `puts`, and for one expiry `max_pain`, the settlement price at
    which its options pay out least (for information: nothing drives the price there). Quality is
    the share of the open contracts heard of within ten minutes and, for the other weights, whose
    greeks are known; below half of them fresh it is stale.
    Source: spec S44.
    """

    outputs: ClassVar[tuple[str, ...]] = OUTPUTS

    weight: str = "contracts"
    expiry: str | None = None

    def gauge(self, terms: Terms) -> InterestGauge:
        """Knows nothing yet."""
        del terms
        if self.weight not in WEIGHTS:
            raise ValueError(
                f"{type(self).__name__}.weight: got {self.weight!r}, expected {', '.join(WEIGHTS)}"
            )
        return InterestGauge(self.weight, self.expiry, self.age_ns(INTEREST_AGE_MS_MAX))
