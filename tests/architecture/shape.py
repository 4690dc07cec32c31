"""Files and functions that a person can hold in view, and kernels that mean the same uncompiled."""

import ast
from collections.abc import Iterator

from tests.architecture.source import Source

FILE_LINES_MAX = 450
FUNCTION_LINES_MAX = 80

# Summed or computed in another order or precision by numpy than by compiled code.
UNLIKE_NUMPY = frozenset({"sum", "mean", "std", "var", "dot", "exp", "prod", "cumsum"})


def sizes(source: Source) -> Iterator[str]:
    """No file and no function too long to read."""
    lines = source.text.count("\n")
    if lines > FILE_LINES_MAX:
        yield source.complaint(1, f"{lines} lines; {FILE_LINES_MAX} are many")
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES_MAX:
                yield source.complaint(node.lineno, f"{node.name} has {length} lines")


def missing_docstring(source: Source) -> Iterator[str]:
    """Every module says what it is."""
    if not ast.get_docstring(source.tree):
        yield source.complaint(1, "the module does not say what it is")


def kernel_parity(source: Source) -> Iterator[str]:
    """What a kernel may not say, because compiled and plain Python would answer differently."""
    for function in ast.walk(source.tree):
        if isinstance(function, ast.FunctionDef) and any(map(_is_kernel, function.decorator_list)):
            for node in ast.walk(function):
                if complaint := _parity(source, node):
                    yield source.complaint(node.lineno, f"{function.name}: {complaint}")


def _is_kernel(decorator: ast.expr) -> bool:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return ast.unparse(called).split(".")[-1] == "kernel"


def _parity(source: Source, node: ast.AST) -> str:
    if isinstance(node, ast.BinOp | ast.AugAssign):
        if isinstance(node.op, ast.Pow):
            return "a power; multiply it out, or math.exp and math.log"
        if isinstance(node.op, ast.MatMult):
            return "a matrix product; write the loop"
    if isinstance(node, ast.Attribute):
        name = source.meaning(node)
        if isinstance(node.value, ast.Subscript):
            return f"{ast.unparse(node)}: write the field first, r['field'][i]"
        if name.startswith("numpy.linalg"):
            return "numpy.linalg; refits live outside kernels"
        if name.startswith("numpy.uint") or name in ("numpy.ubyte", "numpy.uintp"):
            return f"{name}: unsigned arithmetic wraps differently"
        if name.startswith("numpy.") and node.attr in UNLIKE_NUMPY:
            return f"{name}; write the loop, or math.{node.attr}"
    if isinstance(node, ast.Call):
        called = source.meaning(node.func)
        if called in ("pow", "sum", "math.pow"):
            return f"{called}(); write it out"
        method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        if method in UNLIKE_NUMPY - {"exp"} and not called.startswith(("numpy.", "math.")):
            return f".{method}(); write the loop"
    return ""
