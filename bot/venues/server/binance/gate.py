"""The gate of one REST interface: limits, key, time and signature; then the desk behind it."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from msgspec import Struct

from bot.model.units import NS_PER_MS
from bot.venues.server.accounts import Member, Members
from bot.venues.server.answer import Answer, Ask, answer
from bot.venues.server.binance import errors
from bot.venues.server.binance.limits import Limits
from bot.venues.server.binance.params import Params
from bot.venues.server.binance.signing import check_signature, check_time, member_of

OPEN: Final = 0
KEYED: Final = 1
SIGNED: Final = 2


class Call(Struct):
    """A request that has passed the gate. headers: what its reply will carry."""

    params: Params
    now_ms: int
    _member: Member | None
    headers: dict[str, str]

    @property
    def member(self) -> Member:
        """Who asks."""
        assert self._member is not None, "whoever passed a gate with a key has one"
        return self._member


class Route(Struct, frozen=True):
    """One endpoint. weight: or what makes it out of the parameters."""

    desk: Callable[[Call], Any]
    weight: int | Callable[[Params], int] = 1
    security: int = OPEN


class Gate:
    """Takes requests for the paths of one interface, and answers each, whatever it is."""

    def __init__(
        self,
        routes: Mapping[tuple[str, str], Route],
        members: Members,
        limits: Limits,
        clock: Callable[[], int],
        *,
        illegal: bool,
        weight_headers: tuple[str, ...],
        no_path: Callable[[str, str], errors.Refused],
    ) -> None:
        self.limits = limits
        self._routes = dict(routes)
        self._members = members
        self._clock = clock
        self._illegal = illegal
        self._weight_headers = weight_headers
        self._no_path = no_path

    def answer(self, ask: Ask) -> Answer:
        """The reply to a request."""
        headers: dict[str, str] = {}
        try:
            made = self._answer(ask, headers)
        except errors.Refused as refused:
            made = refused.answer()
        made.headers.update(headers)
        return made

    def _answer(self, ask: Ask, headers: dict[str, str]) -> Answer:
        now_ms = self._clock() // NS_PER_MS
        route = self._routes.get((ask.method, ask.path))
        if route is None:
            self._weigh(ask.peer, 1, now_ms, headers)
            raise self._no_path(ask.method, ask.path)
        body = ask.body.decode("utf-8", errors="replace") if ask.body else ""
        params = self._params(ask.query, body)
        weight = route.weight
        if not isinstance(weight, int):
            weight = weight(params)
        self._weigh(ask.peer, weight, now_ms, headers)
        member = None
        if route.security != OPEN:
            member = member_of(self._members, ask.headers.key)
        if route.security == SIGNED:
            assert member is not None, "a signed request has a key"
            check_time(params, now_ms)
            check_signature(member, params, ask.query, body)
        return answer(route.desk(Call(params, now_ms, member, headers)))

    def desk(self, path: tuple[str, str], values: dict[str, str], signed: str, peer: str) -> Any:
        """The same, asked over a socket. signed: what the signature is to be under."""
        now_ms = self._clock() // NS_PER_MS
        route = self._routes[path]
        params = Params.of(values, illegal=self._illegal)
        weight = route.weight
        self._weigh(peer, weight if isinstance(weight, int) else weight(params), now_ms, {})
        member = None
        if route.security != OPEN:
            member = member_of(self._members, values.get("apiKey"))
        if route.security == SIGNED:
            assert member is not None, "a signed request has a key"
            check_time(params, now_ms)
            check_signature(member, params, signed, "")
        return route.desk(Call(params, now_ms, member, {}))

    def _params(self, query: str, body: str) -> Params:
        return Params(query, body, illegal=self._illegal)

    def _weigh(self, peer: str, weight: int, now_ms: int, headers: dict[str, str]) -> None:
        used = self.limits.weigh(peer, weight, now_ms)
        for name in self._weight_headers:
            headers[name] = str(used)
