"""Study aids in the built book: kept, shown, exported, erased; nothing moves, nothing is sent."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest
from conftest import Visit
from explorer_support import Quiet, idle, served, until

pytestmark = pytest.mark.browser

DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 360, "height": 740}
CHAPTER = "chapters/theory/balancing.html"
PROGRESS = "chapters/reference/progress.html"
HOME = "chapters/index.html"
KEPT = "JSON.parse(localStorage.getItem('mv-study') || '{}')"
#: Storage as a browser refuses it: to touch it is an error
BLOCKED = """Object.defineProperty(window, 'localStorage', {
    get() { throw new DOMException('denied', 'SecurityError'); } });"""
FULL = """Storage.prototype.setItem = function () {
    throw new DOMException('full', 'QuotaExceededError'); };"""
#: Layout shift that no touch of the reader's explains, as the browser counts it
SHIFT = """new Promise(done => {
    let sum = 0;
    new PerformanceObserver(list => list.getEntries().forEach(one => {
        if (!one.hadRecentInput) sum += one.value;
    })).observe({ type: 'layout-shift', buffered: true });
    setTimeout(() => done(sum), 400);
})"""


@pytest.fixture(scope="module")
def address(book):
    """Files only, the harder case; one test below asks a server."""
    return book.as_uri()


def row(tab, page: str) -> list[str]:
    cells = tab.locator(f'.mv-progress tr[data-page="{page.removesuffix(".html")}"] td')
    return cells.all_inner_texts()


def again(tab) -> None:
    """Load the page once more; a file may get a new process, which must find what was kept."""
    tab.wait_for_timeout(1000)
    tab.reload()


def test_objectives_are_ticked_and_the_tick_is_kept(visit):
    reader = visit(viewport=PHONE)
    tab = reader.open(CHAPTER)
    boxes = tab.locator(".mv-objectives").get_by_role("checkbox")
    assert boxes.count() >= 3
    tab.get_by_label("Define hard, soft and asymmetric balancing").check()
    boxes.nth(2).focus()
    tab.keyboard.press("Space")
    again(tab)
    assert [box.is_checked() for box in boxes.all()][:3] == [True, False, True]
    boxes.nth(0).uncheck()
    assert tab.evaluate(KEPT)["ticks"]["chapters/theory/balancing"] == [3]
    assert tab.context.cookies() == [] and reader.trouble == []


def test_from_a_server_what_was_ticked_is_counted(chromium, book):
    with served(book) as home:
        reader = Visit(chromium, home, viewport=DESKTOP)
        reader.open(CHAPTER).locator(".mv-tick input").first.check()
        assert row(reader.open(PROGRESS), CHAPTER)[1].startswith("1 of ")
        reader.context.close()
    assert reader.trouble == []


def test_the_end_of_a_chapter_marks_it_and_the_reader_takes_the_mark_away(visit):
    reader = visit(viewport=DESKTOP)
    tab = reader.open(CHAPTER)
    entry = tab.locator("nav.bd-links a.current")
    assert entry.locator(".mv-done").count() == 0
    box = tab.get_by_label("I have read this chapter")
    box.scroll_into_view_if_needed()
    until(tab, "document.querySelector('.mv-read input').checked")
    assert entry.locator(".mv-done").inner_text().endswith("✓")
    assert tab.get_by_role("link", name=re.compile(r"^Balancing\s+\(read\)$")).count() == 1
    other = reader.open(HOME)
    other.get_by_role("link", name=re.compile(r"^Balancing\s+\(read\)$")).wait_for()
    box.uncheck()
    assert entry.locator(".mv-done").count() == 0
    again(tab)
    tab.locator(".mv-read").scroll_into_view_if_needed()
    tab.wait_for_timeout(300)
    assert not box.is_checked(), "taken away for good"
    assert reader.trouble == []


def test_the_landing_page_leads_back_to_the_section(visit):
    reader = visit(viewport=DESKTOP)
    fresh = reader.open(HOME)
    link = fresh.locator(".mv-continue a")
    assert "Continue" not in link.inner_text()
    tab = reader.open(CHAPTER)
    tab.locator("#three-kinds-and-a-quarrel").evaluate(
        "node => node.scrollIntoView({ behavior: 'instant' })")  # fmt: skip
    until(tab, f"({KEPT}.place || {{}}).hash === '#three-kinds-and-a-quarrel'")
    again(fresh)
    fresh.get_by_text("Continue: Balancing – Three kinds, and a quarrel").wait_for()
    link.click()
    fresh.wait_for_url("**/balancing.html#three-kinds-and-a-quarrel")
    assert reader.trouble == []


def test_the_table_counts_exports_erases_and_undoes(visit, tmp_path):
    reader = visit(viewport=DESKTOP)
    tab = reader.open(PROGRESS)
    assert row(tab, CHAPTER)[0] == "no"
    checks = tab.locator('tr[data-page="chapters/theory/balancing"]').get_attribute("data-checks")
    first, second = checks.split()[:2]
    study = {"read": {"chapters/theory/balancing": True},
             "ticks": {"chapters/theory/balancing": [1, 2, 99]}, "place": None}  # fmt: skip
    answered = {first: "right", second: "wrong", "sc-of-another-edition": "right"}
    tab.evaluate(
        "([study, checks]) => { localStorage.setItem('mv-study', study);"
        "localStorage.setItem('mv-selfcheck', checks); }",
        [json.dumps(study), json.dumps(answered)],
    )
    again(tab)
    asked = len(checks.split())
    goals = tab.locator('tr[data-page="chapters/theory/balancing"]').get_attribute(
        "data-objectives")  # fmt: skip
    shown = ["✓ yes", f"2 of {goals}", f"1 of {asked}", "1"]
    assert row(tab, CHAPTER) == shown
    assert row(tab, "")[0].startswith("1 of ") and row(tab, "")[3] == "1"
    with tab.expect_download() as download:
        tab.get_by_role("button", name="Export").click()
    assert download.value.suggested_filename == "multi-vector-progress.json"
    download.value.save_as(tmp_path / "mine.json")
    mine = json.loads(Path(tmp_path / "mine.json").read_text("utf-8"))
    assert mine["selfChecks"] == answered and mine["read"] == study["read"]
    assert mine["objectives"] == study["ticks"]
    tab.get_by_role("button", name="Erase").click()
    assert row(tab, CHAPTER) == ["no", f"0 of {goals}", f"0 of {asked}", "0"]
    assert tab.evaluate("Object.keys(localStorage).filter(key => key.startsWith('mv-'))") == []
    assert "Erased" in tab.get_by_role("status").inner_text()
    tab.get_by_role("button", name="Erase").click()  # again, and nothing is lost
    tab.get_by_role("button", name="Undo").press("Enter")
    assert row(tab, CHAPTER) == shown
    assert tab.evaluate("document.activeElement.dataset.act") == "erase"
    kept = [tab.evaluate("key => localStorage.getItem(key)", f"mv-{key}") for key in (
        "study", "selfcheck")]  # fmt: skip
    assert [json.loads(text) for text in kept] == [study, answered]
    assert reader.trouble == []


def test_where_nothing_is_kept_there_is_nothing_to_erase_or_bring_back(visit):
    reader = visit(viewport=DESKTOP)
    tab = reader.open(PROGRESS)
    tab.get_by_role("button", name="Erase").click()
    assert tab.get_by_role("status").inner_text() == "There is nothing to erase."
    assert tab.get_by_role("button", name="Undo").is_disabled()
    assert reader.trouble == []


def test_what_another_page_erased_is_gone_when_back_shows_the_page_from_memory(visit):
    reader = visit(viewport=DESKTOP)
    tab = reader.open(CHAPTER)
    box = tab.locator(".mv-tick input").first
    box.check()
    tab.evaluate("localStorage.clear(); dispatchEvent(new Event('pageshow'))")
    assert not box.is_checked()
    assert reader.trouble == []


@pytest.mark.parametrize("storage", [BLOCKED, FULL], ids=["blocked", "full"])
def test_refused_storage_costs_nothing_but_memory(visit, storage):
    reader = visit(viewport=DESKTOP)
    reader.context.add_init_script(storage)
    tab = reader.open(CHAPTER)
    box = tab.locator(".mv-tick input").first
    box.check()
    tab.locator(".mv-read").scroll_into_view_if_needed()
    until(tab, "document.querySelector('.mv-read input').checked")
    tab.get_by_role("button", name="Show all code").click()
    assert box.is_checked()
    answered = tab.locator(".mv-check-mark", has_text="✓ answered")
    choices = tab.locator(".mv-check[data-kind=choice]").all()
    for count, form in enumerate(choices, 1):  # each is known beside those before it
        right = form.locator("[data-right='1']").get_attribute("data-answer")
        form.locator(f"input[value='{right}']").check()
        form.get_by_role("button", name="Check", exact=True).click()
        assert answered.count() == count
    assert len(choices) > 1
    table = reader.open(PROGRESS)
    assert "keeps nothing here" in table.get_by_role("status").inner_text()
    table.get_by_role("button", name="Erase").click()
    reader.open(HOME)
    assert reader.trouble == []


def test_nonsense_in_storage_is_read_as_nothing(visit):
    reader = visit(viewport=DESKTOP)
    tab = reader.open(CHAPTER)
    for text in ("not JSON", "7", '{"read": [], "ticks": {"chapters/theory/balancing": "x"}}',
                 '{"place": {"page": "javascript:alert(1)"}}', "null"):  # fmt: skip
        tab.evaluate("text => localStorage.setItem('mv-study', text)", text)
        again(tab)
        tab.locator(".mv-tick input").first.check()
        assert tab.evaluate(KEPT)["ticks"]["chapters/theory/balancing"] == [1]
    foreign = '{"place": {"page": "javascript:alert(1)"}}'
    tab.evaluate("text => localStorage.setItem('mv-study', text)", foreign)
    tab.wait_for_timeout(250)
    link = reader.open(HOME).locator(".mv-continue a")
    assert "javascript" not in link.get_attribute("href")
    assert reader.trouble == []


def test_without_a_script_objectives_are_a_list_and_progress_a_sentence(visit):
    reader = visit(viewport=PHONE, java_script_enabled=False)
    tab = reader.open(CHAPTER)
    assert tab.locator(".mv-objectives li").count() >= 3
    assert tab.locator(".mv-tick input:visible").count() == 0
    assert not tab.locator(".mv-read").is_visible()
    assert not tab.locator(".mv-code").is_visible()
    assert tab.locator(".mv-time").inner_text().startswith("About ")
    tab.goto(f"{reader.home}/{PROGRESS}")
    assert "scripts are off" in tab.locator("article").inner_text()
    assert not tab.locator(".mv-progress table").is_visible()


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_nothing_moves_when_what_was_kept_arrives(visit, viewport, pages):
    reader = visit(viewport=viewport)
    tab = reader.open(CHAPTER)
    read = {page.removesuffix(".html"): True for page in pages}
    tab.evaluate(
        """kept => { localStorage.setItem('mv-study', JSON.stringify(kept));
            localStorage.setItem('mv-code', 'shown');
            const answered = {};
            document.querySelectorAll('.mv-check').forEach(one => { answered[one.id] = 'right'; });
            localStorage.setItem('mv-selfcheck', JSON.stringify(answered)); }""",
        {"read": read, "ticks": {"chapters/theory/balancing": [1, 2, 3]},
         "place": {"page": "chapters/theory/balancing", "hash": "", "title": "Balancing " * 9,
                   "section": "A section " * 9}},
    )  # fmt: skip
    tab.close()
    for page in (CHAPTER, PROGRESS, HOME, "chapters/case-2025/year.html"):
        tab = reader.open(page)
        idle(tab)
        assert tab.evaluate(SHIFT) == 0, page
        tab.close()
    assert reader.trouble == []


@pytest.mark.parametrize("width", [320, 360, 500, 768, 1024, 1280, 1440])
def test_the_landing_page_stands_still_at_every_width(chromium, book, width):
    context = chromium.new_context(viewport={"width": width, "height": 1400})
    tab = context.new_page()
    tab.goto(f"{book.as_uri()}/{HOME}")
    until(tab, "document.querySelector('section.mv-explorer').dataset.live === 'yes'")
    assert tab.evaluate(SHIFT) == 0
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    context.close()


class Slowly(Quiet):
    """Sends the landing page as a slow line does: its explorer comes in pieces."""

    def do_GET(self) -> None:
        page = Path(self.translate_path(self.path))
        if page.name != Path(HOME).name:
            return super().do_GET()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        pieces = re.split('(?=<form class="mv-form"|<div class="mv-chart"|<p class="mv-readout")',
                          page.read_text(encoding="utf-8"))  # fmt: skip
        assert len(pieces) == 4
        for piece in pieces:
            self.wfile.write(piece.encode())
            self.wfile.flush()
            time.sleep(0.4)


@pytest.mark.parametrize("width", [360, 1280])
def test_the_landing_page_stands_still_while_it_arrives(chromium, book, width):
    with served(book, Slowly) as home:
        context = chromium.new_context(viewport={"width": width, "height": 1400})
        tab = context.new_page()
        tab.goto(f"{home}/{HOME}")
        until(tab, "document.querySelector('section.mv-explorer').dataset.live === 'yes'")
        assert tab.evaluate(SHIFT) == 0
        context.close()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_one_screen_says_what_it_is_shows_the_map_and_leads_three_ways(chromium, book, script):
    """Desktop: all of it. Phone: the three entries, and the map begins."""
    for viewport in (DESKTOP, PHONE):
        context = chromium.new_context(viewport=viewport, java_script_enabled=script)
        tab = context.new_page()
        tab.goto(f"{book.as_uri()}/{HOME}")
        entries = tab.locator("article > section > ul > li")
        assert [item.inner_text().split(".")[0] for item in entries.all()] == [
            "Read", "Study", "Teach"]  # fmt: skip
        for item in entries.all():
            box = item.bounding_box()
            assert box["y"] + box["height"] <= viewport["height"]
            assert item.locator("a").count() >= 1
        chart = tab.locator(".mv-chart").bounding_box()
        if viewport is DESKTOP:
            assert chart["y"] + chart["height"] <= viewport["height"]
        assert chart["y"] + 100 <= viewport["height"]
        context.close()


# --- code and tips --------------------------------------------------------------------------------


def test_one_button_shows_all_code_and_remembers(visit):
    reader = visit(viewport=DESKTOP)
    tab = reader.open(CHAPTER)
    boxes = tab.locator("details.hide:has(.cell_input)")
    opened = "boxes => boxes.filter(box => box.open).length"
    count = boxes.count()
    assert count >= 1 and boxes.evaluate_all(opened) == 0
    answers = tab.locator(".mv-check-answer").evaluate_all(opened)
    button = tab.get_by_role("button", name="Show all code")
    button.press("Enter")
    assert boxes.evaluate_all(opened) == count
    assert button.get_attribute("aria-pressed") == "true"
    assert tab.locator(".mv-check-answer").evaluate_all(opened) == answers, "an answer is out"
    again(tab)
    assert boxes.evaluate_all(opened) == count
    button.click()
    assert boxes.evaluate_all(opened) == 0
    again(tab)
    assert boxes.evaluate_all(opened) == 0
    assert reader.trouble == []


@pytest.mark.parametrize(
    ("link", "words"),
    [("a.mv-term", "dominate"), (".bibtex-citation a >> nth=1", "Waltz. Theory of International")],
    ids=["term", "reference"],
)
def test_a_tip_shows_by_keyboard_and_mouse_and_goes_away(visit, link, words):
    reader = visit(viewport=DESKTOP)
    tab = reader.open(CHAPTER)
    tip, place = tab.locator("#mv-tip"), tab.locator(link).first
    assert place.get_attribute("href").count("../reference/") == 1  # a plain link all the same
    place.scroll_into_view_if_needed()
    tab.keyboard.press("Tab")  # what follows is a focus by keyboard
    place.focus()
    tip.wait_for(state="visible")
    assert words in tip.inner_text()
    assert place.get_attribute("aria-describedby") == "mv-tip"
    assert place.get_attribute("title") is None
    box, word = tip.bounding_box(), place.bounding_box()
    assert 0 <= box["x"] and box["x"] + box["width"] <= DESKTOP["width"]
    assert box["y"] >= word["y"] + word["height"] - 1 or box["y"] + box["height"] <= word["y"] + 1
    tab.keyboard.press("Escape")
    assert not tip.is_visible() and place.get_attribute("aria-describedby") is None
    place.blur()
    place.hover()
    tip.wait_for(state="visible")
    tab.mouse.move(box["x"] + 20, tip.bounding_box()["y"] + 8, steps=4)
    tab.wait_for_timeout(450)
    assert tip.is_visible(), "the pointer may rest on the tip"
    tab.mouse.move(5, 5)
    tip.wait_for(state="hidden")
    assert reader.trouble == []


def test_a_tip_fits_a_phone_and_names_the_language_of_its_words(visit):
    reader = visit(viewport=PHONE)
    tab = reader.open(CHAPTER)
    place = tab.locator(".bibtex-citation a").first
    tab.keyboard.press("Tab")
    place.focus()
    tip = tab.locator("#mv-tip")
    tip.wait_for(state="visible")
    assert tip.locator("span[lang=ru]").first.inner_text().startswith("Влияние")
    box = tip.bounding_box()
    assert 0 <= box["x"] and box["x"] + box["width"] <= PHONE["width"]
    assert reader.trouble == []


def test_without_a_script_a_term_is_a_link_with_the_browser_s_own_hover_text(visit):
    reader = visit(viewport=DESKTOP, java_script_enabled=False)
    tab = reader.open(CHAPTER)
    for link in ("a.mv-term", ".bibtex-citation a"):
        assert tab.locator(link).first.get_attribute("title")
        assert tab.locator(link).first.get_attribute("href").startswith("../reference/")
