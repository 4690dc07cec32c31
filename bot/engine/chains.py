"""The option chains of the engine: what was quoted goes in, chains with their greeks come out."""

from collections import defaultdict
from collections.abc import Iterable

import numpy as np
from msgspec import Struct

from bot.model.event import OptionTickers
from bot.model.instrument import Instrument, Kind
from bot.model.units import Currency
from bot.signals.options.chain import Chain, join
from bot.signals.options.chain_book import ChainBook
from bot.signals.options.heard import Heard
from bot.tape.rows import BUY, TRADE, Block
from bot.tape.tickers import chain_of, tickers_of

Arrays = tuple[bytes, ...]


class ChainState(Struct, frozen=True):
    """All that is remembered of one chain, as the bytes of its arrays.

    at_ns, made_of: when it was last computed, and from what; None, empty: never.
    """

    name: str
    heard: Arrays
    at_ns: int | None
    made_of: Arrays


class Chains:
    """Every chain that is listed: one book each, and the chain that was last computed of it."""

    def __init__(self, listed: Iterable[Instrument]) -> None:
        """Group the options by underlying, venue and settlement."""
        groups: defaultdict[str, list[Instrument]] = defaultdict(list)
        self._options: dict[int, Instrument] = {}
        for i, one in enumerate(listed):
            if one.kind is Kind.OPTION:
                groups[chain_of(one.id)].append(one)
                self._options[i] = one
        self._books = {name: ChainBook(options) for name, options in sorted(groups.items())}
        self._computed: dict[str, Chain] = {}
        self._made_of: dict[str, tuple[int, Arrays]] = {}

    @property
    def none(self) -> bool:
        """Whether there are no options."""
        return not self._books

    def take(self, event: OptionTickers) -> list[Chain]:
        """Take what was quoted in; the chains of the seconds that have passed with it.

        ValueError when its columns cannot be.
        """
        book = self._books.get(chain_of(event.instrument))
        if book is None:
            return []
        tickers = tickers_of(event)
        found = [] if not tickers.rows else self._due(book, tickers.first_ns)
        book.take(tickers)
        return found

    def take_trades(self, block: Block, start: int, stop: int) -> None:
        """Count what takers traded of options in the messages `[start, stop)` of a block."""
        for m in np.flatnonzero(np.isin(block.instrument[start:stop], list(self._options))) + start:
            option = self._options[int(block.instrument[m])]
            for r in range(int(block.first[m]), int(block.first[m + 1])):
                if block.kind[r] == TRADE:
                    size = float(option.amount(int(block.size[r])))
                    signed = size if block.side[r] == BUY else -size
                    book = self._books[chain_of(option.id)]
                    book.take_trade(option.id, int(block.ts_recv[m]), signed)

    def pass_time(self, now_ns: int) -> list[Chain]:
        """The chains that are due by now, computed."""
        return [chain for book in self._books.values() for chain in self._due(book, now_ns)]

    def of(self, underlying: Currency, now_ns: int) -> Chain:
        """The options of an underlying, as they stood when the last whole second began."""
        self.pass_time(now_ns)
        return join(
            [
                self._computed[name]
                for name, book in self._books.items()
                if book.underlying == underlying and name in self._computed
            ]
        )

    def _due(self, book: ChainBook, now_ns: int) -> list[Chain]:
        chain = book.pass_time(now_ns)
        if chain is None:
            return []
        self._note(book, chain)
        return [chain]

    def state(self) -> list[ChainState]:
        """What is remembered of every chain, and what its last computation was made of."""
        return [
            ChainState(name, _bytes_of(book.heard), *self._made_of.get(name, (None, ())))
            for name, book in self._books.items()
        ]

    def restore(self, kept: list[ChainState]) -> None:
        """Go on from a state; a chain of other options is left as it is."""
        for each in kept:
            book = self._books.get(each.name)
            heard = None if book is None else _heard_of(book, each.heard)
            if book is None or heard is None:
                continue
            made_of = _heard_of(book, each.made_of)
            if each.at_ns is not None and made_of is not None:
                book.put_back(made_of)
                self._note(book, book.compute(each.at_ns))
            book.put_back(heard)

    def _note(self, book: ChainBook, chain: Chain) -> None:
        self._computed[book.name] = chain
        self._made_of[book.name] = (chain.at_ns, _bytes_of(book.heard))


def _bytes_of(heard: Heard) -> tuple[bytes, ...]:
    return tuple(array.tobytes() for array in heard)


def _heard_of(book: ChainBook, columns: tuple[bytes, ...]) -> Heard | None:
    """Arrays as a book has them; None when these are of other options."""
    sizes = [array.nbytes for array in book.heard]
    if [len(content) for content in columns] != sizes:
        return None
    return Heard(
        *(
            np.frombuffer(content, array.dtype).reshape(array.shape)
            for array, content in zip(book.heard, columns, strict=True)
        )
    )
