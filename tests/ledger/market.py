"""A small market for the ledger: its contracts, its prices and the events that trade it."""

from decimal import Decimal
from itertools import count

from bot.model.command import Side
from bot.model.event import Fill, FundingPaid, Transfer
from bot.model.instrument import Instrument, Kind, PriceGrid
from bot.model.units import AccountId, Currency, InstrumentId, StrategyName

TICK = Decimal("0.1")
LOT = Decimal("0.001")

SPOT = InstrumentId("spot:BTC/USDT")
OTHER_SPOT = InstrumentId("other:BTC/USDC")
LINEAR = InstrumentId("linear:BTC/USDT:USDT")
INVERSE = InstrumentId("inverse:BTC/USD:BTC")
FUTURE = InstrumentId("linear:BTC/USDT:USDT-240927")
CALL = InstrumentId("options:BTC/USDT:USDT-240927-60000-C")
INVERSE_CALL = InstrumentId("options:BTC/USD:BTC-240927-60000-C")

EXPIRY_NS = 1_727_424_000_000_000_000


def contract(name: InstrumentId, kind: Kind, settle: str, **terms: object) -> Instrument:
    quote = name.partition("/")[2].partition(":")[0]
    return Instrument(
        id=name,
        kind=kind,
        base=Currency("BTC"),
        quote=Currency(quote),
        settle=Currency(settle),
        **{"grid": PriceGrid(TICK), "lot": LOT, **terms},
    )


INSTRUMENTS = {
    one.id: one
    for one in (
        contract(SPOT, Kind.SPOT, "USDT"),
        contract(OTHER_SPOT, Kind.SPOT, "USDC"),
        contract(LINEAR, Kind.PERPETUAL, "USDT"),
        contract(
            INVERSE,
            Kind.PERPETUAL,
            "BTC",
            lot=Decimal(1),
            contract_size=Decimal(100),
            inverse=True,
        ),
        contract(FUTURE, Kind.FUTURE, "USDT", expiry_ns=EXPIRY_NS),
        contract(CALL, Kind.OPTION, "USDT", expiry_ns=EXPIRY_NS, strike=Decimal(60000), call=True),
        contract(
            INVERSE_CALL,
            Kind.OPTION,
            "BTC",
            grid=PriceGrid(Decimal("0.0005")),
            lot=Decimal("0.1"),
            inverse=True,
            expiry_ns=EXPIRY_NS,
            strike=Decimal(60000),
            call=True,
        ),
    )
}


class Prices:
    """Marks that a test sets by hand; what it does not set is unknown."""

    def __init__(self, **conversions: str) -> None:
        self.mids: dict[str, Decimal] = {}
        self.marks: dict[str, Decimal] = {}
        self.conversions = {name: Decimal(rate) for name, rate in conversions.items()}

    def mid(self, instrument: InstrumentId) -> Decimal | None:
        return self.mids.get(instrument)

    def mark(self, instrument: InstrumentId) -> Decimal | None:
        return self.marks.get(instrument)

    def conversion(self, currency: Currency) -> Decimal | None:
        return self.conversions.get(currency)

    def at(self, **marks: str) -> "Prices":
        names = {"spot": SPOT, "other": OTHER_SPOT, "linear": LINEAR, "inverse": INVERSE}
        for name, price in marks.items():
            self.mids[names[name]] = self.marks[names[name]] = Decimal(price)
        return self


NOWHERE = Prices()
ALICE = StrategyName("alice")
BOB = StrategyName("bob")

_ids = count(1)


def account_of(instrument: InstrumentId) -> AccountId:
    return AccountId(instrument.partition(":")[0])


def fill(
    instrument: InstrumentId,
    amount: str,
    price: str,
    fee: str = "0",
    fee_currency: str = "USDT",
    account: str | None = None,
    trade_id: str | None = None,
    terms: Instrument | None = None,
) -> Fill:
    """A fill of a signed amount in the venue's unit."""
    terms = terms or INSTRUMENTS[instrument]
    lots = terms.lots(Decimal(amount))
    return Fill(
        ts_recv=1,
        ts_venue=1,
        account=AccountId(account) if account else account_of(instrument),
        order_id="o",
        trade_id=trade_id or f"t{next(_ids)}",
        instrument=instrument,
        side=Side.BUY if lots > 0 else Side.SELL,
        size=abs(lots),
        price=terms.ticks(Decimal(price)),
        fee=Decimal(fee),
        fee_currency=Currency(fee_currency),
        maker=False,
    )


def transfer(currency: str, amount: str, account: str = "spot") -> Transfer:
    return Transfer(
        ts_recv=1,
        ts_venue=1,
        account=AccountId(account),
        currency=Currency(currency),
        amount=Decimal(amount),
        reference=f"r{next(_ids)}",
    )


def funding(
    instrument: InstrumentId,
    lots: int,
    mark: str,
    rate: str,
    amount: str,
    account: str | None = None,
) -> FundingPaid:
    return FundingPaid(
        ts_recv=1,
        ts_venue=1,
        account=AccountId(account) if account else account_of(instrument),
        instrument=instrument,
        settles_ns=next(_ids),
        quantity=lots,
        mark=Decimal(mark),
        rate=Decimal(rate),
        amount=Decimal(amount),
        currency=INSTRUMENTS[instrument].settle,
    )
