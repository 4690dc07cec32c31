"""Compile every kernel ahead of time: `python -m bot.kernel.warm`.

A kernel is compiled when its module is first imported, and cached for all later processes.
Whoever does not want the first run to wait for that, such as an installer, does it here.
"""

import importlib
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from numba.core import event

from bot.kernel.decorator import DIGEST, JIT

_PACKAGE: Final = Path(__file__).parent.parent
_KERNEL: Final = re.compile(r"^@kernel\(", re.MULTILINE)


class _Announcement(event.Listener):
    """Says, before the first kernel is compiled, why there is a wait; counts them."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self.compiled: set[object] = set()

    def on_start(self, event: Any) -> None:
        """numba is about to compile a function."""
        if not self.compiled:
            self._say("compiling kernels; this happens once")
        self.compiled.add(event.data["dispatcher"])

    def on_end(self, event: Any) -> None:
        """numba has compiled it."""


def warm(names: Iterable[str], say: Callable[[str], None]) -> None:
    """Compile what the cache lacks of the kernels in these modules.

    say: takes a line before, if there is something to wait for, and one after.
    """
    announcement = _Announcement(say)
    with event.install_listener("numba:compile", announcement):
        modules = [importlib.import_module(name) for name in names]
    values = {id(value): value for module in modules for value in vars(module).values()}
    kernels = [value for value in values.values() if hasattr(value, DIGEST)]
    compiled = sum(each in announcement.compiled for each in kernels)
    how = (
        f"{compiled} compiled, {len(kernels) - compiled} from the cache" if JIT else "plain Python"
    )
    say(f"{len(kernels)} kernels ready: {how}")


def kernel_modules() -> Iterator[str]:
    """The modules of the package that define kernels."""
    for path in sorted(_PACKAGE.rglob("*.py")):
        if _KERNEL.search(path.read_text(encoding="utf-8")):
            yield ".".join((_PACKAGE.name, *path.relative_to(_PACKAGE).with_suffix("").parts))


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    warm(kernel_modules(), _say)
