"""The table of statements in the built book: filtered, counted, sorted, linked, and plain."""

from __future__ import annotations

import pytest
from explorer_support import idle, until

pytestmark = pytest.mark.browser

PAGE = "chapters/reference/statements.html"
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 360, "height": 740}
VOICE, KIND, VECTOR = "Who says it", "Kind", "Vector"
#: What the rows that show say in one column
COLUMN = """(rows, name) => rows.map(row => {
    const cell = row.querySelector(`td[data-name="${name}"]`);
    return [cell.textContent, cell.dataset.sort];
})"""


def cells(tab, name: str) -> list[tuple[str, str]]:
    """Return (text, what it sorts by) of one column, in the order of the rows that show."""
    rows = tab.locator(".mv-statements tbody tr:not([hidden])")
    return [tuple(cell) for cell in rows.evaluate_all(COLUMN, name)]


def texts(tab, name: str) -> list[str]:
    return [text for text, _ in cells(tab, name)]


def head(tab, name: str):
    return tab.locator(".mv-statements").get_by_role("columnheader", name=name)


@pytest.mark.parametrize("name", [VOICE, KIND, VECTOR])
def test_each_filter_leaves_the_rows_that_hold_its_value_and_counts_them(visit, name):
    reader = visit(viewport=DESKTOP)
    tab = reader.open(PAGE)
    whole = texts(tab, name)
    select = tab.get_by_label(name)
    count = tab.locator(".mv-count")
    assert count.get_attribute("aria-live") == "polite"
    assert count.inner_text() == f"{len(whole)} statements"
    values = select.locator("option").all_inner_texts()
    assert values == ["any", *sorted(set(whole) - {""})]
    for value in values[1:]:
        select.select_option(value=value)
        assert texts(tab, name) == [value] * whole.count(value)
        assert count.inner_text() == f"{whole.count(value)} of {len(whole)} statements"
    select.select_option("any")
    assert texts(tab, name) == whole
    assert reader.trouble == []


@pytest.mark.from_file
def test_words_and_filters_narrow_together(visit):
    reader = visit(viewport=DESKTOP)
    tab = reader.open(PAGE)
    search = tab.get_by_role("searchbox")
    search.fill("  OIL russia ")
    rows = tab.locator(".mv-statements tbody tr:not([hidden])").evaluate_all(
        "rows => rows.map(row => (row.id + ' ' + row.textContent).toLowerCase())")  # fmt: skip
    assert rows and all("oil" in row and "russia" in row for row in rows)
    vector = texts(tab, VECTOR)[0]
    tab.get_by_label(VECTOR).select_option(value=vector)
    assert set(texts(tab, VECTOR)) == {vector}
    search.press("Enter")  # submits nothing
    assert search.input_value() == "  OIL russia "
    search.fill("zzyzx")
    assert cells(tab, VECTOR) == []
    assert tab.locator(".mv-count").inner_text().startswith("0 of ")
    search.fill("eu-trade-2024")  # a statement's own name, which no cell shows
    tab.get_by_label(VECTOR).select_option("any")
    assert tab.locator("#s-eu-trade-2024").is_visible()
    assert reader.trouble == []


def test_dates_sort_by_time_and_the_undated_come_last(visit):
    reader = visit(viewport=DESKTOP)
    tab = reader.open(PAGE)
    whole = cells(tab, "When")
    assert all(order for _, order in whole)
    button = head(tab, "When").get_by_role("button")
    button.press("Enter")
    assert head(tab, "When").get_attribute("aria-sort") == "ascending"
    up = cells(tab, "When")
    assert sorted(up) == sorted(whole)
    dated = [order for text, order in up if text]
    assert dated == sorted(dated) and dated[0] < "2015" and "2025-11-06" in dated
    blank = len(up) - len(dated)
    assert blank and all(text == "" for text, _ in up[-blank:])
    button.press("Enter")
    assert head(tab, "When").get_attribute("aria-sort") == "descending"
    assert cells(tab, "When") == up[::-1]
    head(tab, "Kind").get_by_role("button").click()
    assert head(tab, "When").get_attribute("aria-sort") is None
    assert reader.trouble == []


def test_statements_sort_by_size_within_their_unit(visit):
    reader = visit(viewport=DESKTOP)
    tab = reader.open(PAGE)
    head(tab, "Statement").get_by_role("button").click()
    sizes = [order.rsplit(" ", 1) for _, order in cells(tab, "Statement") if "words" not in order]
    for unit in {unit for unit, _ in sizes}:
        places = [place for place, (one, _) in enumerate(sizes) if one == unit]
        assert places == list(range(places[0], places[-1] + 1)), unit
        values = [float(sizes[place][1]) for place in places]
        assert values == sorted(values), unit
    assert len({unit for unit, _ in sizes}) > 3


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_link_to_a_row_that_the_filter_hides_takes_the_filter_away(visit, viewport):
    reader = visit(viewport=viewport)
    tab = reader.open(PAGE)
    link = tab.locator("#s-equidistance-mustafin a[href='#s-balance-kazinform']")
    target = tab.locator("#s-balance-kazinform")
    for _ in range(2):  # the second time the address stays as it is
        tab.get_by_role("searchbox").fill("mustafin")
        tab.get_by_label(VOICE).select_option("Rustem Mustafin, reported by Kazinform")
        assert target.is_hidden()
        link.click()
        until(tab, "!document.getElementById('s-balance-kazinform').hidden")
        until(tab, """(() => {
            const box = document.querySelector('.mv-tall').getBoundingClientRect();
            const row = document.getElementById('s-balance-kazinform').getBoundingClientRect();
            return row.top >= Math.max(0, box.top) - 1 && row.top < innerHeight;
        })()""")  # fmt: skip
        assert tab.get_by_role("searchbox").input_value() == ""
        assert " of " not in tab.locator(".mv-count").inner_text()
    assert reader.trouble == []


def test_back_brings_the_filter_back_and_applies_it(visit):
    reader = visit(viewport=DESKTOP)
    tab = reader.open(f"{PAGE}#s-eu-trade-2024")
    tab.get_by_label(KIND).select_option("rank")
    kinds = texts(tab, KIND)
    tab.get_by_role("link", name="Glossary").first.click()
    tab.wait_for_url("**/glossary.html")
    tab.go_back()
    until(tab, "document.documentElement.dataset.scripts === 'all'")
    assert tab.get_by_label(KIND).input_value() == "rank"
    assert texts(tab, KIND) == kinds
    assert tab.locator(".mv-count").inner_text().startswith(f"{len(kinds)} of ")
    assert reader.trouble == []


def test_without_a_script_the_table_is_plain_and_its_links_lead_to_rows(visit):
    reader = visit(viewport=DESKTOP, java_script_enabled=False)
    tab = reader.open(PAGE)
    rows = tab.locator(".mv-statements tbody tr")
    assert tab.locator(".mv-count").inner_text() == f"{rows.count()} statements"
    assert tab.get_by_role("columnheader").first.inner_text() == "Statement"
    assert tab.locator(".mv-statements button").count() == 0
    assert not tab.locator(".mv-filters").is_visible()
    tab.locator("#s-equidistance-mustafin a").first.click()
    assert tab.locator("#s-balance-kazinform").is_visible()
    assert tab.url.endswith("#s-balance-kazinform")


@pytest.mark.parametrize("fact", ["balance-kazinform", "paper-china-economic"])
def test_a_link_leads_to_its_row_on_a_phone_too(visit, fact):
    """Rows above are not laid out when the browser scrolls; the row asked for shows."""
    tab = visit(viewport=PHONE).open(f"chapters/reference/statements.html#s-{fact}")
    idle(tab)
    tab.wait_for_timeout(300)
    top = tab.evaluate(f"document.getElementById('s-{fact}').getBoundingClientRect().top")
    assert 0 <= top < PHONE["height"] - 50
