"""Margin tiers as a venue states them, read from a file into the configuration that names it.

    [margin]
    binanceusdm = { file = "tiers.json.gz" }
    "binanceusdm:BTC/USDT:USDT" = { file = "tiers.json.gz" }

The file is JSON, gzipped or not: Binance's own answer to `leverageBracket`, or what ccxt makes of
it (`fetch_leverage_tiers`). A venue stands for every contract in it. What was read becomes part
of the configuration's text, so that a session does not depend on the file.
"""

import gzip
import json
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from bot.config.document import Tables, key_text
from bot.errors import ConfigError

Steps = list[list[str]]
"""Floor, maintenance rate and the most leverage of each tier, as a file would state them."""

_GZIP: Final = b"\x1f\x8b"
_EXPECTED: Final = "leverageBracket of Binance, or leverage tiers of ccxt, as JSON"
_FIX: Final = "record it from the venue again"


def with_tiers(tables: Tables, where: str, folder: Path) -> Tables:
    """The tables with every file of tiers in `[margin]` read; ConfigError when one cannot be."""
    stated = tables.get("margin")
    if not isinstance(stated, dict):
        return tables
    margin: dict[str, Any] = {name: each for name, each in stated.items() if not _names_file(each)}
    for name, each in stated.items():
        if not _names_file(each):
            continue
        place = f"{where} {key_text(('margin', name, 'file'))}"
        venue, _, symbol = name.partition(":")
        found = read_tiers(folder / each["file"], place)
        if symbol and symbol not in found:
            raise ConfigError(
                place, f'no "{symbol}"', "tiers of that contract", "record it, or state its tiers"
            )
        for one, steps in found.items():
            if not symbol or one == symbol:
                margin.setdefault(f"{venue}:{one}", steps)
    return tables | {"margin": margin}


def read_tiers(path: Path, where: str) -> dict[str, Steps]:
    """The tiers of each contract in a file, by ccxt's symbol, or the venue's own as ccxt has it."""
    try:
        content = path.read_bytes()
        text = gzip.decompress(content) if content.startswith(_GZIP) else content
        stated = json.loads(text, parse_float=Decimal, parse_int=Decimal)
    except (OSError, EOFError, ValueError) as error:
        raise ConfigError(where, str(error), _EXPECTED, "correct the path or the file") from error
    try:
        return dict(_contracts(stated, where))
    except (KeyError, TypeError, AttributeError) as error:
        raise ConfigError(where, f"{type(error).__name__} {error}", _EXPECTED, _FIX) from error


def _names_file(stated: object) -> bool:
    return isinstance(stated, dict) and set(stated) == {"file"} and isinstance(stated["file"], str)


def _contracts(stated: Any, where: str) -> Iterable[tuple[str, Steps]]:
    if isinstance(stated, dict):
        for symbol, tiers in stated.items():
            rows = [
                (
                    tier["minNotional"],
                    tier["maintenanceMarginRate"],
                    tier["maxLeverage"],
                    tier.get("info", {}).get("cum"),
                )
                for tier in tiers
            ]
            yield symbol, _steps(symbol, rows, where)
        return
    for contract in stated:
        rows = [
            (each["notionalFloor"], each["maintMarginRatio"], each["initialLeverage"], each["cum"])
            for each in contract["brackets"]
        ]
        yield contract["symbol"], _steps(contract["symbol"], rows, where)


def _steps(symbol: str, rows: list[tuple[Any, Any, Any, Any]], where: str) -> Steps:
    """Rows of floor, rate, leverage and maintenance amount, which must follow from the rest."""
    steps: Steps = []
    amount = before = Decimal(0)
    for floor, rate, leverage, stated in sorted(rows, key=lambda row: Decimal(row[0])):
        floor, rate = Decimal(floor), Decimal(rate)
        amount += floor * (rate - before)
        before = rate
        # Venues state it to a few decimals.
        if stated is not None and abs(Decimal(stated) - amount) > Decimal("1e-6") * (1 + amount):
            raise ConfigError(
                where,
                f"{symbol}: a maintenance amount of {stated} from {floor} on",
                f"{amount}, as floors and rates make it",
                _FIX,
            )
        steps.append([f"{floor:f}", f"{rate:f}", f"{Decimal(leverage):f}"])
    return steps
