"""A short run on a market that is made up: its result, and the session that it leaves behind."""

import asyncio
from collections.abc import Callable
from itertools import chain
from pathlib import Path

from msgspec import structs

from bot.config.loading import parse
from bot.feeds.simulated.market import SimulatedMarket
from bot.feeds.simulated.settings import MarketSettings
from bot.feeds.simulated.terms import FundingTerms
from bot.journal.manifest import Manifest
from bot.journal.session import Session
from bot.model.units import NS_PER_SECOND
from bot.modes import checkpoint, replay
from bot.modes.driver import Driver
from bot.modes.recovery import epoch_digits, save_opening
from bot.modes.result import Result
from bot.modes.setup import Setup, deposits, driver, of
from bot.modes.sources import Recorded, time_of
from bot.tape.merge import merge

START_S = 1_767_225_600
SECONDS = 660
LIMITS = """
order_notional_max = "none"
order_size_max = "none"
position_max = "none"
gross_notional_max = "{gross}"
net_notional_max = "none"
net_delta_max = "none"
leverage_max = "none"
orders_per_second_max = {rate}
orders_per_ten_seconds_max = "none"
price_collar_bps = {{ mark = "100", mid = "100" }}
quote_age_ms_max = "none"
daily_loss_max = "none"
naked_notional_max = "none"
naked_seconds_max = "none"
liquidation_distance_min = "none"
"""
FREE = LIMITS.format(gross="1000000", rate='"none"')
BOUND = LIMITS.format(gross="1000000", rate="1")

TEXT = f"""
mode = "replay"
money.reporting_currency = "USDT"
deposits.sim.USDT = "200000"
fees."sim" = {{ maker = "0.0002", taker = "0.0004" }}
margin.sim = [["0", "0.004"]]
[venue]
latency_out_ms = 5
latency_in_ms = 5
decision_us = 50
impact_decay_ms = 1000
queue = "risk_averse"
lends_spot = false
spot_fees_in_received = false
[execution]
internal_netting = false
[execution.patience]
repeg_ticks = 2
repeg_ms = 500
patience_ms = 2000
retry_ms = 100
retry_ms_max = 5000
hedge_ms = 0
hedge_attempts = 5
rest_ms = 1000
[execution.budget]
loss_bps_max = 50
naked_ms_max = 5000
[risk]
reference.mark = "venue"
cascade = "none"
{FREE}
[risk.accounts.sim]
{FREE}
[risk.strategies.funding_arbitrage]
{FREE}
[risk.strategies.imbalance_taker]
{FREE}
[risk.strategies.delta_hedge]
{BOUND}
[strategies.funding_arbitrage]
use = "funding_arbitrage"
enabled = true
spot = "sim:BTC/USDT"
perp = "sim:BTC/USDT:USDT"
size = 0.5
max_unhedged = 0.1
hold_hours = 72
enter_bps = -50.0
exit_bps = -60.0
[strategies.imbalance_taker]
use = "imbalance_taker"
enabled = true
instrument = "sim:BTC/USDT:USDT"
size = 0.05
flow_min = 0.5
imbalance_min = 0.2
spread_bps_max = 10.0
hold_s = 10
stop_bps = 10
pause_s = 30
[strategies.delta_hedge]
use = "delta_hedge"
enabled = true
perp = "sim:ETH/USDT:USDT"
inventory = 5.0
band = 0.02
gamma = 0.03
gamma_price = 3000
"""


def market(seconds: int = SECONDS) -> SimulatedMarket:
    funding = FundingTerms(interval_ns=600 * NS_PER_SECOND)
    start_ns = START_S * NS_PER_SECOND
    return SimulatedMarket(
        MarketSettings(
            seed=7, start_ns=start_ns, duration_s=seconds, slots_per_second=1, funding=funding
        )
    )


def setup_for(made: SimulatedMarket) -> Setup:
    return of(parse(TEXT, "test", Path()), made.instruments, "001")


def replayed(seconds: int = SECONDS) -> Result:
    made = market(seconds)
    return replay.run(setup_for(made), made.sources())


def session_at(path: Path, seconds: int = 400, change: Callable[[Setup], Setup] = lambda s: s):
    """Run a bot over the market as fast as it goes, and keep all that a session keeps."""
    made = market(seconds)
    terms = Manifest(TEXT, made.instruments, "test", {}, 1)
    asyncio.run(_trade(path, change(setup_for(made)), made, terms))
    return path


async def _trade(path: Path, setup: Setup, made: SimulatedMarket, terms: Manifest) -> None:
    session = Session.create(path, terms, clock=lambda: START_S * NS_PER_SECOND)
    settings = structs.replace(setup.settings, epoch=epoch_digits(session.epoch))
    setup = structs.replace(setup, settings=settings)
    drive: Driver = driver(setup, session.journal, session.tape)
    state = drive.engine.state
    save_opening(session, checkpoint.take(state, session.epoch, market=False))
    items = merge(made.sources())
    first = next(items)
    await drive.begin(deposits(setup, time_of(first)))
    await drive.run(Recorded(chain([first], items)))
    await session.close()
