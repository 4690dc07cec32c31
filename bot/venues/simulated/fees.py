"""What the venue takes for a fill, exactly; it is rounded once, when it is booked."""

from decimal import ROUND_HALF_UP, Decimal

from msgspec import Struct

from bot.model.command import Side
from bot.model.instrument import Instrument, Kind
from bot.model.units import NS_PER_HOUR, AccountId, Currency, InstrumentId
from bot.venues.simulated.accounts import ZERO, worth

NS_PER_DAY = 24 * NS_PER_HOUR
COUNTED_DAYS = 30


class FeeTier(Struct, frozen=True):
    """The rates of whoever traded at least so much in 30 days, in the quote currency."""

    volume: Decimal
    maker: Decimal
    taker: Decimal


class FeeAsset(Struct, frozen=True):
    """A coin that fees may be paid in, at a discount, for whoever asked for it and has it.

    price_of: the instrument that trades it against the currency of the fee. While its price is
    unknown the fee is charged as if there were no such coin.
    """

    currency: Currency
    discount: Decimal
    price_of: InstrumentId


class FeeSchedule(Struct, frozen=True):
    """The rates of one instrument, as fractions of what changes hands; a rebate is negative.

    in_received: spot only: the fee is kept from the asset that the fill brings (base when
        buying, quote when selling). Else it is charged in quote.
    tiers: better rates, ascending by volume. premium_cap: of options: a fee is a fraction of
        the underlying, but no more than this fraction of the premium. delivery: of what a
        dated contract settles at. step: what a fee is rounded to, half up; None: it is not.
    """

    maker: Decimal
    taker: Decimal
    in_received: bool = False
    tiers: tuple[FeeTier, ...] = ()
    premium_cap: Decimal | None = None
    delivery: Decimal = ZERO
    step: Decimal | None = None
    asset: FeeAsset | None = None

    def __post_init__(self) -> None:
        """Refuse rates that are no fractions; most mistakes are percent or bps."""
        rates = [("maker", self.maker), ("taker", self.taker), ("delivery", self.delivery)]
        for tier in self.tiers:
            rates += [("maker", tier.maker), ("taker", tier.taker)]
        for name, rate in rates:
            if not rate.is_finite() or abs(rate) >= Decimal("0.1"):
                raise ValueError(f"{name}: got {rate}, expected a fraction such as 0.0005")
        volumes = [tier.volume for tier in self.tiers]
        if volumes != sorted(set(volumes)):
            raise ValueError(f"tiers: got volumes {volumes}, expected ascending ones")

    def charge(
        self,
        instrument: Instrument,
        side: Side,
        size: int,
        price: int,
        *,
        maker: bool,
        volume: Decimal = ZERO,
        index: Decimal | None = None,
    ) -> tuple[Decimal, Currency]:
        """The fee of a fill and its currency; size in lots, price in ticks.

        volume: what the account traded in 30 days. index: of the underlying of an option.
        """
        rate, paid = self.rate(volume, maker=maker), instrument.price(price)
        if instrument.kind is Kind.OPTION:
            return self.rounded(self._of_option(instrument, size, paid, rate, index)), (
                instrument.settle
            )
        if instrument.kind is not Kind.SPOT:
            return self.rounded(abs(worth(instrument, size, paid)) * rate), instrument.settle
        if self.in_received and side is Side.BUY:
            return self.rounded(instrument.base_amount(size, paid) * rate), instrument.base
        return self.rounded(instrument.notional(size, paid) * rate), instrument.quote

    def deliver(self, instrument: Instrument, lots: int, price: Decimal, index: Decimal) -> Decimal:
        """The fee of a settlement at expiry; price: what a unit pays. What pays nothing is free."""
        amount = abs(worth(instrument, lots, price))
        if instrument.kind is not Kind.OPTION:
            return self.rounded(amount * self.delivery)
        if not amount:
            return ZERO
        return self.rounded(self._of_option(instrument, abs(lots), price, self.delivery, index))

    def rate(self, volume: Decimal, *, maker: bool) -> Decimal:
        """The rate of whoever traded so much."""
        best: FeeSchedule | FeeTier = self
        for tier in self.tiers:
            best = tier if tier.volume <= volume else best
        return best.maker if maker else best.taker

    def worst(self) -> Decimal:
        """The most that any fill costs, as a fraction."""
        rates = [ZERO, self.maker, self.taker]
        return max(rates + [rate for tier in self.tiers for rate in (tier.maker, tier.taker)])

    def rounded(self, fee: Decimal) -> Decimal:
        """A fee as it is booked."""
        return fee if self.step is None else fee.quantize(self.step, ROUND_HALF_UP)

    def _of_option(
        self,
        instrument: Instrument,
        size: int,
        premium: Decimal,
        rate: Decimal,
        index: Decimal | None,
    ) -> Decimal:
        """A fraction of the underlying, capped by the premium; the cap where it is unknown."""
        if not rate:
            return ZERO
        coins = size * instrument.lot * instrument.contract_size
        capped = None if self.premium_cap is None else coins * premium * self.premium_cap
        underlying = Decimal(1) if instrument.in_coin else index
        if underlying is None:
            return coins * premium * rate if capped is None else capped
        fee = coins * underlying * rate
        return fee if capped is None else min(fee, capped)


class Volumes:
    """What each account traded, by day and quote currency; a day counts when it is over."""

    def __init__(self) -> None:
        self.days: dict[tuple[AccountId, Currency], dict[int, Decimal]] = {}

    def add(self, account: AccountId, currency: Currency, amount: Decimal, now_ns: int) -> None:
        """Count a trade."""
        day, days = now_ns // NS_PER_DAY, self.days.setdefault((account, currency), {})
        days[day] = days.get(day, ZERO) + amount
        for old in [each for each in days if each < day - COUNTED_DAYS]:
            del days[old]

    def of(self, account: AccountId, currency: Currency, now_ns: int) -> Decimal:
        """What was traded in the 30 days before today."""
        today, days = now_ns // NS_PER_DAY, self.days.get((account, currency), {})
        return sum(
            (amount for day, amount in days.items() if today - COUNTED_DAYS <= day < today), ZERO
        )
