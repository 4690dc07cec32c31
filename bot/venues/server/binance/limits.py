"""How much may be asked: weight a minute by address, orders by account; then 429, then 418.

Source: "Limits" of both API documentations: headers tell what is used; whoever goes on after a
429 is banned (418), for two minutes at first.
"""

from typing import Final

from msgspec import Struct

from bot.venues.server.binance import errors

MINUTE_MS: Final = 60_000
_LETTERS: Final = {1_000: "S", MINUTE_MS: "M", 86_400_000: "D"}
_WORDS: Final = {1_000: "SECOND", MINUTE_MS: "MINUTE", 86_400_000: "DAY"}


class OrderLimit(Struct, frozen=True):
    """So many new orders in an interval: `count` times `unit_ms`."""

    unit_ms: int
    count: int
    most: int

    @property
    def interval_ms(self) -> int:
        """How long it is."""
        return self.unit_ms * self.count

    @property
    def header(self) -> str:
        """The header that tells what is used of it."""
        return f"X-MBX-ORDER-COUNT-{self.count}{_LETTERS[self.unit_ms]}"

    @property
    def words(self) -> str:
        """As an error tells it."""
        return f"{self.count} {_WORDS[self.unit_ms]}" + ("S" if self.count > 1 else "")


class Terms(Struct, frozen=True):
    """What one face allows. strikes: requests after a 429, in its minute, that earn a ban.

    enforced: False: everything is counted and told, and nothing is refused.
    """

    weight: int
    orders: tuple[OrderLimit, ...]
    strikes: int = 10
    ban_ms: int = 2 * MINUTE_MS
    enforced: bool = True

    def told(self) -> list[dict[str, object]]:
        """As exchangeInfo lists it."""
        weight = {
            "rateLimitType": "REQUEST_WEIGHT",
            "interval": "MINUTE",
            "intervalNum": 1,
            "limit": self.weight,
        }
        return [weight] + [
            {
                "rateLimitType": "ORDERS",
                "interval": _WORDS[each.unit_ms],
                "intervalNum": each.count,
                "limit": each.most,
            }
            for each in self.orders
        ]


SPOT: Final = Terms(6_000, (OrderLimit(1_000, 10, 100), OrderLimit(86_400_000, 1, 200_000)))
USDM: Final = Terms(2_400, (OrderLimit(MINUTE_MS, 1, 1_200), OrderLimit(1_000, 10, 300)))


class _Peer(Struct):
    minute: int = 0
    used: int = 0
    strikes: int = 0
    banned_until_ms: int = 0


class Limits:
    """What everybody has used."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self._peers: dict[str, _Peer] = {}
        self._orders: dict[tuple[str, OrderLimit], tuple[int, int]] = {}

    def weigh(self, peer: str, weight: int, now_ms: int) -> int:
        """Take weight from an address; returns what it has used this minute."""
        found = self._peers.setdefault(peer, _Peer())
        if now_ms < found.banned_until_ms:
            wait_s = _seconds(found.banned_until_ms - now_ms)
            raise errors.banned(peer, found.banned_until_ms, wait_s)
        minute = now_ms // MINUTE_MS
        if found.minute != minute:
            found.minute, found.used, found.strikes = minute, 0, 0
        if self.terms.enforced and found.used + weight > self.terms.weight:
            found.strikes += 1
            if found.strikes > self.terms.strikes:
                found.banned_until_ms = now_ms + self.terms.ban_ms
                wait_s = _seconds(self.terms.ban_ms)
                raise errors.banned(peer, found.banned_until_ms, wait_s)
            wait_s = _seconds((minute + 1) * MINUTE_MS - now_ms)
            raise errors.too_many_requests(peer, self.terms.weight, wait_s)
        found.used += weight
        return found.used

    def told(self, peer: str, now_ms: int) -> list[dict[str, object]]:
        """What an address has used, as replies over a socket tell it."""
        found = self._peers.get(peer, _Peer())
        used = found.used if found.minute == now_ms // MINUTE_MS else 0
        return [{**self.terms.told()[0], "count": used}]

    def order(self, account: str, count: int, now_ms: int) -> dict[str, str]:
        """Count new orders of an account; returns the headers that tell it."""
        used: dict[str, str] = {}
        for limit in self.terms.orders:
            interval = now_ms // limit.interval_ms
            began, so_far = self._orders.get((account, limit), (interval, 0))
            so_far = count + (so_far if began == interval else 0)
            if self.terms.enforced and so_far > limit.most:
                wait_s = _seconds((interval + 1) * limit.interval_ms - now_ms)
                raise errors.too_many_orders(limit.most, limit.words, wait_s)
            self._orders[account, limit] = (interval, so_far)
            used[limit.header] = str(so_far)
        return used

    def standing(self, account: str, now_ms: int) -> list[dict[str, object]]:
        """What an account has used of each limit."""
        found = []
        for told, limit in zip(self.terms.told()[1:], self.terms.orders, strict=True):
            interval = now_ms // limit.interval_ms
            began, so_far = self._orders.get((account, limit), (interval, 0))
            found.append({**told, "count": so_far if began == interval else 0})
        return found


def _seconds(ms: int) -> int:
    return -(-ms // 1_000)
