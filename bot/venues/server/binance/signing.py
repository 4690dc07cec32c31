"""Who asks, and whether it was them and just now.

Source: "SIGNED Endpoint Examples" and "Timing security" of both API documentations: HMAC-SHA256
of query and body together, as sent; a request is taken when it is less than a second from the
future and at most `recvWindow` old.
"""

import hmac
import re
from typing import Final

from bot.venues.server.accounts import Member, Members
from bot.venues.server.binance import errors
from bot.venues.server.binance.params import Params

WINDOW_MS: Final = 5_000
WINDOW_MS_MAX: Final = 60_000
AHEAD_MS: Final = 1_000
_SIGNATURE: Final = re.compile(r"(?:^|&)signature=[^&]*")


def signature(secret: str, payload: str) -> str:
    """What the owner of a secret writes under a payload."""
    return hmac.digest(secret.encode(), payload.encode(), "sha256").hex()


def member_of(members: Members, key: str | None) -> Member:
    """Whose key it is."""
    if not key:
        raise errors.bad_key_format()
    found = members.by_key.get(key)
    if found is None:
        # Real keys have 64 letters and digits; anything else is told to be no key at all.
        shaped = len(key) == 64 and key.isascii() and key.isalnum()
        raise errors.bad_key() if shaped else errors.bad_key_format()
    return found


def check_time(params: Params, now_ms: int) -> None:
    """Refuse what was sent too long ago, or too soon."""
    sent_ms = params.need_whole("timestamp")
    window = params.decimal("recvWindow")
    if window is not None and window > WINDOW_MS_MAX:
        raise errors.bad_window()
    if sent_ms >= now_ms + AHEAD_MS:
        raise errors.early()
    if now_ms - sent_ms > (WINDOW_MS if window is None else window):
        raise errors.late()


def check_signature(member: Member, params: Params, query: str, body: str) -> None:
    """Refuse what another may have sent."""
    given = params.need("signature")
    payload = _SIGNATURE.sub("", query).lstrip("&") + _SIGNATURE.sub("", body).lstrip("&")
    expected = signature(member.secret, payload)
    if not hmac.compare_digest(expected.encode(), given.lower().encode(errors="replace")):
        raise errors.unsigned()
