"""Measured ways of orders and answers, read from a file into the configuration that names it."""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from bot.config.document import Tables
from bot.config.latency import SAMPLES_MAX
from bot.errors import ConfigError, quoted
from bot.model.units import NS_PER_US

STAMPS: Final = ("sent_ns", "venue_ns", "heard_ns")
"""Columns of the file, as `bot export latency` writes them."""


def with_samples(tables: Tables, where: str, folder: Path) -> Tables:
    """The tables with the samples that `venue.latency.file` names in its place.

    A session keeps them with its configuration: whoever looks later needs no file.
    """
    venue = tables.get("venue")
    latency = venue.get("latency") if isinstance(venue, dict) else None
    if not isinstance(venue, dict) or not isinstance(latency, dict) or "file" not in latency:
        return tables
    name = latency["file"]
    place = f"{where} venue.latency.file"
    if not isinstance(name, str):
        raise ConfigError(place, repr(name), "the path of a CSV file", "write it in quotes")
    out_us, in_us = read_samples(folder / name, place)
    stated = {key: value for key, value in latency.items() if key != "file"}
    samples: dict[str, Any] = {"out_us": out_us, "in_us": in_us}
    return {**tables, "venue": {**venue, "latency": {**stated, **samples}}}


def read_samples(path: Path, place: str) -> tuple[list[int], list[int]]:
    """Ways there and back in whole microseconds, from a file with three stamps a row."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = [_stamps(n, row, place) for n, row in enumerate(csv.DictReader(file), 2)]
    except OSError as error:
        raise ConfigError(
            place, f"{quoted(str(path))}: {error.strerror}", "a CSV file", "correct the path"
        ) from error
    if not 0 < len(rows) <= SAMPLES_MAX:
        expected = f"1 to {SAMPLES_MAX:,} rows"
        raise ConfigError(place, f"{len(rows):,} rows", expected, "choose a stretch of them")
    out = [(venue - sent) // NS_PER_US for sent, venue, _ in rows]
    back = [(heard - venue) // NS_PER_US for _, venue, heard in rows]
    if min(out) < 0 or min(back) < 0:
        raise ConfigError(
            place,
            f"a way of {min(*out, *back):,} us",
            "sent before it arrived, arrived before it was heard",
            "correct the offset between the two clocks first",
        )
    return out, back


def _stamps(number: int, row: Mapping[str, str], place: str) -> tuple[int, int, int]:
    try:
        sent, venue, heard = (int(row[name]) for name in STAMPS)
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigError(
            f"{place} line {number}",
            quoted(",".join(str(value) for value in row.values())[:80]),
            f"the columns {', '.join(STAMPS)}, whole numbers",
            "write them with `bot export latency`",
        ) from error
    return sent, venue, heard
