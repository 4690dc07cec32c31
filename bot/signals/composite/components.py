"""What the house blends into FLOW and CROWD."""

from typing import Final

from bot.model.units import InstrumentId
from bot.signals.composite.index import Component
from bot.signals.funding_rates.crowding import FundingCrowding
from bot.signals.integrated_flow import IntegratedFlow
from bot.signals.lagged_flow import LaggedFlow
from bot.signals.micro_price import MicroPrice
from bot.signals.open_interest.concentration import VenueConcentration
from bot.signals.open_interest.flow import OpenInterestFlow
from bot.signals.open_interest.positioning import AccountImbalance, TopTraderImbalance
from bot.signals.options.positioning import OptionInterestSkew
from bot.signals.options.volatility import RiskReversal
from bot.signals.order_book import DepthImbalance
from bot.signals.trades import TradeImbalance

ASLEEP: Final = float("inf")
"""What an index looks at wakes nobody."""

WEEK_OF_FIVE_MINUTES: Final = 2_016
FIVE_MINUTES_S: Final = 300.0


def flow_components(
    instrument: InstrumentId, leader: InstrumentId | None = None, half_life_s: float = 10.0
) -> tuple[Component, ...]:
    """Depth, order flow, trades and fair price of one contract, and a leader's flow before.

    leader: the contract that others follow, such as bitcoin's perpetual; None: it is one.
    """
    found = [
        Component("depth", DepthImbalance(instrument, wake=ASLEEP)),
        Component("order_flow", IntegratedFlow(instrument, half_life_s=half_life_s, wake=ASLEEP)),
        Component("trades", TradeImbalance(instrument, half_life_s=half_life_s, wake=ASLEEP)),
        Component("fair_price", MicroPrice(instrument, wake=ASLEEP)),
    ]
    if leader is not None and leader != instrument:
        flow = IntegratedFlow(leader, half_life_s=half_life_s, wake=ASLEEP)
        found.append(Component("leader", LaggedFlow(flow, wake=ASLEEP)))
    return tuple(found)


def crowd_components(
    instruments: tuple[InstrumentId, ...],
    interest_bps_8h: tuple[float, ...],
    chain: str | None = None,
) -> tuple[Component, ...]:
    """Funding, accounts, top traders and openings of one coin, its venues' tilt, its options.

    instruments: the venues' perpetuals of the coin, the one to judge first; more than one for
    the tilt. interest_bps_8h: of each of them, as of `FundingCrowding`. chain: of the coin's
    options; None: without them. Compared with the last week, one look each five minutes.
    """
    if not instruments or len(instruments) != len(interest_bps_8h):
        raise ValueError(
            f"crowd_components: got {len(interest_bps_8h)} interests for {len(instruments)} "
            "instruments, expected one for each, and one at least"
        )
    first = instruments[0]
    watches = {
        "funding": FundingCrowding(first, interest_bps_8h[0], wake=ASLEEP),
        "accounts": AccountImbalance(first, wake=ASLEEP),
        "top_traders": TopTraderImbalance(first, wake=ASLEEP),
        "opened": OpenInterestFlow(first, wake=ASLEEP),
    }
    if chain is not None:
        watches["skew"] = RiskReversal(chain=chain, wake=ASLEEP)
        watches["options"] = OptionInterestSkew(chain=chain, wake=ASLEEP)
    found = [
        Component(name, watch, window=WEEK_OF_FIVE_MINUTES, every_s=FIVE_MINUTES_S)
        for name, watch in watches.items()
    ]
    if len(instruments) > 1:
        # A z already, and weighted by where open interest sits.
        tilt = VenueConcentration(instruments, interest_bps_8h, wake=ASLEEP)
        found.append(Component("tilt", tilt, window=0))
    return tuple(found)
