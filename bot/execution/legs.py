"""The orders of a basket's legs: the lead's next step, its hedges, and the way back."""

from decimal import Decimal

from bot.execution.budget import naked_ms, price_limit
from bot.execution.draft import Ask, Draft
from bot.execution.matching import Look, level, naked_base
from bot.execution.plan import Dust, Reserve
from bot.execution.sizing import child_size
from bot.execution.stages import BasketWork, Budget, Leg
from bot.execution.working import Style, style_of, style_until
from bot.model.command import Proposal, Side
from bot.model.intent import Urgency
from bot.model.units import NS_PER_MS


def rest(draft: Draft, basket: BasketWork, look: Look) -> None:
    """Nothing should be working: take back what is."""
    basket.spent_bps = 0.0
    for leg, position in zip(basket.legs, look.positions, strict=True):
        draft.steer(leg.work, _ask(basket, look, leg, position, Style.POST, "rest"))


def take_back(draft: Draft, basket: BasketWork, look: Look, *, reducing: bool) -> None:
    """Bring the legs into step by reducing; by completing when too little is left to reduce."""
    goals = level(basket, look.positions)
    if look.naked and not look.beyond(look.gaps(goals)) and not reducing:
        goals = look.wanted
    for leg, goal in zip(basket.legs, goals, strict=True):
        draft.steer(leg.work, _ask(basket, look, leg, goal, Style.MARKET, "unwind"))


def lead(draft: Draft, basket: BasketWork, look: Look, *, reducing: bool) -> None:
    """Work the first leg by one step that may be filled whole before its hedge is."""
    leg, now = basket.lead, draft.now
    at = basket.legs.index(leg)
    position = look.positions[at]
    style = style_of(leg.target.urgency, leg.work, now, draft.patience)
    until = style_until(leg.target.urgency, leg.work, draft.patience)
    step = _step(draft, basket, look, at, reducing=reducing)
    if step and not basket.reserved and _grows(basket, look):
        whole = whole_legs(draft, basket, look)
        if whole is None:
            step = 0
        else:
            draft.reserves.append(Reserve(basket.name, basket.strategy, whole))
    goal = position + step
    ask = _ask(basket, look, leg, goal, style, "lead", most=abs(step), until_ns=until)
    draft.steer(leg.work, ask)
    if step == 0 and leg.goal != position and leg.work.due_ns is None and not reducing:
        # Something is unknown, or too small at this price: that may change without a report.
        leg.work.due_ns = draft.now + draft.patience.retry_ms_max * NS_PER_MS


def _step(draft: Draft, basket: BasketWork, look: Look, at: int, *, reducing: bool) -> int:
    """Signed lots that the lead may go now, so that even a whole fill stays within the bound."""
    leg, position, smallest = basket.legs[at], look.positions[at], look.smallest[at]
    rest = leg.goal - position
    opens = abs(leg.goal) > abs(position)
    if rest == 0 or basket.forced or (opens and (reducing or not look.live)):
        return 0
    room = Decimal(repr(basket.terms.max_unhedged)) - naked_base(basket.legs, look.missing)
    if opens and _blocked(draft, basket, look, at):
        return 0
    cap = max(0, int(room / leg.base))
    if not opens and not look.naked:
        cap = max(cap, smallest)  # closing is never prevented
    standing = sum(order.remaining for order in look.orders[at].values())
    size = max(child_size(abs(rest), cap, smallest), min(abs(rest), cap, standing))
    return size if rest > 0 else -size


def _blocked(draft: Draft, basket: BasketWork, look: Look, at: int) -> bool:
    """Whether the smallest orders are too large for what may stand unhedged."""
    sizes = [least * leg.base for leg, least in zip(basket.legs, look.smallest, strict=True)]
    needed = sizes[at] + max(size for i, size in enumerate(sizes) if i != at)
    why = ""
    if needed > Decimal(repr(basket.terms.max_unhedged)):
        bound = basket.terms.max_unhedged
        why = f"max_unhedged: got {bound:g}, the legs' smallest orders need {needed.normalize():f}"
    if why and why != basket.blocked:
        leg = basket.legs[at]
        missing = leg.goal - look.positions[at]
        draft.dust.append(Dust(basket.strategy, leg.work.instrument, missing, why))
    basket.blocked = why
    return bool(why)


def hedge(draft: Draft, basket: BasketWork, look: Look, budget: Budget) -> None:
    """Work every other leg toward its counterpart, harder the longer it takes."""
    lead, patience = basket.lead, draft.patience
    elapsed = 0 if basket.naked_ns is None else draft.now - basket.naked_ns
    too_much = naked_base(basket.legs, look.missing) > Decimal(repr(basket.terms.max_unhedged))
    out_of_time = elapsed >= naked_ms(basket, budget) * NS_PER_MS
    for leg, goal, missing in zip(basket.legs, look.wanted, look.missing, strict=True):
        if leg is lead:
            continue
        style, limit = Style.POST, None
        if basket.forced or out_of_time or basket.tries >= patience.hedge_attempts:
            style = Style.MARKET
        elif (
            leg.target.urgency is Urgency.URGENT
            or too_much
            or elapsed >= patience.hedge_ms * NS_PER_MS
        ):
            style, limit = Style.CROSS, price_limit(basket, leg, missing, budget)
        draft.steer(leg.work, _ask(basket, look, leg, goal, style, "hedge", limit=limit))


def whole_legs(draft: Draft, basket: BasketWork, look: Look) -> tuple[Proposal, ...] | None:
    """What is still to be ordered of every leg, at its worst; None when a price is unknown."""
    legs = []
    for leg, gap in zip(basket.legs, look.gaps([leg.goal for leg in basket.legs]), strict=True):
        side = Side.BUY if gap > 0 else Side.SELL
        orders = draft.blotter.working(basket.strategy, leg.work.instrument).values()
        size = abs(gap) - sum(order.remaining for order in orders if order.side is side)
        if size <= 0:
            continue
        instrument = draft.holdings.instrument(leg.work.instrument)
        price = draft.price(instrument, side, Style.MARKET)
        if price is None:
            return None
        ask = _ask(basket, look, leg, leg.goal, Style.MARKET, "reserve")
        legs.append(draft.propose(leg.work, ask, side, size, price))
    return tuple(legs)


def _ask(
    basket: BasketWork,
    look: Look,
    leg: Leg,
    goal: int,
    style: Style,
    reason: str,
    *,
    most: int | None = None,
    limit: int | None = None,
    until_ns: int | None = None,
) -> Ask:
    return Ask(
        goal=goal,
        position=look.positions[basket.legs.index(leg)],
        style=style,
        reason=reason,
        most=most,
        limit=limit,
        until_ns=until_ns,
        basket=basket.name,
    )


def _grows(basket: BasketWork, look: Look) -> bool:
    pairs = zip(basket.legs, look.positions, strict=True)
    return any(abs(leg.goal) > abs(position) for leg, position in pairs)
