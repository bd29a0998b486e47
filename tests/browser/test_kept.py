"""The book to keep, in a browser: the offline zip from an empty folder, and the print."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path
from urllib.request import url2pathname

import install_browser
import pikepdf
import pytest
from conftest import BOOK, ROOT
from explorer_support import until
from lxml import html
from test_book import (  # noqa: F401 - the same tests, of the unpacked copy
    test_a_chart_answers_the_keyboard,
    test_every_figure_is_drawn_described_and_answers,
    test_every_page_opens_without_error_or_foreign_request,
    test_without_javascript_nothing_is_lost,
)

from multivector.book.keep import __main__ as keep
from multivector.book.keep import pdf, still
from multivector.book.keep.about import About
from multivector.book.notebooks import downloads

pytestmark = pytest.mark.browser
SAYS = About("A book", "Its authors", "1.0", "abc1234", "2026-11-28")


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """The offline zip, unpacked in an empty folder, as files."""
    folder = tmp_path_factory.mktemp("offline")
    keep.offline(BOOK, ROOT / "LICENSE", folder / "book.zip")
    with zipfile.ZipFile(folder / "book.zip") as archive:
        archive.extractall(folder / "empty")
    return (folder / "empty" / "multi-vector").as_uri()


@pytest.fixture
def pages() -> list[str]:
    """One page of each kind: the copy holds the very files that every page was tested with."""
    return [f"chapters/{name}.html" for name in (
        "index", "theory/bandwagoning", "case-2025/year", "case-2025/trade", "reference/glossary",
        "reference/statements")] + ["search.html"]  # fmt: skip


def test_the_copy_holds_the_very_files(address):
    """So what every page of the book is tested for, the copy is tested for."""
    copy = Path(url2pathname(address.removeprefix("file://")))
    left_out = {".buildinfo", "objects.inv"}
    here = {p.relative_to(BOOK).as_posix(): p for p in BOOK.rglob("*") if p.is_file()}
    there = {p.relative_to(copy).as_posix(): p for p in copy.rglob("*") if p.is_file()}
    assert set(there) - set(here) == {"READ-ME.txt", "LICENCE.txt"}
    assert {Path(name).name for name in set(here) - set(there)} <= left_out
    both = sorted(here.keys() & there.keys())
    assert [n for n in both if here[n].read_bytes() != there[n].read_bytes()] == []


def test_the_first_page_is_the_landing_page(visit):
    tab = visit().open("index.html")
    tab.wait_for_url("**/chapters/index.html")
    assert tab.locator("h1").count() == 1


def test_an_explorer_answers(visit):
    reader = visit()
    tab = reader.open("chapters/case-2025/trade.html")
    explorer = tab.locator("section.mv-explorer").first
    explorer.scroll_into_view_if_needed()
    until(tab, "document.querySelector('section.mv-explorer').dataset.live === 'yes'")
    before = explorer.locator(".mv-summary").inner_text()
    explorer.locator("input[value='rivals']").check()
    until(tab, "old => document.querySelector('.mv-summary').innerText !== old", before)
    assert reader.trouble == []


def test_what_the_copy_offers_is_in_the_copy(visit):
    tab = visit().open("chapters/index.html")
    links = tab.locator(".mv-downloads a")
    assert links.count() == 2
    for link in links.all():
        with tab.expect_download() as download:
            link.click()
        assert download.value.suggested_filename.endswith(".zip")


# --- the print ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def chapters() -> list[still.Chapter]:
    return still.read(BOOK, ROOT)


def test_nothing_is_wider_than_the_paper(chromium, chapters, tmp_path):
    (tmp_path / "book.html").write_text(pdf.page(chapters, SAYS), encoding="utf-8")
    tab = chromium.new_page(viewport={"width": 642, "height": 900})  # A4 less its margins
    tab.emulate_media(media="print")
    tab.goto((tmp_path / "book.html").as_uri())
    wide = tab.evaluate(
        """() => [...document.querySelectorAll('table, pre, p, li, math, .still-picture > svg')]
             .filter((e) => e.getBoundingClientRect().right > innerWidth + 1)
             .map((e) => e.tagName + ' ' + e.closest('article')?.id + ' ' + e.className)"""
    )
    assert wide == []
    # A picture too small to read would be no figure: letters of 13 units at two thirds at least.
    small = tab.evaluate(
        """() => [...document.querySelectorAll('.still-picture > svg')]
             .filter((e) => e.getBoundingClientRect().width / e.viewBox.baseVal.width < .66)
             .map((e) => e.closest('[id]')?.id)"""
    )
    assert small == []
    tab.close()


@pytest.fixture(scope="module")
def printed(chromium, chapters, tmp_path_factory):
    """Two chapters printed twice: a part, its bookmarks, figures, formulas and notes."""
    folder = tmp_path_factory.mktemp("print")
    some = [c for c in chapters if c.slug in ("index", "theory-weighing-theories")]
    for name in ("one.pdf", "two.pdf"):
        pdf.write(some, SAYS, folder / name, chromium)
    return folder


def test_the_same_chapters_print_to_the_same_bytes(printed):
    assert (printed / "one.pdf").read_bytes() == (printed / "two.pdf").read_bytes()


def test_the_print_is_tagged_has_bookmarks_and_says_what_it_is(printed):
    with pikepdf.open(printed / "one.pdf") as made:
        assert made.Root.MarkInfo.Marked and "/StructTreeRoot" in made.Root
        assert str(made.Root.Lang) == "en-GB" and made.Root.ViewerPreferences.DisplayDocTitle
        assert str(made.docinfo["/Title"]) == "A book"
        assert str(made.docinfo["/CreationDate"]) == "D:20261128000000Z"
        assert set(made.docinfo.keys()) == {"/Title", "/Author", "/CreationDate"}
        things = [o for o in made.objects if isinstance(o, pikepdf.Dictionary)]
        figures = [o for o in things if o.get("/S") == "/Figure"]
        assert len(figures) >= 3
        assert all(len(str(o.get("/Alt", ""))) > 40 for o in figures), "a figure without words"
        tags = {str(o.get("/S")) for o in things if "/S" in o}
        assert {"/H1", "/H2", "/H3", "/P", "/Table", "/TH", "/Link"} <= tags
        with made.open_outline() as outline:
            top = [item.title for item in outline.root]
            assert top == ["A book", "Contents", "Multi-Vector", "Theory"]
            (chapter,) = outline.root[-1].children
            assert chapter.title == "Weighing rival theories"
            assert "Notes: who said it" in [item.title for item in chapter.children]


def test_every_letter_of_the_print_is_in_a_font_of_the_print(printed):
    with pikepdf.open(printed / "one.pdf") as made:
        fonts = [o for o in made.objects if isinstance(o, pikepdf.Dictionary)
                 and o.get("/Type") == "/Font" and "/BaseFont" in o]  # fmt: skip
        names = {str(o.BaseFont).partition("+")[2] for o in fonts}
    assert names and all(name.startswith(("Noto", "DejaVu")) for name in names), names


@pytest.mark.slow
def test_one_command_makes_every_file_and_the_book_as_it_is_published(tmp_path):
    command = [sys.executable, "-m", "multivector.book.keep", "--browser", install_browser.find()]
    subprocess.run([*command, "--book", str(BOOK), "--out", str(tmp_path)], check=True)
    made = {p.name for p in tmp_path.iterdir()}
    assert made == {*downloads.FILES, "SHA256SUMS", "site"}
    check = ["sha256sum", "--check", "--quiet", "SHA256SUMS"]
    assert subprocess.run(check, cwd=tmp_path, capture_output=True).returncode == 0
    landing = html.parse(str(tmp_path / "site/chapters/index.html")).getroot()
    offered = landing.xpath("//*[contains(@class, 'mv-downloads')]//a/@href")
    there = [(tmp_path / "site/chapters" / one).resolve() for one in offered]
    assert {p.name for p in there} == set(downloads.FILES) and all(p.is_file() for p in there)
    with zipfile.ZipFile(tmp_path / downloads.BOOK) as copy:
        inside = copy.read("multi-vector/chapters/index.html").decode()
    assert downloads.PDF not in inside, "the copy holds no print"


def test_a_single_page_prints_whole(chromium):
    """What a reader prints from the browser: no line of code cut off, nothing that cannot open."""
    tab = chromium.new_page(viewport={"width": 700, "height": 900})
    tab.emulate_media(media="print")
    tab.goto((BOOK / "chapters/case-2025/trade.html").as_uri())
    cut = "[...document.querySelectorAll('pre')].filter((e) => e.scrollWidth > e.clientWidth + 1)"
    assert tab.evaluate(f"{cut}.length") == 0
    assert tab.locator("details.hide:visible, .book-data:visible, .mv-form:visible").count() == 0
    assert tab.locator(".mv-cards li:visible").count() > 3
    assert tab.locator(".book-poster-wide:visible").count() >= 1
    tab.close()
