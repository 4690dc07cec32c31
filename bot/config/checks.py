"""What must fit together between sections, and between a configuration and its market."""

from collections.abc import Iterable, Iterator
from typing import Any

from bot.config.cascades import cascade_misfits
from bot.config.complaints import suggestion, unknown_key
from bot.config.document import Key, key_text
from bot.config.limits import tier_table
from bot.config.sections import File
from bot.config.strategies import Chosen
from bot.config.venue import fees_of
from bot.errors import ConfigError, quoted
from bot.model.instrument import Instrument, Kind
from bot.model.units import venue_of


def misfits(file: File, where: str) -> Iterator[ConfigError]:
    """What does not fit within the file."""
    if file.mode == "live":
        yield ConfigError(
            f"{where} mode",
            '"live"',
            '"paper" or "replay": this version has no adapter of a real venue, no keys and no caps',
            "trade on paper",
        )
    if file.mode == "paper" and file.simulated is None:
        yield ConfigError(f"{where} simulated", "nothing", "a section [simulated]", "add it")
    yield from _line(file, where)
    yield from _accounts(file, where)
    yield from _strategies(file, where)


def market_misfits(
    file: File, where: str, strategies: Iterable[Chosen], instruments: Iterable[Instrument]
) -> Iterator[ConfigError]:
    """What the strategies want and the market or the file does not have."""
    listed = {one.id: one for one in instruments}
    yield from cascade_misfits(file, where, listed.values())
    for one in strategies:
        section: Key = ("strategies", one.name)
        for key, name in _named(one):
            if name not in listed:
                expected = "one of " + (", ".join(sorted(listed)) or "no instrument at all")
                yield ConfigError(
                    f"{where} {key_text((*section, *key))}",
                    quoted(name),
                    expected,
                    # Names of instruments are alike: only a slip of a letter or two is meant.
                    suggestion(name, listed, "name an instrument of this market", likeness=0.9),
                )
        for name in one.strategy.trades():
            found = next((each for each in listed.values() if each.id == name), None)
            if found is not None:
                yield from _untradable(file, where, one.name, found)


def _line(file: File, where: str) -> Iterator[ConfigError]:
    """The line to the venue is stated, and in one way only."""
    venue = file.venue
    for name in ("latency_out_ms", "latency_in_ms"):
        value = getattr(venue, name)
        if (value is None) is (venue.latency is None):
            seen = "nothing" if value is None else f"{value:g} besides venue.latency"
            yield ConfigError(
                f"{where} venue.{name}",
                seen,
                "either a table latency, or latency_out_ms and latency_in_ms",
                'write one, such as latency = { model = "lognormal", seed = 1 }',
            )


def _accounts(file: File, where: str) -> Iterator[ConfigError]:
    venues = {venue_of(subject) for subject in file.fees}  # type: ignore[arg-type]
    used = {file.accounts.get(venue, venue) for venue in venues}
    for venue in file.accounts:
        if venue not in venues:
            yield unknown_key(where, ("accounts", venue), venues)
    for section, named in (("deposits", file.deposits), ("risk.accounts", file.risk.accounts)):
        key = tuple(section.split("."))
        for account in named:
            if account not in used:
                yield unknown_key(where, (*key, account), used)
        for account in sorted(used - named.keys()):
            place = f"{where} {key_text((*key, account))}"
            yield ConfigError(place, "nothing", f"a section [{section}.{account}]", "add it")


def _strategies(file: File, where: str) -> Iterator[ConfigError]:
    for name in file.risk.strategies:
        if name not in file.strategies:
            yield unknown_key(where, ("risk", "strategies", name), file.strategies)
    for name, section in file.strategies.items():
        if section.enabled and name not in file.risk.strategies:
            key = ("risk", "strategies", name)
            yield ConfigError(
                f"{where} {key_text(key)}", "nothing", f"a section [{key_text(key)}]", "add it"
            )


def _named(one: Chosen) -> Iterator[tuple[Key, str]]:
    """The instruments that a strategy's parameters and watches name."""
    parameters = set()
    for field in one.strategy.__struct_fields__:
        value: Any = getattr(one.strategy, field)
        if isinstance(value, str) and ":" in value:
            parameters.add(value)
            yield (field,), value
    for name, watch in one.strategy.watches().items():
        for field in watch.__struct_fields__:
            value = getattr(watch, field)
            if isinstance(value, str) and ":" in value and value not in parameters:
                yield (f"watches {name}",), value


def _untradable(
    file: File, where: str, strategy: str, instrument: Instrument
) -> Iterator[ConfigError]:
    name = instrument.id
    if fees_of(file, instrument) is None:
        place = f"{where} {key_text(('fees', name))}"
        yield ConfigError(place, "nothing", f"maker and taker fee: {strategy} trades it", "add it")
    derivative = instrument.kind in (Kind.PERPETUAL, Kind.FUTURE)
    if derivative and tier_table(file, instrument) is None:
        place = f"{where} {key_text(('margin', name))}"
        expected = f'maintenance rates, or "cautious": {strategy} trades it'
        yield ConfigError(place, "nothing", expected, "add it")
    account = file.accounts.get(instrument.venue, instrument.venue)
    scopes: tuple[Key, ...] = (
        ("risk",),
        ("risk", "accounts", account),
        ("risk", "strategies", strategy),
    )
    bounds = (file.risk, file.risk.accounts.get(account), file.risk.strategies.get(strategy))
    for scope, bound in zip(scopes, bounds, strict=True):
        for limit in ("order_size_max", "position_max"):
            named = getattr(bound, limit, None)
            if named is not None and name not in named:
                place = f"{where} {key_text((*scope, limit))}"
                yield ConfigError(
                    place,
                    f"nothing for {name}",
                    f"a bound for everything that {strategy} trades",
                    'add it, or write "none" in place of the table',
                )
