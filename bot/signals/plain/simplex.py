"""The lowest point of a smooth function of a few numbers, without its derivatives.

Source: Nelder & Mead (1965), with their coefficients.
"""

from collections.abc import Callable
from typing import Final

Point = tuple[float, ...]

STEPS_MAX: Final = 600


def lowest(
    function: Callable[[Point], float],
    start: Point,
    *,
    step: float,
    tolerance: float = 1e-9,
    steps_max: int = STEPS_MAX,
) -> Point:
    """Where the function is lowest, near `start`; infinity marks points that are not allowed.

    step: how far the first simplex reaches. tolerance: of each coordinate.
    """
    corners = [start]
    for k in range(len(start)):
        corners.append(tuple(x + step * (i == k) for i, x in enumerate(start)))
    simplex = sorted((function(corner), corner) for corner in corners)
    for _ in range(steps_max):
        if _width(simplex) < tolerance:
            break
        simplex = _moved(function, simplex)
    return simplex[0][1]


def _moved(
    function: Callable[[Point], float], simplex: list[tuple[float, Point]]
) -> list[tuple[float, Point]]:
    """One step: reflect the worst corner, go further or less far, or shrink to the best."""
    *others, (worst, corner) = simplex
    center = tuple(sum(xs) / len(others) for xs in zip(*(p for _, p in others), strict=True))

    def along(factor: float) -> tuple[float, Point]:
        point = tuple(c + factor * (x - c) for c, x in zip(center, corner, strict=True))
        return function(point), point

    reflected = along(-1.0)
    if reflected[0] < others[0][0]:
        chosen = min(reflected, along(-2.0))
    elif reflected[0] < others[-1][0]:
        chosen = reflected
    else:
        chosen = along(-0.5 if reflected[0] < worst else 0.5)
        if chosen[0] >= min(reflected[0], worst):
            best = others[0][1]
            return sorted(
                (value, point) if point == best else _halfway(function, point, best)
                for value, point in simplex
            )
    return sorted([*others, chosen])


def _halfway(function: Callable[[Point], float], point: Point, to: Point) -> tuple[float, Point]:
    middle = tuple(0.5 * (x + y) for x, y in zip(point, to, strict=True))
    return function(middle), middle


def _width(simplex: list[tuple[float, Point]]) -> float:
    """How far the corners reach along the widest coordinate."""
    points = [point for _, point in simplex]
    reach = 0.0
    for k in range(len(points[0])):
        column = [point[k] for point in points]
        reach = max(reach, max(column) - min(column))
    return reach
