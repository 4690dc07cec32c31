"""The rules that an order must keep at the simulated venue, besides those of its instrument.

```
[venue.rules."binanceusdm:BTC/USDT:USDT"]
size_max = "1000"      # in the venue's unit of amount, as the lot is
band_up = "1.05"       # a bid may stand at most so many times the mark,
band_down = "0.95"     # an ask at least
market_band = "0.05"   # so far from the mark does a market order go
```
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Final

from msgspec import Struct
from pydantic import AfterValidator, BaseModel, ConfigDict

from bot.config.values import Count, Exact, refuse
from bot.errors import ConfigError
from bot.model.instrument import Instrument

BAND_MAX: Final = 100


def _above(value: Decimal) -> Decimal:
    if not 1 <= value < BAND_MAX:
        refuse("a multiple of the mark, 1 or more", 'write "1.05" for five percent above it')
    return value


def _below(value: Decimal) -> Decimal:
    if value > 1:
        refuse("a multiple of the mark, 1 or less", 'write "0.95" for five percent below it')
    return value


def _fraction(value: Decimal) -> Decimal:
    if value >= 1:
        refuse("a fraction of the mark", 'write "0.05" for five percent')
    return value


class VenueRules(BaseModel):
    """What is left out is no rule. Sizes are in the venue's unit of amount, prices in quote.

    notional_max: of one order. orders_max: that stand. position_max: with what is on its way.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    size_max: Exact | None = None
    size_step: Exact | None = None
    market_size_max: Exact | None = None
    market_size_step: Exact | None = None
    price_min: Exact | None = None
    price_max: Exact | None = None
    band_up: Annotated[Exact, AfterValidator(_above)] | None = None
    band_down: Annotated[Exact, AfterValidator(_below)] | None = None
    market_band: Annotated[Exact, AfterValidator(_fraction)] | None = None
    notional_max: Exact | None = None
    orders_max: Count | None = None
    position_max: Exact | None = None


class RuleTerms(Struct, frozen=True, kw_only=True):
    """The same in lots and ticks."""

    size_max: int | None
    size_step: int
    market_size_max: int | None
    market_size_step: int | None
    price_min: int | None
    price_max: int | None
    band_up: Decimal | None
    band_down: Decimal | None
    market_band: Decimal | None
    notional_max: Decimal | None
    orders_max: int | None
    position_max: int | None


def rule_terms(rules: VenueRules, instrument: Instrument) -> RuleTerms:
    """The rules of an instrument; ConfigError for a size or price that is between two steps."""

    def lots(name: str) -> int | None:
        return _counted(rules, name, instrument, instrument.lots)

    def ticks(name: str) -> int | None:
        return _counted(rules, name, instrument, instrument.ticks)

    return RuleTerms(
        size_max=lots("size_max"),
        size_step=lots("size_step") or 1,
        market_size_max=lots("market_size_max"),
        market_size_step=lots("market_size_step"),
        price_min=ticks("price_min"),
        price_max=ticks("price_max"),
        band_up=rules.band_up,
        band_down=rules.band_down,
        market_band=rules.market_band,
        notional_max=rules.notional_max,
        orders_max=rules.orders_max,
        position_max=lots("position_max"),
    )


def _counted(
    rules: VenueRules, name: str, instrument: Instrument, count: Callable[[Decimal], int]
) -> int | None:
    value: Decimal | None = getattr(rules, name)
    if value is None:
        return None
    try:
        counted = count(value)
    except ValueError as error:
        place = f'venue.rules."{instrument.id}".{name}'
        raise ConfigError(place, f'"{value}"', str(error), "write a multiple of it") from error
    if counted <= 0:
        place = f'venue.rules."{instrument.id}".{name}'
        raise ConfigError(place, f'"{value}"', "one step or more", "write more")
    return counted
