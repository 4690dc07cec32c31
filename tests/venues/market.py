"""A small market and a venue over it, for tests: one line a happening."""

from collections.abc import Iterable
from decimal import Decimal

from bot.model.command import Approved, Cancel, OrderType, Proposal, Side, TimeInForce
from bot.model.event import Event
from bot.model.instrument import Instrument, Kind, PriceGrid
from bot.model.units import AccountId, Currency, InstrumentId, StrategyName
from bot.tape.builder import BlockBuilder
from bot.tape.rows import (
    ASK,
    BID,
    GAP,
    INDEX,
    LEVEL,
    MARK,
    SCALAR,
    SCALAR_SCALE,
    SNAPSHOT,
    TRADE,
    Block,
)
from bot.venues.simulated.door import placement
from bot.venues.simulated.fees import FeeSchedule
from bot.venues.simulated.latency import Constant, Latency
from bot.venues.simulated.listing import Listing
from bot.venues.simulated.margin import Tier
from bot.venues.simulated.orders import Order
from bot.venues.simulated.queue import QueueRule
from bot.venues.simulated.settlement import PUNCTUAL, Jitter
from bot.venues.simulated.terms import Loan
from bot.venues.simulated.venue import SimulatedVenue

BUY, SELL = Side.BUY, Side.SELL
ACCOUNT = AccountId("here")
USDT, BTC = Currency("USDT"), Currency("BTC")
PERP, INVERSE, SPOT = (
    InstrumentId("here:BTC/USDT:USDT"),
    InstrumentId("here:BTC/USD:BTC"),
    InstrumentId("here:BTC/USDT"),
)
NAMES = (PERP, INVERSE, SPOT)
OUT_NS, IN_NS = 3, 2
"""Delays of a few nanoseconds: in these tests a time is a small number."""
FEES = FeeSchedule(maker=Decimal("0.0002"), taker=Decimal("0.0005"))
Levels = Iterable[tuple[int, int]]
TIERS = (Tier(Decimal(0), Decimal("0.01")), Tier(Decimal(1000), Decimal("0.02")))


def contract(name: InstrumentId, **terms: object) -> Instrument:
    kind = Kind.SPOT if name == SPOT else Kind.PERPETUAL
    inverse = name == INVERSE
    fields = {
        "id": name,
        "kind": kind,
        "base": BTC,
        "quote": Currency("USD") if inverse else USDT,
        "settle": BTC if inverse else USDT,
        "grid": PriceGrid(Decimal("0.5")),
        "lot": Decimal(1) if inverse else Decimal("0.1"),
        "contract_size": Decimal(100) if inverse else Decimal(1),
        "inverse": inverse,
    } | terms
    return Instrument(**fields)  # type: ignore[arg-type]


def listing(name: InstrumentId, **terms: object) -> Listing:
    return Listing(contract(name, **terms), FEES, () if name == SPOT else TIERS)


class Market:
    """Rows as they are received, each message at its time, heard at once unless said otherwise."""

    def __init__(self) -> None:
        self.builder = BlockBuilder(NAMES)

    def book(
        self,
        ns: int,
        bids: Levels,
        asks: Levels,
        name: InstrumentId = PERP,
        heard: int | None = None,
    ) -> "Market":
        return self._message(ns, name, heard, SNAPSHOT, levels(bids, asks))

    def change(
        self,
        ns: int,
        bids: Levels = (),
        asks: Levels = (),
        name: InstrumentId = PERP,
        heard: int | None = None,
        flags: int = 0,
    ) -> "Market":
        return self._message(ns, name, heard, flags, levels(bids, asks))

    def gap(self, ns: int, name: InstrumentId = PERP) -> "Market":
        return self._message(ns, name, None, GAP, [])

    def trade(
        self, ns: int, side: Side, price: int, size: int, name: InstrumentId = PERP
    ) -> "Market":
        return self._message(ns, name, None, 0, [(TRADE, int(side), price, size)])

    def mark(self, ns: int, price: str, name: InstrumentId = PERP) -> "Market":
        value = int(Decimal(price) * SCALAR_SCALE)
        return self._message(ns, name, None, 0, [(SCALAR, MARK, value, 0)])

    def index(self, ns: int, price: str, name: InstrumentId = PERP) -> "Market":
        value = int(Decimal(price) * SCALAR_SCALE)
        return self._message(ns, name, None, 0, [(SCALAR, INDEX, value, 0)])

    def take(self) -> Block:
        return self.builder.take()

    def _message(
        self,
        ns: int,
        name: InstrumentId,
        heard: int | None,
        flags: int,
        rows: Iterable[tuple[int, int, int, int]],
    ) -> "Market":
        self.builder.begin(ns if heard is None else heard, ns, NAMES.index(name), flags)
        for row in rows:
            self.builder.row(*row)
        self.builder.end()
        return self


def levels(bids: Levels, asks: Levels) -> list[tuple[int, int, int, int]]:
    return [(LEVEL, BID, *level) for level in bids] + [(LEVEL, ASK, *level) for level in asks]


def venue(
    market: Market | None = None,
    *,
    deposit: str = "1000000",
    queue: QueueRule | None = None,
    listings: dict[InstrumentId, Listing] | None = None,
    lateness_ns: int = IN_NS,
    decay_ns: int = 1000,
    latency: Latency | None = None,
    deposits: dict[AccountId, dict[Currency, Decimal]] | None = None,
    loans: dict[Currency, Loan] | None = None,
    jitter: Jitter = PUNCTUAL,
    **more: bool,
) -> SimulatedVenue:
    """A venue that has heard the whole of a market, and has not moved yet."""
    made = SimulatedVenue(
        NAMES,
        (1024,) * len(NAMES),
        listings or {name: listing(name) for name in NAMES},
        deposits or {ACCOUNT: {USDT: Decimal(deposit), BTC: Decimal(deposit)}},
        latency or Constant(OUT_NS, IN_NS),
        lateness_ns,
        impact_decay_ns=decay_ns,
        queue=queue,
        loans=loans,
        jitter=jitter,
        **more,
    )
    if market is not None:
        made.feed(market.take())
        made.finish()
    return made


def standing(number: int, side: Side, size: int, price: int) -> Order:
    """An order as it would rest, for whoever puts it on a book by hand."""
    request = placement(str(number), order(str(number), side, size, price).proposal)
    return Order(number, 0, request, price, size, size, 0)


def order(
    order_id: str,
    side: Side,
    size: int,
    price: int,
    *,
    name: InstrumentId = PERP,
    type: OrderType = OrderType.LIMIT,
    time_in_force: TimeInForce = TimeInForce.GTC,
    post_only: bool = False,
    reduce_only: bool = False,
    account: AccountId = ACCOUNT,
) -> Approved:
    proposal = Proposal(
        account=account,
        strategy=StrategyName("test"),
        instrument=name,
        side=side,
        size=size,
        price=price,
        type=type,
        time_in_force=time_in_force,
        post_only=post_only,
        reduce_only=reduce_only,
        reason="target",
    )
    return Approved(order_id, proposal, 0)


def cancel(order_id: str, name: InstrumentId = PERP) -> Cancel:
    return Cancel(order_id, ACCOUNT, StrategyName("test"), name, "test")


def said(events: Iterable[Event]) -> list[tuple[object, ...]]:
    """Events in short: kind, order, and what matters of a fill or a reason's first word."""
    short: list[tuple[object, ...]] = []
    for event in events:
        line: list[object] = [type(event).__name__]
        for name in ("order_id", "size", "price"):
            if hasattr(event, name):
                line.append(getattr(event, name))
        if hasattr(event, "reason"):
            line.append(event.reason.split(":")[0])
        short.append(tuple(line))
    return short
