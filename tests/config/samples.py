"""A small whole configuration, and how to spoil it."""

BOUNDS = """\
order_notional_max = "10000"
order_size_max = "none"
position_max = { "sim:BTC/USDT:USDT" = "2" }
gross_notional_max = 50000
net_notional_max = "none"
net_delta_max = { BTC = "2" }
leverage_max = "2.5"
orders_per_second_max = 10
orders_per_ten_seconds_max = 50
price_collar_bps = { mark = "100", mid = "50" }
quote_age_ms_max = 2000
daily_loss_max = "1000"
naked_notional_max = "none"
naked_seconds_max = "30"
liquidation_distance_min = "0.1"
"""

WHOLE = f"""\
mode = "paper"

[simulated]
seed = 1
start = 2026-01-01T00:00:00Z
coins = ["BTC"]
speed = 60

[money]
reporting_currency = "USDT"
pegs = {{ USDC = "1" }}

[deposits.sim]
USDT = "100000"

[fees.sim]
maker = "0.0002"
taker = "0.0005"

[margin]
sim = [["0", "0.004"], ["50000", "0.005"]]

[venue]
latency_out_ms = 2.5
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
patience_ms = 3000
retry_ms = 500
retry_ms_max = 30000
hedge_ms = 0
hedge_attempts = 5
rest_ms = 60000

[execution.budget]
loss_bps_max = 20
naked_ms_max = 5000

[risk]
reference.mark = "venue"
cascade = "none"
{BOUNDS}
[risk.accounts.sim]
{BOUNDS}
[risk.strategies.hedge]
{BOUNDS}
[strategies.hedge]
use = "delta_hedge"
enabled = true
perp = "sim:BTC/USDT:USDT"
inventory = 1.5
band = 0.25
"""


def spoiled(old: str, new: str) -> str:
    """The whole configuration with its first `old` replaced."""
    assert old in WHOLE, old
    return WHOLE.replace(old, new, 1)
