"""The parameters of a strategy or signal: its annotated fields, as somebody has to state them."""

import enum
from collections.abc import Mapping
from decimal import Decimal
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import NODEFAULT, Struct


class Parameter(Struct, frozen=True):
    """One field. expected: in words. default: absent (`NODEFAULT`) when it must be given."""

    name: str
    hint: Any
    expected: str
    default: Any

    @property
    def required(self) -> bool:
        """Whether a configuration must state it."""
        return self.default is NODEFAULT


def parameters_of(cls: type[Struct]) -> dict[str, Parameter]:
    """The parameters by name, in the order of their declaration."""
    hints = get_type_hints(cls, include_extras=True)
    found = {}
    for field in msgspec.structs.fields(cls):
        default = field.default
        if field.default_factory is not NODEFAULT:
            default = field.default_factory()
        hint = hints[field.name]
        found[field.name] = Parameter(field.name, hint, describe(hint), default)
    return found


def convert(parameter: Parameter, value: Any) -> Any:
    """A value of a configuration as the strategy wants it; ValueError when it is none.

    "none" stands for None where None is allowed. Numbers become floats only where the field
    is one.
    """
    if value == "none" and type(None) in get_args(parameter.hint):
        return None
    if isinstance(value, Decimal) and not value.is_finite():
        raise ValueError(f"expected a finite number, got {value}")
    exact = parameter.hint is Decimal or Decimal in get_args(parameter.hint)
    if exact and isinstance(value, Decimal):
        raise ValueError("expected text: an exact number stands in quotes")
    try:
        return msgspec.convert(_plain(value), parameter.hint)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from error


def describe(hint: Any) -> str:
    """What a field takes, in words."""
    supertype = getattr(hint, "__supertype__", None)
    if supertype is not None:
        if hint.__name__ == "InstrumentId":
            return "an instrument as venue:symbol"
        return f"{describe(supertype)} ({hint.__name__})" if supertype is float else hint.__name__
    if get_origin(hint) in (Union, UnionType):
        return " or ".join(
            '"none"' if each is type(None) else describe(each) for each in get_args(hint)
        )
    if isinstance(hint, enum.EnumMeta):
        return "one of " + ", ".join(f'"{each.value}"' for each in list[Any](hint))
    names = {
        bool: "true or false",
        int: "a whole number",
        float: "a number",
        str: "text",
        Decimal: "an exact number, in quotes",
    }
    if hint in names:
        return names[hint]
    if get_origin(hint) in (list, tuple, set, frozenset):
        inner = [each for each in get_args(hint) if each is not Ellipsis]
        return "a list" + (f" of {describe(inner[0])}" if inner else "")
    return f"a table ({hint.__name__})" if isinstance(hint, type) else str(hint)


def _plain(value: Any) -> Any:
    """A value with floats for decimals, which is how numbers with a point were read."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value
