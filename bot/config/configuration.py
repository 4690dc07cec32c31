"""A configuration that has been read, and what it becomes: settings of the engine, of the venue."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from bot.config.canonical import text_of, values_of
from bot.config.cascades import cascades
from bot.config.checks import market_misfits
from bot.config.document import Key, key_text, read_tables
from bot.config.limits import desk_config, limit_book
from bot.config.sections import File, Terms
from bot.config.strategies import Chosen, chosen, defaults_of
from bot.config.venue import VenueSettings, deposits, tradable, venue_settings
from bot.engine.settings import Settings
from bot.model.instrument import Instrument
from bot.model.units import NS_PER_HOUR, AccountId, Currency
from bot.signals.base import Fees

_HASH_BYTES: Final = 16


class Setting(Struct, frozen=True):
    """One value as it is understood. origin: `file`, `default` or `flag`."""

    key: str
    value: Any
    origin: str


class Config(Struct, frozen=True):
    """What was read, unchanging, and known to fit together.

    file: the sections. where: how messages call it. folder: where relative paths begin.
    origins: of every key that was stated.
    """

    file: File
    where: str
    folder: Path
    origins: Mapping[Key, str]

    @property
    def text(self) -> str:
        """All that is stated or defaulted, as TOML that reads back as the same configuration."""
        return text_of(self.file)

    @property
    def hash(self) -> str:
        """Equal for two files that say the same, whatever their order, spelling and comments."""
        return blake2b(self.text.encode(), digest_size=_HASH_BYTES).hexdigest()

    @property
    def deposits(self) -> dict[AccountId, dict[Currency, Decimal]]:
        """The paper money of each account."""
        return deposits(self.file)

    def strategies(self) -> tuple[Chosen, ...]:
        """The enabled strategies; ConfigError or PluginError when one cannot be used."""
        return chosen(self.file, self.where, self.folder)

    def plugins(self) -> dict[str, str]:
        """The hash of each enabled strategy's file, by the strategy's name."""
        return {one.name: one.plugin.digest for one in self.strategies()}

    def instruments(self, found: Iterable[Instrument]) -> tuple[Instrument, ...]:
        """The instruments of a market or recording, with what `[market]` adds, by id."""
        stated = self.file.market.instruments
        return tuple(
            _with_terms(one, stated.get(one.id)) for one in sorted(found, key=lambda one: one.id)
        )

    def settings(self, found: Iterable[Instrument], epoch: str) -> Settings:
        """What the engine is told; ConfigError when the market lacks what a strategy names."""
        instruments = self.instruments(found)
        strategies = self.strategies()
        for error in market_misfits(self.file, self.where, strategies, instruments):
            raise error
        file = self.file
        fees = {one.id: each for one in instruments if (each := tradable(file, one)) is not None}
        return Settings(
            instruments=instruments,
            strategies=tuple((one.name, one.strategy) for one in strategies),
            accounts={
                one.venue: AccountId(file.accounts.get(one.venue, one.venue)) for one in instruments
            },
            fees={name: Fees(each.maker, each.taker) for name, each in fees.items()},
            reporting_currency=Currency(file.money.reporting_currency),
            pegs={Currency(code): value for code, value in file.money.pegs.items()},
            limits=limit_book(file, instruments),
            desk=desk_config(file, self.where),
            epoch=epoch,
            cascades=cascades(file, instruments),
        )

    def venue(self, found: Iterable[Instrument]) -> VenueSettings:
        """What the simulated venue is told."""
        return venue_settings(self.file, self.instruments(found))

    def shown(self) -> list[Setting]:
        """Every value with where it comes from, defaults of the strategies too."""
        shown = [
            Setting(key_text(key), value, self.origins.get(key, "default"))
            for key, value in values_of(self.file)
        ]
        for one in self.strategies():
            given = self.file.strategies[one.name].__pydantic_extra__
            for name, value in defaults_of(one.plugin, given).items():
                key = key_text(("strategies", one.name, name))
                shown.append(Setting(key, value, "default"))
        return sorted(shown, key=lambda each: each.key)

    def __reduce__(self) -> tuple[Any, ...]:
        """Cross to another process as text."""
        return _restored, (self.text, self.where, self.folder, self.origins)


def _restored(text: str, where: str, folder: Path, origins: Mapping[Key, str]) -> Config:
    return Config(File.model_validate(read_tables(text, where)), where, folder, origins)


def _with_terms(instrument: Instrument, terms: Terms | None) -> Instrument:
    changes: dict[str, Any] = {}
    if terms is not None and terms.size_min is not None:
        changes["size_min"] = max(1, instrument.lots(terms.size_min))
    if terms is not None and terms.notional_min is not None:
        changes["notional_min"] = terms.notional_min
    if terms is not None and terms.funding_interval_hours is not None:
        changes["funding_interval_ns"] = terms.funding_interval_hours * NS_PER_HOUR
    return replace(instrument, **changes)
