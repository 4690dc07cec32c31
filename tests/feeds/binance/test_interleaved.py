"""Four symbols on one connection in 2021: listed by exchangeInfo, each with its own decoder."""

import gzip
import re
from pathlib import Path

import pytest

from bot.feeds.binance.decoder import BinanceDecoder
from bot.feeds.binance.instruments import instruments
from bot.tape.builder import BlockBuilder
from bot.tape.rows import GAP

SNAPSHOT = re.compile(rb"\S+symbol=(?P<symbol>\w+)\S* -> (?P<time>[\d.]+): (?P<body>\{.*)")
FRAME = re.compile(rb"(?P<time>[\d.]+): (?P<body>\{.*)")
CLOCK_BEHIND_S = 10  # the recorder's, and surely not more


def matches(pattern: re.Pattern[bytes], path: Path) -> list[re.Match[bytes]]:
    lines = gzip.decompress(path.read_bytes()).splitlines()
    return [found for line in lines if (found := pattern.match(line))]


def received_ns(found: re.Match[bytes]) -> int:
    seconds, _, fraction = found["time"].decode().partition(".")
    return (int(seconds) + CLOCK_BEHIND_S) * 10**9 + int(fraction.ljust(9, "0"))


@pytest.mark.parametrize(
    ("name", "venue", "changes", "odd_prices"),
    [("BINANCE_FUTURES", "binanceusdm", 764, 131), ("BINANCE", "binance", 177, 34)],
)
def test_each_decoder_takes_its_own_frames_and_finds_no_gap(
    recordings, name, venue, changes, odd_prices
):
    folder = recordings / "raw-captures-30s"
    answer = gzip.decompress((folder / f"{name}.0.gz").read_bytes()).splitlines()[0]
    listed = instruments(venue, answer.partition(b": ")[2])
    frames = matches(FRAME, folder / f"{name}.ws.1.0.gz")
    told = odd = 0

    for snapshot in matches(SNAPSHOT, folder / f"{name}.http.0.0.gz"):
        instrument = listed[snapshot["symbol"].decode()]
        builder = BlockBuilder((instrument.id,))
        decoder = BinanceDecoder(instrument, builder, [])
        for found in sorted([snapshot, *frames], key=received_ns):
            decoder.decode(received_ns(found), found["body"])
        counters = decoder.counters
        told += counters.depth_applied + counters.depth_before_snapshot
        odd += counters.odd_prices
        assert (counters.gaps, counters.fallbacks, counters.snapshots) == (0, 0, 1)
        assert not any(builder.take().flags & GAP)
        assert decoder.synced

    assert (told, odd) == (changes, odd_prices)
