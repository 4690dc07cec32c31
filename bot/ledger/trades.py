"""Who traded: events as changes of the positions of single strategies.

A fill belongs to the strategy that ordered. What the venue does to an account as a whole
(a liquidation, an expiry, funding) is shared by what each strategy holds there, and what none
of them holds belongs to EXTERNAL.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal

from bot.ledger.positions import closed_by, price_at_expiry
from bot.ledger.postings import Cause, Origin
from bot.ledger.valuation import Decision
from bot.model.event import (
    Deleveraged,
    Fill,
    FundingPaid,
    InterestPaid,
    Liquidated,
    Settled,
    Transfer,
)
from bot.model.instrument import Instrument
from bot.model.money import split
from bot.model.units import EXTERNAL, Currency, StrategyName

Holders = Sequence[tuple[StrategyName, int]]
"""Strategies with the lots that they hold, none of them 0, by name."""

Number = Callable[[Decimal], Decimal]
"""Takes a number from an event into the ledger's arithmetic."""


class Trade(Origin, frozen=True):
    """A change of one strategy's position: signed lots at a price, and its share of the fee."""

    quantity: int
    price: Decimal
    fee: Decimal
    fee_currency: Currency
    decision: Decision | None


def origin(
    event: Fill | FundingPaid | InterestPaid | Settled | Transfer | Liquidated | Deleveraged,
    strategy: StrategyName,
    cause: Cause,
    reference: str,
) -> Origin:
    """Where a posting to a strategy comes from; money alone concerns no instrument."""
    instrument = None if isinstance(event, Transfer | InterestPaid) else event.instrument
    return Origin(event.ts_recv, event.account, strategy, instrument, cause, reference)


def fill(
    event: Fill,
    strategy: StrategyName,
    instrument: Instrument,
    decision: Decision | None,
    number: Number,
) -> Trade:
    """A fill, as the trade of the strategy that ordered it."""
    return Trade(
        event.ts_recv,
        event.account,
        strategy,
        instrument.id,
        Cause.FILL,
        event.trade_id,
        quantity=event.size * int(event.side),
        price=number(instrument.price(event.price)),
        fee=number(event.fee),
        fee_currency=event.fee_currency,
        decision=decision,
    )


def forced(
    event: Liquidated | Deleveraged, instrument: Instrument, holders: Holders, number: Number
) -> list[Trade]:
    """A forced closing, taken from the strategies on the closed side in the order of names."""
    left = event.size * int(event.side)
    quantities: dict[StrategyName, int] = {}
    for strategy, held in holders:
        closed = closed_by(held, left)
        if closed:
            quantities[strategy] = -closed
            left += closed
    if left:
        quantities[EXTERNAL] = quantities.get(EXTERNAL, 0) + left
    if isinstance(event, Liquidated):
        cause, fee, fee_currency = Cause.LIQUIDATION, event.fee, event.fee_currency
    else:
        cause, fee, fee_currency = Cause.DELEVERAGING, Decimal(0), instrument.settle
    fees = split(number(fee), [abs(quantity) for quantity in quantities.values()])
    return [
        Trade(
            event.ts_recv,
            event.account,
            strategy,
            instrument.id,
            cause,
            event.trade_id,
            quantity=quantity,
            price=number(event.price),
            fee=share,
            fee_currency=fee_currency,
            decision=None,
        )
        for (strategy, quantity), share in zip(quantities.items(), fees, strict=True)
    ]


def expiry(event: Settled, instrument: Instrument, holders: Holders, number: Number) -> list[Trade]:
    """The closing of everything held at what the contract pays; nobody decided it."""
    price = price_at_expiry(instrument, number(event.price))
    fees = split(number(event.fee), [abs(held) for _, held in holders])
    return [
        Trade(
            event.ts_recv,
            event.account,
            strategy,
            instrument.id,
            Cause.SETTLEMENT,
            str(event.ts_venue),
            quantity=-held,
            price=price,
            fee=share,
            fee_currency=event.currency,
            decision=Decision(mid=price, reference_mid=None),
        )
        for (strategy, held), share in zip(holders, fees, strict=True)
    ]


def funding_shares(
    event: FundingPaid, holders: Holders, number: Number
) -> list[tuple[StrategyName, Decimal]]:
    """The amount of a settlement by what each held of the quantity that the venue counted."""
    amount = number(event.amount)
    if event.quantity == 0:
        return [(EXTERNAL, amount)]
    weights = dict(holders)
    unknown = event.quantity - sum(weights.values())
    weights[EXTERNAL] = weights.get(EXTERNAL, 0) + unknown
    weights = {strategy: weight for strategy, weight in weights.items() if weight}
    return list(zip(weights, split(amount, list(weights.values())), strict=True))
