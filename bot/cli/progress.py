"""How far long work has come: a bar on a terminal, else one plain line every ten seconds."""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import click

from bot.cli.output import output

LINE_EVERY_S: Final = 10.0

if TYPE_CHECKING:
    from bot.model.event import AnyEvent
    from bot.recording.reader import RecordedSource
    from bot.tape.rows import Block

Progress = Callable[[str, float], None]
"""Told what is worked on and how much of it is done, 0 to 1."""


@contextmanager
def progress(verb: str) -> Iterator[Progress | None]:
    """Show how far a verb has come while the block runs; None when nobody wants to see it."""
    if output().quiet:
        yield None
    elif sys.stderr.isatty():
        with _bar(verb) as shown:
            yield shown
    else:
        with _lines(verb) as shown:
            yield shown


@contextmanager
def _bar(verb: str) -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, TaskID, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def show(name: str, done: float) -> None:
            if name not in tasks:
                tasks[name] = bars.add_task(f"{verb} {name}", total=1.0)
            bars.update(tasks[name], completed=done)

        yield show


@contextmanager
def _lines(verb: str) -> Iterator[Progress]:
    latest: list[tuple[str, float]] = []
    over = threading.Event()

    def tell() -> None:
        while not over.wait(LINE_EVERY_S):
            if latest:
                name, done = latest[-1]
                click.echo(f"{verb} {name}: {done:.0%}", err=True)

    def show(name: str, done: float) -> None:
        latest[:] = [(name, done)]

    teller = threading.Thread(target=tell, name="progress", daemon=True)
    teller.start()
    try:
        yield show
    finally:
        over.set()
        teller.join()


class Watched:
    """A recorded source that tells how far it has been read."""

    def __init__(self, source: "RecordedSource", show: Progress) -> None:
        """Read this source and tell that function."""
        self.name = source.name
        self._source = source
        self._show = show

    def blocks(self) -> "Iterator[Block]":
        """Its rows."""
        files = self._source.rows
        first_ns = min((file.first_ns for file in files), default=0)
        span_ns = max((file.last_ns for file in files), default=0) - first_ns
        for block in self._source.blocks():
            yield block
            self._show(self.name, (block.last_ns - first_ns) / max(span_ns, 1))

    def events(self) -> "Iterator[AnyEvent]":
        """Its events."""
        return self._source.events()
