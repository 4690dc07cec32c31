"""Cash flows in fractions, and nothing else: the clear slow account that the ledger must equal.

It knows no averages, no cost and no postings: a wallet is what flowed in and out as though
every contract were paid in full, and equity is that plus what the holdings would fetch.
"""

from collections import defaultdict
from fractions import Fraction

from bot.model.instrument import Instrument, Kind


class CashFlows:
    """Everything that flowed, of one account or of many together."""

    def __init__(self, instruments: dict[str, Instrument]) -> None:
        self.instruments = instruments
        self.cash: dict[str, Fraction] = defaultdict(Fraction)
        self.lots: dict[str, int] = defaultdict(int)
        self.fees: dict[str, Fraction] = defaultdict(Fraction)
        self.funding: dict[str, Fraction] = defaultdict(Fraction)
        self.deposits: dict[str, Fraction] = defaultdict(Fraction)

    def trade(self, instrument: str, lots: int, price: Fraction) -> None:
        terms = self.instruments[instrument]
        size = lots * Fraction(terms.lot) * Fraction(terms.contract_size)
        self.lots[instrument] += lots
        if terms.kind is Kind.SPOT:
            self.cash[terms.base] += size
            self.cash[terms.quote] -= size * price
        elif terms.inverse and terms.kind is not Kind.OPTION:
            self.cash[terms.settle] += size / price
        else:
            self.cash[terms.settle] -= size * price

    def fetch(self, instrument: str, price: Fraction) -> Fraction:
        """What closing the whole holding at a price would add to the cash."""
        terms = self.instruments[instrument]
        size = self.lots[instrument] * Fraction(terms.lot) * Fraction(terms.contract_size)
        if terms.inverse and terms.kind is not Kind.OPTION:
            return -size / price
        return size * price

    def equity(self, prices: dict[str, Fraction], rates: dict[str, Fraction]) -> Fraction:
        """Worth of everything; coins are in the cash already, so spot fetches nothing."""
        held = defaultdict(Fraction, self.cash)
        for currency in {*self.deposits, *self.funding, *self.fees}:
            held[currency] += self.deposits[currency] + self.funding[currency]
            held[currency] -= self.fees[currency]
        for instrument, lots in list(self.lots.items()):
            terms = self.instruments[instrument]
            if lots and terms.kind is not Kind.SPOT:
                held[terms.settle] += self.fetch(instrument, prices[instrument])
        return sum((amount * rates[c] for c, amount in held.items() if amount), Fraction(0))
