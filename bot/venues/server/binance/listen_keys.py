"""Keys of user streams: given out, kept alive, expired.

Source: "User Data Streams" of the USD-M Futures documentation: a key lives for 60 minutes; asking
again gives the same key and prolongs it.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

from msgspec import Struct

from bot.model.units import AccountId
from bot.venues.server.binance import errors
from bot.venues.server.binance.gate import Call

LIFE_MS: Final = 3_600_000


class _Lease(Struct):
    key: str
    account: AccountId
    until_ms: int


class ListenKeys:
    """One key an account. chance: random bytes."""

    def __init__(self, chance: Callable[[int], bytes], *, spot: bool) -> None:
        self._chance = chance
        self._spot = spot
        self._by_account: dict[AccountId, _Lease] = {}
        self._by_key: dict[str, _Lease] = {}

    def create(self, call: Call) -> dict[str, Any]:
        """POST: the key that there is, or a new one."""
        account = self._account(call)
        lease = self._by_account.get(account)
        if lease is None:
            lease = _Lease(self._chance(32).hex(), account, 0)
            self._by_account[account] = self._by_key[lease.key] = lease
        lease.until_ms = call.now_ms + LIFE_MS
        return {"listenKey": lease.key}

    def keep(self, call: Call) -> dict[str, Any]:
        """PUT: prolong it."""
        lease = self._lease(call)
        lease.until_ms = call.now_ms + LIFE_MS
        return {} if self._spot else {"listenKey": lease.key}

    def close(self, call: Call) -> dict[str, Any]:
        """DELETE: end it."""
        self._end(self._lease(call))
        return {}

    def known(self, key: str) -> bool:
        """Whether a key is alive."""
        return key in self._by_key

    def of(self, account: AccountId) -> str | None:
        """The key of an account's stream, while it is alive."""
        lease = self._by_account.get(account)
        return None if lease is None else lease.key

    def expire(self, now_ms: int) -> Iterator[str]:
        """End what nobody has prolonged, and name it."""
        for lease in list(self._by_key.values()):
            if now_ms > lease.until_ms:
                self._end(lease)
                yield lease.key

    def drop(self, key: str) -> bool:
        """Let a key expire at once; says whether it was alive."""
        lease = self._by_key.get(key)
        if lease is not None:
            lease.until_ms = 0
        return lease is not None

    def _lease(self, call: Call) -> _Lease:
        account = self._account(call)
        lease = self._by_account.get(account)
        given = call.params.text("listenKey")
        if lease is None or given not in (None, lease.key):
            raise errors.bad_listen_key()
        return lease

    def _account(self, call: Call) -> AccountId:
        return call.member.spot if self._spot else call.member.usdm

    def _end(self, lease: _Lease) -> None:
        del self._by_key[lease.key], self._by_account[lease.account]
