"""At which prices the ledger is valued, and which leg of an underlying the others lean on."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Protocol

from msgspec import Struct

from bot.model.instrument import Instrument, Kind
from bot.model.money import MONEY
from bot.model.units import Currency, InstrumentId


class Marks(Protocol):
    """Prices as they are known now; None is unknown."""

    def mid(self, instrument: InstrumentId) -> Decimal | None:
        """The middle of the touch, in quote."""
        ...

    def mark(self, instrument: InstrumentId) -> Decimal | None:
        """The price that positions are valued at, in quote."""
        ...

    def conversion(self, currency: Currency) -> Decimal | None:
        """Units of the reporting currency for one unit of this one."""
        ...


class Decision(Struct, frozen=True):
    """The market as it stood when an order was decided; None: it was not known.

    mid: of the order's own instrument. reference_mid: of its underlying's reference leg.
    """

    mid: Decimal | None
    reference_mid: Decimal | None


def reference_legs(
    instruments: Iterable[Instrument], reporting_currency: Currency
) -> dict[Currency, InstrumentId]:
    """The leg of each underlying that price is measured on; what others add to it is basis.

    Spot where there is one, and of several the one in the reporting currency; else the first
    by name. Options are never one.
    """
    legs: dict[Currency, InstrumentId] = {}
    for instrument in sorted(
        instruments,
        key=lambda one: (one.kind is not Kind.SPOT, one.quote != reporting_currency, one.id),
    ):
        if instrument.kind is not Kind.OPTION:
            legs.setdefault(instrument.base, instrument.id)
    return legs


class AtMids:
    """Marks with everything at its mid: what `Attribution` explains the change of.

    A coin is worth the same wherever it lies: the mid of its reference leg. Only currencies
    that are no underlying, such as a second stablecoin, are asked from the given marks.
    """

    def __init__(
        self,
        marks: Marks,
        instruments: Mapping[InstrumentId, Instrument],
        references: Mapping[Currency, InstrumentId],
        reporting_currency: Currency,
    ) -> None:
        self._marks = marks
        self.instruments = instruments
        self._references = references
        self._reporting_currency = reporting_currency

    def mid(self, instrument: InstrumentId) -> Decimal | None:
        """The middle of the touch, in quote."""
        return self._marks.mid(instrument)

    def mark(self, instrument: InstrumentId) -> Decimal | None:
        """The mid again."""
        return self._marks.mid(instrument)

    def reference(self, instrument: Instrument) -> Decimal | None:
        """The mid of the leg that an instrument leans on; its own when no other is known."""
        return self._marks.mid(self._references.get(instrument.base, instrument.id))

    def conversion(self, currency: Currency) -> Decimal | None:
        """Units of the reporting currency for one unit of this one."""
        reference = self._references.get(currency)
        mid = None if reference is None else self._marks.mid(reference)
        return self.conversion_at(currency, mid)

    def conversion_at(self, currency: Currency, reference_mid: Decimal | None) -> Decimal | None:
        """The conversion that would hold if the currency's reference leg stood at this mid."""
        if currency == self._reporting_currency:
            return Decimal(1)
        reference = self._references.get(currency)
        if reference is None:
            return self._marks.conversion(currency)
        quote = self.instruments[reference].quote
        one = quote == self._reporting_currency
        rate = Decimal(1) if one else self._marks.conversion(quote)
        if rate is None or reference_mid is None:
            return None
        return MONEY.multiply(reference_mid, rate)
