"""What risk must see of the rest: positions, live orders, prices, money and their ages."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Protocol

from bot.model.alarm import Alarm
from bot.model.changes import Place
from bot.model.command import Side
from bot.model.instrument import Instrument
from bot.model.units import AccountId, Currency, InstrumentId, StrategyName


class LiveOrder(Protocol):
    """An order that may still fill: approved, on its way, unknown, open or partly filled.

    remaining: lots that can still fill; while an amendment is on its way, of the larger size.
    price: ticks, and then of the worse price. A cancel on its way changes neither.
    """

    @property
    def order_id(self) -> str: ...
    @property
    def account(self) -> AccountId: ...
    @property
    def strategy(self) -> StrategyName: ...
    @property
    def instrument(self) -> InstrumentId: ...
    @property
    def side(self) -> Side: ...
    @property
    def remaining(self) -> int: ...
    @property
    def price(self) -> int: ...
    @property
    def basket(self) -> str | None: ...


class Exposure(Protocol):
    """The state of the world as one step sees it. Unknown is None, and never zero."""

    @property
    def now(self) -> int:
        """Tape time."""
        ...

    @property
    def version(self) -> int:
        """A number that is another one whenever a price or the terms of a contract may be."""
        ...

    def changed(self) -> Iterable[Place] | None:
        """Where positions or orders may be other ones since the last call; None: anywhere."""
        ...

    def instrument(self, instrument: InstrumentId) -> Instrument | None:
        """The contract; None when it is not listed."""
        ...

    def held(self) -> Iterable[tuple[AccountId, InstrumentId]]:
        """Where there is a position of anyone, EXTERNAL included, or a live order; each once."""
        ...

    def position(
        self, account: AccountId, strategy: StrategyName | None, instrument: InstrumentId
    ) -> int:
        """Lots, signed, of one strategy, or of everyone in the account."""
        ...

    def orders(self, instrument: InstrumentId) -> Iterable[LiveOrder]:
        """Every live order of the instrument, from its approval until it is proven to be over."""
        ...

    def mark(self, instrument: InstrumentId) -> Decimal | None:
        """The venue's mark price."""
        ...

    def mid(self, instrument: InstrumentId) -> Decimal | None:
        """The middle of the touch."""
        ...

    def index(self, instrument: InstrumentId) -> Decimal | None:
        """The venue's index of the underlying."""
        ...

    def last(self, instrument: InstrumentId) -> Decimal | None:
        """The price of the last trade."""
        ...

    def touch(self, instrument: InstrumentId) -> tuple[int, int] | None:
        """Best bid and ask in ticks; None while a side is empty or the book is not usable."""
        ...

    def quote_age_ns(self, instrument: InstrumentId) -> int | None:
        """Time since the book was last heard of."""
        ...

    def equity(self, account: AccountId | None) -> Decimal | None:
        """Equity of one account, or of all, in the reporting currency."""
        ...

    def margin(self, account: AccountId, currency: Currency) -> Decimal | None:
        """Margin balance in its own coin: the wallet and unrealised profit at the mark."""
        ...

    def daily_profit(
        self, account: AccountId | None, strategy: StrategyName | None
    ) -> Decimal | None:
        """Profit since the day began, in the reporting currency; of all when both are None."""
        ...

    def conversion(self, currency: Currency) -> Decimal | None:
        """What one unit of a currency is worth in the reporting currency."""
        ...

    def naked(self, basket: str) -> tuple[Decimal, int | None] | None:
        """Filled notional of a basket without its counterpart, and since when it stands so.

        Signed, in the reporting currency; `(0, None)` for a basket that is even or new.
        """
        ...

    def reduce_only(self, strategy: StrategyName) -> str | None:
        """Why a strategy may only reduce at the moment, such as a signal gone stale."""
        ...

    def alarm(self, underlying: Currency) -> tuple[Alarm, int]:
        """The alarm over a cascade of liquidations, and the direction of its move: +1, -1, 0."""
        ...

    def next_order_id(self) -> str:
        """A new order id; called once for each approval."""
        ...
