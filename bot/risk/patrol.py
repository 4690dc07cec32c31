"""What is looked at every second, orders or not, and halts what must not go on."""

from bot.risk.checks import loss, text
from bot.risk.exposure import Exposure
from bot.risk.kill import Halts, Mode
from bot.risk.limits import LimitBook, Scope
from bot.risk.prices import Unknown


def patrol(exposure: Exposure, limits: LimitBook, halts: Halts) -> list[Scope]:
    """Halt every scope that has lost more than its day allows; returns those newly halted.

    A loss that nobody can measure halts nothing here: the review refuses new risk by then.
    """
    halted = []
    for scope, bounds in limits.scopes():
        allowed = bounds.daily_loss_max
        if allowed is None:
            continue
        try:
            beyond = loss(exposure, scope) > allowed
        except Unknown:
            continue
        reason = f"daily_loss_max {text(allowed)}"
        if beyond and halts.halt(scope, Mode.REDUCE_ONLY, reason, exposure.now):
            halted.append(scope)
    return halted
