"""Open interest of a contract, and the positions that are closed by force.

Forced orders stand in the book's rows as trades. Their `Liquidation` is told from the same
conditions, by a reader that has no book: at the mark, a moment before the trade.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np

from bot.feeds.simulated.draws import Draws
from bot.feeds.simulated.funding import fixed
from bot.feeds.simulated.listings import Contract
from bot.feeds.simulated.weather import FORCED
from bot.model.command import Side
from bot.model.event import Liquidation, OpenInterest
from bot.model.units import NS_PER_SECOND
from bot.tape.rows import Int64s

EVERY_S: Final = 60
"""Between what is published when nothing happens."""
FORCED_S: Final = 5
"""While positions are closed by force."""
SWING: Final = 1e-5
"""Deviation of a second's change, as a part of the whole."""

UNIFORM: Final = 577
"""Deviation of a whole number between -1000 and 1000."""


class Interest:
    """Lots that are held open, second after second."""

    def __init__(self, contract: Contract, seed: int) -> None:
        """Start with what the contract says; it must say something."""
        assert contract.open_interest is not None, f"{contract.id}: no open interest to start with"
        worth = contract.lot * contract.contract_size
        self._contract = contract
        self._worth = worth
        self._draws = Draws(seed, f"interest {contract.id}")
        self.lots = int(contract.open_interest / worth)
        self._least = max(1, self.lots // 10)
        self._swing = max(1, round(self.lots * SWING))

    def resume(self, lots: int, seconds: int) -> None:
        """Stand where another one stood after so many seconds."""
        self.lots = lots
        self._draws.skip(seconds)

    def seconds(self, second: int, forced: Int64s, times: Int64s) -> Iterator[OpenInterest]:
        """What is published in the next seconds. forced: lots closed by force in each.

        second: since the epoch. times: when each second is heard, -1: it is not.
        """
        words = self._draws.take(len(forced))
        drawn = words % 2001 - 1000
        # Toward zero on both sides: else it would drift.
        swung = np.sign(drawn) * (np.abs(drawn) * self._swing // UNIFORM)
        change = swung - np.abs(forced)
        held = self.lots + np.cumsum(change)
        self.lots = int(held[-1])
        due = (np.arange(second, second + len(forced)) % EVERY_S == 0) | (
            (forced != 0) & (np.arange(second, second + len(forced)) % FORCED_S == 0)
        )
        for k in np.flatnonzero(due & (times >= 0)).tolist():
            yield OpenInterest(
                ts_venue=(second + k) * NS_PER_SECOND,
                ts_recv=int(times[k]),
                instrument=self._contract.id,
                amount=self._worth * max(self._least, int(held[k])),
            )


def forced_at(slots: int) -> list[int]:
    """When in a second forced orders come, in ns: four times, or as often as there are slots."""
    return [slot * NS_PER_SECOND // slots for slot in range(slots) if slot * 4 % slots < 4]


def forced_lots(weather: Int64s, mean: int) -> Int64s:
    """Lots of one forced order in each second; + buys."""
    size: Int64s = weather[:, FORCED]
    lots: Int64s = np.where(size == 0, 0, np.sign(size) * np.maximum(1, mean * np.abs(size) >> 10))
    return lots


def liquidations(
    contract: Contract,
    second: int,
    lots: Int64s,
    mark: Int64s,
    times: Int64s,
    *,
    slots: int,
    complete: bool,
) -> Iterator[Liquidation]:
    """The forced orders of some seconds. mark: in 1e-8 quote; lots: of each order, + buys.

    A venue that tells only a sample tells the first of a second.
    """
    offsets = forced_at(slots)
    for k in np.flatnonzero((lots != 0) & (times >= 0)).tolist():
        price = fixed(int(mark[k])) // contract.tick * contract.tick
        for offset in offsets if complete else offsets[:1]:
            yield Liquidation(
                ts_venue=(second + k) * NS_PER_SECOND + offset,
                ts_recv=int(times[k]) + offset,
                instrument=contract.id,
                side=Side.BUY if lots[k] > 0 else Side.SELL,
                price=price,
                amount=contract.lot * abs(int(lots[k])),
                complete=complete,
            )
