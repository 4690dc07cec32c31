"""Where every signal stands in the arrays of the compiled loop."""

import math
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from bot.book.layout import LADDER
from bot.signals import arrays, slots
from bot.signals.arrays import SIGNALS_LAYOUT, Signals
from bot.signals.base import Recipe
from bot.signals.codes import FAMILY, GAUGE, PLAIN
from bot.signals.slots import Float64s
from bot.signals.standard import window_size
from bot.tape.rows import ROW_KINDS, Int64s

NO_SLOT: Final = -1


class Place(NamedTuple):
    """The first slot of a signal, and the one of its z; NO_SLOT: it has none."""

    slot: int
    z_slot: int


class Trigger(NamedTuple):
    """Who is woken by a slot, and how far it must move for that."""

    slot: int
    strategy: int
    name: str
    wake: float


def places(recipes: Sequence[Recipe]) -> list[Place]:
    """Slots in declared order: the outputs of a signal, then the z that a standardiser makes."""
    found = []
    slot = 0
    for recipe in recipes:
        after = slot + len(recipe.outputs)
        if recipe.z:
            found.append(Place(slot, after))
            after += 1
        elif "z" in recipe.outputs:
            found.append(Place(slot, slot + recipe.outputs.index("z")))
        else:
            found.append(Place(slot, NO_SLOT))
        slot = after
    return found


def lay_out(recipes: Sequence[Recipe], triggers: Sequence[Trigger], instruments: int) -> Signals:
    """The arrays of these signals over so many instruments, nothing known yet.

    triggers: in order of their slots.
    """
    spec = np.zeros((len(recipes), arrays.SPEC_COLUMNS), np.int64)
    param: list[float] = []
    standard: list[tuple[int, int, int, int]] = []
    states = slot_count = 0
    members: list[list[int]] = [[] for _ in range(instruments)]
    rows: list[list[int]] = [[] for _ in range(instruments * ROW_KINDS)]
    plain = np.zeros(instruments, np.int64)
    for g, (recipe, place) in enumerate(zip(recipes, places(recipes), strict=True)):
        spec[g] = _spec_row(recipe, len(param), states, place.slot)
        param.extend(recipe.param)
        states += recipe.states
        slot_count = place.slot + len(recipe.outputs)
        if recipe.z:
            spec[g, arrays.STANDARD] = len(standard)
            standard.append((place.slot, place.z_slot, recipe.z, states))
            states += window_size(recipe.z)
            slot_count += 1
        if recipe.code == PLAIN:
            plain[recipe.instrument] = 1
        elif recipe.code != GAUGE:
            for i in {recipe.instrument, recipe.other} - {-1}:
                members[i].append(g)
        for kind in range(ROW_KINDS):
            if recipe.rows >> kind & 1:
                rows[recipe.instrument * ROW_KINDS + kind].append(g)
    for listed in (*members, *rows):
        listed.sort(key=lambda g: recipes[g].code >= FAMILY)
    first, member = _ragged(members)
    row_first, row_member = _ragged(rows)
    trigger_first, trigger = _hang(triggers, slot_count)
    clock = np.zeros(arrays.CLOCK_ENTRIES, np.int64)
    clock[arrays.SAMPLE_NS] = -1
    signals = Signals(
        spec=spec,
        first=first,
        member=member,
        row_first=row_first,
        row_member=row_member,
        # One entry more than needed, for no array may be empty.
        param=np.array([*param, 0.0]),
        state=np.zeros(states + 1),
        value=np.zeros(slot_count + 1),
        known=np.zeros(slot_count + 1, np.int64),
        trigger_first=trigger_first,
        trigger=trigger,
        funding=np.zeros((instruments, arrays.FUNDING_COLUMNS)),
        settles=np.zeros(instruments, np.int64),
        standard=np.array(standard, np.int64).reshape(-1, arrays.STANDARD_COLUMNS),
        clock=clock,
        plain=plain,
        blank=np.zeros((4, LADDER), np.int64),
        places=np.zeros(SIGNALS_LAYOUT.entries, np.int64),
    )
    SIGNALS_LAYOUT.write(signals.places, 0, signals)
    return signals


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
    row[arrays.STANDARD] = -1
    return row


def _ragged(lists: list[list[int]]) -> tuple[Int64s, Int64s]:
    first = np.zeros(len(lists) + 1, np.int64)
    first[1:] = np.cumsum([len(members) for members in lists])
    flat = [g for members in lists for g in members]
    return first, np.array([*flat, 0], np.int64)


def _hang(triggers: Sequence[Trigger], slot_count: int) -> tuple[Int64s, Float64s]:
    table: Any = np.zeros((len(triggers), slots.TRIGGER_COLUMNS))
    first = np.zeros(slot_count + 2, np.int64)
    for k, trigger in enumerate(triggers):
        first[trigger.slot + 1 :] += 1
        table[k, slots.STRATEGY] = trigger.strategy
        table[k, slots.TRIGGER_SLOT] = trigger.slot
        table[k, slots.WAKE] = trigger.wake
        table[k, slots.LOW] = -math.inf
        table[k, slots.HIGH] = math.inf
    return first, table
