"""A strategy for benchmarks: wants the other side each time it is asked by the book."""

from bot import DepthImbalance, InstrumentId, Strategy, Struct, Target, Urgency, View


class Turn(Strategy):
    """Ten lots long, then ten short."""

    instrument: InstrumentId

    class Memory(Struct):
        """When it last turned, and to which side."""

        turned_ns: int = 0
        side: int = 1

    def watches(self):
        """Any change of the book."""
        return {"book": DepthImbalance(self.instrument, wake=0.0)}

    def decide(self, view: View):
        """The other side, several times a second."""
        if view.now - view.memory.turned_ns > 100_000_000:
            view.memory.turned_ns = view.now
            view.memory.side = -view.memory.side
        return Target(self.instrument, 0.01 * view.memory.side, Urgency.URGENT)
