"""Every recorded frame: the scan against the plain decoder, the book against bookTicker."""

import re
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
import pytest

from bot.feeds.binance.decoder import BinanceDecoder
from bot.feeds.recent import REPEAT_NS
from bot.model.event import Event, FundingRate
from bot.model.instrument import Instrument
from bot.tape.builder import BlockBuilder
from bot.tape.rows import BID, GAP, SNAPSHOT, Block
from tests.feeds.binance.captures import CAPTURES, SNAPSHOT_FRAME, Capture

COLUMNS = ("kind", "side", "price", "size", "ts_recv", "ts_venue", "flags", "first")

Frames = list[tuple[int, bytes]]
Touch = tuple[int, int, int, int]


@pytest.fixture(scope="module", params=CAPTURES, ids=str)
def capture(request) -> Capture:
    return request.param


@pytest.fixture(scope="module")
def frames(capture: Capture, recordings: Path) -> Frames:
    return capture.frames(recordings)


@pytest.fixture(scope="module")
def instrument(capture: Capture, frames: Frames) -> Instrument:
    return capture.instrument(frames)


class Tape(NamedTuple):
    decoder: BinanceDecoder
    block: Block
    events: list[Event]


@pytest.fixture(scope="module")
def tape(instrument: Instrument, frames: Frames) -> Tape:
    return decoded(instrument, frames, compiled=True)


def decoded(instrument: Instrument, frames: Frames, *, compiled: bool) -> Tape:
    builder, events = BlockBuilder((instrument.id,)), list[Event]()
    decoder = BinanceDecoder(instrument, builder, events, compiled=compiled)
    for ts_recv, frame in frames:
        decoder.decode(ts_recv, frame)
    return Tape(decoder, builder.take(), events)


def test_every_recorded_frame_is_read_and_no_change_is_missing(capture, frames, tape, capsys):
    counters = tape.decoder.counters

    with capsys.disabled():
        print(f"\n{capture}: {counters}")
    assert counters.frames == len(frames)
    assert counters.gaps == counters.duplicates == counters.ahead == counters.clock_steps == 0
    assert counters.fallbacks == counters.odd_sizes == capture.fallbacks
    assert counters.unknown == {}
    assert tape.decoder.synced


def test_the_scan_reads_every_recorded_frame_as_the_plain_decoder_does(frames, instrument, tape):
    plain = decoded(instrument, frames, compiled=False)

    for column in COLUMNS:
        assert np.array_equal(getattr(tape.block, column), getattr(plain.block, column)), column
    assert tape.events == plain.events
    plain.decoder.counters.fallbacks = tape.decoder.counters.fallbacks
    assert tape.decoder.counters == plain.decoder.counters


def test_no_recorded_message_is_stamped_after_its_receipt(tape):
    block = tape.block

    assert (block.ts_venue <= block.ts_recv).all()
    assert (np.diff(block.ts_recv) >= 0).all()


def test_the_book_has_the_best_prices_and_sizes_that_book_ticker_tells(
    capture, frames, instrument, capsys
):
    changes = {last_id(frame) for _, frame in frames if is_of(frame, "depth")}
    tickers = [frame for _, frame in frames if is_of(frame, "bookTicker")]
    comparable = [frame for frame in tickers if last_id(frame) in changes]

    compared, unequal = compare(instrument, frames, told_touches(instrument, comparable))

    with capsys.disabled():
        print(
            f"\n{capture}: {len(comparable)} update ids in both streams, {compared} compared, "
            f"{len(comparable) - compared} excluded before the snapshot, {len(unequal)} unequal"
        )
    assert len(comparable) == capture.comparable
    assert compared >= 0.9 * len(comparable)
    assert unequal == []


def test_a_funding_rate_that_stands_is_told_again_each_half_minute(recordings):
    capture = next(one for one in CAPTURES if "20230404" in one.path)
    frames = capture.frames(recordings)

    tape = decoded(capture.instrument(frames), frames, compiled=True)

    assert tape.decoder.counters.marks == 99
    assert {(type(one), one.rate) for one in tape.events} == {(FundingRate, Decimal("0.00002754"))}
    times = [one.ts_recv for one in tape.events]
    assert len(times) == 4
    assert all(b - a >= REPEAT_NS for a, b in pairwise(times))
    assert tape.events[0].settles_ns == 1_680_652_800_000_000_000
    assert not tape.events[0].settled


def is_of(frame: bytes, stream: str) -> bool:
    return f"@{stream}".encode() in frame[:64]


def last_id(frame: bytes) -> int:
    found = re.search(rb'"u":(\d+)', frame)
    assert found
    return int(found[1])


def told_touches(instrument: Instrument, tickers: list[bytes]) -> dict[int, Touch]:
    """Best bid and ask by update id, in ticks and lots, without the decoder."""
    touches = {}
    for frame in tickers:
        told = msgspec.json.decode(frame)["data"]
        bid, ask = (instrument.ticks(Decimal(told[side])) for side in "ba")
        bid_size, ask_size = (instrument.lots(Decimal(told[side])) for side in "BA")
        touches[told["u"]] = (bid, bid_size, ask, ask_size)
    return touches


def compare(
    instrument: Instrument, frames: Frames, touches: dict[int, Touch]
) -> tuple[int, list[int]]:
    """Build a book from the decoder's rows; how many touches it met, and which it missed."""
    builder = BlockBuilder((instrument.id,))
    decoder = BinanceDecoder(instrument, builder, [])
    bids, asks = dict[int, int](), dict[int, int]()
    compared, unequal = 0, []
    for ts_recv, frame in frames:
        if not is_of(frame, "depth") and not frame.startswith(SNAPSHOT_FRAME):
            continue
        decoder.decode(ts_recv, frame)
        block = builder.take()
        assert not any(block.flags & GAP)
        if any(block.flags & SNAPSHOT):
            bids, asks = {}, {}
        apply(block, bids, asks)
        update_id = last_id(frame) if is_of(frame, "depth") else None
        if block.messages and update_id in touches:
            compared += 1
            best_bid, best_ask = max(bids), min(asks)
            if touches[update_id] != (best_bid, bids[best_bid], best_ask, asks[best_ask]):
                unequal.append(update_id)
    return compared, unequal


def apply(block: Block, bids: dict[int, int], asks: dict[int, int]) -> None:
    rows = zip(block.side.tolist(), block.price.tolist(), block.size.tolist(), strict=True)
    for side, price, size in rows:
        book = bids if side == BID else asks
        if size:
            book[price] = size
        else:
            book.pop(price, None)
