"""The sections of a configuration file, as it is written: every key, and what it may be.

Nothing that can lose money has a default. Money is in the reporting currency unless a currency
or an instrument is named.
"""

import re
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from bot.config.values import (
    Amount,
    Collars,
    Count,
    CountLimit,
    CurrencyLimits,
    Exact,
    InstrumentLimits,
    Limit,
    Milliseconds,
    Rate,
    Seed,
    Span,
    Speed,
    Tiers,
    refuse,
)

_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_INSTRUMENT: Final = re.compile(r"[a-z0-9_]+:[^\s:]+/[^\s:]+(:\S+)?")
_SUBJECT: Final = re.compile(r"[a-z0-9_]+(:[^\s:]+/[^\s:]+(:\S+)?)?")


def _named(name: str) -> str:
    if not _NAME.fullmatch(name):
        refuse("a name of letters, digits, - and _", "choose a plainer name")
    return name


def _instrument(name: str) -> str:
    if not _INSTRUMENT.fullmatch(name):
        refuse("venue:symbol", "write it as binance:BTC/USDT or binanceusdm:BTC/USDT:USDT")
    return name


def _subject(name: str) -> str:
    if not _SUBJECT.fullmatch(name):
        refuse("a venue or venue:symbol", "write it as binance or binanceusdm:BTC/USDT:USDT")
    return name


Name = Annotated[str, AfterValidator(_named)]
InstrumentName = Annotated[str, AfterValidator(_instrument)]
Subject = Annotated[str, AfterValidator(_subject)]
"""A venue, or one of its instruments; what is said of an instrument wins."""


class Section(BaseModel):
    """A table of the file: an unknown key is a mistake, and nothing changes after it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Money(Section):
    """What everything is counted in. pegs: reporting currency for one unit of a currency that
    nothing prices.
    """

    reporting_currency: Name
    pegs: dict[str, Exact] = {}


class Fees(Section):
    """Fractions of the notional; a rebate is negative.

    in_received: a spot fee is kept from what the fill brings, as Binance does.
    """

    maker: Rate
    taker: Rate
    in_received: bool = False


class Bounds(Section):
    """The limits of one scope; each is a bound or "none"."""

    order_notional_max: Limit
    order_size_max: InstrumentLimits
    position_max: InstrumentLimits
    gross_notional_max: Limit
    net_notional_max: Limit
    net_delta_max: CurrencyLimits
    leverage_max: Limit
    orders_per_second_max: CountLimit
    orders_per_ten_seconds_max: CountLimit
    price_collar_bps: Collars
    quote_age_ms_max: CountLimit
    daily_loss_max: Limit
    naked_notional_max: Limit
    naked_seconds_max: Limit
    liquidation_distance_min: Limit


class References(Section):
    """mark: which price positions are valued at, the venue's mark or the middle of its book."""

    mark: Literal["venue", "mid"]


class Risk(Bounds):
    """The limits of everything together, then of each account and each strategy."""

    reference: References
    accounts: dict[Name, Bounds]
    strategies: dict[Name, Bounds]


class Patience(Section):
    """How long each way of working an order is tried."""

    repeg_ticks: Count
    repeg_ms: Count
    patience_ms: Milliseconds
    retry_ms: Count
    retry_ms_max: Count
    hedge_ms: Milliseconds
    hedge_attempts: Count
    rest_ms: Count


class Budget(Section):
    """What a basket may lose and how long it may stand unhedged when its strategy is silent."""

    loss_bps_max: Span
    naked_ms_max: Milliseconds


class Execution(Section):
    """internal_netting: opposite wants of two strategies meet inside, at the mid."""

    internal_netting: bool
    patience: Patience
    budget: Budget


class Venue(Section):
    """The simulated venue: the line to it, who stands in its queue, what it lends.

    lateness_ms: how long before its receipt a message may have happened. impact_decay_ms: how
    long what we took from the book is missing. lends_spot: coins that an order lacks.
    """

    latency_out_ms: Span
    latency_in_ms: Span
    decision_us: Span
    lateness_ms: Span
    impact_decay_ms: Span
    lends_spot: bool
    queue: Literal["risk_averse", "power", "power_of_all", "power_of_front", "log", "log_of_all"]
    queue_power: Count = 3


class Terms(Section):
    """What a recording does not know of an instrument; size_min in the venue's unit of amount."""

    size_min: Exact | None = None
    notional_min: Exact | None = None
    funding_interval_hours: Count | None = None


class Market(Section):
    """What is added to the instruments that the market or a recording comes with."""

    instruments: dict[InstrumentName, Terms] = {}


class Simulated(Section):
    """The market that is made up: spot and perpetual of each coin, on the venue `sim`.

    speed: seconds of the market in one of the wall clock.
    """

    seed: Seed
    coins: list[Name] = Field(min_length=1)
    speed: Speed


class Shutdown(Section):
    """policy: what happens to positions when the bot is stopped."""

    policy: Literal["keep_hedged", "keep", "flatten"] = "keep_hedged"


class Control(Section):
    """enabled: whether a running bot listens for operators on a socket in its session."""

    enabled: bool = True


class Report(Section):
    """enabled: whether a run ends with an HTML report in its session."""

    enabled: bool = True


class Strategy(BaseModel):
    """A strategy and its parameters, which are the keys that its class declares.

    use: a shipped or installed one by name, `package.module:Class`, or `file.py:Class`.
    """

    model_config = ConfigDict(extra="allow", frozen=True, strict=True)
    __pydantic_extra__: dict[str, Any]

    use: str
    enabled: bool


class File(Section):
    """A whole configuration file."""

    mode: Literal["paper", "replay", "live"]
    money: Money
    accounts: dict[Name, Name] = {}
    deposits: dict[Name, dict[str, Amount]]
    fees: dict[Subject, Fees]
    margin: dict[Subject, Tiers] = {}
    risk: Risk
    execution: Execution
    venue: Venue
    market: Market = Market()
    simulated: Simulated | None = None
    strategies: dict[Name, Strategy]
    shutdown: Shutdown = Shutdown()
    control: Control = Control()
    report: Report = Report()
