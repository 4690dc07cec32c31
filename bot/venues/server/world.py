"""One simulated venue and its market, stepped from outside, and all that its clients may ask.

Whoever drives it hands over the market's items in order (`take`, `hear`, `quiet_until`) and
clients' requests in between (`perform`). Faces listen: what happens is told at once, in order.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final, Protocol

from msgspec import Struct

from bot.book.layout import DEPTH, NEVER, SCALAR, SCALAR_NS
from bot.model.command import OrderType, Side
from bot.model.event import (
    AnyEvent,
    Deleveraged,
    FundingPaid,
    FundingRate,
    Liquidated,
    Liquidation,
    LongShortRatio,
    MarketEvent,
    OpenInterest,
    Settled,
    Transfer,
)
from bot.model.instrument import Instrument
from bot.model.units import AccountId, Currency, InstrumentId
from bot.tape.rows import BUY, INDEX, OPEN_INTEREST, SCALAR_SCALE, TRADE, Block
from bot.venues.server.calendar import Calendar
from bot.venues.server.depth import Depth, levels
from bot.venues.server.holdings import Holdings
from bot.venues.server.orders import OrderRecord, Orders, Trade
from bot.venues.server.public import Public, PublicTrade
from bot.venues.simulated.listing import Listing
from bot.venues.simulated.reports import Change, OrderReport, Reason, Said
from bot.venues.simulated.requests import Request
from bot.venues.simulated.venue import SimulatedVenue

INCOME_KEPT: Final = 20_000
AccountNews = FundingPaid | Liquidated | Deleveraged | Settled | Transfer


class Income(Struct, frozen=True):
    """Money that came into a wallet, or left it when negative. kind: as Binance names it."""

    number: int
    account: AccountId
    instrument: InstrumentId | None
    kind: str
    amount: Decimal
    currency: Currency
    at_ns: int
    trade: int | None = None


class Face(Protocol):
    """A venue's wires, told of what happens."""

    def order_changed(self, record: OrderRecord, report: OrderReport, trade: Trade | None) -> None:
        """An order has changed; `record` stands as it does now."""
        ...

    def account_changed(self, event: AccountNews) -> None:
        """Something happened to an account besides its orders."""
        ...

    def traded(self, name: InstrumentId, trades: Sequence[PublicTrade]) -> None:
        """These trades happened together."""
        ...

    def forced(self, event: Liquidation) -> None:
        """Somebody's position was closed by force."""
        ...

    def passed(self) -> None:
        """A slice of the market's time has passed; its books may have changed."""
        ...


class World:
    """See the module. listings: what can be traded, of the instruments that the venue has."""

    def __init__(
        self,
        venue: SimulatedVenue,
        listings: Mapping[InstrumentId, Listing],
        deposits: dict[AccountId, dict[Currency, Decimal]],
        calendar: Calendar,
    ) -> None:
        self.venue = venue
        self.listings = dict(listings)
        self.calendar = calendar
        self.orders = Orders()
        self.holdings = Holdings(deposits)
        self.faces: list[Face] = []
        self.public = {name: Public(each.instrument) for name, each in listings.items()}
        self.depth = {name: Depth() for name in listings}
        self.income: dict[AccountId, list[Income]] = {}
        self._index = {name: i for i, name in enumerate(venue.instruments)}
        self._incomes = 0
        self._kind = ""

    @property
    def now_ns(self) -> int:
        """The market's time."""
        return self.venue.now_ns

    def instrument(self, name: InstrumentId) -> Instrument:
        """The contract of that name."""
        return self.listings[name].instrument

    def start(self, calendar: Calendar) -> None:
        """Show clients the market's time as this says, from now on."""
        self.calendar = calendar

    # --- what the market does ----------------------------------------------------------

    def take(self, block: Block) -> None:
        """The market's rows, as they were received."""
        self.venue.feed(block)
        trades = (block.kind == TRADE) & (block.size > 0)
        for m in range(block.start, block.stop):
            first, end = int(block.first[m]), int(block.first[m + 1])
            if trades[first:end].any():
                name = block.instruments[int(block.instrument[m])]
                if name in self.public:
                    self._trades(name, block, m, first, end)

    def hear(self, event: AnyEvent) -> None:
        """What the market says besides rows."""
        name = getattr(event, "instrument", None)
        if isinstance(event, MarketEvent):
            self.venue.market_event(event)
        if isinstance(event, FundingRate | OpenInterest | LongShortRatio) and name in self.public:
            self.public[event.instrument].hear(event)
        if isinstance(event, Liquidation) and name in self.public:
            for face in self.faces:
                face.forced(event)

    def quiet_until(self, ns: int) -> None:
        """Nothing that was received before this time is still to come: let it all happen."""
        self.venue.quiet_until(ns)
        if ns - 1 > self.venue.now_ns:
            self.venue.advance(ns - 1)
        self._tell(self.venue.take_said())
        for face in self.faces:
            face.passed()

    # --- what clients do ---------------------------------------------------------------

    def perform(self, request: Request, kind: str = "", unless: Reason | None = None) -> list[Said]:
        """Serve a request at the venue's present moment, and tell everybody what it caused.

        kind: what the client called the type of its order. unless: an end of it for which the
        venue keeps no order and tells nobody but whoever asked.
        """
        self._kind = kind
        caused = self.venue.perform(request)
        if unless is None or not any(
            isinstance(each, OrderReport) and each.reason is unless for each in caused
        ):
            self._tell(caused)
        return caused

    # --- what can be seen --------------------------------------------------------------

    def mark(self, name: InstrumentId) -> Decimal | None:
        """What positions are valued at; None: unknown."""
        return self.venue.mark(name)

    def index_of(self, name: InstrumentId) -> int:
        """The venue's own number of an instrument."""
        return self._index[name]

    def touch(self, name: InstrumentId) -> tuple[int | None, int | None]:
        """Best bid and ask of the market now, in ticks; None where a side is empty."""
        book, i = self.venue.book, self._index[name]
        bid, ask = (
            int(book.ladder[i, 2 * s, 0]) if book.head[i, DEPTH + s] else None for s in range(2)
        )
        return bid, ask

    def index(self, name: InstrumentId) -> Decimal | None:
        """The index as stated."""
        return self.stated(name, INDEX)

    def interest(self, name: InstrumentId) -> Decimal | None:
        """Open interest in base coins as stated; None: nobody said it."""
        known = self.public[name].interest
        stated = self.stated(name, OPEN_INTEREST)
        return known[-1].amount if known else stated

    def stated(self, name: InstrumentId, field: int) -> Decimal | None:
        """A scalar of the market."""
        head, i = self.venue.book.head, self._index[name]
        if head[i, SCALAR_NS + field] == NEVER:
            return None
        return Decimal(int(head[i, SCALAR + field])) / SCALAR_SCALE

    def look(self, name: InstrumentId) -> Depth:
        """The public book as it is now."""
        i, depth = self._index[name], self.depth[name]
        bids, asks = levels(self.venue.book, i, 0), levels(self.venue.book, i, 1)
        for record in self.standing(name):
            side = bids if record.request.side is Side.BUY else asks
            price = record.price or 0
            side[price] = side.get(price, 0) + record.leaves
        depth.show(bids, asks, self.now_ns)
        return depth

    def standing(self, name: InstrumentId) -> list[OrderRecord]:
        """Clients' orders that rest on a book."""
        return [
            record
            for account in {account for account, _ in self.holdings.wallet}
            for record in self.orders.open(account, name)
            if record.request.type is OrderType.LIMIT
            and (record.request.trigger is None or record.triggered)
        ]

    def book_income(
        self,
        account: AccountId,
        name: InstrumentId | None,
        kind: str,
        amount: Decimal,
        currency: Currency,
        trade: int | None = None,
    ) -> None:
        """Remember a movement of money."""
        self._incomes += 1
        kept = self.income.setdefault(account, [])
        kept.append(
            Income(self._incomes, account, name, kind, amount, currency, self.now_ns, trade)
        )
        if len(kept) > 2 * INCOME_KEPT:
            del kept[:INCOME_KEPT]

    # --- what the venue says -----------------------------------------------------------

    def _tell(self, said: Sequence[Said]) -> None:
        for each in said:
            if isinstance(each, OrderReport):
                self._order(each)
            elif isinstance(each, AccountNews):
                self._account(each)

    def _order(self, report: OrderReport) -> None:
        instrument = self.listings.get(report.request.instrument)
        if report.change is Change.REJECTED or instrument is None:
            return  # Whoever asked is told in the answer.
        record = self.orders.follow(report, instrument.instrument, self._kind)
        trade = None
        if report.execution is not None:
            trade = self._execution(report, instrument.instrument)
            self.orders.add(record, trade)
        for face in self.faces:
            face.order_changed(record, report, trade)

    def _execution(self, report: OrderReport, instrument: Instrument) -> Trade:
        made, request = report.execution, report.request
        assert made is not None, "an execution is told"
        account = request.account
        price = instrument.price(made.price)
        profit = self.holdings.fill(
            account, instrument, request.side, made.size, price, report.at_ns
        )
        self.holdings.receive(account, made.fee_currency, -made.fee)
        if profit:
            self.book_income(
                account, instrument.id, "REALIZED_PNL", profit, instrument.settle, made.number
            )
        if made.fee:
            self.book_income(
                account, instrument.id, "COMMISSION", -made.fee, made.fee_currency, made.number
            )
        if not made.maker:
            # What a client takes is a trade that everybody sees; what takes from it is one already.
            sold = request.side is Side.SELL
            seen = self.public[instrument.id].trade(made.price, made.size, report.at_ns, sold=sold)
            for face in self.faces:
                face.traded(instrument.id, [seen])
        return Trade(
            number=made.number,
            order=report.number,
            account=account,
            instrument=instrument.id,
            buys=request.side is Side.BUY,
            size=made.size,
            price=made.price,
            fee=made.fee,
            fee_currency=made.fee_currency,
            maker=made.maker,
            at_ns=report.at_ns,
            profit=profit,
        )

    def _account(self, event: AccountNews) -> None:
        holdings, account = self.holdings, event.account
        if isinstance(event, FundingPaid):
            holdings.receive(account, event.currency, event.amount)
            self.book_income(account, event.instrument, "FUNDING_FEE", event.amount, event.currency)
        elif isinstance(event, Liquidated):
            self._closed(event, event.fee, event.fee_currency)
        elif isinstance(event, Deleveraged):
            self._closed(event, Decimal(0), self.instrument(event.instrument).settle)
        elif isinstance(event, Settled):
            self._settled(event)
        else:
            holdings.receive(account, event.currency, event.amount)
            self.book_income(account, None, "TRANSFER", event.amount, event.currency)
        for face in self.faces:
            face.account_changed(event)

    def _closed(self, event: Liquidated | Deleveraged, fee: Decimal, currency: Currency) -> None:
        instrument = self.instrument(event.instrument)
        profit = self.holdings.fill(
            event.account, instrument, event.side, event.size, event.price, event.ts_venue
        )
        self.holdings.receive(event.account, currency, -fee)
        self.book_income(event.account, event.instrument, "REALIZED_PNL", profit, instrument.settle)
        if fee:
            self.book_income(event.account, event.instrument, "INSURANCE_CLEAR", -fee, currency)

    def _settled(self, event: Settled) -> None:
        instrument = self.instrument(event.instrument)
        held = self.holdings.of(event.account, event.instrument)
        if held.lots:
            side = Side.SELL if held.lots > 0 else Side.BUY
            profit = self.holdings.fill(
                event.account, instrument, side, abs(held.lots), event.price, event.ts_venue
            )
            self.book_income(
                event.account, event.instrument, "DELIVERED_SETTELMENT", profit, instrument.settle
            )
        self.holdings.receive(event.account, event.currency, -event.fee)

    def _trades(self, name: InstrumentId, block: Block, m: int, first: int, end: int) -> None:
        at_ns = int(block.ts_recv[m])
        public = self.public[name]
        made = [
            public.trade(
                int(block.price[k]), int(block.size[k]), at_ns, sold=int(block.side[k]) != BUY
            )
            for k in range(first, end)
            if block.kind[k] == TRADE and block.size[k] > 0
        ]
        for face in self.faces:
            face.traded(name, made)
