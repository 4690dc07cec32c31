"""What strategies want, as it stands: one target, one leg or one quote an instrument."""

import math
import numbers
from collections.abc import Iterator, Sequence

import msgspec
from msgspec import Struct

from bot.execution.blotter import Blotter
from bot.execution.quotes import QuoteWork
from bot.execution.stages import BasketWork, Leg, Stage, Terms
from bot.execution.targets import TargetWork
from bot.execution.working import Work
from bot.model.intent import Basket, Intent, Quote, Target
from bot.model.units import InstrumentId, StrategyName

Key = tuple[StrategyName, InstrumentId]


class WantsState(Struct, frozen=True):
    """All that is remembered of what is wanted. named, closed, unwound: counts of baskets."""

    works: list[Work]
    singles: list[TargetWork | QuoteWork]
    baskets: list[BasketWork]
    named: int
    closed: int
    unwound: int


class Wants:
    """Standing targets, quotes and baskets of all strategies, in the order they were stated."""

    def __init__(self) -> None:
        self.works: dict[Key, Work] = {}
        self.singles: dict[Key, TargetWork | QuoteWork] = {}
        self.baskets: dict[str, BasketWork] = {}
        self.legs: dict[Key, BasketWork] = {}
        self.owners: dict[StrategyName, None] = {}
        self.named = self.closed = self.unwound = 0

    def take(self, strategy: StrategyName, intents: Sequence[Intent], blotter: Blotter) -> None:
        """Replace what stood by what is stated, all of it or, when it makes no sense, nothing."""
        intents = [intent for intent in intents if not self._stands(strategy, intent)]
        for intent in intents:
            _check(strategy, intent)
            names = _instruments(intent)
            for basket in self._baskets_under(strategy, intent):
                held = any(basket.positions) and basket.stage is not Stage.CLOSED  # but for dust
                if held or _working(basket, blotter):
                    whole = " and ".join(sorted(_members(basket)))
                    raise ValueError(
                        f"{strategy}: got {' and '.join(names)} alone, expected the basket "
                        f"{whole} whole until it is flat"
                    )
        for intent in map(plain, intents):
            for basket in list(self._baskets_under(strategy, intent)):
                self._dissolve(basket)
            if isinstance(intent, Target):
                self._take_target(strategy, intent)
            elif isinstance(intent, Basket):
                self._take_basket(strategy, intent)
            else:
                self._take_quote(strategy, intent)

    def due(self) -> int | None:
        """The earliest moment at which anything wanted must be looked at."""
        times = [ns for entry in self.singles.values() if (ns := entry.work.due_ns) is not None]
        times += [ns for basket in self.baskets.values() if (ns := basket.due_ns) is not None]
        return min(times, default=None)

    def state(self) -> WantsState:
        """A copy of all that is remembered."""
        state = WantsState(
            list(self.works.values()),
            list(self.singles.values()),
            list(self.baskets.values()),
            self.named,
            self.closed,
            self.unwound,
        )
        return msgspec.msgpack.decode(msgspec.msgpack.encode(state), type=WantsState)

    @classmethod
    def of(cls, state: WantsState) -> "Wants":
        """Wants as `state` says; what shares a work there shares it again."""
        wants, state = cls(), msgspec.msgpack.decode(msgspec.msgpack.encode(state), type=WantsState)
        wants.works = {(work.strategy, work.instrument): work for work in state.works}
        wants.owners = dict.fromkeys(work.strategy for work in state.works)
        for entry in state.singles:
            key = (entry.work.strategy, entry.work.instrument)
            entry.work = wants.works[key]
            wants.singles[key] = entry
        for basket in state.baskets:
            wants.baskets[basket.name] = basket
            for leg in basket.legs:
                key = (basket.strategy, leg.work.instrument)
                leg.work = wants.works[key]
                wants.legs[key] = basket
        wants.named, wants.closed, wants.unwound = state.named, state.closed, state.unwound
        return wants

    def _stands(self, strategy: StrategyName, intent: Intent) -> bool:
        """Whether exactly this is wanted already: the usual case, and the fast one."""
        if isinstance(intent, Target):
            entry = self.singles.get((strategy, intent.instrument))
            return isinstance(entry, TargetWork) and entry.target == intent
        if isinstance(intent, Basket):
            basket = self.legs.get((strategy, intent.legs[0].instrument))
            return basket is not None and basket.terms.equal(intent)
        return False

    def _take_target(self, strategy: StrategyName, target: Target) -> None:
        key = (strategy, target.instrument)
        entry = self.singles.get(key)
        if not isinstance(entry, TargetWork):
            self.singles[key] = TargetWork(target, self._work(key))
        else:
            before = entry.target
            entry.target, entry.goal, entry.work.seen = target, None, None
            if before.unit is target.unit and _nearer(target.quantity, before.quantity):
                entry.work.forgive()

    def _take_quote(self, strategy: StrategyName, quote: Quote) -> None:
        key = (strategy, quote.instrument)
        entry = self.singles.get(key)
        if not isinstance(entry, QuoteWork) or entry.quote != quote:
            self.singles[key] = QuoteWork(quote, self._work(key), {})

    def _take_basket(self, strategy: StrategyName, stated: Basket) -> None:
        terms = Terms.of(stated)
        names = [leg.instrument for leg in terms.legs]
        basket = self.legs.get((strategy, names[0]))
        if basket is None:
            self.named += 1
            legs = [Leg(target, self._work((strategy, target.instrument))) for target in terms.legs]
            basket = BasketWork(f"{strategy}-{self.named}", strategy, terms, legs)
            self.baskets[basket.name] = basket
            for name in names:
                self.singles.pop((strategy, name), None)
                self.legs[strategy, name] = basket
        else:
            legs = [
                next(leg for leg in basket.legs if leg.work.instrument == name) for name in names
            ]
            for leg, target in zip(legs, terms.legs, strict=True):
                if _nearer(target.quantity, leg.target.quantity):
                    leg.work.forgive()
                leg.target, leg.work.seen = target, None
            basket.terms, basket.legs = terms, legs
            basket.sized = basket.reserved = False

    def _work(self, key: Key) -> Work:
        work = self.works.setdefault(key, Work(strategy=key[0], instrument=key[1]))
        work.forgive()
        self.owners[key[0]] = None
        return work

    def _baskets_under(self, strategy: StrategyName, intent: Intent) -> Iterator[BasketWork]:
        """Standing baskets that an intent would tear apart."""
        names = _instruments(intent)
        for name in names:
            basket = self.legs.get((strategy, name))
            same = isinstance(intent, Basket) and basket and set(names) == _members(basket)
            if basket and not same:
                yield basket

    def _dissolve(self, basket: BasketWork) -> None:
        self.closed += basket.closed
        self.unwound += basket.unwound
        del self.baskets[basket.name]
        for leg in basket.legs:
            del self.legs[basket.strategy, leg.work.instrument]


def _nearer(quantity: float, before: float) -> bool:
    """Whether a new target asks for less, or leads elsewhere: then a refusal of before is void."""
    return abs(quantity) < abs(before) or quantity * before < 0


def _working(basket: BasketWork, blotter: Blotter) -> bool:
    return any(blotter.working(basket.strategy, leg.work.instrument) for leg in basket.legs)


def _instruments(intent: Intent) -> list[InstrumentId]:
    if isinstance(intent, Basket):
        return [leg.instrument for leg in intent.legs]
    return [intent.instrument]


def _members(basket: BasketWork) -> set[InstrumentId]:
    return {leg.instrument for leg in basket.terms.legs}


def _check(strategy: StrategyName, intent: Intent) -> None:
    """Refuse what is no intent, and numbers that are none."""
    if isinstance(intent, Target):
        _check_target(strategy, intent)
    elif isinstance(intent, Basket):
        for leg in intent.legs:
            _check_target(strategy, leg)
        _number(strategy, "max_unhedged", intent.max_unhedged, above=0)
        if intent.loss_bps_max is not None:
            _number(strategy, "loss_bps_max", intent.loss_bps_max, least=0)
        if intent.naked_ms_max is not None:
            _number(strategy, "naked_ms_max", intent.naked_ms_max, above=0)
    elif isinstance(intent, Quote):
        for name, side in (("bid", intent.bid), ("ask", intent.ask)):
            if side is not None:
                _number(strategy, f"{name} price", side[0], above=0)
                _number(strategy, f"{name} size", side[1], above=0)
        if intent.bid and intent.ask and not intent.bid[0] < intent.ask[0]:
            raise ValueError(f"{strategy}: quote {intent.bid} × {intent.ask}, expected bid < ask")
    else:
        raise TypeError(f"{strategy}: got {intent!r}, expected a Target, Basket or Quote")


def plain(intent: Intent) -> Intent:
    """The same with numbers of our own: what numpy computes cannot be stored."""
    if isinstance(intent, Target):
        return _plain_target(intent)
    if isinstance(intent, Quote):
        sides = [side and (float(side[0]), float(side[1])) for side in (intent.bid, intent.ask)]
        return Quote(intent.instrument, *sides)
    return Basket(
        *map(_plain_target, intent.legs),
        max_unhedged=float(intent.max_unhedged),
        loss_bps_max=None if intent.loss_bps_max is None else float(intent.loss_bps_max),
        naked_ms_max=None if intent.naked_ms_max is None else int(intent.naked_ms_max),
    )


def _plain_target(target: Target) -> Target:
    band = None if target.band is None else float(target.band)
    return Target(target.instrument, float(target.quantity), target.urgency, target.unit, band)


def _check_target(strategy: StrategyName, target: Target) -> None:
    _number(strategy, f"{target.instrument} quantity", target.quantity)
    if target.band is not None:
        _number(strategy, f"{target.instrument} band", target.band, least=0)


def _number(
    strategy: StrategyName,
    name: str,
    value: object,
    *,
    above: float = -math.inf,
    least: float = -math.inf,
) -> None:
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise TypeError(f"{strategy}: {name}: got {value!r}, expected a number")
    amount = float(value)
    if not math.isfinite(amount) or amount <= above or amount < least:
        bound = f" > {above:g}" if above > -math.inf else f" >= {least:g}"
        wanted = "a finite number" + (bound if max(above, least) > -math.inf else "")
        raise ValueError(f"{strategy}: {name}: got {value}, expected {wanted}")
