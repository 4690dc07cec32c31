"""Small simulated markets, and what is on their tape as bytes and plain values."""

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from bot.feeds.simulated.coins import BITCOIN, ETHER
from bot.feeds.simulated.market import SimulatedMarket
from bot.feeds.simulated.presets import VENUES, several_chains, several_contracts
from bot.feeds.simulated.regimes import Episode, Regime
from bot.feeds.simulated.settings import MarketSettings
from bot.feeds.simulated.source import SimulatedSource
from bot.model.event import encode
from bot.tape.cut import join
from bot.tape.rows import Block

START_NS = 1_735_689_600 * 10**9  # 2025-01-01 00:00 UTC
COLUMNS = ("kind", "side", "price", "size", "ts_recv", "ts_venue", "flags", "first")


def settings(**changed: Any) -> MarketSettings:
    return MarketSettings(**{"seed": 1, "start_ns": START_NS, "duration_s": 60, **changed})


def source(name: str, **changed: Any) -> SimulatedSource:
    found = SimulatedMarket(settings(**changed)).sources()
    return next(one for one in found if one.name == name)


EVERYTHING = (
    Episode(regime=Regime.TREND, at_s=5, for_s=15, size_bps=20),
    Episode(regime=Regime.CASCADE, at_s=25, for_s=30, size_bps=-80),
    Episode(regime=Regime.DISLOCATION, at_s=20, for_s=20, size_bps=40, venue="east"),
    Episode(regime=Regime.OUTAGE, at_s=30, for_s=10, venue="south"),
    Episode(regime=Regime.OUTAGE, at_s=35, for_s=10, venue="west"),
)


def several(**changed: Any) -> MarketSettings:
    """Four venues with all kinds of contracts."""
    chosen = {
        "venues": VENUES,
        "contracts": several_contracts(START_NS, 5),
        "chains": several_chains(START_NS, (BITCOIN, ETHER)),
        "slots_per_second": 20,
    }
    return settings(**{**chosen, **changed})


def digest(blocks: Iterable[Block]) -> str:
    """The tape of some blocks, however they are cut."""
    whole = join(blocks)
    said = hashlib.blake2b(digest_size=8)
    for column in COLUMNS:
        said.update(getattr(whole, column).astype("<i8").tobytes())
    return said.hexdigest()


def tape_of(market: SimulatedMarket) -> str:
    """Everything that a market says."""
    said = [digest(one.blocks()) for one in market.sources() if one.instrument.strike is None]
    said += [encode(event).decode() for one in market.sources() for event in one.events()]
    return hashlib.blake2b("\n".join(said).encode(), digest_size=8).hexdigest()


def messages(blocks: Iterable[Block]) -> Iterator[Block]:
    """One message at a time."""
    for block in blocks:
        for m in range(block.start, block.stop):
            yield block.part(m, m + 1)


def rows(message: Block) -> list[tuple[int, int, int, int]]:
    """Kind, side, price and size of a message's rows."""
    at = slice(int(message.first[message.start]), int(message.first[message.stop]))
    columns = (message.kind, message.side, message.price, message.size)
    return list(zip(*(np.asarray(column)[at].tolist() for column in columns), strict=True))


if __name__ == "__main__":  # Run without a compiler by a test.
    print(tape_of(SimulatedMarket(several(duration_s=45, slots_per_second=3, episodes=EVERYTHING))))
