"""Who is asking: tokens, client credentials, and signatures over WebSocket and HTTP.

Source: "Authentication" of Deribit's API documentation: HMAC-SHA256 of timestamp, nonce and data,
each on a line of its own; over HTTP the data are method, path with query, and body.
"""

import hmac
from collections.abc import Callable
from typing import Any, Final

from msgspec import Struct

from bot.model.units import NS_PER_MS
from bot.venues.server.accounts import Member, Members
from bot.venues.server.answer import Ask
from bot.venues.server.deribit.rpc import Given, bad_credentials, unauthorized

LIFE_S: Final = 900
AGE_MS: Final = 60_000
SCOPE: Final = "account:read_write block_trade:read_write trade:read_write wallet:read_write"


class _Token(Struct):
    member: Member
    until_ms: int


class Auth:
    """Gives tokens out and knows them again. chance: random bytes; clock: ns of the wall."""

    def __init__(
        self, members: Members, chance: Callable[[int], bytes], clock: Callable[[], int]
    ) -> None:
        self._members = members
        self._chance = chance
        self._clock = clock
        self._tokens: dict[str, _Token] = {}
        self._refresh: dict[str, Member] = {}

    def begin(self, given: Given) -> tuple[Member, dict[str, Any]]:
        """public/auth."""
        grant = given.text("grant_type")
        if grant == "refresh_token":
            member = self._refresh.pop(given.text("refresh_token"), None)
        elif grant == "client_credentials":
            member = self._members.by_key.get(given.text("client_id"))
            secret = given.text("client_secret")
            if member is not None and not _same(member.secret, secret):
                member = None
        elif grant == "client_signature":
            member = self._members.by_key.get(given.text("client_id"))
            sent = str(given.values.get("timestamp", ""))
            data = f"{sent}\n{given.text('nonce', '')}\n{given.text('data', '')}"
            if member is not None and not self._signed(member, sent, data, given.text("signature")):
                member = None
        else:
            member = None
        if member is None:
            raise bad_credentials()
        token, refresh = self._chance(32).hex(), self._chance(32).hex()
        self._tokens[token] = _Token(member, self._now_ms() + LIFE_S * 1_000)
        self._refresh[refresh] = member
        return member, {
            "access_token": token,
            "refresh_token": refresh,
            "expires_in": LIFE_S,
            "scope": SCOPE,
            "token_type": "bearer",
        }

    def of(self, ask: Ask, target: str) -> Member | None:
        """Whoever sent a request over HTTP; None: it does not say. target: path with query."""
        header = ask.headers.authorization
        if not header:
            return None
        kind, _, rest = header.partition(" ")
        if kind.lower() == "bearer":
            return self.known(rest.strip())
        if kind.lower() != "deri-hmac-sha256":
            raise unauthorized()
        parts = dict(part.strip().partition("=")[::2] for part in rest.split(",") if "=" in part)
        member = self._members.by_key.get(parts.get("id", ""))
        sent = parts.get("ts", "")
        body = ask.body.decode("utf-8", errors="replace")
        text = f"{sent}\n{parts.get('nonce', '')}\n{ask.method}\n{target}\n{body}\n"
        if member is None or not self._signed(member, sent, text, parts.get("sig", "")):
            raise bad_credentials()
        return member

    def known(self, token: str) -> Member:
        """Whose token it is, while it lives."""
        found = self._tokens.get(token)
        if found is None or self._now_ms() > found.until_ms:
            raise unauthorized()
        return found.member

    def _signed(self, member: Member, sent: str, text: str, given: str) -> bool:
        if not (sent.isascii() and sent.isdigit() and len(sent) < 20):
            return False
        if abs(self._now_ms() - int(sent)) > AGE_MS:
            return False
        expected = hmac.digest(member.secret.encode(), text.encode(), "sha256").hex()
        return _same(expected, given)

    def _now_ms(self) -> int:
        return self._clock() // NS_PER_MS


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode(errors="replace"))
