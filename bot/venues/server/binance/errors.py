"""What Binance answers when it refuses: codes and texts.

Sources: "Error Codes" of the Spot API documentation and of the USD-M Futures documentation
(developers.binance.com), each code under its number there; HTTP codes: "General Info" of both.
Where real replies are known to be worded otherwise than the page, the reply's words stand here.
"""

from typing import Final

from bot.venues.server.answer import Answer, answer

BAD_REQUEST: Final = 400
UNAUTHORIZED: Final = 401


class Refused(Exception):
    """A request that gets an error for its answer. wait_s: what `Retry-After` says."""

    def __init__(
        self, code: int, text: str, status: int = BAD_REQUEST, wait_s: int | None = None
    ) -> None:
        super().__init__(code, text)
        self.code, self.text, self.status, self.wait_s = code, text, status, wait_s

    @property
    def body(self) -> dict[str, object]:
        """As JSON has it."""
        return {"code": self.code, "msg": self.text}

    def answer(self) -> Answer:
        """As a reply."""
        made = answer(self.body, self.status)
        if self.wait_s is not None:
            made.headers["Retry-After"] = str(self.wait_s)
        return made


# --- 10xx: of the server ---------------------------------------------------------------


def too_many_requests(peer: str, limit: int, wait_s: int) -> Refused:
    """More weight than a minute has."""
    return Refused(
        -1003,
        f"Too many requests; current limit of IP({peer}) is {limit} requests per minute. "
        "Please use the websocket for live updates to avoid polling the API.",
        429,
        wait_s,
    )


def banned(peer: str, until_ms: int, wait_s: int) -> Refused:
    """Went on after it had been told."""
    return Refused(
        -1003,
        f"Way too much request weight used; IP({peer}) banned until {until_ms}. "
        "Please use the websocket for live updates to avoid bans.",
        418,
        wait_s,
    )


def too_many_orders(limit: int, interval: str, wait_s: int) -> Refused:
    """More orders than an interval has."""
    return Refused(
        -1015,
        f"Too many new orders; current limit is {limit} orders per {interval}.",
        429,
        wait_s,
    )


def late() -> Refused:
    """The request was sent too long ago."""
    return Refused(-1021, "Timestamp for this request is outside of the recvWindow.")


def early() -> Refused:
    """The request comes from the future."""
    return Refused(-1021, "Timestamp for this request was 1000ms ahead of the server's time.")


def unsigned() -> Refused:
    """The signature is not that of the key's secret."""
    return Refused(-1022, "Signature for this request is not valid.")


# --- 11xx: of the request --------------------------------------------------------------


def illegal(name: str, legal: str) -> Refused:
    """A value has characters that it cannot have."""
    return Refused(
        -1100, f"Illegal characters found in parameter '{name}'; legal range is '{legal}'."
    )


def too_many_parameters() -> Refused:
    """A name twice, or far too many of them."""
    return Refused(-1101, "Duplicate values for a parameter detected.")


def missing(name: str) -> Refused:
    """A value that is needed is not there, or is nothing of the kind."""
    return Refused(
        -1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed."
    )


def either(one: str, other: str) -> Refused:
    """One of two is needed."""
    return Refused(-1102, f"Param '{one}' or '{other}' must be sent, but both were empty/null!")


def empty(name: str) -> Refused:
    """A value is empty."""
    return Refused(-1105, f"Parameter '{name}' was empty.")


def not_required(name: str) -> Refused:
    """A value that this kind of order cannot have."""
    return Refused(-1106, f"Parameter '{name}' sent when not required.")


def too_precise(name: str | None) -> Refused:
    """More digits than there are. name: spot tells it, USD-M does not."""
    if name is None:
        return Refused(-1111, "Precision is over the maximum defined for this asset.")
    return Refused(-1111, f"Parameter '{name}' has too much precision.")


def bad_time_in_force() -> Refused:
    """Not one of those."""
    return Refused(-1115, "Invalid timeInForce.")


def bad_order_type() -> Refused:
    """Not one of those."""
    return Refused(-1116, "Invalid orderType.")


def bad_side() -> Refused:
    """Not one of those."""
    return Refused(-1117, "Invalid side.")


def bad_symbol() -> Refused:
    """Not traded here."""
    return Refused(-1121, "Invalid symbol.")


def bad_listen_key() -> Refused:
    """Never given out, or expired."""
    return Refused(-1125, "This listenKey does not exist.")


def bad_value(name: str) -> Refused:
    """A value that means nothing."""
    return Refused(-1130, f"Data sent for parameter '{name}' is not valid.")


def bad_window() -> Refused:
    """The longest recvWindow is a minute."""
    return Refused(-1131, "recvWindow must be less than 60000")


# --- 20xx: of orders and keys ----------------------------------------------------------


def rejected(text: str) -> Refused:
    """Spot: the engine did not take an order."""
    return Refused(-2010, text)


def unknown_order() -> Refused:
    """Nothing that could be canceled."""
    return Refused(-2011, "Unknown order sent.")


def no_such_order() -> Refused:
    """Nothing to show."""
    return Refused(-2013, "Order does not exist.")


def bad_key_format() -> Refused:
    """No key at all, or nothing like one."""
    return Refused(-2014, "API-key format invalid.", UNAUTHORIZED)


def bad_key() -> Refused:
    """A key that nobody has."""
    return Refused(-2015, "Invalid API-key, IP, or permissions for action.", UNAUTHORIZED)


def filter_failure(name: str) -> Refused:
    """Spot: an order breaks a rule of its symbol."""
    return Refused(-1013, f"Filter failure: {name}")


# --- USD-M's own -----------------------------------------------------------------------

INSUFFICIENT_MARGIN: Final = (-2019, "Margin is insufficient.")
WOULD_TRIGGER: Final = (-2021, "Order would immediately trigger.")
NOT_REDUCING: Final = (-2022, "ReduceOnly Order is rejected.")
ORDERS_FULL: Final = (-2025, "Reach max open order limit.")
POSITION_FULL: Final = (
    -2027,
    "Exceeded the maximum allowable position at current leverage.",
)
PRICE_ZERO: Final = (-4001, "Price less than 0.")
PRICE_HIGH: Final = (-4002, "Price greater than max price.")
SIZE_ZERO: Final = (-4003, "Quantity less than or equal to zero.")
SIZE_SMALL: Final = (-4004, "Quantity less than min quantity.")
SIZE_LARGE: Final = (-4005, "Quantity greater than max quantity.")
PRICE_LOW: Final = (-4013, "Price less than min price.")
PRICE_STEP: Final = (-4014, "Price not increased by tick size.")
NAME_LONG: Final = (-4015, "Client order id length should be less than 36 chars")
SIZE_STEP: Final = (-4023, "Quantity not increased by step size.")
TRIGGERS_FULL: Final = (-4045, "Reach max stop order limit.")
SAME_MARGIN_TYPE: Final = (-4046, "No need to change margin type.")
SAME_POSITION_SIDE: Final = (-4059, "No need to change position side.")
WRONG_POSITION_SIDE: Final = (-4061, "Order's position side does not match user's setting.")
NAME_TAKEN: Final = (-4116, "ClientOrderId is duplicated.")
ALGO_ONLY: Final = (
    -4120,
    "Order type not supported for this endpoint. Please use the Algo Order API endpoints instead.",
)
NO_COUNTERPARTY: Final = (
    -4131,
    "The counterparty's best price does not meet the PERCENT_PRICE filter limit.",
)
NOT_TRADING: Final = (-4140, "Invalid symbol status for opening position.")
NOT_FILLED_WHOLE: Final = (
    -5021,
    "Due to the order could not be filled immediately, the FOK order has been rejected. "
    "The order will not be recorded in the order history",
)
NOT_MAKER: Final = (
    -5022,
    "Due to the order could not be executed as maker, the Post Only order will be rejected. "
    "The order will not be recorded in the order history",
)
NOTHING_TO_MODIFY: Final = (-5027, "No need to modify the order.")


def leverage_invalid(leverage: int) -> Refused:
    """More than any bracket allows, or none."""
    return Refused(-4028, f"Leverage {leverage} is not valid")


def above_band(highest: str) -> Refused:
    """A bid too far above the mark."""
    return Refused(-4016, f"Limit price can't be higher than {highest}.")


def below_band(lowest: str) -> Refused:
    """An ask too far below the mark."""
    return Refused(-4024, f"Limit price can't be lower than {lowest}.")


def too_small(notional: str) -> Refused:
    """Worth less than an order must be."""
    return Refused(
        -4164,
        f"Order's notional must be no smaller than {notional} (unless you choose reduce only).",
    )


def bad_path(method: str, path: str) -> Refused:
    """USD-M's answer to what it does not have."""
    return Refused(-5000, f"Path {path}, Method {method} is invalid", 404)
