"""What is wrong with a configuration, told as one block each: file, key, seen, expected, fix."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, Final, get_args, get_origin

from pydantic import BaseModel, ValidationError

from bot.config.document import Key, key_text, value_text
from bot.config.sections import Bounds, File
from bot.errors import ConfigError

_SHAPES: Final = {
    "model_type": ("a table", "write it as a [section]"),
    "dict_type": ("a table", "write it as a [section]"),
    "bool_type": ("true or false", "write it without quotes"),
    "string_type": ("text", "write it in quotes"),
    "list_type": ("a list", "write it as [first, second]"),
    "too_short": ("at least one", "write one"),
}


def complaints_of(error: ValidationError, where: str) -> list[ConfigError]:
    """Every mistake that was found; the keys that one section lacks are one mistake."""
    missing: dict[Key, list[str]] = {}
    others: list[ConfigError] = []
    for found in error.errors():
        key = tuple(str(part) for part in found["loc"] if part != "[key]")
        if found["type"] == "missing":
            missing.setdefault(key[:-1], []).append(key[-1])
        elif found["type"] == "extra_forbidden":
            others.append(unknown_key(where, key, _known(key[:-1])))
        else:
            others.append(_wrong(where, key, found))
    return others + [_missing(where, section, names) for section, names in missing.items()]


def unknown_key(where: str, key: Key, known: Iterable[str]) -> ConfigError:
    """A key that nothing reads; most are misspelt."""
    known = sorted(known)
    expected = "one of " + ", ".join(known) if known else "no further key"
    return ConfigError(
        f"{where} {key_text(key)}", "an unknown key", expected, suggestion(key[-1], known)
    )


def suggestion(
    name: str,
    known: Iterable[str],
    otherwise: str = "correct or remove it",
    likeness: float = 0.6,
) -> str:
    """What a misspelt name was probably meant to be."""
    close = get_close_matches(name, list(known), n=1, cutoff=likeness)
    return f"did you mean {close[0]}?" if close else otherwise


def seen(value: Any) -> str:
    """A value as the file spells it, not too long."""
    text = "nothing" if value is None else value_text(value)
    return text if len(text) <= 80 else text[:77] + "..."


def said_by(error: ValueError | TypeError, where: str, value: object = None) -> ConfigError:
    """What a value object of ours says of itself, `name: got x, expected y`, told in full."""
    text = str(error)
    name, colon, rest = text.partition(": ")
    got, comma, expected = rest.removeprefix("got ").partition(", expected ")
    fix = "correct the value"
    if colon and comma and rest.startswith("got ") and " " not in name:
        return ConfigError(f"{where}.{name}", got, expected, fix)
    return ConfigError(where, seen(value) if value is not None else text, text, fix)


def _missing(where: str, section: Key, names: list[str]) -> ConfigError:
    if len(names) == 1:
        expected, fix = _meant(section, names[0]), "add it"
        return ConfigError(f"{where} {key_text((*section, names[0]))}", "nothing", expected, fix)
    place = key_text(section) if section else "the file"
    return ConfigError(
        f"{where} {place}",
        "nothing for " + ", ".join(names),
        f"a value for each of these {len(names)} keys",
        'add them; a limit that shall not limit is "none"' if "risk" in section else "add them",
    )


def _meant(section: Key, name: str) -> str:
    """What a missing key is for."""
    model = _section(section)
    if model is not None and issubclass(model, Bounds) and name in Bounds.model_fields:
        return 'a limit, or "none"'
    field = model.model_fields.get(name) if model else None
    if field and (_model_of(field.annotation) or get_origin(field.annotation) is dict):
        return f"a section [{key_text((*section, name))}]"
    return "a value"


def _wrong(where: str, key: Key, found: Mapping[str, Any]) -> ConfigError:
    context = found.get("ctx", {})
    if found["type"] == "refused":
        expected, fix = context["expected"], context["fix"]
    elif found["type"] == "literal_error":
        expected, fix = context["expected"].replace("'", '"'), "write one of these"
    else:
        expected, fix = _SHAPES.get(found["type"], (found["msg"], "correct the value"))
    return ConfigError(f"{where} {key_text(key)}", seen(found["input"]), expected, fix)


def _known(section: Key) -> list[str]:
    model = _section(section)
    return list(model.model_fields) if model else []


def _section(key: Key) -> type[BaseModel] | None:
    """The model of the table at a key."""
    found: Any = File
    for name in key:
        if isinstance(found, type) and issubclass(found, BaseModel):
            field = found.model_fields.get(name)
            if field is None:
                return None
            found = field.annotation
        elif get_origin(found) is dict:
            found = get_args(found)[1]
        else:
            return None
        found = _model_of(found) or found
    return found if isinstance(found, type) and issubclass(found, BaseModel) else None


def _model_of(annotation: Any) -> type[BaseModel] | None:
    """The model in `Model` or `Model | None`."""
    if get_origin(annotation) is dict:
        return None
    for one in (annotation, *get_args(annotation)):
        if isinstance(one, type) and issubclass(one, BaseModel):
            return one
    return None
