"""How near an account may come to liquidation once its live orders have filled at their worst.

Each contract is looked at alone, the others held at their marks: the venue states its
liquidation prices the same way.
"""

from collections.abc import Mapping
from decimal import Decimal

from bot.model.command import Side
from bot.model.instrument import Kind
from bot.model.units import AccountId, Currency, InstrumentId
from bot.risk.limits import Level, Reference, Scope
from bot.risk.margin import INFINITY, ZERO, TierTable, distance, liquidation_price
from bot.risk.prices import Unknown
from bot.risk.worst import Line, Reservations

Tables = Mapping[InstrumentId, TierTable]


def liquidation_distance(
    reservations: Reservations, account: AccountId, settle: Currency, tables: Tables
) -> Decimal:
    """The smallest distance to liquidation over an account's contracts that settle in one coin.

    A fraction of the mark; infinity when no price liquidates anything; Unknown when the balance,
    a mark or a table of maintenance margins is.
    """
    places: list[_Place] = []
    total = ZERO
    for line in reservations.worst(Scope(Level.ACCOUNT, account)).lines():
        instrument = line.prices.instrument
        if instrument.kind is Kind.SPOT or instrument.settle != settle or line.idle:
            continue
        if instrument.kind is Kind.OPTION and line.short >= 0:
            continue  # bought and paid for: nobody takes it away
        place = _Place(line, _table(line, tables))
        places.append(place)
        total += place.maintenance
    if not places:
        return INFINITY
    balance = reservations.exposure.margin(account, settle)
    if balance is None or not balance.is_finite():
        raise Unknown(Reference.MARGIN, f"{account} {settle}")
    balance -= _paid_away(reservations, account, settle)
    return min(place.nearest(balance, total - place.maintenance) for place in places)


class _Place:
    """One contract at both of its worst cases.

    quantities are in base coins, or in units of quote when inverse.
    """

    __slots__ = ("inverse", "maintenance", "mark", "quantities", "table")

    def __init__(self, line: Line, table: TierTable) -> None:
        instrument = line.prices.instrument
        unit = instrument.lot * instrument.contract_size
        self.mark = line.prices.known_mark()
        self.inverse = instrument.inverse
        self.table = table
        self.quantities = [unit * lots for lots in (line.long, line.short) if lots]
        if line.long == line.short:
            del self.quantities[1:]
        size = unit * max(line.long, -line.short)
        self.maintenance = table.maintenance(size / self.mark if self.inverse else size * self.mark)

    def nearest(self, balance: Decimal, others: Decimal) -> Decimal:
        """The smaller distance of the two."""
        nearest = INFINITY
        for quantity in self.quantities:
            price = liquidation_price(
                quantity,
                self.mark,
                balance,
                self.table,
                inverse=self.inverse,
                maintenance_others=others,
                profit_others=ZERO,
            )
            away = distance(quantity, self.mark, price)
            if away is not None and away < nearest:
                nearest = away
        return nearest


def _paid_away(reservations: Reservations, account: AccountId, settle: Currency) -> Decimal:
    """What filling at the limits would lose at once against the marks, in the settlement coin."""
    lost = ZERO
    for order in reservations.orders(account):
        prices = reservations.prices(order.instrument)
        instrument = prices.instrument
        if instrument.settle != settle or instrument.kind is Kind.SPOT:
            continue
        if instrument.kind is Kind.OPTION:
            if order.side is Side.BUY:
                lost += instrument.premium(order.remaining, instrument.price(order.price))
            continue
        mark = prices.known_mark()
        price = instrument.grid.tick * order.price
        if price > mark if order.side is Side.BUY else price < mark:
            size = instrument.amount(order.remaining) * instrument.contract_size
            worse = size / mark - size / price if instrument.inverse else size * (price - mark)
            lost += abs(worse)
    return lost


def _table(line: Line, tables: Tables) -> TierTable:
    instrument = line.prices.instrument
    if instrument.kind is Kind.OPTION or instrument.id not in tables:
        raise Unknown(Reference.TIERS, instrument.id)
    return tables[instrument.id]
