"""Configurations for runs over the recordings, written as an operator would."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bot.config.configuration import Config
from bot.config.loading import parse

_LIMITS = (
    "order_notional_max",
    "order_size_max",
    "position_max",
    "gross_notional_max",
    "net_notional_max",
    "net_delta_max",
    "leverage_max",
    "orders_per_second_max",
    "orders_per_ten_seconds_max",
    "price_collar_bps",
    "quote_age_ms_max",
    "daily_loss_max",
    "naked_notional_max",
    "naked_seconds_max",
    "liquidation_distance_min",
)

_HEAD = """
mode = "replay"
[money]
reporting_currency = "USDT"
pegs = { USD = "1" }
[venue]
latency_out_ms = %(out_ms)s
latency_in_ms = 15
decision_us = 100
impact_decay_ms = 1000
queue = "risk_averse"
lends_spot = false
spot_fees_in_received = false
[execution]
internal_netting = false
[execution.patience]
repeg_ticks = 2
repeg_ms = 200
patience_ms = 500
retry_ms = 100
retry_ms_max = 5000
hedge_ms = 0
hedge_attempts = 3
rest_ms = 1000
[execution.budget]
loss_bps_max = %(loss_bps_max)s
naked_ms_max = %(naked_ms_max)s
"""


def config(
    strategies: dict[str, dict[str, Any]],
    venues: Iterable[str] = ("binance", "binanceusdm", "binancecoinm"),
    *,
    taker_fee: str = "0.0005",
    maker_fee: str = "0.0002",
    spot_taker_fee: str = "0.001",
    out_ms: int = 15,
    naked_ms_max: int = 2000,
    loss_bps_max: float = 20.0,
    quote_age_ms_max: int | str = 5000,
    coins: str = "100",
) -> Config:
    """A configuration with generous limits for these strategies; parameters as in TOML."""
    lines = [_HEAD % {"out_ms": out_ms, "naked_ms_max": naked_ms_max, "loss_bps_max": loss_bps_max}]
    for venue in venues:
        money = (
            f'BTC = "{coins}"\nETH = "{coins}"' if venue == "binancecoinm" else 'USDT = "10000000"'
        )
        lines.append(f"[deposits.{venue}]\n{money}")
        fee = spot_taker_fee if venue == "binance" else taker_fee
        lines.append(f'[fees."{venue}"]\nmaker = "{maker_fee}"\ntaker = "{fee}"')
    tiers = [f'{venue} = [["0", "0.004"]]' for venue in venues if venue != "binance"]
    lines.append("[margin]\n" + "\n".join(tiers))
    for scope in (
        "",
        *(f".accounts.{one}" for one in venues),
        *(f".strategies.{one}" for one in strategies),
    ):
        stated = dict.fromkeys(_LIMITS, "none")
        if not scope:
            stated["gross_notional_max"] = "20000000"
            stated["quote_age_ms_max"] = quote_age_ms_max
            stated["price_collar_bps"] = {"touch": "100"}
        reference = 'reference.mark = "mid"\ncascade = "none"\n' if not scope else ""
        lines.append(f"[risk{scope}]\n{reference}" + "\n".join(_pairs(stated)))
    for name, parameters in strategies.items():
        lines.append(f"[strategies.{name}]\nenabled = true\n" + "\n".join(_pairs(parameters)))
    return parse("\n".join(lines), "test.toml", Path())


def _pairs(stated: dict[str, Any]) -> list[str]:
    return [f"{name} = {_toml(value)}" for name, value in stated.items()]


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f'"{key}" = {_toml(one)}' for key, one in value.items()) + " }"
    return f'"{value}"' if isinstance(value, str) else repr(value)
