"""How far long work has come: a bar on a terminal, else one plain line every ten seconds."""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import click

from bot.cli.output import output

LINE_EVERY_S: Final = 10.0

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
