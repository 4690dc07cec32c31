"""Other people's modules, loaded so that what is wrong with one is told and stops nothing else."""

import importlib
import importlib.util
import sys
from hashlib import blake2b
from pathlib import Path
from types import ModuleType
from typing import ClassVar, Final

from bot.errors import BotError, quoted

_DIGEST_BYTES: Final = 16


class PluginError(BotError):
    """A strategy or signal that was asked for cannot be used."""

    kind: ClassVar[str] = "plugin"
    exit_code: ClassVar[int] = 2


def load_file(path: Path) -> ModuleType:
    """The module in a file, once for all who ask; PluginError when it cannot be."""
    path = path.resolve()
    if not path.is_file():
        raise PluginError(str(path), "nothing", "a Python file", "correct the path")
    # Named by its content: an edited file is another module, and types find their own.
    name = f"bot_plugin_{path.stem}_{digest_of(path)}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise PluginError(str(path), "another kind of file", "a Python file", "name a .py file")
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise broken(str(path), error) from error
    return module


def load_module(name: str) -> ModuleType:
    """A module by its import path; PluginError when it is not there or raises."""
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit) as error:
        if isinstance(error, ModuleNotFoundError) and error.name and name.startswith(error.name):
            raise PluginError(
                name, "no such module", "one that Python can import", "install it or correct it"
            ) from error
        raise broken(name, error) from error


def broken(where: str, error: BaseException) -> PluginError:
    """What a plugin raised while it was loaded, with the line that did it."""
    line = error.lineno if isinstance(error, SyntaxError) else None
    traceback = error.__traceback__
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == where:
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    what = f"{type(error).__name__}: {error}".splitlines()[0]
    return PluginError(
        where + (f" line {line}" if line else ""), quoted(what), "a module that loads", "correct it"
    )


def digest_of(path: Path) -> str:
    """A hash of a file's content."""
    return blake2b(path.read_bytes(), digest_size=_DIGEST_BYTES).hexdigest()
