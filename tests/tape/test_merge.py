import heapq

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import DataError
from bot.tape.merge import merge
from bot.tape.order import Rank, rank
from bot.tape.rows import Block
from tests.tape.tapes import (
    NAMES,
    Listed,
    Message,
    an_event,
    message_lists,
    messages_of,
    source_lists,
)

ADA, BTC, ETH, XRP = NAMES


def flat(tape):
    """The tape as one list of messages and events."""
    found = []
    for item in tape:
        found.extend(messages_of(item) if isinstance(item, Block) else [item])
    return found


def slow_merge(sources):
    """The order as it is defined, one tuple for each thing."""
    streams = []
    for source in sources:
        items = [(m.ts_recv, Rank.ROW, source.name, k, m) for k, m in enumerate(source.messages)]
        items += [(e.ts_recv, rank(e), source.name, k, e) for k, e in enumerate(source.events())]
        streams.append(sorted(items, key=lambda item: item[:4]))
    return [item[4] for item in heapq.merge(*streams, key=lambda item: item[:4])]


def at(t, name, rows=1):
    return Message(t, t, name, 0, ((1, 1, t, 1),) * rows)


@given(source_lists())
def test_the_merge_is_the_total_order(sources):
    merged = flat(merge(sources))

    assert merged == slow_merge(sources)


@given(source_lists(), st.randoms(use_true_random=False))
def test_neither_the_order_of_arguments_nor_the_cuts_of_a_source_change_anything(sources, random):
    again = [
        Listed(
            source.name,
            source.messages,
            list(source.events()),
            random.choices(range(len(source.messages) + 1), k=3),
        )
        for source in sources
    ]
    random.shuffle(again)

    assert flat(merge(again)) == flat(merge(sources))


@given(source_lists())
def test_merged_blocks_name_all_sources_and_are_never_empty(sources):
    blocks = [item for item in merge(sources) if isinstance(item, Block)]

    names = tuple(sorted(source.name for source in sources))
    assert all(block.instruments == names and block.messages > 0 for block in blocks)


def test_a_row_received_with_an_event_goes_before_it_from_any_source():
    lost = an_event(0, ADA, 5)
    sources = [Listed(ADA, [at(5, ADA), at(6, ADA)], [lost]), Listed(XRP, [at(4, XRP), at(5, XRP)])]

    merged = flat(merge(sources))

    assert merged == [at(4, XRP), at(5, ADA), at(5, XRP), lost, at(6, ADA)]


def test_a_message_is_never_split_by_an_event():
    sources = [Listed(BTC, [at(5, BTC, rows=9)]), Listed(ETH, events=[an_event(5, ETH, 4)])]

    merged = flat(merge(sources))

    assert merged == [an_event(5, ETH, 4), at(5, BTC, rows=9)]


def test_equal_times_end_with_the_place_in_the_source():
    first, second = Message(5, 5, BTC, 0, ()), Message(5, 4, BTC, 1, ())

    merged = flat(merge([Listed(BTC, [first, second], cuts=[1])]))

    assert merged == [first, second]


def test_no_sources_make_an_empty_tape():
    assert list(merge([])) == []


@pytest.mark.parametrize("cuts", [(), (1,)], ids=["inside a block", "between blocks"])
def test_rows_that_go_back_in_time_are_an_error_that_names_source_and_times(cuts):
    sources = [Listed(ADA, [at(1, ADA)]), Listed(BTC, [at(7, BTC), at(6, BTC)], cuts=cuts)]

    with pytest.raises(DataError) as caught:
        flat(merge(sources))

    assert caught.value.where == BTC
    assert caught.value.seen == "ts_recv 6 after 7, 1 ns back"


def test_events_that_go_back_in_time_are_an_error_that_names_source_and_times():
    sources = [Listed(BTC, events=[an_event(0, BTC, 7), an_event(0, BTC, 3)])]

    with pytest.raises(DataError) as caught:
        flat(merge(sources))

    assert caught.value.where == BTC
    assert caught.value.seen == "ts_recv 3 after 7, 4 ns back"


def test_two_sources_of_one_name_are_refused_because_nothing_would_order_them():
    with pytest.raises(DataError, match="two sources of this name"):
        list(merge([Listed(BTC), Listed(BTC)]))


class Endless:
    """A source that counts how far it was read."""

    def __init__(self, name, step):
        self.name = name
        self.read = 0
        self._step = step

    def blocks(self):
        while True:
            self.read += 1
            start = self.read * self._step
            yield from Listed(self.name, [at(start + k, self.name) for k in range(3)]).blocks()

    def events(self):
        return iter(())


def test_no_source_is_read_further_ahead_than_a_block():
    slow, fast = Endless(ADA, step=1_000), Endless(BTC, step=10)

    tape = merge([slow, fast])
    for _ in range(50):
        block = next(tape)

    assert slow.read == 1
    assert fast.read * 10 - block.last_ns <= 2 * 10


@given(message_lists([BTC]))
def test_one_source_alone_passes_through_without_copies_of_its_rows(messages):
    source = Listed(BTC, messages)

    blocks = list(merge([source]))

    assert flat(blocks) == messages
    assert all(np.shares_memory(a.price, blocks[0].price) for a in blocks if a.rows)
