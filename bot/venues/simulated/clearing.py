"""The venue's clearing house: settlements of funding, margin calls and forced closings."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from msgspec import Struct

from bot.model.command import Side
from bot.model.event import FundingPaid, FundingRate, Liquidated
from bot.model.instrument import Kind
from bot.model.units import AccountId, Currency, InstrumentId
from bot.tape.rows import SCALAR_SCALE
from bot.tape.venue_order import FOREVER
from bot.venues.simulated.accounts import ZERO, Accounts
from bot.venues.simulated.agenda import SETTLEMENT, Agenda, Settlement
from bot.venues.simulated.arrays import MARK_HIGH, MARK_LOW, MID_HIGH, MID_LOW, VenueArrays
from bot.venues.simulated.funding import Due, FundingCalendar, Unfunded, payment
from bot.venues.simulated.listing import Listing
from bot.venues.simulated.margin import Exposure, balance, bankruptcy_prices, exposures, safe_move
from bot.venues.simulated.market import Market
from bot.venues.simulated.outbox import Outbox

Pool = tuple[AccountId, Currency]


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
        return self.slack <= 0


class Clearing:
    """Pays funding, and closes what its margin does not carry.

    unfunded: settlements that could not be booked, with the reason.
    """

    def __init__(
        self,
        listings: Mapping[int, Listing],
        market: Market,
        accounts: Accounts,
        outbox: Outbox,
        agenda: Agenda,
    ) -> None:
        self.listings = listings
        self.market = market
        self.accounts = accounts
        self.outbox = outbox
        self.agenda = agenda
        self.calendar = FundingCalendar()
        self.unfunded: list[Unfunded] = []

    # --- funding -----------------------------------------------------------------------

    def hear(self, i: int, event: FundingRate) -> None:
        """Keep a rate, and plan its settlement."""
        if self.listings[i].instrument.kind is Kind.PERPETUAL:
            self._plan(i, self.calendar.hear(i, event))

    def expect(self, i: int) -> None:
        """While something is held, look for a settlement, announced or at the usual time."""
        held = any(j == i and each.quantity for (_, j), each in self.accounts.position.items())
        interval = self.listings[i].instrument.funding_interval_ns
        now_ns = self.outbox.now_ns
        if held and interval is not None and not self.calendar.awaits(i, now_ns):
            self._plan(i, self.calendar.expect(i, (now_ns // interval + 1) * interval))

    def resume(self) -> None:
        """Plan again what was planned when the calendar was restored."""
        for i, due in self.calendar.expected():
            if due.scheduled:
                due.scheduled = False
                self._plan(i, due)

    def settle(self, i: int, due: Due) -> None:
        """Pay a settlement to everyone who held before it, or say why it cannot be paid."""
        due.scheduled = False
        holders = [
            (account, position.before(due.settles_ns))
            for (account, j), position in sorted(self.accounts.position.items())
            if i == j and position.before(due.settles_ns)
        ]
        if due.mark is None and self.outbox.now_ns == due.settles_ns:
            due.mark = self.market.marked(i)
        rate = due.rate
        mark = rate.mark if rate is not None and rate.mark is not None else due.mark
        self.unfunded = [
            each
            for each in self.unfunded
            if (each.instrument, each.settles_ns) != (self._id(i), due.settles_ns)
        ]
        if rate is None and self.calendar.awaits(i, self.outbox.now_ns):
            return  # We only supposed that it was due; the venue has announced another time.
        if holders and (rate is None or mark is None):
            reason = "no rate was published for it" if rate is None else "no mark is known at it"
            self.unfunded += [
                Unfunded(account, self._id(i), due.settles_ns, lots, reason)
                for account, lots in holders
            ]
            return
        self.calendar.close(i, due)
        if rate is not None and mark is not None:
            for account, lots in holders:
                self._pay(account, i, due, lots, mark, rate.rate)

    def _pay(
        self, account: AccountId, i: int, due: Due, lots: int, mark: Decimal, rate: Decimal
    ) -> None:
        instrument = self.listings[i].instrument
        amount = payment(instrument, lots, mark, rate)
        self.accounts.receive(account, instrument.settle, amount)
        self.outbox.say(
            FundingPaid,
            account=account,
            instrument=instrument.id,
            settles_ns=due.settles_ns,
            quantity=lots,
            mark=mark,
            rate=rate,
            amount=amount,
            currency=instrument.settle,
        )

    def _plan(self, i: int, due: Due | None) -> None:
        if due is not None and not due.scheduled:
            due.scheduled = True
            at_ns = max(due.settles_ns, self.outbox.now_ns)
            self.agenda.add(at_ns, SETTLEMENT, Settlement(i, due))

    # --- margin ------------------------------------------------------------------------

    def judge(self) -> list[Judged]:
        """What is open on margin, by account and currency."""
        return [self._judged(pool) for pool in self.accounts.pools()]

    def close(self, judged: Judged) -> None:
        """Close everything in a pool at the prices that leave nothing."""
        pool, exposed = judged.pool, judged.exposed
        account, currency = pool
        wallet = self.accounts.wallet.get(pool, ZERO)
        prices = bankruptcy_prices(wallet, exposed)
        for each, price in zip(exposed, prices, strict=True):
            side = Side.SELL if each.quantity > 0 else Side.BUY
            size = abs(each.quantity)
            self.accounts.fill(account, each.i, side, size, price, self.outbox.now_ns)
            self.outbox.say(
                Liquidated,
                account=account,
                instrument=each.instrument.id,
                trade_id=self.outbox.trade_number(),
                side=side,
                size=size,
                price=price,
                fee=ZERO,
                fee_currency=currency,
            )

    def bound(self, arrays: VenueArrays, pools: Sequence[Judged]) -> None:
        """Tell the kernel how far each mark may go before margin must be looked at again."""
        arrays.head[:, (MARK_LOW, MID_LOW)] = -FOREVER
        arrays.head[:, (MARK_HIGH, MID_HIGH)] = FOREVER
        for judged in pools:
            if not judged.exposed:
                # Some mark is unknown: look again as soon as anything is heard.
                for i, _ in self.accounts.held(*judged.pool):
                    arrays.head[i, (MARK_LOW, MID_LOW)] = FOREVER
            for each in judged.exposed:
                edge = safe_move(judged.slack, each, len(judged.exposed))
                if edge is not None:
                    self._bound(arrays, each, edge)

    def _bound(self, arrays: VenueArrays, each: Exposure, edge: Decimal) -> None:
        head, i = arrays.head, each.i
        if self.market.marked(i) is not None:
            unit, low, high = Decimal(SCALAR_SCALE), MARK_LOW, MARK_HIGH
        else:
            unit, low, high = 2 / each.instrument.grid.tick, MID_LOW, MID_HIGH
            head[i, MARK_LOW] = FOREVER  # The first mark replaces the mid.
        # Rounded so that the kernel stops a unit early rather than late.
        if each.quantity > 0:
            head[i, low] = max(int(head[i, low]), int(edge * unit) + 1)
        else:
            head[i, high] = min(int(head[i, high]), int(edge * unit) - 1)

    def _judged(self, pool: Pool) -> Judged:
        held = self.accounts.held(*pool)
        marks = {i: self.market.mark(i) for i, _ in held}
        tiers = {i: self.listings[i].tiers for i, _ in held}
        exposed = exposures(held, self.accounts.instruments, tiers, marks)
        if exposed is None:
            return Judged(pool, [], Decimal("Infinity"))
        required = sum((each.maintenance for each in exposed), ZERO)
        slack = balance(self.accounts.wallet.get(pool, ZERO), exposed) - required
        return Judged(pool, exposed, slack)

    def _id(self, i: int) -> InstrumentId:
        return self.listings[i].instrument.id
