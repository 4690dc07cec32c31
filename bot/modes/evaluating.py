"""Signals over a recording against the mid: what each would have told of moves to come."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
import numpy as np
from msgspec import Struct

from bot.errors import UsageError
from bot.model.units import NS_PER_SECOND, InstrumentId
from bot.modes.observed import Changes, Every, Float64s, Observed
from bot.modes.observing import Plan, Terms, observe
from bot.signals.base import Watch
from bot.signals.evaluation.assess import Assessment, Luck, assess
from bot.signals.evaluation.moves import Mids
from bot.signals.order_book import Spread
from bot.signals.price import LogMid, LogTouchMid
from bot.strategy.sight import Universe
from bot.tape.merge import Source

HORIZONS_S: Final = (1.0, 10.0, 60.0, 300.0)
LEAST_BPS: Final = 1e-7
"""Below this a mid has not moved: a step of half a tick is far above, rounding far below."""


class Question(Struct, frozen=True):
    """A signal to judge, whose mid, and which of its outputs; None: the main one."""

    name: str
    watch: Watch
    against: InstrumentId
    output: str | None = None


class Judged(Struct, frozen=True):
    """A signal and what it is worth.

    mid: `touch` or `book`, by which moves are measured. scores: what was judged of what was
    observed, at the moments of the mids.
    """

    name: str
    stated: str
    output: str | None
    against: InstrumentId
    mid: str
    taker_fee: float | None
    assessment: Assessment
    observed: Observed
    scores: Float64s
    mids: Mids


def evaluate(
    sources: Sequence[Source],
    terms: Terms,
    questions: Sequence[Question],
    *,
    step_s: float = 1.0,
    horizons_s: Sequence[float] = HORIZONS_S,
    taker_fees: Mapping[InstrumentId, float] | None = None,
    luck: Luck,
) -> list[Judged]:
    """Observe every signal at whole steps, and measure what it was worth.

    taker_fees: by instrument, as fractions; without one nothing is said of an edge after fees.
    """
    step_ns = _nanoseconds(step_s, "--step")
    horizons = [_nanoseconds(one, "--horizon") for one in horizons_s]
    for span, said in zip(horizons, horizons_s, strict=True):
        if span % step_ns:
            raise UsageError(
                "--step", f"{step_s:g} s", f"a part of each horizon, {said:g} s too", "change one"
            )
    clock = Every(step_ns)
    plans = [Plan(one.name, one.watch, clock) for one in questions]
    for name in sorted({one.against for one in questions}):
        plans += _price_plans(name, clock)
    seen = {one.name: one for one in observe(sources, terms, plans)}
    judged = []
    for one in questions:
        for series in _series_of(one, seen):
            source, mids = _mids(one.against, step_ns, seen)
            fee = (taker_fees or {}).get(one.against)
            spread = seen[f"{one.against} spread {source}"].value
            scores = _scores(one, series)
            assessment = assess(scores, mids, spread, fee, horizons, luck)
            judged.append(
                Judged(
                    series.name,
                    stated(one.watch, one.output),
                    one.output,
                    one.against,
                    source,
                    fee,
                    assessment,
                    series,
                    scores,
                    mids,
                )
            )
    return judged


def stated(watch: Watch, output: str | None = None) -> str:
    """A signal as a command line would state it, without what is left at its default."""
    said = [type(watch).__name__]
    for field in msgspec.structs.fields(watch):
        value = getattr(watch, field.name)
        if field.name in ("wake", "optional", "quiet_ms") or value == field.default:
            continue
        if field.name == "instrument" and isinstance(value, str):
            said[0] += f":{value}"
        else:
            shown = stated(value) if isinstance(value, Watch) else value
            said.append(f"{field.name}={shown}")
    return ",".join(said + ([f"output={output}"] if output else []))


def subject_of(watch: Watch, recorded: Iterable[InstrumentId], against: str | None) -> InstrumentId:
    """Whose mid a signal is judged by; UsageError where nobody says."""
    known = sorted(recorded)
    named = against or getattr(watch, "instrument", None)
    if isinstance(named, str) and named in known:
        return InstrumentId(named)
    if named is None and len(known) == 1:
        return known[0]
    seen = f'"{named}"' if isinstance(named, str) else f"{type(watch).__name__} of no one of them"
    raise UsageError("--against", seen, "one of " + ", ".join(known), "name whose mid shall move")


def concerned(
    watches: Iterable[Watch], recorded: Iterable[InstrumentId]
) -> list[InstrumentId] | None:
    """The recorded instruments that signals name; None: all, for one chooses among them."""
    words: set[str] = set()
    for watch in watches:
        if not _collect(watch, words):
            return None
    chains = tuple(f"{word}-" for word in words)
    found = [one for one in recorded if one in words or one.startswith(chains)]
    return sorted(found) or None


def _collect(value: Any, words: set[str]) -> bool:
    """Gather the words in a watch; False where one is of a universe."""
    if isinstance(value, Universe):
        return False
    if isinstance(value, str):
        words.add(value)
    elif isinstance(value, Struct):
        return all(_collect(getattr(value, name), words) for name in value.__struct_fields__)
    elif isinstance(value, Mapping):
        return all(_collect(one, words) for one in value.values())
    elif isinstance(value, list | tuple):
        return all(_collect(one, words) for one in value)
    return True


def _price_plans(name: InstrumentId, clock: Every) -> list[Plan]:
    """The mid and the spread, by the touch stream and by the book."""
    touch, book = LogTouchMid(name, wake=0.0), LogMid(name, wake=0.0)
    return [
        Plan(f"{name} mid touch", touch, clock),
        Plan(f"{name} moves touch", touch, Changes(LEAST_BPS)),
        Plan(f"{name} spread touch", Spread(name, source="touch", wake=0.0), clock),
        Plan(f"{name} mid book", book, clock),
        Plan(f"{name} moves book", book, Changes(LEAST_BPS)),
        Plan(f"{name} spread book", Spread(name, source="book", wake=0.0), clock),
    ]


def _mids(name: InstrumentId, step_ns: int, seen: Mapping[str, Observed]) -> tuple[str, Mids]:
    """The mid of the touch stream where one was recorded, else that of the book."""
    source = "touch" if seen[f"{name} mid touch"].ready.any() else "book"
    mid, moves = seen[f"{name} mid {source}"], seen[f"{name} moves {source}"]
    return source, Mids(step_ns, mid.times, mid.value, moves.times, moves.value)


def _series_of(question: Question, seen: Mapping[str, Observed]) -> list[Observed]:
    return [
        one
        for name, one in seen.items()
        if name == question.name or name.startswith(f"{question.name} ")
    ]


def _scores(question: Question, series: Observed) -> Float64s:
    """What is judged: unknown while stale, whichever output it is."""
    if question.output is None:
        return series.value
    if question.output not in series.outputs:
        raise UsageError(
            f"{question.name} output",
            f'"{question.output}"',
            "one of " + ", ".join(series.outputs),
            "name an output of this signal",
        )
    return np.where(series.stale, np.nan, series.outputs[question.output])


def _nanoseconds(seconds: float, option: str) -> int:
    found = round(seconds * NS_PER_SECOND)
    if found <= 0:
        raise UsageError(option, f"{seconds:g}", "seconds > 0", "write it as 0.5 or 10")
    return found
