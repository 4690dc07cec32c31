"""The chain that rows form: each carries a checksum of itself and the hash of the one before.

The checksum tells which row was damaged; the chain tells that one was taken out, put in or
moved. Neither keeps out a forger, who can compute both: they are here against disks.
"""

import zlib
from hashlib import blake2b

from msgspec import Struct

from bot.journal.port import Record, RecordKind

HASH_BYTES = 16
Row = tuple[int, int, int, int, str, bytes, int, bytes]
"""`row, seq, epoch, ts, kind, payload, crc, prev_hash`, as the table has them."""


class Head(Struct, frozen=True):
    """The end of the chain, where the next row goes on."""

    row: int = 0
    seq: int = 0
    epoch: int = 0
    hash: bytes = bytes(HASH_BYTES)


class BrokenRow(Exception):
    """A row that is not what was written; the first argument says what is wrong with it."""


def forge(head: Head, record: Record) -> tuple[Row, Head]:
    """The row that puts a record behind the head, and the head after it."""
    number = head.row + 1
    kind, payload = record.kind.value, record.payload
    content = _content(number, record.seq, record.epoch, record.ts_ns, kind, head.hash, payload)
    row = (
        number,
        record.seq,
        record.epoch,
        record.ts_ns,
        kind,
        payload,
        zlib.crc32(content),
        head.hash,
    )
    return row, Head(number, record.seq, record.epoch, _hash(content))


def follow(head: Head, row: Row) -> tuple[Record, Head]:
    """The record in a row and the head after it; BrokenRow when it does not fit the chain."""
    number, seq, epoch, ts_ns, kind, payload, crc, prev_hash = row
    try:
        content = _content(number, seq, epoch, ts_ns, kind, prev_hash, payload)
    except (TypeError, AttributeError, UnicodeError):  # a damaged type code: text for a number
        raise BrokenRow("values of another type") from None
    if zlib.crc32(content) != crc:
        raise BrokenRow("values that differ from their checksum")
    if number != head.row + 1:
        raise BrokenRow(f"row {number} instead of it")
    if prev_hash != head.hash:
        raise BrokenRow("the hash of another row before it")
    if epoch < head.epoch:
        raise BrokenRow(f"epoch {epoch} after epoch {head.epoch}")
    record = Record(seq, epoch, ts_ns, RecordKind(kind), bytes(payload))
    return record, Head(number, seq, epoch, _hash(content))


def _content(
    number: int, seq: int, epoch: int, ts_ns: int, kind: str, prev_hash: bytes, payload: bytes
) -> bytes:
    head = b"%d %d %d %d %b " % (number, seq, epoch, ts_ns, kind.encode())
    return head + prev_hash + payload


def _hash(content: bytes) -> bytes:
    return blake2b(content, digest_size=HASH_BYTES).digest()
