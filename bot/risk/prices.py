"""What the lots of an instrument are worth now, and what of it nobody knows."""

from decimal import Decimal

from bot.model.command import Side
from bot.model.instrument import Kind
from bot.model.units import InstrumentId
from bot.risk.exposure import Exposure
from bot.risk.guards import usable_price, usable_touch
from bot.risk.limits import MarkReference, Reference


class Unknown(Exception):
    """A figure needs a reference that nobody knows at the moment."""

    def __init__(self, reference: Reference, of: str) -> None:
        """reference: what is not known. of: the instrument, currency or account."""
        super().__init__(f"{reference} of {of}")


class Prices:
    """What the lots of one instrument are worth, read again when `read` is called.

    An option is worth its premium.

    bid, ask: ticks; None while the book is no source of prices. mark: None while it is unknown.
    """

    __slots__ = (
        "_base",
        "_coins",
        "_exposure",
        "_lot",
        "_mark_of",
        "_tick",
        "_value",
        "ask",
        "bid",
        "instrument",
        "mark",
        "version",
    )

    def __init__(
        self, exposure: Exposure, instrument: InstrumentId, mark: MarkReference, version: int
    ) -> None:
        """Ask for everything that worth depends on."""
        self._exposure = exposure
        self._mark_of = mark
        self.read(instrument, version)

    def read(self, instrument: InstrumentId, version: int) -> None:
        """Ask again; version: of the exposure as it is now."""
        exposure = self._exposure
        contract = exposure.instrument(instrument)
        assert contract is not None, f"{instrument}: held, expected to be listed"
        self.instrument = contract
        self.version = version
        self.bid: int | None = None
        self.ask: int | None = None
        touch = exposure.touch(instrument)
        if usable_touch(touch):
            self.bid, self.ask = touch
        price: Decimal | None = None
        if self._mark_of is MarkReference.VENUE:
            price = exposure.mark(instrument)
        elif self.bid is not None:
            price = exposure.mid(instrument)
        self.mark = price if usable_price(price) else None
        self._coins = contract.lot * contract.contract_size
        self._base: Decimal | None = None if contract.inverse else self._coins
        self._lot: Decimal | None = None  # one lot at a price of 1
        self._value: Decimal | None = None  # one lot at the mark
        rate = exposure.conversion(contract.quote)
        if usable_price(rate):
            self._lot = self._coins * rate
            self._tick = self._lot * contract.grid.tick
            if contract.inverse:
                self._value = self._lot
            elif self.mark is not None:
                self._value = self._lot * self.mark

    def known_mark(self) -> Decimal:
        """The mark, or Unknown."""
        if self.mark is None:
            raise Unknown(Reference.MARK, self.instrument.id)
        return self.mark

    def value(self) -> Decimal:
        """One lot at the mark, in the reporting currency."""
        if self._value is None:
            if self._lot is None:
                raise Unknown(Reference.CONVERSION, self.instrument.quote)
            raise Unknown(Reference.MARK, self.instrument.id)
        return self._value

    def coins(self) -> Decimal:
        """One lot in base coins; of an inverse contract, at the mark."""
        if self._base is None:
            self._base = self._coins / self.known_mark()
        return self._base

    def short_value(self) -> Decimal:
        """One lot that was sold, at what it may come to cost, in the reporting currency.

        An option's buyer risks what it is worth; its seller all that it is on, and never less than
        what buying it back costs now.
        """
        if self.instrument.kind is not Kind.OPTION:
            return self.value()
        base = self.instrument.base
        rate = self._exposure.conversion(base)
        if not usable_price(rate):
            raise Unknown(Reference.CONVERSION, base)
        return max(self._coins * rate, self.value())

    def worst(self, side: Side, price: int) -> Decimal:
        """One lot of an order, in the reporting currency, at the worst price it may meet.

        Of an option, its premium: only orders that close one pass.
        """
        value = self.value()
        if self.instrument.inverse:
            return value
        far = self.ask if side is Side.BUY else self.bid
        if far is None:
            raise Unknown(Reference.TOUCH, self.instrument.id)
        return max(value, self._tick * max(price, far))
