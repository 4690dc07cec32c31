"""The state as execution sees it."""

import math
from decimal import Decimal

from bot.engine.state import State
from bot.execution.blotter import Order
from bot.execution.holdings import Touch
from bot.model.command import Side
from bot.model.instrument import Instrument
from bot.model.units import AccountId, InstrumentId, StrategyName
from bot.risk.limits import Limits, Reference


class EngineHoldings:
    """Positions, contracts and prices for the desk."""

    def __init__(self, state: State) -> None:
        """Look at a state."""
        self._state = state
        self._traders: dict[InstrumentId, list[StrategyName]] = {}
        for name, strategy in state.settings.strategies:
            for instrument in strategy.trades():
                self._traders.setdefault(InstrumentId(instrument), []).append(name)

    @property
    def now(self) -> int:
        """Tape time of the step, ns."""
        return self._state.market.now

    @property
    def moves(self) -> object:
        """Equal as long as no position has changed."""
        ledger = self._state.ledger
        return id(ledger), ledger.changes.count

    def position(self, strategy: StrategyName, instrument: InstrumentId) -> int:
        """Lots that a strategy holds, long positive."""
        state = self._state
        return state.ledger.lots(state.account(instrument), strategy, instrument)

    def instrument(self, instrument: InstrumentId) -> Instrument:
        """The contract's terms."""
        return self._state.terms.by_id[instrument]

    def live(self, instrument: InstrumentId) -> bool:
        """Whether it is listed, and its market data can be traded on."""
        state = self._state
        usable = state.terms.by_id[instrument].active and instrument not in state.market.lost
        return usable and self.touch(instrument) is not None

    def touch(self, instrument: InstrumentId) -> Touch | None:
        """Best bid and ask; None while they are no price source."""
        return self._state.market.touch_ticks(self._state.terms.number[instrument])

    def away_ns(self, order: Order) -> int | None:
        """Since when the touch has been away from a posted order."""
        return self._state.market.sentries.since_ns(order)

    def mark(self, instrument: InstrumentId) -> Decimal | None:
        """The reference price for converting amounts, in quote."""
        return self._state.market.mark(instrument)

    def collar(self, instrument: InstrumentId, side: Side) -> int | None:
        """The worst price inside every collar that is stated; None: none is, or one is unknown.

        The tightest of the total's, the account's, and those of the strategies that name the
        instrument: an order beyond its own strategy's would only be refused.
        """
        limits = self._state.settings.limits
        scopes = [limits.total, limits.accounts.get(self._state.account(instrument))]
        scopes += [limits.strategies.get(name) for name in self._traders.get(instrument, ())]
        worst: list[int] = []
        for scope in scopes:
            for price in self._bounds(instrument, side, scope):
                if price is None:
                    return None
                worst.append(price)
        if not worst:
            return None
        return min(worst) if side is Side.BUY else max(worst)

    def largest(
        self, strategy: StrategyName, instrument: InstrumentId, side: Side, price: int, goal: int
    ) -> int | None:
        """The largest order that the limits on single orders let through.

        Counted as `risk.checks` counts: at the worst of the price, the mark and the far touch. A
        goal that no limit on positions names as allowed is not worked toward in pieces: a wrong
        size is refused whole.
        """
        limits = self._state.settings.limits
        scopes = [
            one
            for one in (
                limits.total,
                limits.accounts.get(self._state.account(instrument)),
                limits.strategies.get(strategy),
            )
            if one is not None
        ]
        coins, worst = self._coins(instrument), self._worst(instrument, side, price)
        held = [
            one.position_max[instrument]
            for one in scopes
            if one.position_max is not None and instrument in one.position_max
        ]
        if coins is None or worst is None or not held or abs(goal) * coins > min(held):
            return None
        bounds = [
            one.order_notional_max / worst for one in scopes if one.order_notional_max is not None
        ]
        bounds += [
            one.order_size_max[instrument] / coins
            for one in scopes
            if one.order_size_max is not None and instrument in one.order_size_max
        ]
        return int(min(bounds)) if bounds else None

    def account(self, strategy: StrategyName, instrument: InstrumentId) -> AccountId:
        """The account that a strategy trades an instrument in."""
        del strategy
        return self._state.account(instrument)

    def _worst(self, instrument: InstrumentId, side: Side, price: int) -> Decimal | None:
        """One lot at the worst price that an order may meet, in the reporting currency."""
        listed, market = self._state.terms.by_id[instrument], self._state.market
        touch, mark = self.touch(instrument), market.mark(instrument)
        rate = market.conversion(listed.quote)
        if touch is None or mark is None or rate is None:
            return None
        far = touch[2] if side is Side.BUY else touch[0]
        return rate * max(
            listed.notional(1, mark),
            listed.notional(1, listed.price(max(price, far))),
        )

    def _coins(self, instrument: InstrumentId) -> Decimal | None:
        """One lot in base coins; of an inverse contract, at the mark."""
        listed, mark = self._state.terms.by_id[instrument], self._state.market.mark(instrument)
        if not listed.inverse:
            return listed.lot * listed.contract_size
        return None if mark is None else listed.base_amount(1, mark)

    def _bounds(
        self, instrument: InstrumentId, side: Side, limits: Limits | None
    ) -> list[int | None]:
        if limits is None or limits.price_collar_bps is None:
            return []
        grid = self._state.terms.by_id[instrument].grid
        bounds: list[int | None] = []
        for reference, bps in limits.price_collar_bps.items():
            price = self.reference(instrument, reference, side)
            if price is None:
                bounds.append(None)
                continue
            away = price * (1 + int(side) * bps / 10_000) / grid.tick
            ticks = math.floor(away) if side is Side.BUY else math.ceil(away)
            bounds.append(grid.down(ticks) if side is Side.BUY else grid.up(ticks))
        return bounds

    def reference(
        self, instrument: InstrumentId, reference: Reference, side: Side
    ) -> Decimal | None:
        """One of the prices that a collar may be measured from."""
        market = self._state.market
        match reference:
            case Reference.MARK:
                return market.mark(instrument)
            case Reference.MID:
                return market.mid(instrument)
            case Reference.INDEX:
                return market.index(instrument)
            case Reference.LAST:
                return market.last(instrument)
            case _:
                touch = self.touch(instrument)
                if touch is None:
                    return None
                ticks = touch[2] if side is Side.BUY else touch[0]
                return self._state.terms.by_id[instrument].price(ticks)
