"""Signals of rare events: kept in plain Python, read after each event and at whole seconds.

The compiled loop computes what every message moves. What is here hears some events an hour
(open interest, ratios, liquidations, funding, option chains) and may look once a second of the
tape at scores of the loop, so it can be written for the reader. A gauge is a value with its
memory in plain fields: it is saved with the engine, and the same events give the same readings.
"""

from collections.abc import Mapping
from typing import ClassVar

from msgspec import Struct

from bot.model.event import MarketEvent
from bot.model.units import InstrumentId
from bot.signals.base import Input as Input
from bot.signals.base import Terms, Watch
from bot.signals.options.chain import Chain


class Reading(Struct, frozen=True):
    """What a gauge says at one moment.

    outputs: by name, the main one first; None is unknown, and never zero. stale: an input is
    older than it may be, and the outputs stand for display only. quality: 0 to 1.
    """

    outputs: Mapping[str, float | None]
    inputs: tuple[Input, ...] = ()
    stale: bool = False
    quality: float = 1.0


class Gauge(Struct):
    """The memory of one signal, and how it moves.

    Nothing is read but what is given: no clock, no file, no chance. Times never decrease.
    """

    def hear(self, event: MarketEvent) -> None:
        """Take in an event of one of its instruments."""

    def sample(self, t_ns: int, scores: Mapping[str, float | None]) -> None:
        """Take in its input scores as they stood before the first row at or after a second.

        scores: by the names of `GaugeWatch.inputs`; None is unknown or stale. Without inputs there
        are none, and a second has passed all the same.
        """

    def take_chain(self, chain: Chain) -> None:
        """Take in one of its option chains, computed anew, as it stood at `chain.at_ns`."""

    def read(self, now_ns: int) -> Reading:
        """What it says now; asking changes nothing."""
        del now_ns
        raise TypeError(f"{type(self).__name__}: expected a method read(now_ns)")


class GaugeWatch(Watch, frozen=True):
    """A watch computed by a gauge.

    outputs: the names of what it publishes, the main one first.
    """

    outputs: ClassVar[tuple[str, ...]] = ("value",)

    def concerns(self) -> tuple[InstrumentId, ...]:
        """The instruments whose events it hears."""
        raise TypeError(f"{type(self).__name__}: expected a method concerns()")

    def chains(self) -> tuple[str, ...]:
        """The option chains that it looks at when they are computed, by name."""
        return ()

    def inputs(self) -> Mapping[str, Watch]:
        """The scores that it looks at once a second, by a name of its own."""
        return {}

    def gauge(self, terms: Terms) -> Gauge:
        """A gauge that has heard nothing; ValueError when the watch makes no sense."""
        del terms
        raise TypeError(f"{type(self).__name__}: expected a method gauge(terms)")
