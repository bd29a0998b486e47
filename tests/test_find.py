"""A page is found: where it was, where it is, and what a link to it shows."""

from __future__ import annotations

import os
import re
import struct
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from lxml import html
from sphinx.errors import ExtensionError

from multivector import facts
from multivector.book.figures import pictures, preview
from multivector.book.frame import address
from multivector.explorers import base

ROOT = Path(__file__).resolve().parents[1]
BOOK = ROOT / "_build" / "html"
HOME = "https://example.org/a-book/"
SVG = (
    '<svg viewBox="0 0 200 100" class="mv-svg" aria-hidden="true"><rect width="150" height="60" '
    'y="20" fill="var(--mv-ink,#000)"/><text x="5" y="15" class="mv-t">Қазақстан</text></svg>'
)
CONF = """
project = "Small"
html_title = "Small"
author = "A"
extensions = ["myst_parser", "multivector.book.build.assets", "multivector.book.frame.mathml",
              "multivector.book.frame.weight", "multivector.book.frame.address",
              "multivector.book.figures.preview"]
html_theme = "sphinx_book_theme"
html_math_renderer = "mathml"
html_context = {"default_mode": "light"}
html_copy_source = False
root_doc = "chapters/index"
moved_pages = {"chapters/old": "chapters/one"}
"""
INDEX = """# Start

A first paragraph which is long enough to describe the page.

```{toctree}
one
```
"""
ONE = f"""# One & only

This one ends with a colon and says only that something follows:

A paragraph which says "what" the page is about, and is long enough for it.

```{{raw}} html
<div class="book-chart" role="img" aria-label="A bar &amp; a word.">{SVG}</div>
```
"""


def build(folder: Path, home: str) -> Path:
    source = folder / "source"
    (source / "chapters").mkdir(parents=True, exist_ok=True)
    (source / "conf.py").write_text(CONF)
    (source / "chapters/index.md").write_text(INDEX)
    (source / "chapters/one.md").write_text(ONE)
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "-W", "-b", "html", source, folder / "html"],
        capture_output=True, text=True, env={**os.environ, address.VARIABLE: home},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder / "html"


@pytest.fixture(scope="module")
def published(tmp_path_factory) -> Path:
    return build(tmp_path_factory.mktemp("published"), HOME)


def meta(page: str) -> dict[str, str]:
    found = re.findall(r'<meta (?:name|property)="([\w:]+)" content="([^"]*)">', page)
    return dict(found)


@pytest.mark.slow
def test_a_published_page_says_what_a_link_to_it_shows(published):
    page = (published / "chapters/one.html").read_text()
    said = meta(page)
    words = "A paragraph which says “what” the page is about, and is long enough for it."
    assert said["og:description"] == said["description"] == words
    assert said["og:title"] == "One &amp; only"
    assert said["og:url"] == f"{HOME}chapters/one.html"
    assert said["og:image"] == f"{HOME}_static/preview/one.png"
    assert said["og:image:alt"] == "A bar &amp; a word."
    assert said["twitter:card"] == "summary_large_image"
    assert f'<link rel="canonical" href="{HOME}chapters/one.html">' in page
    data = (published / "_static/preview/one.png").read_bytes()
    assert struct.unpack(">II", data[16:24]) == (preview.WIDTH, preview.HEIGHT)
    other = meta((published / "chapters/index.html").read_text())
    assert other["twitter:card"] == "summary" and "og:image" not in other


@pytest.mark.slow
def test_the_site_map_lists_every_page_and_only_pages(published):
    tree = ElementTree.parse(published / "sitemap.xml")
    places = [node.text for node in tree.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]
    assert places == [f"{HOME}chapters/index.html", f"{HOME}chapters/one.html"]


@pytest.mark.slow
def test_an_old_address_and_the_top_lead_to_a_page(published):
    old = (published / "chapters/old.html").read_text()
    assert 'content="0; url=../chapters/one.html"' in old
    assert f'<link rel="canonical" href="{HOME}chapters/one.html">' in old
    assert 'url=chapters/index.html"' in (published / "index.html").read_text()


@pytest.mark.slow
def test_the_page_of_no_page_works_at_any_depth(published):
    page = (published / "404.html").read_text()
    links = re.findall(r'(?:href|src)="([^"#]+)', page)
    assert "/a-book/chapters/one.html" in links and "/a-book/chapters/index.html" in links
    local = [link for link in links if not link.startswith("https://")]
    assert local and all(link.startswith("/a-book/") for link in local)
    for link in local:
        assert (published / link.removeprefix("/a-book/").partition("?")[0]).is_file(), link
    assert 'name="robots" content="noindex"' in page


@pytest.mark.slow
def test_a_copy_without_an_address_names_none(tmp_path):
    build(tmp_path, HOME)  # nor does it keep what a published build left in its folder
    out = build(tmp_path, "")
    page = (out / "chapters/one.html").read_text()
    assert "og:" not in page and "canonical" not in page
    assert not (out / "sitemap.xml").exists() and not (out / "_static/preview").exists()
    assert 'href="chapters/one.html"' in (out / "404.html").read_text()


def test_a_preview_is_the_same_every_time_and_shows_figure_and_letters():
    card = preview.card("A title", "A book", SVG)
    assert preview.png(card) == preview.png(card)
    without = preview.png(preview.card("A title", "A book", SVG.replace("Қазақстан", "")))
    empty = preview.png(preview.card("A title", "A book", SVG.replace("<rect", "<g")
                                     .replace('#000)"/>', '#000)"></g>')))  # fmt: skip
    assert len({preview.png(card), without, empty}) == 3


def test_a_preview_that_cannot_be_drawn_stops_the_build():
    with pytest.raises(ExtensionError, match="drawn"):
        preview.png("<svg")
    with pytest.raises(pictures.PictureError):
        preview.card("A title", "A book", "<svg></svg>")


@pytest.mark.parametrize(
    ("moved", "message"),
    [
        ({"a/old": "a/gone"}, "no page"),
        ({"a/new": "a/new"}, "has not moved"),
        ({"a/Old": "a/new"}, "lower case"),
    ],
)
def test_a_wrong_line_among_the_moved_pages_stops_the_build(moved, message):
    with pytest.raises(ExtensionError, match=message):
        address.check_moved(moved, {"a/new"})


def test_addresses_are_rooted_and_others_left_alone():
    page = '<a href="x.html"><a href="#y"><a href="https://a.org/"><img src="./i.png"><a href="/z">'
    assert address.rooted(page, "https://a.org/b/") == (
        '<a href="/b/x.html"><a href="#y"><a href="https://a.org/"><img src="/b/i.png">'
        '<a href="/z">'
    )


# --- the built book -----------------------------------------------------------------------------


@pytest.mark.slow
def test_addresses_are_lower_case():
    names = [p.relative_to(BOOK).as_posix() for p in BOOK.rglob("*") if p.is_file()]
    assert names, "the book is not built; run: make book"
    assert [n for n in names if not re.fullmatch(r"[a-z0-9_./-]+", n) and n != ".buildinfo"] == []


@pytest.mark.slow
def test_no_page_stands_beside_the_chapters_but_those_a_reader_is_led_to():
    assert {p.name for p in BOOK.glob("*.html")} == {"index.html", "search.html", "404.html"}


@pytest.mark.slow
def test_every_page_is_described_in_words_of_its_own():
    pages = sorted(BOOK.glob("chapters/**/*.html"))
    assert pages, "the book is not built; run: make book"
    said = {}
    for page in pages:
        words = meta(page.read_text(encoding="utf-8"))["description"]
        assert 40 < len(words) <= 200 and not words.endswith(":"), (page.name, words)
        said.setdefault(words, []).append(page.name)
    assert [names for names in said.values() if len(names) > 1] == []


@pytest.mark.slow
def test_an_explorer_knows_the_page_that_lists_a_statement():
    pages = {}
    for fact in facts.all_facts().values():
        page = base.listed(fact)
        if page not in pages:
            pages[page] = (BOOK / f"{page}.html").read_text(encoding="utf-8")
        assert f'id="s-{fact.fact_id}"' in pages[page], (page, fact.fact_id)
    assert len(pages) == 2


@pytest.mark.slow
def test_words_in_cyrillic_name_their_language():
    """A screen reader would spell them out in an English voice."""
    pages = sorted(BOOK.glob("chapters/**/*.html"))
    assert pages, "the book is not built; run: make book"
    for page in pages:
        tree = html.parse(str(page), html.HTMLParser(encoding="utf-8"))
        for words in tree.xpath("//body//text()[not(ancestor::script or ancestor::code)]"):
            holder = words.getparent().getparent() if words.is_tail else words.getparent()
            language = holder.xpath("string(ancestor-or-self::*[@lang][1]/@lang)")
            assert language != "en" or not re.search("[\u0400-\u04ff]", words), (page.name, words)


@pytest.mark.slow
def test_every_page_with_a_figure_has_a_picture_for_its_preview():
    pages = sorted(BOOK.glob("chapters/**/*.html"))
    assert pages, "the book is not built; run: make book"
    for page in pages:
        body = page.read_text(encoding="utf-8")
        found = preview.figure(body)
        assert bool(found) == ('class="book-chart"' in body or 'class="mv-chart"' in body), page
        if found:
            drawing, words = found
            assert len(words) > 40, page.name
            ElementTree.fromstring(preview.card("A title", "A book", drawing))
