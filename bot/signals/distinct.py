"""Which signals watches come to: what two strategies watch is computed once."""

from typing import Any

from msgspec.structs import replace

from bot.model.instrument import Instrument
from bot.model.units import InstrumentId
from bot.signals import codes
from bot.signals.base import Fees, Recipe, Terms, Watch
from bot.signals.custom import PlainWatch
from bot.signals.gauge import GaugeWatch


class Distinct:
    """The signals that watches come to, each once, what others look at before those.

    recipes, plain: of each signal, by number; plain where it is computed in plain Python. gauges:
    (number, watch, what it looks at by name, with the number of each).
    """

    def __init__(self, terms: Terms) -> None:
        """None yet."""
        self.terms = _Naming(terms)
        self.recipes: list[Recipe] = []
        self.plain: list[PlainWatch | None] = []
        self.gauges: list[tuple[int, GaugeWatch, list[tuple[str, Watch, int]]]] = []
        self._place: dict[Any, int] = {}

    def place(self, name: str, watch: Watch) -> int:
        """The number of the signal that a watch reads."""
        _check_wake(name, watch)
        if isinstance(watch, GaugeWatch):
            return self._gauge(watch)
        recipe = watch.recipe(self.terms)
        computed = _computed(watch)
        return self._number((recipe, computed), recipe, computed)

    def _gauge(self, watch: GaugeWatch) -> int:
        # How old its inputs may be is part of what a gauge computes.
        bare = replace(watch, wake=0.0, optional=False, quiet_ms=0)
        if bare not in self._place:
            inputs = [(name, one, self.place(name, one)) for name, one in watch.inputs().items()]
            concerned = [self.terms.index(one) for one in watch.concerns()]
            recipe = Recipe(
                code=codes.GAUGE,
                instrument=concerned[0] if concerned else 0,
                param=(),
                states=0,
                outputs=type(watch).outputs,
                hears=0,
                sources=(),
            )
            self.gauges.append((self._number(bare, recipe, None), bare, inputs))
        return self._place[bare]

    def _number(self, key: Any, recipe: Recipe, plain: PlainWatch | None) -> int:
        number = self._place.get(key)
        if number is None:
            number = self._place[key] = len(self.recipes)
            self.recipes.append(recipe)
            self.plain.append(plain)
        return number


def _computed(watch: Watch) -> PlainWatch | None:
    """What a plain watch computes, without what each strategy wants of it."""
    if not isinstance(watch, PlainWatch):
        return None
    return replace(watch, wake=0.0, optional=False, age_ms_max=None, quiet_ms=0)


def _check_wake(name: str, watch: Watch) -> None:
    if not watch.wake >= 0:
        raise ValueError(f"{type(watch).__name__} {name}.wake: got {watch.wake}, expected >= 0")


class _Naming:
    """Terms that remember which instrument has which number."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self.names: dict[int, InstrumentId] = {}

    def instrument(self, instrument: InstrumentId) -> Instrument:
        return self._terms.instrument(instrument)

    def index(self, instrument: InstrumentId) -> int:
        i = self._terms.index(instrument)
        self.names[i] = instrument
        return i

    def fees(self, instrument: InstrumentId) -> Fees:
        return self._terms.fees(instrument)
