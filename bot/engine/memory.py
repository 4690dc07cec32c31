"""What a strategy remembers, as values that can be written down and read back."""

from typing import Any

import msgspec
import numpy as np


def plain_memory(memory: Any) -> Any:
    """A memory as maps, lists, text and numbers; TypeError when something in it is none."""
    return None if memory is None else msgspec.to_builtins(memory, enc_hook=_number)


def memory_of(kind: type[Any], plain: Any) -> Any:
    """The memory that `plain_memory` wrote."""
    return None if plain is None else msgspec.convert(plain, type=kind, strict=False)


def check_memory(kind: type[Any], plain: Any) -> None:
    """Refuse with ValueError what would not be the same after a restart."""
    if plain is None:
        return
    try:
        msgspec.json.decode(msgspec.json.encode(plain), type=kind, strict=False)
    except msgspec.ValidationError as error:
        raise ValueError(f"memory: {error}; NaN and infinity count as null") from error


def _number(value: Any) -> Any:
    """A number of numpy as one of ours."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"memory: got {value!r}, expected numbers, text, and lists or maps of them")
