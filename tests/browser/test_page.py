"""The frame of a page: addresses, focus, contents, Back, charts by keyboard and legend."""

from __future__ import annotations

import re

import pytest
from conftest import BOOK, ROOT
from explorer_support import ready, until

pytestmark = pytest.mark.browser

DESKTOP = {"width": 1400, "height": 1080}
CHAPTER = "chapters/theory/what-is-a-vector.html"
TRADE = "chapters/case-2025/trade.html"
CHARTS = "chapters/theory/interdependence.html"


@pytest.mark.parametrize("cut", ["investment.kinds=stock%2", "weighing.other=https%3A%2", "100%"])
def test_a_link_that_was_cut_stops_no_script(visit, cut):
    reader = visit(viewport=DESKTOP)
    tab = reader.open(f"{TRADE}#{cut}")
    ready(tab)
    tab.keyboard.press("Shift")
    until(tab, "document.querySelector('section.mv-explorer').dataset.live === 'yes'")
    assert tab.locator(".mv-code").first.is_visible()
    assert reader.trouble == []


@pytest.mark.parametrize("forced", ["none", "active"])
def test_the_focus_can_be_seen_on_everything_that_takes_it(visit, forced):
    tab = visit(viewport=DESKTOP, forced_colors=forced).open(TRADE)
    ready(tab)
    unseen = []
    for _ in range(70):
        tab.keyboard.press("Tab")
        unseen += tab.evaluate(
            """(forced) => { const el = document.activeElement; const style = getComputedStyle(el);
                 const line = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
                 // Forced colours draw no shadow.
                 const seen = line || (!forced && style.boxShadow !== 'none');
                 return seen || el === document.body ? [] : [el.outerHTML.slice(0, 120)]; }""",
            forced == "active",
        )
    assert unseen == []


def test_every_rule_of_the_page_is_in_the_sheet_that_is_shipped(visit):
    """Purging takes out what no page uses; a rule that it does not understand must not go too."""
    tab = visit().open(TRADE)
    names = "page", "book", "media", "study", "selfcheck", "landing"
    folder = ROOT / "src/multivector/book/static"
    own = "".join((folder / f"{name}.css").read_text(encoding="utf-8") for name in names)
    lost = tab.evaluate(
        """([own, ours]) => {
          const selectors = (text) => {
            const sheet = new CSSStyleSheet(); sheet.replaceSync(text); const found = new Set();
            const walk = (rules) => { for (const rule of rules) {
              if (rule.selectorText) for (const s of rule.selectorText.split(/,(?![^(]*\\))/)) {
                found.add(s.replace(/\\s+/g, ' ').trim()); }
              if (rule.cssRules) walk(rule.cssRules); } };
            walk(sheet.cssRules); return found; };
          const shipped = selectors(ours);
          return [...selectors(own)].filter((s) => !shipped.has(s)); }""",
        [own, (BOOK / "_static/book.min.css").read_text(encoding="utf-8")],
    )
    # Themes are written anew for print and for a page without a script,
    # and some are for a notebook.
    there = "data-theme", "data-jp-theme", ".mv-check-bare"
    assert [s for s in lost if not any(mark in s for mark in there)] == []


def test_the_contents_mark_the_section_that_is_read(visit):
    tab = visit(viewport=DESKTOP).open(CHAPTER)
    ready(tab)
    links = tab.locator("#pst-secondary-sidebar a[href^='#']")
    marked = """[...document.querySelectorAll('#pst-secondary-sidebar a[aria-current]')]
      .map((a) => a.hash)"""
    names = links.evaluate_all("all => all.map(a => a.hash)")
    assert len(names) > 5
    for number, name in enumerate(names):
        links.nth(number).click()
        tab.wait_for_timeout(200)  # what would mark another comes with the next frames
        assert tab.evaluate(marked) == [name]
    # A jump back, over every heading between: the section that now stands at the top.
    third = f"document.querySelector('{names[3]}')"
    tab.evaluate(f"{third}.scrollIntoView(); scrollBy(0, 200)")
    until(tab, f"{marked}[0] === '{names[3]}'")
    tab.evaluate("scrollTo(0, 0)")
    until(tab, f"{marked}.length === 0")


def test_a_page_kept_by_the_browser_comes_back_closed_and_in_today_s_colours(visit):
    tab = visit(viewport={"width": 360, "height": 740}, color_scheme="light").open(CHAPTER)
    ready(tab)
    tab.locator("[popovertarget='pst-primary-sidebar']:visible").first.click()
    assert tab.locator("#pst-primary-sidebar").is_visible()
    tab.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
    assert not tab.locator("#pst-primary-sidebar").is_visible()
    tab.keyboard.press("Control+k")
    assert tab.locator("#mv-search-dialog").is_visible()
    tab.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
    assert not tab.locator("#mv-search-dialog").is_visible()
    tab.evaluate("localStorage.setItem('mode', 'dark')")  # as another page does meanwhile
    tab.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    assert tab.evaluate("document.documentElement.dataset.theme") == "dark"


@pytest.mark.parametrize("width", [320, 360])
def test_the_way_on_is_never_cut(visit, width):
    tab = visit(viewport={"width": width, "height": 740}).open("chapters/index.html")
    ready(tab)
    on = tab.locator(".mv-continue")
    place = tab.locator("li:has(.mv-continue)")
    before = place.bounding_box()["height"]
    whole = """(x) => getComputedStyle(x).textOverflow === 'clip'
      && x.getBoundingClientRect().right <= innerWidth && x.scrollWidth <= innerWidth"""
    assert on.evaluate(whole)
    on.evaluate("(x, words) => { x.textContent = words; }",
                "Continue: Brussels and Samarkand – The port of Trieste")  # fmt: skip
    assert on.evaluate(whole)
    assert place.bounding_box()["height"] == before, "what is below would move"


@pytest.mark.from_file
def test_a_chart_tells_its_points_to_who_does_not_see_them(visit):
    tab = visit(viewport=DESKTOP).open(CHARTS)
    ready(tab)
    chart = tab.locator(".book-chart").first
    chart.focus()
    until(tab, "document.querySelector('.book-chart').dataset.state === 'awake'")
    spoken = tab.locator(".book-point")
    tab.keyboard.press("ArrowLeft")
    until(tab, "document.querySelector('.book-point')?.textContent")
    last = spoken.first.inner_text()
    assert re.search(r"\d", last)
    tab.keyboard.press("ArrowRight")
    until(tab, "old => document.querySelector('.book-point').textContent !== old", last)
    points = """document.querySelector('.book-live').data
      .reduce((n, t) => n + Math.max((t.x || []).length, (t.y || []).length), 0)"""
    assert tab.evaluate(points) > 2 and chart.get_attribute("data-point") == "0"
    assert spoken.first.get_attribute("role") == "status"
    before = tab.evaluate("scrollY")
    tab.keyboard.press("ArrowDown")
    until(tab, "old => scrollY > old", before)


def test_a_line_hidden_by_its_legend_stays_hidden(visit):
    tab = visit(viewport={"width": 360, "height": 740}).open(CHARTS)
    ready(tab)
    chart = tab.locator(".book-chart:has(.book-spec)").nth(2)
    chart.scroll_into_view_if_needed()
    chart.hover()
    hidden = "[...document.querySelectorAll('.book-live')].map((x) => x.data[0].visible)"
    chart.locator(".legendtoggle").first.click(force=True)
    until(tab, f"{hidden}.includes('legendonly')")
    before = tab.evaluate(hidden)
    tab.set_viewport_size({"width": 360, "height": 684})  # the address bar goes
    tab.evaluate("document.documentElement.dataset.theme = 'dark'")
    tab.set_viewport_size({"width": 700, "height": 684})
    tab.wait_for_timeout(500)
    assert tab.evaluate(hidden) == before
