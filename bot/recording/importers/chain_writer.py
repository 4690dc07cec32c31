"""Tickers of single options on their way into a recording: gathered by chain, a second an event."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

import numpy as np
from msgspec.structs import replace

from bot.model.event import Event, OptionTickers
from bot.model.instrument import Instrument, Kind
from bot.model.units import InstrumentId
from bot.recording.parquet import RecordingWriter, instrument_of
from bot.tape.gathering import Gathering
from bot.tape.rows import Block
from bot.tape.tickers import COLUMNS, chain_of

_RECV: Final = COLUMNS["ts_recv"]


def heads_of(instruments: Iterable[Instrument]) -> dict[InstrumentId, tuple[Instrument, ...]]:
    """The options of each chain by its first, which a recording names it by."""
    chains: defaultdict[str, list[Instrument]] = defaultdict(list)
    for one in instruments:
        if one.kind is Kind.OPTION:
            chains[chain_of(one.id)].append(one)
    sorted_chains = [sorted(options, key=lambda one: one.id) for options in chains.values()]
    return {options[0].id: tuple(options) for options in sorted_chains}


class ChainWriter:
    """A writer of recordings that keeps the tickers of a chain together under its first option."""

    def __init__(
        self, writer: RecordingWriter, heads: dict[InstrumentId, tuple[Instrument, ...]]
    ) -> None:
        """heads: of the recording that the writer was made for."""
        self._writer = writer
        self._gathered = {chain_of(head): Gathering(head) for head in heads}
        self._last_ns = dict.fromkeys(heads, 0)

    def write(self, block: Block) -> None:
        """Hand messages on."""
        self._writer.write(block)

    def write_event(self, event: Event) -> None:
        """Gather tickers, and hand everything else on."""
        if isinstance(event, OptionTickers):
            self._gather(event, self._gathered[chain_of(event.instrument)])
            return
        name = instrument_of(event)
        if name in self._last_ns:  # of an option whose file the tickers go into
            self._hand_on(self._gathered[chain_of(name)].take())
            self._last_ns[name] = event.ts_recv
        self._writer.write_event(event)

    def finish(self) -> None:
        """Hand on what is still gathered."""
        for gathered in self._gathered.values():
            self._hand_on(gathered.take())

    def _gather(self, event: OptionTickers, gathered: Gathering) -> None:
        # Each stream minds its own clock; where one was set back, another may be ahead of it.
        last_ns = self._last_ns[gathered.name]
        if event.ts_recv < last_ns:
            times = np.frombuffer(event.columns["ts_recv"], _RECV)
            later = np.maximum(times, last_ns).astype(_RECV).tobytes()
            event = replace(event, ts_recv=last_ns, columns={**event.columns, "ts_recv": later})
        self._last_ns[gathered.name] = event.ts_recv
        self._hand_on(gathered.add(event))

    def _hand_on(self, event: OptionTickers | None) -> None:
        if event is not None:
            self._writer.write_event(event)
