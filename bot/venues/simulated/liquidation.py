"""How a pool that its margin no longer carries is closed, step by step.

1. Its open orders are canceled.
2. Its largest position is reduced by a tier at a time, by orders that take what the book
   offers: no worse than a band around the mark, nor than the price that leaves nothing. A fee
   goes to the insurance fund, as far as something is left. It stops as soon as margin suffices.
3. What the book does not take, the fund takes over at the price that leaves nothing, and closes
   at the mark with the market.
4. What the fund cannot pay for is closed at that price against the winners on the other side,
   by rank; where our own accounts hold too little, against the market.

Whatever happens, a closed pool holds exactly nothing: a rest smaller than a price can express,
or a hole that no price could fill, is the fund's.
Source: the public descriptions of Binance (USD-M liquidation protocols) and BitMEX.
"""

from collections.abc import Callable, Iterator
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from bot.model.command import Side
from bot.model.event import Deleveraged, Liquidated
from bot.model.instrument import Kind
from bot.model.money import divide
from bot.model.units import AccountId
from bot.venues.simulated.accounts import CROSS, FUND, HOUSE, MARKET, ZERO, Accounts, Pool, worth
from bot.venues.simulated.agenda import RECOVERY, Agenda, Recovery
from bot.venues.simulated.arrays import TAKEN, with_room
from bot.venues.simulated.deleveraging import Winner, ranked, score
from bot.venues.simulated.exchange import Exchange
from bot.venues.simulated.margin import Exposure, balance, bankruptcy_prices
from bot.venues.simulated.reports import Change, Reason
from bot.venues.simulated.solvency import Judged, Solvency


class Liquidator:
    """Closes pools by force.

    before: called before a position changes, with its account and instrument.
    """

    def __init__(
        self,
        exchange: Exchange,
        solvency: Solvency,
        agenda: Agenda,
        before: Callable[[AccountId, int], None],
    ) -> None:
        self.exchange = exchange
        self.solvency = solvency
        self.agenda = agenda
        self.before = before
        self.accounts: Accounts = exchange.accounts

    def liquidate(self, pool: Pool) -> None:
        """Close as much of a pool as must be closed."""
        for i, _ in self.accounts.held(pool):
            self.before(pool.account, i)
        self._cancel_orders(pool)
        judged = self.solvency.judge(pool)
        while judged.called:
            at = max(range(len(judged.exposed)), key=lambda k: judged.exposed[k].maintenance)
            each = judged.exposed[at]
            if each.maintenance == 0:
                break
            price = bankruptcy_prices(self.accounts.balance(pool), judged.exposed)[at]
            if self._reduce(pool, each, price) < each.step:
                break
            judged = self.solvency.judge(pool)
        judged = self.solvency.judge(pool)
        if judged.called:
            self._take_over(judged)

    def _cancel_orders(self, pool: Pool) -> None:
        for order in list(self.exchange):
            contract = self.exchange.listings[order.instrument].instrument
            pooled = contract.kind is not Kind.SPOT and contract.settle == pool.currency
            if order.account == pool.account and pooled and pool.i in (CROSS, order.instrument):
                self.exchange.end(order, Change.CANCELED, Reason.LIQUIDATION, "liquidation")

    # --- in the market -----------------------------------------------------------------

    def _reduce(self, pool: Pool, each: Exposure, bankruptcy: Decimal) -> int:
        """Take what the book offers for one step of a position; lots that were closed."""
        exchange, market, i = self.exchange, self.exchange.market, each.i
        side = Side.SELL if each.quantity > 0 else Side.BUY
        if market.trouble(i):
            return 0
        band = exchange.listings[i].liquidation.band
        bound = each.mark * (1 + int(side) * band)
        limit = max(bound, bankruptcy) if side is Side.SELL else min(bound, bankruptcy)
        rounding = ROUND_CEILING if side is Side.SELL else ROUND_FLOOR
        ticks = int((limit / each.instrument.grid.tick).to_integral_value(rounding))
        levels = market.against(i, side, ticks, each.step)
        if levels:
            arrays = exchange.resting.arrays
            room = int(arrays.head[i, TAKEN]) + len(levels)
            exchange.resting.arrays = with_room(arrays, 0, room)
            until_ns = exchange.outbox.now_ns + exchange.decay_ns
            market.consume(exchange.resting.arrays, i, side, levels, until_ns)
            self.agenda.add(until_ns, RECOVERY, Recovery(i))
        for at, lots in levels:
            self._close(pool, i, side, lots, each.instrument.price(at))
        return sum(lots for _, lots in levels)

    def _close(self, pool: Pool, i: int, side: Side, lots: int, price: Decimal) -> None:
        """Close lots in the market and take the fee, as far as something is left for it."""
        cross = Pool(pool.account, pool.currency, CROSS)
        before = self.accounts.balance(cross)
        self._trade(pool, i, side, lots, price, MARKET)
        listing = self.exchange.listings[i]
        asked = abs(worth(listing.instrument, lots, price)) * listing.liquidation.fee
        held = self.solvency.exposed(pool)
        if held:
            left = max(ZERO, balance(self.accounts.balance(pool), held))
            fee = min(listing.fees.rounded(asked), left)
            self._pay_fund(pool, fee)
        else:
            # Nothing is held any more: a hole in the wallet is the fund's to fill.
            left = self.accounts.balance(cross) - (before if pool.i != CROSS else ZERO)
            fee = min(listing.fees.rounded(asked), left)
            self._pay_fund(cross, fee)
        self._say(pool, i, side, lots, price, fee)

    # --- beyond the market -------------------------------------------------------------

    def _take_over(self, judged: Judged) -> None:
        """Close everything at the prices that leave nothing, with whoever can pay for it."""
        pool, cross = judged.pool, Pool(judged.pool.account, judged.pool.currency, CROSS)
        prices = bankruptcy_prices(self.accounts.balance(pool), judged.exposed)
        for each, price in zip(judged.exposed, prices, strict=True):
            side = Side.SELL if each.quantity > 0 else Side.BUY
            left = abs(each.quantity)
            for other, lots in self._takers(each, price, pool.account):
                left -= lots
                before = self.accounts.balance(cross)
                self._trade(pool, each.i, side, lots, price, other)
                fee = ZERO
                if each is judged.exposed[-1] and left == 0:
                    # What is left of a pool that holds nothing more, or is missing there.
                    fee = self.accounts.balance(cross) - (before if pool.i != CROSS else ZERO)
                    self._pay_fund(cross, fee)
                self._say(pool, each.i, side, lots, price, fee)
                if other == FUND:
                    now_ns = self.exchange.outbox.now_ns
                    self.accounts.trade(FUND, each.i, side, lots, each.mark, now_ns)
                elif other != MARKET:
                    self._deleveraged(other, each.i, side.opposite, lots, price)

    def _takers(
        self, each: Exposure, price: Decimal, loser: AccountId
    ) -> Iterator[tuple[AccountId, int]]:
        """Who closes how many lots of a bankrupt position, the first first."""
        left = abs(each.quantity)
        takers = [(FUND, self._affordable(each, price))]
        takers += [(winner.account, winner.size) for winner in self._winners(each, loser)]
        for account, most in [*takers, (MARKET, left)]:
            lots = min(left, most)
            if lots:
                left -= lots
                yield account, lots

    def _affordable(self, each: Exposure, price: Decimal) -> int:
        """Lots that the fund can take at a price and close at the mark."""
        size = abs(each.quantity)
        loss = worth(each.instrument, each.quantity, price) - each.worth
        if loss <= 0:
            return size
        wallet = self.accounts.wallet.get((FUND, each.instrument.settle), ZERO)
        return min(size, int(divide(max(ZERO, wallet) * size, loss)))

    def _winners(self, each: Exposure, loser: AccountId) -> list[Winner]:
        """The accounts on the other side, the first to be closed first."""
        found: list[Winner] = []
        for account, position in self.accounts.holders(each.i):
            if account == loser or account in HOUSE or position.quantity * each.quantity >= 0:
                continue
            pool = self.accounts.pool_of(account, each.i)
            held = self.solvency.exposed(pool)
            if held is None:
                continue
            at_mark = worth(each.instrument, position.quantity, each.mark)
            left = balance(self.accounts.balance(pool), held)
            rank = score(at_mark, position.cost, at_mark - left)
            found.append(Winner(account, abs(position.quantity), rank))
        return ranked(found)

    def _deleveraged(
        self, account: AccountId, i: int, side: Side, lots: int, price: Decimal
    ) -> None:
        outbox = self.exchange.outbox
        outbox.say(
            Deleveraged,
            account=account,
            instrument=self.exchange.listings[i].instrument.id,
            trade_id=outbox.trade_id(),
            side=side,
            size=lots,
            price=price,
        )
        self.exchange.collect(i)

    def _pay_fund(self, pool: Pool, amount: Decimal) -> None:
        """A fee to the fund, or a hole that it fills; what it has not is the market's loss."""
        self.accounts.put(pool, -amount)
        paid = max(amount, -max(ZERO, self.accounts.wallet.get((FUND, pool.currency), ZERO)))
        self.accounts.receive(FUND, pool.currency, paid)
        self.accounts.receive(MARKET, pool.currency, amount - paid)

    def _trade(
        self, pool: Pool, i: int, side: Side, lots: int, price: Decimal, against: AccountId
    ) -> None:
        if against not in HOUSE:
            self.before(against, i)
        now_ns = self.exchange.outbox.now_ns
        self.accounts.trade(
            pool.account, i, side, lots, price, now_ns, against=against, forced=True
        )

    def _say(self, pool: Pool, i: int, side: Side, lots: int, price: Decimal, fee: Decimal) -> None:
        outbox = self.exchange.outbox
        outbox.say(
            Liquidated,
            account=pool.account,
            instrument=self.exchange.listings[i].instrument.id,
            trade_id=outbox.trade_id(),
            side=side,
            size=lots,
            price=price,
            fee=fee,
            fee_currency=pool.currency,
        )
