"""Every rule of the architecture can fail: a bad source is refused, a good one beside it is not."""

from textwrap import dedent

import pytest

from tests.architecture import drawing, effects, shape
from tests.architecture.source import Source

ROOMS = {
    "errors": frozenset[str](),
    "model": frozenset[str](),
    "risk": frozenset({"model"}),
    "engine": frozenset({"model", "risk"}),
    "modes": frozenset({"engine"}),
    "__init__": frozenset({"model"}),
}

THIRD_PARTY = ["structlog", "aiohttp", "ccxt", "tenacity", "pyarrow", "pydantic"]


def source(text: str, path: str = "risk/limits.py", package: str = "bot") -> Source:
    return Source(path, dedent(text), package)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("import bot.engine", "risk may not import engine"),
        ("from bot.engine import Engine", "risk may not import engine"),
        ("from bot import engine", "risk may not import engine"),
        ("def f():\n    from bot.engine import Engine", "risk may not import engine"),
        ("import importlib\nimportlib.import_module('bot.engine')", "risk may not import engine"),
        ("from . import review", "relatively"),
        ("from .review import review", "relatively"),
        ("if DEBUG:\n    import bot.engine", "risk may not import engine"),
        ("if TYPE_CHECKING:\n    pass\nelse:\n    import bot.engine", "risk may not import engine"),
    ],
)
def test_an_import_upwards_is_found(text, complaint):
    found = list(drawing.wrong_rooms(source(text), ROOMS))

    assert len(found) == 1
    assert complaint in found[0]
    assert found[0].startswith("bot/risk/limits.py:")


@pytest.mark.parametrize(
    "text",
    [
        "from bot.model import Order",
        "from bot.risk.review import review",
        "from bot.errors import ConfigError",
        "import math",
        "from bot import __version__",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from bot.engine import State",
    ],
)
def test_an_import_downwards_is_let_through(text):
    assert list(drawing.wrong_rooms(source(text), ROOMS)) == []


def test_a_room_outside_the_drawing_is_found():
    found = list(drawing.wrong_rooms(source("", path="helpers/misc.py"), ROOMS))

    assert found == ["bot/helpers/misc.py:1 the room 'helpers' is not in the drawing"]


def test_the_forbidden_effects_are_at_least_these():
    named = {"asyncio", "time", "random", "os", "datetime", "uuid", "logging", "sqlite3", "pathlib"}

    assert named | {"io", "socket", "threading", "subprocess"} <= drawing.EFFECTS


def test_a_round_trip_in_the_drawing_is_found():
    looped = {**ROOMS, "model": frozenset({"engine"})}

    assert drawing.cycle(looped) == ["model", "engine", "model"]
    assert drawing.cycle(ROOMS) == []


@pytest.mark.parametrize(
    "module",
    [*sorted(drawing.EFFECTS), *THIRD_PARTY, "os.path"],
)
def test_an_effect_in_a_pure_room_is_found(module):
    found = list(drawing.impure_imports(source(f"def f():\n    import {module}")))

    assert len(found) == 1


def test_an_exemption_covers_its_own_module_only():
    text = "import os\nimport time"

    found = list(drawing.impure_imports(source(text), frozenset({"os"})))

    assert found == ["bot/risk/limits.py:2 a pure room may not import time"]


@pytest.mark.parametrize("module", ["math", "decimal", "msgspec", "numpy", "numba", "bot.model"])
def test_arithmetic_in_a_pure_room_is_let_through(module):
    assert list(drawing.impure_imports(source(f"import {module}"))) == []


@pytest.mark.parametrize(
    "text",
    [
        "from bot.model import Order",
        "import bot.engine",
        "from bot import engine",
        "import asyncio",
        "import ccxt",
    ],
)
def test_a_strategy_that_reaches_below_the_package_is_found(text):
    given = source(text, path="carry.py", package="strategies")

    assert len(list(drawing.strategy_imports(given, ROOMS))) == 1


@pytest.mark.parametrize("text", ["from bot import Strategy, View", "import bot", "import math"])
def test_a_strategy_that_knows_only_the_package_is_let_through(text):
    given = source(text, path="carry.py", package="strategies")

    assert list(drawing.strategy_imports(given, ROOMS)) == []


@pytest.mark.parametrize(
    "text",
    [
        "Approved(order)",
        "from bot.model import command\ncommand.Approved(order)",
        "from bot.model.command import Approved as Fine",
    ],
)
@pytest.mark.parametrize("path", ["engine/engine.py", "venues/risk/simulated.py"])
def test_an_approval_outside_risk_is_found(text, path):
    assert len(list(effects.approvals(source(text, path)))) == 1


def test_an_approval_inside_risk_is_let_through():
    assert list(effects.approvals(source("Approved(order)", "risk/review.py"))) == []


def test_a_strategy_folder_called_risk_makes_no_approvals():
    assert list(effects.approvals(source("Approved(order)", "risk/mine.py", "strategies")))


@pytest.mark.parametrize(
    "text",
    [
        "import asyncio\nasyncio.wait_for(x, 1)",
        "from asyncio import wait_for\nwait_for(x, 1)",
        "import asyncio as aio\naio.create_task(x)",
        "from asyncio import ensure_future\nensure_future(x)",
        "async with asyncio.TaskGroup() as group:\n    group.create_task(x)",
        "asyncio.get_running_loop().create_task(x)",
    ],
)
def test_an_unsupervised_task_or_wait_is_found(text):
    assert len(list(effects.tasks(source(text, "modes/live.py")))) == 1


def test_the_spawner_starts_tasks_but_does_not_use_wait_for():
    starts = source("import asyncio\nasyncio.create_task(x)", "modes/tasks.py")
    waits = source("import asyncio\nasyncio.wait_for(x, 1)", "modes/tasks.py")

    assert list(effects.tasks(starts)) == []
    assert len(list(effects.tasks(waits))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "import time\ntime.time()",
        "import time\nclock = time.monotonic_ns",
        "from time import perf_counter as now\nnow()",
        "from datetime import datetime\ndatetime.now()",
        "import datetime\ndatetime.datetime.now(datetime.UTC)",
        "import random\nrandom.random()",
        "from random import choice\nchoice(x)",
        "import numpy as np\nnp.random.rand(3)",
        "import random\nrandom.Random()",
        "import uuid\nuuid.uuid4()",
        "import os\nos.urandom(8)",
        "import secrets\nsecrets.token_hex()",
    ],
)
def test_a_clock_or_a_die_in_a_room_is_found(text):
    assert len(list(effects.clocks_and_dice(source(text, "feeds/binance.py")))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "def f(time):\n    return time.time()",
        "def f(random):\n    return random.choice(x)",
        "import random\nrandom.Random(7)",
        "import numpy as np\nnp.random.default_rng(7)",
        "from datetime import datetime\ndatetime.fromtimestamp(t, tz)",
    ],
)
def test_a_clock_or_a_die_as_an_argument_is_let_through(text):
    assert list(effects.clocks_and_dice(source(text, "feeds/binance.py"))) == []


def test_the_clock_module_reads_the_clock():
    text = "import time\ntime.time_ns()"

    assert list(effects.clocks_and_dice(source(text, "modes/clock.py"))) == []


@pytest.mark.parametrize("call", ["open('x')", "print(x)", "input()", "eval('1')"])
def test_a_file_or_a_word_from_a_pure_room_is_found(call):
    assert len(list(effects.builtins(source(call)))) == 1


def test_a_method_called_open_is_let_through():
    assert list(effects.builtins(source("basket.open()"))) == []


@pytest.mark.parametrize(
    "text",
    [
        "try:\n    f()\nexcept Exception:\n    pass",
        "try:\n    f()\nexcept:\n    pass",
        "try:\n    f()\nexcept (ValueError, BaseException) as e:\n    log(e)",
        "try:\n    f()\nexcept Exception:\n    def g():\n        raise ValueError",
        "import contextlib\nwith contextlib.suppress(Exception):\n    f()",
    ],
)
def test_an_exception_swallowed_outside_modes_is_found(text):
    assert len(list(effects.swallowed(source(text)))) == 1
    assert list(effects.swallowed(source(text, "modes/driver.py"))) == []


@pytest.mark.parametrize(
    "text",
    [
        "try:\n    f()\nexcept ValueError:\n    pass",
        "try:\n    f()\nexcept Exception as e:\n    raise DataError from e",
        "try:\n    f()\nexcept BaseException:\n    if x:\n        g()\n    raise",
    ],
)
def test_an_exception_raised_again_is_let_through(text):
    assert list(effects.swallowed(source(text))) == []


def test_a_long_file_and_a_long_function_are_found():
    long_file = source("x = 1\n" * 451)
    long_function = source("def f():\n" + "    x = 1\n" * 80)
    fitting = source("def f():\n" + "    x = 1\n" * 79 + "y = 1\n" * 370)

    assert list(shape.sizes(long_file)) == ["bot/risk/limits.py:1 451 lines; 450 are many"]
    assert list(shape.sizes(long_function)) == ["bot/risk/limits.py:1 f has 81 lines"]
    assert list(shape.sizes(fitting)) == []


def test_a_module_that_says_nothing_is_found():
    assert len(list(shape.missing_docstring(source("x = 1")))) == 1
    assert list(shape.missing_docstring(source('"""Limits."""'))) == []


@pytest.mark.parametrize(
    "line",
    [
        "np.sum(x)",
        "np.mean(x)",
        "np.std(x)",
        "np.dot(x, y)",
        "np.exp(x)",
        "np.linalg.norm(x)",
        "x.sum()",
        "x.mean()",
        "sum(x)",
        "pow(x, 2)",
        "x**2",
        "x @ y",
        "r[i].price",
        "np.uint64(x)",
    ],
)
@pytest.mark.parametrize("decorator", ["@kernel(signature)", "@kernel", "@bot.kernel.kernel(s)"])
def test_a_kernel_that_would_differ_uncompiled_is_found(line, decorator):
    text = f"import numpy as np\n{decorator}\ndef f(x, y, r, i):\n    return {line}"

    assert list(shape.kernel_parity(source(text)))
    assert list(shape.kernel_parity(source(text.replace(decorator, "@cache")))) == []


def test_a_power_in_place_in_a_kernel_is_found():
    assert list(shape.kernel_parity(source("@kernel(s)\ndef f(x):\n    x **= 2")))


@pytest.mark.parametrize("line", ["math.exp(x)", "x * x", "r['price'][i]", "np.int64(x)", "x.size"])
def test_a_kernel_of_loops_and_math_is_let_through(line):
    text = f"import math\nimport numpy as np\n@kernel(s)\ndef f(x, r, i):\n    return {line}"

    assert list(shape.kernel_parity(source(text))) == []
