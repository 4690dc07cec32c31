"""Envelopes of JSON-RPC as Deribit sends them, its errors, and parameters read strictly.

Source: "JSON-RPC" and "RPC Error Codes" of Deribit's API documentation; numbers are JSON numbers,
written exactly as the decimals that they are.
"""

from decimal import Decimal, InvalidOperation
from typing import Any, Final

import msgspec

AMOUNT_MAX: Final = Decimal(10) ** 15
_encoder = msgspec.json.Encoder(decimal_format="number")
_decoder = msgspec.json.Decoder(float_hook=Decimal)


class RpcError(Exception):
    """A request that gets an error for its answer."""

    def __init__(self, code: int, message: str, data: Any = None, status: int = 400) -> None:
        super().__init__(code, message)
        self.code, self.message, self.data, self.status = code, message, data, status

    @property
    def body(self) -> dict[str, Any]:
        """As JSON has it."""
        told: dict[str, Any] = {"message": self.message, "code": self.code}
        return told if self.data is None else {**told, "data": self.data}


def encode(value: Any) -> bytes:
    """A value as JSON, decimals as numbers."""
    return _encoder.encode(value)


def decode(data: str | bytes) -> dict[str, Any]:
    """A request; numbers stay what was written."""
    try:
        asked = _decoder.decode(data)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise RpcError(-32700, "Parse error") from None
    if not isinstance(asked, dict):
        raise RpcError(-32600, "Request is not valid JSON-RPC")
    return asked


def invalid(name: str, reason: str) -> RpcError:
    """A parameter that cannot be."""
    return RpcError(-32602, "Invalid params", {"param": name, "reason": reason})


def unauthorized() -> RpcError:
    """A private method without a session."""
    return RpcError(13009, "unauthorized", {"reason": "invalid_token"}, 401)


def bad_credentials() -> RpcError:
    """A key or signature that nobody has."""
    return RpcError(13004, "invalid_credentials", None, 401)


def unknown_method() -> RpcError:
    """Not one of ours."""
    return RpcError(-32601, "Method not found")


class Given:
    """A request's parameters, from JSON or from a query."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values

    def text(self, name: str, default: str | None = None) -> str:
        """A text; refused when it was not sent and there is no default."""
        value = self.values.get(name, default)
        if value is None:
            raise invalid(name, "value required")
        if not isinstance(value, str):
            raise invalid(name, "wrong format")
        return value

    def one_of(self, name: str, known: tuple[str, ...], default: str) -> str:
        """A text out of a few."""
        value = self.text(name, default)
        if value not in known:
            raise invalid(name, "value not in list")
        return value

    def number(self, name: str) -> Decimal | None:
        """A number > 0; None when it was not sent."""
        value = self.values.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
            raise invalid(name, "wrong format")
        try:
            number = Decimal(value) if len(str(value)) <= 40 else Decimal("NaN")
        except InvalidOperation:
            raise invalid(name, "wrong format") from None
        if not number.is_finite() or not 0 < number < AMOUNT_MAX or number.adjusted() < -20:
            raise invalid(name, "must be a positive number")
        return number

    def whole(self, name: str, default: int, most: int) -> int:
        """A whole number between 1 and `most`."""
        value = self.values.get(name, default)
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
            raise invalid(name, f"must be between 1 and {most}")
        return value

    def flag(self, name: str) -> bool:
        """True or false, false when it was not sent."""
        value = self.values.get(name, False)
        if value in ("true", "false"):
            return bool(value == "true")
        if not isinstance(value, bool):
            raise invalid(name, "wrong format")
        return value
