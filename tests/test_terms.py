"""The glossary: every entry is used, worded in two tongues or a dash, linked once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from docutils import nodes

from multivector.book.learning import terms

ROOT = Path(__file__).resolve().parent.parent
CHAPTERS = [
    path
    for folder in ("theory", "case-2025")
    for path in sorted((ROOT / "chapters" / folder).glob("*.md"))
]
_TONGUES = re.compile(r"^Russian: (–|\[[^\]]+\]\{lang=ru\}) · Kazakh: (–|\[[^\]]+\]\{lang=kk\})$")


def _entries() -> dict[str, list[str]]:
    text = (ROOT / "chapters/reference/glossary.md").read_text(encoding="utf-8")
    body = re.search(r"```\{glossary\}\n(.*?)```", text, re.S)[1]
    found: dict[str, list[str]] = {}
    for line in body.splitlines():
        if line and not line.startswith(" "):
            found[line] = []
        elif line.strip():
            found[list(found)[-1]].append(line.strip())
    return found


def _prose(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.S)
    text = re.sub(r"^```\{code-cell\}.*?^```", "", text, flags=re.S | re.M)
    text = re.sub(r"^```\{(?:self-check|objectives)\}.*?^```", "", text, flags=re.S | re.M)
    text = re.sub(r"^#.*$", "", text, flags=re.M)
    return re.sub(r"\{[\w:+-]+\}`[^`]*`", "", text)


@pytest.mark.parametrize("term", _entries())
def test_every_entry_is_used_by_a_chapter(term: str) -> None:
    found = terms.pattern(term)
    assert any(found.search(_prose(path)) for path in CHAPTERS), f"no chapter uses {term!r}"


@pytest.mark.parametrize(("term", "lines"), _entries().items())
def test_every_entry_has_two_tongues_and_a_meaning(term: str, lines: list[str]) -> None:
    assert _TONGUES.match(lines[0]), f"{term}: {lines[0]!r}"
    assert len(lines) > 1 and lines[1].endswith(".")


def test_entries_stand_in_alphabetical_order() -> None:
    names = [name.lower() for name in _entries()]
    assert names == sorted(names)


def _page(*paragraphs: nodes.paragraph) -> nodes.section:
    return nodes.section("", nodes.title("", "Balancing"), *paragraphs)


FOUND = {"Balancing": ("term-Balancing", "Working against."), "Soft balancing": ("term-Soft", "S.")}


def test_the_longer_term_wins_and_each_is_linked_once() -> None:
    page = _page(
        nodes.paragraph("", "Soft balancing is balancing."), nodes.paragraph("", "Balancing again.")
    )
    assert terms.link(page, FOUND, "g.html") == 2
    links = [(ref.astext(), ref["refuri"]) for ref in page.findall(nodes.reference)]
    assert links == [
        ("Soft balancing", "g.html#term-Soft"),
        ("balancing", "g.html#term-Balancing"),
    ]
    assert page.astext().count("alancing") == 4  # the title, and no word lost or doubled


def test_headings_code_links_and_parts_of_words_stay_alone() -> None:
    linked = nodes.reference("", "balancing", refuri="x")
    page = _page(
        nodes.paragraph("", "", nodes.literal("", "balancing"), linked),
        nodes.paragraph("", "rebalancing, counter-balancing"),
    )
    assert terms.link(page, FOUND, "g.html") == 0


def test_a_name_in_code_is_no_use_of_a_term() -> None:
    page = _page(nodes.paragraph("", "Set ", nodes.literal("", "flow=1"), nodes.Text(" and run.")))
    assert not terms.pattern("Flow").search(terms._said(page))
    words = nodes.paragraph("", "A soft ", nodes.emphasis("", "flow"), nodes.Text("."))
    assert terms.pattern("Flow").search(terms._said(_page(words)))


def test_a_term_is_found_in_either_case_and_with_hyphen_or_blank() -> None:
    assert terms.pattern("Issue-splitting").search("by issue splitting.")
    assert not terms.pattern("Vector").search("multi-vector vectors")
