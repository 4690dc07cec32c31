"""A session's tape as bytes: frames of length, checksum and one item, in files of bounded size.

Each file begins with `MAGIC`; each frame is `length u32, crc32 u32, body`, the checksum over
length and body, all little-endian. A body is `what u8, seq i64` and then

    EVENT        the event as JSON
    INSTRUMENTS  `number u32` and a JSON list of ids, for the blocks of the same file
    BLOCK        `instruments u32, messages u32, rows u32` and the columns one after another

The tape is appended without sync, so its end may be torn: a run ends, for who reads it, at
its first frame that is not whole. A file is named by its run and its number within the run.
"""

import struct
import zlib
from collections.abc import Generator, Iterator
from itertools import groupby, pairwise
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import Struct

from bot.errors import JournalError
from bot.model.event import AnyEvent, decode, encode
from bot.model.units import InstrumentId
from bot.tape.rows import Block, Number

Item = Block | AnyEvent

MAGIC = b"bot-tape"
SUFFIX = ".tape"
EVENT = 1
BLOCK = 2
INSTRUMENTS = 3
_FRAME = struct.Struct("<II")
_HEAD = struct.Struct("<Bq")
_NUMBER = struct.Struct("<I")
_SHAPE = struct.Struct("<III")


class Dropped(Struct, frozen=True):
    """The end of a run that cannot be read: from which byte of which file, and how much."""

    file: Path
    offset: int
    bytes: int


# --- writing -------------------------------------------------------------------------------


def file_name(epoch: int, number: int) -> str:
    """The name of a file of the tape; names sort in the order of writing."""
    return f"{epoch:08d}-{number:06d}{SUFFIX}"


def sealed(body: bytes) -> bytes:
    """The length and checksum that go before a body."""
    length = len(body)
    return _FRAME.pack(length, _crc(length, body))


def event_body(seq: int, event: AnyEvent) -> bytes:
    """An event as the body of a frame."""
    return _HEAD.pack(EVENT, seq) + encode(event)


def instruments_body(seq: int, number: int, instruments: tuple[InstrumentId, ...]) -> bytes:
    """The instruments of the blocks that will refer to them by this number."""
    return _HEAD.pack(INSTRUMENTS, seq) + _NUMBER.pack(number) + msgspec.json.encode(instruments)


def block_body(seq: int, number: int, block: Block) -> bytes:
    """A block, or the part that it stands for, as the body of a frame."""
    start, stop = block.start, block.stop
    first = block.first[start : stop + 1]
    row, end = int(first[0]), int(first[-1])
    return b"".join(
        (
            _HEAD.pack(BLOCK, seq),
            _SHAPE.pack(number, stop - start, end - row),
            block.ts_recv[start:stop].data,
            block.ts_venue[start:stop].data,
            (first - row).data,
            block.price[row:end].data,
            block.size[row:end].data,
            block.instrument[start:stop].data,
            block.flags[start:stop].data,
            block.kind[row:end].data,
            block.side[row:end].data,
        )
    )


# --- reading -------------------------------------------------------------------------------


class TapeReader:
    """The items of a tape in order of `seq`, each with its own: a block's is its first message's.

    after: files that hold nothing later than this seq are not read.
    dropped: after reading, what could not be read at the end of each run; only a crash, or
    damage, leaves something there.
    """

    def __init__(self, folder: Path, after: int = 0) -> None:
        """Read the files of this folder."""
        self.folder = folder
        self.after = after
        self.dropped: list[Dropped] = []

    @property
    def dropped_bytes(self) -> int:
        """How many bytes could not be read."""
        return sum(dropped.bytes for dropped in self.dropped)

    def __iter__(self) -> Iterator[tuple[int, Item]]:
        """All that can be read; a later run goes on where an earlier one was torn."""
        self.dropped.clear()
        passed = _ending_by(_files(self.folder), self.after)
        for _, run in groupby(_files(self.folder), key=_epoch):
            files = list(run)
            for index, file in enumerate(files):
                if file in passed:
                    continue
                # Behind a file that is missing nothing counts.
                data = file.read_bytes() if _number(file) == index + 1 else b""
                good = yield from _items(file, data)
                size = len(data) or file.stat().st_size
                if good != size:
                    behind = sum(each.stat().st_size for each in files[index + 1 :])
                    self.dropped.append(Dropped(file, good, size - good + behind))
                    break


def _items(file: Path, data: bytes) -> Generator[tuple[int, Item], None, int]:
    """The items of one file; returns how many bytes were good."""
    good = len(MAGIC) if data.startswith(MAGIC) else 0
    instruments: dict[int, tuple[InstrumentId, ...]] = {}
    for end, body in frames(data):
        item = _item(body, instruments, file)
        if item is not None:
            yield item
        good = end
    return good


def _ending_by(files: list[Path], seq: int) -> set[Path]:
    """The files whose last item is at most `seq`, as the file behind each tells."""
    passed: set[Path] = set()
    for file, behind in pairwise(files):
        first = _first_seq(behind)
        if first is None or first > seq + 1:
            break
        passed.add(file)
    return passed


def _first_seq(file: Path) -> int | None:
    """The seq of the first item of a file; None when it holds none."""
    with file.open("rb") as opened:
        head = opened.read(len(MAGIC) + _FRAME.size + _HEAD.size)
    if not head.startswith(MAGIC) or len(head) < len(MAGIC) + _FRAME.size + _HEAD.size:
        return None
    return int(_HEAD.unpack_from(head, len(MAGIC) + _FRAME.size)[1])


def last_seq(folder: Path) -> int:
    """The seq of the last message or event that can be read; 0 of an empty tape."""
    for file in reversed(_files(folder)):
        last = 0
        for _, body in frames(file.read_bytes()):
            what, seq = _HEAD.unpack_from(body)
            messages = _SHAPE.unpack_from(body, _HEAD.size)[1] if what == BLOCK else 1
            last = max(last, seq + messages - 1)
        if last:
            return last
    return 0


def frames(data: bytes) -> Iterator[tuple[int, memoryview]]:
    """The whole frames from the start of a file: where each ends, and its body."""
    view = memoryview(data)
    if not data.startswith(MAGIC):
        return
    at = len(MAGIC)
    while at + _FRAME.size <= len(data):
        length, crc = _FRAME.unpack_from(data, at)
        end = at + _FRAME.size + length
        body = view[at + _FRAME.size : end]
        # A stretch of zeros, as some file systems leave, would pass as a frame of no length.
        if length < _HEAD.size or end > len(data) or _crc(length, body) != crc:
            return
        yield end, body
        at = end


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"*{SUFFIX}"))


def _epoch(file: Path) -> str:
    return file.stem.partition("-")[0]


def _number(file: Path) -> int:
    return int(file.stem.partition("-")[2])


def _crc(length: int, body: bytes | memoryview) -> int:
    return zlib.crc32(body, zlib.crc32(_NUMBER.pack(length)))


def _item(
    body: memoryview, instruments: dict[int, tuple[InstrumentId, ...]], file: Path
) -> tuple[int, Item] | None:
    """The item of a body; None when it only names instruments."""
    what, seq = _HEAD.unpack_from(body)
    content = body[_HEAD.size :]
    try:
        if what == BLOCK:
            return seq, _block(content, instruments)
        if what == EVENT:
            return seq, decode(bytes(content))
        if what == INSTRUMENTS:
            (number,) = _NUMBER.unpack_from(content)
            names = msgspec.json.decode(content[_NUMBER.size :], type=tuple[InstrumentId, ...])
            instruments[number] = names
            return None
    except (msgspec.MsgspecError, KeyError, ValueError) as error:
        raise _unreadable(file, seq, str(error)) from error
    raise _unreadable(file, seq, f"an item of kind {what}")


def _block(content: memoryview, instruments: dict[int, tuple[InstrumentId, ...]]) -> Block:
    number, messages, rows = _SHAPE.unpack_from(content)
    at = _SHAPE.size

    def column(dtype: type[Number], length: int) -> npt.NDArray[Number]:
        nonlocal at
        values = np.frombuffer(content, dtype, length, at)
        at += values.nbytes
        return values

    ts_recv, ts_venue = column(np.int64, messages), column(np.int64, messages)
    first = column(np.int64, messages + 1)
    price, size = column(np.int64, rows), column(np.int64, rows)
    instrument, flags = column(np.int32, messages), column(np.int32, messages)
    kind, side = column(np.int8, rows), column(np.int8, rows)
    return Block.of(
        instruments[number],
        kind=kind,
        side=side,
        price=price,
        size=size,
        ts_recv=ts_recv,
        ts_venue=ts_venue,
        instrument=instrument,
        flags=flags,
        first=first,
    )


def _unreadable(file: Path, seq: int, seen: str) -> JournalError:
    return JournalError(
        where=f"{file} seq {seq}",
        seen=seen,
        expected="an item that this version of the bot knows",
        fix="read the session with the version that wrote it, named in its session.json",
    )
