"""A poster beside the live chart in a real browser: nothing may jump when the chart wakes."""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path

import plotly.graph_objects as go
import pytest

from multivector import charts
from multivector.book.figures import posters

sys.path.insert(0, str(Path(__file__).parents[1]))
import install_browser

pytestmark = pytest.mark.browser

FACE = "Poster Face"  # the face whose widths poster.mjs knows, whatever this machine has
YEARS = list(range(2020, 2026))
LABELS = ["Türkiye", "Россия и Китай", "Қытай мен Өзбекстан", "Machinery and equipment"]


def figures() -> dict[str, go.Figure]:
    lines = go.Figure(
        [
            go.Scatter(x=YEARS, y=[i + (i * j) % 4 for j in range(6)], name=f"{name} {i}")
            for i, name in enumerate(LABELS)
        ]
    )
    lines.update_layout(yaxis_title="Trade, bn US dollars")
    bars = go.Figure(go.Bar(y=LABELS, x=[3, 12, 7, 1], orientation="h", texttemplate="%{x:.1f}"))
    bars.update_layout(xaxis_title="млрд долларов")
    stacked = go.Figure(
        [go.Bar(x=YEARS, y=[1 + (i + j) % 3 for j in range(6)], name=LABELS[i]) for i in range(3)]
    )
    stacked.update_layout(barmode="stack", title="Экспорт")
    dots = go.Figure(
        go.Scatter(x=[0.2, 0.5, 0.9], y=LABELS[:3], mode="markers", error_x={"array": [0.1] * 3})
    )
    dots.add_annotation(x=0.5, y=1, text="Әлем <b>және</b><br>біз", ax=40, ay=-40)
    log = go.Figure(go.Scatter(x=YEARS, y=[1, 10, 120, 1500, 9000, 50000], mode="lines+markers"))
    log.update_layout(yaxis={"type": "log", "title": {"text": "Log scale"}})
    log.add_vline(x=2022, line_dash="dot", annotation_text="signed")
    drawn = {"lines": lines, "bars": bars, "stacked": stacked, "dots": dots, "log": log}
    for figure in drawn.values():
        figure.update_layout(template=charts.TEMPLATE, height=400, font_family=FACE)
    return drawn


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=install_browser.find(), args=["--no-sandbox"]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def page(browser):
    root = posters.find_root() / "node_modules"
    page = browser.new_page(viewport={"width": 1500, "height": 900})
    fonts = "".join(
        f"@font-face{{font-family:'{name}';font-weight:{weight};size-adjust:{size};src:url("
        f"data:font/ttf;base64,{base64.b64encode(file.read_bytes()).decode()})}}"
        for name, size in ((FACE, "100%"), ("Narrow Face", "78%"))
        for weight, file in (
            ("400", root / "dejavu-fonts-ttf/ttf/DejaVuSans.ttf"),
            ("700", root / "dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf"),
        )
    )
    page.set_content(
        f"<!doctype html><style>{fonts}body{{margin:0}}svg{{display:block}}"
        "#poster,#live{position:absolute;top:0}</style><div id=poster></div><div id=live></div>"
    )
    page.add_script_tag(path=root / posters.PLOTLY / "plotly-basic.min.js")
    page.evaluate(
        "Promise.all(['400', '700'].flatMap((w) => ['Poster Face', 'Narrow Face']"
        ".map((f) => document.fonts.load(`${w} 13px '${f}'`))))"
    )
    return page


@pytest.fixture(scope="module")
def drawer(tmp_path_factory):
    drawer = posters.Drawer(cache=tmp_path_factory.mktemp("posters"))
    yield drawer
    drawer.close()


SHOW = """async ([svg, data, layout, width]) => {
  const [poster, live] = ['poster', 'live'].map((id) => document.getElementById(id));
  poster.style.width = `${width}px`;
  poster.innerHTML = svg;
  await Plotly.newPlot(live, data, {...layout, width}, {staticPlot: true});
  const words = (root) => [...root.querySelectorAll('text')].filter((t) => t.textContent.trim())
    .map((t) => { const b = t.getBoundingClientRect();
      return [t.textContent, b.x + b.width / 2, b.y + b.height / 2]; }).sort();
  const s = live._fullLayout._size;
  return { size: {l: s.l, r: s.r, t: s.t, b: s.b}, poster: words(poster), live: words(live) };
}"""


@pytest.mark.parametrize("width", [720, 340])
@pytest.mark.parametrize("name", list(figures()))
def test_every_word_stands_where_the_live_chart_puts_it(page, drawer, name, width):
    spec = json.loads(figures()[name].to_json())
    poster = drawer.poster(json.dumps(spec), width, 400, "p")
    seen = page.evaluate(SHOW, [poster.svg, spec["data"], spec["layout"], width])
    margin = {side: poster.frame["margin"][side] for side in "lrtb"}
    assert seen["size"] == pytest.approx(margin, abs=0.6)
    assert [word for word, *_ in seen["poster"]] == [word for word, *_ in seen["live"]]
    for (word, x, y), (_, live_x, live_y) in zip(seen["poster"], seen["live"], strict=True):
        assert (x, y) == pytest.approx((live_x, live_y), abs=1.5), word


@pytest.mark.parametrize("name", list(figures()))
def test_the_frame_holds_under_another_font(page, drawer, name):
    figure = figures()[name]
    poster = drawer.poster(figure.to_json(), 720, 400, "p")
    spec = json.loads(figure.to_json())
    layout = spec["layout"]
    layout["font"]["family"] = "Narrow Face"
    loose = page.evaluate(SHOW, [poster.svg, spec["data"], layout, 720])["size"]
    for key, patch in poster.frame.items():
        layout[key] = {**layout.get(key, {}), **patch}
    held = page.evaluate(SHOW, [poster.svg, spec["data"], layout, 720])["size"]
    margin = {side: poster.frame["margin"][side] for side in "lrtb"}
    assert held == pytest.approx(margin, abs=0.6)
    # Without the frame the axes would have moved: the test can fail.
    assert loose != pytest.approx(margin, abs=0.6)


def test_colours_follow_the_theme(page, drawer):
    svg = drawer.poster(figures()["dots"].to_json(), 720, 400, "p").svg
    fills = []
    for ink in ("#112233", "#ddeeff"):
        page.evaluate(
            "([svg, ink]) => { document.documentElement.style.setProperty('--mv-ink', ink);"
            " document.getElementById('poster').innerHTML = svg; }",
            [svg, ink],
        )
        fills.append(page.evaluate("getComputedStyle(document.querySelector('#poster text')).fill"))
    page.evaluate("document.documentElement.style.removeProperty('--mv-ink')")
    assert fills == ["rgb(17, 34, 51)", "rgb(221, 238, 255)"]
