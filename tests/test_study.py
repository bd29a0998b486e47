"""Study aids as the build makes them: reading time, the table of chapters, boxes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from docutils import nodes
from sphinx.testing.util import SphinxTestApp

from multivector.book.learning import selfcheck, study

CHAPTER = """# A chapter

```{objectives}
1. Do *this*.
2. Do that.
```

One two three four five.

```{self-check} sc-a
:objective: 1
Which?
- [ ] this :: no
- [x] that :: yes
```

```{self-check} sc-b
:objective: 2
Which?
- [ ] this :: no
- [x] that :: yes
```
"""


def page(*children: nodes.Node) -> nodes.section:
    return nodes.section("", nodes.title("", "Title"), *children)


def asked(*counts: int) -> dict[str, int]:
    return dict(zip(study.MINUTES, counts, strict=True))


def test_a_time_counts_words_and_all_there_is_to_do() -> None:
    words = nodes.paragraph("", "word " * 400)
    source = nodes.container(nb_element="cell_code_source")
    code = nodes.container("", source, nb_element="cell_code")
    explorer = nodes.raw("", '<section class="mv-explorer" id="x"></section>', format="html")
    hidden = nodes.container("", explorer, nb_element="cell_code")  # its input was taken out
    found = study.measure(page(words, selfcheck.SelfCheckForm(), code, hidden, nodes.figure()))
    assert found == study.Reading(400, asked(1, 1, 1, 0, 1))
    assert found.exact == pytest.approx(
        400 / study.WORDS_A_MINUTE + sum(study.MINUTES.values()) - study.MINUTES["exercise"]
    )
    assert found.line() == (
        f"About {found.minutes} minutes: 400 words, 1 self-check, 1 figure, 1 explorer, "
        "1 code cell."
    )


def test_a_short_page_takes_a_minute() -> None:
    assert study.Reading(3, asked(0, 0, 0, 0, 0)).line() == "About 1 minute: 3 words."


def test_more_to_do_never_takes_less_time() -> None:
    base = study.Reading(900, asked(2, 1, 1, 1, 3))
    assert study.Reading(2000, base.counts).minutes > base.minutes
    for name in study.MINUTES:
        more = study.Reading(900, {**base.counts, name: 9})
        assert more.minutes > base.minutes


def test_the_convention_is_printed_from_the_same_numbers() -> None:
    said = study.rates()
    assert f"every {study.WORDS_A_MINUTE} words" in said
    for name, minutes in study.MINUTES.items():
        assert f"{minutes} for each {name}" in said


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("book") / "src"
    (folder / "chapters/theory").mkdir(parents=True)
    (folder / "conf.py").write_text(
        "extensions = ['myst_parser', 'multivector.book.build.assets',"
        " 'multivector.book.learning.selfcheck',\n"
        "              'multivector.book.learning.study', 'multivector.book.frame.weight']\n"
        "root_doc = 'index'\nhtml_theme = 'sphinx_book_theme'\nlanguage = 'en'\n"
        "html_context = {'default_mode': 'light'}\n"
    )
    (folder / "index.md").write_text(
        "# Home\n\nWords.\n\n```{toctree}\nchapters/theory/one\nmine\n```\n"
    )
    (folder / "mine.md").write_text("# Mine\n\nWords.\n\n```{progress}\n```\n")
    (folder / "chapters/theory/one.md").write_text(CHAPTER)
    app = SphinxTestApp(srcdir=folder)
    try:
        app.build()
        assert app.warning.getvalue() == ""
        return Path(app.outdir)
    finally:
        app.cleanup()


def test_a_chapter_has_its_time_its_boxes_and_its_mark(built: Path) -> None:
    text = (built / "chapters/theory/one.html").read_text()
    assert re.search(r'</h1><p class="mv-time">About 4 minutes: \d+ words, 2 self-checks', text)
    labels = re.findall(r'<label class="mv-tick">(.*?)</label>', text)
    assert [re.sub("<[^>]+>", "", label).strip() for label in labels] == ["Do this.", "Do that."]
    assert all('type="checkbox"' in label for label in labels)
    assert text.count('class="mv-js mv-read') == 1
    assert 'data-page="chapters/theory/one"' in text
    assert '<a href="../../mine.html">Your progress</a>' in text
    assert "study.js" in text


def test_a_page_that_teaches_nothing_has_neither_time_nor_mark(built: Path) -> None:
    text = (built / "index.html").read_text()
    assert "mv-time" not in text and "mv-read" not in text and "mv-js mv-code" not in text


def test_the_table_names_what_each_chapter_holds(built: Path) -> None:
    text = (built / "mine.html").read_text()
    row = re.search(r'<tr data-page="chapters/theory/one".*?</tr>', text)[0]
    assert 'data-checks="sc-a sc-b"' in row and 'data-objectives="2"' in row
    assert 'href="chapters/theory/one.html"' in row
    assert "<noscript><p>Progress is kept by a script" in text
    assert study.rates() in text


def test_an_epub_has_objectives_without_boxes(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src/conf.py").write_text(
        "extensions = ['myst_parser', 'multivector.book.learning.selfcheck']\nroot_doc = 'index'\n"
    )
    (tmp_path / "src/index.md").write_text(CHAPTER)
    app = SphinxTestApp(buildername="epub", srcdir=tmp_path / "src")
    try:
        app.build()
        text = (Path(app.outdir) / "index.xhtml").read_text()
    finally:
        app.cleanup()
    assert "Do <em>this</em>." in text and 'type="checkbox"' not in text
    assert "self-checks answered" not in text
