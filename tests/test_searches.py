"""A negative is a finding: every "not found" of the book names the search behind it."""

from __future__ import annotations

from pathlib import Path

import pytest

from multivector import searches
from multivector.book.statements.searches import card
from multivector.data import DataError
from multivector.searches import missing

CHAPTERS = Path(__file__).resolve().parents[1] / "chapters"

#: (page, words near the negative) -> why it is no finding of a search
NO_SEARCH = {
    ("case-2025/year.md", "Mark what you could not find"): "a task for the reader",
    ("reference/cross-checks.md", "What was not found is blank"): "says how the table is kept",
    ("reference/searches.md", "Where a page says that something was not found"): "about searches",
    ("teaching/discussion.md", "find none"): "a question to the class",
    ("teaching/guide.md", "what is not published"): "says how the tables are kept",
    ("teaching/guide.md", "intervals where a figure is unknown"): "says how the tables are kept",
    ("reference/glossary.md", "A dash marks a gap"): "says how the table is kept",
    ("reference/how-to-cite.md", "works whose data we could confirm"): "says how the list is kept",
    ("reference/references.md", "Only works that we could confirm"): "says how the list is kept",
    ("theory/bandwagoning.md", "find no"): "about a theory, not about the record",
    ("theory/bandwagoning.md", "did not find out"): "about a computed map",
    ("theory/weighing-theories.md", "cannot find"): "about evidence as such",
    ("theory/weighing-theories.md", "nobody publishes"): "about evidence as such",
}
PAGES = sorted(p.relative_to(CHAPTERS).as_posix() for p in CHAPTERS.rglob("*.md"))


def left(page: str) -> list[searches.Unsearched]:
    """Return the negatives of a page that neither name a search nor are excused."""
    found = missing((CHAPTERS / page).read_text(encoding="utf-8"), page)
    excused = [words for name, words in NO_SEARCH if name == page]
    return [one for one in found if not any(words in one.block for words in excused)]


@pytest.mark.parametrize("page", PAGES)
def test_every_negative_names_its_search(page):
    assert not left(page), "\n".join(map(str, left(page)))


def test_an_excuse_that_nothing_needs_goes():
    for page, words in NO_SEARCH:
        found = missing((CHAPTERS / page).read_text(encoding="utf-8"), page)
        assert any(words in one.block for one in found), (page, words)


@pytest.mark.parametrize(
    "words",
    [
        "We found no such visit in 2025.",
        "Of the cargo no later report was found.",
        "The room is assumed: nobody publishes it.",
        "No source says why.",
        "His figure we have not found.",
        "We could confirm none.",
        "The texts of 2021 we did not find.",
        "Its cost is unknown.",
        "No signature was found by June 2026.",
        "We found no later step.",
        "Whether it counts is not known.",
        "Nobody in our sources says why.",
        "The contract was never published.",
        "There is no official figure.",
        "- a first item\n- no such document was seen",
        "A date could not be found.",
        "For most terms we found no Kazakh word in print.",
    ],
)
def test_a_negative_is_seen(words):
    assert missing(f"# A page\n\n{words}\n", "page.md")


@pytest.mark.parametrize(
    "words",
    [
        "A report was found.",
        "He names no date.",
        "No signature {search}`was found <accords-signature>`.",
        "No signature was found.\nWe looked ({search}`accords-signature`).",
        "```{code-cell} ipython3\nalt = 'no set was found'\n```",
        "```{self-check} sc\nWas it not found?\n```",
        "No country can afford it.",
    ],
)
def test_other_words_are_left_alone(words):
    assert not missing(f"# A page\n\n{words}\n", "page.md")


def test_a_search_in_one_item_of_a_list_does_not_cover_the_next():
    items = "- Nothing was found: {search}`accords-signature`.\n- No later report was found.\n"
    assert [one.line for one in missing(items, "page.md")] == [2]


def test_a_search_tells_question_words_places_day_and_outcome():
    for one in searches.all_searches().values():
        shown = card(one.search_id)
        for label in ("Words searched", "Where", "When"):
            assert f"{label}: " in shown, one.search_id
        assert one.question.endswith("?"), one.search_id
        assert shown.startswith("<strong>")


def test_a_search_is_shown_with_its_own_words_or_its_outcome():
    assert searches.split("no report was found <accords-signature>") == (
        "no report was found",
        "accords-signature",
    )
    assert searches.split("accords-signature")[0] == "not found"


def test_an_unknown_search_is_named():
    with pytest.raises(DataError, match="no-such-search"):
        searches.get("no-such-search")
    with pytest.raises(DataError, match="no-such-search"):
        searches.split("no-such-search")


def test_every_search_is_named_by_a_page():
    text = "".join((CHAPTERS / page).read_text(encoding="utf-8") for page in PAGES)
    for search_id in searches.all_searches():
        assert f"<{search_id}>`" in text or f"{{search}}`{search_id}`" in text, search_id
