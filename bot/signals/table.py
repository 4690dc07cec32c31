"""From the watches of all strategies to the arrays of the compiled loop, and back to scores."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from msgspec import Struct

from bot.book.arrays import Book
from bot.book.layout import (
    BOOK_NS,
    HEARD_BOOK,
    HEARD_FUNDING,
    HEARD_SCALAR,
    HEARD_TOUCH,
    HEARD_TRADE,
    LADDER,
    NEVER,
    SCALAR_NS,
    TOUCH_NS,
    TRADE_NS,
)
from bot.signals import arrays, evaluate, publish, slots
from bot.signals.arrays import Signals
from bot.signals.base import Recipe, Score, Terms, Watch
from bot.signals.custom import PlainWatch
from bot.signals.standard import window_size
from bot.tape.rows import INDEX, MARK

STRATEGIES_MAX: Final = 62
"""Woken strategies are bits of one integer."""


class Entry(Struct, frozen=True):
    """Where one watch of one strategy stands in the arrays.

    sources: (instrument, input, ns it may be old or None). plain: the watch, when it is
    computed in Python.
    """

    watch: Watch
    signal: int
    slot: int
    outputs: tuple[str, ...]
    z_slot: int
    trigger: int
    sources: tuple[tuple[int, int, int | None], ...]
    plain: PlainWatch | None


class SignalTable:
    """All signals of an engine: the arrays, and what each strategy calls them.

    A signal that two strategies watch is computed once. Order of declaration is kept, so that
    what a composite reads is computed before it.
    """

    def __init__(
        self, watches: Sequence[Mapping[str, Watch]], terms: Terms, instruments: int
    ) -> None:
        """Lay the watches of every strategy out over so many instruments."""
        if len(watches) > STRATEGIES_MAX:
            raise ValueError(f"strategies: got {len(watches)}, expected at most {STRATEGIES_MAX}")
        self._recipes: list[Recipe] = []
        self._plain: list[PlainWatch | None] = []
        place: dict[Any, int] = {}
        chosen: list[list[tuple[str, Watch, int]]] = []
        for named in watches:
            mine: list[tuple[str, Watch, int]] = []
            for name, watch in named.items():
                recipe = watch.recipe(terms)
                plain = watch if isinstance(watch, PlainWatch) else None
                # The sources' ages belong to the watch, the rest to the signal.
                key = (recipe, plain)
                if key not in place:
                    place[key] = len(self._recipes)
                    self._recipes.append(recipe)
                    self._plain.append(plain)
                mine.append((name, watch, place[key]))
            chosen.append(mine)
        self._lay_out(instruments)
        self.entries: tuple[dict[str, Entry], ...] = self._hang_triggers(chosen)
        self.heard_funding_ns = np.full(instruments, NEVER, np.int64)
        self.memories: list[dict[str, Any]] = [{} for _ in self._recipes]

    def _lay_out(self, instruments: int) -> None:
        recipes = self._recipes
        spec = np.zeros((len(recipes), arrays.SPEC_COLUMNS), np.int64)
        param: list[float] = []
        state: list[float] = []
        standard: list[tuple[int, int, int, int]] = []
        self._slots: list[int] = []
        self._z: list[int] = []
        slot = 0
        members: list[list[int]] = [[] for _ in range(instruments)]
        rows: list[list[int]] = [[] for _ in range(instruments)]
        for g, recipe in enumerate(recipes):
            spec[g] = _spec_row(recipe, len(param), len(state), slot)
            param.extend(recipe.param)
            state.extend(recipe.state or (0.0,) * recipe.states)
            self._slots.append(slot)
            slot += len(recipe.outputs)
            if recipe.z:
                self._z.append(slot)
                standard.append((self._slots[g], slot, recipe.z, len(state)))
                state.extend((0.0,) * window_size(recipe.z))
                slot += 1
            else:
                self._z.append(-1)
            if recipe.code != evaluate.PLAIN:
                for i in {recipe.instrument, recipe.other} - {-1}:
                    members[i].append(g)
            if recipe.rows:
                rows[recipe.instrument].append(g)
        first, member = _rows_of(members)
        row_first, row_member = _rows_of(rows)
        clock = np.zeros(arrays.CLOCK_ENTRIES, np.int64)
        clock[arrays.SAMPLE_NS] = -1
        plain = np.zeros(instruments, np.int64)
        for recipe in recipes:
            if recipe.code == evaluate.PLAIN:
                plain[recipe.instrument] = 1
        self.arrays = Signals(
            spec=spec,
            first=first,
            member=member,
            row_first=row_first,
            row_member=row_member,
            param=np.array([*param, 0.0]),
            state=np.array([*state, 0.0]),
            value=np.zeros(slot + 1),
            known=np.zeros(slot + 1, np.int64),
            trigger_first=np.zeros(slot + 2, np.int64),
            trigger=np.zeros((0, slots.TRIGGER_COLUMNS)),
            funding=np.zeros((instruments, arrays.FUNDING_COLUMNS)),
            settles=np.zeros(instruments, np.int64),
            standard=np.array(standard, np.int64).reshape(-1, arrays.STANDARD_COLUMNS),
            clock=clock,
            plain=plain,
        )

    def _hang_triggers(
        self, chosen: list[list[tuple[str, Watch, int]]]
    ) -> tuple[dict[str, Entry], ...]:
        wanted = sorted(
            (self._slots[g], strategy, name)
            for strategy, mine in enumerate(chosen)
            for name, _, g in mine
        )
        trigger = np.zeros((len(wanted), slots.TRIGGER_COLUMNS))
        first = np.zeros(len(self.arrays.value) + 1, np.int64)
        row_of: dict[tuple[int, str], int] = {}
        for k, (slot, strategy, name) in enumerate(wanted):
            first[slot + 1 :] += 1
            row_of[strategy, name] = k
            trigger[k, slots.STRATEGY] = strategy
            trigger[k, slots.TRIGGER_SLOT] = slot
            trigger[k, slots.LOW] = -math.inf
            trigger[k, slots.HIGH] = math.inf
        entries: list[dict[str, Entry]] = []
        for strategy, mine in enumerate(chosen):
            named: dict[str, Entry] = {}
            for name, watch, g in mine:
                k = row_of[strategy, name]
                trigger[k, slots.WAKE] = watch.wake
                recipe = self._recipes[g]
                sources = tuple((i, heard, watch.age_ns_max(heard)) for i, heard in recipe.sources)
                named[name] = Entry(
                    watch, g, self._slots[g], recipe.outputs, self._z[g], k, sources, self._plain[g]
                )
            entries.append(named)
        self.arrays = self.arrays._replace(trigger_first=first, trigger=trigger)
        return tuple(entries)

    @property
    def plain_signals(self) -> list[tuple[int, int, PlainWatch]]:
        """Signal, instrument and watch of those computed in Python."""
        return [
            (g, self._recipes[g].instrument, watch)
            for g, watch in enumerate(self._plain)
            if watch is not None
        ]

    def publish(self, signal: int, value: float | None) -> None:
        """Publish the value of a plain-Python signal."""
        slot = self._slots[signal]
        if value is None:
            publish.withdraw(self.arrays, slot)
        else:
            publish.publish(self.arrays, slot, float(value))

    def heard_ns(self, book: Book, i: int, heard: int) -> int:
        """When an input of an instrument was last heard; NEVER if not yet."""
        head = book.head
        if heard == HEARD_BOOK:
            return int(head[i, BOOK_NS])
        if heard == HEARD_TOUCH:
            return int(head[i, TOUCH_NS])
        if heard == HEARD_TRADE:
            return int(head[i, TRADE_NS])
        if heard == HEARD_SCALAR:
            return max(int(head[i, SCALAR_NS + MARK]), int(head[i, SCALAR_NS + INDEX]))
        return int(self.heard_funding_ns[i])

    def expires_ns(self, entry: Entry, book: Book) -> int | None:
        """When the first of a watch's inputs becomes too old; None: never."""
        earliest: int | None = None
        for i, heard, age_ns_max in entry.sources:
            if age_ns_max is not None:
                at = self.heard_ns(book, i, heard) + age_ns_max
                earliest = at if earliest is None else min(earliest, at)
        return earliest

    def score(self, entry: Entry, book: Book, now: int) -> Score:
        """What a watch says now."""
        known = self.arrays.known
        value = self.arrays.value
        expires = self.expires_ns(entry, book)
        stale = expires is not None and now > expires
        ready = bool(known[entry.slot])
        outputs = {
            name: float(value[entry.slot + k]) if known[entry.slot + k] else None
            for k, name in enumerate(entry.outputs)
        }
        z = None
        if entry.z_slot >= 0 and known[entry.z_slot] and not stale:
            z = float(value[entry.z_slot])
        heard = [self.heard_ns(book, i, source) for i, source, _ in entry.sources]
        return Score(
            value=float(value[entry.slot]) if ready and not stale else None,
            z=z,
            age_ns=None if NEVER in heard else now - min(heard),
            ready=ready,
            stale=stale,
            quality=outputs.get("quality", 1.0) or 0.0,
            outputs=outputs,
        )

    def value(self, entry: Entry, book: Book, now: int) -> float | None:
        """The value alone: None when it is unknown or stale."""
        if not self.arrays.known[entry.slot]:
            return None
        expires = self.expires_ns(entry, book)
        if expires is not None and now > expires:
            return None
        return float(self.arrays.value[entry.slot])

    def force(self, entry: Entry) -> None:
        """Ask again at the next chance, as after an input was stale."""
        self.arrays.spec[entry.signal, arrays.FORCE] = 1
        self.arrays.trigger[entry.trigger, slots.SEEN_KNOWN] = 0.0

    def refresh(self, book: Book, i: int, t: int) -> None:
        """Recompute what a funding rate of instrument `i` concerns."""
        evaluate.evaluate(self.arrays, book, i, HEARD_FUNDING, LADDER, t)


def _spec_row(recipe: Recipe, param: int, state: int, slot: int) -> list[int]:
    row = [0] * arrays.SPEC_COLUMNS
    row[arrays.CODE] = recipe.code
    row[arrays.INSTRUMENT] = recipe.instrument
    row[arrays.PARAM] = param
    row[arrays.STATE] = state
    row[arrays.SLOT] = slot
    row[arrays.OUTPUTS] = len(recipe.outputs)
    row[arrays.HEARS] = recipe.hears
    row[arrays.WITHIN] = recipe.within
    row[arrays.ADDRESS] = recipe.address
    row[arrays.OTHER] = recipe.other
    row[arrays.ROWS] = recipe.rows
    row[arrays.PARAMS] = len(recipe.param)
    row[arrays.STATES] = recipe.states
    return row


def _rows_of(lists: list[list[int]]) -> tuple[Any, Any]:
    first = np.zeros(len(lists) + 1, np.int64)
    first[1:] = np.cumsum([len(members) for members in lists])
    flat = [g for members in lists for g in members]
    return first, np.array([*flat, 0], np.int64)
