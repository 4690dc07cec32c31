"""The total order of the tape: which of two things that we heard at the same moment comes first."""

import enum

from bot.model.event import (
    BalanceReported,
    CancelRejected,
    CancelRequested,
    Deleveraged,
    Event,
    FeedLost,
    FeedRestored,
    Fill,
    FundingPaid,
    FundingRate,
    FundingTerms,
    Heartbeat,
    InstrumentChanged,
    IntentDurable,
    InterestPaid,
    Liquidated,
    Liquidation,
    LiquidationVolume,
    LongShortRatio,
    OpenInterest,
    OpenInterestWorth,
    OperatorCommand,
    OptionTickers,
    OrderAbsent,
    OrderAccepted,
    OrderAmended,
    OrderCanceled,
    OrderExpired,
    OrderRejected,
    OrderSent,
    OrderUnknown,
    PositionReported,
    ReconcileClean,
    SendAborted,
    Settled,
    TakerVolume,
    Timer,
    Transfer,
)


class Rank(enum.IntEnum):
    """What comes first among things received in the same nanosecond.

    The market moves first, then our order meets it, then the venue answers; money that is due
    is paid on what that left; who was to be woken then sees it all, and a person has the last
    word. Ties end with the name of the source and its own count, never with the place of an
    argument.
    """

    ROW = 0
    """Rows of a block; no event has this rank."""
    MARKET = 1
    """The market, as far as it does not come in rows: interest, liquidations, lost feeds."""
    ARRIVAL = 2
    """Our order or cancel on its way to the venue."""
    RESPONSE = 3
    """The venue's word on orders, fills, positions and balances."""
    FUNDING = 4
    """Funding rates and payments, and interest."""
    TIMER = 5
    """Times that we asked to be woken at."""
    OPERATOR = 6
    """A person's command."""


_RANKS: dict[type[Event], Rank] = {
    kind: rank
    for rank, kinds in {
        Rank.MARKET: (
            OpenInterest,
            Liquidation,
            LongShortRatio,
            FundingTerms,
            OpenInterestWorth,
            TakerVolume,
            LiquidationVolume,
            OptionTickers,
            InstrumentChanged,
            FeedLost,
            FeedRestored,
        ),
        Rank.ARRIVAL: (IntentDurable, OrderSent, SendAborted, CancelRequested),
        Rank.RESPONSE: (
            OrderAccepted,
            OrderRejected,
            OrderCanceled,
            OrderExpired,
            OrderUnknown,
            OrderAbsent,
            CancelRejected,
            OrderAmended,
            Fill,
            Settled,
            Liquidated,
            Deleveraged,
            Transfer,
            BalanceReported,
            PositionReported,
            ReconcileClean,
        ),
        Rank.FUNDING: (FundingRate, FundingPaid, InterestPaid),
        Rank.TIMER: (Timer, Heartbeat),
        Rank.OPERATOR: (OperatorCommand,),
    }.items()
    for kind in kinds
}


def rank(event: Event) -> Rank:
    """The rank of an event among things received at the same time."""
    return _RANKS[type(event)]
