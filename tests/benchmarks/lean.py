"""A strategy for benchmarks: leans with the trades, and is asked every thousand rows or so."""

from bot import Base, InstrumentId, Strategy, Target, TradeImbalance, View


class Lean(Strategy):
    """Hold the side that the trades of a minute lean to, if they lean far."""

    instrument: InstrumentId
    size: Base
    wake: float
    lean_min: float

    def watches(self):
        """The trades of the last minute or so."""
        return {"lean": TradeImbalance(self.instrument, half_life_s=0.5, wake=self.wake)}

    def decide(self, view: View):
        """The side that all trades are on, or whatever stood before."""
        lean = view["lean"] or 0.0
        if abs(lean) < self.lean_min:
            return None
        return Target(self.instrument, self.size if lean > 0.0 else -self.size)
