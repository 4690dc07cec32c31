"""Deribit's names and numbers of the contracts that it lists here."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from bot.model.instrument import Kind
from bot.model.units import InstrumentId
from bot.venues.server.deribit.rpc import Given, RpcError, invalid
from bot.venues.simulated.listing import Listing

NEVER_MS: Final = 32_503_708_800_000
CREATED_MS: Final = 1_534_167_754_000


class Name:
    """One contract. amount: what clients order in: dollars when inverse, else coins."""

    def __init__(self, listing: Listing, number: int) -> None:
        instrument = listing.instrument
        self.listing, self.instrument, self.number = listing, instrument, number
        self.id: InstrumentId = instrument.id
        inverse = instrument.inverse
        pair = instrument.base if inverse else f"{instrument.base}_{instrument.quote}"
        self.name = f"{pair}-PERPETUAL"
        self.unit = instrument.lot * instrument.contract_size
        self.currency = instrument.settle

    def price(self, ticks: int | None) -> Decimal | None:
        """A price."""
        return None if ticks is None else self.instrument.grid.tick * ticks

    def amount(self, lots: int) -> Decimal:
        """Lots as clients count them; keeps the sign."""
        return self.unit * lots

    def lots(self, amount: Decimal) -> int:
        """Lots of an amount; refused when it is no multiple."""
        lots, rest = divmod(amount, self.unit)
        if rest:
            raise invalid("amount", "must be a multiple of contract size")
        return int(lots)

    def ticks(self, price: Decimal) -> int:
        """Ticks of a price; refused when it is off the grid."""
        ticks, rest = divmod(price, self.instrument.grid.tick)
        if rest:
            raise invalid("price", "must conform to tick size")
        return int(ticks)

    def order_id(self, number: int) -> str:
        """The venue's number of an order, as it is told."""
        return str(number) if self.currency == "BTC" else f"{self.currency}-{number}"

    def told(self) -> dict[str, Any]:
        """As get_instruments lists it."""
        instrument, fees = self.instrument, self.listing.fees
        kind = "reversed" if instrument.inverse else "linear"
        return {
            "instrument_name": self.name,
            "instrument_id": self.number,
            "kind": "future",
            "instrument_type": kind,
            "future_type": kind,
            "base_currency": instrument.base,
            "counter_currency": instrument.quote,
            "quote_currency": instrument.quote,
            "settlement_currency": instrument.settle,
            "settlement_period": "perpetual",
            "price_index": f"{instrument.base}_{instrument.quote}".lower(),
            "tick_size": instrument.grid.tick,
            "tick_size_steps": [],
            "contract_size": self.unit,
            "min_trade_amount": self.amount(instrument.size_min),
            "max_leverage": 50,
            "maker_commission": fees.maker,
            "taker_commission": fees.taker,
            "is_active": instrument.active,
            "state": "open",
            "creation_timestamp": CREATED_MS,
            "expiration_timestamp": NEVER_MS,
        }


class Names:
    """Every contract that Deribit would list, by name and by instrument."""

    def __init__(self, listings: Mapping[InstrumentId, Listing]) -> None:
        listed = [
            listings[name]
            for name in sorted(listings)
            if listings[name].instrument.kind is Kind.PERPETUAL
        ]
        made = [Name(listing, number) for number, listing in enumerate(listed, 1)]
        self.by_name = {each.name: each for each in made}
        self.by_id = {each.id: each for each in made}

    def need(self, given: Given, name: str = "instrument_name") -> Name:
        """The contract that a request must name."""
        found = self.by_name.get(given.text(name))
        if found is None:
            raise RpcError(13020, "not_found", {"reason": "instrument_not_found"})
        return found

    def number_of(self, order_id: str) -> int | None:
        """The venue's number in an order id."""
        text = order_id.rpartition("-")[2]
        return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
