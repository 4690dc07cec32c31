"""What the door needs to know of a venue's face."""

from collections.abc import Callable
from typing import Protocol

from bot.venues.server.answer import Answer, Ask
from bot.venues.server.sockets import Socket


class Session(Protocol):
    """A connected client, as its face sees it."""

    def take(self, data: str | bytes) -> None:
        """A frame came; answers go to its socket."""
        ...

    def leave(self) -> None:
        """It has gone."""
        ...


class Served(Protocol):
    """A face behind the door."""

    @property
    def hosts(self) -> tuple[str, ...]:
        """The names that it is known by, `*.` before what any name may stand."""
        ...

    def rest(self, ask: Ask) -> Answer | None:
        """The reply to a request; None: not one of its paths."""
        ...

    def socket(self, host: str, path: str, query: str) -> Callable[[Socket, str], Session] | None:
        """What makes a session of a socket there; None: not one of its paths."""
        ...

    def expire(self, key: str) -> bool:
        """Let a key of a user stream expire at once; says whether there was one."""
        ...
