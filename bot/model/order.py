"""The life of an order, as a table of transitions.

Everything that decides what may happen to an order lives in this file. An order is born
`NEW`, in memory only. It is durable before it is sent (`INTENT`), and from the first byte
on we may not know where it stands: a lost reply makes it `UNKNOWN`, which is neither failed
nor placed, and keeps its exposure until the venue proves otherwise. Cancel and amend
requests are flags beside the state, not states: a flag never has to remember what was
before it.

`TRANSITIONS[state][move]` is the step taken. A pair that is not in the table is a break of
an invariant: the caller stops and says so.
"""

import enum
from typing import Final

from msgspec import Struct


class State(enum.StrEnum):
    """Where an order stands."""

    NEW = "new"
    INTENT = "intent"
    SENT = "sent"
    UNKNOWN = "unknown"
    OPEN = "open"
    PART = "part"
    REFUSED = "refused"
    REJECTED = "rejected"
    FILLED = "filled"
    CANCELED = "canceled"
    EXPIRED = "expired"
    ABSENT = "absent"


class Move(enum.StrEnum):
    """What can happen to an order."""

    REFUSE = "refuse"
    DURABLE = "durable"
    ABORT = "abort"
    SEND = "send"
    LOSE = "lose"
    ACCEPT = "accept"
    REJECT = "reject"
    PROVE_ABSENT = "prove_absent"
    FILL_PART = "fill_part"
    FILL_ALL = "fill_all"
    CANCEL = "cancel"
    EXPIRE = "expire"


class Note(enum.StrEnum):
    """What the one who applies a step must do besides changing the state."""

    NONE = "none"
    DUPLICATE = "duplicate"
    """Heard before: change nothing."""
    LATE_FILL = "late_fill"
    """The remainder was already released: book the fill, re-check exposure at once."""
    OVERFILL = "overfill"
    """More than was ordered: book it, halt the instrument, alert."""
    BREAK = "break"
    """The venue contradicts a proof: book what filled, halt, alert."""


class Step(Struct, frozen=True):
    """The state after a move, and what it asks for."""

    to: State
    note: Note = Note.NONE


TERMINAL: Final = frozenset(
    {
        State.REFUSED,
        State.REJECTED,
        State.FILLED,
        State.CANCELED,
        State.EXPIRED,
        State.ABSENT,
    }
)
"""States that no ordinary move leaves; they hold no exposure."""


def _to(state: State) -> Step:
    return Step(state)


def _same(state: State, note: Note) -> Step:
    return Step(state, note)


def _settled(state: State, *, fill: Note) -> dict[Move, Step]:
    """Moves that a terminal state answers: repeats are dropped, fills are never lost."""
    repeats = (Move.ACCEPT, Move.REJECT, Move.CANCEL, Move.EXPIRE, Move.LOSE, Move.PROVE_ABSENT)
    return {
        Move.FILL_PART: _same(state, fill),
        Move.FILL_ALL: _same(state, fill),
        **{move: _same(state, Note.DUPLICATE) for move in repeats},
    }


_REPORTED: Final = {
    Move.ACCEPT: _to(State.OPEN),
    Move.REJECT: _to(State.REJECTED),
    Move.FILL_PART: _to(State.PART),
    Move.FILL_ALL: _to(State.FILLED),
    Move.CANCEL: _to(State.CANCELED),
    Move.EXPIRE: _to(State.EXPIRED),
}

TRANSITIONS: Final[dict[State, dict[Move, Step]]] = {
    State.NEW: {
        Move.REFUSE: _to(State.REFUSED),
        Move.DURABLE: _to(State.INTENT),
    },
    State.INTENT: {
        Move.ABORT: _to(State.REFUSED),
        Move.SEND: _to(State.SENT),
        # A restart finds the intent and cannot know whether a byte left: never send again.
        Move.LOSE: _to(State.UNKNOWN),
    },
    State.SENT: {**_REPORTED, Move.LOSE: _to(State.UNKNOWN)},
    State.UNKNOWN: {
        **_REPORTED,
        Move.LOSE: _same(State.UNKNOWN, Note.DUPLICATE),
        Move.PROVE_ABSENT: _to(State.ABSENT),
    },
    State.OPEN: {
        **_REPORTED,
        Move.ACCEPT: _same(State.OPEN, Note.DUPLICATE),
        Move.LOSE: _same(State.OPEN, Note.DUPLICATE),
    },
    State.PART: {
        Move.FILL_PART: _to(State.PART),
        Move.FILL_ALL: _to(State.FILLED),
        Move.CANCEL: _to(State.CANCELED),
        Move.EXPIRE: _to(State.EXPIRED),
        # A fill may overtake its acknowledgement.
        Move.ACCEPT: _same(State.PART, Note.DUPLICATE),
        Move.LOSE: _same(State.PART, Note.DUPLICATE),
    },
    State.CANCELED: _settled(State.CANCELED, fill=Note.LATE_FILL),
    State.EXPIRED: _settled(State.EXPIRED, fill=Note.LATE_FILL),
    State.FILLED: _settled(State.FILLED, fill=Note.OVERFILL),
    State.REJECTED: {
        **_settled(State.REJECTED, fill=Note.BREAK),
        Move.ACCEPT: _same(State.REJECTED, Note.BREAK),
    },
    State.ABSENT: {
        **_settled(State.ABSENT, fill=Note.BREAK),
        Move.ACCEPT: _same(State.ABSENT, Note.BREAK),
    },
    State.REFUSED: {
        move: _same(State.REFUSED, Note.BREAK)
        for move in (Move.ACCEPT, Move.FILL_PART, Move.FILL_ALL)
    },
}


class IllegalMove(AssertionError):
    """A move that the table does not have: a bug of ours, never something to work around."""


def step(state: State, move: Move) -> Step:
    """The step that `move` makes from `state`; IllegalMove when the table has none."""
    try:
        return TRANSITIONS[state][move]
    except KeyError:
        raise IllegalMove(f"order {state}: {move} is not a legal move") from None
