"""A strategy for benchmarks: orders of it rest always; it is asked every thousand rows."""

from bot import Base, InstrumentId, LogMid, Quote, Strategy, Struct, View


class Rest(Strategy):
    """Quote both sides some way from the mid, or the one that brings the position back."""

    instrument: InstrumentId
    size: Base
    away_bps: float
    wake_bps: float

    class Memory(Struct):
        """The mid that it quotes around."""

        mid: float | None = None

    def watches(self):
        """The mid."""
        return {"mid": LogMid(self.instrument, wake=self.wake_bps)}

    def decide(self, view: View):
        """Quotes around the mid that it last found far enough from the one before."""
        touch, memory = view.touch(self.instrument), view.memory
        if touch is None:
            return None
        away = touch.mid * self.away_bps / 1e4
        if memory.mid is None or abs(touch.mid - memory.mid) > away / 2:
            memory.mid = touch.mid
        held = view.position(self.instrument)
        bid = (memory.mid - away, self.size) if held <= 0.0 else None
        ask = (memory.mid + away, self.size) if held >= 0.0 else None
        return Quote(self.instrument, bid, ask)
