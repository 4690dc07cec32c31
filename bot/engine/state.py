"""All that the engine remembers."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct

from bot.engine.alarms import Alarms
from bot.engine.chains import Chains
from bot.engine.gauges import Gauges
from bot.engine.market import Market, Terms
from bot.engine.memory import memory_of, plain_memory
from bot.engine.sentries import Watched
from bot.engine.settings import Settings
from bot.engine.universe import spread_out
from bot.execution.desk import Desk, DeskState
from bot.ledger.ledger import Ledger, LedgerState
from bot.model.command import Approved
from bot.model.units import AccountId, Currency, InstrumentId, StrategyName
from bot.risk.guards import OrderRates
from bot.risk.headroom import Usage
from bot.risk.kill import Halt, Halts
from bot.risk.limits import MarkReference, Scope
from bot.signals.base import Watch
from bot.signals.liquidations.cascade_state import CascadeState
from bot.strategy.strategy import Strategy, fresh_memory
from bot.tape.venue_order import FOREVER

DAY_NS = 86_400_000_000_000
RatesState = tuple[tuple[Scope, tuple[int, ...]], ...]


class DayStart(Struct, frozen=True):
    """Profit so far when the day began, by account and strategy; empty names stand for all."""

    day: int
    profits: dict[str, Decimal | None]


class Durable(Struct, frozen=True):
    """What survives a restart.

    Not books, scores and their windows, what each strategy has seen of them and what wakes it:
    history and the market's next snapshots rebuild those, and then a strategy is asked with the
    first score that it hears. `modes.checkpoint` keeps them too, for going on exactly.
    """

    seq: int
    now: int
    orders: int
    ledger: LedgerState
    desk: DeskState
    halts: tuple[Halt, ...]
    rates: RatesState
    memories: list[Any]
    started: DayStart | None
    starved: dict[StrategyName, str]
    failed: dict[StrategyName, str]
    alarmed: dict[StrategyName, str] = {}
    alarms: dict[InstrumentId, CascadeState] = {}
    watched: list[Watched] = []


class State:
    """The market, our orders and our money, at one moment of the tape.

    starved: strategies whose required scores are unknown or stale, and which. failed: those
    that raised or answered nonsense, and how. alarmed: those that may only reduce because
    liquidations cascade. check_ns: when to look whether a score of a
    strategy has become stale; None: nothing to look for. broken: plain-Python signals that
    raised. open_trades: of a message that the last block cut, for plain-Python signals.
    moves: counts what came in, our own acts aside. due_ns: when the engine wants to be woken
    though nothing happens, as it was after the last step; FOREVER: not by itself.
    ids: of the instruments, as blocks must name them. accounts_of: where each strategy trades;
    underlyings_of: in what.
    """

    def __init__(self, settings: Settings) -> None:
        """Know nothing but the settings."""
        self.settings = settings
        self.terms = Terms(
            settings.instruments, settings.fees, settings.reporting_currency, settings.pegs
        )
        self.names = [name for name, _ in settings.strategies]
        self.strategies = [strategy for _, strategy in settings.strategies]
        self.number = {name: i for i, name in enumerate(self.names)}
        self.watches: list[Mapping[str, Watch]] = []
        self.groups: list[dict[str, Any]] = []
        for strategy in self.strategies:
            watches, groups = spread_out(strategy.watches(), self.terms.listed)
            self.watches.append(watches)
            self.groups.append(groups)
        self.market = Market(
            self.terms,
            self.watches,
            house={str(name): one for name, one in settings.cascades.items()},
            mark_is_mid=settings.limits.mark is MarkReference.MID,
            windows=tuple(settings.window_ticks(one) for one in self.terms.listed),
            patience=settings.desk.patience,
        )
        self.gauges = Gauges(self.market)
        self.alarms = Alarms(settings.cascades, self.market, self.gauges)
        self.chains = Chains(self.terms.listed)
        self.ledger = Ledger(self.terms.by_id, settings.reporting_currency)
        self.desk = Desk(settings.desk)
        self.halts = Halts()
        self.rates = OrderRates()
        self.memories = [fresh_memory(strategy) for strategy in self.strategies]
        self.seq = 0
        self.orders = 0
        self.started: DayStart | None = None
        self.starved: dict[StrategyName, str] = {}
        self.failed: dict[StrategyName, str] = {}
        self.alarmed: dict[StrategyName, str] = {}
        self.check_ns: list[int | None] = [None] * len(self.names)
        self.quiet_ns = [
            max((watch.quiet_ms for watch in watches.values()), default=0) * 1_000_000
            for watches in self.watches
        ]
        self.asked_ns = [-(1 << 62)] * len(self.names)
        self.postponed: set[int] = set()
        self.broken: set[int] = set()
        self.open_trades: list[tuple[int, float, float]] = []
        self.guarded_ns = 0
        self.moves = 0
        self.due_ns = FOREVER
        self._fresh: tuple[int, tuple[Approved, ...]] = (0, ())
        self.deciding = True
        self.usage: Callable[[], list[Usage]] = list
        self._accounts = {
            one.id: settings.accounts.get(one.venue, one.account) for one in self.terms.listed
        }
        self.ids = tuple(one.id for one in self.terms.listed)
        self.accounts_of = [self._trading_accounts(strategy) for strategy in self.strategies]
        self.underlyings_of = [self._underlyings(strategy) for strategy in self.strategies]

    @property
    def now(self) -> int:
        """Time of the last thing taken in."""
        return self.market.now

    def approve(self, approved: tuple[Approved, ...]) -> None:
        """Remember the orders that this step lets go."""
        self._fresh = (self.moves, approved)

    def unchanged_since(self, approved: Approved) -> bool:
        """Whether nothing but our own acts and time has come in since an order was approved."""
        moves, fresh = self._fresh
        return moves == self.moves and any(one is approved for one in fresh)

    def account(self, instrument: InstrumentId) -> AccountId:
        """The account that trades an instrument."""
        return self._accounts[instrument]

    def _trading_accounts(self, strategy: Strategy) -> tuple[AccountId, ...]:
        named = [self._accounts[one] for one in self.ids if one in strategy.trades()]
        return tuple(sorted(set(named or self._accounts.values())))

    def _underlyings(self, strategy: Strategy) -> tuple[Currency, ...]:
        """What a strategy's contracts are of; of one that chooses by itself, anything."""
        trades = strategy.trades()
        found = {one.base for one in self.terms.listed if not trades or one.id in trades}
        return tuple(sorted(found))

    def profit(self, account: AccountId | None, strategy: StrategyName | None) -> Decimal | None:
        """Profit since the beginning, valued at mids; None while a price is unknown."""
        parts = self.ledger.attribution(self.market, account, strategy)
        return None if parts is None else parts.profit

    def begin_day(self) -> None:
        """Remember the profits with which a day begins."""
        profits: dict[str, Decimal | None] = {"": self.profit(None, None)}
        for account in sorted(set(self.settings.accounts.values())):
            profits[f"account {account}"] = self.profit(account, None)
        for name in self.names:
            profits[f"strategy {name}"] = self.profit(None, name)
        self.started = DayStart(self.now // DAY_NS, profits)

    def daily_profit(
        self, account: AccountId | None, strategy: StrategyName | None
    ) -> Decimal | None:
        """Profit since the day began, UTC."""
        if self.started is None:
            self.begin_day()
        assert self.started is not None
        key = f"account {account}" if account else f"strategy {strategy}" if strategy else ""
        before = self.started.profits.get(key)
        profit = self.profit(account, strategy)
        return None if profit is None or before is None else profit - before

    # --- to remember -----------------------------------------------------------------------

    def durable(self) -> bytes:
        """Everything that a restart needs, as bytes that are equal for equal states."""
        told = Durable(
            self.seq,
            self.now,
            self.orders,
            self.ledger.state(),
            self.desk.state(),
            self.halts.state(),
            self.rates.state(),
            [plain_memory(memory) for memory in self.memories],
            self.started,
            self.starved,
            self.failed,
            self.alarmed,
            self.alarms.state(),
            self.market.sentries.state(),
        )
        # Some maps are keyed by the side of an order, and only text can be put in order.
        plain = msgspec.to_builtins(told, str_keys=True)
        return msgspec.json.encode(plain, order="deterministic")

    def restore(self, snapshot: bytes) -> None:
        """Stand where `durable` stood; books and scores start anew."""
        told = msgspec.json.decode(snapshot, type=Durable)
        self.seq, self.market.now, self.orders = told.seq, told.now, told.orders
        self.ledger = Ledger.restore(self.terms.by_id, told.ledger)
        self.desk.restore(told.desk)
        self.halts.restore(told.halts)
        self.rates.restore(told.rates)
        self.memories = [
            memory_of(type(memory), kept)
            for memory, kept in zip(self.memories, told.memories, strict=True)
        ]
        self.started, self.starved, self.failed = told.started, told.starved, told.failed
        self.alarmed = told.alarmed
        self.alarms.restore(told.alarms)
        find = self.desk.blotter.get
        self.market.watch_again(
            [(order, each) for each in told.watched if (order := find(each.order_id))]
        )
