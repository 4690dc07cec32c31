"""Everything that an engine is told before it starts; the configuration becomes one of these."""

from decimal import Decimal

from msgspec import Struct

from bot.execution.desk import DeskConfig
from bot.model.instrument import Instrument
from bot.model.units import AccountId, Currency, InstrumentId, StrategyName
from bot.risk.limits import LimitBook
from bot.signals.base import Fees
from bot.strategy.strategy import Strategy


class Settings(Struct, frozen=True, kw_only=True):
    """Instruments, strategies, limits and how orders are worked.

    accounts: the account that trades each venue. pegs: reporting currency for one unit of a
    currency that nothing prices. epoch: how the order ids of this run begin; never used before.
    """

    instruments: tuple[Instrument, ...]
    strategies: tuple[tuple[StrategyName, Strategy], ...]
    accounts: dict[str, AccountId]
    fees: dict[InstrumentId, Fees]
    reporting_currency: Currency
    pegs: dict[Currency, Decimal]
    limits: LimitBook
    desk: DeskConfig
    epoch: str
    window_ticks: int = 1 << 14
