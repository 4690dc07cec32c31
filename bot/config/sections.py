"""The sections of a configuration file, as it is written: every key, and what it may be.

Nothing that can lose money has a default. Money is in the reporting currency unless a currency
or an instrument is named.
"""

import re
from datetime import datetime
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)

from bot.config.latency import Latency, LineTerms
from bot.config.rules import VenueRules
from bot.config.values import (
    Amount,
    Cascades,
    Collars,
    Count,
    CountLimit,
    CurrencyLimits,
    Exact,
    FeeTiers,
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
from bot.model.units import NS_PER_MS, NS_PER_SECOND

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


def _whole_second(value: object) -> object:
    timed = isinstance(value, datetime) and value.tzinfo is not None
    if not isinstance(value, datetime) or not timed or value.microsecond:
        refuse("a date and time to the second, with its zone", "write 2026-01-01T00:00:00Z")
    return value


Name = Annotated[str, AfterValidator(_named)]
InstrumentName = Annotated[str, AfterValidator(_instrument)]
Start = Annotated[datetime, BeforeValidator(_whole_second)]
Subject = Annotated[str, AfterValidator(_subject)]
"""A venue, or one of its instruments; what is said of an instrument wins."""


class Section(BaseModel):
    """A table of the file: an unknown key is a mistake, and nothing changes after it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, validate_default=True)


class Money(Section):
    """What everything is counted in. pegs: reporting currency for one unit of a currency that
    nothing prices.
    """

    reporting_currency: Name
    pegs: dict[str, Exact] = {}


class Fees(Section):
    """Fractions of the notional; a rebate is negative.

    What only the simulated venue reads: tiers: `[volume of 30 days in quote, maker, taker]`;
    premium_cap: the most that an option's fee may be of its premium; delivery: of what a dated
    contract settles at; step: what a fee is rounded to.
    """

    maker: Rate
    taker: Rate
    tiers: FeeTiers = ()
    premium_cap: Exact | None = None
    delivery: Rate | None = None
    step: Exact | None = None


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
    """The limits of everything together, then of each account and each strategy.

    cascade: the contracts whose liquidations are watched. From caution on nothing rests against
    the move and sizes are halved; from defend on who trades their coin may only reduce.
    """

    reference: References
    cascade: Cascades
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


class Loan(Section):
    """hourly: interest of an hour, a fraction. quota: the most that an account may owe."""

    hourly: Rate
    quota: Amount


class Venue(Section):
    """The simulated venue: the line to it, who stands in its queue, what it lends.

    latency: a model of the line; or latency_out_ms and latency_in_ms, when it is always as fast.
    impact_decay_ms: how long what we took from the book is missing, if the market says nothing.
    lends_spot: coins that an order lacks are borrowed. spot_fees_in_received: spot fees are kept
    from what a fill brings, as Binance does. partial_fills: a trade that reaches us fills what it
    reaches; else all of us. rules: of an instrument, besides what its listing says.
    margin, leverage: how its contracts are held.
    liquidation_fee, liquidation_band: what a forced closing costs and how far from the mark it
    may trade, as fractions; not stated: 0.015 and 0.05. insurance: what its fund begins with.
    loans: the price and bound of what it lends, by currency; it lends no other.
    funding: at stamps unless it says `index` (at stamps, counted at the index) or `accruing`.
    marks: as recorded, else the mid, unless it says `median` (Binance's) or `fair` (Deribit's).
    """

    latency: Latency | None = None
    latency_out_ms: Span | None = None
    latency_in_ms: Span | None = None
    decision_us: Span
    impact_decay_ms: Span
    lends_spot: bool
    spot_fees_in_received: bool
    queue: Literal["risk_averse", "power", "power_of_all", "power_of_front", "log", "log_of_all"]
    queue_power: Count = 3
    partial_fills: bool = True
    rules: dict[InstrumentName, VenueRules] = {}
    margin: Literal["cross", "isolated"] = "cross"
    leverage: Exact | None = None
    liquidation_fee: Rate | None = None
    liquidation_band: Rate | None = None
    funding: dict[Subject, Literal["stamp", "index", "accruing"]] = {}
    marks: dict[Subject, Literal["recorded", "median", "fair"]] = {}
    insurance: dict[str, Amount] = {}
    loans: dict[str, Loan] = {}

    @property
    def line(self) -> LineTerms:
        """The line to it."""
        if self.latency is not None:
            return self.latency.terms
        assert self.latency_out_ms is not None, "one way of stating it was checked to be there"
        assert self.latency_in_ms is not None, "one way of stating it was checked to be there"
        return LineTerms.constant(
            round(self.latency_out_ms * NS_PER_MS), round(self.latency_in_ms * NS_PER_MS)
        )

    @model_validator(mode="after")
    def _levered(self) -> "Venue":
        if self.margin == "isolated" and self.leverage is None:
            refuse(
                "a leverage with isolated margin",
                'write `leverage = "5"` in `[venue]`: it says how much is set aside',
            )
        if self.lends_spot and not self.loans:
            refuse(
                "the price of what is lent",
                'write `loans.BTC = { hourly = "0.00001", quota = "5" }` in `[venue]`',
            )
        return self


class Terms(Section):
    """What a recording does not know of an instrument; size_min in the venue's unit of amount."""

    size_min: Exact | None = None
    notional_min: Exact | None = None
    funding_interval_hours: Count | None = None


class Market(Section):
    """What is added to the instruments that the market or a recording comes with."""

    instruments: dict[InstrumentName, Terms] = {}


Regime = Literal["trend", "squeeze", "cascade", "dislocation", "outage"]


class Episode(Section):
    """Something that happens in a market that is made up, and when.

    at_s: seconds after the market's start; for_s: how long. size_bps: how far the price goes, or
    how far a venue departs from the others; down when negative; 0 for an outage. coin, venue:
    whom it concerns; left out: all.
    """

    regime: Regime
    at_s: Milliseconds
    for_s: Count
    size_bps: float = 0.0
    coin: Name | None = None
    venue: Name | None = None


class Seasons(Section):
    """Regimes that come by themselves, one in every stretch of `every_s` seconds.

    for_s: how long one lasts. size_bps: how far it goes at most. regimes: which may come.
    """

    every_s: Count
    for_s: Count
    size_bps: Speed
    regimes: list[Regime] = Field(default=list(get_args(Regime)), min_length=1)


class Simulated(Section):
    """The market that is made up.

    market: `pair`, spot and perpetual of each coin on the venue `sim`; or `venues`, four of them,
    with perpetuals of several funding intervals, inverse contracts, futures and option chains.
    start: the market's first second; always the same, or the same seed would differ.
    speed: seconds of the market in one of the wall clock. slots_per_second: how often an
    instrument may act. latency_ms, jitter_ms, funding_interval_hours: of the venue `sim`; the
    interval is the pace at which premiums change everywhere.
    """

    seed: Seed
    market: Literal["pair", "venues"] = "pair"
    start: Start
    coins: list[Literal["BTC", "ETH"]] = Field(min_length=1)
    speed: Speed
    slots_per_second: Count = 10
    levels: Count = 24
    latency_ms: Span = 4
    jitter_ms: Span = 2
    funding_interval_hours: Count = 8
    episodes: list[Episode] = []
    seasons: Seasons | None = None

    @property
    def start_ns(self) -> int:
        """The start in ns since the epoch."""
        return int(self.start.timestamp()) * NS_PER_SECOND


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
