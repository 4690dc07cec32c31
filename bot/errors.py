"""What can go wrong in a way a person can put right: one error, one message, one exit code.

Each says what failed, where, what was seen, what was expected and how to fix it, in one block
and without a traceback:

    error[config] config/live.toml risk.order_notional_max: got "10k", expected a number > 0; ...

A broken invariant of ours is none of these: that is an assert, and it crashes.
"""

from typing import ClassVar


class BotError(Exception):
    """Something failed, and the message tells how to put it right; `exit_code` ends the process.

    where: the file and key, or the venue and symbol. seen: the offending value, `quoted`.
    """

    kind: ClassVar[str] = "bug"
    exit_code: ClassVar[int] = 1

    def __init__(self, where: str, seen: str, expected: str, fix: str) -> None:
        super().__init__(
            where, seen, expected, fix
        )  # all of them: an error crosses process borders by its arguments
        self.where = where
        self.seen = seen
        self.expected = expected
        self.fix = fix

    def __str__(self) -> str:
        found = f"{self.where}: got {self.seen}, expected {self.expected}"
        return f"error[{self.kind}] {found}; {self.fix}"


class UsageError(BotError):
    """The command line asks for something that does not exist or does not fit together."""

    kind = "usage"
    exit_code = 2


class ConfigError(BotError):
    """A setting is missing, misspelt or out of range; caps, ports and unknown symbols too."""

    kind = "config"
    exit_code = 2


class DataError(BotError):
    """A recording cannot be used, or a replayed session decides otherwise than it did."""

    kind = "data"
    exit_code = 3


class NotFoundError(BotError):
    """The order, session, recording or strategy that was named is not there."""

    kind = "not-found"
    exit_code = 4


class PreflightError(BotError):
    """A check before the start failed: clock, account mode, position mode."""

    kind = "preflight"
    exit_code = 5


class VenueUnreachable(BotError):
    """The venue or the network does not answer."""

    kind = "unreachable"
    exit_code = 6


class CredentialsError(BotError):
    """A key is missing, wrong, or may not do what is asked (or may do more than it should)."""

    kind = "credentials"
    exit_code = 7


class RiskHalt(BotError):
    """A limit was reached that stops trading until a person looks."""

    kind = "risk"
    exit_code = 8


class ReconcileMismatch(BotError):
    """The venue's position or contract size differs from what the journal says."""

    kind = "reconcile"
    exit_code = 9


class AlreadyRunning(BotError):
    """Another bot holds this session."""

    kind = "running"
    exit_code = 10


class JournalError(BotError):
    """The journal cannot be written or read back: disk full, unwritable, damaged."""

    kind = "journal"
    exit_code = 11


class StrategyFailed(BotError):
    """A strategy raised or returned nonsense; it alone was halted."""

    kind = "strategy"
    exit_code = 12


def quoted(value: object) -> str:
    """A value as a config file spells it: `"10k"`, `true`, `10000`; `nothing` when it is absent."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return str(value)
