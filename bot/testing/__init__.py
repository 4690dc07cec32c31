"""For tests of strategies: a moment that is made up, or a market and a whole run over it.

`strategy.decide(FakeView(values={"carry": 2.0}))` tests one decision. `run(strategy, tape)` tests
what comes of many: the real engine, its risk and ledger, and the simulated venue.
"""

from importlib import import_module

TYPE_CHECKING = False  # Importing the engine for it would cost every user of a fake view a second.

if TYPE_CHECKING:
    from bot.testing.contracts import listing as listing
    from bot.testing.harness import Run as Run
    from bot.testing.harness import run as run
    from bot.testing.tape import Tape as Tape
    from bot.testing.view import FakeView as FakeView

_HOME = {
    "FakeView": "bot.testing.view",
    "Run": "bot.testing.harness",
    "Tape": "bot.testing.tape",
    "listing": "bot.testing.contracts",
    "run": "bot.testing.harness",
}


def __getattr__(name: str) -> object:
    """Fetch a name from where it lives, once."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_HOME[name]), name)
    return value
