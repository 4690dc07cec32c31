"""How a simulated market behaves: its premium, its funding, its orders."""

from decimal import Decimal
from typing import Final

from msgspec import Struct

from bot.model.units import NS_PER_HOUR, NS_PER_SECOND


class Premium(Struct, frozen=True, kw_only=True):
    """How far perpetuals trade from their index: moods that last, and a way back to the mood.

    moods_bps: where the premium may be drawn to, one at a time, each as likely. The times are
    in funding intervals, so that a market with a short interval lives faster.
    """

    moods_bps: tuple[float, ...] = (-15.0, 0.0, 12.0, 40.0)
    mood_intervals: float = 1.5
    half_life_intervals: float = 0.15
    deviation_bps: float = 3.0

    def __post_init__(self) -> None:
        """Refuse moods that nobody believes, and times that do not pass."""
        if not self.moods_bps or any(not abs(mood) <= 90 for mood in self.moods_bps):
            raise ValueError(f"moods_bps: got {self.moods_bps}, expected some, -90 to 90")
        for name in ("mood_intervals", "half_life_intervals"):
            value: float = getattr(self, name)
            if not 0 < value < float("inf"):
                raise ValueError(f"{name}: got {value}, expected a number > 0")
        if not 0 <= self.deviation_bps <= 30:
            raise ValueError(f"deviation_bps: got {self.deviation_bps}, expected 0 to 30")


class FundingTerms(Struct, frozen=True, kw_only=True):
    """How the venue charges funding; rates are fractions per 8 hours, scaled to the interval.

    publish_s: how often the predicted rate is published.
    """

    interval_ns: int = 8 * NS_PER_HOUR
    interest: Decimal = Decimal("0.0001")
    damp: Decimal = Decimal("0.0005")
    cap: Decimal = Decimal("0.02")
    publish_s: int = 1

    def __post_init__(self) -> None:
        """Refuse times that no calendar has."""
        if self.interval_ns <= 0 or self.interval_ns % NS_PER_SECOND:
            raise ValueError(
                f"funding.interval_ns: got {self.interval_ns}, expected whole seconds, in ns"
            )
        if not 1 <= self.publish_s <= 3_600:
            raise ValueError(f"funding.publish_s: got {self.publish_s}, expected 1 to 3600")


class Flow(Struct, frozen=True, kw_only=True):
    """How orders come, and what they know; the numbers are fitted to recorded books.

    orders: chance that a slot has an order, on average. excited: parts of all orders that an
    order excites, fast and slowly; fades_s: half-lives of that. size_deviation: standard
    deviation of the logarithm of sizes. copies, splits: parts of orders that repeat the side of
    the one before, and that are a piece of a large order; pieces: into how many it is split.
    informed, leans: how far takers and queues lean to where the price is going, and with the
    coin's flow, 0 to 1. sight_bps: so far behind the price they are sure. impact_bps: what each
    doubling of an order moves quotes; returns_s: half-life of that. bursts: whether the price
    moves in bursts.
    """

    orders: float = 0.06
    excited: tuple[float, float] = (0.42, 0.46)
    fades_s: tuple[float, float] = (0.1, 2.0)
    size_deviation: float = 2.2
    copies: float = 0.2
    splits: float = 0.38
    pieces: int = 40
    informed: float = 0.45
    leans: float = 1.0
    sight_bps: float = 0.15
    impact_bps: float = 0.07
    returns_s: float = 3.0
    bursts: bool = True

    def __post_init__(self) -> None:
        """Refuse what would explode, and chances that are none."""
        for name in ("copies", "splits", "informed", "leans", "orders"):
            value: float = getattr(self, name)
            if not 0 <= value <= 1:
                raise ValueError(f"flow.{name}: got {value}, expected 0 to 1")
        if not (min(self.excited) >= 0 and sum(self.excited) <= 0.9):
            raise ValueError(f"flow.excited: got {self.excited}, expected parts, 0.9 together")
        if self.copies + self.splits > 1:
            raise ValueError(f"flow.splits: got {self.splits}, expected 1 with copies at most")
        if not 0 <= self.size_deviation <= 2.5:
            raise ValueError(f"flow.size_deviation: got {self.size_deviation}, expected 0 to 2.5")
        if not 1 <= self.pieces <= 1_000:
            raise ValueError(f"flow.pieces: got {self.pieces}, expected 1 to 1000")
        for name in ("sight_bps", "returns_s"):
            if not 0 < getattr(self, name) < float("inf"):
                raise ValueError(f"flow.{name}: got {getattr(self, name)}, expected a number > 0")
        if min(self.fades_s) <= 0:
            raise ValueError(f"flow.fades_s: got {self.fades_s}, expected numbers > 0")
        if not 0 <= self.impact_bps <= 10:
            raise ValueError(f"flow.impact_bps: got {self.impact_bps}, expected 0 to 10")


POISSON: Final = Flow(
    excited=(0.0, 0.0),
    size_deviation=0.5,
    copies=0.0,
    splits=0.0,
    informed=0.0,
    leans=0.0,
    impact_bps=0.0,
    bursts=False,
)
"""Orders that know of nothing, neither of each other nor of the price, with sizes of their own: the
market that nobody should believe."""
