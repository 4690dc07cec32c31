"""Legs that are worth having only together, kept in step while they fill.

Each look starts from the positions as they are, so a partial, late, repeated or forced fill needs
no case of its own. The lead's next order is never larger than what may stand unhedged; whatever
it fills is hedged at once: posted, then crossed within the loss budget, then at any price in the
collar, and taken back when that does not work either.
"""

from bot.execution.budget import crossing_cost, loss_bps, loss_max, naked_ms
from bot.execution.draft import Draft
from bot.execution.holdings import Holdings
from bot.execution.legs import hedge, lead, rest, take_back
from bot.execution.matching import Look, level, size_legs, turn_over
from bot.execution.plan import Dust
from bot.execution.stages import AT_REST, BasketWork, Budget, Stage
from bot.model.units import NS_PER_MS


def steer_basket(draft: Draft, basket: BasketWork, budget: Budget, *, reducing: bool) -> None:
    """Bring a basket on by one look; `reducing`: only take back."""
    basket.due_ns = None
    if not basket.sized:
        if not size_legs(basket, draft.holdings):
            basket.due_ns = draft.retry_ns
            for leg in basket.legs:
                draft.wait(leg.work)
            return
        if basket.blocked:
            instrument = basket.legs[0].target.instrument
            draft.dust.append(Dust(basket.strategy, instrument, 0, basket.blocked))
    look = Look(draft, basket)
    if basket.after is not None and not look.beyond(look.positions) and not look.working:
        turn_over(basket)
        if basket.stage in (Stage.IDLE, Stage.LEADING, Stage.HEDGING):
            basket.move(Stage.CLOSED)
        look = Look(draft, basket)
    basket.positions = look.positions
    _watch(draft, basket, look)
    _move(draft, basket, look, budget, reducing=reducing)
    if basket.stage in AT_REST:
        rest(draft, basket, look)
    elif basket.stage in (Stage.UNWINDING, Stage.REPAIR):
        take_back(draft, basket, look, reducing=reducing)
    else:
        lead(draft, basket, look, reducing=reducing)
        hedge(draft, basket, look, budget)
    basket.due_ns = _due(draft, basket, budget)


def stirs(basket: BasketWork, holdings: Holdings) -> bool:
    """Whether a basket must be looked at: a fill, a report, a new want or a clock."""
    if basket.due_ns is not None and holdings.now >= basket.due_ns:
        return True
    position, strategy = holdings.position, basket.strategy
    return any(leg.work.seen != position(strategy, leg.work.instrument) for leg in basket.legs)


def _watch(draft: Draft, basket: BasketWork, look: Look) -> None:
    """Start and stop the clock of what stands unhedged."""
    if basket.stage in (Stage.UNWINDING, Stage.REPAIR):
        return
    if not look.naked:
        basket.naked_ns, basket.tries, basket.forced = None, 0, False
    elif basket.naked_ns is None:
        basket.naked_ns = draft.now
        for leg in basket.legs:
            touch = draft.holdings.touch(leg.work.instrument)
            leg.twice_mid = None if touch is None else touch[0] + touch[2]


def _move(draft: Draft, basket: BasketWork, look: Look, budget: Budget, *, reducing: bool) -> None:
    """Go through stages until one stays."""
    for _ in Stage:
        stage = _next_stage(draft, basket, look, budget, reducing=reducing)
        if stage is basket.stage:
            return
        basket.move(stage)
    raise AssertionError(f"basket {basket.name}: its stages go round without an order")


def _next_stage(
    draft: Draft, basket: BasketWork, look: Look, budget: Budget, *, reducing: bool
) -> Stage:
    stage, now = basket.stage, draft.now
    if stage in (Stage.UNWINDING, Stage.REPAIR):
        return _while_taking_back(draft, basket, look, budget)
    if look.naked:
        return _while_naked(draft, basket, look, budget, reducing=reducing)
    goals = [leg.goal for leg in basket.legs]
    if stage is Stage.UNWOUND and now < basket.rest_ns and any(goals):
        return stage
    gaps = look.gaps(goals)
    if not look.beyond(gaps) and not look.working:
        return Stage.BALANCED if any(goals) else Stage.CLOSED
    if stage is Stage.UNWOUND:
        return Stage.IDLE
    if stage in AT_REST:
        outside = any(abs(gap) >= leg.band for gap, leg in zip(gaps, basket.legs, strict=True))
        return Stage.IDLE if outside or not any(goals) else stage
    return Stage.LEADING if look.working or stage is not Stage.IDLE else Stage.IDLE


def _while_naked(
    draft: Draft, basket: BasketWork, look: Look, budget: Budget, *, reducing: bool
) -> Stage:
    """Go on hedging, or give up: when it may not add, has failed often, or a budget is used up."""
    assert basket.naked_ns is not None
    attempts, elapsed = draft.patience.hedge_attempts, draft.now - basket.naked_ns
    naked_ns_max = naked_ms(basket, budget) * NS_PER_MS
    if not _adds(look):
        return Stage.REPAIR if _stuck(draft, basket, budget) else Stage.HEDGING
    if reducing or basket.tries >= 2 * attempts or elapsed >= 2 * naked_ns_max:
        return _give_up(draft, basket)
    lost = loss_bps(draft, basket, look)
    if not basket.forced and (elapsed >= naked_ns_max or lost >= loss_max(basket, budget)):
        back = look.gaps(level(basket, look.positions))
        if crossing_cost(draft, basket, back) < crossing_cost(draft, basket, look.missing):
            return _give_up(draft, basket)
        basket.forced = True
    return Stage.HEDGING


def _while_taking_back(draft: Draft, basket: BasketWork, look: Look, budget: Budget) -> Stage:
    if not look.naked and not look.working:
        basket.rest_ns = draft.now + draft.patience.rest_ms * NS_PER_MS
        basket.naked_ns, basket.tries = None, 0
        return Stage.UNWOUND
    if basket.stage is Stage.UNWINDING and _stuck(draft, basket, budget):
        return Stage.REPAIR
    return basket.stage


def _give_up(draft: Draft, basket: BasketWork) -> Stage:
    basket.naked_ns, basket.tries, basket.forced = draft.now, 0, False
    return Stage.UNWINDING


def _stuck(draft: Draft, basket: BasketWork, budget: Budget) -> bool:
    """Whether neither orders nor time have brought it into step."""
    assert basket.naked_ns is not None
    waited = draft.now - basket.naked_ns >= 2 * naked_ms(basket, budget) * NS_PER_MS
    return waited or basket.tries >= 3 * draft.patience.hedge_attempts


def _adds(look: Look) -> bool:
    """Whether hedging makes a leg larger, rather than taking it back."""
    triples = zip(look.wanted, look.positions, look.smallest, strict=True)
    return any(
        abs(wanted) > abs(held) and abs(wanted - held) >= least for wanted, held, least in triples
    )


def _due(draft: Draft, basket: BasketWork, budget: Budget) -> int | None:
    """The next moment at which a clock of the basket or of a leg changes something."""
    times = [leg.work.due_ns for leg in basket.legs]
    if basket.naked_ns is not None:
        naked = naked_ms(basket, budget)
        waits = (draft.patience.hedge_ms, naked, 2 * naked)
        times += [basket.naked_ns + ms * NS_PER_MS for ms in waits]
        times.append(draft.now + draft.patience.repeg_ms * NS_PER_MS)  # for the loss budget
    if basket.stage is Stage.UNWOUND:
        times.append(basket.rest_ns)
    return min((ns for ns in times if ns is not None and ns > draft.now), default=None)
