"""Which lots of a basket's legs belong together, and what stands without its counterpart."""

from decimal import Decimal
from fractions import Fraction

from bot.execution.draft import Draft
from bot.execution.holdings import Holdings
from bot.execution.sizing import exact, lot_worth, lots_of, reduced, whole
from bot.execution.stages import BasketWork, Leg
from bot.model.intent import Unit


class Look:
    """A basket's legs as they stand at one moment, in the order of its legs."""

    def __init__(self, draft: Draft, basket: BasketWork) -> None:
        holdings = draft.holdings
        names = [leg.work.instrument for leg in basket.legs]
        self.positions = [holdings.position(basket.strategy, name) for name in names]
        self.smallest = [draft.smallest(holdings.instrument(name)) for name in names]
        self.orders = [draft.blotter.working(basket.strategy, name) for name in names]
        self.live = all(holdings.live(name) for name in names)
        self.wanted = counterparts(basket, self.positions)
        pairs = zip(self.wanted, self.positions, strict=True)
        self.missing = [wanted - position for wanted, position in pairs]
        self.naked = self.beyond(self.missing)
        self.working = any(self.orders)

    def beyond(self, gaps: list[int]) -> bool:
        """Whether a gap is large enough to be ordered."""
        return any(abs(gap) >= least for gap, least in zip(gaps, self.smallest, strict=True))

    def gaps(self, goals: list[int]) -> list[int]:
        """Lots from the positions to these goals."""
        return [goal - position for goal, position in zip(goals, self.positions, strict=True)]


def size_legs(basket: BasketWork, holdings: Holdings) -> bool:
    """Turn the stated targets into lots that match; False while a needed mark is unknown.

    All legs are shrunk to the one that loses most by rounding: 0.19 coins against contracts of
    0.1 are worth having only up to 0.1.
    """
    basket.blocked = ""
    goals: list[tuple[int, Decimal]] = []
    kept = Decimal(1)
    for leg in basket.legs:
        instrument = holdings.instrument(leg.target.instrument)
        mark = holdings.mark(instrument.id)
        worth = lot_worth(instrument, leg.target.unit, mark)
        base = lot_worth(instrument, Unit.BASE, mark)
        if worth is None or base is None:
            return False
        wanted = exact(leg.target.quantity) / worth
        if wanted:
            kept = min(kept, whole(wanted) / wanted)
        leg.base = base
        band = leg.target.band
        leg.band = 0 if band is None else lots_of(band, leg.target.unit, instrument, mark) or 0
        goals.append((whole(wanted), wanted))
    lots = [whole(wanted * kept) if kept < 1 else goal for goal, wanted in goals]
    if any(wanted and not lot for lot, (_, wanted) in zip(lots, goals, strict=True)):
        lots = [0] * len(lots)
        basket.blocked = "a leg is smaller than one lot"
    _aim(
        basket,
        lots,
        [holdings.position(basket.strategy, leg.work.instrument) for leg in basket.legs],
    )
    basket.sized = True
    return True


def _aim(basket: BasketWork, lots: list[int], positions: list[int]) -> None:
    """Set goals and ratio; a way through zero stops there first, in the old ratio."""
    held = any(positions)
    turns = any(lot * position < 0 for lot, position in zip(lots, positions, strict=True))
    if held and not any(leg.full for leg in basket.legs):
        # Nothing is known of how these positions came about: they belong together as they are.
        for leg, position in zip(basket.legs, positions, strict=True):
            leg.full = position
    basket.after = lots if turns else None
    for leg, lot in zip(basket.legs, lots, strict=True):
        leg.goal = 0 if turns else lot
        if any(lots) and not turns:
            leg.full = lot


def turn_over(basket: BasketWork) -> None:
    """Every leg is flat, but for dust: take up the goals that waited for it."""
    assert basket.after is not None
    for leg, lot in zip(basket.legs, basket.after, strict=True):
        leg.goal = leg.full = lot
    basket.after = None


def counterparts(basket: BasketWork, positions: list[int]) -> list[int]:
    """Lots that each leg should hold for what the lead holds; the lead's own for itself."""
    lead = basket.lead
    if not lead.full:
        return [leg.goal for leg in basket.legs]
    held = positions[basket.legs.index(lead)]
    return [
        position if leg is lead else share(leg.full, held, lead.full)
        for leg, position in zip(basket.legs, positions, strict=True)
    ]


def level(basket: BasketWork, positions: list[int]) -> list[int]:
    """Lots to which the legs can be brought into step by taking back alone."""
    reached = [
        Fraction(position, leg.full)
        for leg, position in zip(basket.legs, positions, strict=True)
        if leg.full
    ]
    least = max(Fraction(0), min(reached, default=Fraction(0)))
    return [
        reduced(share(leg.full, least.numerator, least.denominator), position)
        for leg, position in zip(basket.legs, positions, strict=True)
    ]


def naked_base(legs: list[Leg], missing: list[int]) -> Decimal:
    """Base coins without their counterpart."""
    return sum((abs(lots) * leg.base for leg, lots in zip(legs, missing, strict=True)), Decimal(0))


def share(whole_lots: int, part: int, of: int) -> int:
    """`whole_lots` × part / of, toward zero, exactly."""
    product = whole_lots * part
    size = abs(product) // abs(of)
    return size if (product >= 0) == (of > 0) else -size
