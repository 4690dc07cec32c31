"""What a signal says of itself: its docstring and its fields, taken apart and never written twice.

A docstring begins with one sentence that says what the signal is. The sentence that has `+ when`
says its sign. `name: ...` tells of a parameter, and `Source: ...` at the end where it is from.
"""

import inspect
import re
from decimal import Decimal
from typing import Any, Final

from msgspec import NODEFAULT, Struct
from msgspec.structs import fields

from bot.model.instrument import Instrument, Kind, PriceGrid
from bot.model.units import Currency, InstrumentId, venue_of
from bot.plugins.catalogue import Plugin
from bot.plugins.parameters import parameters_of
from bot.signals.base import Fees, Watch
from bot.signals.custom import KernelWatch, PlainWatch
from bot.signals.gauge import GaugeWatch

_SIGN: Final = re.compile(
    r"(?:\+|±) ?(?:\d )?(?:when|is)\b|\bno (?:sign|side|direction)\b|\bnever negative\b"
    r"|\babove 0\.5\b",
    re.IGNORECASE,
)
_RANGE: Final = re.compile(r"[\[(]-?\d[\d.]*, -?\d[\d.]*[\])]")
_SENTENCE: Final = re.compile(r".+?\.(?=\s|$)|.+$", re.DOTALL)
_SOURCE: Final = "Source: "
_COMMON: Final = {
    "wake": "a strategy is asked again when the score has moved so far",
    "optional": "a strategy is asked while it is unknown, too",
    "age_ms_max": "how old its inputs may be; none: the default of each",
    "quiet_ms": "its moves ask a strategy at most once in so long",
    "instrument": "whose it is",
}
_PERPETUAL: Final = InstrumentId("sim:BTC/USDT:USDT")
_CENT: Final = Decimal("0.01")


class ParameterText(Struct, frozen=True):
    """One field. default: as a file spells it, None when it must be given."""

    name: str
    expected: str
    default: str | None
    about: str


class Document(Struct, frozen=True):
    """A signal's documentation. unit `1`: a pure number; empty sign or source: it does not say."""

    name: str
    origin: str
    about: str
    text: str
    unit: str
    sign: str
    source: str
    outputs: tuple[str, ...]
    parameters: tuple[ParameterText, ...]
    where: str


def document(plugin: Plugin) -> Document:
    """What the class of a plugin says of itself."""
    name = plugin.cls.__name__ if plugin.origin in ("file", "module") else plugin.name
    return document_of(plugin.cls, name, plugin.origin)


def document_of(cls: type[Watch], name: str = "", origin: str = "") -> Document:
    """What a class says of itself."""
    whole = inspect.getdoc(cls) or ""
    body, _, source = whole.partition(_SOURCE)
    text, told = _parameters(body, [field.name for field in fields(cls)])
    about, *rest = _sentences(text) or [""]
    sign = next((one for one in (about, *rest) if _SIGN.search(one)), "")
    named = _RANGE.search(text)
    unit = cls.unit if cls.unit != "1" or named is None else f"1, in {named[0]}"
    return Document(
        name=name or cls.__name__,
        origin=origin,
        about=about,
        text=" ".join(rest),
        unit=unit,
        sign=sign,
        source=" ".join(source.split()),
        outputs=outputs_of(cls),
        parameters=tuple(_parameter(cls, told)),
        where=f"{cls.__module__}.{cls.__name__}",
    )


def outputs_of(cls: type[Watch]) -> tuple[str, ...]:
    """The names of what a signal publishes, the main one first."""
    if issubclass(cls, GaugeWatch):
        return cls.outputs
    if issubclass(cls, KernelWatch | PlainWatch):
        return ("value",)
    made = {
        one.name: _made_up(one.name, one.hint)
        for one in parameters_of(cls).values()
        if one.required
    }
    recipe = cls(**made).recipe(_MadeUp())
    return (*recipe.outputs, "z") if recipe.z else recipe.outputs


def _parameter(cls: type[Watch], told: dict[str, str]) -> list[ParameterText]:
    found = []
    for one in parameters_of(cls).values():
        default = None if one.default is NODEFAULT else _spelt(one.default)
        about = told.get(one.name) or _COMMON.get(one.name, "")
        found.append(ParameterText(one.name, one.expected, default, about))
    return found


def _spelt(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _parameters(body: str, names: list[str]) -> tuple[str, dict[str, str]]:
    """A docstring without what it says of single parameters, and that by their names."""
    any_name = "|".join(map(re.escape, names))
    header = re.compile(rf"(?:^|(?<=[.;] ))((?:{any_name})(?:, (?:{any_name}))*): ", re.M)
    cuts = list(header.finditer(body))
    if not cuts:
        return body, {}
    told: dict[str, str] = {}
    left = [body[: cuts[0].start()]]
    for cut, following in zip(cuts, [*cuts[1:], None], strict=True):
        end = len(body) if following is None else following.start()
        # What is said of a parameter ends with its paragraph of indented lines.
        said = re.match(r"[^\n]*(?:\n(?:    |(?=[a-z`(]))[^\n]*)*", body[cut.end() : end])
        text = said[0] if said else ""
        left.append(body[cut.end() + len(text) : end])
        told |= dict.fromkeys(cut[1].split(", "), " ".join(text.split()))
    return "".join(left), told


def _sentences(text: str) -> list[str]:
    return [one for found in _SENTENCE.findall(text) if (one := " ".join(found.split()))]


class _MadeUp:
    """Terms of any instrument that is asked about: enough to see what a signal publishes."""

    def instrument(self, instrument: InstrumentId) -> Instrument:
        money = Currency("USDT")
        return Instrument(
            id=instrument,
            kind=Kind.PERPETUAL,
            base=Currency("BTC"),
            quote=money,
            settle=money,
            grid=PriceGrid(_CENT),
            lot=_CENT,
        )

    def index(self, instrument: InstrumentId) -> int:
        return len(venue_of(instrument)) - 3

    def fees(self, instrument: InstrumentId) -> Fees:
        del instrument
        return Fees(_CENT, _CENT)


def _made_up(name: str, hint: Any) -> Any:
    """A value that a required field of a loop's signal takes."""
    if hint is InstrumentId:
        return _PERPETUAL if name == "instrument" else InstrumentId("spot:BTC/USDT")
    return True if hint is bool else 1.0
