"""What a decoder wrote, and an independent book to check it with."""

import json

from bot.tape.builder import BlockBuilder
from bot.tape.rows import GAP, LEVEL, SNAPSHOT

MS = 1_000_000
NOW_MS = 1_764_000_000_000
NOW = NOW_MS * MS


class Tape:
    """A decoder with what it wrote; frames come a second after the last unless it is said."""

    def __init__(self, decoder, instrument):
        self.events = []
        self.builder = BlockBuilder((instrument.id,))
        self.decoder = decoder(instrument, self.builder, self.events)
        self.counters = self.decoder.counters

    def take(self, *messages, ts_recv=NOW):
        for message in messages:
            frame = message if isinstance(message, bytes) else json.dumps(message).encode()
            self.decoder.decode(ts_recv, frame)
        return self

    def messages(self):
        """(ts_venue, flags, rows) of every message since the last call."""
        return messages_of(self.builder.take())

    def counted(self):
        """What was counted, without the zeros."""
        fields = self.counters.__struct_fields__
        return {name: value for name in fields if (value := getattr(self.counters, name))}


def messages_of(block):
    columns = zip(block.kind, block.side, block.price, block.size, strict=True)
    rows = [tuple(int(value) for value in row) for row in columns]
    return [
        (int(block.ts_venue[i]), int(block.flags[i]), rows[block.first[i] : block.first[i + 1]])
        for i in range(block.messages)
    ]


def books_of(blocks):
    """The book after every message of levels as two dicts, by a plain reading of the rows."""
    bids, asks, known = {}, {}, False
    for block in blocks:
        for _, flags, rows in messages_of(block):
            if flags & (SNAPSHOT | GAP):
                bids, asks, known = {}, {}, bool(flags & SNAPSHOT)
            levels = [row for row in rows if row[0] == LEVEL]
            for _, side, price, size in levels:
                book = bids if side == 1 else asks
                if size:
                    book[price] = size
                else:
                    book.pop(price, None)
            if known and (levels or flags & SNAPSHOT):
                yield bids, asks


def crossed(blocks):
    """(books, how many of them were crossed or locked)."""
    told = [(max(bids) >= min(asks)) for bids, asks in books_of(blocks) if bids and asks]
    return len(told), sum(told)
