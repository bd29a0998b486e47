"""The base map: land and Kazakhstan in the Equal Earth projection, and points and routes on it.

``basemap.json`` is written by ``book/figures/basemap.mjs`` from Natural Earth (public domain). No
border is drawn but Kazakhstan's own, so the map takes no side in anybody's dispute.
Projection: B. Savric, T. Patterson and B. Jenny, "The Equal Earth map projection",
International Journal of Geographical Information Science 33 (2019).
"""

from __future__ import annotations

import json
import math
from functools import cache
from importlib.resources import files
from typing import Any

#: Mean radius of the Earth in km (IUGG)
EARTH_KM = 6371.0088
_A1, _A2, _A3, _A4 = 1.340264, -0.081106, 0.000893, 0.003796

Place = tuple[float, float]


@cache
def basemap() -> dict[str, Any]:
    """Return ``width``, ``height`` (pixels), ``land``, ``kazakhstan`` (SVG path data), ``source``.

    ``projection`` says how :func:`project` gets from degrees to those pixels.
    """
    text = files("multivector.explorers").joinpath("basemap.json").read_text(encoding="utf-8")
    return json.loads(text)


def _check(lon: float, lat: float) -> None:
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise ValueError(f"not a place in degrees east and north: {lon}, {lat}")


def project(lon: float, lat: float) -> tuple[float, float]:
    """Return the pixel (x to the right, y down) of a place in degrees east and north.

    A place outside the frame gets a pixel outside ``width`` and ``height``.
    Raises ``ValueError`` for what is not a place.
    """
    _check(lon, lat)
    how = basemap()["projection"]
    turned = (lon - how["central_meridian"] + 180) % 360 - 180
    theta = math.asin(math.sqrt(3) / 2 * math.sin(math.radians(lat)))
    t2 = theta * theta
    t6 = t2**3
    slope = _A1 + 3 * _A2 * t2 + t6 * (7 * _A3 + 9 * _A4 * t2)
    x = 2 * math.radians(turned) * math.cos(theta) / (math.sqrt(3) * slope)
    y = theta * (_A1 + _A2 * t2 + t6 * (_A3 + _A4 * t2))
    left, top = how["translate"]
    return left + how["scale"] * x, top - how["scale"] * y


def distance_km(start: Place, end: Place) -> float:
    """Return the great-circle distance in km between two (lon, lat) places, by the haversine.

    On a sphere: within half a per cent of the distance on the ellipsoid.
    """
    (lon1, lat1), (lon2, lat2) = start, end
    _check(lon1, lat1)
    _check(lon2, lat2)
    p1, p2 = math.radians(lat1), math.radians(lat2)
    half = (
        math.sin((p2 - p1) / 2) ** 2
        + math.cos(p1) * math.cos(p2) * math.sin(math.radians(lon2 - lon1) / 2) ** 2
    )
    return 2 * EARTH_KM * math.asin(math.sqrt(min(1.0, half)))


def route(start: Place, end: Place, steps: int = 48) -> str:
    """Return SVG path data of the shortest way between two (lon, lat) places.

    Broken in two where it leaves the map on one side and returns on the other. A route between
    a place and itself is a dot. Raises ``ValueError`` for opposite places, which have no single
    shortest way, and for fewer than one step.
    """
    if steps < 1:
        raise ValueError("a route has at least one step")
    angle = distance_km(start, end) / EARTH_KM
    if math.pi - angle < 1e-9:
        raise ValueError("opposite places have no single shortest way")
    a, b = _vector(*start), _vector(*end)
    parts: list[str] = []
    last_x = math.inf
    for i in range(steps + 1):
        t = i / steps
        # Spherical linear interpolation; a zero angle has no direction, so both ends are one.
        if angle < 1e-12:
            point = a
        else:
            u, v = math.sin((1 - t) * angle), math.sin(t * angle)
            point = tuple((u * p + v * q) / math.sin(angle) for p, q in zip(a, b, strict=True))
        lon = math.degrees(math.atan2(point[1], point[0]))
        lat = math.degrees(math.asin(max(-1.0, min(1.0, point[2]))))
        x, y = project(lon, lat)
        pen = "L" if abs(x - last_x) < basemap()["width"] / 2 else "M"
        parts.append(f"{pen}{x:.1f} {y:.1f}")
        last_x = x
    return "".join(parts)


def _vector(lon: float, lat: float) -> tuple[float, float, float]:
    east, north = math.radians(lon), math.radians(lat)
    return (math.cos(north) * math.cos(east), math.cos(north) * math.sin(east), math.sin(north))
