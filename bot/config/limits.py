"""The limits, margins and patience of a configuration as the engine wants them."""

from decimal import Decimal

from bot.config.complaints import said_by
from bot.config.sections import Bounds, File
from bot.config.values import CAUTIOUS
from bot.execution.desk import DeskConfig
from bot.execution.stages import Budget
from bot.execution.working import Patience
from bot.model.instrument import Instrument, Kind
from bot.model.units import AccountId, Currency, InstrumentId, StrategyName
from bot.risk.limits import LimitBook, Limits, MarkReference, Reference
from bot.risk.margin import CAUTIOUS_INVERSE, CAUTIOUS_LINEAR, TierTable


def limit_book(file: File, instruments: tuple[Instrument, ...]) -> LimitBook:
    """Every limit, and the maintenance margins of these instruments."""
    risk = file.risk
    tables = {one.id: tier_table(file, one) for one in instruments}
    return LimitBook(
        strategies={StrategyName(name): limits(each) for name, each in risk.strategies.items()},
        accounts={AccountId(name): limits(each) for name, each in risk.accounts.items()},
        total=limits(risk),
        mark=MarkReference(risk.reference.mark),
        tiers={name: table for name, table in tables.items() if table is not None},
    )


def limits(bounds: Bounds) -> Limits:
    """The limits of one scope."""
    collars = bounds.price_collar_bps
    return Limits(
        order_notional_max=bounds.order_notional_max,
        order_size_max=_by_instrument(bounds.order_size_max),
        position_max=_by_instrument(bounds.position_max),
        gross_notional_max=bounds.gross_notional_max,
        net_notional_max=bounds.net_notional_max,
        net_delta_max=_by_currency(bounds.net_delta_max),
        leverage_max=bounds.leverage_max,
        orders_per_second_max=bounds.orders_per_second_max,
        orders_per_ten_seconds_max=bounds.orders_per_ten_seconds_max,
        price_collar_bps=(
            None if collars is None else {Reference(name): each for name, each in collars.items()}
        ),
        quote_age_ms_max=bounds.quote_age_ms_max,
        daily_loss_max=bounds.daily_loss_max,
        naked_notional_max=bounds.naked_notional_max,
        naked_seconds_max=bounds.naked_seconds_max,
        liquidation_distance_min=bounds.liquidation_distance_min,
    )


def tier_table(file: File, instrument: Instrument) -> TierTable | None:
    """The maintenance margins of a contract; None for spot and where nothing is stated."""
    stated = file.margin.get(instrument.id, file.margin.get(instrument.venue))
    if stated is None or instrument.kind not in (Kind.PERPETUAL, Kind.FUTURE):
        return None
    if stated == CAUTIOUS or isinstance(stated, str):
        return CAUTIOUS_INVERSE if instrument.inverse else CAUTIOUS_LINEAR
    return TierTable.of(*((step[0], step[1]) for step in stated))


def desk_config(file: File, where: str) -> DeskConfig:
    """How orders are worked; ConfigError when its times do not fit together."""
    execution = file.execution
    try:
        patience = Patience(**execution.patience.model_dump())
    except ValueError as error:
        raise said_by(error, f"{where} execution.patience") from error
    budget = Budget(**execution.budget.model_dump())
    return DeskConfig(patience, budget, execution.internal_netting)


def _by_instrument(bounds: dict[str, Decimal] | None) -> dict[InstrumentId, Decimal] | None:
    return None if bounds is None else {InstrumentId(name): each for name, each in bounds.items()}


def _by_currency(bounds: dict[str, Decimal] | None) -> dict[Currency, Decimal] | None:
    return None if bounds is None else {Currency(name): each for name, each in bounds.items()}
