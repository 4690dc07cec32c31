"""Arrays that kernels find by their addresses.

Passing an array to compiled code costs 0.12 us, and the loop over books, signals and a venue
takes some fifty: more than the work between two decisions. So the tuples of arrays are written
once into a vector of addresses and sizes, the loop is given that one vector, and makes the
tuples inside, where it costs nothing. Sizes that never change are part of the code, which lets
the compiler turn products into shifts.
"""

import ctypes
import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba import types
from numba.extending import intrinsic
from numba.np import arrayobj, numpy_support

from bot.kernel.decorator import DIGEST, JIT, digest_of_text, spelled

VECTOR: Final = types.int64[::1]
"""numba's type of a vector of places."""

_make_array: Final[Any] = arrayobj.make_array
_populate_array: Final[Any] = arrayobj.populate_array

Shape = tuple[int | str, ...]
"""Sizes of an array: a number is always the same, a name is said with the addresses."""


class Layout:
    """How a tuple of arrays stands in a vector: its named sizes, then an address for each array.

    kind: numba's type of the tuple, `wraps` its class. shapes: one for each field.
    """

    def __init__(self, kind: Any, wraps: type[Any], shapes: tuple[Shape, ...]) -> None:
        """Lay the fields out; every name of a size stands once."""
        fields: tuple[str, ...] = wraps._fields
        assert len(fields) == len(shapes) == len(kind.types), "expected a shape for each field"
        for field, shape, array in zip(fields, shapes, kind.types, strict=True):
            assert len(shape) == array.ndim, f"{field}: got {shape}, expected {array.ndim} sizes"
        self.kind = kind
        self.wraps = wraps
        self.shapes: Final = dict(zip(fields, shapes, strict=True))
        names = dict.fromkeys(size for shape in shapes for size in shape if isinstance(size, str))
        self.sizes: Final[Mapping[str, int]] = {name: k for k, name in enumerate(names)}
        self.entries: Final = len(self.sizes) + len(fields)
        self.dtypes = [numpy_support.as_dtype(array.dtype) for array in kind.types]
        self.view: Final[Any] = _compiled_view(self) if JIT else _plain_view(self)
        """In a kernel, `view(places, at)` is the tuple that stands at an entry of a vector."""
        # Sizes are part of the code of every kernel that looks.
        setattr(self.view, DIGEST, digest_of_text(__file__, spelled(kind), repr(shapes)))

    def write(self, places: npt.NDArray[np.int64], at: int, arrays: Any) -> None:
        """Put a tuple into a vector; it must be kept alive for as long as the vector is used."""
        first = at + len(self.sizes)
        known: dict[str, int] = {}
        for k, (field, shape) in enumerate(self.shapes.items()):
            array = getattr(arrays, field)
            assert array.dtype == self.dtypes[k], f"{field}: got {array.dtype}"
            assert array.flags.c_contiguous, f"{field}: got gaps between its rows"
            for size, is_size in zip(shape, array.shape, strict=True):
                if isinstance(size, str):
                    expected = known.setdefault(size, is_size)
                    assert is_size == expected, (
                        f"{size}: got {is_size} for {field}, expected {expected}"
                    )
                else:
                    assert size == is_size, f"{field}: got {array.shape}, expected {shape}"
            places[first + k] = array.ctypes.data
        for size, is_size in known.items():
            places[at + self.sizes[size]] = is_size


def _plain_view(layout: Layout) -> Any:
    """The tuple made without a compiler."""

    def view(places: npt.NDArray[np.int64], at: int) -> Any:
        first = at + len(layout.sizes)
        arrays = []
        for k, shape in enumerate(layout.shapes.values()):
            sizes = [
                int(places[at + layout.sizes[size]]) if isinstance(size, str) else size
                for size in shape
            ]
            dtype, count = layout.dtypes[k], math.prod(sizes)
            if count:
                bytes_at = (ctypes.c_char * (count * dtype.itemsize)).from_address
                memory: Any = bytes_at(int(places[first + k]))
                block = np.frombuffer(memory, dtype)
            else:
                block = np.zeros(0, dtype)
            arrays.append(block.reshape(sizes))
        return layout.wraps(*arrays)

    return view


def _compiled_view(layout: Layout) -> Any:
    """The tuple made of machine code that only loads addresses and sizes."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        vector = _make_array(signature.args[0])(context, builder, values[0])
        word = ir.IntType(64)

        def entry(k: int) -> Any:
            at = builder.add(values[1], word(k))
            return builder.load(builder.gep(vector.data, [at]))

        named = [entry(k) for k in range(len(layout.sizes))]
        made = []
        for k, shape in enumerate(layout.shapes.values()):
            kind = layout.kind.types[k]
            array = _make_array(kind)(context, builder)
            sizes = [
                named[layout.sizes[size]] if isinstance(size, str) else word(size) for size in shape
            ]
            item = layout.dtypes[k].itemsize
            strides = [word(item)]
            for size in reversed(sizes[1:]):
                strides.insert(0, builder.mul(strides[0], size))
            data = context.get_data_type(kind.dtype).as_pointer()
            _populate_array(
                array,
                data=builder.inttoptr(entry(len(layout.sizes) + k), data),
                shape=sizes,
                strides=strides,
                itemsize=word(item),
                meminfo=None,
            )
            made.append(array._getvalue())
        return context.make_tuple(builder, layout.kind, made)

    @intrinsic
    def view(typing: Any, places: Any, at: Any) -> Any:
        del typing, places, at
        return layout.kind(VECTOR, types.int64), generate

    return view
