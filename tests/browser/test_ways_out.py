"""Ways out of a page: reader views, the clipboard and paper keep every value, quote and figure."""

from __future__ import annotations

import html
import json
import re
import subprocess

import pytest
from conftest import ROOT
from lxml import html as lxml_html

from multivector.book.build.assets import find_node

DESKTOP = {"width": 1280, "height": 800}
TRADE = "chapters/case-2025/trade.html"


def plain(words: str) -> str:
    return " ".join(html.unescape(words).split())


@pytest.fixture(scope="module")
def extracted(book, pages):
    """Return {page: what Readability, the engine of Firefox's reader view, makes of it}."""
    command = [find_node(), ROOT / "tests" / "readability.mjs", ROOT, *pages]
    done = subprocess.run(command, cwd=book, capture_output=True, text=True, check=True)
    return {row["page"]: row for row in map(json.loads, done.stdout.splitlines())}


def article(book, page):
    tree = lxml_html.parse(str(book / page)).getroot()
    return tree.find_class("bd-article")[0]


def values(tree) -> list[str]:
    """Return every value and quotation of a page, in order, as its text node says it."""
    return [plain(node.text_content()) for node in tree.find_class("mv-fact")]


def in_order(needles: list[str], text: str) -> list[str]:
    """Return the needles that do not follow one another in the text."""
    lost, at = [], 0
    for needle in needles:
        found = text.find(needle, at)
        if found < 0:
            lost.append(needle)
        else:
            at = found + len(needle)
    return lost


def test_a_reader_view_has_every_value_and_quotation_in_order(book, pages, extracted):
    lost = {}
    for page in pages:
        wanted = values(article(book, page))
        if missing := in_order(wanted, plain(extracted[page]["text"])):
            lost[page] = missing[:5]
    assert lost == {}


def test_a_reader_view_has_every_figure_as_a_picture_with_its_words(book, pages, extracted):
    lost = {}
    for page in pages:
        charts = article(book, page).find_class("book-chart")
        wanted = [chart.get("aria-label") for chart in charts]
        if extracted[page]["pictures"] != wanted:
            lost[page] = (len(wanted), len(extracted[page]["pictures"]))
    assert lost == {}


def test_a_picture_for_readers_is_there_and_no_browser_loads_it(book, pages, visit):
    for page in pages:
        for image in article(book, page).find_class("book-picture"):
            file = (book / page).parent / image.get("src")
            assert file.read_text(encoding="utf-8").startswith("<svg "), (page, image.get("src"))
    tab = visit(viewport=DESKTOP).open(TRADE)
    tab.mouse.wheel(0, 30_000)
    loaded = tab.evaluate("performance.getEntriesByType('resource').map(one => one.name)")
    assert [name for name in loaded if "_downloads/figures" in name] == []


def test_no_number_is_false_in_the_words_of_the_page(extracted):
    """The note number stood there for the value: "Trade with the European Union in 2024: 3."."""
    text = plain(extracted[TRADE]["text"])
    assert "$48.8 bn" in text
    assert not re.search(r"\$48\.8 bn ?\d", text), "a note number is glued to the value"


# --- the clipboard ------------------------------------------------------------------------------

SELECT = """([from, to]) => {
  const range = document.createRange();
  range.setStart(from, 0);
  range.setEnd(to, to.childNodes.length);
  const chosen = getSelection();
  chosen.removeAllRanges();
  chosen.addRange(range);
}"""


def copied(tab) -> str:
    """Press copy and return what the page gives to the clipboard, or the selection itself."""
    return tab.evaluate(
        """() => {
          const given = new DataTransfer();
          const how = { clipboardData: given, bubbles: true, cancelable: true };
          const event = new ClipboardEvent("copy", how);
          const own = document.dispatchEvent(event);
          return own ? getSelection().toString() : given.getData("text/plain");
        }"""
    )


def select(tab, selector: str) -> str:
    """Select the paragraph around the first match; return its words as the page holds them."""
    box = tab.locator(selector).first
    box.scroll_into_view_if_needed()
    return box.evaluate(
        """one => {
          const box = one.closest("p, li");
          const chosen = getSelection();
          chosen.selectAllChildren(box);
          return box.textContent;
        }"""
    )


def test_copied_text_is_the_text_and_nothing_unseen(visit, pages):
    reader = visit(viewport=DESKTOP)
    for page in (TRADE, "chapters/case-2025/year.html"):
        tab = reader.open(page)
        words = select(tab, ".bd-article p .mv-fact:not(.mv-said)")
        text = copied(tab)
        assert plain(words) in plain(text)
        assert not re.search("[\u2060\u200b\u00ad]", text)
        assert "Source of this statement" not in text
        tab.close()


@pytest.mark.from_file
def test_a_copied_quotation_takes_its_source_along(visit):
    tab = visit(viewport=DESKTOP).open(TRADE)
    words = select(tab, ".bd-article p .mv-said")
    first, _, rest = copied(tab).partition("\n\n")
    assert plain(first) == plain(words)
    assert "Said by: " in rest and "Source: " in rest
    assert "chapters/reference/statements.html#s-" in rest
    assert "\u2060" not in first + rest


def test_code_and_plain_text_are_copied_as_they_are(visit):
    tab = visit(viewport=DESKTOP).open(TRADE)
    select(tab, ".bd-article h2 + p, .bd-article p:not(:has(.mv-fact))")
    assert "Source: " not in copied(tab)


def test_a_heading_is_copied_without_its_mark(visit):
    tab = visit(viewport=DESKTOP).open(TRADE)
    tab.locator("h2").first.evaluate("head => getSelection().selectAllChildren(head)")
    assert not copied(tab).strip().endswith(("#", "\uf0c1"))


# --- the card -----------------------------------------------------------------------------------


def overlaps(a: dict, b: dict) -> bool:
    return (
        a["x"] < b["x"] + b["width"]
        and b["x"] < a["x"] + a["width"]
        and a["y"] < b["y"] + b["height"]
        and b["y"] < a["y"] + a["height"]
    )


@pytest.mark.parametrize("width", [1280, 768])
def test_a_card_stands_beside_its_value_and_not_over_it(visit, width):
    tab = visit(viewport={"width": width, "height": 800}).open(TRADE)
    for number in range(4):
        value = tab.locator("main .mv-whole").nth(number)
        value.scroll_into_view_if_needed()
        value.click()
        card = tab.locator(".mv-card:popover-open")
        box, word = card.bounding_box(), value.bounding_box()
        assert not overlaps(box, word), (number, box, word)
        near = min(
            abs(box["y"] - word["y"] - word["height"]), abs(word["y"] - box["y"] - box["height"])
        )
        assert near < 40, (number, box, word)
        assert 0 <= box["x"] and box["x"] + box["width"] <= width
        tab.keyboard.press("Escape")


def test_on_a_phone_the_card_is_a_sheet_from_below(visit):
    tab = visit(viewport={"width": 360, "height": 640}).open(TRADE)
    tab.locator("main .mv-whole").first.click()
    box = tab.locator(".mv-card:popover-open").bounding_box()
    assert box["width"] > 320 and box["y"] + box["height"] > 600


def test_a_value_can_be_selected_by_a_double_click_and_by_a_drag(visit):
    tab = visit(viewport=DESKTOP).open(TRADE)
    value = tab.locator("main .mv-whole").first
    value.scroll_into_view_if_needed()
    value.dblclick(position={"x": 12, "y": 8})
    assert tab.evaluate("getSelection().toString().trim()") in value.inner_text()
    assert tab.evaluate("getSelection().toString().trim()") != ""
    assert tab.locator(".mv-card:popover-open").count() == 0
    box = value.bounding_box()
    middle = box["y"] + box["height"] / 2
    tab.mouse.move(box["x"] + 1, middle)
    tab.mouse.down()
    tab.mouse.move(box["x"] + box["width"] - 14, middle, steps=5)
    tab.mouse.up()
    assert len(tab.evaluate("getSelection().toString()")) >= 3
    assert tab.locator(".mv-card:popover-open").count() == 0


def test_numbers_of_notes_follow_one_another(book, pages):
    for page in pages:
        notes = [int(node.get("data-note")) for node in article(book, page).find_class("mv-fact")]
        first = list(dict.fromkeys(notes))
        assert first == list(range(1, len(first) + 1)), page


def test_no_line_begins_with_a_note_or_a_full_stop(visit):
    """The button takes no room, so that no line can break between value, note and punctuation."""
    for width in (1280, 520, 360):
        tab = visit(viewport={"width": width, "height": 800}).open("chapters/case-2025/year.html")
        broken = tab.evaluate(
            """() => Array.from(document.querySelectorAll("main .mv-whole")).filter(one => {
              const next = one.nextSibling;
              if (!next || next.nodeType !== 3 || !/^[.,;:)!?]/.test(next.data)) return false;
              const range = document.createRange();
              range.setStart(next, 0); range.setEnd(next, 1);
              const own = one.getClientRects(), mark = range.getBoundingClientRect();
              return Math.abs(mark.bottom - own[own.length - 1].bottom) > 10;
            }).map(one => one.textContent)"""
        )
        assert broken == [], width


# --- paper --------------------------------------------------------------------------------------


def test_paper_reads_value_and_note_apart(visit, tmp_path):
    """On paper "89" and note 8 read "898": a bracket stands between them."""
    from pypdf import PdfReader

    tab = visit(viewport=DESKTOP).open(TRADE)
    tab.emulate_media(media="print")
    tab.pdf(path=tmp_path / "trade.pdf")
    text = "".join(page.extract_text() for page in PdfReader(tmp_path / "trade.pdf").pages)
    text = re.sub(r"\s+", " ", text)
    noted = re.findall(r"\$48\.8 bn ?\[\d+\]", text)
    assert noted, "the value with its note in brackets"
    assert not re.search(r"\$48\.8 bn\d", text)
