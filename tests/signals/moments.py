"""A history as a list of moments: what the market was after each item, in dictionaries."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.model.units import InstrumentId
from bot.tape.rows import ASK, BID, INDEX, LEVEL, SCALAR_SCALE, SNAPSHOT, TRADE
from tests.book.oracle import OracleBook
from tests.signals.harness import Funding
from tests.tape.tapes import Message

Levels = list[tuple[int, int]]
EVERY = 1 << 30


@dataclass(eq=False)
class Moment:
    """One instrument's market after an item; bids and asks are all levels, best first.

    usable: the book is a price source. top: how many levels were better than the best one that
    the item changed. touch: of the touch stream. heard_ns, index_ns: when book and index were
    last heard. funding: the last rate heard, `heard` holding "funding" where it just was.
    """

    t: int
    heard: set[str] = field(default_factory=set)
    bids: Levels = field(default_factory=list)
    asks: Levels = field(default_factory=list)
    usable: bool = False
    top: int = EVERY
    snapshot: bool = False
    touch: tuple[tuple[int, int], tuple[int, int]] | None = None
    trades: list[tuple[int, int, int]] = field(default_factory=list)
    reach: tuple[int | None, int | None] = (None, None)
    index: float | None = None
    book_ns: int | None = None
    index_ns: int | None = None
    funding: Funding | None = None

    def best(self, source: str) -> tuple[tuple[int, int], tuple[int, int]] | None:
        """Best bid and ask with their sizes, size 0 for an empty side; None: no price source."""
        if source == "touch":
            if self.touch is None:
                return None
            (bid, bid_size), (ask, ask_size) = self.touch
            crossed = bid_size and ask_size and bid >= ask
            return None if crossed or not (bid_size or ask_size) else self.touch
        if not self.usable or not (self.bids or self.asks):
            return None
        return (self.bids[0] if self.bids else (0, 0), self.asks[0] if self.asks else (0, 0))

    def both(self, source: str) -> tuple[tuple[int, int], tuple[int, int]] | None:
        """The same, None also when a side is empty."""
        best = self.best(source)
        return best if best and best[0][1] and best[1][1] else None

    def concerns_touch(self, source: str) -> bool:
        """Whether the item spoke of the best prices."""
        return "touch" in self.heard if source == "touch" else self.top < 1

    @property
    def mid(self) -> float:
        return (self.bids[0][0] + self.asks[0][0]) / 2


def moments_of(items: Sequence[Message | Funding], instrument: InstrumentId) -> list[Moment]:
    """What each item about an instrument left behind."""
    book = OracleBook()
    funding: Funding | None = None
    found = []
    for item in items:
        if item.instrument != instrument:
            continue
        if isinstance(item, Funding):
            funding = item
            found.append(_moment(book, item.t, funding, {"funding"}))
            continue
        top = _top(book, item)
        book.take(item)
        moment = _moment(book, item.ts_recv, funding, set(book.heard))
        moment.top = top
        moment.snapshot = bool(item.flags & SNAPSHOT)
        moment.trades = [
            (side, price, size) for kind, side, price, size in item.rows if kind == TRADE
        ]
        found.append(moment)
    return found


def _moment(book: OracleBook, t: int, funding: Funding | None, heard: set[str]) -> Moment:
    index = book.scalars.get(INDEX)
    return Moment(
        t=t,
        heard=heard,
        bids=book.levels(BID),
        asks=book.levels(ASK),
        usable=book.usable,
        touch=(book.touch[BID], book.touch[ASK]) if book.touch_ns is not None else None,
        reach=(book.reach[BID], book.reach[ASK]),
        index=index[0] / SCALAR_SCALE if index else None,
        book_ns=book.book_ns,
        index_ns=index[1] if index else None,
        funding=funding,
    )


def _top(book: OracleBook, item: Message) -> int:
    """How many levels stood before the best one that a message changes."""
    if "book" not in _heard(item):
        return EVERY
    if item.flags & ~4:
        return 0
    sizes = {side: dict(levels) for side, levels in book.sizes.items()}
    top = EVERY
    for kind, side, price, size in item.rows:
        if kind != LEVEL or sizes[side].get(price, 0) == size:
            continue
        better = sum(other > price if side == BID else other < price for other in sizes[side])
        top = min(top, better)
        if size:
            sizes[side][price] = size
        else:
            del sizes[side][price]
    return top


def _heard(item: Message) -> set[str]:
    book = item.flags & ~4 or any(kind == LEVEL for kind, *_ in item.rows)
    return {"book"} if book else set()
