"""The rows of Tardis' `derivative_ticker`: marks, indices, open interest and funding to come."""

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final

from bot.errors import DataError, quoted
from bot.model.event import Event, FundingRate
from bot.model.instrument import Instrument
from bot.recording.importers.imported import Tally
from bot.recording.raw import nanoseconds
from bot.tape.builder import BlockBuilder
from bot.tape.rows import INDEX, MARK, OPEN_INTEREST, SCALAR_SCALE, Block, Int64s

SCALARS: Final = {"mark_price": MARK, "index_price": INDEX, "open_interest": OPEN_INTEREST}


class Ticker:
    """Turns rows into scalars and funding rates, each when it changes.

    A row repeats what it has known for long beside what is new. Only the new is put on the
    tape: a figure that nobody confirmed must grow old.
    """

    def __init__(
        self, instrument: Instrument, write_event: Callable[[Event], None], tally: Tally
    ) -> None:
        """Start knowing nothing."""
        self._instrument = instrument
        self._write_event = write_event
        self._tally = tally
        self._builder = BlockBuilder((instrument.id,))
        self._known: dict[str, str] = {}
        self._funding = ("", "")

    def block(self, path: Path, recv: Int64s, venue: Int64s, table: Any) -> Block:
        """The scalars of some rows; their funding rates go to `write_event`."""
        for row, ts_recv, ts_venue in zip(
            table.to_pylist(), recv.tolist(), venue.tolist(), strict=True
        ):
            where = f"{path} line {row['line']}"
            news = {
                code: _fixed(where, name, row[name])
                for name, code in SCALARS.items()
                if row[name] and row[name] != self._known.get(name)
            }
            self._known.update({name: row[name] for name in SCALARS if row[name]})
            if news:
                self._builder.scalars(ts_recv, ts_venue, news)
            self._take_funding(where, ts_recv, ts_venue, row)
        return self._builder.take()

    def _take_funding(self, where: str, ts_recv: int, ts_venue: int, row: dict[str, Any]) -> None:
        self._tally.ignore(
            "predicted rates of the settlement after next", bool(row["predicted_funding_rate"])
        )
        funding = row["funding_rate"], row["funding_timestamp"]
        if not all(funding) or funding == self._funding:
            return
        self._funding = funding
        self._tally.events += 1
        self._write_event(
            FundingRate(
                ts_recv=ts_recv,
                ts_venue=ts_venue,
                instrument=self._instrument.id,
                rate=_decimal(where, "funding_rate", funding[0]),
                settles_ns=_settlement(where, funding[1]),
                settled=False,
                interval_ns=self._instrument.funding_interval_ns,
            )
        )


def _fixed(where: str, name: str, text: str) -> int:
    return int((_decimal(where, name, text) * SCALAR_SCALE).to_integral_value())


def _decimal(where: str, name: str, text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise DataError(f"{where} {name}", quoted(text), "a number or nothing", "repair the line")
    return number


def _settlement(where: str, text: str) -> int:
    try:
        return nanoseconds(int(text))
    except ValueError as error:
        raise DataError(
            f"{where} funding_timestamp", quoted(text), "a time in µs", "repair the line"
        ) from error
