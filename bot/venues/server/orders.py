"""Every order and every trade of the venue's clients, open and closed, as they were told."""

from decimal import Decimal

from msgspec import Struct, field

from bot.model.instrument import Instrument
from bot.model.units import AccountId, InstrumentId
from bot.venues.simulated.reports import Change, OrderReport, Status
from bot.venues.simulated.requests import PlaceOrder

_OVER = (Status.FILLED, Status.CANCELED, Status.EXPIRED, Status.EXPIRED_IN_MATCH, Status.REJECTED)


class Trade(Struct, frozen=True):
    """One execution of a client's order. size: lots; price: ticks; fee: positive is paid.

    profit: what it realised, in the currency of settlement; of spot 0.
    """

    number: int
    order: int
    account: AccountId
    instrument: InstrumentId
    buys: bool
    size: int
    price: int
    fee: Decimal
    fee_currency: str
    maker: bool
    at_ns: int
    profit: Decimal


class OrderRecord(Struct):
    """An order as it stands. quote: what its executions were worth; sizes in lots."""

    number: int
    account: AccountId
    instrument: InstrumentId
    request: PlaceOrder
    kind: str
    status: Status
    size: int
    price: int | None
    trigger_price: int | None
    executed: int
    quote: Decimal
    placed_ns: int
    updated_ns: int
    triggered: bool = False
    trades: list[Trade] = field(default_factory=list)

    @property
    def open(self) -> bool:
        """Whether it still stands or waits."""
        return self.status not in _OVER

    @property
    def leaves(self) -> int:
        """Lots that may still trade."""
        return self.size - self.executed if self.open else 0


class Orders:
    """The books that a venue keeps for its clients.

    kept: closed orders and trades that an account can still ask for; older ones are forgotten.
    """

    def __init__(self, kept: int = 20_000) -> None:
        self._kept = kept
        self._all: dict[AccountId, dict[int, OrderRecord]] = {}
        self._open: dict[AccountId, dict[int, OrderRecord]] = {}
        self._named: dict[tuple[AccountId, str], OrderRecord] = {}
        self._trades: dict[AccountId, list[Trade]] = {}

    def follow(self, report: OrderReport, instrument: Instrument, kind: str) -> OrderRecord:
        """Take in what was said of an order; of one that was never taken in: nothing is kept."""
        request = report.request
        account = request.account
        record = self._all.setdefault(account, {}).get(report.number)
        if record is None:
            record = OrderRecord(
                report.number,
                account,
                request.instrument,
                request,
                kind,
                report.status,
                report.size,
                report.price,
                report.trigger_price,
                0,
                Decimal(0),
                report.placed_ns,
                report.at_ns,
            )
            if report.change is not Change.REJECTED:
                self._keep(record)
        record.status, record.size, record.price = report.status, report.size, report.price
        record.trigger_price = report.trigger_price or record.trigger_price
        record.executed, record.updated_ns = report.executed, report.at_ns
        record.triggered = record.triggered or report.change is Change.TRIGGERED
        if report.execution is not None:
            made = report.execution
            record.quote += abs(instrument.notional(made.size, instrument.price(made.price)))
        if not record.open:
            self._open.get(account, {}).pop(record.number, None)
        return record

    def add(self, record: OrderRecord, trade: Trade) -> None:
        """Keep an execution."""
        record.trades.append(trade)
        trades = self._trades.setdefault(trade.account, [])
        trades.append(trade)
        if len(trades) > 2 * self._kept:
            del trades[: self._kept]

    def forget(self, record: OrderRecord) -> None:
        """An order that the venue does not put into its history."""
        self._all[record.account].pop(record.number, None)
        self._open.get(record.account, {}).pop(record.number, None)
        name = (record.account, record.request.client_id)
        if self._named.get(name) is record:
            del self._named[name]

    def open(self, account: AccountId, instrument: InstrumentId | None = None) -> list[OrderRecord]:
        """What stands or waits, oldest first."""
        found = self._open.get(account, {}).values()
        return [each for each in found if instrument in (None, each.instrument)]

    def all(self, account: AccountId, instrument: InstrumentId) -> list[OrderRecord]:
        """Every order that is remembered, oldest first."""
        found = self._all.get(account, {}).values()
        return [each for each in found if each.instrument == instrument]

    def find(
        self, account: AccountId, instrument: InstrumentId, number: int | None, client_id: str
    ) -> OrderRecord | None:
        """An order by the venue's number, else the latest of that name."""
        if number is not None:
            found = self._all.get(account, {}).get(number)
        else:
            found = self._named.get((account, client_id))
        return found if found is not None and found.instrument == instrument else None

    def trades(self, account: AccountId, instrument: InstrumentId | None) -> list[Trade]:
        """Executions that are remembered, oldest first."""
        return [
            each for each in self._trades.get(account, ()) if instrument in (None, each.instrument)
        ]

    def _keep(self, record: OrderRecord) -> None:
        mine = self._all[record.account]
        mine[record.number] = record
        self._open.setdefault(record.account, {})[record.number] = record
        if record.request.client_id:
            self._named[record.account, record.request.client_id] = record
        if len(mine) > 2 * self._kept:
            for number in [n for n, each in mine.items() if not each.open][: self._kept]:
                gone = mine.pop(number)
                name = (gone.account, gone.request.client_id)
                if self._named.get(name) is gone:
                    del self._named[name]
