"""A world in a hand's breadth: positions, prices, and a venue that does what the test says."""

from decimal import Decimal
from itertools import count

from bot.execution.blotter import Applied, Order
from bot.execution.desk import Desk, DeskConfig
from bot.execution.holdings import Touch
from bot.execution.plan import Plan
from bot.execution.quotes import QUOTE
from bot.execution.stages import Budget
from bot.execution.working import Patience
from bot.model.command import Approved, Proposal, Side
from bot.model.event import (
    CancelRejected,
    Fill,
    IntentDurable,
    OrderAccepted,
    OrderCanceled,
    OrderRejected,
    OrderSent,
    ProtocolEvent,
)
from bot.model.instrument import Instrument, Kind, PriceGrid
from bot.model.units import NS_PER_MS, AccountId, Currency, InstrumentId, StrategyName

ME = StrategyName("me")
OTHER = StrategyName("other")
SPOT = InstrumentId("binance:BTC/USDT")
PERP = InstrumentId("binanceusdm:BTC/USDT:USDT")
COIN = InstrumentId("binancecoinm:BTC/USD:BTC")
FILL = "fill"

PATIENCE = Patience(
    repeg_ticks=2,
    repeg_ms=500,
    patience_ms=2_000,
    retry_ms=100,
    retry_ms_max=1_600,
    hedge_ms=250,
    hedge_attempts=3,
    rest_ms=60_000,
)
BUDGET = Budget(loss_bps_max=20.0, naked_ms_max=2_000)


def contract(name: InstrumentId, **changes: object) -> Instrument:
    """Lots of 0.001 BTC, ticks of 0.1; the smallest order is worth 5 USDT."""
    inverse = name == COIN
    terms: dict[str, object] = {
        "id": name,
        "kind": Kind.SPOT if name == SPOT else Kind.PERPETUAL,
        "base": Currency("BTC"),
        "quote": Currency("USD" if inverse else "USDT"),
        "settle": Currency("BTC" if inverse else "USDT"),
        "grid": PriceGrid(Decimal("0.1")),
        "lot": Decimal(1) if inverse else Decimal("0.001"),
        "contract_size": Decimal(100) if inverse else Decimal(1),
        "inverse": inverse,
        "notional_min": None if inverse else Decimal(5),
    }
    return Instrument(**{**terms, **changes})  # type: ignore[arg-type]


class World:
    """Holdings, and a venue by hand. Prices start at 50,000.0 × 50,000.1; collars 1 % away."""

    def __init__(self, *, internal_netting: bool = False, patience: Patience = PATIENCE) -> None:
        self.desk = Desk(DeskConfig(patience, BUDGET, internal_netting))
        self.now = 1_000 * NS_PER_MS
        self.positions: dict[tuple[StrategyName, InstrumentId], int] = {}
        self.instruments = {name: contract(name) for name in (SPOT, PERP, COIN)}
        self.touches: dict[InstrumentId, Touch | None] = dict.fromkeys(
            self.instruments, (500_000, 1_000, 500_001, 1_000)
        )
        self.marks: dict[InstrumentId, Decimal | None] = dict.fromkeys(
            self.instruments, Decimal(50_000)
        )
        self.collars: dict[InstrumentId, tuple[int, int] | None] = dict.fromkeys(
            self.instruments, (505_000, 495_000)
        )
        self.dead: set[InstrumentId] = set()
        self.last = Plan((), (), (), (), ())
        self.crossed = self.refusals = 0
        self.left: dict[str, int] = {}
        self.most: int | None = None
        self._told: set[str] = set()
        self._ids = count(1)
        self._trades = count(1)

    # what execution sees

    @property
    def moves(self) -> object:
        return dict(self.positions)

    def position(self, strategy: StrategyName, instrument: InstrumentId) -> int:
        return self.positions.get((strategy, instrument), 0)

    def instrument(self, instrument: InstrumentId) -> Instrument:
        return self.instruments[instrument]

    def live(self, instrument: InstrumentId) -> bool:
        return instrument not in self.dead

    def touch(self, instrument: InstrumentId) -> Touch | None:
        return self.touches[instrument]

    def away_ns(self, order: Order) -> int | None:
        return self.left.get(order.order_id)

    def mark(self, instrument: InstrumentId) -> Decimal | None:
        return self.marks[instrument]

    def collar(self, instrument: InstrumentId, side: Side) -> int | None:
        collar = self.collars[instrument]
        return None if collar is None else collar[0 if side is Side.BUY else 1]

    def largest(
        self, strategy: StrategyName, instrument: InstrumentId, side: Side, price: int, goal: int
    ) -> int | None:
        return self.most

    def account(self, strategy: StrategyName, instrument: InstrumentId) -> AccountId:
        return AccountId(instrument.partition(":")[0])

    # what the engine does

    def plan(self, *, approve: bool = True) -> Plan:
        """One step: plan, and take in what was proposed as if risk approved it all."""
        self.due()
        for order_id, since in self.left.items():
            if self.now - since >= self._wait_ns and order_id not in self._told:
                self._told.add(order_id)
                order = self.desk.blotter.get(order_id)
                assert order is not None
                self.desk.look(order.instrument)
        self.last = self.desk.plan(self)
        for proposal in self.last.proposals:
            self.check(proposal)
            if approve:
                self.approve(proposal)
        return self.last

    @property
    def _wait_ns(self) -> int:
        return self.desk.config.patience.repeg_ms * NS_PER_MS

    def due(self) -> int | None:
        """When to plan again: by the desk's clock, or when a posted order was left behind."""
        ticks = self.desk.config.patience.repeg_ticks
        near, away = set[str](), set[str]()
        for order in self.desk.posted:
            touch = self.touches[order.instrument]
            own = None if touch is None else touch[0 if order.side is Side.BUY else 2]
            quoted = order.proposal.reason == QUOTE  # it stands where its strategy wants it
            stays = own is not None and (quoted or abs(own - order.price) < ticks)
            (near if stays else away).add(order.order_id)
        self.left = {each: self.left.get(each, self.now) for each in sorted(away)}
        self._told &= away
        times = [self.left[each] + self._wait_ns for each in away - self._told]
        desk_ns = self.desk.due()
        return min(times if desk_ns is None else [*times, desk_ns], default=None)

    def check(self, proposal: Proposal) -> None:
        """What must hold for every proposal."""
        instrument = self.instruments[proposal.instrument]
        price = instrument.price(proposal.price)
        assert proposal.size >= instrument.size_min
        if instrument.notional_min is not None:
            assert instrument.notional(proposal.size, price) >= instrument.notional_min
        assert instrument.grid.down(proposal.price) == proposal.price
        collar = self.collar(proposal.instrument, proposal.side)
        assert collar is not None
        assert (collar - proposal.price) * proposal.side >= 0
        if proposal.reduce_only:
            held = self.position(proposal.strategy, proposal.instrument)
            assert held * proposal.side < 0
            assert proposal.size <= abs(held)

    def approve(self, proposal: Proposal) -> Order:
        """Take a proposal in, durable and sent."""
        order = self.desk.add(Approved(f"o{next(self._ids)}", proposal, self.now), Decimal(50_000))
        self.say(order, IntentDurable)
        self.say(order, OrderSent)
        return order

    def pass_ms(self, ms: int) -> "World":
        self.now += ms * NS_PER_MS
        return self

    def move_touch(self, instrument: InstrumentId, ticks: int) -> None:
        bid, bid_lots, ask, ask_lots = self.touches[instrument] or (500_000, 1, 500_001, 1)
        self.touches[instrument] = (bid + ticks, bid_lots, ask + ticks, ask_lots)
        self.due()

    # what the venue says

    def orders(self, instrument: InstrumentId | None = None) -> list[Order]:
        return self.desk.blotter.live(instrument)

    def only(self, instrument: InstrumentId | None = None) -> Order:
        (order,) = self.orders(instrument)
        return order

    def say(self, order: Order, kind: type[ProtocolEvent], **fields: object) -> Applied:
        event = kind(
            ts_recv=self.now,
            ts_venue=self.now,
            account=order.proposal.account,
            order_id=order.order_id,
            **fields,
        )
        return self.desk.apply(event)

    def accept(self, order: Order) -> Applied:
        return self.say(order, OrderAccepted, venue_order_id="v" + order.order_id)

    def reject(self, order: Order) -> Applied:
        return self.say(order, OrderRejected, reason="would cross")

    def cancel(self, order: Order) -> Applied:
        return self.say(order, OrderCanceled, reason="asked")

    def keep(self, order: Order) -> Applied:
        return self.say(order, CancelRejected, reason="too late")

    def fill(
        self, order: Order, size: int | None = None, price: int | None = None, trade: str = ""
    ) -> Applied:
        """Fill some, or all that remains, and book it once."""
        proposal = order.proposal
        applied = self.say(
            order,
            Fill,
            trade_id=trade or f"t{next(self._trades)}",
            instrument=proposal.instrument,
            side=proposal.side,
            size=order.remaining if size is None else size,
            price=order.price if price is None else price,
            fee=Decimal(0),
            fee_currency=Currency("USDT"),
            maker=proposal.post_only,
        )
        key = (proposal.strategy, proposal.instrument)
        self.positions[key] = self.positions.get(key, 0) + applied.filled * proposal.side
        return applied
