"""A made-up market in plain numbers: books, trades, funding, and what goes wrong with feeds."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, Self

from msgspec import Struct
from msgspec.structs import replace

from bot.model.command import Side
from bot.model.event import (
    AnyEvent,
    FeedLost,
    FeedRestored,
    FundingRate,
    Heartbeat,
    InstrumentChanged,
    Liquidation,
    LongShortRatio,
    OpenInterest,
    OperatorCommand,
)
from bot.model.instrument import Instrument, Kind
from bot.model.units import NS_PER_HOUR, NS_PER_MS, NS_PER_SECOND, InstrumentId, StrategyName
from bot.tape.builder import BlockBuilder
from bot.tape.rows import (
    ASK,
    BID,
    BUY,
    GAP,
    INDEX,
    LEVEL,
    MARK,
    SCALAR,
    SCALAR_SCALE,
    SELL,
    SNAPSHOT,
    TRADE,
    Block,
)
from bot.testing.contracts import listing

START_NS: Final = 1_704_095_400 * NS_PER_SECOND
"""2024-01-01 07:50 UTC: ten minutes before funding settles."""
FEED_NS: Final = NS_PER_MS
"""From the venue to us."""
INTERVAL_HOURS: Final = 8
FUNDING_REPEATS_S: Final = 30

Levels = float | Sequence[tuple[float, float]]
"""Best first, `(price, size)` in base coins or contracts; a price alone shows 100 there."""
_Row = tuple[int, int, int, int]


class Message(Struct, frozen=True):
    """Rows of one instrument that arrived together."""

    ts_recv: int
    flags: int
    rows: tuple[_Row, ...]


class Recorded(Struct, frozen=True):
    """One instrument's part of a tape, as a run wants it."""

    name: InstrumentId
    messages: tuple[Message, ...]
    listed: tuple[AnyEvent, ...]

    def blocks(self) -> Iterator[Block]:
        """Its rows."""
        builder = BlockBuilder((self.name,))
        for message in self.messages:
            builder.begin(message.ts_recv, message.ts_recv - FEED_NS, flags=message.flags)
            for row in message.rows:
                builder.row(*row)
            builder.end()
        yield builder.take()

    def events(self) -> Iterator[AnyEvent]:
        """Its events."""
        return iter(self.listed)


class Tape:
    """What a market said, one line a happening; every method returns the tape.

    Instruments are made up when they are first named (`listing` says how), unless given.
    A thing happens at `now_ns`; `wait` lets time pass, and every feed lives meanwhile.
    """

    def __init__(self, instruments: Iterable[Instrument] = ()) -> None:
        """Begin with no book known."""
        self.now_ns = START_NS
        self._listed = {one.id: one for one in instruments}
        self._messages: dict[InstrumentId, list[Message]] = {one: [] for one in self._listed}
        self._events: dict[InstrumentId, list[AnyEvent]] = {one: [] for one in self._listed}
        self._shown: dict[InstrumentId, tuple[_Row, ...]] = {}
        self._scalars: dict[InstrumentId, tuple[_Row, ...]] = {}
        self._rates: dict[InstrumentId, float] = {}

    # --- what a run asks ---------------------------------------------------------------

    @property
    def instruments(self) -> Mapping[InstrumentId, Instrument]:
        """Every contract that was named, as it was first listed."""
        return self._listed

    def sources(self) -> list[Recorded]:
        """The tape by instrument; a heartbeat tells when it ends."""
        end = Heartbeat(**self._times())
        return [
            Recorded(name, tuple(self._messages[name]), (*self._events[name], end))
            for name in sorted(self._listed)
        ]

    # --- the market --------------------------------------------------------------------

    def book(self, instrument: str, bids: Levels, asks: Levels) -> Self:
        """Show a whole book."""
        one = self._one(instrument)
        rows = (*self._levels(one, BID, bids), *self._levels(one, ASK, asks))
        self._shown[one.id] = rows
        return self._say(one, *rows, flags=SNAPSHOT)

    def level(self, instrument: str, side: str, price: float, size: float) -> Self:
        """Change one level of a book that was shown: `bid` or `ask`; a size of 0 removes it."""
        one = self._one(instrument)
        row = (LEVEL, {"bid": BID, "ask": ASK}[side], _ticks(one, price), _lots(one, size))
        others = [shown for shown in self._shown.get(one.id, ()) if shown[:3] != row[:3]]
        self._shown[one.id] = (*others, row) if size else tuple(others)
        return self._say(one, row)

    def trade(self, instrument: str, side: str, price: float, size: float) -> Self:
        """Someone trades; `side` is the aggressor's, `buy` or `sell`."""
        one = self._one(instrument)
        aggressor = {"buy": BUY, "sell": SELL}[side]
        return self._say(one, (TRADE, aggressor, _ticks(one, price), _lots(one, size)))

    def mark(self, instrument: str, mark: float, index: float | None = None) -> Self:
        """The venue says its mark and, unless it stands at the mark, its index."""
        one = self._one(instrument)
        values = {MARK: mark, INDEX: mark if index is None else index}
        self._scalars[one.id] = tuple(
            (SCALAR, field, round(Decimal(str(value)) * SCALAR_SCALE), 0)
            for field, value in values.items()
        )
        return self._say(one, *self._scalars[one.id])

    def funding(self, instrument: str, rate: float) -> Self:
        """The venue predicts the rate of the coming settlement; longs pay when it is positive."""
        one = self._one(instrument)
        self._rates[one.id] = rate
        return self._rate(one, rate, settled=False)

    def settle(self, instrument: str, rate: float | None = None) -> Self:
        """Wait until funding settles, at the rate that was predicted last or at another one."""
        one = self._one(instrument)
        settles_ns = self._settles_ns()
        self.wait((settles_ns - self.now_ns) / NS_PER_SECOND)
        return self._rate(one, self._rates[one.id] if rate is None else rate, settled=True)

    def open_interest(self, instrument: str, amount: float) -> Self:
        """The venue tells how much is open: base coins, or quote of an inverse contract."""
        one = self._one(instrument)
        told = Decimal(str(amount))
        return self._tell(one, OpenInterest(**self._times(), instrument=one.id, amount=told))

    def long_short(self, instrument: str, ratio: float, population: str = "accounts") -> Self:
        """The venue tells how many traders are long for one that is short."""
        one, told = self._one(instrument), Decimal(str(ratio))
        return self._tell(
            one,
            LongShortRatio(**self._times(), instrument=one.id, ratio=told, population=population),
        )

    def liquidation(self, instrument: str, side: str, price: float, amount: float) -> Self:
        """Somebody is liquidated by an order of this side; every such order is told."""
        one = self._one(instrument)
        return self._tell(
            one,
            Liquidation(
                **self._times(),
                instrument=one.id,
                side=Side.BUY if side == "buy" else Side.SELL,
                price=Decimal(str(price)),
                amount=Decimal(str(amount)),
                complete=True,
            ),
        )

    def wait(self, seconds: float) -> Self:
        """Let time pass; once a second every book and mark is heard again, as of a living feed."""
        until_ns = self.now_ns + round(seconds * NS_PER_SECOND)
        second = 0
        while self.now_ns + NS_PER_SECOND < until_ns:
            self.now_ns += NS_PER_SECOND
            second += 1
            self._repeat()
            if second % FUNDING_REPEATS_S == 0:
                for name, rate in sorted(self._rates.items()):
                    self._rate(self._listed[name], rate, settled=False)
        self.now_ns = until_ns
        return self._repeat()

    # --- what goes wrong ---------------------------------------------------------------

    def silence(self, seconds: float) -> Self:
        """Let time pass while nobody says anything: scores grow stale."""
        self.now_ns += round(seconds * NS_PER_SECOND)
        return self

    def gap(self, instrument: str) -> Self:
        """A message was missed: the book is unusable until it is shown whole again."""
        one = self._one(instrument)
        self._shown.pop(one.id, None)
        return self._say(one, flags=GAP)

    def outage(self, venue: str, seconds: float) -> Self:
        """A venue's feeds break off; afterwards its books are shown again as they were."""
        here = [one for one in self._listed.values() if one.venue == venue]
        for one in here:
            self._tell(one, FeedLost(**self._times(), instrument=one.id, reason="outage"))
        self.silence(seconds)
        for one in here:
            self._tell(one, FeedRestored(**self._times(), instrument=one.id))
            if one.id in self._shown:
                self._say(one, *self._shown[one.id], flags=SNAPSHOT)
        return self

    def delist(self, instrument: str) -> Self:
        """The venue takes a contract off its list."""
        one = replace(self._one(instrument), active=False)
        return self._tell(one, InstrumentChanged(**self._times(), instrument=one))

    def relist(self, instrument: str) -> Self:
        """The venue lists a contract that it had delisted, or not yet listed."""
        one = replace(self._one(instrument), active=True)
        return self._tell(one, InstrumentChanged(**self._times(), instrument=one))

    def operator(self, verb: str, strategy: str | None = None, why: str = "a test") -> Self:
        """A person gives a command: pause, resume, cancel, flatten, halt or acknowledge."""
        name = None if strategy is None else StrategyName(strategy)
        command = OperatorCommand(**self._times(), verb=verb, who="test", why=why, strategy=name)
        return self._tell(next(iter(self._listed.values())), command)

    # --- in the units of the tape ------------------------------------------------------

    def _one(self, instrument: str) -> Instrument:
        name = InstrumentId(instrument)
        if name not in self._listed:
            made = listing(name)
            if made.kind is Kind.PERPETUAL:
                made = replace(made, funding_interval_ns=INTERVAL_HOURS * NS_PER_HOUR)
            self._listed[name] = made
            self._messages[name], self._events[name] = [], []
        return self._listed[name]

    def _levels(self, one: Instrument, side: int, levels: Levels) -> Iterator[_Row]:
        for price, size in [(levels, 100.0)] if isinstance(levels, int | float) else levels:
            yield LEVEL, side, _ticks(one, price), _lots(one, size)

    def _say(self, one: Instrument, *rows: _Row, flags: int = 0) -> Self:
        self._messages[one.id].append(Message(self.now_ns, flags, rows))
        return self

    def _tell(self, one: Instrument, event: AnyEvent) -> Self:
        self._events[one.id].append(event)
        return self

    def _repeat(self) -> Self:
        for rows in (self._shown, self._scalars):
            for name, shown in sorted(rows.items()):
                self._say(self._listed[name], *shown)
        return self

    def _rate(self, one: Instrument, rate: float, *, settled: bool) -> Self:
        """A rate of the coming settlement; when it is settled, of the one that is now."""
        event = FundingRate(
            ts_recv=self.now_ns,
            ts_venue=self.now_ns,
            instrument=one.id,
            rate=Decimal(str(rate)),
            settles_ns=self.now_ns if settled else self._settles_ns(),
            settled=settled,
            interval_ns=INTERVAL_HOURS * NS_PER_HOUR,
        )
        return self._tell(one, event)

    def _settles_ns(self) -> int:
        interval = INTERVAL_HOURS * NS_PER_HOUR
        return (self.now_ns // interval + 1) * interval

    def _times(self) -> dict[str, Any]:
        return {"ts_recv": self.now_ns, "ts_venue": self.now_ns}


def _ticks(one: Instrument, price: float) -> int:
    return one.ticks(Decimal(str(price)))


def _lots(one: Instrument, size: float) -> int:
    amount = Decimal(str(size))
    return one.lots(amount if one.inverse else amount / one.contract_size)
