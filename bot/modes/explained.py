"""An explanation as it is told: the order or the moment, the inputs, the gates, the limits."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from bot.engine.explain import Explanation, Move
from bot.engine.state import State
from bot.model.command import Approved, Cancel, Proposal, Refused
from bot.model.event import Fill
from bot.model.instrument import Instrument
from bot.model.units import InstrumentId, StrategyName
from bot.modes.answers import change, said
from bot.modes.finding import Found
from bot.modes.words import UNKNOWN, age, exact, moment, short
from bot.risk.headroom import Usage
from bot.risk.limits import Level
from bot.strategy.sight import Gate

LIMITS_SHOWN: Final = 8
LINES_SHOWN: Final = 12

REASONS: Final = {
    "target": "brings the position to the strategy's target",
    "lead": "the next step of the basket's first leg, no larger than may stand unhedged",
    "hedge": "the counterpart of what another leg of the basket filled",
    "unwind": "takes back what of the basket has no counterpart",
    "rest": "brings a basket at rest back to where it should be",
    "quote": "rests where the strategy quotes",
}
CANCELS: Final = {
    "repeg": "the touch had moved away, so it follows",
    "escalate": "it had rested long enough, so it crosses now",
    "opposite": "it led the other way",
    "less": "it was more than is missing",
    "repeat": "its cancel was not confirmed",
    "requote": "the quote had moved",
    "halt": "trading was halted",
    "netting": "two strategies wanted opposite things",
}


class Standing(Struct, frozen=True):
    """What keeps a strategy from trading: scores that it lacks, a failure, a halt."""

    starved: str | None
    failed: str | None
    permit: str | None
    halts: tuple[str, ...]

    @property
    def cannot_ask(self) -> bool:
        """Whether it is not even asked."""
        return self.starved is not None or self.failed is not None

    @property
    def lines(self) -> list[str]:
        """Each obstacle in words."""
        found = [("lacks", self.starved), ("failed", self.failed), ("may only", self.permit)]
        lines = [f"{word}: {why}" for word, why in found if why]
        return lines + [f"halt: {text}" for text in self.halts]


class Happening(Struct, frozen=True):
    """A step in the life of an order, and how long after its decision."""

    ts: int
    after_ns: int
    what: str


class Explained(Struct, frozen=True, kw_only=True):
    """Why a strategy did what it did.

    asked: whether it was asked at all; if not, `explanation` is of what it would have said at
    `ts`. seq: the item of the tape. follows: the order that this one stands in for.
    """

    session: str
    run: int
    seq: int | None
    ts: int
    strategy: StrategyName
    asked: bool
    answer: str
    explanation: Explanation
    units: dict[str, str]
    standing: Standing
    order: Approved | None
    order_said: str | None
    reason: str | None
    follows: Cancel | None
    placed: list[str]
    canceled: list[str]
    refused: list[str]
    would_change: list[str]
    life: list[Happening]

    @classmethod
    def of(
        cls,
        path: Path,
        run: int,
        found: Found,
        explanation: Explanation,
        standing: Standing,
        state: State,
        *,
        asked: bool,
    ) -> "Explained":
        """What was found, in words."""
        listed = state.terms.by_id
        order = found.order
        number = state.number[found.strategy]
        decided = explanation.ts if asked else found.ts
        return cls(
            session=str(path),
            run=run,
            seq=found.decision.seq if asked and found.decision is not None else None,
            ts=explanation.ts,
            strategy=found.strategy,
            asked=asked,
            answer=said(explanation.answer, listed),
            explanation=explanation,
            units={name: watch.unit for name, watch in state.watches[number].items()},
            standing=standing,
            order=order,
            order_said=None if order is None else _order(order.proposal, listed),
            reason=None if order is None else _reason(order.proposal, found.follows),
            follows=found.follows,
            placed=[
                f"{moment(ts)} {one.order_id}: {_order(one.proposal, listed)} "
                f"({one.proposal.reason})"
                for ts, one in found.placed
            ],
            canceled=[
                f"{moment(ts)} {one.order_id}: {CANCELS.get(one.reason, one.reason)}"
                for ts, one in found.canceled
            ],
            refused=[f"{moment(ts)} {_refused(one, listed)}" for ts, one in found.refused],
            would_change=_would_change(explanation, listed),
            life=[_happening(event, decided, listed) for event in found.life],
        )

    def __str__(self) -> str:
        """The whole of it, for a screen."""
        return "\n".join(line.rstrip() for line in self._lines())

    def _lines(self) -> Iterator[str]:
        yield from self._head()
        yield from _block("inputs", self._inputs())
        yield from _block("gates", [_gate(gate) for gate in self.explanation.gates])
        yield from _block("in the way", self.standing.lines)
        yield from _block("ordered", _first(self.placed))
        yield from _block("taken back", _first(self.canceled))
        yield from _block("refused", _first(self.refused))
        yield from _block("what would have changed it", self.would_change)
        yield from _block("limits", self._limits())
        yield from _block(
            "life of the order",
            [f"{moment(one.ts)}  +{age(one.after_ns)}  {one.what}" for one in self.life],
        )

    def _head(self) -> Iterator[str]:
        if self.order is not None:
            yield f"order {self.order.order_id}: {self.order_said}"
            yield f"  why      {self.reason}"
        when = f"{moment(self.ts, places=9)} UTC"
        if self.asked:
            yield f"{self.strategy} was asked at {when}, item {self.seq} of run {self.run}"
            if self.order is not None:
                later = self.order.approved_ns - self.ts
                after = "at once" if later == 0 else f"{age(later)} later"
                yield f"  ordered  {after}"
        elif self.explanation.lacking:
            yield f"{self.strategy} was not asked at {when}: {self.explanation.lacking}"
        else:
            yield f"{self.strategy} was not asked in run {self.run} up to {when}; if it had been:"
        if self.asked or not self.explanation.lacking:
            yield f"  answer   {self.answer}"
        if self.explanation.fault:
            yield f"  fault    {self.explanation.fault}"

    def _inputs(self) -> list[str]:
        scores = self.explanation.scores
        width = max((len(name) for name in scores), default=0)
        lines = []
        for name, score in scores.items():
            value = UNKNOWN if score.value is None else short(score.value)
            unit = "" if self.units[name] == "1" else self.units[name]
            old = "never heard" if score.age_ns is None else f"{age(score.age_ns)} old"
            z = "" if score.z is None else f", z {short(score.z)}"
            stale = ", stale" if score.stale else ""
            shown = f"{value} {unit}".strip()
            lines.append(
                f"{name:<{width}}  {shown:<22}  {old}, quality {short(score.quality)}{z}{stale}"
            )
        return lines

    def _limits(self) -> list[str]:
        """The limits over this strategy that are used most."""
        mine = [
            one
            for one in self.explanation.limits
            if one.scope.level is not Level.STRATEGY or one.scope.name == self.strategy
        ]
        mine.sort(key=lambda one: (one.ratio is not None, -(one.ratio or Decimal(0))))
        shown = [_usage(one) for one in mine[:LIMITS_SHOWN]]
        if len(mine) > LIMITS_SHOWN:
            shown.append(f"{len(mine) - LIMITS_SHOWN} more, all of them used less")
        return shown


def _block(title: str, lines: list[str]) -> Iterator[str]:
    if lines:
        yield ""
        yield title
        yield from (f"  {line}" for line in lines)


def _first(lines: list[str]) -> list[str]:
    if len(lines) <= LINES_SHOWN:
        return lines
    return [*lines[:LINES_SHOWN], f"{len(lines) - LINES_SHOWN:,} more"]


def _gate(gate: Gate) -> str:
    bounds = [f"> {short(gate.above)}"] if gate.above is not None else []
    bounds += [f"< {short(gate.below)}"] if gate.below is not None else []
    state = "open  " if gate.passed else "CLOSED"
    if gate.value is None:
        return f"{state}  {gate.name} {' and '.join(bounds)}: {UNKNOWN}"
    distance = min(
        ([] if gate.above is None else [gate.value - gate.above])
        + ([] if gate.below is None else [gate.below - gate.value]),
        default=0.0,
    )
    word = "by" if gate.passed else "lacks"
    return (
        f"{state}  {gate.name} {short(gate.value)} {' and '.join(bounds)}, "
        f"{word} {short(abs(distance))}"
    )


def _usage(usage: Usage) -> str:
    name = f"{usage.scope} {usage.limit} {usage.subject}".strip()
    used = UNKNOWN if usage.used is None else exact(round(usage.used, 6))
    ratio = usage.ratio
    if usage.limit.endswith("_min"):
        return f"{name}: {used}, at least {exact(usage.allowed)}"
    percent = "" if ratio is None else f"  {float(ratio) * 100:.1f} %"
    return f"{name}: {used} of {exact(usage.allowed)}{percent}"


def _would_change(explanation: Explanation, listed: dict[InstrumentId, Instrument]) -> list[str]:
    lines = [_move(move, explanation.answer, listed) for move in explanation.moves]
    moved = {move.name for move in explanation.moves}
    fixed = [
        name
        for name, score in explanation.scores.items()
        if name not in moved and score.value is not None
    ]
    if fixed and not explanation.lacking:
        lines.append(f"no change of {' or '.join(fixed)} alone")
    return lines


def _move(move: Move, answer: Any, listed: dict[InstrumentId, Instrument]) -> str:
    to = UNKNOWN
    if move.to is not None:
        beside_zero = abs(move.to) < 1e-9 * abs(move.value)
        to = ("above 0" if move.to > 0 else "below 0") if beside_zero else short(move.to)
    return f"{move.name} {short(move.value)} -> {to}: {change(answer, move.answer, listed)}"


def _order(proposal: Proposal, listed: dict[InstrumentId, Instrument]) -> str:
    one = listed[proposal.instrument]
    how = [proposal.time_in_force.value]
    how += ["post-only"] if proposal.post_only else []
    how += ["reduce-only"] if proposal.reduce_only else []
    side = proposal.side.name.lower()
    amount = exact(one.amount(proposal.size))
    unit = "contracts" if one.inverse else one.base
    price = exact(one.price(proposal.price))
    return (
        f"{side} {amount} {unit} of {proposal.instrument}, {proposal.type} {price} {one.quote}, "
        f"{', '.join(how)}"
    )


def _reason(proposal: Proposal, follows: Cancel | None) -> str:
    told = f"{proposal.reason}: {REASONS.get(proposal.reason, 'as execution says')}"
    if proposal.basket is not None:
        told += f" ({proposal.basket})"
    if follows is not None:
        told += f"; after {follows.order_id}: {CANCELS.get(follows.reason, follows.reason)}"
    return told


def _refused(refused: Refused, listed: dict[InstrumentId, Instrument]) -> str:
    value = refused.value or "a reference is unknown"
    return f"{_order(refused.proposal, listed)}: {refused.limit} {value}, allowed {refused.allowed}"


def _happening(event: Any, decided_ns: int, listed: dict[InstrumentId, Instrument]) -> Happening:
    words = "".join(" " + c.lower() if c.isupper() else c for c in type(event).__name__).strip()
    if isinstance(event, Fill):
        one = listed[event.instrument]
        role = "maker" if event.maker else "taker"
        words = (
            f"fill {exact(one.amount(event.size))} at {exact(one.price(event.price))}, "
            f"{role}, fee {exact(event.fee)} {event.fee_currency}"
        )
    reason = getattr(event, "reason", "")
    what = f"{words}: {reason}" if reason else words
    return Happening(event.ts_recv, event.ts_recv - decided_ns, what)
