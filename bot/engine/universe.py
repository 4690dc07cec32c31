"""Watches over a universe: one row for each instrument in it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from bot.model.instrument import Instrument
from bot.model.units import InstrumentId
from bot.signals.base import Watch
from bot.strategy.sight import Universe


class Group(Struct, frozen=True):
    """A table: the universe and the names of its rows, in the order of ids.

    Instruments that are not listed yet, or no more, have rows too; a view does not show them.
    """

    universe: Universe
    rows: tuple[tuple[InstrumentId, str], ...]


def spread_out(
    watches: Mapping[str, Watch], listed: Sequence[Instrument]
) -> tuple[dict[str, Watch], dict[str, Group]]:
    """Watches with every table replaced by its rows, and which rows make which table.

    A row is optional: one instrument without a book must not silence the others.
    """
    single: dict[str, Watch] = {}
    groups: dict[str, Group] = {}
    for name, watch in watches.items():
        subject, rowed = _subject(watch)
        if subject is None:
            single[name] = watch
            continue
        rows = []
        for one in listed:
            if subject.has(replace(one, active=True)):
                row = f"{name} {one.id}"
                single[row] = replace(rowed(one.id), optional=True)
                rows.append((one.id, row))
        groups[name] = Group(subject, tuple(rows))
    return single, groups


def _subject(watch: Watch) -> tuple[Universe | None, Callable[[InstrumentId], Watch]]:
    """The universe that a watch is over, if it is, and the watch of one of its instruments."""
    one: Any = getattr(watch, "instrument", None)
    if isinstance(one, Universe):
        return one, lambda name: replace(watch, instrument=name)
    many: Any = getattr(watch, "instruments", None)
    if isinstance(many, Universe):
        return many, lambda name: replace(watch, instruments=(name,))
    return None, lambda _: watch
