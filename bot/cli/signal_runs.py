"""What `bot signals compute` and `evaluate` share: signals, recordings and terms, made ready."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import UsageError

if TYPE_CHECKING:
    from bot.config.configuration import Config
    from bot.model.units import InstrumentId
    from bot.modes.observed import Clock, Observed
    from bot.modes.observing import Terms
    from bot.plugins.stated import Stated
    from bot.recording.reader import RecordedSource, Recording
    from bot.report.signals import Told


def stated(texts: Sequence[str]) -> "list[Stated]":
    """The signals of a command line; UsageError when there is none."""
    from bot.plugins.stated import read_stated

    if not texts:
        raise UsageError(
            "--signal", "nothing", "a signal", "name one; `bot signals list` shows every signal"
        )
    return read_stated(list(texts), Path())


def opened(
    paths: Sequence[Path],
    signals: "Sequence[Stated]",
    config: "Config | None",
    more: "Sequence[InstrumentId]" = (),
) -> "tuple[Recording, list[RecordedSource], Terms]":
    """A recording, the sources of what the signals name, and the terms of those."""
    from bot.modes.evaluating import concerned
    from bot.modes.observing import Terms
    from bot.recording.reader import Recording

    recording = Recording.open(paths)
    names = concerned([one.watch for one in signals], recording.instruments)
    sources = recording.sources(None if names is None else sorted({*names, *more}))
    return recording, sources, Terms.of([one.instrument for one in sources], config)


def told(signals: "Sequence[Stated]") -> "dict[str, Told]":
    """The documentation of each signal by the name that it was given."""
    from bot.modes.evaluating import stated as words
    from bot.plugins.documents import document_of
    from bot.report.signals import Told

    found = {}
    for one in signals:
        text = document_of(type(one.watch))
        facts = {
            "stated as": words(one.watch, one.output),
            "unit": text.unit,
            "sign": text.sign or "it does not say",
            "source": text.source or "it does not say",
            "outputs": ", ".join(text.outputs),
            "defined in": text.where,
        }
        found[one.name] = Told(text.about, text.text, facts)
    return found


def spread(told: "Mapping[str, Told]", series: "Sequence[Observed]") -> "dict[str, Told]":
    """The documentation by the name of each series: those of a table share theirs."""
    return {
        one.name: next(text for name, text in told.items() if _of(one.name, name)) for one in series
    }


def words_of(clock: "Clock") -> str:
    """When a signal is looked at, in words."""
    from bot.modes.observed import Changes, Every

    if isinstance(clock, Every):
        return f"every {clock.step_ns / 1e9:g} s, before what is received at that time"
    if isinstance(clock, Changes):
        return "every change"
    return f"every message of {clock.instrument}"


def _of(series: str, name: str) -> bool:
    return series == name or series.startswith(f"{name} ")
