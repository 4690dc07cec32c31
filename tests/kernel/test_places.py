"""Kernels that are told where arrays stand do what kernels do that are handed them."""

import os
import subprocess
import sys
from typing import Any, NamedTuple

import numpy as np
import pytest
from numba import types

from bot.kernel import kernel
from bot.kernel.decorator import DIGEST
from bot.kernel.places import VECTOR, Layout

WIDTH = 3


class Shelf(NamedTuple):
    """Two tables with as many rows, and a list."""

    counts: Any
    weights: Any
    names: Any


KIND: Any = types.NamedTuple(
    (types.int64[:, ::1], types.float64[:, :, ::1], types.int8[::1]), Shelf
)
LAYOUT = Layout(KIND, Shelf, (("rows", WIDTH), ("rows", 2, "room"), ("names",)))
shelf_at = LAYOUT.view
AT = 2


@kernel(types.float64(KIND))
def total(shelf: Shelf) -> float:
    """Everything on it, and a mark left behind."""
    found = 0.0
    for row in range(shelf.counts.shape[0]):
        for column in range(shelf.counts.shape[1]):
            found += shelf.counts[row, column]
        for place in range(shelf.weights.shape[2]):
            found += shelf.weights[row, 1, place]
    for name in range(shelf.names.shape[0]):
        found += shelf.names[name]
    shelf.counts[0, 0] = -1
    return found


@kernel(types.float64(VECTOR, types.int64))
def total_at(places: Any, at: int) -> float:
    """The same, of the shelf that stands at an entry."""
    return total(shelf_at(places, at))


def shelf(rows: int = 4, room: int = 5, names: int = 7) -> Shelf:
    return Shelf(
        np.arange(rows * WIDTH, dtype=np.int64).reshape(rows, WIDTH) + 10,
        np.arange(rows * 2 * room, dtype=np.float64).reshape(rows, 2, room) / 8,
        np.arange(names, dtype=np.int8),
    )


def placed(one: Shelf) -> Any:
    places = np.zeros(AT + LAYOUT.entries + 3, np.int64)
    LAYOUT.write(places, AT, one)
    return places


@pytest.mark.parametrize("sizes", [(4, 5, 7), (1, 1, 1), (3, 0, 0)])
def test_a_shelf_by_its_place_is_the_shelf(sizes):
    handed, found = shelf(*sizes), shelf(*sizes)

    assert total_at(placed(found), AT) == total(handed)
    assert np.array_equal(found.counts, handed.counts)
    assert found.counts[0, 0] == -1


def test_without_a_compiler_it_is_the_same():
    script = (
        "from tests.kernel.test_places import *\n"
        "one = shelf(); print(total_at(placed(one), AT), one.counts[0, 0])"
    )
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    said = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    )

    assert said.stdout.split() == [str(total(shelf())), "-1"]


def test_what_does_not_fit_the_layout_is_refused_by_name():
    for wrong, said in (
        (shelf()._replace(counts=np.zeros((4, 4), np.int64)), r"counts: got \(4, 4\)"),
        (shelf()._replace(names=np.zeros(7, np.int64)), "names: got int64"),
        (shelf()._replace(weights=np.zeros((4, 2, 10))[:, :, ::2]), "weights: got gaps"),
        (shelf()._replace(weights=np.zeros((5, 2, 5))), "rows: got 5 for weights, expected 4"),
    ):
        with pytest.raises(AssertionError, match=said):
            placed(wrong)


def test_other_sizes_are_other_code():
    other = Layout(KIND, Shelf, (("rows", WIDTH + 1), ("rows", 2, "room"), ("names",)))

    assert getattr(other.view, DIGEST) != getattr(LAYOUT.view, DIGEST)
