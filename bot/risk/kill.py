"""Who may not trade, why, and who has looked at it.

A halt is latched: it outlives its cause, and a restart. Re-arming takes two acts of a person:
`acknowledge` says that the reasons were read, `resume` lifts them. A new reason between the two
must be acknowledged again.
"""

import enum

from msgspec import Struct
from msgspec.structs import replace

from bot.model.units import AccountId, StrategyName
from bot.risk.limits import TOTAL, Level, Scope


class Mode(enum.IntEnum):
    """What is still allowed. Cancels always are.

    REDUCE_ONLY: orders that bring a position nearer to zero; the kill switch, losses, pauses.
    HALTED: no order at all; for when our own arithmetic is in doubt (a position that differs
        from the venue's, an overfill, orders repeating without end), so that even a reduction
        might not be one.
    """

    ACTIVE = 0
    REDUCE_ONLY = 1
    HALTED = 2


class Reason(Struct, frozen=True):
    """One cause of a halt. acknowledged_by: who has read it; None: nobody yet."""

    mode: Mode
    text: str
    since_ns: int
    acknowledged_by: str | None = None


class Halt(Struct, frozen=True):
    """A scope that may not trade freely, with every reason that stands."""

    scope: Scope
    reasons: tuple[Reason, ...]

    @property
    def mode(self) -> Mode:
        """The strictest of its reasons."""
        return max(reason.mode for reason in self.reasons)

    @property
    def text(self) -> str:
        """Scope and reasons in one line."""
        return f"{self.scope}: " + "; ".join(reason.text for reason in self.reasons)


class Halts:
    """All halts that stand; part of what is snapshotted."""

    def __init__(self) -> None:
        """Begin with nothing halted."""
        self._halts: dict[Scope, Halt] = {}

    def halt(self, scope: Scope, mode: Mode, text: str, now: int) -> bool:
        """Latch a reason; False when it already stands unread, so that alerts do not repeat.

        text: without figures that move, or the same cause would stand there many times.
        """
        if mode is Mode.ACTIVE:
            raise ValueError("halt: got ACTIVE, expected REDUCE_ONLY or HALTED")
        reason = Reason(mode, text, now)
        standing = self._reasons(scope)
        for index, known in enumerate(standing):
            if known.mode is mode and known.text == text:
                if known.acknowledged_by is None:
                    return False
                standing = standing[:index] + standing[index + 1 :]
                break
        self._halts[scope] = Halt(scope, (*standing, reason))
        return True

    def pause(self, scope: Scope, who: str, why: str, now: int) -> None:
        """Stop taking risk because a person says so; their own `resume` is enough to go on."""
        text = f"paused by {who}: {why}"
        standing = self._reasons(scope)
        if not any(known.text == text for known in standing):
            reason = Reason(Mode.REDUCE_ONLY, text, now, acknowledged_by=who)
            self._halts[scope] = Halt(scope, (*standing, reason))

    def acknowledge(self, scope: Scope, who: str) -> str | None:
        """The first act: the reasons were read. Returns what is wrong with it, if anything."""
        if scope not in self._halts:
            return f"{scope}: nothing to acknowledge, expected a halt"
        read = (
            reason if reason.acknowledged_by else replace(reason, acknowledged_by=who)
            for reason in self._halts[scope].reasons
        )
        self._halts[scope] = Halt(scope, tuple(read))
        return None

    def resume(self, scope: Scope) -> str | None:
        """The second act: trade again. Returns why not, and then nothing is lifted."""
        if scope not in self._halts:
            return f"{scope}: nothing to resume, expected a halt or a pause"
        unread = [reason.text for reason in self._reasons(scope) if reason.acknowledged_by is None]
        if unread:
            return f"{scope}: {'; '.join(unread)}: expected to be acknowledged first"
        del self._halts[scope]
        return None

    def standing(self, account: AccountId, strategy: StrategyName) -> tuple[Mode, str]:
        """The strictest mode over a strategy's orders in an account, and every reason for it."""
        if not self._halts:
            return Mode.ACTIVE, ""
        scopes = (TOTAL, Scope(Level.ACCOUNT, account), Scope(Level.STRATEGY, strategy))
        found = [self._halts[scope] for scope in scopes if scope in self._halts]
        mode = max((halt.mode for halt in found), default=Mode.ACTIVE)
        return mode, "; ".join(halt.text for halt in found)

    @property
    def none(self) -> bool:
        """Whether nothing is halted."""
        return not self._halts

    def state(self) -> tuple[Halt, ...]:
        """Everything that stands, in the order of scopes; encodable."""
        return tuple(self._halts[scope] for scope in sorted(self._halts))

    def restore(self, state: tuple[Halt, ...]) -> None:
        """Stand where `state` stood."""
        self._halts = {halt.scope: halt for halt in state}

    def _reasons(self, scope: Scope) -> tuple[Reason, ...]:
        halt = self._halts.get(scope)
        return halt.reasons if halt else ()
