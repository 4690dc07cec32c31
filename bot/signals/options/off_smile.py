"""How far one option stands off the smile that the other strikes of its expiry make."""

import math
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from bot.model.units import InstrumentId
from bot.signals.base import Terms
from bot.signals.gauge import Gauge, Input, Reading
from bot.signals.options.chain import Chain, Series
from bot.signals.options.readings import CHAIN_AGE_MS_MAX, POINTS, ChainWatch, youngest_ns
from bot.signals.options.smile import mispricing


class OffSmileGauge(Gauge):
    """The option's own volatility, that of the others' smile at its strike, and who is apart.

    iv, others: fractions; None unknown. tradable: whether the difference can be traded.
    """

    option: InstrumentId
    age_ns_max: int
    iv: float | None = None
    others: float | None = None
    tradable: bool | None = None
    heard_ns: int | None = None
    quality: float = 0.0

    def take_chain(self, chain: Chain) -> None:
        """Fit its expiry without its strike."""
        self.iv = self.others = self.tradable = self.heard_ns = None
        self.quality = 0.0
        if self.option not in chain.ids:
            return
        row = chain.ids.index(self.option)
        series = next(one for one in chain.series if one.first <= row < one.stop)
        self.heard_ns = youngest_ns(chain.age_ns[row : row + 1], chain.at_ns)
        if series.forward is None or not chain.quality[row] > 0.0:
            return
        rows = _one_of_each_strike(chain, series, series.forward, row)
        k = np.log(chain.strike[rows] / series.forward)
        found = mispricing(k, chain.iv[rows], chain.bid_iv[rows], chain.ask_iv[rows], series.years)
        if found is None:
            return
        at = int(np.flatnonzero(rows == row)[0])
        if math.isfinite(found.edge[at]):
            self.iv, self.others = float(chain.iv[row]), float(found.iv[at])
            self.tradable = bool(found.tradable[at])
            self.quality = float(chain.quality[row])

    def read(self, now_ns: int) -> Reading:
        """The difference in points of volatility."""
        age = None if self.heard_ns is None else now_ns - self.heard_ns
        iv = others = value = less = None
        if self.iv is not None and self.others is not None:
            iv, others = self.iv * POINTS, self.others * POINTS
            value, less = iv - others, -others
        return Reading(
            outputs={
                "value": value,
                "tradable": None if self.tradable is None else float(self.tradable),
                "iv": iv,
                "others": others,
            },
            inputs=(
                Input("its mid", iv, "vol points", age, iv),
                Input("the others' smile", others, "vol points", None, less),
            ),
            stale=age is not None and age > self.age_ns_max,
            quality=self.quality,
        )


def _one_of_each_strike(
    chain: Chain, series: Series, forward: float, kept: int
) -> npt.NDArray[np.intp]:
    """The rows of an expiry that are quoted well, one a strike: `kept`, else out of the money."""
    rows = series.first + np.flatnonzero(chain.quality[series.first : series.stop] > 0.0)
    inside = chain.call[rows] != (chain.strike[rows] >= forward)
    rank = np.where(rows == kept, -1, inside)
    rows = rows[np.lexsort((rank, chain.strike[rows]))]
    _, firsts = np.unique(chain.strike[rows], return_index=True)
    return np.asarray(rows[firsts])


class OffSmile(ChainWatch, frozen=True, kw_only=True):
    """An option's volatility less that of the smile of its expiry's other strikes, in points.

    + when the option is dear. The smile is an SVI fitted without its strike, so that it is not
    judged by itself. Also published: `tradable`, 1 where that smile lies outside its bid and ask
    by more than a point and the difference is over two deviations of the others' errors, else 0;
    `iv` of its mid and `others`, the smile's. Unknown with fewer than five other strikes that
    are quoted well, and while it is not quoted on both sides. Quality is that of its quote.
    option: its id.
    Source: spec S43; Gatheral & Jacquier (2014) for the smile.
    """

    unit: ClassVar[str] = "vol points"
    outputs: ClassVar[tuple[str, ...]] = ("value", "tradable", "iv", "others")

    option: InstrumentId

    def gauge(self, terms: Terms) -> OffSmileGauge:
        """Knows nothing yet; ValueError when the option is of another chain."""
        del terms
        if not self.option.startswith(f"{self.chain}-"):
            raise ValueError(
                f"{type(self).__name__}.option: got {self.option}, expected one of {self.chain}"
            )
        return OffSmileGauge(self.option, self.age_ns(CHAIN_AGE_MS_MAX))
