"""An event-driven trading bot for crypto derivatives.

Everything that an author of strategies and signals needs is imported from here. Names are
looked up when they are first used, so that importing the package costs nothing.
"""

from importlib import import_module

TYPE_CHECKING = False  # Importing `typing` for it would take most of the time of this import.

if TYPE_CHECKING:
    from msgspec import Struct as Struct

    from bot.model.instrument import Instrument as Instrument
    from bot.model.instrument import Kind as Kind
    from bot.model.intent import Basket as Basket
    from bot.model.intent import Intent as Intent
    from bot.model.intent import Quote as Quote
    from bot.model.intent import Target as Target
    from bot.model.intent import Unit as Unit
    from bot.model.intent import Urgency as Urgency
    from bot.model.units import Base as Base
    from bot.model.units import Bps as Bps
    from bot.model.units import Contracts as Contracts
    from bot.model.units import Currency as Currency
    from bot.model.units import Hours as Hours
    from bot.model.units import InstrumentId as InstrumentId
    from bot.signals.absorption import Absorption as Absorption
    from bot.signals.active import Active as Active
    from bot.signals.base import Fees as Fees
    from bot.signals.base import Score as Score
    from bot.signals.base import Watch as Watch
    from bot.signals.custom import KernelWatch as KernelWatch
    from bot.signals.custom import Message as Message
    from bot.signals.custom import PlainWatch as PlainWatch
    from bot.signals.custom import signal_kernel as signal_kernel
    from bot.signals.depth import BookExhaustion as BookExhaustion
    from bot.signals.depth import DepthValue as DepthValue
    from bot.signals.foreign import CLEAR as CLEAR
    from bot.signals.foreign import END as END
    from bot.signals.funding import FundingExcess as FundingExcess
    from bot.signals.funding import NetCarry as NetCarry
    from bot.signals.funding import PredictedFunding as PredictedFunding
    from bot.signals.integrated_flow import IntegratedFlow as IntegratedFlow
    from bot.signals.lagged_flow import LaggedFlow as LaggedFlow
    from bot.signals.liquidity import Illiquidity as Illiquidity
    from bot.signals.liquidity import KyleLambda as KyleLambda
    from bot.signals.micro_price import MicroPrice as MicroPrice
    from bot.signals.noise import LargeTradeImbalance as LargeTradeImbalance
    from bot.signals.noise import SettledImbalance as SettledImbalance
    from bot.signals.order_book import BookImbalance as BookImbalance
    from bot.signals.order_book import DepthImbalance as DepthImbalance
    from bot.signals.order_book import ImpactCost as ImpactCost
    from bot.signals.order_book import QueueImbalance as QueueImbalance
    from bot.signals.order_book import Spread as Spread
    from bot.signals.order_book import WeightedMid as WeightedMid
    from bot.signals.order_flow import MultiLevelFlow as MultiLevelFlow
    from bot.signals.order_flow import OrderFlowImbalance as OrderFlowImbalance
    from bot.signals.pool import PoolExhaustion as PoolExhaustion
    from bot.signals.price import LogMid as LogMid
    from bot.signals.price import LogTouchMid as LogTouchMid
    from bot.signals.toxicity import Vpin as Vpin
    from bot.signals.trades import TradeImbalance as TradeImbalance
    from bot.signals.trades import VwapDeviation as VwapDeviation
    from bot.signals.volatility_cluster import VolatilityCluster as VolatilityCluster
    from bot.strategy.sight import Chain as Chain
    from bot.strategy.sight import Funding as Funding
    from bot.strategy.sight import Impact as Impact
    from bot.strategy.sight import Touch as Touch
    from bot.strategy.sight import Universe as Universe
    from bot.strategy.strategy import Decision as Decision
    from bot.strategy.strategy import Strategy as Strategy
    from bot.strategy.view import View as View
    from bot.tape.rows import ASK as ASK
    from bot.tape.rows import BID as BID
    from bot.tape.rows import BUY as BUY
    from bot.tape.rows import LEVEL as LEVEL
    from bot.tape.rows import SCALAR as SCALAR
    from bot.tape.rows import SELL as SELL
    from bot.tape.rows import TOUCH as TOUCH
    from bot.tape.rows import TRADE as TRADE

__version__ = "0.1.0"

# The same names again, for the interpreter; a test holds the two lists to each other.
_HOME = {
    "msgspec": "Struct",
    "bot.model.instrument": "Instrument Kind",
    "bot.model.intent": "Basket Intent Quote Target Unit Urgency",
    "bot.model.units": "Base Bps Contracts Currency Hours InstrumentId",
    "bot.signals.absorption": "Absorption",
    "bot.signals.active": "Active",
    "bot.signals.base": "Fees Score Watch",
    "bot.signals.custom": "KernelWatch Message PlainWatch signal_kernel",
    "bot.signals.depth": "BookExhaustion DepthValue",
    "bot.signals.foreign": "CLEAR END",
    "bot.signals.funding": "FundingExcess NetCarry PredictedFunding",
    "bot.signals.integrated_flow": "IntegratedFlow",
    "bot.signals.lagged_flow": "LaggedFlow",
    "bot.signals.liquidity": "Illiquidity KyleLambda",
    "bot.signals.micro_price": "MicroPrice",
    "bot.signals.noise": "LargeTradeImbalance SettledImbalance",
    "bot.signals.order_book": (
        "BookImbalance DepthImbalance ImpactCost QueueImbalance Spread WeightedMid"
    ),
    "bot.signals.order_flow": "MultiLevelFlow OrderFlowImbalance",
    "bot.signals.pool": "PoolExhaustion",
    "bot.signals.toxicity": "Vpin",
    "bot.signals.price": "LogMid LogTouchMid",
    "bot.signals.trades": "TradeImbalance VwapDeviation",
    "bot.signals.volatility_cluster": "VolatilityCluster",
    "bot.strategy.sight": "Chain Funding Impact Touch Universe",
    "bot.strategy.strategy": "Decision Strategy",
    "bot.strategy.view": "View",
    "bot.tape.rows": "ASK BID BUY LEVEL SCALAR SELL TOUCH TRADE",
}
_MODULE = {name: home for home, names in _HOME.items() for name in names.split()}


def __getattr__(name: str) -> object:
    """Fetch a name of the vocabulary from where it lives, once."""
    if name not in _MODULE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_MODULE[name]), name)
    return value


def __dir__() -> list[str]:
    """The vocabulary, for completion."""
    return sorted({*globals(), *_MODULE})
