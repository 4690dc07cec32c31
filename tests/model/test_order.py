"""The life of an order: every pair of state and move, legal or not, is written down here."""

from itertools import product

import pytest

from bot.model.order import TERMINAL, TRANSITIONS, IllegalMove, Move, Note, State, step
from bot.model.order_diagram import diagram

MOVES = list(Move)

# One row a state, one column a move, in the order of `Move`: the letter of the state after it,
# followed by what it asks for. `.` is illegal.
LETTERS = {
    "R": State.REFUSED,
    "I": State.INTENT,
    "S": State.SENT,
    "U": State.UNKNOWN,
    "O": State.OPEN,
    "P": State.PART,
    "J": State.REJECTED,
    "F": State.FILLED,
    "C": State.CANCELED,
    "E": State.EXPIRED,
    "A": State.ABSENT,
}
ASKS = {
    "": Note.NONE,
    "=": Note.DUPLICATE,
    "+": Note.LATE_FILL,
    "#": Note.OVERFILL,
    "!": Note.BREAK,
}
TABLE = """
         refuse durable abort send lose accept reject prove_absent fill_part fill_all cancel expire
new      R      I       .     .    .    .      .      .            .         .        .      .
intent   .      .       R     S    U    .      .      .            .         .        .      .
sent     .      .       .     .    U    O      J      .            P         F        C      E
unknown  .      .       .     .    U=   O      J      A            P         F        C      E
open     .      .       .     .    O=   O=     J      .            P         F        C      E
part     .      .       .     .    P=   P=     .      .            P         F        C      E
refused  .      .       .     .    .    R!     .      .            R!        R!       .      .
rejected .      .       .     .    J=   J!     J=     J=           J!        J!       J=     J=
filled   .      .       .     .    F=   F=     F=     F=           F#        F#       F=     F=
canceled .      .       .     .    C=   C=     C=     C=           C+        C+       C=     C=
expired  .      .       .     .    E=   E=     E=     E=           E+        E+       E=     E=
absent   .      .       .     .    A=   A!     A=     A=           A!        A!       A=     A=
"""


def written_down() -> dict[tuple[State, Move], tuple[State, Note] | None]:
    """The table above as (state, move) → (state after, note), None where it is illegal."""
    head, *rows = TABLE.strip().splitlines()
    moves = [Move(name) for name in head.split()]
    table = {}
    for row in rows:
        name, *cells = row.split()
        for move, cell in zip(moves, cells, strict=True):
            legal = cell != "."
            table[State(name), move] = (LETTERS[cell[0]], ASKS[cell[1:]]) if legal else None
    return table


EXPECTED = written_down()


def test_the_written_table_has_all_144_pairs():
    assert EXPECTED.keys() == set(product(State, Move))
    assert len(EXPECTED) == 144


@pytest.mark.parametrize(("state", "move"), sorted(product(State, Move)), ids="-".join)
def test_a_pair_of_state_and_move_does_what_is_written_down(state, move):
    expected = EXPECTED[state, move]

    if expected is None:
        with pytest.raises(IllegalMove, match=f"order {state}: {move} is not a legal move"):
            step(state, move)
    else:
        made = step(state, move)
        assert (made.to, made.note) == expected


def test_nothing_leaves_a_terminal_state():
    for state in TERMINAL:
        assert {made.to for made in TRANSITIONS[state].values()} == {state}


def test_every_state_can_be_reached_from_new():
    reached, frontier = {State.NEW}, [State.NEW]

    while frontier:
        for made in TRANSITIONS[frontier.pop()].values():
            if made.to not in reached:
                reached.add(made.to)
                frontier.append(made.to)

    assert reached == set(State)


def test_every_live_state_can_end_so_that_no_exposure_stays_for_ever():
    ends = {
        state: {made.to for made in TRANSITIONS[state].values()} & TERMINAL
        for state in set(State) - TERMINAL - {State.NEW, State.INTENT}
    }

    assert all(ends.values()), ends


def test_the_diagram_has_an_arrow_for_each_step_that_changes_or_asks_for_something():
    drawn = diagram()

    for (state, move), expected in EXPECTED.items():
        arrows = [
            line
            for line in drawn.splitlines()
            if line.startswith(f"    {state} --> ")
            and move in line.partition(": ")[2].replace(",", "").split()
        ]
        if expected is None or expected[1] is Note.DUPLICATE:
            assert arrows == []
        else:
            to, note = expected
            assert len(arrows) == 1
            assert f"--> {to}: " in arrows[0]
            assert (f"({note})" in arrows[0]) == (note is not Note.NONE)


def test_the_diagram_begins_with_new_and_ends_every_terminal_state():
    lines = diagram().splitlines()

    assert lines[:2] == ["stateDiagram-v2", "    [*] --> new"]
    assert {line.split()[0] for line in lines if line.endswith("--> [*]")} == TERMINAL
