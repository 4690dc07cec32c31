"""One position, brought to where a strategy wants it."""

from msgspec import Struct

from bot.execution.draft import Ask, Draft
from bot.execution.sizing import lots_of, reduced
from bot.execution.working import Work, style_at, style_until
from bot.model.intent import Target
from bot.model.units import NS_PER_MS


class TargetWork(Struct, tag=True):
    """A standing target. goal, band: lots; None until they could be converted."""

    target: Target
    work: Work
    goal: int | None = None
    band: int = 0


def steer_target(draft: Draft, entry: TargetWork, *, reducing: bool) -> None:
    """Order what is missing from the target, converted at the mark of when it was stated.

    No order while less than the band is missing, but for a target of 0, which leaves nothing.
    With `reducing`, or without market data to trade on, a position is only taken back.
    """
    work, target, holdings = entry.work, entry.target, draft.holdings
    if entry.goal is None:
        instrument, mark = holdings.instrument(work.instrument), holdings.mark(work.instrument)
        entry.goal = lots_of(target.quantity, target.unit, instrument, mark)
        entry.band = lots_of(target.band or 0, target.unit, instrument, mark) or 0
    if entry.goal is None:
        draft.wait(work)
        return
    position = holdings.position(work.strategy, work.instrument)
    live = holdings.live(work.instrument)
    reducing = reducing or not live
    goal = reduced(entry.goal, position) if reducing else entry.goal
    until_ns = style_until(target.urgency, work, draft.patience)
    ask = Ask(
        goal=goal,
        position=position,
        style=style_at(target.urgency, until_ns, draft.now),
        reason="target",
        band=entry.band,
        slack=0 if reducing or goal == 0 else max(0, entry.band - 1),
        until_ns=until_ns,
    )
    draft.steer(work, ask)
    if not live and goal != entry.goal and work.due_ns is None:
        # Its book will be back without a word to us.
        work.due_ns = draft.now + draft.patience.retry_ms_max * NS_PER_MS
