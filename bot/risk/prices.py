"""What the lots of an instrument are worth now, and what of it nobody knows."""

from decimal import Decimal

from bot.model.command import Side
from bot.model.instrument import Instrument, Kind
from bot.risk.exposure import Exposure
from bot.risk.guards import usable_price, usable_touch
from bot.risk.limits import MarkReference, Reference


class Unknown(Exception):
    """A figure needs a reference that nobody knows at the moment."""

    def __init__(self, reference: Reference, of: str) -> None:
        """reference: what is not known. of: the instrument, currency or account."""
        super().__init__(f"{reference} of {of}")


class Prices:
    """What the lots of one instrument are worth at this moment."""

    __slots__ = ("_coins", "_lot", "_rate", "ask", "bid", "instrument", "mark")

    def __init__(self, exposure: Exposure, instrument: Instrument, mark: MarkReference) -> None:
        """Ask once for everything that worth depends on."""
        self.instrument = instrument
        self.bid: int | None = None
        self.ask: int | None = None
        touch = exposure.touch(instrument.id)
        if usable_touch(touch):
            self.bid, self.ask = touch
        price: Decimal | None = None
        if instrument.kind is Kind.OPTION:
            pass  # An option's premium says nothing of its exposure: unknown until greeks are.
        elif mark is MarkReference.VENUE:
            price = exposure.mark(instrument.id)
        elif self.bid is not None:
            price = exposure.mid(instrument.id)
        self.mark = price if usable_price(price) else None
        rate = exposure.conversion(instrument.quote)
        self._rate = rate if usable_price(rate) else None
        self._coins = instrument.lot * instrument.contract_size
        self._lot = None if self._rate is None else self._coins * self._rate

    def known_mark(self) -> Decimal:
        """The mark, or Unknown."""
        if self.mark is None:
            raise Unknown(Reference.MARK, self.instrument.id)
        return self.mark

    def value(self) -> Decimal:
        """One lot at the mark, in the reporting currency."""
        if self._lot is None:
            raise Unknown(Reference.CONVERSION, self.instrument.quote)
        return self._lot if self.instrument.inverse else self._lot * self.known_mark()

    def coins(self) -> Decimal:
        """One lot in base coins; of an inverse contract, at the mark."""
        return self._coins / self.known_mark() if self.instrument.inverse else self._coins

    def worst(self, side: Side, price: int) -> Decimal:
        """One lot of an order, in the reporting currency, at the worst price it may meet."""
        far = self.ask if side is Side.BUY else self.bid
        if self._lot is None:
            raise Unknown(Reference.CONVERSION, self.instrument.quote)
        if self.instrument.inverse:
            return self._lot
        if far is None:
            raise Unknown(Reference.TOUCH, self.instrument.id)
        return self._lot * max(self.known_mark(), self.instrument.price(max(price, far)))
