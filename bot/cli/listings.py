"""The instrument of a file to import: stated, looked up in an answer, or read off a snapshot."""

import gzip
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from bot.errors import DataError, UsageError, quoted
from bot.feeds.binance.instruments import (
    COINM,
    SPOT,
    USDM,
    funding_intervals,
    grid_from_snapshot,
    instruments,
    stated_instrument,
)
from bot.feeds.binance.instruments import VENUES as BINANCE
from bot.feeds.venues import VENUES
from bot.model.instrument import Instrument, Kind, PriceGrid
from bot.model.units import Currency, InstrumentId
from bot.recording.raw import read_frames

_SNAPSHOT: Final = b'{"lastUpdateId"'
_STEPS: Final = ("tick", "lot", "contract_size")


_PREFIXES: Final = {SPOT: "/api/v3", USDM: "/fapi/v1", COINM: "/dapi/v1"}


class _Record(Struct):
    """Requests by their paths, as gocryptotrader records them."""

    routes: dict[str, Any] = {}


class Stated(Struct, frozen=True):
    """What the command line says of a file's instrument; None is not said."""

    venue: str
    symbol: str
    tick: Decimal | None = None
    lot: Decimal | None = None
    contract_size: Decimal | None = None

    @property
    def id(self) -> str:
        """The instrument's id."""
        return f"{self.venue}:{self.symbol}"


class Input(Struct, frozen=True):
    """A file to import, and what is said of it."""

    path: Path
    stated: Stated


def read_input(text: str) -> Input:
    """`PATH=venue:symbol[,tick=..][,lot=..][,contract_size=..]`; UsageError when it is not that."""
    path, equals, rest = text.partition("=")
    subject, *terms = rest.split(",")
    venue, colon, symbol = subject.partition(":")
    steps: dict[str, Decimal] = {}
    for term in terms:
        name, stated, value = term.partition("=")
        if name not in _STEPS or not stated:
            raise UsageError("--file", quoted(term), "tick=, lot= or contract_size=", "correct it")
        steps[name] = step(f"--file {name}", value)
    if not (path and equals and venue and colon and symbol):
        raise UsageError(
            "--file",
            quoted(text),
            "PATH=venue:symbol",
            "write --file btcusdt.gz=binanceusdm:BTC/USDT:USDT",
        )
    return Input(Path(path), Stated(venue, symbol, **steps))


def step(option: str, text: str) -> Decimal:
    """A tick, lot or contract size; UsageError when it is no number > 0."""
    try:
        found = Decimal(text)
    except InvalidOperation:
        found = Decimal(0)
    if not (found.is_finite() and found > 0):
        raise UsageError(option, quoted(text), "a number > 0", "write it as 0.1")
    return found


def listings(
    stated: Iterable[Stated], captures: Mapping[str, list[Path]], exchange_info: Path | None
) -> dict[str, Instrument]:
    """The instrument of everything that is stated, by id.

    captures: raw captures by id, for a tick and lot that nobody states.
    """
    found: dict[str, Instrument] = {}
    for one in stated:
        known_venue(one.venue)
        if exchange_info is not None:
            found[one.id] = _looked_up(one, exchange_info)
        elif one.venue not in BINANCE:
            found[one.id] = _linear(one)
        else:
            found[one.id] = _made(one, captures.get(one.id, []))
    return found


def known_venue(venue: str) -> str:
    """A venue that we can read; UsageError with the nearest one when it is none."""
    if venue not in VENUES:
        close = get_close_matches(venue, VENUES, n=1)
        raise UsageError(
            "venue",
            quoted(venue),
            " | ".join(VENUES),
            f"did you mean {close[0]}?" if close else "name one of these",
        )
    return venue


def _looked_up(stated: Stated, exchange_info: Path) -> Instrument:
    listed = {one.symbol: one for one in _all(stated.venue, exchange_info)}
    if stated.symbol in listed:
        return listed[stated.symbol]
    close = get_close_matches(stated.symbol, listed, n=3)
    raise UsageError(
        f"{stated.venue} symbol",
        quoted(stated.symbol),
        f"one of the {len(listed)} in {exchange_info}",
        f"did you mean {' or '.join(close)}?" if close else "write the unified symbol",
    )


def _all(venue: str, exchange_info: Path) -> Iterable[Instrument]:
    try:
        body = exchange_info.read_bytes()
    except OSError as error:
        raise UsageError(
            "--exchange-info", str(exchange_info), "a file that can be read", "correct the path"
        ) from error
    if exchange_info.suffix == ".gz":
        try:
            body = gzip.decompress(body)
        except (OSError, EOFError) as error:
            raise DataError(
                str(exchange_info), quoted(str(error)), "a whole gzip file", "fetch it again"
            ) from error
    return _answered(venue, body, exchange_info).values()


def _answered(venue: str, body: bytes, path: Path) -> Mapping[str, Instrument]:
    """The instruments of an answer, or of the answers that a record of requests holds.

    Such a record knows the funding intervals too: Binance tells those that differ elsewhere.
    """
    try:
        routes = msgspec.json.decode(body, type=_Record).routes
    except (msgspec.DecodeError, UnicodeDecodeError):
        return VENUES[venue].listed(body)  # no record, or no JSON: let its reader say so
    if not routes:
        return VENUES[venue].listed(body)
    prefix = _PREFIXES.get(venue)
    info = _route(routes, f"{prefix}/exchangeInfo")
    if info is None:
        raise DataError(
            str(path), f"no answer of {venue}", f"{prefix}/exchangeInfo", "name another record"
        )
    funding = _route(routes, f"{prefix}/fundingInfo")
    return instruments(venue, info, None if funding is None else funding_intervals(funding))


def _route(routes: Mapping[str, Any], path: str) -> bytes | None:
    answers = routes.get(path, {}).get("GET", [])
    return bytes(msgspec.json.encode(answers[0]["data"])) if answers else None


def _made(stated: Stated, captures: list[Path]) -> Instrument:
    tick, lot = stated.tick, stated.lot
    if tick is None or lot is None:
        # First with any steps, so that a wrong symbol is told before a file is searched.
        _instrument(stated, Decimal(1), Decimal(1))
        seen_tick, seen_lot = _grid(stated, captures)
        tick, lot = tick or seen_tick, lot or seen_lot
    return _instrument(stated, tick, lot)


def _linear(stated: Stated) -> Instrument:
    """A stated spot pair or linear perpetual, of which the steps say everything."""
    pair, _, settle = stated.symbol.partition(":")
    base, _, quote = pair.partition("/")
    tick, lot = stated.tick, stated.lot
    if not base or not quote or settle not in ("", quote) or tick is None or lot is None:
        raise UsageError(
            f"{stated.id} --exchange-info",
            "nothing",
            f"{stated.venue}'s answer about its instruments",
            "fetch it and name its file; tick and lot are enough for BTC/USDT and BTC/USDT:USDT",
        )
    return Instrument(
        id=InstrumentId(stated.id),
        kind=Kind.PERPETUAL if settle else Kind.SPOT,
        base=Currency(base),
        quote=Currency(quote),
        settle=Currency(quote),
        grid=PriceGrid(tick),
        lot=lot,
        contract_size=stated.contract_size or Decimal(1),
    )


def _instrument(stated: Stated, tick: Decimal, lot: Decimal) -> Instrument:
    return stated_instrument(
        stated.venue, stated.symbol, tick=tick, lot=lot, contract_size=stated.contract_size
    )


def _grid(stated: Stated, captures: list[Path]) -> tuple[Decimal, Decimal]:
    """The tick and lot that the first snapshot of a capture is written on."""
    damage: DataError | None = None
    frames = 0
    for path in captures:
        try:
            for _, _, frame in read_frames(path):
                frames += 1
                if frame.startswith(_SNAPSHOT):
                    return grid_from_snapshot(frame)
        except DataError as error:
            damage = damage or error  # the import tells of it, after it has kept what is good
    if damage is not None:
        raise damage
    names = ", ".join(str(path) for path in captures) or stated.id
    if captures and not frames:
        raise DataError(names, "no frames", f"frames of {stated.id}", "name another capture")
    raise UsageError(
        f"{names} tick and lot",
        "nothing",
        "them, or a depth snapshot to read them from",
        "state --tick and --lot, or --exchange-info FILE",
    )
