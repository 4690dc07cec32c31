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
    lines = [
        line
        for line in reservations.worst(Scope(Level.ACCOUNT, account)).busy()
        if line.prices.instrument.kind is not Kind.SPOT and line.prices.instrument.settle == settle
    ]
    if not lines:
        return INFINITY
    balance = reservations.exposure.margin(account, settle)
    if balance is None or not balance.is_finite():
        raise Unknown(Reference.MARGIN, f"{account} {settle}")
    balance -= _paid_away(reservations, account, settle)
    margins = [_maintenance(line, _table(line, tables)) for line in lines]
    total = sum(margins, ZERO)
    return min(
        _nearest(line, balance, _table(line, tables), total - own)
        for line, own in zip(lines, margins, strict=True)
    )


def _nearest(line: Line, balance: Decimal, table: TierTable, others: Decimal) -> Decimal:
    mark = line.prices.known_mark()
    nearest = INFINITY
    for lots in {line.long, line.short} - {0}:
        quantity = _quantity(line, lots)
        price = liquidation_price(
            quantity,
            mark,
            balance,
            table,
            inverse=line.prices.instrument.inverse,
            maintenance_others=others,
            profit_others=ZERO,
        )
        away = distance(quantity, mark, price)
        if away is not None:
            nearest = min(nearest, away)
    return nearest


def _maintenance(line: Line, table: TierTable) -> Decimal:
    size = _quantity(line, max(abs(line.long), abs(line.short)))
    mark = line.prices.known_mark()
    return table.maintenance(size / mark if line.prices.instrument.inverse else size * mark)


def _paid_away(reservations: Reservations, account: AccountId, settle: Currency) -> Decimal:
    """What filling at the limits would lose at once against the marks, in the settlement coin."""
    lost = ZERO
    for order, _ in reservations.orders():
        prices = reservations.prices(order.instrument)
        instrument = prices.instrument
        if order.account != account or instrument.settle != settle:
            continue
        if instrument.kind is Kind.SPOT:
            continue
        mark = prices.known_mark()
        price = instrument.price(order.price)
        worse = price - mark if order.side is Side.BUY else mark - price
        if worse > 0:
            size = instrument.amount(order.size) * instrument.contract_size
            lost += abs(size / mark - size / price) if instrument.inverse else size * worse
    return lost


def _quantity(line: Line, lots: int) -> Decimal:
    """Lots in base coins, or in units of quote when inverse."""
    instrument = line.prices.instrument
    return instrument.amount(lots) * instrument.contract_size


def _table(line: Line, tables: Tables) -> TierTable:
    instrument = line.prices.instrument
    if instrument.kind is Kind.OPTION or instrument.id not in tables:
        raise Unknown(Reference.TIERS, instrument.id)
    return tables[instrument.id]
