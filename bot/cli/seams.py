"""What a verb calls when it is used, and not before: a function of another room, by its path."""

from importlib import import_module
from typing import Any


def seam(path: str) -> Any:
    """The function at `package.module:name`."""
    module, _, name = path.partition(":")
    return getattr(import_module(module), name)
