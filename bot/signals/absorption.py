"""Aggression that the price does not follow: somebody rests there and takes it all."""

from typing import ClassVar

from bot.book.layout import LADDER
from bot.model.units import NS_PER_SECOND, InstrumentId
from bot.signals import codes
from bot.signals.absorption_kernels import absorption_size
from bot.signals.base import HEARD_ALL, Recipe, Terms, Watch, base_per_lot, positive, reading
from bot.tape.rows import TRADE


class Absorption(Watch, frozen=True):
    """Strong aggression without progress of the price, in [-1, 1].

    + when selling is absorbed: sellers press, and the mid does not fall as it usually would.
    The net volume of the last `window_s` is judged by its robust z against windows of the same
    length on the clock, of `history_s`: force ramps from 0 at `z_low` to 1 at `z_high`. The move
    that it should make is Kyle's slope over the last `trades` times the net volume, at least
    `move_bps_min`. The score is minus the sign of the net volume, times the force, times the
    share of that move that the mid did not make. Known from `history_min` windows on. Also
    published: `z`; `net`, in base coins (quote units for inverse contracts); `impact`, the
    slope in bps a unit; `moved`, in bps; `refilled`, 1 when the best price of the side that was
    hit shrank and stood again at `refill_share` of its size within `refill_s` of the trade,
    within the window: a hint of hidden size.
    Source: definition of this project, signals specification, S11.
    """

    unit: ClassVar[str] = "score"

    instrument: InstrumentId
    source: str = "touch"
    window_s: float = 10.0
    history_s: float = 1_800.0
    history_min: int = 60
    z_low: float = 1.5
    z_high: float = 4.0
    move_bps_min: float = 0.1
    trades: int = 200
    refill_share: float = 0.8
    refill_s: float = 1.0
    capacity: int = 16_384

    def recipe(self, terms: Terms) -> Recipe:
        """Sums over a window, which moves with time alone: recomputed at every message."""
        i = terms.index(self.instrument)
        code, heard = reading(self, self.source)
        positive(self, "window_s", "history_s", "history_min", "move_bps_min", "capacity")
        positive(self, "refill_share", "refill_s")
        if not 0.0 <= self.z_low < self.z_high:
            raise ValueError(f"Absorption.z_low: got {self.z_low}, expected 0 to below z_high")
        if self.trades < 3:
            raise ValueError(f"Absorption.trades: got {self.trades}, expected at least 3")
        history = round(self.history_s / self.window_s)
        if not self.history_min <= history:
            raise ValueError(
                f"Absorption.history_min: got {self.history_min}, expected at most the {history} "
                "windows of history_s"
            )
        return Recipe(
            code=codes.ABSORPTION,
            instrument=i,
            param=(
                float(code),
                float(max(1, round(self.window_s * NS_PER_SECOND))),
                float(history),
                float(self.history_min),
                self.z_low,
                self.z_high,
                self.move_bps_min,
                float(self.trades),
                float(self.capacity),
                self.refill_share,
                self.refill_s * NS_PER_SECOND,
                base_per_lot(terms.instrument(self.instrument)),
            ),
            states=absorption_size(history, self.trades, self.capacity),
            outputs=("value", "z", "net", "impact", "moved", "refilled"),
            hears=HEARD_ALL,
            within=LADDER + 1,
            rows=1 << TRADE,
            sources=((i, heard),),
        )
