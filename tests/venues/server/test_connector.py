"""Binance's own old client, binance-futures-connector 4.2.0, trades on the served venue.

It needs an interpreter that has it: CONNECTOR_PYTHON names one.
"""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.venues.server.served import serve

PYTHON = os.environ.get("CONNECTOR_PYTHON")


@pytest.mark.skipif(
    not PYTHON,
    reason="binance-futures-connector 4.2.0 not tried: CONNECTOR_PYTHON names no interpreter",
)
def test_the_connector_trades():
    with serve() as venue:
        base = f"127.0.0.1:{venue.ready.address.plain}"
        member = venue.ready.members[0]
        done = subprocess.run(
            [
                str(PYTHON),
                str(Path(__file__).with_name("connector_client.py")),
                f"http://{base}",
                f"ws://{base}",
                member.key,
                member.secret,
            ],
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
    assert done.returncode == 0, done.stderr

    saw = json.loads(done.stdout)
    assert saw == {
        "time": True,
        "symbols": ["BTCUSDT", "ETHUSDT"],
        "leverage": 10,
        "mark": True,
        "placed": "NEW",
        "found": True,
        "open": 1,
        "modified": "0.020",
        "canceled": "CANCELED",
        "crossing": [400, -5022],
        "batch": ["NEW", -1102],
        "all canceled": 200,
        "private": ["ACCOUNT_UPDATE", "ORDER_TRADE_UPDATE", "TRADE_LITE"],
        "position": "0.010",
        "trades": 2,
        "balance": ["USDT"],
        "account": True,
        "brackets": 1,
        "interest": "BTCUSDT",
        "income": ["COMMISSION", "REALIZED_PNL"],
        "countdown": "0",
        "public": ["aggTrade", "depthUpdate", "markPriceUpdate"],
    }
