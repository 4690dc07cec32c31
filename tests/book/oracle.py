"""One order book, slow and clear: dictionaries, sorted whenever somebody asks."""

from bot.tape.rows import ASK, BID, GAP, LEVEL, SCALAR, SNAPSHOT, TOUCH, TRADE
from tests.tape.tapes import Message

SECOND = 1_000_000_000


class OracleBook:
    """What a book must say after each message."""

    def __init__(self) -> None:
        self.sizes: dict[int, dict[int, int]] = {BID: {}, ASK: {}}
        self.reach: dict[int, int | None] = {BID: None, ASK: None}
        self.known = False
        self.crossed_since: int | None = None
        self.crossed = 0
        self.gaps = 0
        self.messages = 0
        self.book_ns: int | None = None
        self.touch: dict[int, tuple[int, int]] = {BID: (0, 0), ASK: (0, 0)}
        self.touch_ns: int | None = None
        self.last: tuple[int, int, int] | None = None
        self.trade_ns: int | None = None
        self.scalars: dict[int, tuple[int, int]] = {}
        self.heard: set[str] = set()

    def take(self, message: Message) -> None:
        t = message.ts_recv
        self.messages += 1
        self.heard = {"book"} if message.flags & (GAP | SNAPSHOT) else set()
        if message.flags & GAP:
            self.known = False
            self.gaps += 1
        if message.flags & SNAPSHOT:
            self.sizes = {BID: {}, ASK: {}}
            self.reach = {BID: None, ASK: None}
            self.known = True
            self.crossed_since = None
        for kind, side, price, size in message.rows:
            if kind == LEVEL:
                self._set(side, price, size)
                if message.flags & SNAPSHOT:
                    self._stretch(side, price)
            elif kind == TRADE:
                self.last, self.trade_ns = (price, size, side), t
                self.heard.add("trade")
            elif kind == TOUCH:
                self.touch[side], self.touch_ns = (price, size), t
                self.heard.add("touch")
            elif kind == SCALAR:
                self.scalars[side] = (price, t)
                self.heard.add("scalar")
        if "book" in self.heard:
            self.book_ns = t
            self._judge(t)

    def _set(self, side: int, price: int, size: int) -> None:
        self.heard.add("book")
        if size:
            self.sizes[side][price] = size
        else:
            self.sizes[side].pop(price, None)

    def _stretch(self, side: int, price: int) -> None:
        reach = self.reach[side]
        worse = min if side == BID else max
        self.reach[side] = price if reach is None else worse(reach, price)

    def _judge(self, t: int) -> None:
        if not self.crossing:
            self.crossed_since = None
            return
        self.crossed += 1
        if self.crossed_since is None:
            self.crossed_since = t
        if t - self.crossed_since > SECOND:
            self.known = False

    @property
    def crossing(self) -> bool:
        """Bids at or above asks: crossed or locked."""
        bid, ask = self.best(BID), self.best(ASK)
        return bid is not None and ask is not None and bid >= ask

    @property
    def shallow(self) -> bool:
        """A best price beyond what the snapshot showed."""
        return any(
            (price := self.best(side)) is not None and not self.within(side, price)
            for side in (BID, ASK)
        )

    @property
    def usable(self) -> bool:
        return self.known and not self.crossing and not self.shallow

    def within(self, side: int, price: int) -> bool:
        reach = self.reach[side]
        return reach is None or (price >= reach if side == BID else price <= reach)

    def levels(self, side: int) -> list[tuple[int, int]]:
        """All levels of a side, best first."""
        return sorted(self.sizes[side].items(), reverse=side == BID)

    def best(self, side: int) -> int | None:
        levels = self.levels(side)
        return levels[0][0] if levels else None

    def impact(self, side: int, lots: int) -> tuple[float | None, bool]:
        """Average price of so many lots, taken lot by lot, and whether they were there."""
        prices: list[int] = []
        if self.usable:
            for price, size in self.levels(side):
                if self.within(side, price):
                    prices += [price] * size
        taken = prices[:lots]
        return (sum(taken) / len(taken) if taken else None), len(taken) == lots
