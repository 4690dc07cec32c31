"""A configuration written out whole, the same for all files that say the same."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from pydantic import BaseModel

from bot.config.document import Key, key_text, leaves, value_text
from bot.config.sections import File
from bot.config.values import NONE


def values_of(file: File) -> list[tuple[Key, Any]]:
    """Every value of the sections, stated or defaulted, sorted by key."""
    return sorted(leaves(_written(file)), key=lambda each: each[0])


def text_of(file: File) -> str:
    """The sections as TOML, a line a value; it reads back as the same sections."""
    return "".join(f"{key_text(key)} = {value_text(value)}\n" for key, value in values_of(file))


def _written(value: Any) -> Any:
    """A value of a model as a file states it."""
    if isinstance(value, BaseModel):
        fields = type(value).model_fields
        own = {name: getattr(value, name) for name in fields}
        said = {
            name: _written(each)
            for name, each in own.items()
            if each is not None or fields[name].is_required()
        }
        # Parameters of a strategy are not ours to read: they stay as they were stated.
        return said | (value.__pydantic_extra__ or {})
    if value is None:
        return NONE
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, Mapping):
        return {name: _written(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_written(each) for each in value]
    return value
