"""What a reader meets on every page, over http and as files, with every other host blocked."""

from __future__ import annotations

import pytest
from explorer_support import idle, lay_out, until

pytestmark = pytest.mark.browser

DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 360, "height": 740}


@pytest.mark.from_file
def test_every_page_opens_without_error_or_foreign_request(visit, pages):
    reader = visit(viewport=DESKTOP)
    for page in pages:
        tab = reader.open(page)
        assert tab.locator("h1").count() == 1, page
        assert tab.title(), page
        tab.close()
    assert reader.trouble == []


def test_every_figure_is_drawn_described_and_answers(visit, pages):
    reader = visit(viewport=DESKTOP)
    seen = 0
    for page in pages:
        tab = reader.open(page)
        for figure in tab.locator("figure.book-figure").all():
            seen += 1
            chart = figure.locator(".book-chart")
            where = f"{page} {figure.get_attribute('id')}"
            assert len(chart.get_attribute("aria-label")) > 40, where
            assert chart.get_attribute("role") == "img", where
            assert figure.locator("figcaption .caption-number").inner_text().strip(), where
            assert figure.locator(".book-takeaway").inner_text().strip(), where
            sources = figure.locator(".book-source")
            assert sources.inner_text().startswith(("Source: ", "Sources: ")), where
            chart.scroll_into_view_if_needed()
            assert chart.locator(".book-poster-wide svg text").count() > 2, where
            before = chart.bounding_box()
            chart.hover()
            chart.locator(".book-live .main-svg").first.wait_for()
            until(tab, "c => c.dataset.state === 'awake'", chart.element_handle())
            after = chart.bounding_box()
            assert (before["width"], before["height"]) == (after["width"], after["height"]), where
            assert hovered(tab, chart), f"{where}: no label under the mouse"
            figure.locator(".book-data summary").click()
            assert figure.locator(".book-data tbody tr").first.is_visible(), where
            with tab.expect_download() as download:
                figure.locator("a[download]").click()
            assert download.value.suggested_filename.endswith(".csv"), where
        tab.close()
    assert seen >= 5
    assert reader.trouble == []


def hovered(tab, chart) -> bool:
    """Move the mouse over the marks of a chart until one of them answers."""
    for mark in chart.locator(".book-live .point path, .book-live .points path").all():
        box = mark.bounding_box()
        if not box:
            continue
        tab.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        tab.wait_for_timeout(120)
        if chart.locator(".book-live .hoverlayer text").count():
            return True
    return False


@pytest.mark.from_file
def test_a_chart_answers_the_keyboard(visit, pages):
    reader = visit(viewport=DESKTOP)
    tab = reader.open("chapters/theory/measuring-vectors.html")
    chart = tab.locator(".book-chart").first
    chart.focus()
    until(tab, "c => c.dataset.state === 'awake'", chart.element_handle())
    labels = []
    for _ in range(2):
        tab.keyboard.press("ArrowRight")
        tab.wait_for_timeout(200)
        labels.append("".join(chart.locator(".hoverlayer text").all_text_contents()))
    assert labels[0] and labels[1] and labels[0] != labels[1]
    assert reader.trouble == []


def test_a_chart_follows_the_theme(visit):
    reader = visit(viewport=DESKTOP)
    tab = reader.open("chapters/theory/measuring-vectors.html")
    chart = tab.locator(".book-chart").first
    chart.hover()
    until(tab, "c => c.dataset.state === 'awake'", chart.element_handle())
    ink = "c => getComputedStyle(c.querySelector('.book-live .xtick text')).fill"
    light = chart.evaluate(ink)
    tab.evaluate("document.documentElement.dataset.theme = 'dark'")
    tab.wait_for_timeout(400)
    assert chart.evaluate(ink) != light


@pytest.mark.parametrize(
    ("chapter", "part"),
    [
        ("chapters/case-2025/trade.html", "#samarkand"),
        ("chapters/reference/codebook.html", "#ranks-of-visits-as-each-source-words-them"),
    ],
    ids=["chapter", "codebook"],
)
def test_a_phone_lays_out_what_comes_near_and_keeps_the_place(visit, chapter, part):
    """Far-off parts wait; a link into them lands, Tab and the print reach them, nothing jumps."""
    reader = visit(viewport=PHONE, has_touch=True, is_mobile=True)
    tab = reader.open(chapter)
    idle(tab)
    waiting = """[...document.querySelectorAll('.bd-article > section > section > p')].filter(
        p => !p.firstElementChild?.checkVisibility({contentVisibilityAuto: true})
             && p.firstElementChild).length"""
    assert tab.evaluate(waiting) > 5
    top = f"document.querySelector('{part} h2').getBoundingClientRect().top"
    tab.evaluate(f"location.hash = '{part}'")
    tab.wait_for_timeout(600)
    landed = tab.evaluate(top)
    assert 0 <= landed < 120
    # Upwards, through parts whose height was guessed: the text stays under the finger.
    for _ in range(12):
        before, at = tab.evaluate(top), tab.evaluate("scrollY")
        tab.mouse.wheel(0, -400)
        until(tab, "was => scrollY !== was", at)
        tab.wait_for_timeout(150)
        assert abs(tab.evaluate(top) - before - 400) <= 2
    link = "[...document.querySelectorAll('.bd-article > section > section:last-of-type a')].at(-1)"
    tab.evaluate(f"{link}.focus()")
    assert tab.evaluate(f"{link} === document.activeElement")
    assert 0 < tab.evaluate(f"{link}.getBoundingClientRect().top") < PHONE["height"]
    tab.emulate_media(media="print")
    until(tab, f"{waiting} === 0")
    assert reader.trouble == []
    wide = visit(viewport=DESKTOP).open(chapter)
    assert wide.evaluate(waiting) == 0


def test_no_choice_waits_where_a_browser_would_look_for_it(visit, pages):
    """When a page is there, a browser asks each field whether it shows: it lays out what waits."""
    reader = visit(viewport=PHONE, has_touch=True, is_mobile=True)
    chapters = [page for page in pages if "/theory/" in page or "/case-2025/" in page]
    assert len(chapters) > 15
    charts = 0
    for chapter in chapters:
        tab = reader.open(chapter)
        idle(tab)
        waiting = tab.evaluate(
            """[...document.querySelectorAll('input:not([type=range]), select, textarea')].filter(
                field => !field.closest('[hidden]')
                      && !field.checkVisibility({contentVisibilityAuto: true}))
               .map(field => field.outerHTML)"""
        )
        assert waiting == [], chapter
        charts += tab.evaluate(
            """[...document.querySelectorAll('.mv-explorer:not([data-live]) .mv-narrow > *')]
               .filter(chart => !chart.checkVisibility({contentVisibilityAuto: true})).length"""
        )
    assert charts > 5  # what costs is left for later all the same
    assert reader.trouble == []


def test_a_key_pressed_before_an_explorer_s_script_came_wakes_it(visit):
    """Its scripts come late; whoever pressed Tab meanwhile must not walk past it."""

    def open_slowly(press: bool) -> str | None:
        reader = visit(viewport={"width": 412, "height": 823})
        held = []
        reader.context.route("**/explorers/base.js*", lambda route: held.append(route))
        tab = reader.context.new_page()
        tab.goto(f"{reader.home}/chapters/case-2025/trade.html", wait_until="commit")
        until(tab, "document.readyState === 'complete'")
        for _ in range(500):  # ten seconds, where it never asks
            if held:
                break
            tab.wait_for_timeout(20)
        if press:
            tab.keyboard.press("Tab")
        held.pop().continue_()
        idle(tab)
        assert not reader.trouble
        return tab.locator("section.mv-explorer").last.get_attribute("data-live")

    assert open_slowly(press=True) == "yes"
    assert open_slowly(press=False) is None, "far from the reader, it sleeps; a key alone woke it"


@pytest.mark.parametrize("width", [320, 360])
def test_no_page_scrolls_sideways_on_a_phone(visit, pages, width):
    reader = visit(viewport={"width": width, "height": 740}, has_touch=True, is_mobile=True)
    for page in pages:
        tab = reader.open(page)
        lay_out(tab)
        wide = tab.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, f"{page} is {wide} px too wide at {width} px"
        cut = tab.evaluate(
            """() => [...document.querySelectorAll('.bd-article math')].filter(m => {
                 const box = m.closest('p, li, dd, td');
                 return box && !m.closest('.book-math')
                   && m.getBoundingClientRect().right > box.getBoundingClientRect().right + 1;
               }).map(m => m.textContent.replace(/\\s+/g, ' '))"""
        )
        assert cut == [], f"{page}: a formula is cut at {width} px"
        tab.close()


@pytest.mark.from_file
def test_without_javascript_nothing_is_lost(visit, pages):
    reader = visit(viewport=DESKTOP, java_script_enabled=False)
    tab = reader.open("chapters/case-2025/trade.html")
    poster = tab.locator(".book-poster-wide svg").first
    assert poster.bounding_box()["height"] > 100
    tab.locator(".book-data summary").first.click()
    assert tab.locator(".book-data table").first.is_visible()
    fact = tab.locator(".mv-fact > button").first
    card = tab.locator(f"#{fact.get_attribute('popovertarget')}")
    assert not card.is_visible()
    fact.focus()
    tab.keyboard.press("Enter")
    assert card.is_visible()
    assert "Said by" in card.inner_text()
    tab.keyboard.press("Escape")
    assert not card.is_visible()


def test_ids_are_unique_on_every_page(visit, pages):
    reader = visit(viewport=DESKTOP)
    for page in pages:
        tab = reader.open(page)
        twice = tab.evaluate(
            """() => { const ids = [...document.querySelectorAll('[id]')].map(n => n.id);
                       return ids.filter((id, i) => ids.indexOf(id) !== i); }"""
        )
        assert twice == [], page
        tab.close()
