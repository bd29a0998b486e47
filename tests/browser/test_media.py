"""Paper, high contrast, no motion and 200 % zoom on three typical pages."""

from __future__ import annotations

import re

import pytest
from explorer_support import ready, until

pytestmark = pytest.mark.browser

TYPICAL = [
    "chapters/index.html", "chapters/case-2025/trade.html", "chapters/reference/statements.html",
]  # fmt: skip
DESKTOP = {"width": 1280, "height": 900}
#: What the browser makes of a colour by name
COLOUR = """name => { const probe = document.body.appendChild(document.createElement('span'));
    probe.style.color = name; const found = getComputedStyle(probe).color; probe.remove();
    return found; }"""


@pytest.fixture
def look(chromium, book):
    """Return a function that opens a page with browser options."""
    contexts = []

    def start(page: str, **options):
        contexts.append(chromium.new_context(**{"viewport": DESKTOP, **options}))
        tab = contexts[-1].new_page()
        tab.goto(f"{book.as_uri()}/{page}")
        ready(tab)
        return tab

    yield start
    for context in contexts:
        context.close()


def luminance(colour: str) -> float:
    """Return the relative luminance of "rgb(r, g, b)" (WCAG 2.2)."""
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("chosen", ["light", "dark"])
def test_a_chart_takes_the_reader_s_own_colours_whatever_theme_is_chosen(look, chosen):
    tab = look("chapters/index.html", forced_colors="active", color_scheme="dark")
    # Asked while the explorer wakes and draws itself, the answer would come from a mark just gone.
    tab.wait_for_selector("section.mv-explorer[data-live]")
    tab.evaluate("mode => { document.documentElement.dataset.theme = mode; }", chosen)
    ink, paper = tab.evaluate(COLOUR, "CanvasText"), tab.evaluate(COLOUR, "Canvas")
    words = tab.locator(".mv-chart .mv-t:visible").first
    assert words.evaluate("node => getComputedStyle(node).fill") == ink
    assert contrast(ink, paper) > 7
    tab = look("chapters/case-2025/trade.html", forced_colors="active", color_scheme="dark")
    tab.evaluate("mode => { document.documentElement.dataset.theme = mode; }", chosen)
    chart = tab.locator(".book-chart").first
    chart.focus()
    until(tab, "chart => chart.dataset.state === 'awake'", chart.element_handle())
    live = chart.locator(".book-live text").first
    assert live.evaluate("node => getComputedStyle(node).fill") == ink


def test_in_high_contrast_a_button_that_is_down_shows_it_without_colour(look):
    tab = look("chapters/case-2025/trade.html", forced_colors="active")
    button = tab.get_by_role("button", name="Show all code")
    width = "node => getComputedStyle(node).borderBottomWidth"
    before = button.evaluate(width)
    button.click()
    assert button.evaluate(width) == "3px" != before


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_more_contrast_means_seven_to_one_for_all_text(look, scheme):
    tab = look("chapters/index.html", contrast="more", color_scheme=scheme)
    paper = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    for name in (".mv-cannot", ".mv-source", ".mv-chart .mv-muted", "nav.bd-links a", "h1", "p"):
        node = tab.locator(f"{name}:visible").first
        style = "node => getComputedStyle(node)[node.matches('text') ? 'fill' : 'color']"
        assert contrast(node.evaluate(style), paper) >= 7, name
    assert tab.locator(".mv-land").first.evaluate("n => getComputedStyle(n).fill") == "none"


@pytest.mark.parametrize("page", TYPICAL)
def test_paper_shows_all_of_every_box_and_no_lid(look, page):
    tab = look(page, viewport={"width": 720, "height": 1000})
    tab.emulate_media(media="print")
    cut = """() => [...document.querySelectorAll('pre, .book-scroll, .mv-tablebox')]
        .filter(box => box.checkVisibility() && getComputedStyle(box).overflowY !== 'visible')
        .map(box => box.outerHTML.slice(0, 80))"""
    assert tab.evaluate(cut) == []
    assert tab.evaluate("document.documentElement.scrollWidth") <= 720
    for lid in ("details.hide", ".book-data", ".mv-table"):
        assert tab.locator(f"{lid}:not([open]):visible").count() == 0, lid
    for tool in (".mv-filters", ".mv-actions", ".mv-read", ".bd-header-article"):
        assert tab.locator(f"{tool}:visible").count() == 0, tool


def test_open_code_is_printed(look):
    tab = look("chapters/case-2025/trade.html")
    tab.get_by_role("button", name="Show all code").click()
    tab.emulate_media(media="print")
    assert tab.locator("details.hide:visible").count() >= 1


@pytest.mark.parametrize("page", TYPICAL)
def test_nothing_moves_for_who_asks_for_no_motion(look, page):
    tab = look(page, reduced_motion="reduce")
    moving = """() => [...document.querySelectorAll('*')].filter(node => {
            const style = getComputedStyle(node);
            return style.transitionDuration.split(', ').some(time => parseFloat(time) > 0)
                || style.animationName !== 'none' || style.scrollBehavior === 'smooth';
        }).map(node => node.tagName + '.' + node.className)"""
    assert tab.evaluate(moving) == []


@pytest.mark.parametrize("page", TYPICAL)
def test_at_twice_the_size_nothing_is_cut_and_all_is_reached(look, page):
    # 200 % zoom of a 1280 px window: half the CSS pixels, twice the device pixels each.
    tab = look(page, viewport={"width": 640, "height": 450}, device_scale_factor=2)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 640
    button = tab.locator("button[popovertarget=pst-primary-sidebar]")
    button.press("Enter")
    last = tab.locator("#pst-primary-sidebar a").last
    last.scroll_into_view_if_needed()
    box = last.bounding_box()
    assert 0 <= box["y"] and box["y"] + box["height"] <= 450


@pytest.mark.parametrize("page", ["statements", "cross-checks", "sources", "searches", "errata"])
def test_a_long_table_shows_all_its_columns_on_a_desktop(look, page):
    """No contents stand beside it: it takes their room, and the text above keeps its measure."""
    tab = look(f"chapters/reference/{page}.html")
    table = tab.locator(".mv-tall").first
    assert table.evaluate("box => box.scrollWidth - box.clientWidth") == 0
    text = tab.locator("article > section > p").first.bounding_box()
    assert text["width"] < table.bounding_box()["width"] * 0.8


@pytest.mark.parametrize("width", [768, 1024, 1200, 1280])
def test_a_picture_fills_its_column(look, width):
    """Between phone and wide screen the wide picture shrinks: the narrow one leaves half empty."""
    tab = look("chapters/theory/interdependence.html", viewport={"width": width, "height": 900})
    charts = tab.locator(".book-chart")
    assert charts.count() > 3
    for chart in charts.all():
        column = chart.bounding_box()["width"]
        shown = chart.locator(".book-poster:visible")
        assert min(float(shown.get_attribute("data-width")), column) > column * 0.9
