"""From what was seen of a run to its scorecard."""

from collections.abc import Iterator, Sequence

from bot.model.order import State as OrderState
from bot.model.units import NS_PER_HOUR, NS_PER_SECOND
from bot.modes.simulate.allowed import EXACT, allowed_in, unprovoked
from bot.modes.simulate.card import Card, Stretch, Verdict, drawdown, stretches
from bot.modes.simulate.faults import Which
from bot.modes.simulate.finished import Run, spans_of, told
from bot.modes.simulate.watch import Moment


def judge(run: Run) -> Card:
    """The scorecard of a run."""
    spans = list(spans_of(run))
    fault_ns = min((start for start, _ in spans), default=None)
    moments = run.watch.moments
    before = [one for one in moments if fault_ns is None or one.ns < fault_ns]
    after = [one for one in moments if fault_ns is not None and one.ns >= fault_ns]
    fills = sum(ns < fault_ns for ns in run.watch.fills) if fault_ns is not None else 0
    bare = stretches(after, run.bounds.calm)
    base = before[-1] if before else None
    allowed = allowed_in(run, spans, abs(base.open) if base else 0.0, after, bare)
    loss = drawdown([one.equity for one in after], base.equity if base else None)
    beyond_basis = drawdown([one.earned for one in after], base.earned if base else None)
    worst = max((abs(one.open) for one in after), default=0.0)
    naked_s = max((each.seconds for each in bare), default=0.0)
    recovered_s = _recovered_s(run, bare, after, fault_ns)
    why: list[str] = []
    void = list(_void(run, fault_ns, fills))
    if not void:
        why += unprovoked(run, before)
        if worst > allowed.open + EXACT:
            why.append(f"{worst:.4f} coins stood open, {allowed.open:.4f} were allowed")
        if naked_s > allowed.naked_s:
            why.append(f"open for {naked_s:.1f} s, {allowed.naked_s:.1f} s were allowed")
        if beyond_basis > allowed.loss + EXACT:
            why.append(f"lost {beyond_basis:.2f}, {allowed.loss:.2f} were allowed")
        if recovered_s is None and after:
            why.append(f"{abs(after[-1].open):.4f} coins still stand open at the end")
        why += _left_behind(run)
    return Card(
        scenario=run.scenario.name,
        strategy=run.strategy,
        seed=run.seed,
        verdict=Verdict.VOID if void else Verdict.FAILED if why else Verdict.PASSED,
        why=void or why,
        fault_s=None if fault_ns is None else (fault_ns - run.start_ns) / NS_PER_SECOND,
        faults=list(told(run)),
        fills_before=fills,
        orders_after=sum(fault_ns is not None and ns >= fault_ns for ns, _ in run.watch.sent),
        open_worst=worst,
        coin_seconds=max((each.coin_seconds for each in bare), default=0.0),
        quote_seconds=max((each.quote_seconds for each in bare), default=0.0),
        naked_s=naked_s,
        loss=loss,
        loss_beyond_basis=beyond_basis,
        recovered_s=recovered_s,
        ended=_ended(run),
        allowed=allowed,
        halts=[halt.text for halt in run.state.halts.state()],
        outcome_hash=run.outcome_hash,
    )


def _void(run: Run, fault_ns: int | None, fills: int) -> Iterator[str]:
    """Why nothing was tried."""
    asleep = [one for one in run.venue.armed.all if not one.done]
    if asleep:
        kinds = ", ".join(type(one.fault).__name__ for one in asleep)
        yield f"never came: {kinds}"
    if run.scenario.margin is not None and not run.watch.forced:
        yield "nothing was liquidated"
    if run.scenario.interval is not None and len({one.settles_ns for one in run.watch.paid}) < 2:
        yield "funding was not paid both before and after"
    if fault_ns is not None and not fills:
        yield "nothing had been traded before the fault"


def _recovered_s(
    run: Run, bare: Sequence[Stretch], after: Sequence[Moment], fault_ns: int | None
) -> float | None:
    if fault_ns is None or not after:
        return None
    left = abs(after[-1].open)
    if left > run.bounds.calm and not (run.scenario.lasting and left <= _lasting(run, after)):
        return None
    ends = [each.end_ns for each in bare if each.end_ns < after[-1].ns]
    return (max(ends, default=fault_ns) - fault_ns) / NS_PER_SECOND


def _lasting(run: Run, after: Sequence[Moment]) -> float:
    """What may stay open when the leg is gone for good, with nothing left to hold it against."""
    if not run.alone:
        return run.bounds.calm
    return run.bounds.calm + abs(run.bounds.elsewhere(after[-1].price))


def _ended(run: Run) -> str:
    held = [lots for lots in run.venue.positions.values() if lots]
    if not held and not run.bounds.inventory:
        return "flat"
    moments = run.watch.moments
    return "in step" if moments and abs(moments[-1].open) <= run.bounds.calm else "open"


def _left_behind(run: Run) -> Iterator[str]:
    """What must not be left: orders nobody knows of, books that differ, limits that are broken."""
    state, venue = run.state, run.venue
    live = {order.order_id: order for order in state.desk.blotter.live()}
    if strangers := venue.open_orders - live.keys():
        yield f"orders that nobody knows of: {', '.join(sorted(strangers))}"
    lost = (OrderState.UNKNOWN, OrderState.SENT)
    doubtful = [name for name, one in live.items() if one.state in lost]
    if doubtful:
        yield f"orders of which nobody knows where they stand: {', '.join(doubtful)}"
    ledger = state.ledger
    booked = {place: ledger.quantity(*place) for place in ledger.held()}
    if booked != venue.positions:
        yield f"the ledger holds {booked}, the venue {venue.positions}"
    for (account, currency), amount in venue.wallets.items():
        if ledger.wallet(account, currency) != amount:
            yield f"{account}: {ledger.wallet(account, currency)} {currency} booked, {amount} there"
    for used in state.usage():
        if used.ratio is not None and used.ratio > 1:
            yield f"{used.scope} {used.limit} {used.subject}: {used.used}, allowed {used.allowed}"
    if state.failed:
        yield f"raised: {state.failed}"
    legs, notice, interval = venue.armed.legs, run.scenario.notice, run.scenario.interval
    if notice is not None:
        at_ns = run.start_ns + notice.at_s * NS_PER_SECOND
        late = [ns for ns, name in run.watch.sent if name == legs[notice.which] and ns > at_ns]
        if late:
            yield f"{len(late)} orders were sent to a contract that is traded no more"
    if interval is not None:
        rate = state.market.rates[state.terms.number[legs[Which.DERIVATIVE]]]
        if rate is None or rate.interval_ns != interval.hours * NS_PER_HOUR:
            yield f"funding is taken to be {rate}, expected every {interval.hours} h"
