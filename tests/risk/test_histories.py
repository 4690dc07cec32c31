"""No history of orders, fills, cancels, losses and prices drives the worst case past a limit.

A small venue holds the truth; the bot knows what reports have told it, in whatever order they
came. What may be held is reckoned here by filling every set of live orders, not by adding them.
"""

from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bot.model.command import Side
from bot.model.units import Currency, StrategyName
from bot.risk.kill import Mode
from bot.risk.limits import TOTAL
from tests.risk.world import (
    ACCOUNT,
    BASKET,
    OTHER,
    PERP,
    SPOT,
    STRATEGY,
    Desk,
    Live,
    World,
    book,
    limits,
    order,
)

RIVAL = StrategyName("rival")
STRATEGIES = (STRATEGY, RIVAL)
INSTRUMENTS = (PERP, SPOT, OTHER)
COIN = Currency("COIN")
LIVE_MAX = 7

OWN_MAX, ACCOUNT_MAX, DELTA_MAX = 6, 9, 7
GROSS_MAX, NET_MAX, NAKED_MAX = 1_600, 900, 500
COINS = {name: Decimal(OWN_MAX) for name in INSTRUMENTS}
OWN = limits(position_max=COINS, naked_notional_max=Decimal(NAKED_MAX))
LIMITS = book(
    account=limits(position_max={name: Decimal(ACCOUNT_MAX) for name in INSTRUMENTS}),
    total=limits(
        gross_notional_max=Decimal(GROSS_MAX),
        net_notional_max=Decimal(NET_MAX),
        net_delta_max={COIN: Decimal(DELTA_MAX), Currency("GEM"): Decimal(DELTA_MAX)},
    ),
    strategies=dict.fromkeys(STRATEGIES, OWN),
)


@dataclass
class Resting:
    """An order as the venue has it."""

    live: Live
    remaining: int


class Trading(RuleBasedStateMachine):
    """A bot, a venue, and reports on their way between them."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.desk = Desk(self.world, LIMITS)
        self.resting: dict[str, Resting] = {}
        self.truth: dict[tuple[str, str], int] = {}
        self.reports: list[tuple[str, str, int]] = []
        self.approved: dict[str, Live] = {}
        self.late = 0
        self.ceilings = dict.fromkeys(self.measure(), 0)
        self.raise_ceilings()

    # --- what happens ---

    @precondition(lambda self: len(self.world.live) < LIVE_MAX)
    @rule(
        strategy=st.sampled_from(STRATEGIES),
        instrument=st.sampled_from(INSTRUMENTS),
        side=st.sampled_from(Side),
        size=st.integers(1, 7),
        price=st.integers(95, 105),
        basket=st.sampled_from([None, None, BASKET]),
    )
    def propose(self, strategy, instrument, side, size, price, basket):
        one = order(size, side, instrument, strategy=strategy, price=price, basket=basket)
        self.submit(one)

    @precondition(lambda self: len(self.world.live) < LIVE_MAX - 1)
    @rule(side=st.sampled_from(Side), size=st.integers(1, 5), other=st.integers(1, 5))
    def propose_a_basket(self, side, size, other):
        legs = (
            order(size, side, PERP, basket=BASKET),
            order(other, side.opposite, SPOT, basket=BASKET),
        )

        approved = self.submit(*legs)

        assert len(approved) in (0, 2)

    @precondition(lambda self: self.resting)
    @rule(which=st.integers(0, 99), lots=st.integers(1, 7))
    def fill_at_the_venue(self, which, lots):
        name, resting = self.pick(which)
        filled = min(lots, resting.remaining)
        self.truth[resting.live.strategy, resting.live.instrument] = (
            self.truth.get((resting.live.strategy, resting.live.instrument), 0)
            + int(resting.live.side) * filled
        )
        resting.remaining -= filled
        if not resting.remaining:
            del self.resting[name]
        self.reports.append(("fill", name, filled))

    @precondition(lambda self: self.resting)
    @rule(which=st.integers(0, 99))
    def cancel_at_the_venue(self, which):
        name, _ = self.pick(which)
        del self.resting[name]
        self.reports.append(("canceled", name, 0))

    @precondition(lambda self: self.resting)
    @rule(which=st.integers(0, 99))
    def refuse_at_the_venue_what_never_arrived(self, which):
        """An unknown order, later proven absent: it counted until the proof."""
        name, resting = self.pick(which)
        if resting.remaining == resting.live.remaining:
            del self.resting[name]
            self.reports.append(("absent", name, 0))

    @precondition(lambda self: self.reports)
    @rule(which=st.integers(0, 99))
    def hear(self, which):
        """Any report may come next: a fill after its cancel is late."""
        kind, name, lots = self.reports.pop(which % len(self.reports))
        live = next((one for one in self.world.live if one.order_id == name), None)
        if kind == "fill":
            self.hear_fill(name, live, lots)
        elif live is not None:
            self.world.live.remove(live)
            # Its fills that are still on their way are no longer counted anywhere.
            self.late += sum(
                filled for what, whose, filled in self.reports if (what, whose) == ("fill", name)
            )

    @rule(
        instrument=st.sampled_from(INSTRUMENTS),
        mark=st.integers(60, 160),
        half_spread=st.integers(1, 3),
    )
    def move_the_price(self, instrument, mark, half_spread):
        self.world.marks[instrument] = Decimal(mark)
        self.world.touches[instrument] = (mark - half_spread, mark + half_spread)
        self.raise_ceilings()

    @rule(halted=st.booleans())
    def halt_or_resume(self, halted):
        if halted:
            self.desk.halts.halt(TOTAL, Mode.REDUCE_ONLY, "operator", 1)
        else:
            self.desk.halts.acknowledge(TOTAL, "ann")
            self.desk.halts.resume(TOTAL)

    # --- what must hold ---

    @invariant()
    def nothing_passes_its_ceiling(self):
        measured = self.measure()

        for name, value in measured.items():
            assert value <= self.ceilings[name], name
        self.raise_ceilings()

    @invariant()
    def the_venues_truth_keeps_the_limit_but_for_late_fills(self):
        for instrument in INSTRUMENTS:
            held = sum(self.truth.get((owner, instrument), 0) for owner in STRATEGIES)
            waiting = [one for one in self.resting.values() if one.live.instrument == instrument]
            buys = sum(one.remaining for one in waiting if one.live.side is Side.BUY)
            sells = sum(one.remaining for one in waiting if one.live.side is Side.SELL)

            assert max(held + buys, sells - held) <= ACCOUNT_MAX + self.late

    # --- helpers ---

    def submit(self, *proposals):
        halted = self.desk.halts.standing(ACCOUNT, STRATEGY)[0] is not Mode.ACTIVE
        before = {owner: self.reach(owner) for owner in STRATEGIES}

        approved, refused = self.desk.review(*proposals)

        assert len(approved) + len(refused) == len(proposals)
        for one in approved:
            live = self.approved[one.order_id] = self.world.place(one.proposal, one.order_id)
            self.resting[one.order_id] = Resting(live, live.remaining)
        if halted:
            for owner in STRATEGIES:
                for place, reach in self.reach(owner).items():
                    assert reach <= before[owner].get(place, 0)
        return approved

    def hear_fill(self, name, live, lots):
        ours = self.approved[name]
        key = ours.account, ours.strategy, ours.instrument
        self.world.positions[key] = self.world.positions.get(key, 0) + int(ours.side) * lots
        if live is None:
            self.raise_ceilings()
            return
        self.world.live.remove(live)
        if live.remaining > lots:
            rest = live.remaining - lots
            self.world.live.append(Live(**{**vars(live), "remaining": rest}))

    def pick(self, which):
        name = sorted(self.resting)[which % len(self.resting)]
        return name, self.resting[name]

    def reach(self, owner):
        """The farthest from zero that each instrument of a strategy can come."""
        return {name: max(abs(lots) for lots in self.outcomes(name, owner)) for name in INSTRUMENTS}

    def outcomes(self, instrument, owner=None):
        """Every position that some set of the live orders, filled, would leave."""
        held = self.world.position(ACCOUNT, owner, instrument)
        return [held + sum(lots for lots, _ in fills) for fills in self.fills(instrument, owner)]

    def worths(self, instrument):
        """The same in money: the position at the mark, each fill at its worst price."""
        held = self.world.position(ACCOUNT, None, instrument) * int(self.world.marks[instrument])
        return [held + sum(worth for _, worth in fills) for fills in self.fills(instrument)]

    def fills(self, instrument, owner=None):
        mark = int(self.world.marks[instrument])
        bid, ask = self.world.touches[instrument]
        moves = [
            (one.side * one.remaining, one.side * one.remaining * max(one.price, mark, far))
            for one in self.world.orders(instrument)
            if owner in (None, one.strategy)
            for far in [ask if one.side is Side.BUY else bid]
        ]
        return [some for count in range(len(moves) + 1) for some in combinations(moves, count)]

    def measure(self):
        worths = {name: self.worths(name) for name in INSTRUMENTS}
        coins = [self.outcomes(PERP), self.outcomes(SPOT)]
        measured = {
            "gross": sum(max(map(abs, some)) for some in worths.values()),
            "net": max(sum(map(max, worths.values())), -sum(map(min, worths.values()))),
            "delta": max(sum(map(max, coins)), -sum(map(min, coins))),
        }
        for name in INSTRUMENTS:
            measured[f"account {name}"] = max(map(abs, self.outcomes(name)))
            for owner in STRATEGIES:
                measured[f"{owner} {name}"] = max(map(abs, self.outcomes(name, owner)))
        return measured

    def raise_ceilings(self):
        """A limit may be exceeded by what the market or the venue did, and by nothing else."""
        bounds = {"gross": GROSS_MAX, "net": NET_MAX, "delta": DELTA_MAX}
        for name, value in self.measure().items():
            bound = bounds.get(name, ACCOUNT_MAX if name.startswith("account") else OWN_MAX)
            self.ceilings[name] = max(bound, value)


Trading.TestCase.settings = settings(max_examples=150, stateful_step_count=50)
TestNoHistoryDrivesTheWorstCasePastALimit = Trading.TestCase
