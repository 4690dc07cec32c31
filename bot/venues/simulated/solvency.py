"""Whether the margin of a pool carries its positions, and how far the marks may go until not."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from msgspec import Struct

from bot.model.instrument import Kind
from bot.tape.rows import SCALAR_SCALE
from bot.tape.venue_order import FOREVER
from bot.venues.simulated.accounts import ZERO, Accounts, Pool
from bot.venues.simulated.arrays import (
    BOUNDS,
    INDEX_HIGH,
    INDEX_LOW,
    MARK_HIGH,
    MARK_LOW,
    MID_HIGH,
    MID_LOW,
    UNBOUND,
    VenueArrays,
)
from bot.venues.simulated.listing import Listing
from bot.venues.simulated.margin import Exposure, balance, exposures, safe_move
from bot.venues.simulated.market import Market
from bot.venues.simulated.marks import Marks


class Judged(Struct, frozen=True):
    """The open positions of a pool, and its margin balance less their maintenance.

    exposed: empty while a mark is unknown; the slack then has no end.
    """

    pool: Pool
    exposed: list[Exposure]
    slack: Decimal

    @property
    def called(self) -> bool:
        """Whether its margin no longer carries its positions."""
        if self.slack < 0:
            return bool(self.exposed)
        # Whoever spent all that he had on options owes nothing and keeps them.
        return self.slack == 0 and any(each.maintenance for each in self.exposed)


class Solvency:
    """Judges pools at the marks of now."""

    def __init__(
        self, listings: Mapping[int, Listing], accounts: Accounts, market: Market, marks: Marks
    ) -> None:
        self.listings = listings
        self.accounts = accounts
        self.market = market
        self.marks = marks
        self._rules = {
            i: listing.rule
            for i, listing in listings.items()
            if listing.instrument.kind is not Kind.SPOT
        }

    def judge_all(self) -> list[Judged]:
        """Every pool that carries something."""
        return [self.judge(pool) for pool in self.accounts.pools()]

    def judge(self, pool: Pool) -> Judged:
        """One pool."""
        exposed = self.exposed(pool)
        if exposed is None:
            return Judged(pool, [], Decimal("Infinity"))
        required = sum((each.maintenance for each in exposed), ZERO)
        return Judged(pool, exposed, balance(self.accounts.balance(pool), exposed) - required)

    def exposed(self, pool: Pool) -> list[Exposure] | None:
        """What a pool carries; None while a mark is unknown."""
        held = self.accounts.held(pool)
        return exposures(
            held,
            self.accounts.instruments,
            self._rules,
            {i: self.marks.mark(i) for i, _ in held},
            {i: self.marks.index(i) for i, _ in held},
        )

    def bound(self, arrays: VenueArrays, pools: Sequence[Judged], watched: Sequence[int]) -> None:
        """Tell the kernel how far each mark may go before margin must be looked at again.

        watched: instruments of which every new mark and index must be seen anyway.
        """
        head = arrays.head
        head[:, BOUNDS] = UNBOUND
        for judged in pools:
            if not judged.exposed:
                # Some mark is unknown: look again as soon as anything is heard.
                for i, _ in self.accounts.held(judged.pool):
                    head[i, (MARK_LOW, MID_LOW)] = FOREVER
            for each in judged.exposed:
                if self.marks.computes(each.i):
                    continue  # Such a mark moves only when it is sampled.
                if each.steepest is None:
                    self.watch(arrays, each.i)
                    continue
                edge = safe_move(judged.slack, each, len(judged.exposed))
                if edge is not None:
                    self._bound(arrays, each, edge)
        for i in watched:
            self.watch(arrays, i)

    def watch(self, arrays: VenueArrays, i: int) -> None:
        """Let the kernel stop at every change of a mark, or of the mid in its place, or index."""
        head = arrays.head
        mark, index = self.market.marked(i), self.marks.index(i)
        if mark is None:
            head[i, MARK_LOW] = FOREVER
            if self.market.mid(i) is None:
                head[i, MID_LOW] = FOREVER
            else:
                sides = [self.market.best(i, s) for s in range(2)]
                head[i, (MID_LOW, MID_HIGH)] = sum(best for best in sides if best is not None)
        else:
            head[i, (MARK_LOW, MARK_HIGH)] = int(mark * SCALAR_SCALE)
        if index is None:
            head[i, INDEX_LOW] = FOREVER
        else:
            head[i, (INDEX_LOW, INDEX_HIGH)] = int(index * SCALAR_SCALE)

    def _bound(self, arrays: VenueArrays, each: Exposure, edge: Decimal) -> None:
        head, i = arrays.head, each.i
        if self.market.marked(i) is not None:
            unit, low, high = Decimal(SCALAR_SCALE), MARK_LOW, MARK_HIGH
        else:
            unit, low, high = 2 / each.instrument.grid.tick, MID_LOW, MID_HIGH
            head[i, MARK_LOW] = FOREVER  # The first mark replaces the mid.
        # Rounded so that the kernel stops a unit early rather than late.
        reach = min(int(edge * unit), FOREVER - 1)
        if each.quantity > 0:
            head[i, low] = max(int(head[i, low]), reach + 1)
        else:
            head[i, high] = min(int(head[i, high]), reach - 1)
