"""Everything that an engine is told before it starts; the configuration becomes one of these."""

from decimal import Decimal

from msgspec import Struct

from bot.book.books import WINDOW_DEFAULT, window_for
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
    prices: dict[InstrumentId, int] = {}

    def window_ticks(self, instrument: InstrumentId) -> int:
        """Ticks of the dense window of a book."""
        return window_for(self.prices[instrument]) if instrument in self.prices else WINDOW_DEFAULT
