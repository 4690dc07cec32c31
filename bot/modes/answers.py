"""What a strategy answered, in words, and how one answer differs from another."""

from collections.abc import Mapping
from typing import Any

from bot.model.instrument import Instrument
from bot.model.units import InstrumentId
from bot.modes.words import short

Listed = Mapping[InstrumentId, Instrument]


def said(answer: Any, listed: Listed) -> str:
    """An answer, given as plain values."""
    if answer is None:
        return "nothing new: what stands goes on standing"
    if isinstance(answer, list | tuple):
        return "; ".join(said(each, listed) for each in answer) or said(None, listed)
    if "legs" in answer:
        return "a basket: " + ", ".join(said(leg, listed) for leg in answer["legs"])
    if "quantity" in answer:
        amount = f"{short(answer['quantity'])} {_unit(answer, listed)}"
        return f"hold {amount} of {answer['instrument']} ({answer['urgency']})"
    sides = [
        f"{side} {short(answer[side][1])} at {short(answer[side][0])}"
        for side in ("bid", "ask")
        if answer[side] is not None
    ]
    return f"quote {answer['instrument']}: {', '.join(sides) or 'nothing'}"


def change(before: Any, after: Any, listed: Listed) -> str:
    """What another answer would have meant: to close, to open, or something else to hold."""
    had, has = _quantities(before), _quantities(after)
    if had and has and any(had.values()) and not any(has.values()):
        return "would close"
    if has and any(has.values()) and not any(had.values()):
        return f"would open: {said(after, listed)}"
    return f"would answer {said(after, listed)}"


def _quantities(answer: Any) -> dict[str, float]:
    if answer is None:
        return {}
    if isinstance(answer, list | tuple):
        return {name: held for each in answer for name, held in _quantities(each).items()}
    legs = answer.get("legs", [answer])
    return {leg["instrument"]: leg["quantity"] for leg in legs if "quantity" in leg}


def _unit(target: Any, listed: Listed) -> str:
    one = listed.get(target["instrument"])
    if target["unit"] == "contracts" or one is None:
        return str(target["unit"])
    return str(one.base if target["unit"] == "base" else one.quote)
