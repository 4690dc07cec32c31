"""Recorded Binance sessions, frame by frame, with the instruments they are of."""

import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from bot.feeds.binance.instruments import grid_from_snapshot, stated_instrument
from bot.model.instrument import Instrument

FEED_LATENCY_MIN_NS = 1_000_000
SNAPSHOT_FRAME = b'{"lastUpdateId"'
_EVENT_TIME = re.compile(rb'"E":(\d+)')


@dataclass(frozen=True)
class Capture:
    """A file of `<receive time> <frame>` lines.

    comparable: update ids that its depth and its bookTicker stream have in common.
    fallbacks: frames with a size finer than the lot, from orders older than it.
    """

    path: str
    venue: str
    symbol: str
    comparable: int
    tick: str
    lot: str
    ns_per_unit: int = 1
    fallbacks: int = 0

    def __str__(self) -> str:
        return self.path.removesuffix(".gz")

    def frames(self, recordings: Path) -> list[tuple[int, bytes]]:
        """All frames with their receive times, by a clock that agrees with the venue's."""
        with gzip.open(recordings / self.path) as lines:
            split = [line.rstrip().partition(b" ") for line in lines]
        received = [(int(time) * self.ns_per_unit, frame) for time, _, frame in split]
        behind_ns = max(venue_ns - ts_recv for venue_ns, ts_recv in _stamps(received))
        offset_ns = max(0, behind_ns) + FEED_LATENCY_MIN_NS
        return [(ts_recv + offset_ns, frame) for ts_recv, frame in received]

    def instrument(self, frames: list[tuple[int, bytes]]) -> Instrument:
        """The instrument, its grid read from the capture's own snapshot."""
        snapshot = next(frame for _, frame in frames if frame.startswith(SNAPSHOT_FRAME))
        tick, lot = grid_from_snapshot(snapshot)
        assert (tick, lot) == (Decimal(self.tick), Decimal(self.lot))
        return stated(self.venue, self.symbol, self.tick, self.lot)


def stated(venue: str, symbol: str, tick: str, lot: str) -> Instrument:
    """An instrument for tests; COIN-M contracts stand for 100 USD."""
    size = Decimal(100) if venue == "binancecoinm" else None
    return stated_instrument(
        venue, symbol, tick=Decimal(tick), lot=Decimal(lot), contract_size=size
    )


def _stamps(received: list[tuple[int, bytes]]) -> Iterator[tuple[int, int]]:
    for ts_recv, frame in received:
        if found := _EVENT_TIME.search(frame, 0, 200):
            yield int(found[1]) * 1_000_000, ts_recv


_2024 = "binance-l2-2024-08-08"
_2023 = "binance-l2-2023-04-04"
USDM, SPOT, COINM = "binanceusdm", "binance", "binancecoinm"
CAPTURES = (
    Capture(f"{_2024}/usdm/btcusdt_20240808.gz", USDM, "BTC/USDT:USDT", 629, "0.1", "0.001"),
    Capture(f"{_2024}/usdm/ethusdt_20240808.gz", USDM, "ETH/USDT:USDT", 551, "0.01", "0.001"),
    Capture(
        f"{_2024}/spot/btcusdt_20240808.gz", SPOT, "BTC/USDT", 564, "0.01", "0.00001", fallbacks=3
    ),
    Capture(
        f"{_2024}/spot/ethusdt_20240808.gz", SPOT, "ETH/USDT", 577, "0.01", "0.0001", fallbacks=2
    ),
    Capture(f"{_2024}/cm/btcusd_perp_20240808.gz", COINM, "BTC/USD:BTC", 1125, "0.1", "1"),
    Capture(f"{_2024}/cm/ethusd_perp_20240808.gz", COINM, "ETH/USD:ETH", 1345, "0.01", "1"),
    Capture(
        f"{_2023}/usdm/btcusdt_20230404.dat.gz",
        *(USDM, "BTC/USDT:USDT", 310, "0.1", "0.001"),
        ns_per_unit=1_000,
    ),
)
