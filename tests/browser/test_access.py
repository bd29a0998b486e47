"""Every page for every reader: axe in both themes and at two widths, the keyboard, no script.

What axe cannot see (whether an alternative text is true, whether the order of a page makes sense)
it does not prove; charts and explorers have their own tests.
"""

from __future__ import annotations

import json

import pytest
from conftest import ROOT
from explorer_support import idle, lay_out, ready, until
from sampling import EXTENT, sampled, turn

pytestmark = pytest.mark.browser

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 360, "height": 740}
MEASURING = "chapters/theory/measuring-vectors.html"


@pytest.fixture(scope="session")
def axe() -> str:
    assert AXE.is_file(), "not installed; run: python -m multivector.book.build.assets --dev"
    return AXE.read_text(encoding="utf-8")


def violations(tab, axe: str) -> list[str]:
    """Return what axe finds on a page as it stands, one line each."""
    # Evaluated by the test, not loaded by the page: the page's policy stays in force.
    tab.evaluate(axe + "\n; null")
    found = tab.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [
        f"{one['id']} ({one['impact']}): {json.dumps(node['target'])} {node['html'][:120]}"
        for one in found
        for node in one["nodes"]
    ]


LOOKS = [(theme, size) for theme in ("light", "dark") for size in ("desktop", "phone")]


@pytest.mark.parametrize(("theme", "size"), sampled(LOOKS, 1))
def test_axe_finds_nothing_on_any_page(chromium, book, pages, axe, theme, size):
    viewport = {"desktop": DESKTOP, "phone": PHONE}[size]
    context = chromium.new_context(viewport=viewport, color_scheme=theme, reduced_motion="reduce")
    found = []
    for page in [*pages, "search.html", "404.html"]:
        tab = context.new_page()
        tab.goto(f"{book.as_uri()}/{page}")
        assert tab.evaluate("document.documentElement.dataset.theme") == theme
        lay_out(tab)
        idle(tab)  # copy buttons and tab stops come then
        found += [f"{page}: {line}" for line in violations(tab, axe)]
        tab.close()
    context.close()
    assert found == []


def test_axe_sees_a_fault(chromium, book, axe):
    context = chromium.new_context()
    tab = context.new_page()
    tab.goto(f"{book.as_uri()}/chapters/index.html")
    tab.evaluate("document.querySelector('article').insertAdjacentHTML('beforeend', '<input>')")
    assert any(line.startswith("label ") for line in violations(tab, axe))
    context.close()


def test_axe_finds_nothing_where_everything_is_open(chromium, book, axe):
    context = chromium.new_context(viewport=PHONE, reduced_motion="reduce")
    tab = context.new_page()
    tab.goto(f"{book.as_uri()}/{MEASURING}")
    ready(tab)
    tab.keyboard.press("Shift")  # who opens what an explorer folds has woken it
    lay_out(tab)
    idle(tab)
    tab.evaluate("document.querySelectorAll('details').forEach(box => { box.open = true; })")
    idle(tab)
    assert violations(tab, axe) == []
    tab.click("button[popovertarget=pst-primary-sidebar]")
    assert violations(tab, axe) == []
    tab.keyboard.press("Escape")
    tab.click("button[popovertarget=pst-secondary-sidebar]")
    assert violations(tab, axe) == []
    tab.keyboard.press("Escape")
    tab.keyboard.press("Control+k")
    assert tab.locator("#mv-search-dialog").is_visible()
    assert violations(tab, axe) == []
    context.close()


def test_the_first_tab_skips_to_the_text(visit):
    reader = visit(viewport=DESKTOP)
    tab = reader.open(MEASURING)
    tab.keyboard.press("Tab")
    skip = tab.locator(":focus")
    assert skip.inner_text() == "Skip to main content"
    assert skip.bounding_box()["y"] >= 0
    tab.keyboard.press("Enter")
    assert tab.evaluate("document.activeElement.id") == "main-content"
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.querySelector('main').contains(document.activeElement)")
    assert reader.trouble == []


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
@pytest.mark.parametrize("drawer", ["pst-primary-sidebar", "pst-secondary-sidebar"])
def test_drawers_open_by_keyboard_with_and_without_script(visit, drawer, script):
    reader = visit(viewport=PHONE, java_script_enabled=script)
    tab = reader.open(MEASURING)
    box = tab.locator(f"#{drawer}")
    assert not box.is_visible()
    button = tab.locator(f"button[popovertarget={drawer}]")
    button.focus()
    tab.keyboard.press("Enter")
    assert box.is_visible()
    first = box.locator("a:visible").first
    place = first.bounding_box()
    assert 0 <= place["x"] and place["x"] + place["width"] <= PHONE["width"]
    for line in box.locator("a:visible").all():
        assert line.inner_text().strip() and line.bounding_box()["height"] >= 20
    tab.keyboard.press("Escape")
    assert not box.is_visible()
    assert reader.trouble == []


def test_links_of_the_contents_lead_to_their_sections_and_close_the_drawer(visit):
    reader = visit(viewport=PHONE)
    tab = reader.open(MEASURING)
    tab.click("button[popovertarget=pst-secondary-sidebar]")
    link = tab.locator("#pst-secondary-sidebar a").nth(2)
    section = link.get_attribute("href")
    link.click()
    assert not tab.locator("#pst-secondary-sidebar").is_visible()
    tab.wait_for_timeout(400)
    assert 0 <= tab.locator(f"{section} > h2").bounding_box()["y"] < 200


def test_the_theme_follows_the_system_then_the_reader(visit):
    reader = visit(viewport=DESKTOP, color_scheme="dark")
    tab = reader.open(MEASURING)
    theme = "document.documentElement.dataset.theme"
    assert tab.evaluate(theme) == "dark"
    tab.emulate_media(color_scheme="light")
    until(tab, f"{theme} === 'light'")
    tab.click(".mv-theme")
    assert tab.evaluate(theme) == "dark"
    assert "dark" in tab.locator(".mv-theme").get_attribute("aria-label")
    tab.reload()
    assert tab.evaluate(theme) == "dark"
    assert reader.trouble == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_without_script_the_system_chooses_the_colours(visit, scheme):
    reader = visit(viewport=DESKTOP, java_script_enabled=False, color_scheme=scheme)
    tab = reader.open(MEASURING)
    with_script = visit(viewport=DESKTOP, color_scheme=scheme).open(MEASURING)
    # Playwright's own evaluation still works in a page whose scripts are off.
    look = """() => ['body', 'h1', '.bd-article a', '.admonition-title', 'pre']
        .map(name => document.querySelector(name)).filter(Boolean)
        .map(node => [getComputedStyle(node).color, getComputedStyle(node).backgroundColor])"""
    assert tab.evaluate(look) == with_script.evaluate(look)


def test_print_is_dark_on_white_in_either_theme(visit):
    reader = visit(viewport=DESKTOP, color_scheme="dark")
    tab = reader.open(MEASURING)
    tab.emulate_media(media="print")
    brightness = """name => getComputedStyle(document.querySelector(name)).color
        .match(/[0-9]+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0) / 3"""
    for name in ("h1", ".bd-article p", "pre span", "figcaption"):
        assert tab.evaluate(brightness, name) < 128, name
    assert not tab.locator("#pst-primary-sidebar").is_visible()
    assert tab.locator("h1").is_visible()


@pytest.mark.from_file
def test_search_answers_from_a_dialog_on_any_page(visit):
    reader = visit(viewport=DESKTOP)
    tab = reader.open(MEASURING)
    tab.keyboard.press("Control+k")
    tab.keyboard.type("Hirschman")
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/search.html?q=Hirschman")
    results = tab.locator("#search-results li a")
    results.first.wait_for()
    assert any("Measuring a vector" in text for text in results.all_inner_texts())
    results.filter(has_text="Measuring a vector").first.click()
    tab.wait_for_load_state()
    tab.locator("span.highlighted").first.wait_for()
    assert reader.trouble == []


def test_no_script_of_the_search_is_loaded_before_it_is_used(visit):
    reader = visit(viewport=DESKTOP)
    asked = []
    reader.context.on("request", lambda request: asked.append(request.url))
    reader.open(MEASURING).wait_for_timeout(500)
    assert not [url for url in asked if "search" in url]


def test_the_page_itself_refuses_another_host(visit):
    reader = visit(viewport=DESKTOP)
    tab = reader.open(MEASURING)
    blocked = tab.evaluate(
        """() => new Promise(done => {
            const seen = [];
            document.addEventListener('securitypolicyviolation', event => {
              seen.push(event.effectiveDirective);
              if (seen.length === 3) done(seen.sort());
            });
            for (const [tag, key] of [['img', 'src'], ['script', 'src']]) {
              const node = document.createElement(tag);
              node[key] = 'https://example.org/x';
              document.head.append(node);
            }
            fetch('https://example.org/x').catch(() => {});
            setTimeout(() => done(seen.sort()), 3000);
        })"""
    )
    assert blocked == ["connect-src", "img-src", "script-src-elem"]
    assert not [line for line in reader.trouble if line.startswith("asked another host")]


def test_code_can_be_copied_by_keyboard(visit, book):
    reader = visit(viewport=DESKTOP, permissions=["clipboard-read", "clipboard-write"])
    tab = reader.open(MEASURING)
    button = tab.locator(".mv-copy").first
    button.wait_for(state="attached")
    button.focus()
    tab.keyboard.press("Enter")
    until(tab, "document.querySelector('.mv-copy').textContent === 'Copied'")
    copied = tab.evaluate("navigator.clipboard.readText()")
    shown = tab.locator(".highlight:has(> .mv-copy) > pre").first.inner_text()
    assert "from multivector import" in shown
    assert copied == shown.removesuffix("\n")


@pytest.mark.parametrize("extent", EXTENT)
def test_a_page_paints_the_same_before_any_script(visit, pages, extent):
    """First paint needs no script: the text stands where it will stand."""
    plain = visit(viewport=PHONE, java_script_enabled=False)
    alive = visit(viewport=PHONE)
    # What only a script can answer (a form, an explorer) shows more with one; all above it stands.
    places = """() => {
        const kids = [...document.querySelectorAll('article > section > *')];
        const alive = 'form, .mv-explorer, [data-act=export]';
        const first = kids.findIndex(node => node.querySelector(alive));
        return kids.slice(0, first < 0 ? kids.length : first + 1)
            .map(node => Math.round(node.getBoundingClientRect().top));
    }"""
    for page in pages if extent == "all" else turn(pages, 10):
        before, after = plain.open(page), alive.open(page)
        lay_out(before)
        lay_out(after)
        idle(after)
        assert before.evaluate(places) == after.evaluate(places), page
        assert len(before.evaluate(places)) > 1, page
        before.close()
        after.close()
