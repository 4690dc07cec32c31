"""What the engine knows of the market: books, scalars, funding, and the scores over them."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from bot.book import arrays as books
from bot.book.arrays import BOOK_LAYOUT, Book
from bot.book.layout import (
    BOOK_NS,
    CROSSED,
    GAPS,
    HEARD_FUNDING,
    KNOWN,
    LADDER,
    LAST,
    NEVER,
    SCALAR,
    SCALAR_NS,
    STATUS,
    TOUCH_NS,
    TRADE_NS,
)
from bot.engine.advance import BOOK_AT, CURSOR, LAST_FLAGS, LAST_NS, POSTED_AT, placed, watch_at
from bot.engine.sentries import POSTED_LAYOUT, Sentries, Watched
from bot.execution.blotter import Order
from bot.execution.working import Patience
from bot.model.event import (
    FeedLost,
    FeedRestored,
    FundingRate,
    InstrumentChanged,
    MarketEvent,
)
from bot.model.instrument import Instrument
from bot.model.units import NS_PER_HOUR, Currency, InstrumentId
from bot.signals import arrays as signals
from bot.signals import evaluate
from bot.signals.base import Fees, Watch
from bot.signals.impact_kernels import average_price
from bot.signals.table import SignalTable
from bot.signals.touch import BOTH, FROM_BOOK, FROM_TOUCH, read_touch
from bot.tape.rows import INDEX, MARK, SCALAR_SCALE

FUNDING_GRACE_NS: Final = 120_000_000_000
"""How long after its settlement a rate may stand in before it is no longer in force."""


class Rate(Struct, frozen=True):
    """A funding rate as it was heard."""

    rate: Decimal
    interval_ns: int
    settles_ns: int
    predicted: bool
    heard_ns: int


class Terms:
    """What the market is made of: instruments by number, their fees, fixed conversions.

    Numbers are positions in the order of ids, the same as on the tape. pegs: reporting
    currency for one unit of a currency that no book prices (`USD` for `USDT`); stated, never
    assumed. units: a tick in quote and a lot in base coins (contracts when inverse), as floats.
    """

    def __init__(
        self,
        instruments: Sequence[Instrument],
        fees: Mapping[InstrumentId, Fees],
        reporting_currency: Currency,
        pegs: Mapping[Currency, Decimal],
    ) -> None:
        """Order the instruments by id."""
        self.listed = tuple(sorted(instruments, key=lambda one: one.id))
        self.by_id = {one.id: one for one in self.listed}
        self.number = {one.id: i for i, one in enumerate(self.listed)}
        self.units = [units_of(one) for one in self.listed]
        self.reporting_currency = reporting_currency
        self.pegs = dict(pegs)
        self._fees = dict(fees)

    def relist(self, changed: Instrument) -> None:
        """Take changed terms of a listed instrument in; its number stays."""
        i = self.index(changed.id)
        self.by_id[changed.id] = changed
        self.listed = (*self.listed[:i], changed, *self.listed[i + 1 :])
        self.units[i] = units_of(changed)

    def instrument(self, instrument: InstrumentId) -> Instrument:
        """The contract; KeyError when nothing lists it."""
        return self.by_id[instrument]

    def index(self, instrument: InstrumentId) -> int:
        """Its number on the tape; KeyError when nothing lists it."""
        return self.number[instrument]

    def fees(self, instrument: InstrumentId) -> Fees:
        """Its fees; KeyError when the configuration does not state them."""
        return self._fees[instrument]


def units_of(listed: Instrument) -> tuple[float, float]:
    """A tick in quote and a lot in base coins, or contracts when inverse."""
    lot = listed.lot if listed.inverse else listed.lot * listed.contract_size
    return float(listed.grid.tick), float(lot)


class Market:
    """Books and scores of all instruments, as of `now`.

    places: what the compiled loop of `engine.advance` is given. version: another one after
    every message and event.
    """

    def __init__(
        self,
        terms: Terms,
        watches: Sequence[Mapping[str, Watch]],
        *,
        house: Mapping[str, Watch],
        mark_is_mid: bool,
        windows: tuple[int, ...],
        patience: Patience,
    ) -> None:
        """Start knowing nothing.

        house: what is watched for no strategy. mark_is_mid: value positions at the mid, not the
        venue's mark. patience: when a posted order has been left behind.
        """
        self.terms = terms
        self.mark_is_mid = mark_is_mid
        self.now = self.version = 0
        count = len(terms.listed)
        self.table = SignalTable(watches, terms, count, house)
        self.book = books.empty(windows)
        self.sentries = Sentries(
            [one.id for one in terms.listed], patience.repeg_ticks, patience.repeg_ms
        )
        self.places = placed(self.book, self.table.arrays, self.sentries.arrays)
        self._words = self.places.data
        self.rates: list[Rate | None] = [None] * count
        self.lost: set[InstrumentId] = set()
        self._pricers = _pricers(terms)
        self._touches: dict[int, tuple[int, int, int, int] | None] = {}
        self._mids: dict[InstrumentId, Decimal | None] = {}

    # --- taking in -------------------------------------------------------------------------

    def grow(self) -> None:
        """Give every book more room outside its window."""
        self.hold(books.grown(self.book, 2 * self.book.far.shape[3]))

    def hold(self, book: Book) -> None:
        """Go on with these books, and tell the compiled loop where they stand."""
        self.book = book
        BOOK_LAYOUT.write(self.places, BOOK_AT, book)

    @property
    def stopped(self) -> tuple[int, int, int]:
        """Where the loop stopped: the next message, when the last came, and its flags."""
        words = self._words
        return words[CURSOR], words[LAST_NS], words[LAST_FLAGS]

    def watch(self, posted: Sequence[Order]) -> None:
        """Say from now on when the touch has left one of these orders behind."""
        if not self.sentries.differ(posted):
            return
        if self.sentries.post(posted):
            POSTED_LAYOUT.write(self.places, POSTED_AT, self.sentries.arrays)
        for name in {order.instrument for order in posted}:
            watch_at(self.places, self.terms.number[name], self.now)

    def watch_again(self, watched: Sequence[tuple[Order, Watched]]) -> None:
        """Go on watching orders as they were watched before a restart."""
        if self.sentries.restore(watched):
            POSTED_LAYOUT.write(self.places, POSTED_AT, self.sentries.arrays)

    def moved(self, now: int) -> None:
        """Rows were taken in, the last at this time: best prices are read anew."""
        self.now = max(self.now, now)
        self.version += 1
        self._touches.clear()
        self._mids.clear()

    def take(self, event: MarketEvent) -> None:
        """Take a market event in; scores that it concerns are recomputed."""
        self.moved(event.ts_recv)
        match event:
            case FundingRate():
                self._take_rate(event)
            case FeedLost():
                self._lose(self.terms.index(event.instrument))
                self.lost.add(event.instrument)
            case FeedRestored():
                self.lost.discard(event.instrument)
            case InstrumentChanged():
                self._relist(event.instrument)

    def _relist(self, changed: Instrument) -> None:
        """Take changed terms in; another funding interval among them holds from now on."""
        i = self.terms.index(changed.id)
        before, after = self.terms.listed[i].funding_interval_ns, changed.funding_interval_ns
        self.terms.relist(changed)
        rate = self.rates[i]
        if rate is not None and after is not None and after != before:
            self.rates[i] = replace(rate, interval_ns=after)

    def _take_rate(self, event: FundingRate) -> None:
        i = self.terms.index(event.instrument)
        known = self.rates[i]
        # What a rate has said before is nearer to it than what was listed once.
        before = None if known is None else known.interval_ns
        interval = event.interval_ns or before or self.terms.listed[i].funding_interval_ns
        if interval is None:
            return
        settles = event.settles_ns + interval if event.settled else event.settles_ns
        if event.settled and known is not None and known.predicted and known.settles_ns >= settles:
            return
        self.rates[i] = Rate(event.rate, interval, settles, not event.settled, event.ts_recv)
        table = self.table.arrays
        table.funding[i, signals.RATE] = float(event.rate)
        table.funding[i, signals.INTERVAL_HOURS] = interval / NS_PER_HOUR
        table.funding[i, signals.RATE_KNOWN] = 1.0
        table.settles[i] = settles
        # A settled rate is in force until the next settlement; a prediction ages by the second.
        still = event.ts_recv if not event.settled else settles
        self.table.heard_funding_ns[i] = still
        evaluate.evaluate(table, self.book, i, HEARD_FUNDING, LADDER, event.ts_recv)

    def _lose(self, i: int) -> None:
        head = self.book.head
        head[i, STATUS] = 0
        head[i, TOUCH_NS] = NEVER
        evaluate.evaluate(self.table.arrays, self.book, i, 0xFF, 0, self.now)
        for signal, instrument, _ in self.table.plain_signals:
            if instrument == i:
                self.table.publish(signal, None)

    # --- reading ---------------------------------------------------------------------------

    def touch_ticks(self, i: int) -> tuple[int, int, int, int] | None:
        """Best bid, its size, best ask, its size, from the fresher of book and touch stream.

        None while that is crossed, one-sided, gapped or not yet known.
        """
        if i not in self._touches:
            # A call into compiled code costs 3 us, and many ask between two messages.
            self._touches[i] = self._read_touch(i)
        return self._touches[i]

    def _read_touch(self, i: int) -> tuple[int, int, int, int] | None:
        head = self.book.head
        fresher = head[i, TOUCH_NS] > head[i, BOOK_NS] or head[i, STATUS] != KNOWN
        source = FROM_TOUCH if fresher else FROM_BOOK
        sides, bid, bid_size, ask, ask_size = read_touch(self.book, i, source)
        # Without a compiler these are numbers of numpy, which nothing can store.
        return (int(bid), int(bid_size), int(ask), int(ask_size)) if sides == BOTH else None

    def mid(self, instrument: InstrumentId) -> Decimal | None:
        """The middle of the touch, exactly."""
        if instrument not in self._mids:
            i = self.terms.number.get(instrument)
            touch = None if i is None else self.touch_ticks(i)
            mid = None
            if i is not None and touch is not None:
                mid = self.terms.listed[i].grid.tick * (touch[0] + touch[2]) / 2
            self._mids[instrument] = mid
        return self._mids[instrument]

    def scalar(self, instrument: InstrumentId, field: int) -> Decimal | None:
        """A scalar as it was last heard."""
        i = self.terms.number.get(instrument)
        if i is None or self.book.head[i, SCALAR_NS + field] == NEVER:
            return None
        return Decimal(int(self.book.head[i, SCALAR + field])) / SCALAR_SCALE

    def mark(self, instrument: InstrumentId) -> Decimal | None:
        """The price that positions are valued at: the venue's mark, or the mid by choice.

        Spot has no mark of its own: the mid is taken.
        """
        if self.mark_is_mid or self.terms.by_id[instrument].kind == "spot":
            return self.mid(instrument)
        return self.scalar(instrument, MARK)

    def index(self, instrument: InstrumentId) -> Decimal | None:
        """The venue's index of the underlying."""
        return self.scalar(instrument, INDEX)

    def last(self, instrument: InstrumentId) -> Decimal | None:
        """The price of the last trade."""
        i = self.terms.number.get(instrument)
        if i is None or self.book.head[i, TRADE_NS] == NEVER:
            return None
        return self.terms.listed[i].price(int(self.book.head[i, LAST]))

    def quote_age_ns(self, instrument: InstrumentId) -> int | None:
        """Time since the best prices were last heard of; None: never."""
        i = self.terms.number.get(instrument)
        if i is None:
            return None
        heard = max(int(self.book.head[i, BOOK_NS]), int(self.book.head[i, TOUCH_NS]))
        return None if heard == NEVER else self.now - heard

    def conversion(self, currency: Currency) -> Decimal | None:
        """Reporting currency for one unit: 1, a peg, an index, else a mid; None: unknown."""
        if currency == self.terms.reporting_currency:
            return Decimal(1)
        if currency in self.terms.pegs:
            return self.terms.pegs[currency]
        for instrument in self._pricers.get(currency, ()):
            price = self.index(instrument)
            if price is None:
                price = self.mid(instrument)
            quote = self.terms.by_id[instrument].quote
            rate = self.conversion(quote) if quote != currency else None
            if price is not None and rate is not None:
                return price * rate
        return None

    def funding_in_force(self, instrument: InstrumentId) -> Rate | None:
        """The rate of the coming settlement; None: unknown, or its settlement has passed."""
        rate = self.rates[self.terms.index(instrument)]
        if rate is None or self.now > rate.settles_ns + FUNDING_GRACE_NS:
            return None
        return rate

    def average_ticks(self, i: int, buy: bool, lots: float) -> float | None:
        """Average price in ticks of taking so many lots; None when the known book is too thin."""
        average = average_price(self.book, i, int(buy), lots)
        return None if average != average else float(average)

    @property
    def crossed(self) -> int:
        """Messages that left a book crossed or locked, over all instruments."""
        return int(np.sum(self.book.head[:, CROSSED]))

    @property
    def gaps(self) -> int:
        """Gaps in the sequence of any book."""
        return int(np.sum(self.book.head[:, GAPS]))


def _pricers(terms: Terms) -> dict[Currency, tuple[InstrumentId, ...]]:
    """For each currency the instruments that price it, spot before derivatives."""
    found: dict[Currency, list[Instrument]] = {}
    for one in terms.listed:
        if one.kind != "option":
            found.setdefault(one.base, []).append(one)
    return {
        currency: tuple(
            one.id
            for one in sorted(
                priced,
                key=lambda one: (one.quote != terms.reporting_currency, one.kind != "spot", one.id),
            )
        )
        for currency, priced in found.items()
    }
