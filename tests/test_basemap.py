"""The base map: in place, in proportion, and the same as d3 draws it."""

from __future__ import annotations

import json
import math
import re
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from multivector.book.figures import posters
from multivector.explorers import basemap as maps

ASTANA, ALMATY = (71.43, 51.17), (76.95, 43.24)
BRUSSELS, MOSCOW, BEIJING = (4.35, 50.85), (37.62, 55.75), (116.39, 39.91)
WASHINGTON, TASHKENT, BISHKEK = (-77.04, 38.91), (69.28, 41.31), (74.59, 42.87)
MID_CASPIAN, ATLANTIC = (51.0, 40.5), (-40.0, 30.0)

longitudes = st.floats(-180, 180)
latitudes = st.floats(-89.9, 89.9)


def rings(path: str) -> list[list[tuple[float, float]]]:
    """Absolute corner points of a path made of M, relative l and z."""
    found = []
    for ring in path.split("z"):
        if not ring:
            continue
        start, steps = re.fullmatch(r"M([^l]*)l(.*)", ring).groups()
        numbers = [
            [float(n) for n in re.findall(r"-?(?:\d+\.\d+|\.\d+|\d+)", part)]
            for part in (start, steps)
        ]
        points = [tuple(numbers[0])]
        for dx, dy in zip(numbers[1][::2], numbers[1][1::2], strict=True):
            points.append((points[-1][0] + dx, points[-1][1] + dy))
        found.append(points)
    return found


def inside(place, path: str) -> bool:
    x, y = maps.project(*place)
    hit = False
    for ring in rings(path):
        for (x1, y1), (x2, y2) in zip(ring, ring[1:] + ring[:1], strict=True):
            if (y1 > y) != (y2 > y) and x < x1 + (y - y1) / (y2 - y1) * (x2 - x1):
                hit = not hit
    return hit


@pytest.mark.parametrize("place", [ASTANA, ALMATY])
def test_kazakhstan_holds_its_cities(place):
    assert inside(place, maps.basemap()["kazakhstan"])
    assert inside(place, maps.basemap()["land"])


@pytest.mark.parametrize("place", [MOSCOW, BEIJING, TASHKENT, BISHKEK, BRUSSELS, WASHINGTON])
def test_other_capitals_are_on_land_abroad(place):
    assert not inside(place, maps.basemap()["kazakhstan"])
    assert inside(place, maps.basemap()["land"])


@pytest.mark.parametrize("place", [MID_CASPIAN, ATLANTIC])
def test_seas_are_sea(place):
    assert not inside(place, maps.basemap()["land"])


def test_kazakhstan_has_its_area():
    """2.72 million sq km: the projection keeps areas, so pixels can be counted."""
    area = sum(
        abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(r, r[1:] + r[:1], strict=True))) / 2
        for r in rings(maps.basemap()["kazakhstan"])
    )
    scale = maps.basemap()["projection"]["scale"]
    assert area * (maps.EARTH_KM / scale) ** 2 == pytest.approx(2.72e6, rel=0.02)


def test_frame_reaches_from_washington_to_tokyo():
    drawn = maps.basemap()
    for place in (WASHINGTON, BEIJING, (139.69, 35.69), (103.82, 1.35), (24.94, 60.17)):
        x, y = maps.project(*place)
        assert 0 < x < drawn["width"] and 0 < y < drawn["height"]


def test_weight():
    drawn = maps.basemap()
    assert len(json.dumps(drawn)) < 30_000


def test_projection_agrees_with_d3():
    how = maps.basemap()["projection"]
    places = [(lon, lat) for lon in range(-140, 216, 17) for lat in range(-88, 89, 11)]
    places = [((lon + 180) % 360 - 180, lat) for lon, lat in places]
    script = f"""
    import {{ createRequire }} from 'node:module';
    import {{ pathToFileURL }} from 'node:url';
    const require = createRequire({json.dumps(str(posters.find_root() / "package.json"))});
    const {{ geoEqualEarth }} = await import(pathToFileURL(require.resolve('d3-geo')).href);
    const p = geoEqualEarth().rotate([{-how["central_meridian"]}, 0])
      .scale({how["scale"]}).translate({json.dumps(how["translate"])});
    console.log(JSON.stringify({json.dumps(places)}.map((place) => p(place))));
    """
    node = posters.find_node()
    done = subprocess.run(
        [node, "--input-type=module", "-e", script], capture_output=True, text=True, check=True
    )
    for place, expected in zip(places, json.loads(done.stdout), strict=True):
        assert maps.project(*place) == pytest.approx(expected, abs=1e-6), place


def test_the_committed_map_is_what_the_script_writes():
    root = posters.find_root()
    script = root / "src/multivector/book/figures/basemap.mjs"
    node = posters.find_node()
    done = subprocess.run(
        [node, script, root], capture_output=True, text=True, check=True, encoding="utf-8"
    )
    assert json.loads(done.stdout) == maps.basemap()


def test_known_distances():
    quarter = math.pi / 2 * maps.EARTH_KM
    assert maps.distance_km((0, 0), (0, 90)) == pytest.approx(quarter)
    assert maps.distance_km((0, 0), (180, 0)) == pytest.approx(2 * quarter)
    assert maps.distance_km(ASTANA, ASTANA) == 0


@given(longitudes, latitudes, longitudes, latitudes)
def test_distance_is_a_metric(a, b, c, d):
    there, back = maps.distance_km((a, b), (c, d)), maps.distance_km((c, d), (a, b))
    assert there == pytest.approx(back, abs=1e-6)
    assert 0 <= there <= math.pi * maps.EARTH_KM * (1 + 1e-12)


def test_a_route_joins_its_ends_and_bends_north():
    points = [
        tuple(map(float, pair))
        for pair in re.findall(r"[ML]([-\d.]+) ([-\d.]+)", maps.route(WASHINGTON, ASTANA))
    ]
    assert points[0] == pytest.approx(maps.project(*WASHINGTON), abs=0.06)
    assert points[-1] == pytest.approx(maps.project(*ASTANA), abs=0.06)
    assert min(y for _, y in points) < maps.project(0, 66)[1]


def test_a_route_across_the_edge_is_broken_not_drawn_through():
    assert maps.route((-160, 20), (160, 20)).count("M") == 1  # the edge lies at 145 W
    assert maps.route((-140, 20), (-150, 20)).count("M") == 2


def test_a_route_from_a_place_to_itself_stays_there():
    assert len(set(re.findall(r"[ML]([^ML]+)", maps.route(ASTANA, ASTANA)))) == 1


@pytest.mark.parametrize("place", [(181, 0), (0, 91), (math.nan, 0), (0, math.inf)])
def test_what_is_no_place_is_refused(place):
    with pytest.raises(ValueError, match="not a place"):
        maps.project(*place)
    with pytest.raises(ValueError, match="not a place"):
        maps.route(ASTANA, place)


def test_opposite_places_are_refused():
    with pytest.raises(ValueError, match="opposite"):
        maps.route((0, 0), (180, 0))
