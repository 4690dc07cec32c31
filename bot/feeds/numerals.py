"""Numbers of JSON as the text that was sent, for venues that do not quote them.

`msgspec.Raw` keeps the digits: a float between the wire and the grid would round them. What is no
plain decimal (`1e-8`) is written out once, and then remembered by the grid as any other text.
"""

from decimal import Decimal, InvalidOperation
from typing import Final

import msgspec

from bot.errors import DataError, quoted

_PLAIN: Final = frozenset(b"0123456789.-")
_EXPONENT_MAX: Final = 30
"""Beyond this a number is no price or size of anything, and would be a very long text."""


def numeral(raw: msgspec.Raw, where: str) -> str:
    """A number as plain decimal text; DataError when the value is no number."""
    sent = bytes(raw)
    if sent and _PLAIN.issuperset(sent):
        return sent.decode()
    try:
        number = Decimal(sent.decode())
        if number.is_finite() and abs(number.adjusted()) <= _EXPONENT_MAX:
            return f"{number:f}"
    except (InvalidOperation, UnicodeDecodeError):
        pass
    raise DataError(
        where,
        quoted(sent[:40].decode(errors="replace")) if sent else "nothing",
        "a number",
        "leave the frame out: it is damaged",
    )


def optional_numeral(raw: msgspec.Raw, where: str) -> str:
    """The same; empty text when the field is absent or null."""
    return "" if bytes(raw) in (b"", b"null") else numeral(raw, where)
