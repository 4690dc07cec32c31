"""Deribit's standard margin: rates that grow with the size, and options by how far out they are.

Source: Deribit's public description of standard margin. Linear BTC perpetuals: initial 2 %
and maintenance 1 %, each with 0.005 % for every coin of size. Options, in coins for each coin:

    short call   initial max(0.15 - out / F, 0.1) + mark      maintenance 0.075 + mark
    short put    initial the larger of that and maintenance
                                              maintenance max(0.075, 0.075 mark) + mark

with F the index and `out` how far out of the money it is. Long options were paid for.
"""

from decimal import Decimal

from msgspec import Struct

from bot.model.money import divide
from bot.venues.simulated.accounts import ZERO
from bot.venues.simulated.margin import Load


class SizeMargin(Struct, frozen=True):
    """Rates at no size at all, and what every coin of size adds to both."""

    initial_rate: Decimal
    maintenance_rate: Decimal
    step_per_coin: Decimal

    def initial(self, load: Load, leverage: Decimal | None) -> Decimal:
        """The rate of this size, or worth over leverage where that is more."""
        required = load.amount * (self.initial_rate + self._added(load))
        return required if leverage is None else max(required, divide(load.amount, leverage))

    def leverage_max(self, load: Load) -> Decimal | None:
        """What the initial rate of this size comes to."""
        return divide(Decimal(1), self.initial_rate + self._added(load))

    def maintenance(self, load: Load) -> Decimal:
        """The rate of this size."""
        return load.amount * (self.maintenance_rate + self._added(load))

    def steepest(self, load: Load) -> Decimal | None:
        """The rate of this size; coins of an inverse contract grow as the price falls."""
        return None if load.instrument.inverse else self.maintenance_rate + self._added(load)

    def step(self, load: Load) -> int:
        """Half of it, for there are no tiers to step down to."""
        return (abs(load.lots) + 1) // 2

    def _added(self, load: Load) -> Decimal:
        coins = abs(load.instrument.base_amount(load.lots, load.mark))
        return coins * self.step_per_coin


class OptionMargin(Struct, frozen=True):
    """The margin of short options, in coins for each coin."""

    base: Decimal = Decimal("0.15")
    least: Decimal = Decimal("0.1")
    kept: Decimal = Decimal("0.075")

    def initial(self, load: Load, leverage: Decimal | None) -> Decimal:  # noqa: ARG002  as others
        """To sell it; leverage has no say."""
        return self._required(load, self._opening(load))

    def leverage_max(self, load: Load) -> Decimal | None:  # noqa: ARG002  as others
        """None: options know no leverage."""
        return None

    def maintenance(self, load: Load) -> Decimal:
        """To stay short of it."""
        return self._required(load, self._keeping(load))

    def steepest(self, load: Load) -> Decimal | None:  # noqa: ARG002  as others
        """It moves with the index as well."""
        return None

    def step(self, load: Load) -> int:
        """All of it."""
        return abs(load.lots)

    def _required(self, load: Load, rate: Decimal) -> Decimal:
        if load.lots >= 0:
            return ZERO
        coins = -load.lots * load.instrument.lot * load.instrument.contract_size
        return coins * rate if load.instrument.in_coin else coins * rate * self._forward(load)

    def _opening(self, load: Load) -> Decimal:
        strike, forward = load.instrument.strike, self._forward(load)
        assert strike is not None, f"{load.instrument.id}: an option has a strike"
        out = strike - forward if load.instrument.call else forward - strike
        rate = max(self.base - divide(max(out, ZERO), forward), self.least) + self._mark(load)
        return rate if load.instrument.call else max(rate, self._keeping(load))

    def _keeping(self, load: Load) -> Decimal:
        mark = self._mark(load)
        kept = self.kept if load.instrument.call else max(self.kept, self.kept * mark)
        return kept + mark

    def _mark(self, load: Load) -> Decimal:
        """The mark in coins."""
        if load.instrument.in_coin:
            return load.mark
        return divide(load.mark, self._forward(load))

    def _forward(self, load: Load) -> Decimal:
        # Without an index an option counts as if it stood at its strike.
        forward = load.index if load.index is not None else load.instrument.strike
        assert forward is not None, f"{load.instrument.id}: an option has a strike"
        return forward
