"""The same run under other assumptions: what it came to, and what that says of it."""

import enum
from collections.abc import Sequence
from decimal import Decimal

from msgspec import Struct

STRICT = "risk-averse"
"""The queue rule that a result is to be trusted under."""


class Verdict(enum.StrEnum):
    """What the sign of the result does when an assumption changes."""

    HOLDS = "earns under every assumption"
    LOSES = "earns under none of the assumptions"
    KIND = "lives only under the kind model: it earns nothing under the risk-averse queue"
    LINE = "its sign changes with the line: trust it on no other one"
    MIXED = "its sign depends on the assumptions"
    UNKNOWN = "unknown: a price is missing"


class Case(Struct, frozen=True, kw_only=True):
    """One run under a line and a queue rule.

    line: in words; as_run: the line is the run's own. own: all of it is. equity_change: in the
    reporting currency. maker_share: of fills; None: there were none. unhedged: mean over time
    of what each coin's positions did not cover of each other, at mids in quote.
    """

    line: str
    queue: str
    as_run: bool
    own: bool
    equity_change: Decimal | None
    fills: int
    maker_share: float | None
    unhedged: Decimal | None


class Sensitivity(Struct, frozen=True):
    """Every case, and what they say together."""

    cases: tuple[Case, ...]
    verdicts: tuple[Verdict, ...]

    @property
    def kind_only(self) -> bool:
        """Whether it lives only under the kind model."""
        return Verdict.KIND in self.verdicts


def judged(cases: Sequence[Case]) -> Sensitivity:
    """The cases and what their signs say: earning is more than nothing."""
    return Sensitivity(tuple(cases), tuple(_verdicts(cases)))


def _verdicts(cases: Sequence[Case]) -> list[Verdict]:
    earns: dict[tuple[str, str], bool] = {}
    for case in cases:
        if case.equity_change is None:
            return [Verdict.UNKNOWN]
        earns[case.line, case.queue] = case.equity_change > 0
    if all(earns.values()):
        return [Verdict.HOLDS]
    if not any(earns.values()):
        return [Verdict.LOSES]
    found = []
    lines = {case.line: case.as_run for case in cases}
    strict = {line: earns[line, STRICT] for line in lines if (line, STRICT) in earns}
    kind = {line for (line, queue), good in earns.items() if good and queue != STRICT}
    own = next(line for line, as_run in lines.items() if as_run)
    if own in kind and not strict.get(own, True):
        found.append(Verdict.KIND)
    if strict.get(own) and not all(strict.values()):
        found.append(Verdict.LINE)
    return found or [Verdict.MIXED]
