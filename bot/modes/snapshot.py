"""The engine's state as a `Snapshot`, made at most ten times a second however many ask."""

from collections.abc import Callable
from decimal import Decimal
from typing import Final

from msgspec import structs

from bot.engine.outcome import Asked, Outcome
from bot.engine.state import State
from bot.execution.permits import Permit
from bot.model.event import OperatorCommand
from bot.model.instrument import Kind
from bot.model.snapshot import (
    BasketLine,
    FeedLine,
    FundingLine,
    GateLine,
    LimitLine,
    OrderLine,
    PositionLine,
    ScoreLine,
    Snapshot,
    StrategyLine,
)
from bot.model.units import NS_PER_HOUR, NS_PER_MS, Currency, StrategyName
from bot.modes.recorder import Recorder
from bot.modes.series import as_parts

EVERY_NS: Final = 100 * NS_PER_MS
NOTES: Final = 20


class Exporter:
    """Looks at an engine for everyone else."""

    def __init__(
        self, state: State, recorder: Recorder, session: str, run: int, clock: Callable[[], int]
    ) -> None:
        """Look at this engine. clock: ns that never step back."""
        self._state = state
        self._recorder = recorder
        self._session = session
        self._run = run
        self._clock = clock
        self._last: dict[StrategyName, tuple[int, Asked]] = {}
        self._made: tuple[int, Snapshot] | None = None

    def watch(self, outcome: Outcome) -> None:
        """Remember what each strategy was asked last; after a command, look anew."""
        if isinstance(outcome.event, OperatorCommand):
            self._made = None
        for asked in outcome.asked:
            self._last[asked.strategy] = (outcome.now, asked)

    def snapshot(self) -> Snapshot:
        """The state now, or as it was less than a tenth of a second ago."""
        now = self._clock()
        if self._made is None or now - self._made[0] >= EVERY_NS:
            self._made = (now, self._make())
        return self._made[1]

    def _make(self) -> Snapshot:
        state = self._state
        return Snapshot(
            mode="paper",
            session=self._session,
            run=self._run,
            now=state.now,
            equity=state.ledger.equity(None, state.market),
            reporting_currency=state.settings.reporting_currency,
            profit=as_parts(state.ledger.attribution(state.market)),
            delta=self._delta(),
            positions=self._positions(),
            orders=self._orders(),
            limits=self._limits(),
            strategies=tuple(self._strategy(name) for name in state.names),
            scores=self._scores(),
            gates=tuple(
                GateLine(name, gate.name, gate.value, gate.above, gate.below, gate.passed)
                for name, (_, asked) in sorted(self._last.items())
                for gate in asked.gates
            ),
            baskets=self._baskets(),
            feeds=self._feeds(),
            funding=self._funding(),
            halts=tuple(halt.text for halt in state.halts.state()),
            counts={
                **structs.asdict(self._recorder.counts),
                "baskets_closed": state.desk.baskets_closed,
                "baskets_unwound": state.desk.baskets_unwound,
            },
            notes=tuple(self._recorder.notes[-NOTES:]),
        )

    def _delta(self) -> dict[Currency, Decimal | None]:
        """Base coins by underlying, over all accounts; None where a mark is unknown."""
        state = self._state
        totals: dict[Currency, Decimal | None] = {}
        for (_, _, name), held in state.ledger.holdings():
            listed = state.terms.by_id[name]
            mark = state.market.mark(name)
            before = totals.get(listed.base, Decimal(0))
            if not held.quantity:
                totals.setdefault(listed.base, Decimal(0))
            elif mark is None or before is None or listed.kind is Kind.OPTION:
                totals[listed.base] = None
            else:
                totals[listed.base] = before + listed.base_amount(held.quantity, mark)
        return totals

    def _positions(self) -> tuple[PositionLine, ...]:
        state = self._state
        lines = []
        for (_, strategy, name), held in state.ledger.holdings():
            listed = state.terms.by_id[name]
            mark, rate = state.market.mark(name), state.market.conversion(listed.quote)
            if listed.kind is Kind.OPTION:  # what it controls: its coins at their price
                mark, rate = state.market.conversion(listed.base), Decimal(1)
            notional = None
            if mark is not None and rate is not None:
                notional = listed.notional(held.quantity, mark) * rate
            if held.quantity:
                amount = listed.amount(held.quantity)
                lines.append(PositionLine(strategy, name, held.quantity, amount, notional))
        return tuple(lines)

    def _orders(self) -> tuple[OrderLine, ...]:
        lines = []
        for order in self._state.desk.blotter.live():
            proposal = order.proposal
            listed = self._state.terms.by_id[proposal.instrument]
            lines.append(
                OrderLine(
                    order.order_id,
                    proposal.strategy,
                    proposal.instrument,
                    order.side.name.lower(),
                    listed.price(order.price),
                    listed.amount(order.remaining),
                    order.state.value,
                    proposal.reason,
                )
            )
        return tuple(lines)

    def _limits(self) -> tuple[LimitLine, ...]:
        state = self._state
        found = state.usage()
        return tuple(
            LimitLine(str(one.scope), one.limit, one.subject, one.used, one.allowed, one.ratio)
            for one in found
        )

    def _strategy(self, name: StrategyName) -> StrategyLine:
        permit, why = self._state.desk.permit(name)
        decided, asked = self._last.get(name, (None, None))
        idle = (
            self._state.failed.get(name)
            or self._state.starved.get(name)
            or self._state.alarmed.get(name)
            or why
        )
        if not idle and permit is Permit.TRADE:
            closed = [gate.name for gate in asked.gates if not gate.passed] if asked else []
            idle = f"gate {', '.join(closed)} is closed" if closed else ""
            idle = idle if asked else "not asked yet"
        return StrategyLine(name, permit.value, idle, decided)

    def _scores(self) -> tuple[ScoreLine, ...]:
        market = self._state.market
        lines = []
        for name, entries in zip(self._state.names, market.table.entries, strict=True):
            for watch, entry in entries.items():
                score = market.table.score(entry, market.book, market.now)
                age_ms = None if score.age_ns is None else score.age_ns // NS_PER_MS
                lines.append(ScoreLine(name, watch, score.value, score.z, age_ms, score.stale))
        return tuple(lines)

    def _baskets(self) -> tuple[BasketLine, ...]:
        return tuple(
            BasketLine(
                one.name,
                one.strategy,
                one.stage.value,
                tuple(leg.work.instrument for leg in one.legs),
                tuple(one.positions),
                one.blocked,
            )
            for one in self._state.desk.baskets
        )

    def _feeds(self) -> tuple[FeedLine, ...]:
        market = self._state.market
        lines = []
        for one in self._state.terms.listed:
            age_ns = market.quote_age_ns(one.id)
            age_ms = None if age_ns is None else age_ns // NS_PER_MS
            lines.append(FeedLine(one.id, age_ms, market.mid(one.id), one.id in market.lost))
        return tuple(lines)

    def _funding(self) -> tuple[FundingLine, ...]:
        state = self._state
        lines = []
        for one in state.terms.listed:
            rate = state.market.funding_in_force(one.id)
            if rate is not None:
                hours = Decimal(rate.interval_ns) / NS_PER_HOUR
                lines.append(FundingLine(one.id, rate.rate, hours, rate.settles_ns, rate.predicted))
        return tuple(lines)
