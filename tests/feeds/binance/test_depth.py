"""The compiled scan either reads a frame exactly as the plain decoder does, or refuses it."""

import json
from decimal import Decimal
from itertools import permutations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import DataError
from bot.feeds.binance import wire
from bot.feeds.binance.depth import DepthScan
from bot.feeds.grid import Grid
from bot.model.units import InstrumentId
from bot.tape.builder import BlockBuilder
from bot.tape.rows import ASK, BID, LEVEL
from tests.feeds.binance.captures import stated
from tests.feeds.binance.messages import NOW, Tape, snapshot

SYMBOL = "BTCUSDT"
SPOT = (
    b'{"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":1723161255208,"s":"BTCUSDT",'
    b'"U":50093239189,"u":50093239202,"b":[["61737.60000000","0.00000000"],'
    b'["61730.10000000","1.54700000"]],"a":[["61837.60000000","0.00500000"]]}}'
)
USDM = (
    b'{"stream":"btcusdt@depth@0ms","data":{"e":"depthUpdate","E":1723161256299,'
    b'"T":1723161256298,"s":"BTCUSDT","U":5123107832006,"u":5123107837557,"pu":5123107831937,'
    b'"b":[["58710.20","0.014"],["61510.90","0.000"]],"a":[["61800.30","12.111"]]}}'
)
WITH_NEW_FIELDS = (
    b'{"stream":"btcusdt@depth","data":{"e":"depthUpdate","E":123456789,"T":123456788,'
    b'"s":"BTCUSDT","ps":"BTCUSDT","st":1,"U":157,"u":160,"pu":149,'
    b'"b":[["0.5","10"]],"a":[["6","100"]]}}'
)
BARE = b'{"e":"depthUpdate","E":1,"s":"BTCUSDT","U":1,"u":2,"b":[],"a":[]}'
FRAMES = (SPOT, USDM, WITH_NEW_FIELDS, BARE)

Read = tuple[list[tuple[int, int, int]], tuple[int, ...]]


def grids() -> tuple[Grid, Grid]:
    return Grid("price", Decimal("0.1")), Grid("size", Decimal("0.001"))


@pytest.fixture(scope="module")
def builder() -> BlockBuilder:
    return BlockBuilder((InstrumentId("binanceusdm:BTC/USDT:USDT"),), rows=8)


@pytest.fixture(scope="module")
def scan(builder):
    return DepthScan(SYMBOL, *grids(), builder)


def fast(scan: DepthScan, builder: BlockBuilder, frame: bytes) -> Read | None:
    rows, *found = scan.read(frame)
    if rows < 0:
        return None
    assert set(builder.kind[:rows]) <= {LEVEL}
    columns = builder.side[:rows], builder.price[:rows], builder.size[:rows]
    return list(zip(*(column.tolist() for column in columns), strict=True)), tuple(found)


def plain(frame: bytes) -> Read:
    """The frame as the plain decoder reads it; raises when it is not one."""
    head = wire.head.decode(frame)
    update = wire.depth_update.decode(bytes(head.data) or frame)
    assert update.symbol == SYMBOL
    price, size = grids()
    rows = [
        (side, price.count(one), size.count(other))
        for side, levels in ((BID, update.bids), (ASK, update.asks))
        for one, other in levels
    ]
    ids = (update.first_id, update.last_id, update.previous_id)
    return rows, (*ids, update.event_ms, update.match_ms)


def check(scan: DepthScan, builder: BlockBuilder, frame: bytes) -> bool:
    """Whether the scan took the frame; if it did, as the plain decoder would."""
    read = fast(scan, builder, frame)
    if read is not None:
        assert read == plain(frame), frame
    return read is not None


@pytest.mark.parametrize("frame", FRAMES)
def test_frames_in_the_venues_layout_are_read_by_the_scan(scan, builder, frame):
    assert fast(scan, builder, frame) == plain(frame)


def test_a_frame_gives_ids_times_and_levels(scan, builder):
    read = fast(scan, builder, USDM)

    levels = [(BID, 587102, 14), (BID, 615109, 0), (ASK, 618003, 12111)]
    ids = (5123107832006, 5123107837557, 5123107831937)
    assert read == (levels, (*ids, 1723161256299, 1723161256298))


def test_rows_go_behind_the_last_and_are_not_counted(builder):
    own = BlockBuilder(builder.instruments, rows=2)
    scan = DepthScan(SYMBOL, *grids(), own)
    own.begin(1, 1)
    own.row(LEVEL, BID, 7, 7)
    own.end()

    rows, *_ = scan.read(USDM)

    assert (rows, own.rows, own.messages) == (3, 1, 1)
    assert own.price[:4].tolist() == [7, 587102, 615109, 618003]


@pytest.mark.parametrize(
    ("tick", "text", "ticks"),
    [
        ("0.05", "61800.35", 1236007),
        ("0.5", "61800.5", 123601),
        ("0.5", "61800", 123600),
        ("5", "61800.00", 12360),
        ("10", "61800", 6180),
        ("0.1", "61800.10000000", 618001),
        ("0.00000001", "0.00000906", 906),
    ],
)
def test_any_tick_is_counted_exactly(builder, tick, text, ticks):
    scan = DepthScan(SYMBOL, Grid("price", Decimal(tick)), grids()[1], builder)

    read = fast(scan, builder, BARE.replace(b'"b":[]', f'"b":[["{text}","1"]]'.encode()))

    assert read is not None
    assert read[0] == [(BID, ticks, 1000)]


@pytest.mark.parametrize(
    ("tick", "text"),
    [("0.05", "61800.31"), ("0.5", "0.4"), ("5", "61801"), ("0.1", "61800.01"), ("1", "0.1")],
)
def test_a_price_off_the_grid_is_left_to_the_plain_decoder(builder, tick, text):
    scan = DepthScan(SYMBOL, Grid("price", Decimal(tick)), grids()[1], builder)

    read = fast(scan, builder, BARE.replace(b'"b":[]', f'"b":[["{text}","1"]]'.encode()))

    assert read is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"U":157,"u":160', b'"u":160,"U":157'),
        (b'"st":1', b'"st":1.5'),
        (b'"st":1', b'"st":-1'),
        (b'"st":1', b'"st":{"a":1}'),
        (b'"st":1', b'"u":1'),
        (b'"E":123456789', b'"E":9999999999999999'),
        (b'"E":123456789', b'"E":0123456789'),
        (b'"u":160', b'"u":99999999999999999999'),
        (b'"u":160', b'"u":1.6e2'),
        (b'"u":160', b'"u":"160"'),
        (b'"10"', b'"1e1"'),
        (b'"10"', b'"-10"'),
        (b'"10"', b'"NaN"'),
        (b'"10"', b'""'),
        (b'"10"', b'".5"'),
        (b'"10"', b'"5."'),
        (b'"10"', b'"1.0.0"'),
        (b'"10"', b"10"),
        (b'"10"', b'"9999999999999999999"'),
        (b'"10"', b'"0.0001"'),
        (b'"s":"BTCUSDT"', b'"s":"ETHUSDT"'),
        (b'"s":"BTCUSDT"', b'"s":"BTCUSDTX"'),
        (b'"s":"BTCUSDT"', b'"s":"\\u0042TCUSDT"'),
        (b'"a":[', b'"a": ['),
        (b"]}}", b']},"id":1}'),
        (b"]}}", b"]}}\n"),
        (b"]}}", b"]}"),
        (b"]}}", b"]}}}"),
    ],
)
def test_a_frame_in_another_layout_is_left_to_the_plain_decoder(scan, builder, old, new):
    frame = WITH_NEW_FIELDS.replace(old, new)

    assert frame != WITH_NEW_FIELDS
    assert fast(scan, builder, frame) is None


@pytest.mark.parametrize("frame", FRAMES)
def test_no_single_byte_changed_makes_the_scan_differ(scan, builder, frame):
    bytes_tried = b'0159.-+eEN"[]{},:\\ \t\x00\x7f\x80\xffaAbBsSuUTp'

    taken = sum(
        check(scan, builder, frame[:at] + bytes([byte]) + frame[at + 1 :])
        for at in range(len(frame))
        for byte in bytes_tried
    )

    assert taken > len(frame)


@pytest.mark.parametrize("frame", FRAMES)
def test_no_cut_makes_the_scan_differ(scan, builder, frame):
    cut = [frame[:at] for at in range(len(frame))]
    without = [frame[:at] + frame[at + 1 :] for at in range(len(frame))]
    doubled = [frame[:at] + frame[at : at + 1] + frame[at:] for at in range(len(frame))]

    taken = sum(check(scan, builder, one) for one in without + doubled)

    assert taken > 0
    assert not any(check(scan, builder, one) for one in cut)


def test_no_order_of_the_keys_makes_the_scan_differ(scan, builder):
    message = json.loads(BARE)

    taken = [
        check(scan, builder, json.dumps(dict(items), separators=(",", ":")).encode())
        for items in permutations(message.items())
    ]

    assert sum(taken) == 1


PIECES = (
    *(b'"', b",", b"]", b"[", b"}", b"{", b"0", b"00", b".", b" ", b"", b"\xff", b"\\u0031"),
    *(b"-1", b"1e5", b"NaN", b"null", b"true", b"123456789012345678901234567890"),
    *(b'["1","2"]', b',["1","2"]', b'"E":1,', b'"pu":3,', b'"st":2,', b'"b":[],', b'"data":{'),
)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A frame with a few stretches replaced: by nothing, by something else, by one of its own."""
    frame = draw(st.sampled_from(FRAMES))
    for _ in range(draw(st.integers(1, 4))):
        cuts = st.integers(0, len(frame))
        start, stop, own_start, own_stop = (draw(cuts) for _ in range(4))
        piece = draw(
            st.sampled_from(PIECES) | st.just(frame[own_start : own_start + own_stop % 30])
        )
        frame = frame[:start] + piece + frame[start + stop % 10 :]
    return frame


@settings(max_examples=400)
@given(frame=damaged())
def test_no_damage_makes_the_scan_differ(scan, builder, frame):
    check(scan, builder, frame)


@settings(max_examples=150)
@given(frames=st.lists(damaged(), max_size=3))
def test_no_damage_makes_a_compiled_decoder_differ_from_a_plain_one(frames):
    assert taken(frames, compiled=True) == taken(frames, compiled=False)


def taken(frames: list[bytes], *, compiled: bool) -> tuple[object, ...]:
    """All that a decoder makes of these frames and of a snapshot among them."""
    tape = Tape(stated("binanceusdm", "BTC/USDT:USDT", "0.1", "0.001"), compiled=compiled)
    errors = []
    for frame in (WITH_NEW_FIELDS, msgspec.json.encode(snapshot(last=158)), USDM, *frames):
        try:
            tape.decoder.decode(NOW, frame)
        except DataError as error:
            errors.append(str(error))
    tape.counters.fallbacks = 0
    return tape.messages(), tape.events, tape.counters, errors


NUMBERS = st.one_of(
    st.decimals(0, 10**9, places=3).map(str),
    st.integers(0, 10**22).map(str),
    st.from_regex(r"[0-9]{0,20}(\.[0-9]{0,12})?", fullmatch=True),
    st.sampled_from(["NaN", "inf", "-1", "+1", "1e3", "1_0", " 1", "1 ", "", ".", "٣", "0x1"]),
)


@settings(max_examples=300)
@given(levels=st.lists(st.tuples(NUMBERS, NUMBERS), max_size=5), where=st.sampled_from(["b", "a"]))
def test_no_number_makes_the_scan_differ(scan, builder, levels, where):
    text = json.dumps(levels, separators=(",", ":"), ensure_ascii=False)

    check(scan, builder, BARE.replace(f'"{where}":[]'.encode(), f'"{where}":{text}'.encode()))


def test_what_the_scan_refuses_is_named_by_the_plain_decoder():
    with pytest.raises((DataError, msgspec.ValidationError), match="price"):
        plain(BARE.replace(b'"b":[]', b'"b":[["NaN","1"]]'))
