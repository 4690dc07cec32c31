"""What the kernels are told of an instrument, out of its coin, venue, contract and the flow."""

import math

import numpy as np

from bot.feeds.simulated.coins import Coin
from bot.feeds.simulated.draws import spread_of
from bot.feeds.simulated.listings import Contract, Venue
from bot.feeds.simulated.settings import MarketSettings
from bot.feeds.simulated.state import (
    ARRIVAL,
    COPIES,
    EXCITES,
    FADES,
    FOLLOWS,
    GAP,
    HALF_SPREAD,
    IMPACT,
    INFORMED,
    JITTER,
    LATENCY,
    LEANS,
    LENGTH,
    LEVEL_SIZE,
    NOISE,
    ORDER_MEAN,
    ORDER_MEDIAN,
    ORDER_SPREAD,
    PARAMS,
    QUIET,
    RETURNS,
    SCALARS,
    SIGHT,
    SLOTS,
    SPLITS,
    TICK,
)
from bot.model.instrument import Kind
from bot.tape.rows import SCALAR_SCALE, Int64s

QUIETLY = 30_000
"""Chance of a slot without an order to be used, of 65,536."""
ROLL_DEVIATION = 2048 / math.sqrt(12)
BPS = 10_000 << 12
"""Of a departure."""


def parameters(settings: MarketSettings, contract: Contract) -> Int64s:
    """The columns of `param` for one instrument."""
    coin, venue, flow = settings.coin(contract.coin), settings.venue(contract.venue), settings.flow
    slot_s = 1 / settings.slots_per_second
    bps = float(coin.price) * 1e-4 / float(contract.tick)
    param = np.zeros(PARAMS, np.int64)
    param[TICK] = int(contract.tick * SCALAR_SCALE)
    param[HALF_SPREAD] = max(1, round(2 * coin.half_spread_bps * bps))
    param[GAP] = max(1, round(coin.gap_bps * bps))
    param[LEVEL_SIZE] = max(1, round(lots_of(coin.level, coin, contract)))
    param[SLOTS] = settings.slots_per_second
    param[LATENCY], param[JITTER] = venue.latency_ns, venue.jitter_ns
    param[SCALARS] = int(contract.kind is not Kind.SPOT)
    param[FOLLOWS] = gone(slot_s, venue.lag_ms / 1000)
    param[SIGHT] = max(1, round(float(coin.price) * SCALAR_SCALE * 1e-4 * flow.sight_bps))
    # Orders excite others: without them there would be so many fewer.
    alone = flow.orders * contract.activity * (1 - sum(flow.excited))
    param[ARRIVAL] = round(min(0.9, alone) * (1 << 24))
    for k in range(2):
        param[FADES + k] = gone(slot_s, flow.fades_s[k])
        param[EXCITES + k] = round(flow.excited[k] * param[FADES + k] * (1 << 8))
    mean = lots_of(coin.trade, coin, contract)
    median = mean * math.exp(-flow.size_deviation * flow.size_deviation / 2)
    param[ORDER_MEDIAN] = max(1, round(256 * median))
    param[ORDER_SPREAD] = spread_of(flow.size_deviation)
    param[ORDER_MEAN] = mean_order(settings, contract)
    param[COPIES], param[SPLITS] = round(1024 * flow.copies), round(1024 * flow.splits)
    param[LENGTH] = flow.pieces
    param[INFORMED], param[LEANS] = round(1024 * flow.informed), round(1024 * flow.leans)
    param[IMPACT] = round(flow.impact_bps * BPS)
    param[RETURNS] = gone(slot_s, flow.returns_s)
    param[NOISE] = round(kick(venue, flow.returns_s) * 1024 * BPS / ROLL_DEVIATION)
    param[QUIET] = QUIETLY
    return param


def mean_order(settings: MarketSettings, contract: Contract) -> int:
    """Lots of the mean order of a taker."""
    coin = settings.coin(contract.coin)
    return max(1, round(lots_of(coin.trade, coin, contract)))


def lots_of(coins: float, coin: Coin, contract: Contract) -> float:
    """Coins as lots of a contract, at the coin's first price."""
    worth = float(contract.lot * contract.contract_size)
    return coins * float(coin.price) / worth if contract.inverse else coins / worth


def gone(passed_s: float, half_life_s: float) -> int:
    """What is gone of something after a time, in 2**-16."""
    return round((1 - math.exp(-math.log(2) * passed_s / half_life_s)) * 65_536)


def kick(venue: Venue, half_life_s: float) -> float:
    """Deviation in bps that each second adds, so that the whole has that of the venue."""
    kept = math.exp(-math.log(2) / half_life_s)
    return venue.noise_bps * math.sqrt(1 - kept * kept)
