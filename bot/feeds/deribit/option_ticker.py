"""What a ticker of an option says, as plain numbers: the one place that knows Deribit's fields."""

from decimal import Decimal

from msgspec import Raw, Struct

from bot.feeds.deribit import wire
from bot.feeds.grid import signed_decimal
from bot.feeds.numerals import optional_numeral


class OptionTicker(Struct, frozen=True):
    """The state of one option; None is not said, and a price of 0 is no price.

    bid, ask, mark: in the coin that settles, or USDC of a linear option. bid_size, ask_size,
    interest: base coins. bid_iv, ask_iv, mark_iv: a year's volatility as a fraction; the venue
    sends percent. forward: the future that the option is priced on, in USD. index: of the coin.
    delta, gamma, vega, theta, rho: in USD as the venue computes them; vega and rho for one
    point, theta for one day.
    """

    bid: Decimal | None
    ask: Decimal | None
    mark: Decimal | None
    bid_size: Decimal | None
    ask_size: Decimal | None
    interest: Decimal | None
    bid_iv: Decimal | None
    ask_iv: Decimal | None
    mark_iv: Decimal | None
    forward: Decimal | None
    index: Decimal | None
    delta: Decimal | None
    gamma: Decimal | None
    vega: Decimal | None
    theta: Decimal | None
    rho: Decimal | None


def option_ticker(ticker: wire.Ticker, where: str) -> OptionTicker:
    """The fields of an option's ticker; DataError when one of them is no number."""
    greeks = ticker.greeks or wire.Greeks()

    def number(raw: Raw) -> Decimal | None:
        text = optional_numeral(raw, where)
        return signed_decimal(text, where) if text else None

    def positive(raw: Raw) -> Decimal | None:
        return number(raw) or None

    def fraction(raw: Raw) -> Decimal | None:
        percent = positive(raw)
        return None if percent is None else percent / 100

    return OptionTicker(
        bid=positive(ticker.bid_price),
        ask=positive(ticker.ask_price),
        mark=positive(ticker.mark),
        bid_size=number(ticker.bid_amount),
        ask_size=number(ticker.ask_amount),
        interest=number(ticker.interest),
        bid_iv=fraction(ticker.bid_iv),
        ask_iv=fraction(ticker.ask_iv),
        mark_iv=fraction(ticker.mark_iv),
        forward=positive(ticker.underlying),
        index=positive(ticker.index),
        delta=number(greeks.delta),
        gamma=number(greeks.gamma),
        vega=number(greeks.vega),
        theta=number(greeks.theta),
        rho=number(greeks.rho),
    )
