"""The state as risk sees it."""

from collections.abc import Iterable
from decimal import Decimal
from functools import cache

from bot.engine.holdings import EngineHoldings
from bot.engine.state import State
from bot.model.alarm import Alarm
from bot.model.changes import Place
from bot.model.instrument import Instrument
from bot.model.units import AccountId, Currency, InstrumentId, StrategyName
from bot.risk.exposure import LiveOrder
from bot.risk.worst import Reservations, Reserved, reserved


class EngineExposure:
    """Positions, live orders, prices and money for the gate."""

    def __init__(self, state: State) -> None:
        """Look at a state."""
        self._state = state
        self._holdings = EngineHoldings(state)
        self._aside: list[Reserved] = []
        self._set_aside: list[Reserved] = []
        self.world = Reservations(self, state.settings.limits.mark)
        """What risk makes of it, from one review to the next."""

    @property
    def now(self) -> int:
        """Tape time."""
        return self._state.market.now

    @property
    def version(self) -> int:
        """Changes with every message and event of the market."""
        return self._state.market.version

    def changed(self) -> Iterable[Place] | None:
        """Where positions, orders or what baskets may still need are other ones; None: anywhere."""
        held = self._state.ledger.changes.take()
        ordered = self._state.desk.blotter.changes.take()
        before, self._set_aside = self._set_aside, self._aside
        if held is None or ordered is None:
            return None
        if before or self._aside:
            held.update((leg.account, leg.instrument) for leg in (*before, *self._aside))
        return held | ordered

    def instrument(self, instrument: InstrumentId) -> Instrument | None:
        """The contract; None when it is not listed."""
        return self._state.terms.by_id.get(instrument)

    def held(self) -> Iterable[tuple[AccountId, InstrumentId]]:
        """Where there is a position of anyone, a live order or a leg to come; each once."""
        found = dict.fromkeys(self._state.ledger.held())
        for order in self._state.desk.blotter.live():
            proposal = order.proposal
            found[proposal.account, proposal.instrument] = None
        for leg in self._aside:
            found[leg.account, leg.instrument] = None
        return found

    def position(
        self, account: AccountId, strategy: StrategyName | None, instrument: InstrumentId
    ) -> int:
        """Lots, signed, of one strategy, or of everyone in the account."""
        if strategy is None:
            return self._state.ledger.quantity(account, instrument)
        return self._state.ledger.lots(account, strategy, instrument)

    def orders(self, instrument: InstrumentId) -> Iterable[LiveOrder]:
        """Every live order of the instrument."""
        live = self._state.desk.blotter.live(instrument)
        if not self._aside:
            return live
        return [*live, *(one for one in self._aside if one.instrument == instrument)]

    def set_aside(self, basket: str | None) -> None:
        """From here on count what baskets under way may still need, all but `basket` itself.

        Nobody else may use that up; its own orders are part of it.
        """
        if self._state.desk.baskets:
            self._aside = [
                reserved(leg)
                for other in self._state.desk.reserved(self._holdings)
                for leg in other.legs
                if other.basket != basket
            ]

    def set_free(self) -> None:
        """Count only what is there: a review is over."""
        self._aside = []

    def mark(self, instrument: InstrumentId) -> Decimal | None:
        """The mark price, or what the configuration takes for it."""
        return self._state.market.mark(instrument)

    def mid(self, instrument: InstrumentId) -> Decimal | None:
        """The middle of the touch."""
        return self._state.market.mid(instrument)

    def index(self, instrument: InstrumentId) -> Decimal | None:
        """The venue's index of the underlying."""
        return self._state.market.index(instrument)

    def last(self, instrument: InstrumentId) -> Decimal | None:
        """The price of the last trade."""
        return self._state.market.last(instrument)

    def touch(self, instrument: InstrumentId) -> tuple[int, int] | None:
        """Best bid and ask in ticks; None while they are no price source."""
        touch = self._state.market.touch_ticks(self._state.terms.number[instrument])
        return None if touch is None else (touch[0], touch[2])

    def quote_age_ns(self, instrument: InstrumentId) -> int | None:
        """Time since the best prices were last heard of."""
        return self._state.market.quote_age_ns(instrument)

    def equity(self, account: AccountId | None) -> Decimal | None:
        """Equity of one account, or of all, in the reporting currency."""
        return self._state.ledger.equity(account, self._state.market)

    def margin(self, account: AccountId, currency: Currency) -> Decimal | None:
        """Margin balance in its own coin: the wallet and unrealised profit at the mark."""
        ledger = self._state.ledger
        total = ledger.wallet(account, currency)
        for (owner, strategy, name), position in ledger.holdings():
            listed = self._state.terms.by_id[name]
            if owner != account or not position.quantity or listed.settle != currency:
                continue
            if listed.kind == "spot":
                continue
            mark = self._state.market.mark(name)
            if mark is None:
                return None
            total += ledger.unrealised(account, strategy, name, mark)
        return total

    def daily_profit(
        self, account: AccountId | None, strategy: StrategyName | None
    ) -> Decimal | None:
        """Profit since the day began, in the reporting currency."""
        return self._state.daily_profit(account, strategy)

    def conversion(self, currency: Currency) -> Decimal | None:
        """What one unit of a currency is worth in the reporting currency."""
        return self._state.market.conversion(currency)

    def naked(self, basket: str) -> tuple[Decimal, int | None] | None:
        """Filled notional of a basket without its counterpart, and since when it stands so."""
        for work in self._state.desk.baskets:
            if work.name == basket:
                total = Decimal(0)
                for leg in work.legs:
                    listed = self._state.terms.by_id[leg.target.instrument]
                    quantity = self._holdings.position(work.strategy, listed.id)
                    if not quantity:
                        continue
                    mid = self._state.market.mid(listed.id)
                    rate = self._state.market.conversion(listed.quote)
                    if mid is None or rate is None:
                        return None
                    total += listed.notional(quantity, mid) * rate
                return total, work.naked_ns
        return Decimal(0), None

    def reduce_only(self, strategy: StrategyName) -> str | None:
        """Why a strategy may only reduce at the moment."""
        state = self._state
        return (
            state.starved.get(strategy) or state.failed.get(strategy) or state.alarmed.get(strategy)
        )

    def alarm(self, underlying: Currency) -> tuple[Alarm, int]:
        """The alarm over a cascade of liquidations, and the direction of its move."""
        return self._state.alarms.of(underlying)

    def next_order_id(self) -> str:
        """The next order id of this run: epoch, number, check character."""
        self._state.orders += 1
        return order_id(self._state.settings.epoch, self._state.orders)


DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_VALUE = {digit: value for value, digit in enumerate(DIGITS)}
NUMBER_DIGITS = 6


def order_id(epoch: str, number: int) -> str:
    """An id that every venue takes: lower-case letters and digits, at most 32 of them.

    The last character is a check over the rest, so that a mangled id is not mistaken.
    """
    place, check = len(epoch), _checked(epoch)
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = DIGITS[digit] + digits
    digits = digits.rjust(NUMBER_DIGITS, "0")
    for digit_character in digits:
        place += 1
        check += place * _VALUE[digit_character]
    made = f"{epoch}{digits}{DIGITS[check % 36]}"
    assert len(made) <= 32, f"order id {made}: expected at most 32 characters"
    return made


@cache
def _checked(epoch: str) -> int:
    """The part of the check that is the same for all ids of a run."""
    return sum(place * _VALUE[character] for place, character in enumerate(epoch, 1))
