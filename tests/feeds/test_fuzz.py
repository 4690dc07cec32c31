"""Whatever becomes of a frame, a decoder raises its stated error or makes sense of it."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import DataError
from bot.feeds.venues import VENUES
from bot.tape.builder import BlockBuilder
from bot.tape.rows import LEVEL, TRADE
from tests.feeds.frames import SAMPLES, decoder, recorded
from tests.feeds.tape import NOW

NUMBERS = (-1, 0, 2**63, 2**64, 10**40, -0.0, 1.5, 1e300)
TEXTS = ("", "0", "-1", "NaN", "1e5", "x" * 99, "٣", "\x00", "0" * 60, "9" * 45, "0.", ".5")
SHAPES = (None, True, [], {}, [[]], [["1", "2"]], {"a": 1})
ODD = st.sampled_from((*NUMBERS, *TEXTS, *SHAPES))


@st.composite
def cut(draw, frames):
    """A frame with a stretch of its bytes left out, replaced, repeated or exchanged."""
    frame = draw(st.sampled_from(frames))
    start = draw(st.integers(0, len(frame)))
    end = draw(st.integers(start, min(len(frame), start + 40)))
    middle = draw(
        st.one_of(st.just(b""), st.binary(max_size=6), st.just(frame[start:end] * 2))
        | st.sampled_from([b"-", b"0", b"e9", b'"', b"[", b"}", b"null", b"99999999999999999999"])
    )
    return frame[:start] + middle + frame[end:]


@st.composite
def misled(draw, frames):
    """A frame of which one value is another than its venue would send."""
    told = json.loads(draw(st.sampled_from(frames)))
    node, key = {"": told}, ""
    for _ in range(draw(st.integers(1, 7))):
        inner = node[key]
        if isinstance(inner, dict) and inner:
            node, key = inner, draw(st.sampled_from(sorted(inner)))
        elif isinstance(inner, list) and inner:
            node, key = inner, draw(st.integers(0, len(inner) - 1))
        else:
            break
    if node is not told and "" in node and node[key] is told:
        return json.dumps(draw(ODD)).encode()
    node[key] = draw(ODD)
    return json.dumps(told).encode()


def decode_all(sample, frames):
    """Decode frames between two good snapshots; what they left on the tape."""
    builder, events = BlockBuilder((sample.instrument.id,)), []
    made = decoder(sample, builder, events)
    snapshot = sample.frames()[0]
    made.decode(NOW, snapshot)
    refused = []
    for i, frame in enumerate(frames):
        messages = builder.messages
        try:
            made.decode(NOW + i, frame)
        except DataError as error:
            refused.append(error)
        assert builder.messages >= messages
    for error in refused:
        assert all((error.where, error.seen, error.expected, error.fix))
    return made, builder, events


def check(builder, events):
    """What may stand on the tape whatever came."""
    block = builder.take()
    assert block.first[0] == 0
    assert block.first[-1] == len(block.kind)
    assert (np.diff(block.first) >= 0).all()
    assert (block.ts_venue <= block.ts_recv).all()
    assert (np.diff(block.ts_recv) >= 0).all()
    assert (block.size >= 0).all()
    assert (block.price >= 0).all()
    told = np.isin(block.kind, (LEVEL, TRADE))
    assert (block.price[told] > 0).all()
    assert all(event.ts_venue <= event.ts_recv for event in events)


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
@given(data=st.data())
@settings(max_examples=150)
def test_a_damaged_frame_is_refused_or_makes_sense(sample, data):
    frames = sample.frames()
    damaged = data.draw(st.lists(st.one_of(cut(frames), misled(frames)), max_size=6))

    _, builder, events = decode_all(sample, damaged)

    check(builder, events)


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
@given(data=st.data())
@settings(max_examples=60)
def test_a_recorded_frame_is_refused_or_makes_sense_when_it_is_damaged(sample, recordings, data):
    frames = recorded(recordings, sample.instrument.venue)
    damaged = data.draw(st.lists(st.one_of(cut(frames), misled(frames)), max_size=4))

    _, builder, events = decode_all(sample, damaged)

    check(builder, events)


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
@given(noise=st.lists(st.binary(max_size=60) | st.text(max_size=30).map(str.encode), max_size=5))
def test_noise_is_refused(sample, noise):
    _, builder, events = decode_all(sample, noise)

    check(builder, events)


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
@given(data=st.data())
@settings(max_examples=60)
def test_any_frame_can_be_asked_for_its_symbols_and_never_fails(sample, data):
    frame = data.draw(st.one_of(cut(sample.frames()), st.binary(max_size=40)))

    symbols = VENUES[sample.instrument.venue].symbols_of(frame)

    assert all(isinstance(symbol, str) for symbol in symbols)


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_every_sample_is_good_until_it_is_damaged(sample):
    made, builder, _ = decode_all(sample, [])
    for i, frame in enumerate(sample.frames()[1:]):
        made.decode(NOW + i, frame)

    assert made.synced
    assert not made.counters.unknown
    assert builder.messages > len(sample.made_up) - 3


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
@given(data=st.data())
@settings(max_examples=40)
def test_after_any_damage_a_snapshot_makes_the_book_stand(sample, data):
    damaged = data.draw(st.lists(cut(sample.frames()), max_size=6))

    made, _, _ = decode_all(sample, damaged)
    if sample.instrument.venue != "hyperliquid":  # there, damage can make a later time stand
        made.decode(NOW + 10, sample.frames()[0])

        assert made.synced
