"""The line to the simulated venue: how it is stated, and as plain values.

```
latency = { model = "constant", out_ms = 5, in_ms = 5 }
latency = { model = "lognormal", seed = 1 }
latency = { model = "empirical", file = "line.csv", seed = 1 }
```
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Annotated, Final, Literal, Self

from msgspec import Struct
from msgspec.structs import replace
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from bot.config.values import Milliseconds, Seed, Span, refuse
from bot.model.units import NS_PER_MS, NS_PER_US

SAMPLES_MAX: Final = 10_000
"""They are kept in the text of the configuration, and so in every session."""
TAIL: Final = 10
"""How many times the median the 99th percentile is where nothing else is said."""


class ConstantTerms(Struct, frozen=True, tag=True):
    """The same delays always."""

    out_ns: int
    in_ns: int


class LogNormalTerms(Struct, frozen=True, tag=True):
    """Median, 99th percentile and least of the way there and of the way back."""

    out: tuple[int, int, int]
    back: tuple[int, int, int]
    seed: int


class EmpiricalTerms(Struct, frozen=True, tag=True):
    """Delays that were measured."""

    out_ns: tuple[int, ...]
    in_ns: tuple[int, ...]
    seed: int


class OutageTerms(Struct, frozen=True):
    """A time in which nothing comes through, or no answer does."""

    start_ns: int
    end_ns: int
    answers_only: bool


class LineTerms(Struct, frozen=True):
    """A line: its delays, whether each way is one connection, and when it is down."""

    delays: ConstantTerms | LogNormalTerms | EmpiricalTerms
    ordered: bool = True
    outages: tuple[OutageTerms, ...] = ()

    @classmethod
    def constant(cls, out_ns: int, in_ns: int) -> Self:
        """The same delays always."""
        return cls(ConstantTerms(out_ns, in_ns))

    @property
    def least_in_ns(self) -> int:
        """The shortest way back."""
        delays = self.delays
        if isinstance(delays, ConstantTerms):
            return delays.in_ns
        return delays.back[2] if isinstance(delays, LogNormalTerms) else min(delays.in_ns)

    @property
    def medians(self) -> tuple[int, int]:
        """What half of the ways there, and half of the ways back, take at most."""
        delays = self.delays
        if isinstance(delays, ConstantTerms):
            return delays.out_ns, delays.in_ns
        if isinstance(delays, LogNormalTerms):
            return delays.out[0], delays.back[0]
        return _middle(delays.out_ns), _middle(delays.in_ns)

    def scaled(self, numerator: int, denominator: int) -> "LineTerms":
        """The line, so many times as slow."""

        def times(values: Sequence[int]) -> tuple[int, ...]:
            return tuple(value * numerator // denominator for value in values)

        delays = self.delays
        slower: ConstantTerms | LogNormalTerms | EmpiricalTerms
        if isinstance(delays, ConstantTerms):
            slower = ConstantTerms(*times((delays.out_ns, delays.in_ns)))
        elif isinstance(delays, LogNormalTerms):
            slower = replace(delays, out=times(delays.out), back=times(delays.back))
        else:
            slower = replace(delays, out_ns=times(delays.out_ns), in_ns=times(delays.in_ns))
        return replace(self, delays=slower)

    def with_tail(self, seed: int) -> "LineTerms":
        """The line with the same medians and the usual tail; its least ways are kept."""
        out_ns, in_ns = (max(1, median) for median in self.medians)
        least_in_ns = min(self.least_in_ns, in_ns)
        out, back = (out_ns, TAIL * out_ns, 0), (in_ns, TAIL * in_ns, least_in_ns)
        return replace(self, delays=LogNormalTerms(out, back, seed))

    def words(self) -> dict[str, str]:
        """What a report says of it."""
        delays = self.delays
        if isinstance(delays, ConstantTerms):
            said = {"out": _ms(delays.out_ns), "in": _ms(delays.in_ns)}
        elif isinstance(delays, LogNormalTerms):
            said = {"out": _spread(delays.out), "in": _spread(delays.back)}
            said["seed"] = str(delays.seed)
        else:
            said = {"out": _measured(delays.out_ns), "in": _measured(delays.in_ns)}
            said["seed"] = str(delays.seed)
        if not self.ordered:
            said["order"] = "messages may overtake each other"
        if self.outages:
            total = sum(each.end_ns - each.start_ns for each in self.outages)
            said["outages"] = f"{len(self.outages)}, {_ms(total)} together"
        return {f"latency {name}": words for name, words in said.items()}


# --- as a file states it -----------------------------------------------------------------


class _Stated(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, validate_default=True)


def _zoned(value: datetime) -> datetime:
    if value.tzinfo is None:
        refuse("a date and time with its zone", "write 2026-01-01T00:00:00Z")
    return value


class Outage(_Stated):
    """answers_only: what we send still arrives, and what becomes of it comes late."""

    start: Annotated[datetime, AfterValidator(_zoned)]
    ms: Milliseconds
    answers_only: bool = False

    @property
    def terms(self) -> OutageTerms:
        """In nanoseconds since the epoch."""
        start_ns = round(self.start.timestamp() * 1_000_000) * NS_PER_US
        return OutageTerms(start_ns, start_ns + self.ms * NS_PER_MS, self.answers_only)


class _Line(_Stated):
    """connections: `one` each way, on which nothing overtakes, or `many`."""

    connections: Literal["one", "many"] = "one"
    outages: list[Outage] = []

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        terms = [each.terms for each in self.outages]
        if any(b.start_ns < a.end_ns for a, b in pairwise(terms)):
            refuse("outages one after the other", "sort them, and join those that meet")
        return self

    def around(self, delays: ConstantTerms | LogNormalTerms | EmpiricalTerms) -> LineTerms:
        outages = tuple(each.terms for each in self.outages)
        return LineTerms(delays, self.connections == "one", outages)


class ConstantLatency(_Line):
    """The same delays always."""

    model: Literal["constant"]
    out_ms: Span
    in_ms: Span

    @property
    def terms(self) -> LineTerms:
        """In nanoseconds."""
        return self.around(ConstantTerms(_ns(self.out_ms), _ns(self.in_ms)))


class LogNormalLatency(_Line):
    """Delays with a long tail; none is below its least, which bounds how closely the venue can
    follow the market, see `bot.venues.simulated.venue`.
    """

    model: Literal["lognormal"]
    out_median_ms: Span = 15
    out_p99_ms: Span = 150
    out_least_ms: Span = 5
    in_median_ms: Span = 15
    in_p99_ms: Span = 150
    in_least_ms: Span = 5
    seed: Seed

    @model_validator(mode="after")
    def _spread(self) -> Self:
        for way in ("out", "in"):
            least, median, p99 = (
                getattr(self, f"{way}_{part}_ms") for part in ("least", "median", "p99")
            )
            if not 0 <= least <= median <= p99 or median == 0:
                refuse(
                    f"{way}_least_ms <= {way}_median_ms <= {way}_p99_ms, the median above 0",
                    "state all three",
                )
        return self

    @property
    def terms(self) -> LineTerms:
        """In nanoseconds."""
        out = (_ns(self.out_median_ms), _ns(self.out_p99_ms), _ns(self.out_least_ms))
        back = (_ns(self.in_median_ms), _ns(self.in_p99_ms), _ns(self.in_least_ms))
        return self.around(LogNormalTerms(out, back, self.seed))


class EmpiricalLatency(_Line):
    """Delays that were measured, in microseconds; a file states them by `file` instead."""

    model: Literal["empirical"]
    out_us: list[Annotated[int, Field(ge=0)]] = Field(min_length=1, max_length=SAMPLES_MAX)
    in_us: list[Annotated[int, Field(ge=0)]] = Field(min_length=1, max_length=SAMPLES_MAX)
    seed: Seed

    @property
    def terms(self) -> LineTerms:
        """In nanoseconds."""
        out = tuple(value * NS_PER_US for value in self.out_us)
        back = tuple(value * NS_PER_US for value in self.in_us)
        return self.around(EmpiricalTerms(out, back, self.seed))


Latency = Annotated[
    ConstantLatency | LogNormalLatency | EmpiricalLatency, Field(discriminator="model")
]


def _ns(milliseconds: float) -> int:
    return round(milliseconds * NS_PER_MS)


def _ms(value_ns: int) -> str:
    return f"{value_ns / NS_PER_MS:g} ms"


def _spread(spread: tuple[int, int, int]) -> str:
    median, p99, least = spread
    return f"log-normal, median {_ms(median)}, p99 {_ms(p99)}, least {_ms(least)}"


def _measured(values: tuple[int, ...]) -> str:
    return f"{len(values):,} measured, median {_ms(_middle(values))}, most {_ms(max(values))}"


def _middle(values: tuple[int, ...]) -> int:
    return sorted(values)[(len(values) - 1) // 2]
