"""Explorers on the static page: no kernel, no network, over http and from a file.

On a page that holds all of them, and (``book``) each on a page of the built book, where the theme,
the purged style sheet and the content-security policy are the reader's own.
"""

from __future__ import annotations

import csv
import io

import pytest
from conftest import BOOK
from explorer_support import (
    ALL,
    LIVE,
    RANDOM_WALK,
    actions,
    build_book,
    chromium,
    opened,
    ready,
    reveal,
    served,
    state_of,
    until,
    whole,
)

from multivector.book.build import assets

pytestmark = pytest.mark.browser
NAMES = list(ALL.values())


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    return build_book(tmp_path_factory.mktemp("explorers"))


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def homes(book):
    with served(book) as address:
        yield {"http": f"{address}/index.html", "file": (book / "index.html").as_uri()}


def where(homes, home, name):
    """The address of an explorer; in the book, the first page that holds it once."""
    if home != "book":
        return homes[home]
    mark = f'data-explorer="{name}"'
    pages = sorted((BOOK / "chapters").rglob("*.html"))
    return next(p for p in pages if p.read_text(encoding="utf-8").count(mark) == 1).as_uri()


def in_address(page, name, control):
    """Wait until the address names the control, or until it need not: the value is the default."""
    page.wait_for_timeout(300)
    return f"{name}.{control}=" in page.evaluate("location.hash")


def controls(page, name):
    return page.evaluate(
        """(name) => JSON.parse(document.querySelector(
          `section.mv-explorer[data-explorer="${name}"] .mv-state`).textContent).spec.controls""",
        name,
    )


def drive(page, name, touch=False):
    """Move every control: each must change the view and stand in the address."""
    for control in controls(page, name):
        key = control["key"]
        box = reveal(page, name, control)
        before = state_of(page, name)
        views, named = set(), False
        for act in actions(page, box, control, touch):
            act()
            shown = state_of(page, name)
            whole(shown)
            views.add((shown["summary"], shown["chart"]))
            named = named or in_address(page, name, key)
        views.discard((before["summary"], before["chart"]))
        assert views, f"{key}: nothing in the view moved"
        assert named, f"{key}: the address did not follow"
        page.locator(LIVE.format(name)).locator("[data-act=reset]").click()


@pytest.mark.parametrize("home", ["http", "file", "book"])
@pytest.mark.parametrize("name", NAMES)
def test_every_control_moves_by_mouse(browser, homes, home, name):
    with opened(browser, where(homes, home, name)) as page:
        drive(page, name)


@pytest.mark.parametrize("name", NAMES)
def test_every_control_moves_by_keyboard_alone(browser, homes, name):
    with opened(browser, homes["file"]) as page:
        for control in controls(page, name):
            box = reveal(page, name, control)
            key = control["key"]
            before = state_of(page, name)
            field = box.locator("input:visible, select:visible").first
            field.focus()
            assert field.evaluate("x => x === document.activeElement")
            if control["type"] == "text":
                page.keyboard.type("a link")
            elif control["type"] in ("many", "flag"):
                page.keyboard.press("Space")
            elif control["type"] == "select":
                page.keyboard.press("ArrowDown")
            else:
                page.keyboard.press("ArrowRight")
            after = state_of(page, name)
            whole(after)
            if before["controls"] == after["controls"]:  # it stood at its end
                page.keyboard.press("ArrowLeft")
                after = state_of(page, name)
            assert before["controls"] != after["controls"], key
            assert (before["summary"], before["chart"]) != (after["summary"], after["chart"]), key
            assert in_address(page, name, key), key
            focus = page.evaluate(
                "document.activeElement.closest('[data-control]')?.dataset.control"
            )
            assert focus == key, "the view took the focus away"
            page.locator(LIVE.format(name)).locator("[data-act=reset]").focus()
            page.keyboard.press("Enter")
            reset = state_of(page, name)
            assert not in_address(page, name, key) and reset["state"] == "ok"


@pytest.mark.parametrize("home", ["http", "book"])
@pytest.mark.parametrize("name", NAMES)
def test_touch_on_a_narrow_phone(browser, homes, home, name):
    phone = {"viewport": {"width": 320, "height": 640}, "has_touch": True, "is_mobile": True}
    address = where(homes, home, name)
    with opened(browser, address, **phone, reduced_motion="reduce") as page:
        el = page.locator(LIVE.format(name))
        drive(page, name, touch=True)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 320, f"the page is {wide} px wide"
        if name == "investment":  # its longest list stands among the rivals
            el.get_by_label("Rival figures").check()
        cut = el.evaluate(
            """(el) => [...el.querySelectorAll('select')].filter((x) => x.checkVisibility()
              && x.getBoundingClientRect().right > el.getBoundingClientRect().right)
              .map((x) => x.value)"""
        )
        assert not cut, f"cut at the edge: {cut}"
        small = el.evaluate(
            """(el) => [...el.querySelectorAll('label:not(.mv-find), button, summary, select')]
              .filter((x) => x.checkVisibility() && x.getBoundingClientRect().height < 24)
              .map((x) => x.textContent)"""
        )
        assert not small, f"too small for a finger: {small}"


def choose_exports(page):
    """Choose exports in the trade explorer; returns what it showed before and shows now."""
    first = state_of(page, "trade")
    page.locator(LIVE.format("trade")).locator("input[value=exports]").check()
    until(page, "location.hash.includes('trade.flow=exports')")
    return first, state_of(page, "trade")


@pytest.mark.parametrize("home", ["http", "file"])
def test_back_and_forward_and_a_shared_link(browser, homes, home):
    with opened(browser, homes[home]) as page:
        el = page.locator(LIVE.format("trade"))
        first, exports = choose_exports(page)
        el.locator("input[value=share]").check()
        until(page, "location.hash.includes('trade.unit=share')")
        shares = state_of(page, "trade")
        link = page.evaluate("location.href")
        page.go_back()
        until(page, "!location.hash.includes('trade.unit')")
        assert state_of(page, "trade") == exports
        page.go_back()
        until(page, "!location.hash")
        assert state_of(page, "trade") == first
        page.go_forward()
        until(page, "location.hash.includes('flow')")
        assert state_of(page, "trade") == exports
    with opened(browser, link) as page:
        assert state_of(page, "trade") == shares


def test_back_undoes_a_choice_also_where_the_page_was_opened_at_a_section(browser, homes):
    with opened(browser, f"{homes['file']}#explorers") as page:
        first, exports = choose_exports(page)
        page.go_back()
        until(page, "location.hash === '#explorers'")
        assert state_of(page, "trade") == first
        page.go_forward()
        until(page, "location.hash.includes('flow')")
        assert state_of(page, "trade") == exports
        # A link within the page is a way to another place, not to another view.
        page.evaluate("location.hash = '#explorers'")
        assert state_of(page, "trade") == exports


def test_a_moving_slider_is_heard_once_it_rests(browser, homes):
    with opened(browser, homes["file"]) as page:
        el = page.locator(LIVE.format("alignment"))
        spoken = el.locator(".mv-spoken")
        el.locator("input[type=range]").first.focus()
        page.evaluate(
            """() => { window.heard = [];
                 new MutationObserver(() => heard.push(document.querySelector(
                   '[data-explorer=alignment] .mv-spoken').textContent))
                   .observe(document.querySelector('[data-explorer=alignment] .mv-spoken'),
                     { childList: true, characterData: true, subtree: true }); }"""
        )
        for _ in range(8):
            page.keyboard.press("ArrowRight")
        until(page, "heard.length > 0")
        assert page.evaluate("heard") == [el.locator(".mv-summary").inner_text()]
        assert spoken.get_attribute("aria-live") == "polite"
        assert el.locator(".mv-summary").get_attribute("aria-live") is None


BAD = [
    "trade.partners=",
    "trade.partners=XXX,CHN",
    "trade.partners=%3Cimg%20src%3Dx%20onerror%3Dwindow.hacked%3D1%3E",
    "trade.flow=%3Cscript%3Ewindow.hacked=1%3C/script%3E&trade.unit=share",
    "trade.flow=%E0%A4%A",
    "trade.year=1999",
    "trade.__proto__=1&trade.constructor=2",
    "trade.partners=" + "CHN," * 3000,
    "trade.=&=&trade.flow",
    "trade.mirror=maybe&trade.eu=two",
]


@pytest.mark.parametrize("fragment", BAD)
@pytest.mark.parametrize("home", ["http", "file"])
def test_a_crafted_or_outdated_address_does_no_harm(browser, homes, home, fragment):
    with opened(browser, f"{homes[home]}#{fragment}") as page:
        shown = state_of(page, "trade")
        whole(shown)
        assert page.evaluate("window.hacked") is None
        if fragment == "trade.partners=":
            assert "No partner is chosen" in shown["summary"]
            page.locator(LIVE.format("trade")).locator("input[value=CHN]").check()
        else:
            assert "not understood" in shown["notice"]
        page.locator(LIVE.format("trade")).locator("input[value=imports]").check()
        assert "imports" in state_of(page, "trade")["summary"]


def test_downloads_and_the_copied_link(browser, homes):
    with opened(browser, homes["http"], permissions=["clipboard-read", "clipboard-write"]) as page:
        el = page.locator(LIVE.format("trade"))
        el.locator("input[value=balance]").check()
        with page.expect_download() as caught:
            el.locator("[data-act=csv]").click()
        rows = list(csv.reader(io.StringIO(caught.value.path().read_text())))
        assert rows[0] == ["year", "partner", "balance (billion dollars)"]
        assert len(rows) == 1 + 6 * 4 and all(float(row[2]) is not None for row in rows[1:])
        with page.expect_download() as caught:
            el.locator("[data-act=svg]").click()
        picture = caught.value.path().read_text()
        assert picture.startswith("<svg") and "<desc>" in picture and "var(--" not in picture
        assert "rgb(" in picture, "the colours of the page did not travel"
        other = page.locator(LIVE.format("alignment"))
        with page.expect_download() as caught:
            other.locator("[data-act=svg]").click()
        # The halo of a name is drawn behind its letters, else it would cover them.
        assert "paint-order: stroke" in caught.value.path().read_text()
        el.locator("[data-act=link]").click()
        el.locator(".mv-notice:not(:empty)").wait_for()
        assert page.evaluate("navigator.clipboard.readText()").endswith("#trade.flow=balance")


@pytest.mark.parametrize("name", NAMES)
def test_without_javascript_there_is_picture_table_and_sentence(browser, homes, name):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(homes["file"])
    el = page.locator(LIVE.format(name))
    assert el.locator(".mv-chart > div > svg:visible").count() == 1
    assert el.locator(".mv-summary").inner_text().strip()
    el.locator(".mv-table summary").click()
    assert el.locator(".mv-table tbody tr").count() > 2
    assert "JavaScript" in el.locator("noscript").inner_text()
    assert all(field.is_disabled() for field in el.locator(".mv-form input").all())
    # Their choices come with a script, and nothing empty is offered without.
    assert not any(more.is_visible() for more in el.locator(".mv-more").all())
    context.close()


@pytest.mark.parametrize("name", NAMES)
def test_the_first_view_is_the_poster(browser, homes, name):
    """Nothing jumps when the explorer wakes: the live picture has the poster's height."""
    heights = []
    for awake in (False, True):
        context = browser.new_context()
        if not awake:  # asleep, as a page is until the explorers' scripts come
            context.route("**/explorers/*.js*", lambda route: route.abort())
        page = context.new_page()
        page.goto(homes["http"])
        if awake:
            page.keyboard.press("Shift")
            page.wait_for_selector(f"{LIVE.format(name)}[data-live=yes]")
        heights.append(page.locator(LIVE.format(name)).locator(".mv-form").bounding_box()["height"])
        heights.append(
            page.locator(LIVE.format(name)).locator(".mv-chart").bounding_box()["height"]
        )
        context.close()
    assert heights[0] == heights[2] and abs(heights[1] - heights[3]) < 2


def test_an_explorer_sleeps_until_it_is_near_or_a_key_is_pressed(browser, homes):
    """A phone does no work for what is not seen; and no key goes past an explorer asleep."""
    context = browser.new_context(viewport={"width": 412, "height": 823})
    page = context.new_page()
    page.goto(homes["http"])
    awake = "document.querySelectorAll('section.mv-explorer[data-live]').length"
    last = page.locator("section.mv-explorer").last
    until(page, f"{awake} > 0")
    assert page.evaluate(awake) < len(NAMES)
    assert last.get_attribute("data-live") is None
    last.scroll_into_view_if_needed()
    last.and_(page.locator("[data-live=yes]")).wait_for()
    assert page.evaluate(awake) < len(NAMES)
    page.keyboard.press("Shift")
    assert page.evaluate(awake) == len(NAMES)
    context.close()
    context = browser.new_context(viewport={"width": 412, "height": 823})
    page = context.new_page()
    page.goto(homes["http"])
    ready(page)
    # From a link before the last of them, asleep, Tab must reach a control, not the page's end.
    page.evaluate("""() => {
      const link = document.createElement('a');
      link.href = '#';
      [...document.querySelectorAll('section.mv-explorer')].at(-1).before(link);
      link.focus({ preventScroll: true });
    }""")
    page.keyboard.press("Tab")
    assert page.evaluate("Boolean(document.activeElement.closest('section.mv-explorer'))")
    context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", NAMES)
def test_axe_finds_nothing(browser, homes, name, theme):
    axe = assets.ROOT / "node_modules/axe-core/axe.min.js"
    if not axe.is_file():
        pytest.fail("axe-core is not installed: run make assets")
    with opened(browser, homes["http"], viewport={"width": 640, "height": 800}) as page:
        page.evaluate("t => { document.documentElement.dataset.theme = t; }", theme)
        page.locator(LIVE.format(name)).locator("summary").last.click()
        page.add_script_tag(path=str(axe))
        found = page.evaluate(
            """s => axe.run(s).then(r => r.violations.map(v =>
              v.id + ': ' + v.nodes.map(n => n.html.slice(0, 120)).join(' | ')))""",
            LIVE.format(name),
        )
        assert not found


@pytest.mark.parametrize("name", NAMES)
def test_some_hundred_random_events(browser, homes, name):
    with opened(browser, homes["file"]) as page:
        assert page.evaluate(RANDOM_WALK, [name, 400, 20251112]) is None


@pytest.mark.soak
@pytest.mark.parametrize("name", NAMES)
def test_twenty_thousand_random_events(browser, homes, name):
    with opened(browser, homes["file"]) as page:
        page.set_default_timeout(600_000)
        for part in range(20):
            assert page.evaluate(RANDOM_WALK, [name, 1000, 1000 + part]) is None, f"part {part}"


def test_two_builds_are_the_same_to_the_byte(book, tmp_path):
    again = build_book(tmp_path / "again")
    for file in ["index.html", *[f"_static/explorers/{n}.js" for n in ("base", *NAMES)]]:
        assert (book / file).read_bytes() == (again / file).read_bytes(), file
    page = (book / "index.html").read_text()
    assert "widget-state" not in page and "require.js" not in page and "html-manager" not in page
