"""Whether a strategy is sound, as far as that shows without a market.

It is asked the same questions twice, each time as a new object: a decision that hangs on
anything but the parameters and the view comes out differently.
"""

import enum
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

from msgspec import Struct

from bot.config.strategies import build
from bot.errors import BotError, StrategyFailed
from bot.model.instrument import Instrument
from bot.model.intent import Basket, Quote, Target
from bot.model.units import InstrumentId
from bot.plugins.catalogue import Plugin
from bot.plugins.parameters import Parameter, parameters_of
from bot.signals.base import Fees, Watch
from bot.signals.custom import PlainWatch
from bot.strategy.sight import Universe
from bot.strategy.strategy import Strategy, fresh_memory
from bot.testing import FakeView, listing

SPOT: Final = "sim:BTC/USDT"
PERPETUAL: Final = "sim:BTC/USDT:USDT"
PRICE: Final = 50_000.0
SCORES: Final = (None, -1e6, -2.0, -0.5, 0.0, 0.5, 2.0, 1e6)
"""What every watch says, one after the other: unknown, calm, and beyond any threshold."""


class Finding(Struct, frozen=True):
    """What was looked at, whether it is right, and what was seen."""

    check: str
    ok: bool
    said: str


def examine(plugin: Plugin, given: Mapping[str, Any]) -> list[Finding]:
    """Everything that can be said of a strategy with these parameters; others are made up."""
    findings = [Finding("import", True, f"{plugin.cls.__name__} from {plugin.file}")]
    try:
        findings += _examine(plugin, given)
    except BotError as error:
        findings.append(Finding("parameters", False, f"{error}; state it with --set NAME=VALUE"))
    return findings


def _examine(plugin: Plugin, given: Mapping[str, Any]) -> Iterator[Finding]:
    known = parameters_of(plugin.cls)
    made_up = {
        name: _made_up(each) for name, each in known.items() if each.required and name not in given
    }
    first, again = (
        build(plugin.cls, {**made_up, **given}, f"{plugin.name} parameters") for _ in range(2)
    )
    said = ", ".join(f"{name}={getattr(first, name)!r}" for name in known) or "none"
    note = f" (made up: {', '.join(made_up)})" if made_up else ""
    yield Finding("parameters", True, said + note)
    finding, watches = _watches(first)
    yield finding
    if finding.ok:
        yield from _kinds(watches)
        yield from _decisions(first, again, watches)


def _made_up(parameter: Parameter) -> Any:
    """A value that a required parameter may take."""
    hint = parameter.hint
    if hint is InstrumentId:
        return SPOT if "spot" in parameter.name else PERPETUAL
    plain = hint
    while hasattr(plain, "__supertype__"):
        plain = plain.__supertype__
    if isinstance(hint, enum.EnumMeta):
        return next(iter(list[Any](hint))).value
    if "exit" in parameter.name or "stop" in parameter.name:
        return 0.5  # below what enters, where the two are compared
    return {bool: True, int: 1, float: 1.0, str: "x"}.get(plain, "1")


class _Terms:
    """Instruments made up from their names, for turning watches into what the loop computes."""

    def __init__(self) -> None:
        self._index: dict[InstrumentId, int] = {}

    def instrument(self, instrument: InstrumentId) -> Instrument:
        """A contract as its symbol describes it."""
        return listing(instrument)

    def index(self, instrument: InstrumentId) -> int:
        """Numbered as they come."""
        return self._index.setdefault(instrument, len(self._index))

    def fees(self, instrument: InstrumentId) -> Fees:
        """None at all."""
        del instrument
        return Fees(Decimal(0), Decimal(0))


def _watches(strategy: Strategy) -> tuple[Finding, Mapping[str, Watch]]:
    """Whether every watch can be computed."""
    terms = _Terms()
    at = ""
    try:
        watches = strategy.watches()
        for name, watch in watches.items():
            at = f"{name}: "
            if _universe(watch) is None:
                watch.recipe(terms)
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        return Finding("watches", False, f"{at}{type(error).__name__}: {error}"), {}
    if not watches:
        said = "none: it is asked when its orders fill and its targets' timers run out"
        return Finding("watches", True, said), watches
    said = ", ".join(f"{name} ({type(watch).__name__})" for name, watch in watches.items())
    return Finding("watches", True, said), watches


def _kinds(watches: Mapping[str, Watch]) -> Iterator[Finding]:
    """Which signals cost time: what is plain Python stops the compiled loop."""
    plain = [name for name, watch in watches.items() if isinstance(watch, PlainWatch)]
    if plain:
        said = f"{', '.join(plain)}: plain Python, stops the loop at each message of its instrument"
        yield Finding("signals", True, said)


def _decisions(first: Strategy, again: Strategy, watches: Mapping[str, Watch]) -> Iterator[Finding]:
    """Whether it decides, the same each time, and only on what it trades."""
    try:
        decided, repeated = _life(first, watches), _life(again, watches)
    except StrategyFailed as error:
        yield Finding("decide", False, error.seen)
        return
    wrong = [each for each in decided if not _makes_sense(each)]
    if wrong:
        said = f"got {wrong[0]!r}, expected targets, a basket, quotes or None"
        yield Finding("decide", False, said)
        return
    kinds = sorted({type(each).__name__ for answer in decided for each in _parts(answer)})
    yield Finding("decide", True, f"asked {len(decided)} times: {', '.join(kinds) or 'nothing'}")
    yield _same(decided, repeated)
    yield _trades(first, decided)


def _life(strategy: Strategy, watches: Mapping[str, Watch]) -> list[Any]:
    """What a strategy answers, in one life: all scores, flat, long and short."""
    named = sorted({*strategy.trades(), SPOT, PERPETUAL})
    memory = fresh_memory(strategy)
    answers: list[Any] = []
    for held in (0.0, 1.0, -1.0):
        for score in SCORES:
            values = {
                name: score if watch.optional or score is not None else 0.0
                for name, watch in watches.items()
            }
            view = FakeView(
                strategy,
                now=len(answers) * 1_000_000_000,
                memory=memory,
                values=values,
                tables=_tables(watches, named, score),
                positions=dict.fromkeys(named, held),
                touches=dict.fromkeys(named, (PRICE - 1, PRICE + 1)),
                marks=dict.fromkeys(named, PRICE),
                funding=dict.fromkeys(named, 1e-4),
                fees=dict.fromkeys(named, (2e-4, 5e-4)),
                equity=100_000.0,
            )
            answers.append(_decided(strategy, view))
            _require_watched(strategy, view, watches)
    return answers


def _decided(strategy: Strategy, view: FakeView) -> Any:
    try:
        return strategy.decide(view)
    except Exception as error:
        name = type(strategy).__name__
        raise StrategyFailed(
            name, _raised(error), "an answer to every view", "correct it"
        ) from error


def _require_watched(strategy: Strategy, view: FakeView, watches: Mapping[str, Watch]) -> None:
    unknown = ", ".join(sorted(view.read.keys() - watches.keys()))
    if unknown:
        name, known = type(strategy).__name__, ", ".join(watches) or "nothing"
        seen = f"reads {unknown}, and watches {known}"
        raise StrategyFailed(name, seen, "scores that it watches", "correct the name")


def _tables(
    watches: Mapping[str, Watch], named: list[str], score: float | None
) -> dict[str, list[float]]:
    value = float("nan") if score is None else score
    universes = {name: _universe(watch) for name, watch in watches.items()}
    return {
        name: [value] * sum(universe.has(listing(one)) for one in named)
        for name, universe in universes.items()
        if universe is not None
    }


def _universe(watch: Watch) -> Universe | None:
    """What a watch is a table over, if it is one."""
    subject = getattr(watch, "instrument", None)
    return subject if isinstance(subject, Universe) else None


def _parts(answer: Any) -> list[Any]:
    if answer is None:
        return []
    return list(answer) if isinstance(answer, list | tuple) else [answer]


def _makes_sense(answer: Any) -> bool:
    return all(isinstance(each, Target | Basket | Quote) for each in _parts(answer))


def _trades(strategy: Strategy, decided: list[Any]) -> Finding:
    """Whether it stays with the instruments that it says it trades."""
    declared = set(strategy.trades())
    traded = {
        leg.instrument
        for answer in decided
        for each in _parts(answer)
        for leg in (each.legs if isinstance(each, Basket) else (each,))
    }
    foreign = sorted(traded - declared)
    if declared and foreign:
        said = f"got {', '.join(foreign)}, expected only {', '.join(sorted(declared))}"
        return Finding("trades", False, said)
    return Finding("trades", True, ", ".join(sorted(declared)) or "what the limits allow")


def _same(decided: list[Any], repeated: list[Any]) -> Finding:
    for number, (answer, again) in enumerate(zip(decided, repeated, strict=True), 1):
        if answer != again:
            said = f"answer {number} was {answer!r}, then {again!r}: more than the view decides"
            return Finding("determinism", False, said)
    return Finding("determinism", True, "the same answers twice")


def _raised(error: BaseException) -> str:
    traceback = error.__traceback__
    line = None
    while traceback is not None:
        line, traceback = traceback.tb_lineno, traceback.tb_next
    return f"{type(error).__name__}: {error}".splitlines()[0] + f" (line {line})"
