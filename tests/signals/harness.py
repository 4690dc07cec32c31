"""Signals on a made-up market: messages in through the engine's own loop, outputs back by name."""

import hashlib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from bot.book.arrays import BOOK_LAYOUT, empty, grown
from bot.book.layout import HEARD_FUNDING, LADDER
from bot.engine.advance import BOOK_AT, CURSOR, GROW, PYTHON, advance, placed
from bot.engine.sentries import nobody
from bot.model.instrument import Instrument, Kind, PriceGrid
from bot.model.units import Currency, InstrumentId
from bot.signals import arrays, evaluate
from bot.signals.base import Fees, Score, Watch
from bot.signals.publish import look
from bot.signals.table import SignalTable
from bot.tape.columns import columns
from bot.tape.rows import ASK, BID, LEVEL, SNAPSHOT, TOUCH, TRADE, Block
from bot.tape.venue_order import FOREVER
from tests.tape.tapes import Message, Row, block_of

PERP = InstrumentId("venue:BTC/USDT:USDT")
SPOT = InstrumentId("venue:BTC/USDT")
INVERSE = InstrumentId("venue:BTC/USD:BTC")
NAMES = (PERP, SPOT, INVERSE)
T0 = 1_723_132_800_000_000_000
"""2024-08-08 16:00 UTC."""
SECOND = 1_000_000_000
NEVER_WAKE = float("inf")
FEES = Fees(Decimal("0.0002"), Decimal("0.0005"))
KNOWN_FEES = {PERP: FEES, SPOT: Fees(Decimal("0.001"), Decimal("0.001")), INVERSE: FEES}


def listed(name: InstrumentId, **changed: object) -> Instrument:
    """One of the made-up contracts, on a grid of half units unless told otherwise."""
    inverse = name == INVERSE
    known: dict[str, object] = {
        "id": name,
        "kind": Kind.SPOT if name == SPOT else Kind.PERPETUAL,
        "base": Currency("BTC"),
        "quote": Currency("USD" if inverse else "USDT"),
        "settle": Currency("BTC" if inverse else "USDT"),
        "grid": PriceGrid(Decimal("0.5")),
        "lot": Decimal(1) if inverse else Decimal("0.25"),
        "contract_size": Decimal(100) if inverse else Decimal(1),
        "inverse": inverse,
    }
    return Instrument(**{**known, **changed})  # type: ignore[arg-type]


class FakeTerms:
    """What watches may ask about instruments."""

    def __init__(self, instruments: Sequence[Instrument]) -> None:
        self.listed = tuple(instruments)

    def instrument(self, instrument: InstrumentId) -> Instrument:
        return self.listed[self.index(instrument)]

    def index(self, instrument: InstrumentId) -> int:
        return [one.id for one in self.listed].index(instrument)

    def fees(self, instrument: InstrumentId) -> Fees:
        return KNOWN_FEES[instrument]


class Funding(NamedTuple):
    """A funding rate as it was heard."""

    t: int
    instrument: InstrumentId
    rate: float
    hours: float
    settles: int


class Bench:
    """A market of some instruments, and the watches of some strategies over it."""

    def __init__(
        self,
        *watches: Mapping[str, Watch],
        instruments: Sequence[Instrument] = (),
        window: int = 4096,
    ) -> None:
        self.terms = FakeTerms(instruments or [listed(name) for name in NAMES])
        self.names = tuple(one.id for one in self.terms.listed)
        self.table = SignalTable(watches, self.terms, len(self.names))
        self.book = empty((window,) * len(self.names), room=64)
        self.now = 0
        self.last_woken = 0

    def take(self, *items: Message | Funding) -> None:
        """Take items in, in order."""
        for item in items:
            if isinstance(item, Funding):
                self.take_funding(item)
            else:
                self.take_block(block_of([item], self.names))

    def take_block(self, block: Block) -> list[int]:
        """Take a block in; the bits of those who were woken, in order."""
        found = []
        while block.messages:
            taken, woken = self.step(block)
            block = block.part(taken, block.stop)
            if woken:
                found.append(woken)
        return found

    def step(self, block: Block) -> tuple[int, int]:
        """Take messages in until someone is woken: where it stopped, and their bits.

        They have looked, then.
        """
        posts = nobody(len(self.book.head))
        places = placed(self.book, self.table.arrays, posts)
        places[CURSOR] = block.start
        reason = GROW
        while reason in (GROW, PYTHON):
            reason = advance(columns(block), block.stop, FOREVER, places)
            if reason == GROW:
                self.book = grown(self.book, 2 * self.book.far.shape[3])
                BOOK_LAYOUT.write(places, BOOK_AT, self.book)
            elif reason == PYTHON:
                if not self.table.arrays.clock[arrays.REFIT]:
                    break
                self.table.refit()
                if self.table.arrays.clock[arrays.WOKEN]:
                    break
        taken = int(places[CURSOR])
        self.now = int(block.ts_recv[taken - 1])
        self.last_woken = int(self.table.arrays.clock[arrays.WOKEN])
        look(self.table.arrays, self.last_woken)
        return taken, self.last_woken

    def digest(self) -> bytes:
        """A name for all that stands in all slots, to the last bit."""
        table = self.table.arrays
        known = table.known.astype(bool)
        said = table.known.tobytes() + table.value[known].tobytes()
        return hashlib.blake2b(said, digest_size=12).digest()

    def take_funding(self, heard: Funding) -> None:
        """Hear a funding rate, as the engine does."""
        i = self.terms.index(heard.instrument)
        table = self.table.arrays
        table.funding[i] = heard.rate, heard.hours, 1.0
        table.settles[i] = heard.settles
        self.table.heard_funding_ns[i] = heard.t
        self.now = heard.t
        evaluate.evaluate(table, self.book, i, HEARD_FUNDING, LADDER, heard.t)

    def score(self, name: str, strategy: int = 0) -> Score:
        """What a watch says now, in full."""
        return self.table.score(self.table.entries[strategy][name], self.book, self.now)

    def value(self, name: str, strategy: int = 0) -> float | None:
        """What a watch says now."""
        return self.table.value(self.table.entries[strategy][name], self.book, self.now)

    def outputs(self, name: str) -> dict[str, float | None]:
        """Everything that a watch publishes, fresh or not, with the z of a standardiser."""
        entry = self.table.entries[0][name]
        known, value = self.table.arrays.known, self.table.arrays.value
        slots = {name: entry.slot + k for k, name in enumerate(entry.outputs)}
        if entry.z_slot >= 0:
            slots["z"] = entry.z_slot
        return {name: float(value[slot]) if known[slot] else None for name, slot in slots.items()}


def message(t: int, *rows: Row, flags: int = 0, instrument: InstrumentId = PERP) -> Message:
    """A message `t` ns after T0."""
    return Message(T0 + t, T0 + t, instrument, flags, rows)


def snapshot(
    t: int,
    bids: Sequence[tuple[int, int]],
    asks: Sequence[tuple[int, int]],
    instrument: InstrumentId = PERP,
) -> Message:
    """A whole book of `(price, size)`."""
    rows = [(LEVEL, BID, *level) for level in bids] + [(LEVEL, ASK, *level) for level in asks]
    return message(t, *rows, flags=SNAPSHOT, instrument=instrument)


def touch(t: int, bid: tuple[int, int], ask: tuple[int, int]) -> Message:
    """Best bid and ask of the touch stream, each `(price, size)`."""
    return message(t, (TOUCH, BID, *bid), (TOUCH, ASK, *ask))


def trade(t: int, side: int, price: int, size: int) -> Message:
    """One trade; `side` is the aggressor's."""
    return message(t, (TRADE, side, price, size))
