"""Plane geometry on the cells, for the places of the sample reports: inner points and strips along a common border."""

import json
import math
import pathlib

CELLS = pathlib.Path(__file__).resolve().parent / "stockholm-cells.geojson"
METRES_PER_DEGREE = 111_320.0

Point = tuple[float, float]


def cells() -> dict[str, list[list[Point]]]:
    """Rings (longitude, latitude) by area name, the outer one first; closed."""
    features = json.loads(CELLS.read_text(encoding="utf-8"))["features"]
    return {
        feature["properties"]["area"]: [[tuple(point) for point in ring] for ring in feature["geometry"]["coordinates"]]
        for feature in features
    }


class Plane:
    """Metres east and north of a point: exact enough over a stadsdel."""

    def __init__(self, origin: Point):
        self.origin = origin
        self.east = METRES_PER_DEGREE * math.cos(math.radians(origin[1]))

    def project(self, point: Point) -> Point:
        return ((point[0] - self.origin[0]) * self.east, (point[1] - self.origin[1]) * METRES_PER_DEGREE)

    def unproject(self, point: Point) -> Point:
        return (
            round(self.origin[0] + point[0] / self.east, 6),
            round(self.origin[1] + point[1] / METRES_PER_DEGREE, 6),
        )


def edges(rings: list[list[Point]]):
    for ring in rings:
        yield from zip(ring, ring[1:])


def distance(point: Point, a: Point, b: Point) -> float:
    dx, dy = b[0] - a[0], b[1] - a[1]
    length = dx * dx + dy * dy
    t = 0.0 if length == 0 else max(0.0, min(1.0, ((point[0] - a[0]) * dx + (point[1] - a[1]) * dy) / length))
    return math.hypot(point[0] - a[0] - t * dx, point[1] - a[1] - t * dy)


def depth(point: Point, rings: list[list[Point]]) -> float:
    """Distance to the border, negative outside."""
    inside = False
    nearest = math.inf
    for a, b in edges(rings):
        if (a[1] > point[1]) != (b[1] > point[1]) and point[0] < (b[0] - a[0]) * (point[1] - a[1]) / (b[1] - a[1]) + a[
            0
        ]:
            inside = not inside
        nearest = min(nearest, distance(point, a, b))
    return nearest if inside else -nearest


def inner_point(rings: list[list[Point]]) -> Point:
    """The point deepest inside, to a few metres: the best of a grid, then of ever finer grids around it."""
    plane = Plane(rings[0][0])
    metric = [[plane.project(point) for point in ring] for ring in rings]
    low = [min(point[axis] for point in metric[0]) for axis in (0, 1)]
    high = [max(point[axis] for point in metric[0]) for axis in (0, 1)]
    centre = ((low[0] + high[0]) / 2, (low[1] + high[1]) / 2)
    reach = max(high[0] - low[0], high[1] - low[1]) / 2
    while reach > 2:
        grid = [
            (centre[0] + reach * i / 10, centre[1] + reach * j / 10) for i in range(-10, 11) for j in range(-10, 11)
        ]
        centre = max(grid, key=lambda point: depth(point, metric))
        reach /= 5
    return plane.unproject(centre)


def border_strip(one: list[list[Point]], other: list[list[Point]], half_width: float) -> list[Point]:
    """A rectangle of `half_width` metres on both sides of the longest straight reach that two cells share, that much
    shorter at both ends so that no third cell is near. Its outer ring, not closed."""
    plane = Plane(one[0][0])
    shared = {frozenset(edge) for edge in edges(one)} & {frozenset(edge) for edge in edges(other)}
    reaches = [tuple(plane.project(point) for point in sorted(edge)) for edge in shared]
    a, b = max(reaches, key=lambda reach: math.dist(*reach))
    length = math.dist(a, b)
    assert length > 3 * half_width, "the common border has no straight reach that is long enough"
    along = ((b[0] - a[0]) / length, (b[1] - a[1]) / length)
    across = (-along[1], along[0])
    corners = [
        (half_width, half_width),
        (length - half_width, half_width),
        (length - half_width, -half_width),
        (half_width, -half_width),
    ]
    return [
        plane.unproject((a[0] + along[0] * x + across[0] * y, a[1] + along[1] * x + across[1] * y)) for x, y in corners
    ]
