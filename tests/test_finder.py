"""The index that the search page loads, and the language of words on a page."""

from __future__ import annotations

import json
from pathlib import Path

from docutils import nodes
from sphinx.testing.util import SphinxTestApp

from multivector import facts
from multivector.book.build import languages
from multivector.book.search import finder

GLOSSARY = """# Glossary

```{glossary}
Balance
  Russian: [баланс]{lang=ru} · Kazakh: –

  Two that
  weigh the same.

Door
  Russian: – · Kazakh: [есік]{lang=kk}

  A way in.
```
"""


def build(folder: Path) -> tuple[str, dict]:
    """Build a small book; return its glossary page and the index."""
    (folder / "chapters/reference").mkdir(parents=True)
    (folder / "conf.py").write_text(
        "extensions = ['myst_parser', 'multivector.book.build.assets',"
        " 'multivector.book.build.languages',\n"
        "              'multivector.book.statements.statements',\n"
        "              'multivector.book.search.finder']\n"
        "myst_enable_extensions = ['attrs_inline']\nroot_doc = 'index'\n"
    )
    (folder / "index.md").write_text(
        "# Home\n\nThese are the first words of a page that is long enough.\n\n"
        "```{toctree}\nchapters/reference/glossary\nlist\n```\n"
    )
    (folder / "list.md").write_text(
        "# List\n\n```{statements}\n:sources: mustafin\n:elsewhere: list.html\n```\n"
    )
    (folder / "chapters/reference/glossary.md").write_text(GLOSSARY)
    app = SphinxTestApp(srcdir=folder)
    try:
        app.build()
        assert app.warning.getvalue() == ""
        text = (Path(app.outdir) / "_static" / finder.INDEX).read_text()
        page = (Path(app.outdir) / "chapters/reference/glossary.html").read_text()
    finally:
        app.cleanup()
    assert text.startswith("window.mvFound(") and text.endswith(");\n")
    return page, json.loads(text[len("window.mvFound(") : -3])


def test_the_index_holds_statements_terms_and_pages(tmp_path: Path) -> None:
    page, index = build(tmp_path / "src")
    wanted = [f.fact_id for f in facts.all_facts().values() if f.source_id == "mustafin"]
    assert [one["id"] for one in index["statements"]] == wanted
    one = next(one for one in index["statements"] if one["id"] == "eu-trade-2024")
    fact = facts.get("eu-trade-2024")
    assert (one["says"], one["voice"], one["page"]) == (
        facts.prose(fact), facts.voice(fact), "list")  # fmt: skip
    assert index["terms"] == [
        {"id": "term-Balance", "term": "Balance", "ru": "баланс",
         "meaning": "Two that weigh the same."},
        {"id": "term-Door", "term": "Door", "kk": "есік", "meaning": "A way in."},
    ]  # fmt: skip
    assert index["pages"]["index"].startswith("These are the first words")
    assert '<span lang="ru">баланс</span>' in page and '<span lang="kk">есік</span>' in page


def test_every_listed_statement_of_the_book_is_found_once() -> None:
    where = dict.fromkeys(facts.all_facts(), "somewhere")
    entries = finder.statements(where)
    assert [one["id"] for one in entries] == list(where)
    assert all(one["says"] and one["voice"] for one in entries)
    for one in entries:
        assert "quote" not in one or one["lang"], "a quote without a language"


def test_the_same_statements_make_the_same_bytes() -> None:
    entries = finder.statements({"eu-trade-2024": "a"})
    again = [dict(reversed(list(entry.items()))) for entry in entries]
    assert finder.script(entries, [], {}) == finder.script(again, [], {})


def test_a_page_without_a_glossary_has_no_terms() -> None:
    assert finder.terms(nodes.section()) == []


def test_only_the_language_of_marked_words_is_rewritten() -> None:
    assert languages.named("[баланс]{lang=ru} x") == "[баланс]{.language-ru} x"
    assert languages.named('<q lang="ru">x</q> {lang=ru}') == '<q lang="ru">x</q> {lang=ru}'


def test_a_bibliography_names_the_language_of_its_titles() -> None:
    entry = nodes.citation("", nodes.label("", "1"), nodes.paragraph(
        "", "A. B. Влияние новых условий, на политику. In: Көпвекторлылық, 2025."))  # fmt: skip
    languages.mark(nodes.section("", entry))
    assert [(node.astext(), node["classes"]) for node in entry.findall(nodes.inline)] == [
        ("Влияние новых условий, на политику", ["language-ru"]),
        ("Көпвекторлылық", ["language-kk"]),
    ]
    assert entry.astext().endswith("A. B. Влияние новых условий, на политику. In: "
                                   "Көпвекторлылық, 2025.")  # fmt: skip
