from pathlib import Path

from bot.kernel.warm import kernel_modules
from tests.conftest import ROOT
from tests.kernel.project import Project

WARM = """
from bot.kernel.warm import warm
warm(["callee", "caller"], print)
"""


def test_every_file_that_holds_a_kernel_is_found():
    holding = {
        path.relative_to(ROOT)
        for path in (ROOT / "bot").rglob("*.py")
        if any(line.startswith("@kernel(") for line in path.read_text().splitlines())
    }

    found = {Path(*name.split(".")).with_suffix(".py") for name in kernel_modules()}

    assert found == holding
    assert Path("bot/book/levels.py") in found


def test_warming_says_that_there_is_a_wait_only_when_there_is_one(tmp_path):
    project = Project(tmp_path)

    first = project.say("-c", WARM)
    again = project.say("-c", WARM)

    assert first.stdout.splitlines() == [
        "compiling kernels; this happens once",
        "2 kernels ready: 2 compiled, 0 from the cache",
    ]
    assert again.stdout.splitlines() == ["2 kernels ready: 0 compiled, 2 from the cache"]


def test_without_a_compiler_there_is_nothing_to_wait_for(tmp_path):
    plain = Project(tmp_path).say("-c", WARM, NUMBA_DISABLE_JIT="1")

    assert plain.stdout.splitlines() == ["2 kernels ready: plain Python"]
