"""Under which terms a test runs: every one of them said, none of them an operator's default."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

from msgspec import Struct

from bot.config.cascades import watch_over
from bot.config.latency import LineTerms
from bot.config.venue import VenueSettings
from bot.engine.settings import Settings
from bot.execution.desk import DeskConfig
from bot.execution.stages import Budget
from bot.execution.working import Patience
from bot.model.instrument import Instrument, Kind
from bot.model.units import (
    NS_PER_MS,
    NS_PER_SECOND,
    AccountId,
    Currency,
    InstrumentId,
    StrategyName,
)
from bot.modes.setup import Setup
from bot.risk.limits import LimitBook, Limits, MarkReference, Reference
from bot.risk.margin import TierTable
from bot.signals.base import Fees
from bot.strategy.strategy import Strategy

TIERS: Final = ((Decimal(0), Decimal("0.004")),)
COLLAR: Final = {"touch": 100}

PATIENCE: Final = Patience(
    repeg_ticks=1,
    repeg_ms=200,
    patience_ms=1_000,
    retry_ms=100,
    retry_ms_max=1_000,
    hedge_ms=0,
    hedge_attempts=3,
    rest_ms=1_000,
)


class Terms(Struct, frozen=True, kw_only=True):
    """What a test may say otherwise.

    maker_fee, taker_fee: fractions of the notional. deposits: by currency, in every account;
    None: a million of each money, and a hundred of each coin that something settles in.
    limits: by their names in `[risk]`, for everything together; else only a collar of 1 %
    around the touch and quotes of 5 s hold. cascade: as in `[risk]`, the perpetuals whose
    liquidations are watched. latency_ms: each way. netting: opposite wants of two strategies
    meet inside. rejects: so many orders the venue rejects, whatever they say. rows: cut the
    tape into blocks of so many rows, which changes nothing.
    """

    maker_fee: float = 0.0002
    taker_fee: float = 0.0005
    deposits: Mapping[str, float] | None = None
    limits: Mapping[str, Any] = {}
    cascade: Mapping[str, str] = {}
    latency_ms: int = 10
    decision_us: int = 100
    netting: bool = False
    rejects: int = 0
    rows: int | None = None


def setup_of(
    strategies: Mapping[str, Strategy], instruments: Iterable[Instrument], terms: Terms
) -> Setup:
    """Engine and venue under these terms."""
    listed = tuple(instruments)
    names = [StrategyName(name) for name in strategies]
    accounts = {one.venue: AccountId(one.venue) for one in listed}
    quotes = sorted({one.quote for one in listed})
    margined = {one.id for one in listed if one.kind in (Kind.PERPETUAL, Kind.FUTURE)}
    nothing = _limits({})
    latency_ns = terms.latency_ms * NS_PER_MS
    settings = Settings(
        instruments=listed,
        strategies=tuple(zip(names, strategies.values(), strict=True)),
        accounts=accounts,
        fees=dict.fromkeys(
            (one.id for one in listed), Fees(_exact(terms.maker_fee), _exact(terms.taker_fee))
        ),
        reporting_currency=quotes[0],
        pegs=dict.fromkeys(quotes[1:], Decimal(1)),
        limits=LimitBook(
            strategies=dict.fromkeys(names, nothing),
            accounts=dict.fromkeys(accounts.values(), nothing),
            total=_limits({"price_collar_bps": COLLAR, "quote_age_ms_max": 5_000, **terms.limits}),
            mark=MarkReference.MID,
            tiers=dict.fromkeys(margined, TierTable.of(*TIERS)),
        ),
        desk=DeskConfig(PATIENCE, Budget(loss_bps_max=20.0, naked_ms_max=2_000), terms.netting),
        epoch="test",
        cascades={
            InstrumentId(name): watch_over(InstrumentId(name), TierTable.of(*TIERS), said)
            for name, said in terms.cascade.items()
        },
    )
    venue = VenueSettings(
        line=LineTerms.constant(latency_ns, latency_ns),
        decision_ns=terms.decision_us * 1_000,
        impact_decay_ns=NS_PER_SECOND,
        deposits=dict.fromkeys(accounts.values(), _deposits(listed, terms)),
        tiers=dict.fromkeys(margined, TIERS),
        fees_in_received=False,
        borrows=(),
        queue="risk_averse",
        queue_power=1,
    )
    return Setup(settings, venue)


def _deposits(listed: Iterable[Instrument], terms: Terms) -> dict[Currency, Decimal]:
    if terms.deposits is not None:
        return {Currency(code): _exact(amount) for code, amount in terms.deposits.items()}
    coins = {one.settle for one in listed if one.inverse}
    money = {one.quote for one in listed if not one.inverse}
    return {**dict.fromkeys(coins, Decimal(100)), **dict.fromkeys(money, Decimal(1_000_000))}


def _limits(stated: Mapping[str, Any]) -> Limits:
    bounds: dict[str, Any] = dict.fromkeys(Limits.__struct_fields__)
    for name, bound in stated.items():
        if name not in bounds:
            raise ValueError(f"limits: got {name!r}, expected one of {', '.join(bounds)}")
        if name.startswith("orders_per") or name == "quote_age_ms_max" or bound is None:
            bounds[name] = bound
        elif isinstance(bound, Mapping):
            collar = name == "price_collar_bps"
            bounds[name] = {
                Reference(key) if collar else key: _exact(each) for key, each in bound.items()
            }
        else:
            bounds[name] = _exact(bound)
    return Limits(**bounds)


def _exact(number: float) -> Decimal:
    return Decimal(str(number))
