"""Raw captures of a made-up minute on Binance USD-M, as a recorder would have written them."""

import gzip
import json
from pathlib import Path
from typing import Any

START_MS = 1_767_225_600_000


def frames(symbol: str = "BTCUSDT", messages: int = 50) -> list[bytes]:
    """A snapshot, changes of the book after it, trades; ticks of 0.1 and lots of 0.001."""
    stream = symbol.lower()
    bids = [[_price(60_000 - i), "1.525"] for i in range(1, 11)]
    asks = [[_price(60_000 + i), "2.250"] for i in range(10)]
    lines: list[tuple[int, dict[str, Any]]] = [
        (0, {"lastUpdateId": 100, "E": START_MS, "T": START_MS, "bids": bids, "asks": asks})
    ]
    for i in range(1, messages + 1):
        at = START_MS + i * 100
        ids = {"U": 99 + i, "u": 99 + i, "pu": 98 + i}
        level = [[_price(60_000 - i % 10 - 1), f"{i % 7 + 1}.125"]]
        depth = {"e": "depthUpdate", "E": at, "T": at, "s": symbol, **ids, "b": level, "a": []}
        lines.append((i, {"stream": f"{stream}@depth@0ms", "data": depth}))
        if i % 5 == 0:
            trade = {"e": "trade", "E": at, "T": at, "s": symbol, "t": i, "X": "MARKET"}
            trade |= {"p": _price(60_000), "q": "0.010", "m": False}
            lines.append((i, {"stream": f"{stream}@trade", "data": trade}))
    return [
        b"%d %s" % ((START_MS + i * 100 + 3) * 1_000_000, json.dumps(line).encode())
        for i, line in lines
    ]


def write(path: Path, lines: list[bytes]) -> Path:
    """A capture with these lines."""
    path.write_bytes(gzip.compress(b"\n".join(lines) + b"\n"))
    return path


def _price(whole: int) -> str:
    return f"{whole}.10"
