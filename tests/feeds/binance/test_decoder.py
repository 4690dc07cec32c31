"""What becomes of any frame: taken, counted, or refused with one clear error."""

import msgspec
import pytest

from bot.errors import DataError
from bot.tape.rows import ESTIMATED
from tests.feeds.binance.messages import (
    CHANGED,
    CHANGED_ROWS,
    MS,
    NOW,
    NOW_MS,
    Tape,
    depth,
    forced,
    mark,
    snapshot,
    touch,
    trade,
)


@pytest.mark.parametrize(
    ("message", "stream"),
    [
        (depth(s="ETHUSDT"), "ethusdt@depth"),
        (trade(s="ETHUSDT"), "ethusdt@trade"),
        (touch(s="ETHUSDT"), "ethusdt@bookTicker"),
        (mark(s="ETHUSDT"), "ethusdt@markPrice"),
        (forced(s="ETHUSDT"), "!forceOrder@arr"),
        (snapshot(symbol="ETHUSD_PERP"), None),
    ],
)
def test_another_symbols_message_is_counted_and_left_out(message, stream):
    tape = Tape().take(message, stream)

    assert (tape.messages(), tape.events) == ([], [])
    assert tape.counters.foreign == 1


@pytest.mark.parametrize(
    ("message", "stream", "name"),
    [
        ({"e": "kline", "E": 1, "s": "BTCUSDT", "k": {}}, "btcusdt@kline_1m", "kline_1m"),
        ({"e": "24hrMiniTicker", "E": 1}, None, "24hrMiniTicker"),
        ({"e": "newThing", "x": [1, {"y": None}]}, None, "newThing"),
        ({"result": None, "id": 1}, None, "unnamed"),
        # These repeat the best levels; as changes they would leave dead levels standing.
        (depth(), "btcusdt@depth20@100ms", "depth20@100ms"),
        (depth(), "btcusdt@rpiDepth@500ms", "rpiDepth@500ms"),
        (snapshot(), "btcusdt@depth5", "depth5"),
    ],
)
def test_an_unknown_message_is_counted_by_name(message, stream, name):
    tape = Tape().take(message, stream)

    assert tape.messages() == []
    assert tape.counters.unknown == {name: 1}


def test_bare_messages_are_taken_as_those_of_a_combined_stream():
    bare, combined = Tape(), Tape()

    for message, stream in (
        (snapshot(), None),
        (depth(**CHANGED), "btcusdt@depth"),
        (trade(), "btcusdt@trade"),
        (touch(), "btcusdt@bookTicker"),
        (mark(), "btcusdt@markPrice"),
    ):
        bare.take(message)
        combined.take(message, stream)

    assert bare.messages() == combined.messages()
    assert bare.counters.fallbacks == 0


def test_a_list_of_marks_is_taken_one_by_one():
    tape = Tape().take([mark(s="ETHUSDT"), mark()], "!markPrice@arr@1s")

    assert (tape.counters.marks, tape.counters.foreign) == (1, 1)


def test_a_clock_that_steps_back_is_held_still():
    tape = Tape().take(trade(1), "btcusdt@trade").take(trade(2), "btcusdt@trade", ts_recv=NOW - 9)

    assert tape.builder.take().ts_recv.tolist() == [NOW, NOW]
    assert tape.counters.clock_steps == 1


def test_a_stamp_after_the_receipt_is_clamped_and_flagged():
    tape = Tape().take(trade(T=NOW_MS + 4), "btcusdt@trade")

    assert tape.messages()[0][:2] == (NOW, ESTIMATED)
    assert tape.counters.ahead == 1


OFF_GRID = [[f"61800.1{digit}", "1"] for digit in range(1, 6)]
BROKEN = [
    (depth(bids=OFF_GRID), "btcusdt@depth", r"price.*61800\.14.*a multiple of 0\.1 in all but"),
    (depth(bids=[["NaN", "1"]]), "btcusdt@depth", "price.*NaN.*a plain decimal number"),
    (depth(asks=[["61800.1", "-1"]]), "btcusdt@depth", "size.*-1.*a plain decimal number"),
    (depth(asks=[["61800.1"]]), "btcusdt@depth", "of length 2"),
    (depth(u=-5), "btcusdt@depth", "a message as Binance sends it"),
    (depth(E=10**17), "btcusdt@depth", "a message as Binance sends it"),
    (trade(p="1e5"), "btcusdt@trade", "a plain decimal number"),
    (trade(q=""), "btcusdt@trade", "a plain decimal number"),
    (trade(T=None), "btcusdt@trade", "a message as Binance sends it"),
    (touch(b="61800,1"), "btcusdt@bookTicker", "a plain decimal number"),
    (mark(p="inf"), "btcusdt@markPrice", "mark price.*a plain decimal number"),
    (mark(r="NaN"), "btcusdt@markPrice", "funding rate.*a plain decimal number"),
    (forced(S="HOLD"), "!forceOrder@arr", "a message as Binance sends it"),
    (snapshot(bids=[["61800.1", "Infinity"]]), None, "a plain decimal number"),
]


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize(("message", "stream", "complaint"), BROKEN)
def test_a_broken_message_is_one_clear_error_and_leaves_the_tape_as_it_was(
    message, stream, complaint, compiled
):
    tape = Tape(compiled=compiled).take(snapshot())
    tape.messages()

    with pytest.raises(DataError, match=complaint):
        tape.take(message, stream)

    assert (tape.messages(), tape.events) == ([], [])
    tape.take(depth(**CHANGED), "btcusdt@depth")
    assert tape.messages() == [(NOW - 3 * MS, 0, CHANGED_ROWS)]


@pytest.mark.parametrize("message", [depth(**CHANGED), trade(), touch(), mark(), forced()])
def test_a_frame_cut_anywhere_is_a_clear_error(message):
    tape = Tape()
    frame = msgspec.json.encode({"stream": "btcusdt@depth", "data": message})

    for at in range(len(frame)):
        with pytest.raises(DataError, match="binanceusdm:BTC/USDT:USDT frame: got"):
            tape.decoder.decode(NOW, frame[:at])

    assert tape.messages() == []


@pytest.mark.parametrize(
    "frame", [b"", b"null", b"[]", b"\xff\xfe", b"@", b"{" * 5000, b"[" * 5000]
)
def test_what_is_no_message_at_all_is_a_clear_error(frame):
    with pytest.raises(DataError):
        Tape().decoder.decode(NOW, frame)
