"""The gate: proposals go in, approved orders and refusals come out, one order after another.

Each approved order counts at its worst before the next is looked at. The legs of one basket pass
together or not at all. Nothing else in the bot makes an `Approved`, and cancels do not come
here: they can only remove exposure.
"""

from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from bot.model.command import Approved, OrderType, Proposal, Refused, Side, TimeInForce
from bot.model.instrument import Kind
from bot.model.units import AccountId, StrategyName
from bot.risk.cascade import against_move
from bot.risk.case import Case
from bot.risk.checks import ALONE, CHECKS, EVERY, WHOLE, Finding, first_breach
from bot.risk.exposure import Exposure
from bot.risk.guards import OrderRates
from bot.risk.kill import Halts, Mode
from bot.risk.limits import Level, LimitBook
from bot.risk.naked import closes_naked
from bot.risk.prices import Unknown
from bot.risk.worst import Reservations, Reserved, reserved


def review(
    proposals: Sequence[Proposal],
    world: Reservations,
    limits: LimitBook,
    halts: Halts,
    rates: OrderRates,
) -> tuple[list[Approved], list[Refused]]:
    """Which proposals may go, and which limit stopped each of the others.

    halts: latched here when a breach calls for it. rates: every approval is counted.
    """
    approved: list[Approved] = []
    refused: list[Refused] = []
    if not proposals:
        return approved, refused
    gate = _Gate(world, limits, halts, rates)
    for legs in _together(proposals):
        refusal = gate.admit(legs)
        for leg in legs:
            if refusal is None or (len(legs) > 1 and gate.admit_closing(leg)):
                approved.append(gate.approve(leg))
            elif leg is refusal.proposal:
                refused.append(refusal)
            else:
                refused.append(_with_its_basket(leg, refusal))
    return approved, refused


def reserve(
    legs: Sequence[Proposal], world: Reservations, limits: LimitBook, halts: Halts
) -> Refused | None:
    """Whether all of these could be held together; the refusal of the first that could not.

    A basket asks before its first leg may go, with every leg whole, and a trade between two of
    our strategies asks for each side. Nothing is approved and nothing is counted.
    """
    asked = WHOLE if len(legs) > 1 else ALONE
    return _Gate(world, limits, halts, OrderRates(), asked).admit(legs)


def standing(
    exposure: Exposure, halts: Halts, account: AccountId, strategy: StrategyName
) -> tuple[Mode, str]:
    """How freely a strategy may trade in an account, and why not more freely."""
    mode, reason = halts.standing(account, strategy)
    if mode is Mode.ACTIVE and (temporary := exposure.reduce_only(strategy)) is not None:
        return Mode.REDUCE_ONLY, temporary
    return mode, reason


class _Gate:
    """One review: the worst case so far, and the limits that the next order must fit in."""

    def __init__(
        self,
        world: Reservations,
        limits: LimitBook,
        halts: Halts,
        rates: OrderRates,
        asked: frozenset[str] = EVERY,
    ) -> None:
        self._asked = asked
        self._exposure = world.exposure
        self._world = world.refresh()
        self._limits = limits
        self._halts = halts
        self._rates = rates

    def admit(self, legs: Sequence[Proposal]) -> Refused | None:
        """Reserve every leg, or none: then the refusal of the first that did not fit."""
        for index, leg in enumerate(legs):
            refusal = self._admit_one(leg)
            if refusal is not None:
                for earlier in legs[:index]:
                    self._withdraw(earlier)
                return refusal
        return None

    def admit_closing(self, leg: Proposal) -> bool:
        """Reserve a leg without its basket, if it works against what stands naked.

        A hedge must not wait because the other leg's next order found no room.
        """
        if _malformed(leg) is not None:
            return False
        try:
            closing = closes_naked(self._exposure, reserved(leg))
        except Unknown:
            return False
        return closing and self._admit_one(leg) is None

    def approve(self, proposal: Proposal) -> Approved:
        """Let an admitted proposal go; what may only reduce goes marked so for the venue too."""
        mode, _ = standing(self._exposure, self._halts, proposal.account, proposal.strategy)
        if mode is Mode.REDUCE_ONLY and self._reduces_account(proposal):
            proposal = replace(proposal, reduce_only=True)
        return Approved(self._exposure.next_order_id(), proposal, self._exposure.now)

    def _admit_one(self, proposal: Proposal) -> Refused | None:
        refusal = _malformed(proposal) or self._unlisted(proposal)
        if refusal is not None:
            return refusal
        order = reserved(proposal)
        self._world.reserve(order)
        for scope in self._limits.counted(proposal.account, proposal.strategy):
            self._rates.record(scope, self._exposure.now)
        refusal = self._held_back(proposal, order) or self._past_limit(proposal, order)
        if refusal is not None:
            self._withdraw(proposal)
        return refusal

    def _withdraw(self, proposal: Proposal) -> None:
        self._world.release(reserved(proposal))
        for scope in self._limits.counted(proposal.account, proposal.strategy):
            self._rates.forget(scope)

    def _unlisted(self, proposal: Proposal) -> Refused | None:
        if self._exposure.instrument(proposal.instrument) is None:
            return Refused(proposal, "instrument", proposal.instrument, "a listed instrument")
        return None

    def _held_back(self, proposal: Proposal, order: Reserved) -> Refused | None:
        mode, reason = standing(self._exposure, self._halts, proposal.account, proposal.strategy)
        if mode is Mode.HALTED:
            return Refused(proposal, "halted", reason, "cancels")
        prices = self._world.prices(proposal.instrument)
        if prices.instrument.kind is Kind.OPTION and not self._shrinks(Level.STRATEGY, order):
            return Refused(proposal, "option", proposal.instrument, _OPTIONS_ARE_NOT_TRADED)
        if not prices.instrument.active:
            mode, reason = Mode.REDUCE_ONLY, f"{proposal.instrument} is being delisted"
        if mode is Mode.REDUCE_ONLY and not self._shrinks(Level.STRATEGY, order):
            return Refused(proposal, "reduce_only", reason, "orders that only reduce")
        resting = against_move(self._exposure, proposal, prices)
        if resting is not None and not self._shrinks(Level.STRATEGY, order):
            return Refused(proposal, "cascade", resting, "orders that take, or go with the move")
        return None

    def _past_limit(self, proposal: Proposal, order: Reserved) -> Refused | None:
        for scope, limits in self._limits.over(proposal.account, proposal.strategy):
            if limits is not None and not limits.stated:
                continue
            case = Case(order, scope, self._world, self._limits, self._rates)
            finding = first_breach(case, limits, self._asked)
            if finding is not None:
                self._latch(finding)
                name = f"{scope.level}.{finding.limit}"
                return Refused(proposal, name, finding.value, finding.allowed)
        return None

    def _latch(self, finding: Finding) -> None:
        check = CHECKS.get(finding.limit)
        if check is not None and check.latch is not None and finding.value is not None:
            reason = f"{finding.limit} {finding.allowed}"
            self._halts.halt(finding.scope, check.latch, reason, self._exposure.now)

    def _shrinks(self, level: Level, order: Reserved) -> bool:
        return self._world.line(level, order).shrinks_by(order.side)

    def _reduces_account(self, proposal: Proposal) -> bool:
        """Whether the venue, which knows only the account, sees a reduction too."""
        kind = self._world.prices(proposal.instrument).instrument.kind
        return kind is not Kind.SPOT and self._shrinks(Level.ACCOUNT, reserved(proposal))


_OPTIONS_ARE_NOT_TRADED: Final = (
    "orders that close one: options are read, not traded, for nothing here margins or settles them"
)


def _together(proposals: Sequence[Proposal]) -> list[list[Proposal]]:
    """The proposals in their order, the legs of a basket with its first."""
    groups: list[list[Proposal]] = []
    baskets: dict[str, list[Proposal]] = {}
    for proposal in proposals:
        if not isinstance(proposal.basket, str):
            groups.append([proposal])
        elif proposal.basket in baskets:
            baskets[proposal.basket].append(proposal)
        else:
            baskets[proposal.basket] = [proposal]
            groups.append(baskets[proposal.basket])
    return groups


def _with_its_basket(leg: Proposal, refusal: Refused) -> Refused:
    stopped = f"{refusal.limit} of {refusal.proposal.instrument}"
    return Refused(leg, "basket", stopped, "every leg within its limits")


# The types that a proposal declares are promises of whoever built it; here they are looked at.
# `type(x) is int` and not isinstance: True is an int, and so is a member of an IntEnum.
_TYPES: Final[tuple[tuple[str, type, str], ...]] = (
    ("account", str, "an account"),
    ("strategy", str, "a strategy"),
    ("instrument", str, "an instrument"),
    ("side", Side, "buy or sell"),
    ("size", int, "whole lots > 0"),
    ("price", int, "whole ticks > 0"),
    ("type", OrderType, "an order type"),
    ("time_in_force", TimeInForce, "a time in force"),
    ("post_only", bool, "true or false"),
    ("reduce_only", bool, "true or false"),
)


def _malformed(proposal: Proposal) -> Refused | None:
    for name, kind, expected in _TYPES:
        value = getattr(proposal, name)
        if type(value) is not kind:
            return Refused(proposal, name, repr(value), expected)
    if proposal.basket is not None and type(proposal.basket) is not str:
        return Refused(proposal, "basket", repr(proposal.basket), "a basket or none")
    if proposal.size <= 0:
        return Refused(proposal, "size", str(proposal.size), "whole lots > 0")
    if proposal.price <= 0:
        return Refused(proposal, "price", str(proposal.price), "whole ticks > 0")
    return None
