"""A made-up market that walks, as a recording on disk, and commands that are run over it."""

import shlex
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from msgspec.structs import replace

from bot.recording.parquet import RecordingWriter
from bot.tape.rows import SNAPSHOT, TOUCH
from bot.testing import Tape
from bot.testing.tape import Message
from tests.cli.asking import Answer, Ask

PERP = "sim:BTC/USDT:USDT"


def record(folder: Path, instrument: str = PERP, seconds: int = 90) -> Path:
    """Books and trades four times a second; the mid follows what is queued, a little later."""
    tape, generator = Tape(), np.random.default_rng(4)
    mid = 1_000
    for _ in range(4 * seconds):
        bid, ask = generator.integers(1, 9, size=2).tolist()
        price = mid / 10
        tape.book(instrument, bids=[(price - 0.1, bid)], asks=[(price + 0.1, ask)])
        tape.trade(instrument, "buy" if bid > ask else "sell", price, 1.0).silence(0.25)
        mid += (bid > ask) - (bid < ask)
    writer = RecordingWriter(
        folder, tape.instruments.values(), clock_offset_ns=None, origin="made up by a test"
    )
    for source in tape.sources():
        for block in replace(source, messages=_with_touch(source.messages)).blocks():
            writer.write(block)
    writer.close()
    return folder


def _with_touch(messages: Iterable[Message]) -> tuple[Message, ...]:
    """After each book the best-bid-and-ask stream, which says the same."""
    found = []
    for one in messages:
        found.append(one)
        if one.flags & SNAPSHOT:
            touch = tuple((TOUCH, *row[1:]) for row in one.rows)
            found.append(Message(one.ts_recv, 0, touch))
    return tuple(found)


def commands(shown: str) -> list[str]:
    """The command lines of a README's block; a backslash goes on in the next line."""
    return shown.replace("\\\n", " ").strip().splitlines()


def run(ask: Ask, command: str) -> Answer:
    """What `bot` answers to one of them, which must be well."""
    verb, *arguments = shlex.split(command)
    assert verb == "bot"
    answer = ask(*arguments)
    assert answer.code == 0, answer.err
    return answer
