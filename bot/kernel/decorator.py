"""`@kernel`: numba with explicit signatures and a cache that is never stale.

numba's own cache keys a compiled function by its own file: edit a constant or a callee in
*another* file and the old machine code comes back. Here each kernel is cached in a folder
named by a digest of everything its code depends on: its source file, the kernels it calls
with theirs, the constants it reads, and the versions of numba, numpy and Python.
"""

import hashlib
import os
import sys
import types
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import numba
import numpy as np
import platformdirs
from numba.core import sigutils
from numba.core.errors import NumbaError

_config: Final[Any] = numba.config
JIT: Final = not bool(_config.DISABLE_JIT)
"""Whether kernels are compiled in this process."""

_Function = TypeVar("_Function", bound=Callable[..., Any])
_VERSIONS: Final = (numba.__version__, np.__version__, sys.version.split()[0])
_BOUNDS_CHECKED: Final = str(_config.BOUNDSCHECK)
DIGEST: Final = "__kernel_digest__"
# Kernels own nothing: without numba's reference counts, which every call that passes arrays on
# would touch, a pass over a recorded book takes a fifth of the time. So a kernel allocates no
# array and returns none. And calls between kernels are inlined: the arrays of the books and
# signals are some 200 words to pass, and passing them cost more than the work (book and first
# family of signals on a recorded perpetual: 180 ns a row with calls, 46 without).
_OPTIONS: Final[dict[str, Any]] = {
    "cache": True,
    "fastmath": False,
    "error_model": "numpy",
    "nogil": True,
    "_nrt": False,
    "forceinline": True,
}


def kernel(
    signature: object, *more: object, apart: bool = False
) -> Callable[[_Function], _Function]:
    """Compile a function for these exact types, once for all processes.

    signature: a numba signature, such as `types.int64(types.int64[::1])`, or its text.
    apart: calls of it stay calls, if it is large: for code that would slow down what is around
    it even where it is not run.
    TypeError when the function does not fit it.
    """
    signatures = [signature, *more]

    def decorate(function: _Function) -> _Function:
        _check_arguments(function, signatures)
        options = {**_OPTIONS, "forceinline": not apart}
        digest = _digest_of(function, signatures, options)
        if JIT:
            compiled = _compile(function, signatures, digest, options)
        else:
            compiled = function
        setattr(compiled, DIGEST, digest)
        return compiled

    return decorate


def cache_folder() -> Path:
    """Where compiled kernels live: `BOT_KERNEL_CACHE`, else the user's cache folder."""
    chosen = os.environ.get("BOT_KERNEL_CACHE")
    return (
        Path(chosen) if chosen else Path(platformdirs.user_cache_dir("imbalance-bot")) / "kernels"
    )


def _check_arguments(function: Callable[..., Any], signatures: list[object]) -> None:
    # Not left to numba, so that plain Python refuses what compiled code would refuse.
    code = function.__code__
    names = code.co_varnames[: code.co_argcount]
    for signature in signatures:
        arguments, _ = sigutils.normalize_signature(signature)  # type: ignore[no-untyped-call]
        if len(arguments) != len(names):
            raise TypeError(
                f"kernel {_name(function)}: the signature {signature} has {len(arguments)} "
                f"arguments, the function takes {len(names)}: {', '.join(names)}"
            )


def _compile(
    function: _Function, signatures: list[object], digest: str, options: dict[str, Any]
) -> _Function:
    # numba reads its cache folder when the dispatcher is made, so each kernel can have its own.
    folder = _config.CACHE_DIR
    _config.CACHE_DIR = str(cache_folder() / digest)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", numba.NumbaExperimentalFeatureWarning)
            compiled: Any = numba.njit(signatures, **options)(function)
    except NumbaError as error:
        spelled = " or ".join(map(str, signatures))
        raise TypeError(f"kernel {_name(function)} does not fit {spelled}: {error}") from error
    finally:
        _config.CACHE_DIR = folder
    return cast(_Function, compiled)


def _digest_of(
    function: Callable[..., Any], signatures: list[object], options: dict[str, Any]
) -> str:
    """A name for all that the machine code of a function depends on."""
    digest = hashlib.blake2b(digest_size=12)
    for part in (
        *_VERSIONS,
        repr(options),
        _BOUNDS_CHECKED,
        *map(spelled, signatures),
        _source(function.__code__.co_filename),
    ):
        digest.update(f"{part}\0".encode())
    for name, value in sorted(_references(function).items()):
        digest.update(f"{name}={value}\0".encode())
    return digest.hexdigest()


def _references(function: Callable[..., Any]) -> dict[str, str]:
    """The globals that a function's code names, each as text that changes when it does."""
    names = _names(function.__code__)
    found: dict[str, str] = {}
    for name in names & function.__globals__.keys():
        value = function.__globals__[name]
        if isinstance(value, types.ModuleType):
            for inner in names & vars(value).keys():
                found[f"{name}.{inner}"] = _text(vars(value)[inner])
        else:
            found[name] = _text(value)
    return found


def _names(code: types.CodeType) -> set[str]:
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            names |= _names(constant)
    return names


def _text(value: object) -> str:
    digest = getattr(value, DIGEST, None)
    if digest is not None:
        return str(digest)
    if isinstance(value, int | float | str | bytes | tuple | np.generic):
        return repr(value)
    if isinstance(value, np.ndarray):
        return f"{value.dtype}{value.shape}{value.tobytes().hex()}"
    # Code that is not a kernel, such as an intrinsic: whatever its file says.
    module = sys.modules.get(getattr(value, "__module__", None) or "")
    name = getattr(value, "__qualname__", type(value).__qualname__)
    return f"{name} {_source(getattr(module, '__file__', None) or '')}"


def spelled(kind: object) -> str:
    """A signature or type as text, with the names of fields, which numba leaves out."""
    inner = (*getattr(kind, "args", ()), *getattr(kind, "types", ()))
    return " ".join([str(kind), *getattr(kind, "fields", ()), *map(spelled, inner)])


def digest_of_text(path: str, *parts: str) -> str:
    """A name for code that is made from a file and from what it is told."""
    digest = hashlib.blake2b(digest_size=12)
    for part in (*_VERSIONS, _source(path), *parts):
        digest.update(f"{part}\0".encode())
    return digest.hexdigest()


def _name(function: Callable[..., Any]) -> str:
    return f"{function.__module__}.{function.__qualname__}"


@cache
def _source(path: str) -> str:
    try:
        return hashlib.blake2b(Path(path).read_bytes(), digest_size=12).hexdigest()
    except OSError:
        return path
