"""Tickers of one chain as they come, one option each, into events of up to a second.

A chain is computed once a second, of the last word on each option. What decoders put out one by
one can be told together, then, in a twentieth of the room.
"""

import numpy as np

from bot.model.event import OptionTickers
from bot.model.units import NS_PER_SECOND, InstrumentId
from bot.tape.tickers import COLUMNS


class Gathering:
    """Tickers of one chain that are not handed on yet; all of one second."""

    def __init__(self, name: InstrumentId) -> None:
        """name: the option that events are named by."""
        self.name = name
        self._second = 0
        self._numbers: dict[InstrumentId, int] = {}
        self._columns: dict[str, list[bytes]] = {column: [] for column in COLUMNS}
        self._last: OptionTickers | None = None
        self._venue_ns = 0

    def add(self, event: OptionTickers) -> OptionTickers | None:
        """Take tickers in; those of the second before, when it is over."""
        second = event.ts_recv // NS_PER_SECOND
        done = self.take() if self._last is not None and second != self._second else None
        self._second, self._last = second, event
        self._venue_ns = max(self._venue_ns, event.ts_venue)
        numbers = [self._numbers.setdefault(one, len(self._numbers)) for one in event.options]
        for column, parts in self._columns.items():
            content = event.columns[column]
            if column == "instrument":
                dtype = COLUMNS[column]
                content = np.array(numbers, dtype)[np.frombuffer(content, dtype)].tobytes()
            parts.append(content)
        return done

    def take(self) -> OptionTickers | None:
        """What is gathered, as one event; None when nothing is."""
        if self._last is None:
            return None
        event = OptionTickers(
            ts_recv=self._last.ts_recv,
            ts_venue=self._venue_ns,
            instrument=self.name,
            options=tuple(self._numbers),
            columns={column: b"".join(parts) for column, parts in self._columns.items()},
        )
        self._last, self._venue_ns = None, 0
        self._numbers.clear()
        for parts in self._columns.values():
            parts.clear()
        return event
