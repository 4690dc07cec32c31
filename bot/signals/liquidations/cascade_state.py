"""What a running cascade forbids: a plain state machine that the risk layer can read.

    score >= 0.30   CAUTION  nothing passive against the move, half the size
    score >= 0.60   DEFEND   quotes off, hedges only, less leverage
    score >= 0.85   HALT     no entries for 30 minutes
    score <= 0.15 for 10 minutes (and the 30 minutes over)   NORMAL

It climbs at once and comes down only all the way: between the thresholds it stays.
"""

from typing import Final

from msgspec import Struct

from bot.model.alarm import Alarm
from bot.model.units import NS_PER_SECOND

HALT_NS: Final = 1_800 * NS_PER_SECOND
CALM_NS: Final = 600 * NS_PER_SECOND
RELEASE: Final = 0.15


THRESHOLDS: Final = ((0.85, Alarm.HALT), (0.60, Alarm.DEFEND), (0.30, Alarm.CAUTION))


class CascadeState(Struct):
    """The alarm that stands, since when, and the direction of the move that raised it.

    calm_since_ns: since when the score has been low without a break; unknown is no calm.
    halted_ns: when the score last asked for a halt.
    """

    alarm: Alarm = Alarm.NORMAL
    since_ns: int | None = None
    direction: int = 0
    calm_since_ns: int | None = None
    halted_ns: int | None = None

    def look(self, now_ns: int, score: float | None, direction: int) -> Alarm:
        """Take in the score of this moment; the alarm that stands then."""
        if score is None:
            self.calm_since_ns = None
            return self.alarm
        asked = next((alarm for least, alarm in THRESHOLDS if score >= least), Alarm.NORMAL)
        if asked is Alarm.HALT:
            self.halted_ns = now_ns
        if asked > self.alarm:
            self.alarm, self.since_ns = asked, now_ns
        if asked is not Alarm.NORMAL:
            self.direction = direction
        if score > RELEASE:
            self.calm_since_ns = None
        elif self.calm_since_ns is None:
            self.calm_since_ns = now_ns
        if self.alarm is not Alarm.NORMAL and self._over(now_ns):
            self.alarm, self.since_ns, self.direction = Alarm.NORMAL, now_ns, 0
            self.halted_ns = None
        return self.alarm

    def _over(self, now_ns: int) -> bool:
        calm = self.calm_since_ns is not None and now_ns - self.calm_since_ns >= CALM_NS
        return calm and (self.halted_ns is None or now_ns - self.halted_ns >= HALT_NS)
