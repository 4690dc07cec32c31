"""The watches over liquidations that a configuration asks for."""

import math
from collections.abc import Iterable, Iterator
from typing import Final

from bot.config.complaints import suggestion
from bot.config.document import key_text
from bot.config.limits import tier_table
from bot.config.sections import File
from bot.config.values import ALL
from bot.errors import ConfigError, quoted
from bot.model.instrument import Instrument, Kind
from bot.model.units import InstrumentId
from bot.risk.margin import CAUTIOUS_INVERSE, CAUTIOUS_LINEAR, TierTable
from bot.signals.depth import DepthValue
from bot.signals.liquidations.cascade import REACH, Cascade
from bot.signals.price import LogMid

REACH_BPS: Final = 1e4 * REACH
MAP_MARGIN: Final = 0.005
"""Maintenance of the lowest tier of a large contract: about what others' positions are held to."""
CAUTIOUS_TABLES: Final = (CAUTIOUS_LINEAR, CAUTIOUS_INVERSE)
NEVER: Final = math.inf
"""Nobody is woken by a watch of the house."""


def cascades(file: File, instruments: Iterable[Instrument]) -> dict[InstrumentId, Cascade]:
    """A watch for each contract that is named; none of them a misfit."""
    listed = {str(one.id): one for one in instruments}
    found = {}
    for name, said in (file.risk.cascade or {}).items():
        contract = listed[name]
        table = tier_table(file, contract)
        assert table is not None, f"{name}: expected maintenance rates"
        found[contract.id] = watch_over(contract.id, table, said)
    return found


def watch_over(contract: InstrumentId, table: TierTable, said: str) -> Cascade:
    """The watch of the house over one contract. said: how much its venue tells."""
    bids, asks = (
        DepthValue(contract, within_bps=(REACH_BPS,), side=side, wake=NEVER)
        for side in ("bids", "asks")
    )
    return Cascade(
        instrument=contract,
        price=LogMid(contract, wake=NEVER),
        depth_bid=bids,
        depth_ask=asks,
        # A rate that is cautious for us would have every high leverage of the others dead on entry.
        margin=MAP_MARGIN if table in CAUTIOUS_TABLES else float(table.tiers[0].rate),
        complete=said == ALL,
        wake=NEVER,
    )


def cascade_misfits(
    file: File, where: str, instruments: Iterable[Instrument]
) -> Iterator[ConfigError]:
    """What is named and cannot be watched in this market."""
    listed = {str(one.id): one for one in instruments}
    perpetuals = sorted(name for name, one in listed.items() if one.kind is Kind.PERPETUAL)
    for name in file.risk.cascade or ():
        if name not in perpetuals:
            yield ConfigError(
                f"{where} {key_text(('risk', 'cascade', name))}",
                quoted(name),
                "one of " + (", ".join(perpetuals) or "no perpetual at all"),
                suggestion(name, perpetuals, "name a perpetual of this market", likeness=0.9),
            )
        elif tier_table(file, listed[name]) is None:
            yield ConfigError(
                f"{where} {key_text(('margin', name))}",
                "nothing",
                f'maintenance rates, or "cautious": risk.cascade watches {name}',
                "add it",
            )
