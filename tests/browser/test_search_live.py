"""The search page: three groups, three tongues, from a server and from a file, by keyboard."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from conftest import Visit
from explorer_support import served, until

pytestmark = pytest.mark.browser

DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 360, "height": 740}
STATUS = "document.getElementById('mv-found').textContent"
INDICES = ("searchindex.js", "find-index.js", "language_data.js")


@pytest.fixture(scope="module")
def address(book):
    """Files only, the harder case; one test below asks a server."""
    return book.as_uri()


def found(tab, query: str) -> dict[str, list[str]]:
    """Search for ``query``; return {group: [first line of each result]}."""
    tab.locator("#mv-query").fill(query)
    tab.locator("#mv-query").press("Enter")
    shown = "wanted => document.getElementById('search-results').dataset.query === wanted"
    until(tab, shown, query)
    groups = tab.locator("#search-results section").all()
    return {
        re.sub(r" \(\d+\)$", "", group.locator("h2").inner_text()):
            [item.inner_text() for item in group.locator("li").all()]
        for group in groups
    }  # fmt: skip


def test_results_come_in_three_groups_with_a_count_that_is_said(visit):
    reader = visit(viewport=DESKTOP)
    tab = reader.open("search.html")
    groups = found(tab, "balancing")
    assert list(groups) == ["Glossary", "Chapters and pages", "Statements"]
    assert any(line.startswith("Balancing") for line in groups["Chapters and pages"])
    assert groups["Glossary"][0].startswith("Balancing")
    said = tab.locator("#mv-found")
    assert said.get_attribute("role") == "status"
    counts = [int(n) for n in re.findall(r"\d+", said.inner_text())]
    shown = [int(n) for n in re.findall(r"\((\d+)\)", tab.locator("#search-results").inner_text())]
    assert sorted(counts) == sorted(shown) and len(counts) == 3
    assert reader.trouble == []


def test_from_a_server_the_address_keeps_the_words(chromium, book):
    with served(book) as home:
        reader = Visit(chromium, home, viewport=DESKTOP)
        tab = reader.open("search.html?q=hedging")
        until(tab, f"{STATUS}.startsWith('Found')")
        assert found(tab, "көпвект")["Glossary"]
        assert tab.url.endswith("?q=" + quote("көпвект"))
        reader.context.close()
    assert reader.trouble == []


def test_a_statement_shows_its_speaker_and_leads_to_its_row(visit):
    reader = visit(viewport=DESKTOP)
    tab = reader.open("search.html")
    groups = found(tab, "eu-trade-2024")
    assert "$48.8 bn" in groups["Statements"][0] and "Mustafin" in groups["Statements"][0]
    tab.locator("#search-results section").last.locator("a").first.click()
    tab.wait_for_url("**/statements.html#s-eu-trade-2024")
    assert tab.locator("#s-eu-trade-2024").is_visible()
    assert reader.trouble == []


@pytest.mark.parametrize(
    ("query", "group", "words", "tongue"),
    [
        ("көпвект", "Glossary", "Multi-vector", "kk"),  # the beginning of a Kazakh word
        ("многовекторности", "Glossary", "Multi-vector", "ru"),  # another ending than the entry's
        ("УРАВНОВЕШИВАНИЕ", "Glossary", "Complex balancing", "ru"),
        ("осалдық", "Glossary", "Vulnerability", "kk"),
        ("interdep", "Chapters and pages", "Interdependence", None),
        ("steppe eagle", "Statements", "Steppe Eagle", None),
    ],
)
def test_words_are_found_in_their_tongue_by_their_beginning(visit, query, group, words, tongue):
    reader = visit(viewport=DESKTOP)
    tab = reader.open("search.html")
    assert any(words in line for line in found(tab, query)[group])
    if tongue:
        assert tab.locator(f"#search-results span[lang={tongue}]").count() >= 1
    assert reader.trouble == []


def test_quotes_in_russian_and_kazakh_are_found_and_marked(visit):
    reader = visit(viewport=DESKTOP)
    tab = reader.open("search.html")
    for query, tongue in (("Казахстан", "ru"), ("дәліздер", "kk")):
        assert found(tab, query)["Statements"]
        assert tab.locator(f"#search-results q[lang={tongue}]").count() >= 1


def test_an_empty_result_says_so(visit):
    reader = visit(viewport=PHONE)
    tab = reader.open("search.html")
    assert found(tab, "zzyzx multi") == {}
    assert "Nothing found for “zzyzx multi”" in tab.locator("#mv-found").inner_text()
    assert found(tab, "?!") == {}
    assert "no word" in tab.locator("#mv-found").inner_text()
    assert reader.trouble == []


def test_what_is_typed_is_never_markup(visit):
    reader = visit(viewport=DESKTOP)
    tab = reader.open("search.html?q=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E%20zz")
    until(tab, f"{STATUS}.startsWith('Nothing found')")
    assert tab.locator("#mv-found img, #search-results img").count() == 0
    assert reader.trouble == []


def test_the_index_is_loaded_on_first_use_only(visit):
    reader = visit(viewport=DESKTOP)
    asked = []
    reader.context.on("request", lambda request: asked.append(request.url))
    tab = reader.open("search.html")
    tab.wait_for_timeout(400)
    assert not [url for url in asked for name in INDICES if name in url]
    found(tab, "vector")
    assert all(sum(name in url for url in asked) == 1 for name in INDICES)
    found(tab, "vectors")
    assert all(sum(name in url for url in asked) == 1 for name in INDICES)


def test_long_lists_open_by_keyboard_and_the_focus_goes_on(visit):
    reader = visit(viewport=DESKTOP)
    tab = reader.open("search.html")
    assert len(found(tab, "Kazakhstan")["Statements"]) == 10
    group = tab.locator("#search-results section").last
    group.get_by_role("button").press("Enter")
    assert group.locator("li").count() > 10
    assert group.locator("li").nth(10).locator("a").evaluate("a => a === document.activeElement")
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/chapters/**")
    assert reader.trouble == []


def test_every_result_leads_to_a_place_that_exists(visit, book):
    reader = visit(viewport=DESKTOP)
    tab = reader.open("search.html")
    tab.wait_for_timeout(100)
    for query in ("a", "balancing", "Путин"):
        found(tab, query)
        while (button := tab.locator("#search-results button").first).count():
            button.click()
        links = tab.locator("#search-results a").evaluate_all("all => all.map(a => a.href)")
        for link in sorted(set(links)):
            path, _, part = link.removeprefix(reader.home + "/").partition("#")
            text = (book / path).read_text("utf-8")
            assert not part or f'id="{part}"' in text, link


def test_without_a_script_the_page_says_so_and_leads_to_the_lists(visit, book):
    reader = visit(viewport=PHONE, java_script_enabled=False)
    tab = reader.open("search.html")
    assert "scripts are off" in tab.locator("article").inner_text()
    assert not tab.locator("#mv-query").is_visible()
    links = tab.locator("article noscript a, article p a").all()
    names = [link.inner_text() for link in links]
    assert {"Chapters", "Glossary", "Statements of the five texts"} <= set(names)
    for link in links:
        assert (book / link.get_attribute("href")).is_file()


def test_refused_storage_costs_no_result(visit):
    reader = visit(viewport=DESKTOP)
    reader.context.add_init_script("""Object.defineProperty(window, 'localStorage', {
        get() { throw new DOMException('denied', 'SecurityError'); } });""")
    tab = reader.open("search.html")
    assert found(tab, "vector")["Glossary"]
    assert reader.trouble == []
