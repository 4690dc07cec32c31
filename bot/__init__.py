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
    from bot.signals.basis.dated import DatedBasis as DatedBasis
    from bot.signals.basis.dislocation import VenueDislocation as VenueDislocation
    from bot.signals.basis.perpetual import PerpetualBand as PerpetualBand
    from bot.signals.composite.components import crowd_components as crowd_components
    from bot.signals.composite.components import flow_components as flow_components
    from bot.signals.composite.index import Component as Component
    from bot.signals.composite.index import CrowdIndex as CrowdIndex
    from bot.signals.composite.index import FlowIndex as FlowIndex
    from bot.signals.composite.market import MarketImbalance as MarketImbalance
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
    from bot.signals.funding_rates.crowding import FundingCrowding as FundingCrowding
    from bot.signals.funding_rates.divergence import FundingDivergence as FundingDivergence
    from bot.signals.funding_rates.persistence import FundingPersistence as FundingPersistence
    from bot.signals.funding_rates.prediction import VenueFunding as VenueFunding
    from bot.signals.funding_rates.skew import FundingSkew as FundingSkew
    from bot.signals.gauge import Gauge as Gauge
    from bot.signals.gauge import GaugeWatch as GaugeWatch
    from bot.signals.gauge import Input as Input
    from bot.signals.gauge import Reading as Reading
    from bot.signals.integrated_flow import IntegratedFlow as IntegratedFlow
    from bot.signals.lagged_flow import LaggedFlow as LaggedFlow
    from bot.signals.learning.direction import Direction as Direction
    from bot.signals.liquidations.cascade import Cascade as Cascade
    from bot.signals.liquidations.flow import LiquidationFlow as LiquidationFlow
    from bot.signals.liquidations.risk_map import OpenInterestAtRisk as OpenInterestAtRisk
    from bot.signals.liquidations.squeeze import Squeeze as Squeeze
    from bot.signals.liquidations.sums import LiquidationSums as LiquidationSums
    from bot.signals.liquidity import Illiquidity as Illiquidity
    from bot.signals.liquidity import KyleLambda as KyleLambda
    from bot.signals.micro_price import MicroPrice as MicroPrice
    from bot.signals.noise import LargeTradeImbalance as LargeTradeImbalance
    from bot.signals.noise import SettledImbalance as SettledImbalance
    from bot.signals.open_interest.change import OpenInterestChange as OpenInterestChange
    from bot.signals.open_interest.concentration import VenueConcentration as VenueConcentration
    from bot.signals.open_interest.flow import OpenInterestFlow as OpenInterestFlow
    from bot.signals.open_interest.leverage import LeverageRatio as LeverageRatio
    from bot.signals.open_interest.positioning import AccountImbalance as AccountImbalance
    from bot.signals.open_interest.positioning import SmartMinusCrowd as SmartMinusCrowd
    from bot.signals.open_interest.positioning import TopTraderImbalance as TopTraderImbalance
    from bot.signals.open_interest.quadrant import Quadrants as Quadrants
    from bot.signals.options.gamma import GammaExposureAbsolute as GammaExposureAbsolute
    from bot.signals.options.gamma import GammaExposureFlow as GammaExposureFlow
    from bot.signals.options.gamma import GammaExposureNaive as GammaExposureNaive
    from bot.signals.options.gamma import GammaSqueeze as GammaSqueeze
    from bot.signals.options.off_smile import OffSmile as OffSmile
    from bot.signals.options.positioning import OptionInterestSkew as OptionInterestSkew
    from bot.signals.options.volatility import AtForwardVolatility as AtForwardVolatility
    from bot.signals.options.volatility import Butterfly as Butterfly
    from bot.signals.options.volatility import RiskReversal as RiskReversal
    from bot.signals.order_book import BookImbalance as BookImbalance
    from bot.signals.order_book import DepthImbalance as DepthImbalance
    from bot.signals.order_book import ImpactCost as ImpactCost
    from bot.signals.order_book import QueueImbalance as QueueImbalance
    from bot.signals.order_book import Spread as Spread
    from bot.signals.order_book import WeightedMid as WeightedMid
    from bot.signals.order_flow import MultiLevelFlow as MultiLevelFlow
    from bot.signals.order_flow import OrderFlowImbalance as OrderFlowImbalance
    from bot.signals.pool import PoolExhaustion as PoolExhaustion
    from bot.signals.premium import ImpactPremium as ImpactPremium
    from bot.signals.premium import MarkPremium as MarkPremium
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
    "bot.model.instrument": "Instrument Kind",
    "bot.model.intent": "Basket Intent Quote Target Unit Urgency",
    "bot.model.units": "Base Bps Contracts Currency Hours InstrumentId",
    "bot.signals.absorption": "Absorption",
    "bot.signals.active": "Active",
    "bot.signals.base": "Fees Score Watch",
    "bot.signals.basis.dated": "DatedBasis",
    "bot.signals.basis.dislocation": "VenueDislocation",
    "bot.signals.basis.perpetual": "PerpetualBand",
    "bot.signals.composite.components": "crowd_components flow_components",
    "bot.signals.composite.index": "Component CrowdIndex FlowIndex",
    "bot.signals.composite.market": "MarketImbalance",
    "bot.signals.custom": "KernelWatch Message PlainWatch signal_kernel",
    "bot.signals.depth": "BookExhaustion DepthValue",
    "bot.signals.foreign": "CLEAR END",
    "bot.signals.funding": "FundingExcess NetCarry PredictedFunding",
    "bot.signals.funding_rates.crowding": "FundingCrowding",
    "bot.signals.funding_rates.divergence": "FundingDivergence",
    "bot.signals.funding_rates.persistence": "FundingPersistence",
    "bot.signals.funding_rates.prediction": "VenueFunding",
    "bot.signals.funding_rates.skew": "FundingSkew",
    "bot.signals.gauge": "Gauge GaugeWatch Input Reading",
    "bot.signals.integrated_flow": "IntegratedFlow",
    "bot.signals.lagged_flow": "LaggedFlow",
    "bot.signals.learning.direction": "Direction",
    "bot.signals.liquidations.cascade": "Cascade",
    "bot.signals.liquidations.flow": "LiquidationFlow",
    "bot.signals.liquidations.sums": "LiquidationSums",
    "bot.signals.liquidations.risk_map": "OpenInterestAtRisk",
    "bot.signals.liquidations.squeeze": "Squeeze",
    "bot.signals.liquidity": "Illiquidity KyleLambda",
    "bot.signals.micro_price": "MicroPrice",
    "bot.signals.noise": "LargeTradeImbalance SettledImbalance",
    "bot.signals.open_interest.change": "OpenInterestChange",
    "bot.signals.open_interest.concentration": "VenueConcentration",
    "bot.signals.open_interest.flow": "OpenInterestFlow",
    "bot.signals.open_interest.leverage": "LeverageRatio",
    "bot.signals.open_interest.positioning": "AccountImbalance SmartMinusCrowd TopTraderImbalance",
    "bot.signals.open_interest.quadrant": "Quadrants",
    "bot.signals.options.gamma": (
        "GammaExposureAbsolute GammaExposureFlow GammaExposureNaive GammaSqueeze"
    ),
    "bot.signals.options.off_smile": "OffSmile",
    "bot.signals.options.positioning": "OptionInterestSkew",
    "bot.signals.options.volatility": "AtForwardVolatility Butterfly RiskReversal",
    "bot.signals.order_book": (
        "BookImbalance DepthImbalance ImpactCost QueueImbalance Spread WeightedMid"
    ),
    "bot.signals.order_flow": "MultiLevelFlow OrderFlowImbalance",
    "bot.signals.pool": "PoolExhaustion",
    "bot.signals.premium": "ImpactPremium MarkPremium",
    "bot.signals.price": "LogMid LogTouchMid",
    "bot.signals.toxicity": "Vpin",
    "bot.signals.trades": "TradeImbalance VwapDeviation",
    "bot.signals.volatility_cluster": "VolatilityCluster",
    "bot.strategy.sight": "Chain Funding Impact Touch Universe",
    "bot.strategy.strategy": "Decision Strategy",
    "bot.strategy.view": "View",
    "bot.tape.rows": "ASK BID BUY LEVEL SCALAR SELL TOUCH TRADE",
    "msgspec": "Struct",
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
