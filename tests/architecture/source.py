"""A source file as the rules see it: its room, its tree, and what a dotted name really means."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path


@dataclass(frozen=True)
class Source:
    """One module of the project. path: relative to the package, such as `risk/limits.py`."""

    path: str
    text: str
    package: str = field(default="bot")

    @property
    def room(self) -> str:
        """The first part of the path: a folder of `bot/`, or a module of its own."""
        return self.path.split("/")[0].removesuffix(".py")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """Everything in the file but what only a type checker reads."""
        return list(_walk(self.tree))

    @cached_property
    def imports(self) -> list[tuple[int, str]]:
        """(line, full dotted name) of all that is imported, at any depth, by name or by text."""
        return [found for node in self.nodes for found in _imported(node)]

    @cached_property
    def names(self) -> dict[str, str]:
        """What an imported name stands for: `np` is `numpy`, `sleep` is `time.sleep`."""
        known: dict[str, str] = {}
        for node in self.nodes:
            if isinstance(node, ast.Import):
                for alias in node.names:
                    first = alias.name.split(".")[0]
                    known[alias.asname or first] = alias.name if alias.asname else first
            elif isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    known[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        return known

    def meaning(self, node: ast.AST) -> str:
        """The full dotted name of an expression: `np.random.rand` is `numpy.random.rand`.

        What hangs on a variable is `?.name`: an argument called `random` is not the module.
        """
        if isinstance(node, ast.Name):
            return self.names.get(node.id, node.id)
        if isinstance(node, ast.Attribute):
            variable = isinstance(node.value, ast.Name) and node.value.id not in self.names
            return f"{'?' if variable else self.meaning(node.value)}.{node.attr}"
        return "?"

    def calls(self) -> Iterator[tuple[int, str]]:
        """(line, full dotted name) of every call."""
        for node in self.nodes:
            if isinstance(node, ast.Call):
                yield node.lineno, self.meaning(node.func)

    def complaint(self, line: int, text: str) -> str:
        return f"{self.package}/{self.path}:{line} {text}"


def sources(folder: Path) -> list[Source]:
    """Every module under a folder, in a stable order."""
    return [
        Source(path.relative_to(folder).as_posix(), path.read_text(encoding="utf-8"), folder.name)
        for path in sorted(folder.rglob("*.py"))
    ]


def _walk(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and _only_for_types(child.test):
            for other in child.orelse:
                yield from _walk(other)
        else:
            yield from _walk(child)


def _only_for_types(test: ast.expr) -> bool:
    name = test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", None)
    return name == "TYPE_CHECKING"


def _imported(node: ast.AST) -> Iterator[tuple[int, str]]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield node.lineno, alias.name
    elif isinstance(node, ast.ImportFrom):
        origin = "." * node.level + (node.module or "")
        for alias in node.names:
            yield node.lineno, f"{origin}.{alias.name}" if node.module else origin + alias.name
    elif isinstance(node, ast.Call):
        function = node.func.attr if isinstance(node.func, ast.Attribute) else None
        function = node.func.id if isinstance(node.func, ast.Name) else function
        first = node.args[0] if node.args else None
        if function in ("import_module", "__import__") and isinstance(first, ast.Constant):
            yield node.lineno, str(first.value)
