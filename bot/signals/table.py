"""The watches of all strategies: laid out for the compiled loop, and read back as scores."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from bot.book.arrays import Book
from bot.book.layout import NEVER
from bot.signals import arrays, codes, publish, slots
from bot.signals.base import Input, Recipe, Score, Terms, Watch
from bot.signals.custom import PlainWatch
from bot.signals.distinct import Distinct
from bot.signals.entries import HEARD_AT, STREAMS, Entry, Gauged
from bot.signals.gauge import Reading
from bot.signals.layout import Trigger, lay_out, places

STRATEGIES_MAX: Final = 62
"""Woken strategies are bits of one integer."""


class SignalTable:
    """All signals of an engine: the arrays, and what each strategy calls them.

    A signal that two strategies watch is computed once. Order of declaration is kept, so that
    what a composite reads is computed before it. heard_funding_ns: when a funding rate of each
    instrument was last in force, NEVER if none was heard. required: of each strategy, the
    watches without which it is not asked; ages: whether any of those can become stale. house:
    what is watched for no strategy and wakes none.
    """

    def __init__(
        self,
        watches: Sequence[Mapping[str, Watch]],
        terms: Terms,
        instruments: int,
        house: Mapping[str, Watch] = {},
    ) -> None:
        """Lay the watches of every strategy, and those of the house, out over so many instruments.

        ValueError when a watch cannot be computed as it is written.
        """
        if len(watches) > STRATEGIES_MAX:
            raise ValueError(f"strategies: got {len(watches)}, expected at most {STRATEGIES_MAX}")
        found = Distinct(terms)
        chosen = [
            {name: found.place(name, watch) for name, watch in named.items()} for named in watches
        ]
        housed = {name: found.place(name, watch) for name, watch in house.items()}
        recipes = found.recipes
        self._instruments = found.terms.names
        self._places = places(recipes)
        triggers = sorted(
            Trigger(self._places[g].slot, strategy, name, watches[strategy][name].wake)
            for strategy, mine in enumerate(chosen)
            for name, g in mine.items()
        )
        self.arrays = lay_out(recipes, triggers, instruments)
        row_of = {(each.strategy, each.name): k for k, each in enumerate(triggers)}
        self.entries: tuple[dict[str, Entry], ...] = tuple(
            {
                name: self._entry(watches[strategy][name], recipes[g], g, row_of[strategy, name])
                for name, g in mine.items()
            }
            for strategy, mine in enumerate(chosen)
        )
        self.house: dict[str, Entry] = {
            name: self._entry(house[name], recipes[g], g, -1) for name, g in housed.items()
        }
        self.gauges: tuple[Gauged, ...] = tuple(
            Gauged(
                g,
                watch,
                self._places[g].slot,
                tuple((name, self._entry(inner, recipes[k], k, -1)) for name, inner, k in inputs),
            )
            for g, watch, inputs in found.gauges
        )
        self.readings: dict[int, Reading] = {}
        self._stale: set[int] = set()
        self.grown_stale: set[int] = set()
        self.required: tuple[tuple[tuple[str, Entry], ...], ...] = tuple(
            tuple((name, one) for name, one in entries.items() if not one.watch.optional)
            for entries in self.entries
        )
        self.ages = [any(one.aged for _, one in required) for required in self.required]
        self.plain_signals: tuple[tuple[int, int, PlainWatch], ...] = tuple(
            (g, recipes[g].instrument, watch)
            for g, watch in enumerate(found.plain)
            if watch is not None
        )
        self._fitted = tuple((g, one.refit) for g, one in enumerate(recipes) if one.refit)
        self.memories: list[dict[str, Any]] = [{} for _ in recipes]
        self.heard_funding_ns = [NEVER] * instruments
        # An item of a memoryview is a plain number, and costs a fifth of what an array's does.
        self._value: Any = self.arrays.value.data
        self._known: Any = self.arrays.known.data
        self._clock = self.arrays.clock.data
        self._book_head: Any = None
        self._head: Any = None

    def _entry(self, watch: Watch, recipe: Recipe, g: int, trigger: int) -> Entry:
        sources = tuple((i, HEARD_AT[heard]) for i, heard in recipe.sources)
        ages = [watch.age_ns_max(heard) for _, heard in recipe.sources]
        aged = tuple(
            (i, at, age) for (i, at), age in zip(sources, ages, strict=True) if age is not None
        )
        slot, z_slot = self._places[g]
        gauge = recipe.code == codes.GAUGE
        return Entry(watch, g, slot, recipe.outputs, z_slot, trigger, sources, aged, gauge)

    # --- reading ---------------------------------------------------------------------------

    def knows(self, entry: Entry) -> bool:
        """Whether a watch has a value, old or not."""
        return bool(self._known[entry.slot])

    def value(self, entry: Entry, book: Book, now: int) -> float | None:
        """What a watch says now, in one number: None when it is unknown or stale."""
        slot = entry.slot
        if not self._known[slot] or slot in self._stale:
            return None
        head = self._head if book.head is self._book_head else self._look_at(book)
        for i, at, age_ns_max in entry.aged:
            heard = head[i, at] if at >= 0 else self.heard_funding_ns[i]
            if now > heard + age_ns_max:
                return None
        value: float = self._value[slot]
        return value

    def score(self, entry: Entry, book: Book, now: int) -> Score:
        """What a watch says now, in full."""
        outputs = {name: self._output(entry.slot + k) for k, name in enumerate(entry.outputs)}
        reading = self.readings.get(entry.signal) if entry.gauge else None
        if reading is not None:
            why, stale, quality = reading.inputs, reading.stale, reading.quality
        else:
            why, stale = self._why(entry, book, now), self.stale(entry, book, now)
            quality = 0.0 if entry.gauge else outputs.get("quality", 1.0) or 0.0
        ages = [one.age_ns for one in why]
        known = [age for age in ages if age is not None]
        oldest = max(known, default=None) if len(known) == len(ages) else None
        return Score(
            value=None if stale else self._output(entry.slot),
            z=self._output(entry.z_slot) if entry.z_slot >= 0 and not stale else None,
            age_ns=oldest,
            ready=self.knows(entry),
            stale=stale,
            quality=quality,
            outputs=outputs,
            why=why,
        )

    def stale(self, entry: Entry, book: Book, now: int) -> bool:
        """Whether what a watch was computed from is too old."""
        if entry.gauge:
            return entry.slot in self._stale
        expires = self.expires_ns(entry, book)
        return expires is not None and now > expires

    def _why(self, entry: Entry, book: Book, now: int) -> tuple[Input, ...]:
        """The streams that a score of the loop was computed from, and how old they are."""
        found = []
        for i, at in entry.sources:
            heard = self._heard_ns(book, i, at)
            age = None if heard == NEVER else max(0, now - heard)
            found.append(Input(f"{self._instruments[i]} {STREAMS[at]}", None, "", age))
        return tuple(found)

    def expires_ns(self, entry: Entry, book: Book) -> int | None:
        """When the first of a watch's inputs becomes too old; None: never."""
        earliest: int | None = None
        for i, at, age_ns_max in entry.aged:
            expires = self._heard_ns(book, i, at) + age_ns_max
            if earliest is None or expires < earliest:
                earliest = expires
        return earliest

    def _output(self, slot: int) -> float | None:
        return self._value[slot] if self._known[slot] else None

    def _heard_ns(self, book: Book, i: int, at: int) -> int:
        if at < 0:
            return self.heard_funding_ns[i]
        head = self._head if book.head is self._book_head else self._look_at(book)
        heard: int = head[i, at]
        return heard

    def _look_at(self, book: Book) -> Any:
        self._book_head, self._head = book.head, book.head.data
        return self._head

    # --- writing ---------------------------------------------------------------------------

    def tell(self, gauged: Gauged, reading: Reading) -> None:
        """Publish what a gauge says; what is no number is unknown."""
        self.note(gauged, reading)
        for slot, name in enumerate(type(gauged.watch).outputs, gauged.slot):
            value = reading.outputs.get(name)
            if value is not None and math.isfinite(value):
                self._value[slot], self._known[slot] = value, 1
            else:
                self._known[slot] = 0
        publish.pull_triggers_at(self.arrays.places, gauged.slot)

    def note(self, gauged: Gauged, reading: Reading) -> None:
        """Keep what a gauge says for whoever asks why, and whether it is stale."""
        self.readings[gauged.signal] = reading
        if not reading.stale:
            self._stale.discard(gauged.slot)
        elif gauged.slot not in self._stale:
            self._stale.add(gauged.slot)
            self.grown_stale.add(gauged.slot)

    def withdraw(self, gauged: Gauged) -> None:
        """Publish that nothing is known of a gauge."""
        self.tell(gauged, Reading({}, quality=0.0))

    @property
    def anyone_woken(self) -> bool:
        """Whether a trigger has woken a strategy that has not looked yet."""
        return bool(self._clock[arrays.WOKEN])

    def woken(self) -> int:
        """Bits of the strategies that a trigger has woken; all that they watch counts as seen."""
        bits: int = self._clock[arrays.WOKEN]
        if bits:
            publish.look_at(self.arrays.places, bits)
        return bits

    def publish(self, signal: int, value: float | None) -> None:
        """Publish the value of a plain-Python signal."""
        slot = self._places[signal].slot
        if value is None:
            publish.withdraw(self.arrays, slot)
        else:
            publish.publish(self.arrays, slot, float(value))
        publish.pull_triggers(self.arrays, slot)

    def refit(self) -> None:
        """Fit anew what has asked for it; the loop stops for that before the next message."""
        if not self._clock[arrays.REFIT]:
            return
        self._clock[arrays.REFIT] = 0
        held = self.arrays
        for g, fit in self._fitted:
            spec = held.spec[g]
            param = held.param[spec[arrays.PARAM] : spec[arrays.PARAM] + spec[arrays.PARAMS]]
            state = held.state[spec[arrays.STATE] : spec[arrays.STATE] + spec[arrays.STATES]]
            if state[arrays.DUE]:
                state[arrays.DUE] = 0.0
                fit(param, state)

    def force(self, entry: Entry) -> None:
        """Wake its strategy when an input of it is heard again, whether or not it moves."""
        self.arrays.spec[entry.signal, arrays.FORCE] = 1
        self.arrays.trigger[entry.trigger, slots.SEEN_KNOWN] = 0.0
