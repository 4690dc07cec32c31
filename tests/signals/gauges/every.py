"""One watch of every gauge there is."""

import importlib
import pkgutil

import bot.signals
from bot.model.units import InstrumentId
from bot.signals.active import Active
from bot.signals.basis.dated import DatedBasis
from bot.signals.basis.dislocation import VenueDislocation
from bot.signals.basis.perpetual import PerpetualBand
from bot.signals.composite.index import (
    Component,
    CrowdIndex,
    FlowIndex,
)
from bot.signals.composite.market import MarketImbalance
from bot.signals.funding_rates import venues
from bot.signals.funding_rates.crowding import FundingCrowding
from bot.signals.funding_rates.divergence import FundingDivergence
from bot.signals.funding_rates.persistence import FundingPersistence
from bot.signals.funding_rates.prediction import VenueFunding
from bot.signals.funding_rates.skew import FundingSkew
from bot.signals.gauge import GaugeWatch
from bot.signals.lagged_flow import LaggedFlow
from bot.signals.learning.direction import Direction
from bot.signals.liquidations.cascade import Cascade
from bot.signals.liquidations.flow import LiquidationFlow
from bot.signals.liquidations.risk_map import OpenInterestAtRisk
from bot.signals.liquidations.squeeze import Squeeze
from bot.signals.liquidations.sums import LiquidationSums
from bot.signals.open_interest.change import OpenInterestChange
from bot.signals.open_interest.concentration import VenueConcentration
from bot.signals.open_interest.flow import OpenInterestFlow
from bot.signals.open_interest.leverage import LeverageRatio
from bot.signals.open_interest.positioning import (
    AccountImbalance,
    SmartMinusCrowd,
    TopTraderImbalance,
)
from bot.signals.open_interest.quadrant import Quadrants
from bot.signals.options.gamma import (
    GammaExposureAbsolute,
    GammaExposureFlow,
    GammaExposureNaive,
    GammaSqueeze,
)
from bot.signals.options.off_smile import OffSmile
from bot.signals.options.positioning import OptionInterestSkew
from bot.signals.options.volatility import AtForwardVolatility, Butterfly, RiskReversal
from bot.signals.pool import PoolExhaustion
from bot.signals.price import LogMid
from bot.signals.volatility_cluster import VolatilityCluster
from tests.signals.gauges.bench import DATED, A, B, C

ANY = LogMid(A, wake=1.0)
"""Whatever is looked at: the bench shows scores by name."""

OPTIONS = "alpha:BTC/USD:BTC"

WATCHES: dict[str, GaugeWatch] = {
    "open interest": OpenInterestChange((A, B, C), price=ANY, wake=1.0),
    "accounts": AccountImbalance(A, z_obs=12, wake=1.0),
    "top traders": TopTraderImbalance(A, z_obs=12, wake=1.0),
    "smart": SmartMinusCrowd(A, z_obs=12, wake=1.0),
    "flow": OpenInterestFlow(A, trades=ANY, wake=1.0),
    "quadrants": Quadrants((A, B), ANY, age_s_max=900.0, wake=1.0),
    "concentration": VenueConcentration((A, B, C), (1.0, 1.0, 0.0), price=ANY, wake=1.0),
    "leverage": LeverageRatio((A, B), ANY, ANY, age_s_max=900.0, wake=1.0),
    "liquidations": LiquidationFlow((A, B, C), True, wake=1.0),
    "sampled liquidations": LiquidationFlow((A,), False, wake=1.0),
    "liquidation sums": LiquidationSums(A, wake=1.0),
    "at risk": OpenInterestAtRisk(A, ANY, 0.005, wake=1.0),
    "at risk, inverse": OpenInterestAtRisk(C, ANY, 0.005, wake=1.0),
    "cascade": Cascade(A, ANY, ANY, ANY, 0.005, True, wake=1.0),
    "squeeze": Squeeze(A, ANY, ANY, ANY, 1.0, 0.005, wake=1.0),
    "prediction": VenueFunding(A, venues.BINANCE, ANY, 1.0, -30.0, 30.0, wake=1.0),
    "prediction of the hour before": VenueFunding(A, venues.BITMEX, ANY, 1.0, None, None, wake=1.0),
    "continuous": VenueFunding(A, venues.DERIBIT, ANY, 0.0, -50.0, 50.0, wake=1.0),
    "crowding": FundingCrowding(A, 1.0, wake=1.0),
    "divergence": FundingDivergence(A, 1.0, carry=ANY, predicted_bps=ANY, wake=1.0),
    "skew": FundingSkew(A, (A, B, C), price=ANY, wake=1.0),
    "persistence": FundingPersistence(A, wake=1.0),
    "fading persistence": FundingPersistence(A, fading=True, wake=1.0),
    "dated": DatedBasis(DATED, ANY, ANY, wake=1.0),
    "band": PerpetualBand(A, venues.BINANCE, ANY, 1.0, 10.0, carry=ANY, wake=1.0),
    "dislocation": VenueDislocation(A, (A, B, C), (ANY, ANY, ANY), wake=1.0),
    "FLOW": FlowIndex((Component("x", ANY, window=10), Component("y", ANY, 2.0, 0)), wake=1.0),
    "CROWD": CrowdIndex((Component("x", ANY, window=0, sign=-1.0),), wake=1.0),
    "DMI": MarketImbalance(ANY, ANY, ANY, ANY, wake=1.0),
    "lagged flow": LaggedFlow(ANY, lag_s=5.0, wake=1.0),
    "volatility": VolatilityCluster(ANY, ranks_min=3, wake=1.0),
    "pool": PoolExhaustion(A, wake=1.0),
    "active": Active(ANY, window_s=12, wake=1.0),
    "direction": Direction(A, ANY, (("x", ANY), ("y", ANY)), horizon_s=5.0, wake=1.0),
    "implied volatility": AtForwardVolatility(chain=OPTIONS, days=7.0, wake=1.0),
    "risk reversal": RiskReversal(chain=OPTIONS, days=7.0, wake=1.0),
    "butterfly": Butterfly(chain=OPTIONS, days=7.0, wake=1.0),
    "off smile": OffSmile(
        chain=OPTIONS, option=InstrumentId(f"{OPTIONS}-260208-60000-C"), wake=1.0
    ),
    "options held": OptionInterestSkew(chain=OPTIONS, weight="delta", wake=1.0),
    "gamma, absolute": GammaExposureAbsolute(chain=OPTIONS, wake=1.0),
    "gamma, naive": GammaExposureNaive(chain=OPTIONS, wake=1.0),
    "gamma, flow": GammaExposureFlow(chain=OPTIONS, wake=1.0),
    "gamma squeeze": GammaSqueeze(
        chain=OPTIONS, instrument=A, depth_above=ANY, depth_below=ANY, wake=1.0
    ),
}


def kinds() -> set[type[GaugeWatch]]:
    """Every watch of a gauge that the package defines and that publishes something."""
    for module in pkgutil.walk_packages(bot.signals.__path__, "bot.signals."):
        importlib.import_module(module.name)
    found: set[type[GaugeWatch]] = set()
    left = [GaugeWatch]
    while left:
        kind = left.pop()
        left += kind.__subclasses__()
        if kind.__module__.startswith("bot.") and not kind.__subclasses__():
            found.add(kind)
    return found
