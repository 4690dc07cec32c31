"""A request's parameters, read one by one and strictly."""

import re
from decimal import Decimal
from typing import Final
from urllib.parse import parse_qsl

from bot.venues.server.binance import errors
from bot.venues.server.numbers import decimal_of, whole_of

PARAMS_MAX: Final = 64
DECIMAL_RANGE: Final = "^([0-9]{1,20})(\\.[0-9]{1,20})?$"
WHOLE_RANGE: Final = "^[0-9]{1,20}$"
NAME: Final = re.compile(r"[.A-Z:/a-z0-9_-]{1,36}")
NAME_RANGE: Final = "^[\\.A-Z\\:/a-z0-9_-]{1,36}$"


class Params:
    """By name; what is empty was sent all the same.

    illegal: whether a malformed number is told as illegal characters (spot) or as a parameter
    that was not sent (USD-M).
    """

    def __init__(self, query: str, body: str, *, illegal: bool) -> None:
        self.values: dict[str, str] = {}
        self._illegal = illegal
        for text in (query, body):
            try:
                pairs = parse_qsl(
                    text, keep_blank_values=True, errors="replace", max_num_fields=PARAMS_MAX
                )
            except ValueError:
                raise errors.too_many_parameters() from None
            for name, value in pairs:
                if name in self.values:
                    raise errors.too_many_parameters()
                self.values[name] = value

    @classmethod
    def of(cls, values: dict[str, str], *, illegal: bool) -> "Params":
        """Parameters that came as JSON."""
        made = cls("", "", illegal=illegal)
        made.values = values
        return made

    def has(self, name: str) -> bool:
        """Whether it was sent with a value."""
        return bool(self.values.get(name))

    def text(self, name: str) -> str | None:
        """As sent; None when it was not."""
        value = self.values.get(name)
        if value == "":
            raise errors.empty(name) if self._illegal else errors.missing(name)
        return value

    def need(self, name: str) -> str:
        """As sent; refused when it was not."""
        value = self.values.get(name)
        if not value:
            raise errors.missing(name)
        return value

    def decimal(self, name: str) -> Decimal | None:
        """A decimal; None when it was not sent."""
        value = self.text(name)
        if value is None:
            return None
        number = decimal_of(value)
        if number is None:
            raise errors.illegal(name, DECIMAL_RANGE) if self._illegal else errors.missing(name)
        return number

    def need_decimal(self, name: str) -> Decimal:
        """A decimal that must be sent."""
        self.need(name)
        number = self.decimal(name)
        assert number is not None, "it was sent"
        return number

    def whole(self, name: str) -> int | None:
        """A whole number >= 0; None when it was not sent."""
        value = self.text(name)
        if value is None:
            return None
        number = whole_of(value)
        if number is None:
            raise errors.illegal(name, WHOLE_RANGE) if self._illegal else errors.missing(name)
        return number

    def need_whole(self, name: str) -> int:
        """A whole number that must be sent."""
        self.need(name)
        number = self.whole(name)
        assert number is not None, "it was sent"
        return number

    def flag(self, name: str, *, default: bool = False) -> bool:
        """`true` or `false`, in any case."""
        value = self.text(name)
        if value is None:
            return default
        if value.lower() not in ("true", "false"):
            raise errors.bad_value(name)
        return value.lower() == "true"

    def limit(self, default: int, most: int) -> int:
        """How many of the latest are wanted."""
        asked = self.whole("limit")
        if asked is None:
            return default
        if asked == 0:
            raise errors.bad_value("limit")
        return min(asked, most)

    def name(self, name: str) -> str | None:
        """A client's own name for an order."""
        value = self.text(name)
        if value is not None and not NAME.fullmatch(value):
            if not self._illegal and len(value) > 36:
                raise errors.Refused(*errors.NAME_LONG)
            raise errors.illegal(name, NAME_RANGE)
        return value
