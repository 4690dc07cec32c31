"""The ledger: every event that moves money or a position, booked once and exactly."""

from collections.abc import Iterator, Mapping
from decimal import Decimal, localcontext

from msgspec import Struct

from bot.ledger import positions, trades
from bot.ledger.accounts import Account, Accounts
from bot.ledger.attribution import Attribution, AttributionState, Part, Parts
from bot.ledger.positions import Position
from bot.ledger.postings import Cause, Heading, Origin, Posting
from bot.ledger.statements import Difference, Statements
from bot.ledger.trades import Trade
from bot.ledger.valuation import AtMids, Decision, Marks, reference_legs
from bot.model.changes import Changes
from bot.model.event import (
    BalanceReported,
    Deleveraged,
    Fill,
    FundingPaid,
    InterestPaid,
    Liquidated,
    PositionReported,
    Settled,
    Transfer,
)
from bot.model.instrument import Instrument, Kind
from bot.model.money import MONEY, split
from bot.model.units import EXTERNAL, AccountId, Currency, InstrumentId, StrategyName

Booked = Fill | FundingPaid | InterestPaid | Liquidated | Deleveraged | Settled | Transfer
Stated = BalanceReported | PositionReported
Holding = tuple[AccountId, StrategyName, InstrumentId]
Applied = tuple[AccountId, str, str]


class LedgerState(Struct, frozen=True):
    """Everything a ledger remembers, in a fixed order: equal ledgers encode to equal bytes."""

    reporting_currency: Currency
    references: tuple[tuple[Currency, InstrumentId], ...]
    balances: tuple[tuple[Account, Decimal], ...]
    positions: tuple[tuple[Holding, Position], ...]
    applied: tuple[Applied, ...]
    differences: tuple[Difference, ...]
    attribution: AttributionState


class Ledger:
    """Balances, positions and the attribution of their profit, of all accounts together.

    references: the reference leg of each underlying; None: `reference_legs` chooses. number:
    the arithmetic; anything but `Decimal` is for tests, which run it on `Fraction`. changes:
    the positions that are not what they were.
    """

    def __init__(
        self,
        instruments: Mapping[InstrumentId, Instrument],
        reporting_currency: Currency,
        references: Mapping[Currency, InstrumentId] | None = None,
        number: type[Decimal] = Decimal,
    ) -> None:
        if references is None:
            references = reference_legs(instruments.values(), reporting_currency)
        self.instruments = dict(instruments)
        self.reporting_currency = reporting_currency
        self.references = dict(references)
        self._number = number
        self._accounts = Accounts(number(0))
        self._positions: dict[Holding, Position] = {}
        self._totals: dict[tuple[AccountId, InstrumentId], int] = {}
        self.changes = Changes()
        self._applied: set[Applied] = set()
        self._statements = Statements()
        self._attribution = Attribution(number)

    # --- what happened -----------------------------------------------------------------

    def apply(
        self,
        event: Booked | Stated,
        strategy: StrategyName,
        marks: Marks,
        decision: Decision | None,
    ) -> tuple[Posting, ...]:
        """Book an event; nothing when it was booked before, or is only a statement.

        strategy: the owner of a fill or a transfer; the rest is shared by what each holds.
        decision: the mids when a fill's order was decided; None: nobody decided it.
        """
        with localcontext(MONEY):
            match event:
                case BalanceReported():
                    booked = self.wallet(event.account, event.currency)
                    self._statements.compare_balance(event, booked)
                    return ()
                case PositionReported():
                    lots = self.quantity(event.account, event.instrument)
                    self._statements.compare_position(event, lots)
                    return ()
            identity = _identity(event)
            if identity in self._applied:
                return ()
            postings = list(self._book(event, strategy, self.at_mids(marks), decision))
            self._applied.add(identity)
            return tuple(posting for posting in postings if posting.entries)

    def relist(self, instrument: Instrument) -> None:
        """Take in a new contract, or changed terms: positions keep their exact size.

        A new underlying gets its reference leg; a known one keeps the leg it has.
        ReconcileMismatch when a position is no whole number of the new lots.
        """
        before = self.instruments.get(instrument.id, instrument)
        with localcontext(MONEY):
            carried = {
                holding: positions.carry(position, before, instrument)
                for holding, position in self._positions.items()
                if holding[2] == instrument.id
            }
        for holding, position in carried.items():
            self._hold(holding, position)
            self._attribution.recount(holding, position.quantity)
        self.instruments[instrument.id] = instrument
        for underlying, leg in reference_legs([instrument], self.reporting_currency).items():
            self.references.setdefault(underlying, leg)

    # --- what is -----------------------------------------------------------------------

    def position(
        self, account: AccountId, strategy: StrategyName, instrument: InstrumentId
    ) -> Position:
        """What one strategy holds; of spot, what it traded, before fees taken in coins."""
        held = self._positions.get((account, strategy, instrument))
        return held or Position(0, self._number(0), self._number(0))

    def lots(self, account: AccountId, strategy: StrategyName, instrument: InstrumentId) -> int:
        """The size of a position alone, signed."""
        held = self._positions.get((account, strategy, instrument))
        return 0 if held is None else held.quantity

    def quantity(self, account: AccountId, instrument: InstrumentId) -> int:
        """Lots that all strategies and EXTERNAL hold together, as the venue sees it."""
        return self._totals.get((account, instrument), 0)

    def held(self) -> Iterator[tuple[AccountId, InstrumentId]]:
        """Where anyone holds anything, once for each who does."""
        for (account, _, instrument), position in self._positions.items():
            if position.quantity:
                yield account, instrument

    def holdings(self) -> tuple[tuple[Holding, Position], ...]:
        """Every position that was ever traded, flat ones for what they realised."""
        return tuple(sorted(self._positions.items()))

    def wallet(self, account: AccountId, currency: Currency) -> Decimal:
        """The balance that the venue should show: without unrealised profit."""
        return self.balance(account, currency, Heading.WALLET)

    def balance(
        self,
        account: AccountId,
        currency: Currency,
        heading: Heading,
        strategy: StrategyName | None = None,
    ) -> Decimal:
        """What stands under a heading, of one strategy or (None) of all; see `Heading`."""
        with localcontext(MONEY):
            return self._accounts.balance(account, currency, heading, strategy)

    def unrealised(
        self, account: AccountId, strategy: StrategyName, instrument: InstrumentId, mark: Decimal
    ) -> Decimal:
        """Profit that closing at the mark would realise, in quote of spot, else as settled."""
        held = self.position(account, strategy, instrument)
        with localcontext(MONEY):
            return positions.unrealised(held, self.instruments[instrument], self._exact(mark))

    def equity(self, account: AccountId | None, marks: Marks) -> Decimal | None:
        """What an account, or (None) all of them, is worth in the reporting currency.

        None when the mark of an open position or a conversion that is needed is unknown.
        """
        with localcontext(MONEY):
            worth = self._accounts.wallets(account)
            for (owner, _, name), position in self._positions.items():
                instrument = self.instruments[name]
                if position.quantity and account in (None, owner) and not _is_spot(instrument):
                    mark = marks.mark(name)
                    if mark is None:
                        return None
                    claim = positions.unbooked(position, instrument, self._exact(mark))
                    currency = positions.currency_of(instrument)
                    worth[currency] = worth.get(currency, self._number(0)) + claim
            return self._converted(worth, marks)

    def at_mids(self, marks: Marks) -> AtMids:
        """The same market with everything at its mid, as `attribution` sees it."""
        return AtMids(marks, self.instruments, self.references, self.reporting_currency)

    def attribution(
        self,
        marks: Marks,
        account: AccountId | None = None,
        strategy: StrategyName | None = None,
    ) -> Parts | None:
        """The parts of all change so far; they sum to `equity(account, at_mids(marks))`.

        account, strategy: only theirs; None: of all. None when a price is unknown.
        """
        with localcontext(MONEY):
            return self._attribution.parts(self.at_mids(marks), account, strategy)

    def differences(self) -> tuple[Difference, ...]:
        """Where the venue's last statement was not what was booked at that moment."""
        return self._statements.standing()

    # --- to remember -------------------------------------------------------------------

    def state(self) -> LedgerState:
        """All of it as a value that later events do not touch."""
        return LedgerState(
            reporting_currency=self.reporting_currency,
            references=tuple(sorted(self.references.items())),
            balances=self._accounts.rows(),
            positions=self.holdings(),
            applied=tuple(sorted(self._applied)),
            differences=self.differences(),
            attribution=self._attribution.state(),
        )

    @classmethod
    def restore(
        cls, instruments: Mapping[InstrumentId, Instrument], state: LedgerState
    ) -> "Ledger":
        """The ledger that `state()` described, with the terms that held then."""
        ledger = cls(instruments, state.reporting_currency, dict(state.references))
        ledger._accounts.restore(state.balances)
        for holding, position in state.positions:
            ledger._hold(holding, position)
        ledger._applied = set(state.applied)
        ledger._statements.restore(state.differences)
        ledger._attribution.restore(state.attribution)
        return ledger

    # --- how it is booked --------------------------------------------------------------

    def _book(
        self, event: Booked, strategy: StrategyName, mids: AtMids, decision: Decision | None
    ) -> Iterator[Posting]:
        if isinstance(event, Transfer):
            yield self._transfer(event, strategy, mids)
            return
        if isinstance(event, InterestPaid):
            yield self._interest(event, strategy, mids)
            return
        instrument = self.instruments[event.instrument]
        if isinstance(event, Fill):
            fill = trades.fill(event, strategy, instrument, decision, self._exact)
            yield from self._trade(fill, instrument, mids)
            return
        holders = self._holders(event.account, event.instrument)
        match event:
            case FundingPaid():
                yield from self._funding(event, instrument, holders, mids)
            case Settled() if not (holders and _has_expired(instrument, event)):
                yield from self._session(event, instrument, holders, mids)
            case Settled():
                for trade in trades.expiry(event, instrument, holders, self._exact):
                    yield from self._trade(trade, instrument, mids)
            case Liquidated() | Deleveraged():
                for trade in trades.forced(event, instrument, holders, self._exact):
                    yield from self._trade(trade, instrument, mids)

    def _trade(self, trade: Trade, instrument: Instrument, mids: AtMids) -> Iterator[Posting]:
        """The postings of one trade: its money, the coins of a spot trade, its fee."""
        before = self.position(trade.account, trade.strategy, instrument.id)
        after = positions.trade(before, instrument, trade.quantity, trade.price)
        yield self._change(trade, instrument, before, after)
        if _is_spot(instrument):
            coins = positions.size_of(instrument, trade.quantity, self._number)
            moved = {Heading.WALLET: coins, Heading.EXCHANGE: -coins}
            yield self._accounts.post(trade, instrument.base, moved)
        owner = (trade.account, trade.strategy)
        self._attribution.trade(
            owner, instrument, trade.quantity, trade.price, trade.decision, mids
        )
        if trade.fee:
            yield self._fee(trade, trade.fee, trade.fee_currency, mids)

    def _change(
        self, origin: Origin, instrument: Instrument, before: Position, after: Position
    ) -> Posting:
        """A position becomes another: its cost moves, and what was realised is paid."""
        self._hold((origin.account, origin.strategy, instrument.id), after)
        cost = after.cost - before.cost
        profit = after.realised - before.realised
        paid = cost if positions.is_paid_up(instrument) else self._number(0)
        amounts = {
            Heading.WALLET: profit - paid,
            Heading.POSITION: cost,
            Heading.OWED: paid - cost,
            Heading.REALISED: -profit,
        }
        return self._accounts.post(origin, positions.currency_of(instrument), amounts)

    def _hold(self, holding: Holding, after: Position) -> None:
        """Put a position in the place of the one before, and keep the account's sum with it."""
        account, _, instrument = holding
        before = self._positions.get(holding)
        had = 0 if before is None else before.quantity
        self._positions[holding] = after
        place = account, instrument
        if after.quantity != had:
            self._totals[place] = self._totals.get(place, 0) + after.quantity - had
            self.changes.at(account, instrument)

    def _fee(self, origin: Origin, fee: Decimal, currency: Currency, mids: AtMids) -> Posting:
        owner = (origin.account, origin.strategy)
        self._attribution.receive(owner, currency, {Part.FEES: -fee}, mids)
        return self._accounts.post(origin, currency, {Heading.WALLET: -fee, Heading.FEES: fee})

    def _funding(
        self, event: FundingPaid, instrument: Instrument, holders: trades.Holders, mids: AtMids
    ) -> Iterator[Posting]:
        self._statements.compare_funding(event, instrument)
        for strategy, amount in trades.funding_shares(event, holders, self._exact):
            origin = trades.origin(event, strategy, Cause.FUNDING, str(event.settles_ns))
            owner = (event.account, strategy)
            self._attribution.receive(owner, event.currency, {Part.FUNDING: amount}, mids)
            amounts = {Heading.WALLET: amount, Heading.FUNDING: -amount}
            yield self._accounts.post(origin, event.currency, amounts)

    def _session(
        self, event: Settled, instrument: Instrument, holders: trades.Holders, mids: AtMids
    ) -> Iterator[Posting]:
        """A session's profit is paid: what was unrealised is realised, and equity stays."""
        price = self._exact(event.price)
        shared = holders or [(EXTERNAL, 1)]
        fees = split(self._exact(event.fee), [abs(held) for _, held in shared])
        for (strategy, _), fee in zip(shared, fees, strict=True):
            origin = trades.origin(event, strategy, Cause.SETTLEMENT, str(event.ts_venue))
            before = self.position(event.account, strategy, instrument.id)
            if before.quantity:
                after = positions.settle(before, instrument, price)
                yield self._change(origin, instrument, before, after)
            if fee:
                yield self._fee(origin, fee, event.currency, mids)

    def _transfer(self, event: Transfer, strategy: StrategyName, mids: AtMids) -> Posting:
        amount = self._exact(event.amount)
        origin = trades.origin(event, strategy, Cause.TRANSFER, event.reference)
        owner = (event.account, strategy)
        self._attribution.receive(owner, event.currency, {Part.TRANSFERS: amount}, mids)
        amounts = {Heading.WALLET: amount, Heading.TRANSFER: -amount}
        return self._accounts.post(origin, event.currency, amounts)

    def _interest(self, event: InterestPaid, strategy: StrategyName, mids: AtMids) -> Posting:
        """Interest is what borrowed coins cost to hold: a part of funding."""
        amount = self._exact(event.amount)
        origin = trades.origin(event, strategy, Cause.INTEREST, str(event.ts_venue))
        owner = (event.account, strategy)
        self._attribution.receive(owner, event.currency, {Part.FUNDING: amount}, mids)
        amounts = {Heading.WALLET: amount, Heading.INTEREST: -amount}
        return self._accounts.post(origin, event.currency, amounts)

    def _holders(
        self, account: AccountId, instrument: InstrumentId
    ) -> list[tuple[StrategyName, int]]:
        """Who holds an instrument, and how many lots, by name."""
        return sorted(
            (strategy, position.quantity)
            for (owner, strategy, name), position in self._positions.items()
            if (owner, name) == (account, instrument) and position.quantity
        )

    def _converted(self, worth: Mapping[Currency, Decimal], marks: Marks) -> Decimal | None:
        total = self._number(0)
        for currency, amount in worth.items():
            own = currency == self.reporting_currency
            rate = Decimal(1) if own or amount == 0 else marks.conversion(currency)
            if rate is None:
                return None
            total += amount * self._exact(rate)
        return total

    def _exact(self, value: Decimal) -> Decimal:
        """A number as the ledger counts; ValueError when it is none."""
        if not value.is_finite():
            raise ValueError(f"ledger: got {value}, expected a finite number")
        return self._number(value)


def _is_spot(instrument: Instrument) -> bool:
    return instrument.kind is Kind.SPOT


def _has_expired(instrument: Instrument, event: Settled) -> bool:
    if instrument.expiry_ns is None:
        # A perpetual ends only by being delisted; while it trades, this pays a session's profit.
        return not instrument.active
    return event.ts_venue >= instrument.expiry_ns


def _identity(event: Booked) -> Applied:
    """What makes an event the same one when it comes twice."""
    match event:
        case Transfer():
            return (event.account, event.currency, f"transfer {event.reference}")
        case InterestPaid():
            return (event.account, event.currency, f"interest {event.ts_venue}")
        case FundingPaid():
            return (event.account, event.instrument, f"funding {event.settles_ns}")
        case Settled():
            return (event.account, event.instrument, f"settled {event.ts_venue}")
        case Fill() | Liquidated() | Deleveraged():
            return (event.account, event.instrument, event.trade_id)
