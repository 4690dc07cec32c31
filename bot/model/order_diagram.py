"""The life of an order as a picture, drawn from the table that the code walks."""

from bot.model.order import TERMINAL, TRANSITIONS, Note, State


def diagram() -> str:
    """The transition table as a mermaid state diagram: one arrow for each pair of states.

    Repeats that change nothing are left out; a fill that comes too late stays drawn, because
    it is booked.
    """
    lines = ["stateDiagram-v2", f"    [*] --> {State.NEW}"]
    for state, moves in TRANSITIONS.items():
        arrows: dict[tuple[State, Note], list[str]] = {}
        for move, step in moves.items():
            if step.note is not Note.DUPLICATE:
                arrows.setdefault((step.to, step.note), []).append(move)
        for (to, note), names in arrows.items():
            said = "" if note is Note.NONE else f" ({note})"
            lines.append(f"    {state} --> {to}: {', '.join(names)}{said}")
    lines += [f"    {state} --> [*]" for state in State if state in TERMINAL]
    return "\n".join(lines)
