"""Everything rarer than a book change that can influence a decision, as values on the tape.

Every event knows when we heard of it (`ts_recv`) and when it happened (`ts_venue`), both in
nanoseconds since the epoch, UTC. Sizes of orders and fills are lots, their prices ticks;
money is `Decimal` in the named currency; a rate is a fraction per its own interval.
"""

from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct

from bot.model.command import Side
from bot.model.instrument import Instrument
from bot.model.units import AccountId, Currency, InstrumentId, StrategyName


class Event(Struct, frozen=True, gc=False, tag=True, kw_only=True):
    """Something that happened, and when we knew."""

    ts_recv: int
    ts_venue: int


# --- the market ------------------------------------------------------------------------


class FundingRate(Event, frozen=True, gc=False, tag=True, kw_only=True):
    """A funding rate, predicted or settled; longs pay shorts when it is positive.

    rate: fraction per interval. interval_ns: None when the source does not say.
    settles_ns: the settlement that the rate belongs to. mark: at the settlement, if known.
    """

    instrument: InstrumentId
    rate: Decimal
    settles_ns: int
    settled: bool
    interval_ns: int | None = None
    mark: Decimal | None = None


class OpenInterest(Event, frozen=True, gc=False, tag=True, kw_only=True):
    """Open contracts of one instrument, in base coins, or quote when the contract is inverse."""

    instrument: InstrumentId
    amount: Decimal


class Liquidation(Event, frozen=True, gc=False, tag=True, kw_only=True):
    """A forced order of some trader; `side` is the side of that order.

    amount: in the venue's own unit, as `Instrument.lot`.
    complete: False when the venue publishes only a sample (Binance: at most one a second).
    id: the venue's own number of it; None: it gives none, and two that are alike are two.
    """

    instrument: InstrumentId
    side: Side
    price: Decimal
    amount: Decimal
    complete: bool
    id: str | None = None


class LongShortRatio(Event, frozen=True, gc=False, tag=True, kw_only=True):
    """Long over short among a venue's traders: a positioning proxy, never open interest.

    population: whose positions or accounts were counted (`accounts`, `top_accounts`,
    `top_positions`).
    """

    instrument: InstrumentId
    ratio: Decimal
    population: str


class FundingTerms(Event, frozen=True, gc=False, tag=True, kw_only=True):
    """How a perpetual's funding is bounded and how often it is paid, as the venue states it.

    interval_ns, floor, cap: None is not said; floor and cap are fractions per interval.
    """

    instrument: InstrumentId
    interval_ns: int | None = None
    floor: Decimal | None = None
    cap: Decimal | None = None


class OpenInterestWorth(Event, frozen=True, gc=False, tag=True, kw_only=True):
    """Open contracts of one instrument by what they are worth, of a source that says no amount.

    It moves with the price alone: never a substitute for `OpenInterest.amount`.
    """

    instrument: InstrumentId
    worth: Decimal
    currency: Currency


class TakerVolume(Event, frozen=True, gc=False, tag=True, kw_only=True):
    """What takers bought and sold in the interval that ends at `until_ns`, in `unit`.

    unit: the base coin, or the quote of an inverse contract; sizes in the venue's contracts
    are converted before they become an event.
    """

    instrument: InstrumentId
    until_ns: int
    interval_ns: int
    bought: Decimal
    sold: Decimal
    unit: Currency


class LiquidationVolume(Event, frozen=True, gc=False, tag=True, kw_only=True):
    """Forced orders of an interval added up; what closed longs (sells), what closed shorts.

    count: how many there were, None when the source does not say.
    complete: False when not known to hold every one. Never add it to `Liquidation`.
    """

    instrument: InstrumentId
    until_ns: int
    interval_ns: int
    longs: Decimal
    shorts: Decimal
    unit: Currency
    count: int | None = None
    complete: bool = False


class OptionTickers(Event, frozen=True, gc=False, tag=True, kw_only=True):
    """What a venue said of the options of one chain, at most a second of it, as columns.

    instrument: any option of the chain, which stands for all; recordings name the first.
    options: what rows number. columns: of `bot.tape.tickers`, by name, as little-endian bytes.
    ts_recv: of the last row.
    """

    instrument: InstrumentId
    options: tuple[InstrumentId, ...]
    columns: dict[str, bytes]


class InstrumentChanged(Event, frozen=True, gc=False, tag=True, kw_only=True):
    """A listing, a delisting (`active` is False) or changed contract terms."""

    instrument: Instrument


class FeedLost(Event, frozen=True, gc=False, tag=True, kw_only=True):
    """A stream stopped: what it fed is unusable until it is restored."""

    instrument: InstrumentId
    reason: str


class FeedRestored(Event, frozen=True, gc=False, tag=True, kw_only=True):
    """A lost stream is back; books still wait for their snapshot."""

    instrument: InstrumentId


# --- the order protocol ----------------------------------------------------------------


class OrderEvent(Event, frozen=True, gc=False, tag=True, kw_only=True):
    """Something that happened to one of our orders."""

    account: AccountId
    order_id: str


class IntentDurable(OrderEvent, frozen=True, gc=False, tag=True, kw_only=True):
    """The order is on disk; nothing has been sent."""


class OrderSent(OrderEvent, frozen=True, gc=False, tag=True, kw_only=True):
    """The first byte may have left."""


class SendAborted(OrderEvent, frozen=True, gc=False, tag=True, kw_only=True):
    """The last-moment check failed: no byte left."""

    reason: str


class OrderAccepted(OrderEvent, frozen=True, gc=False, tag=True, kw_only=True):
    """The venue has it on its book."""

    venue_order_id: str


class OrderRejected(OrderEvent, frozen=True, gc=False, tag=True, kw_only=True):
    """The venue proved that it never took the order."""

    reason: str


class OrderCanceled(OrderEvent, frozen=True, gc=False, tag=True, kw_only=True):
    """The venue took the rest of the order off its book."""

    reason: str


class OrderExpired(OrderEvent, frozen=True, gc=False, tag=True, kw_only=True):
    """The order's time ran out at the venue."""


class OrderUnknown(OrderEvent, frozen=True, gc=False, tag=True, kw_only=True):
    """We sent it and cannot say whether the venue has it."""

    reason: str


class OrderAbsent(OrderEvent, frozen=True, gc=False, tag=True, kw_only=True):
    """Proof that the venue never took an unknown order."""


class CancelRequested(OrderEvent, frozen=True, gc=False, tag=True, kw_only=True):
    """A cancel is on its way; it releases nothing."""


class CancelRejected(OrderEvent, frozen=True, gc=False, tag=True, kw_only=True):
    """The venue did not cancel, most often because the order had just filled."""

    reason: str


class OrderAmended(OrderEvent, frozen=True, gc=False, tag=True, kw_only=True):
    """The venue changed price or size of a resting order."""

    price: int
    size: int


class Fill(OrderEvent, frozen=True, gc=False, tag=True, kw_only=True):
    """One execution; `trade_id` is unique at the venue and is applied once.

    order_id is empty for a fill of an order that is not ours. fee: positive is paid.
    """

    trade_id: str
    instrument: InstrumentId
    side: Side
    size: int
    price: int
    fee: Decimal
    fee_currency: Currency
    maker: bool


# --- the account -----------------------------------------------------------------------


class FundingPaid(Event, frozen=True, gc=False, tag=True, kw_only=True):
    """One settlement of funding; `amount` is what we received, negative when we paid."""

    account: AccountId
    instrument: InstrumentId
    settles_ns: int
    quantity: int
    mark: Decimal
    rate: Decimal
    amount: Decimal
    currency: Currency


class Settled(Event, frozen=True, gc=False, tag=True, kw_only=True):
    """A dated contract expired, or a session's profit was paid, at this price."""

    account: AccountId
    instrument: InstrumentId
    price: Decimal
    fee: Decimal
    currency: Currency


class Liquidated(Event, frozen=True, gc=False, tag=True, kw_only=True):
    """The venue closed a position of ours by force; a fill without an order of ours."""

    account: AccountId
    instrument: InstrumentId
    trade_id: str
    side: Side
    size: int
    price: Decimal
    fee: Decimal
    fee_currency: Currency


class Deleveraged(Event, frozen=True, gc=False, tag=True, kw_only=True):
    """The venue closed a winning position of ours against a bankrupt one."""

    account: AccountId
    instrument: InstrumentId
    trade_id: str
    side: Side
    size: int
    price: Decimal


class InterestPaid(Event, frozen=True, gc=False, tag=True, kw_only=True):
    """Interest on what an account borrowed of a currency; `amount` is negative when we paid.

    borrowed: the most that was owed in the time that the rate is for.
    """

    account: AccountId
    currency: Currency
    borrowed: Decimal
    rate: Decimal
    amount: Decimal


class Transfer(Event, frozen=True, gc=False, tag=True, kw_only=True):
    """Money in (positive) or out of an account."""

    account: AccountId
    currency: Currency
    amount: Decimal
    reference: str


class BalanceReported(Event, frozen=True, gc=False, tag=True, kw_only=True):
    """A balance as the venue states it; compared, never booked."""

    account: AccountId
    currency: Currency
    amount: Decimal


class PositionReported(Event, frozen=True, gc=False, tag=True, kw_only=True):
    """A position in lots as the venue states it; compared, never booked."""

    account: AccountId
    instrument: InstrumentId
    quantity: int


class ReconcileClean(Event, frozen=True, gc=False, tag=True, kw_only=True):
    """Orders, fills and positions of an account equal the venue's."""

    account: AccountId


# --- ourselves -------------------------------------------------------------------------


class Timer(Event, frozen=True, gc=False, tag=True, kw_only=True):
    """A time that the engine asked to be woken at has come."""


class Heartbeat(Event, frozen=True, gc=False, tag=True, kw_only=True):
    """A second has passed, whether or not the market said anything."""


class OperatorCommand(Event, frozen=True, gc=False, tag=True, kw_only=True):
    """An order from a person: who gave it and why.

    verb: `pause`, `resume`, `cancel`, `flatten`, `halt`, `acknowledge`.
    strategy: the one it concerns; None: all.
    """

    verb: str
    who: str
    why: str
    strategy: StrategyName | None = None


MarketEvent = (
    FundingRate
    | OpenInterest
    | Liquidation
    | LongShortRatio
    | FundingTerms
    | OpenInterestWorth
    | TakerVolume
    | LiquidationVolume
    | OptionTickers
    | InstrumentChanged
    | FeedLost
    | FeedRestored
)
AccountEvent = (
    FundingPaid
    | Settled
    | Liquidated
    | Deleveraged
    | InterestPaid
    | Transfer
    | BalanceReported
    | PositionReported
    | ReconcileClean
)
ProtocolEvent = (
    IntentDurable
    | OrderSent
    | SendAborted
    | OrderAccepted
    | OrderRejected
    | OrderCanceled
    | OrderExpired
    | OrderUnknown
    | OrderAbsent
    | CancelRequested
    | CancelRejected
    | OrderAmended
    | Fill
)
AnyEvent = MarketEvent | ProtocolEvent | AccountEvent | Timer | Heartbeat | OperatorCommand

_encoder = msgspec.json.Encoder(decimal_format="string", order="deterministic")
_decoder: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)


def encode(event: Event) -> bytes:
    """One event as one line of JSON, the same bytes for the same event always."""
    return _encoder.encode(event)


def decode(line: bytes | str) -> AnyEvent:
    """The event that `encode` wrote; msgspec.ValidationError when it is not one."""
    return _decoder.decode(line)


def fields(event: Event) -> dict[str, Any]:
    """An event as plain fields, for people and exports."""
    plain: dict[str, Any] = msgspec.to_builtins(event)
    return plain
