"""Who may touch the world: clocks, dice, tasks, approvals, and exceptions swallowed whole."""

import ast
from collections.abc import Iterator

from tests.architecture.source import Source

CLOCK = "modes/clock.py"
CHANCE = "modes/chance.py"
SPAWNER = "modes/tasks.py"

CLOCK_READS = frozenset(
    f"time.{name}{suffix}"
    for name in ("time", "monotonic", "perf_counter", "process_time", "thread_time")
    for suffix in ("", "_ns")
) | {
    "datetime.datetime.now",
    "datetime.datetime.utcnow",
    "datetime.datetime.today",
    "datetime.date.today",
}
DICE = ("random.", "secrets.", "numpy.random.", "uuid.uuid1", "uuid.uuid4", "os.urandom")
# Seeded generators are made where the seed is known and handed on as arguments.
SEEDED = frozenset({"random.Random", "numpy.random.default_rng", "numpy.random.Generator"})


def approvals(source: Source) -> Iterator[str]:
    """Only `risk.review` makes an `Approved`: the type is the gate."""
    if source.package == "bot" and source.room == "risk":
        return
    for line, name in source.calls():
        if name.split(".")[-1] == "Approved":
            yield source.complaint(line, "only risk makes an Approved")
    for node in source.nodes:
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if alias.name == "Approved" and alias.asname not in (None, "Approved"):
                    yield source.complaint(node.lineno, "Approved keeps its name")


def tasks(source: Source) -> Iterator[str]:
    """A task nobody supervises dies in silence; `wait_for` swallows cancellation on 3.11."""
    for node in source.nodes:
        if isinstance(node, ast.Name | ast.Attribute):
            name = source.meaning(node)
            if name == "asyncio.wait_for":
                yield source.complaint(node.lineno, "use asyncio.timeout, not asyncio.wait_for")
    if source.path == SPAWNER:
        return
    for line, name in source.calls():
        if name.split(".")[-1] in ("create_task", "ensure_future"):
            yield source.complaint(line, f"{name}: tasks start in bot/{SPAWNER}")


def clocks_and_dice(source: Source) -> Iterator[str]:
    """Time and chance are arguments; one module reads the machine's clock, one draws from it."""
    if source.path in (CLOCK, CHANCE):
        return
    for node in source.nodes:
        if not isinstance(node, ast.Name | ast.Attribute):
            continue
        name = source.meaning(node)
        if name in CLOCK_READS:
            yield source.complaint(node.lineno, f"{name}: only bot/{CLOCK} reads the clock")
        if name.startswith(DICE) and name not in SEEDED:
            yield source.complaint(node.lineno, f"{name}: randomness comes as an argument")
    for node in source.nodes:
        if isinstance(node, ast.Call) and not (node.args or node.keywords):
            name = source.meaning(node.func)
            if name in SEEDED:
                yield source.complaint(node.lineno, f"{name}() without a seed")


def builtins(source: Source) -> Iterator[str]:
    """A pure room opens no file and talks to nobody."""
    for line, name in source.calls():
        if name in ("open", "print", "input", "exec", "eval"):
            yield source.complaint(line, f"{name}() in a pure room")


def swallowed(source: Source) -> Iterator[str]:
    """Outside `modes/`, whoever catches everything raises again.

    So does not the engine around a strategy: an author's mistake must stop the author only.
    """
    if source.room == "modes" or source.path == "engine/attempt.py":
        return
    for node in source.nodes:
        if isinstance(node, ast.ExceptHandler):
            raises = any(isinstance(inner, ast.Raise) for inner in _body(node))
            if _catches_all(node.type) and not raises:
                yield source.complaint(node.lineno, "catches everything and does not raise")
        if isinstance(node, ast.Call):
            suppresses = source.meaning(node.func) == "contextlib.suppress"
            if suppresses and any(map(_catches_all, node.args)):
                yield source.complaint(node.lineno, "suppresses everything")


def _catches_all(kind: ast.expr | None) -> bool:
    if kind is None:
        return True
    kinds = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    return any(ast.unparse(one).split(".")[-1] in ("Exception", "BaseException") for one in kinds)


def _body(node: ast.AST) -> Iterator[ast.AST]:
    """What runs with the handler: not the functions that are only defined in it."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield child
            yield from _body(child)
