"""What a strategy's own bounds admit in a run, with the fault's time and what the fault took."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from bot.execution.stages import Budget
from bot.model.units import NS_PER_SECOND
from bot.modes.simulate.card import Allowed, Stretch, stretches
from bot.modes.simulate.finished import Run
from bot.modes.simulate.watch import Moment

BPS: Final = 1e4
EXACT: Final = 1e-9
"""Coins and quote are compared so far; sums of floats are no further."""
PRICED_NS: Final = NS_PER_SECOND
"""So long before and after a fault a price is known."""


def allowed_in(
    run: Run,
    spans: Sequence[tuple[int, int]],
    open_before: float,
    after: Sequence[Moment],
    bare: Sequence[Stretch],
) -> Allowed:
    """The strategy's own bounds, the fault's span, and what the fault took."""
    budget = budget_of(run)
    taken, drift = _taken(run, after), _drift(run, spans, after)
    bounds = run.bounds
    most = bounds.most + taken + drift
    if not bounds.always:  # what was still being worked when the fault came stands open in it
        most = max(most, open_before + taken + drift)
    price = after[-1].price if after else 0.0
    sizes = [abs(size) for one in run.watch.moments for size in one.held.values()]
    notional = max(sizes, default=0.0) * price
    trips = 1 + run.state.desk.baskets_unwound
    open_moves = sum(min(each.open, most) * (each.high - each.low) for each in bare)
    high, low = (f((one.price for one in after), default=0.0) for f in (max, min))
    calm_moves = bounds.calm * (high - low)
    forced = sum(float(one.fee) for one in run.watch.forced)
    return Allowed(
        open=most,
        naked_s=_patience_s(run, budget) + _union_s(spans),
        loss=budget.loss_bps_max * notional * trips / BPS + open_moves + calm_moves + forced,
    )


def _patience_s(run: Run, budget: Budget) -> float:
    """How long may stand open what can be helped.

    A basket has a time of its own; a single target is worked by the desk's patience, which rests
    after orders that came back, at the longest so long.
    """
    if run.state.desk.baskets:
        return budget.naked_ms_max / 1e3
    patience = run.state.desk.config.patience
    return (patience.retry_ms_max + patience.patience_ms) / 1e3


def budget_of(run: Run) -> Budget:
    """What the basket stated, else what the configuration did."""
    stated = run.state.desk.config.budget
    for basket in run.state.desk.baskets:
        terms = basket.terms
        return Budget(
            loss_bps_max=stated.loss_bps_max if terms.loss_bps_max is None else terms.loss_bps_max,
            naked_ms_max=stated.naked_ms_max if terms.naked_ms_max is None else terms.naked_ms_max,
        )
    return stated


def _taken(run: Run, after: Sequence[Moment]) -> float:
    """Coins that the fault itself took or gave."""
    if not after:
        return 0.0
    price = Decimal(repr(after[0].price))
    by_id = run.state.terms.by_id
    lots = [(one.instrument, one.lots) for one in run.venue.armed.fired]
    lots += [(one.instrument, one.size) for one in run.watch.forced]
    return float(sum(by_id[name].base_amount(size, price) for name, size in lots))


def _drift(run: Run, spans: Sequence[tuple[int, int]], after: Sequence[Moment]) -> float:
    """Coins by which what is held elsewhere changed while the fault lasted."""
    inside = [
        run.bounds.elsewhere(one.price)
        for one in after
        if any(start - PRICED_NS <= one.ns <= end + PRICED_NS for start, end in spans)
    ]
    return max(inside, default=0.0) - min(inside, default=0.0)


def _union_s(spans: Sequence[tuple[int, int]]) -> float:
    """Seconds that the spans cover together."""
    covered, until = 0, 0
    for start, end in sorted(spans):
        covered += max(0, end - max(start, until))
        until = max(until, end)
    return covered / NS_PER_SECOND


def unprovoked(run: Run, before: Sequence[Moment]) -> Iterator[str]:
    """What stood open though nothing had gone wrong yet."""
    bounds = run.bounds
    worst = max((abs(one.open) for one in before), default=0.0)
    if bounds.always and worst > bounds.most + EXACT:
        yield f"{worst:.4f} coins stood open before the fault, {bounds.most:.4f} were allowed"
    longest = max((each.seconds for each in stretches(before, bounds.calm)), default=0.0)
    patience_s = _patience_s(run, budget_of(run))
    if longest > patience_s:
        yield f"open for {longest:.1f} s before the fault, {patience_s:.1f} s were allowed"
