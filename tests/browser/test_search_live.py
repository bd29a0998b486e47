"""The search page: three groups, three tongues, from a server and from a file, by keyboard."""

from __future__ import annotations

import json
import re
from urllib.parse import quote

import pytest
from conftest import Visit
from explorer_support import served, until

pytestmark = pytest.mark.browser

DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 360, "height": 740}
STATUS = "document.getElementById('mv-found').textContent"
QUERY = "document.getElementById('search-results').dataset.query"
INDICES = ("searchindex.js", "find-index.js", "language_data.js")


@pytest.fixture(scope="module")
def address(book):
    """Files only, the harder case; one test below asks a server."""
    return book.as_uri()


def found(tab, query: str) -> dict[str, list[str]]:
    """Search for ``query``; return {group: [first line of each result]}."""
    tab.locator("#mv-query").fill(query)
    tab.locator("#mv-query").press("Enter")
    until(tab, f"wanted => {QUERY} === wanted", query)
    groups = tab.locator("#search-results section").all()
    return {
        re.sub(r" \(\d+\)$", "", group.locator("h2").inner_text()):
            [item.inner_text() for item in group.locator("li").all()]
        for group in groups
    }  # fmt: skip


def load(index):
    """Return what one of the two indices holds: each is a call with one argument."""
    text = index.read_text("utf-8")
    return json.loads(text[text.index("(") + 1 : text.rindex(")")])


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


def test_back_finds_the_results_of_words_that_were_only_typed(chromium, book):
    with served(book) as home:
        reader = Visit(chromium, home, viewport=DESKTOP)
        tab = reader.open("search.html")
        tab.locator("#mv-query").press_sequentially("hedging", delay=20)
        until(tab, f"{QUERY} === 'hedging'")
        lines = tab.locator("#search-results li").all_inner_texts()
        tab.locator("#search-results a").first.click()
        tab.wait_for_url("**/chapters/**")
        tab.go_back()
        tab.locator("#search-results a").first.wait_for()
        assert tab.locator("#mv-query").input_value() == "hedging"
        assert tab.locator("#search-results li").all_inner_texts() == lines
        reader.context.close()
    assert reader.trouble == []


MARKS = """new Promise(done => setTimeout(() => {
    const marks = [...document.querySelectorAll('span.highlighted')];
    done(marks.map(mark => [mark.textContent.toLowerCase(),
                            mark.closest('script, style, code, pre') !== null]));
}, 300))"""


@pytest.mark.parametrize("scheme", ["http", "file"])
def test_only_a_page_that_a_result_opens_is_marked_and_only_with_telling_words(
    chromium, book, scheme
):
    with served(book) as home:
        reader = Visit(chromium, home if scheme == "http" else book.as_uri(), viewport=DESKTOP)
        tab = reader.open("search.html")
        found(tab, "the balance of Russia's power")
        assert reader.open("chapters/theory/balancing.html").evaluate(MARKS) == []
        tab.locator("#search-results section").first.locator("a").first.click()
        tab.wait_for_url("**/chapters/**")
        tab.locator("span.highlighted").first.wait_for()
        marks = tab.evaluate(MARKS)
        assert {word for word, _ in marks} <= {"balance", "russia", "power"}
        assert not any(code for _, code in marks), "marked where a script reads, or a reader copies"
        assert "highlight" not in tab.url
        assert reader.open("chapters/theory/bandwagoning.html").evaluate(MARKS) == [], "marked once"
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
        ("policies", "Statements", "policy", None),  # where the stem is not a beginning
        ("policies", "Glossary", "policy", None),
        ("ties", "Glossary", "tie", None),
        ("multivector", "Glossary", "Multi-vector", None),
        ("multivectorism", "Glossary", "Multi-vector", None),
    ],
)
def test_words_are_found_in_their_tongue_by_their_beginning(visit, query, group, words, tongue):
    reader = visit(viewport=DESKTOP)
    tab = reader.open("search.html")
    assert any(words in line for line in found(tab, query)[group])
    if tongue:
        assert tab.locator(f"#search-results span[lang={tongue}]").count() >= 1
    assert reader.trouble == []


@pytest.mark.parametrize(("query", "stem"), [("gas", "ga"), ("ties", "ti")])
def test_a_short_stem_is_not_a_beginning(visit, book, query, stem):
    """ "Gas" must not find "gaps", nor "ties" whatever begins with "ti"."""
    tab = visit(viewport=DESKTOP).open("search.html")
    found(tab, query)
    pages = load(book / "searchindex.js")
    holding = set()
    for words in (pages["terms"], pages["titleterms"]):
        for word, files in words.items():
            if word.startswith(query) or word in (stem, f"{stem}e"):
                holding |= set(files if isinstance(files, list) else [files])
    ours = load(book / "_static/find-index.js")
    whole = re.compile(rf"\b({query}|{stem}e?d?\b)", re.IGNORECASE)
    counts = [len(holding)] + [
        sum(any(whole.search(str(text)) for text in entry.values()) for entry in ours[group])
        for group in ("statements", "terms")
    ]
    said = tab.locator("#mv-found").inner_text()
    assert [int(count) for count in re.findall(r"\d+", said)] == counts


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
