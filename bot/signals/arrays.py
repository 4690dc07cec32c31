"""The arrays that hold every signal, and what stands where in them.

A signal owns a stretch of `param`, a stretch of `state` and one or more slots. A slot is a
published number with whether it is known. A trigger belongs to one watch of one strategy:
it says how far a slot must move before that strategy is asked again. Signals are computed in
declared order, so that a composite reads what was computed for the same message.
"""

from typing import Any, Final, NamedTuple

from numba import types

from bot.book.layout import LADDER
from bot.kernel.places import Layout
from bot.signals.slots import TRIGGER_COLUMNS, Float64s, Float64s2
from bot.tape.rows import Int64s

# Columns of `spec`, one row a signal.
CODE: Final = 0
INSTRUMENT: Final = 1
PARAM: Final = 2
STATE: Final = 3
SLOT: Final = 4
OUTPUTS: Final = 5
HEARS: Final = 6
"""Bits of the inputs that concern it (`book.layout.HEARD_*`)."""
WITHIN: Final = 7
"""A book change counts only when it touched a ladder position before this one."""
ADDRESS: Final = 8
"""Where the machine code of a third party's kernel stands, or its number without a compiler."""
FORCE: Final = 9
"""Look at its triggers at the next chance, even when nothing changed."""
OTHER: Final = 10
"""A second instrument, -1: none."""
ROWS: Final = 11
"""Kinds of rows that it wants one by one, as bits `1 << kind`."""
PARAMS: Final = 12
STATES: Final = 13
"""How many entries of `param` and `state` are its own."""
STANDARD: Final = 14
"""The row of `standard` that its main slot is compared in, -1: none."""
SPEC_COLUMNS: Final = 15

# Columns of `funding`, one row an instrument.
RATE: Final = 0
INTERVAL_HOURS: Final = 1
RATE_KNOWN: Final = 2
FUNDING_COLUMNS: Final = 3

# Columns of `standard`, one row a standardised slot.
STANDARD_SLOT: Final = 0
Z_SLOT: Final = 1
LENGTH: Final = 2
STANDARD_STATE: Final = 3
STANDARD_COLUMNS: Final = 4

# Entries of `clock`.
ORIGIN_NS: Final = 0
"""Zero of the times that signals keep as float: 104 days keep every nanosecond."""
SAMPLE_NS: Final = 1
"""The next whole second at which standardisers take a sample; -1 before the first message."""
WOKEN: Final = 2
"""Bits of the strategies that a trigger has woken."""
REFIT: Final = 3
"""Whether a signal waits to be fitted anew, in Python, before the next message."""
CLOCK_ENTRIES: Final = 4

DUE: Final = 0
"""The first entry of the state of a signal that is fitted: whether it waits for that."""


class Signals(NamedTuple):
    """All signals of an engine.

    first, member: the signals of instrument i are `member[first[i]:first[i + 1]]`.
    row_first, row_member: likewise those that want rows of a kind, at `i * ROW_KINDS + kind`.
    value: one a slot, and known: whether it is, 1 or 0. trigger_first, trigger: likewise by
    slot. settles: next settlement of each instrument, ns. plain: instruments with a
    plain-Python signal. blank: a ladder without levels, shown instead of one that is no price
    source. places: where all of these stand, for kernels that are called apart; the
    last one, for it is not saved with the others.
    """

    spec: Int64s
    first: Int64s
    member: Int64s
    row_first: Int64s
    row_member: Int64s
    param: Float64s
    state: Float64s
    value: Float64s
    known: Int64s
    trigger_first: Int64s
    trigger: Float64s2
    funding: Float64s2
    settles: Int64s
    standard: Int64s
    clock: Int64s
    plain: Int64s
    blank: Int64s
    places: Int64s


_i1 = types.int64[::1]
_i2 = types.int64[:, ::1]
_f1 = types.float64[::1]
_f2 = types.float64[:, ::1]

SIGNALS: Final[Any] = types.NamedTuple(  # type: ignore[no-untyped-call]
    (_i2, _i1, _i1, _i1, _i1, _f1, _f1, _f1, _i1, _i1, _f2, _f2, _i1, _i2, _i1, _i1, _i2, _i1),
    Signals,
)

SIGNALS_LAYOUT: Final = Layout(
    SIGNALS,
    Signals,
    (
        ("signals", SPEC_COLUMNS),
        ("first",),
        ("members",),
        ("row_first",),
        ("row_members",),
        ("params",),
        ("states",),
        ("slots",),
        ("slots",),
        ("trigger_first",),
        ("triggers", TRIGGER_COLUMNS),
        ("instruments", FUNDING_COLUMNS),
        ("instruments",),
        ("standards", STANDARD_COLUMNS),
        (CLOCK_ENTRIES,),
        ("instruments",),
        (4, LADDER),
        ("places",),
    ),
)
