"""Made-up tape for tests: blocks from plain lists, plain lists from blocks, random sources."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

from hypothesis import strategies as st

from bot.model.event import (
    AnyEvent,
    FeedLost,
    FundingRate,
    OpenInterest,
    OperatorCommand,
    OrderAccepted,
    OrderSent,
    Timer,
)
from bot.model.units import AccountId, InstrumentId
from bot.tape.builder import BlockBuilder
from bot.tape.rows import Block

Row = tuple[int, int, int, int]
NAMES = tuple(InstrumentId(f"venue:{coin}/USDT") for coin in ("ADA", "BTC", "ETH", "XRP"))


class Message(NamedTuple):
    """One message as plain values; rows are (kind, side, price, size)."""

    ts_recv: int
    ts_venue: int
    instrument: InstrumentId
    flags: int
    rows: tuple[Row, ...]


def block_of(messages: Sequence[Message], instruments: tuple[InstrumentId, ...]) -> Block:
    builder = BlockBuilder(instruments, rows=4)
    for message in messages:
        at = instruments.index(message.instrument)
        builder.begin(message.ts_recv, message.ts_venue, at, message.flags)
        for row in message.rows:
            builder.row(*row)
        builder.end()
    return builder.take()


def messages_of(block: Block) -> list[Message]:
    found = []
    for m in range(block.start, block.stop):
        rows = range(int(block.first[m]), int(block.first[m + 1]))
        found.append(
            Message(
                int(block.ts_recv[m]),
                int(block.ts_venue[m]),
                block.instruments[block.instrument[m]],
                int(block.flags[m]),
                tuple(
                    (
                        int(block.kind[r]),
                        int(block.side[r]),
                        int(block.price[r]),
                        int(block.size[r]),
                    )
                    for r in rows
                ),
            )
        )
    return found


class Listed:
    """A source from lists: messages, cut into blocks before the given places, and events."""

    def __init__(
        self,
        name: InstrumentId,
        messages: Sequence[Message] = (),
        events: Sequence[AnyEvent] = (),
        cuts: Sequence[int] = (),
    ) -> None:
        self.name = name
        self.messages = list(messages)
        self._events = list(events)
        self._cuts = sorted({0, *cuts, len(self.messages)})

    def blocks(self) -> Iterator[Block]:
        whole = block_of(self.messages, (self.name,))
        for start, stop in pairwise(self._cuts):
            yield whole.part(start, stop)

    def events(self) -> Iterator[AnyEvent]:
        yield from self._events


# Few distinct times, so that equal ones are common.
times = st.integers(min_value=1, max_value=9)
rows = st.tuples(st.integers(0, 3), st.sampled_from([1, -1]), st.integers(1, 99), st.integers(0, 9))


@st.composite
def message_lists(draw: st.DrawFn, instruments: Sequence[InstrumentId]) -> list[Message]:
    moments = sorted(draw(st.lists(times, max_size=12)))
    return [
        Message(
            ts_recv,
            ts_recv - draw(st.integers(0, 1)),
            draw(st.sampled_from(instruments)),
            draw(st.sampled_from([0, 1, 2, 4, 5])),
            tuple(draw(st.lists(rows, max_size=5))),
        )
        for ts_recv in moments
    ]


@st.composite
def event_lists(draw: st.DrawFn, name: InstrumentId) -> list[AnyEvent]:
    return [an_event(draw(st.integers(0, 6)), name, t) for t in sorted(draw(st.lists(times)))]


@st.composite
def source_lists(draw: st.DrawFn) -> list[Listed]:
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=len(NAMES)))
    return [
        Listed(
            name,
            messages := draw(message_lists([name])),
            draw(event_lists(name)),
            draw(st.lists(st.integers(0, len(messages)))),
        )
        for name in names
    ]


def an_event(which: int, name: InstrumentId, t: int) -> AnyEvent:
    """One event of each rank, and two of the market."""
    account = AccountId("venue")
    made: list[AnyEvent] = [
        FeedLost(ts_recv=t, ts_venue=t, instrument=name, reason="closed"),
        OpenInterest(ts_recv=t, ts_venue=t, instrument=name, amount=Decimal(7)),
        OrderSent(ts_recv=t, ts_venue=t, account=account, order_id=name),
        OrderAccepted(ts_recv=t, ts_venue=t, account=account, order_id=name, venue_order_id="1"),
        FundingRate(
            ts_recv=t, ts_venue=t, instrument=name, rate=Decimal(0), settles_ns=t, settled=True
        ),
        Timer(ts_recv=t, ts_venue=t),
        OperatorCommand(ts_recv=t, ts_venue=t, verb="pause", who=name, why="test"),
    ]
    return made[which]
