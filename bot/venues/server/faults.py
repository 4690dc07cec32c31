"""What a test wants to go wrong: values, each for so many requests that fit it."""

from fnmatch import fnmatchcase
from typing import Literal

from msgspec import Struct

from bot.venues.server.answer import Answer, Ask


class Fault(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something to happen to requests.

    path: with `*` and `?` as in file names. skip: requests that fit and go well before it.
    times: how many it happens to; None: all. delay_ms: how long to wait, before the venue is
    asked or before it answers. act: `drop` hangs up, `reply` answers with `status` and `body`;
    `before`: the venue never hears of the request; `after`: it has done what was asked.
    cut: only so many bytes of the reply are sent, and then the client is hung up on.
    """

    path: str = "*"
    method: str = "*"
    when: Literal["before", "after"] = "before"
    act: Literal["delay", "drop", "reply", "cut"] = "delay"
    delay_ms: int = 0
    status: int = 503
    body: str = ""
    kind: str = "application/json;charset=UTF-8"
    headers: dict[str, str] = {}
    cut: int = 0
    skip: int = 0
    times: int | None = 1

    def __post_init__(self) -> None:
        """Refuse what cannot happen."""
        if self.delay_ms < 0 or self.skip < 0 or self.cut < 0 or not 200 <= self.status <= 599:
            raise ValueError("delay_ms, skip, cut: expected >= 0; status: 200 to 599")
        if self.times is not None and self.times <= 0:
            raise ValueError(f"times: got {self.times}, expected > 0")

    def fits(self, ask: Ask) -> bool:
        """Whether it may happen to a request."""
        return fnmatchcase(ask.path, self.path) and fnmatchcase(ask.method, self.method)

    def answer(self) -> Answer:
        """The reply that is sent instead."""
        return Answer(self.body.encode(), self.status, dict(self.headers), self.kind)


class _Armed(Struct):
    fault: Fault
    seen: int = 0
    done: int = 0

    @property
    def over(self) -> bool:
        return self.fault.times is not None and self.done >= self.fault.times


class Faults:
    """Those that are to happen, in the order in which they were asked for."""

    def __init__(self) -> None:
        self._armed: list[_Armed] = []

    def add(self, fault: Fault) -> None:
        """Let something go wrong."""
        self._armed.append(_Armed(fault))

    def clear(self) -> None:
        """Let everything go well again."""
        self._armed = []

    def told(self) -> list[dict[str, object]]:
        """What is armed, and how often each has happened."""
        return [{"fault": each.fault, "done": each.done} for each in self._armed]

    def take(self, ask: Ask) -> Fault | None:
        """What happens to a request; the first that fits."""
        for each in self._armed:
            if each.over or not each.fault.fits(ask):
                continue
            each.seen += 1
            if each.seen > each.fault.skip:
                each.done += 1
                return each.fault
        return None
