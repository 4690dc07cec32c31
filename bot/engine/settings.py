"""Everything that an engine is told before it starts; the configuration becomes one of these."""

from decimal import Decimal

from msgspec import Struct

from bot.book.arrays import WINDOW_LEAST
from bot.book.books import WINDOW_DEFAULT, window_for
from bot.execution.desk import DeskConfig
from bot.model.instrument import Instrument, Kind
from bot.model.units import AccountId, Currency, InstrumentId, StrategyName
from bot.risk.limits import LimitBook
from bot.signals.base import Fees
from bot.signals.liquidations.cascade import Cascade
from bot.strategy.strategy import Strategy


class Settings(Struct, frozen=True, kw_only=True):
    """Instruments, strategies, limits and how orders are worked.

    accounts: the account that trades each venue. pegs: reporting currency for one unit of a
    currency that nothing prices. epoch: how the order ids of this run begin; never used before.
    cascades: the contracts whose liquidations are watched for everyone.
    prices: about where each trades, in ticks; sizes the books and changes no outcome.
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
    cascades: dict[InstrumentId, Cascade]
    prices: dict[InstrumentId, int] = {}

    def window_ticks(self, instrument: Instrument) -> int:
        """Ticks of the dense window of a book; a chain has thousands of options, quoted apart."""
        if instrument.id in self.prices:
            return window_for(self.prices[instrument.id])
        return WINDOW_LEAST if instrument.kind is Kind.OPTION else WINDOW_DEFAULT
