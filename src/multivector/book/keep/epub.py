"""The book as an ePub 3: a page a chapter, figures as SVG, facts as notes that a reader can open.

Written here rather than by a library, since those stamp clock and chance into the file: an ePub is
a zip of XHTML pages with one list of them. ``tests/test_keep.py`` has epubcheck judge it.
"""

from __future__ import annotations

import copy
import html
import re
import uuid
from pathlib import Path

from lxml import etree

from multivector import archive
from multivector.book.keep import still
from multivector.book.keep.about import About

HERE = Path(__file__).resolve().parent
CONTAINER = (
    '<?xml version="1.0" encoding="utf-8"?>\n'
    '<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">'
    '<rootfiles><rootfile full-path="book/package.opf" '
    'media-type="application/oebps-package+xml"/></rootfiles></container>\n'
)
#: What an e-reader's menu of notes and a screen reader go by
_ROLES = {
    'class="still-noteref"': 'epub:type="noteref" role="doc-noteref"',
    'class="still-notes"': 'epub:type="endnotes" role="doc-endnotes"',
    'class="still-back"': 'role="doc-backlink"',
    'class="mv-card"': 'epub:type="endnote"',
}
_ACCESS = {
    "accessMode": ("textual", "visual"),
    "accessModeSufficient": ("textual",),
    "accessibilityFeature": (
        "alternativeText", "longDescription", "MathML", "structuralNavigation", "tableOfContents",
    ),
    "accessibilityHazard": ("none",),
    "accessibilitySummary": (
        "Every figure has a text alternative, a one-sentence takeaway and, where it is short, its "
        "table. Quotations are marked with their language.",
    ),
}  # fmt: skip


def write(chapters: list[still.Chapter], about: About, target: Path) -> None:
    """Write the ePub to ``target``; the same chapters and commit give the same bytes."""
    pages = {"title.xhtml": title_page(about)}
    pages |= {f"{chapter.slug}.xhtml": page(chapter) for chapter in chapters}
    pictures = {n: svg for chapter in chapters for n, svg in chapter.pictures.items()}
    sheet = (HERE / "still.css").read_text(encoding="utf-8") + still.code_style()
    files = {
        "META-INF/container.xml": CONTAINER,
        "book/package.opf": package(about, pages, sorted(pictures)),
        "book/nav.xhtml": navigation(chapters, about),
        "book/book.css": sheet,
        **{f"book/{name}": text for name, text in (pages | pictures).items()},
    }
    archive.pack(
        target,
        {name: text.encode() for name, text in files.items()},
        first={"mimetype": b"application/epub+zip"},
    )


def document(title: str, body: str) -> str:
    """Return an XHTML page around ``body``."""
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE html>\n'
        '<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" '
        f'lang="en-GB" xml:lang="en-GB"><head><title>{html.escape(title)}</title>'
        f'<link rel="stylesheet" href="book.css"/></head><body>{body}</body></html>\n'
    )


def title_page(about: About) -> str:
    """Return the first page."""
    lines = "".join(f"<p>{html.escape(line)}</p>" for line in about.lines())
    return document(about.title, f"<h1>{html.escape(about.title)}</h1>{lines}")


def page(chapter: still.Chapter) -> str:
    """Return one chapter as XHTML, its links leading to the ePub's own pages."""
    tree = copy.deepcopy(chapter.tree)
    for link in tree.iter("a"):
        if (href := link.get("href", "")).startswith("chapters/"):
            docname, _, fragment = href.partition("#")
            file = f"{still.Chapter(docname, '', tree).slug}.xhtml"
            link.set("href", f"{file}#{fragment}" if fragment else file)
    body = "".join(etree.tostring(node, encoding="unicode", method="xml") for node in tree)
    for mark, roles in _ROLES.items():
        body = body.replace(mark, f"{mark} {roles}")
    return document(chapter.title, body)


def navigation(chapters: list[still.Chapter], about: About) -> str:
    """Return the list of chapters by part, which a reader's menu shows."""
    items: list[str] = []
    for part in dict.fromkeys(chapter.part for chapter in chapters):
        links = "".join(
            f'<li><a href="{chapter.slug}.xhtml">{html.escape(chapter.title)}</a></li>'
            for chapter in chapters if chapter.part == part
        )  # fmt: skip
        name = html.escape(part)
        items.append(f"<li><span>{name}</span><ol>{links}</ol></li>" if part else links)
    body = f'<nav epub:type="toc" role="doc-toc"><h1>Contents</h1><ol>{"".join(items)}</ol></nav>'
    return document(about.title, body)


def package(about: About, pages: dict[str, str], pictures: list[str]) -> str:
    """Return the package document: what the book is and which files it has, in reading order."""
    name = uuid.uuid5(uuid.NAMESPACE_URL, f"{about.address} {about.title} {about.version}")
    facts = "".join(
        f'<meta property="schema:{key}">{html.escape(value)}</meta>'
        for key, values in _ACCESS.items() for value in values
    )  # fmt: skip
    listed = [
        '<item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>',
        '<item id="css" href="book.css" media-type="text/css"/>',
    ]
    for file, text in pages.items():
        math = ' properties="mathml"' if re.search(r"<math[\s>]", text) else ""
        listed.append(
            f'<item id="{_id(file)}" href="{file}" media-type="application/xhtml+xml"{math}/>'
        )
    listed += [
        f'<item id="{_id(file)}" href="{file}" media-type="image/svg+xml"/>' for file in pictures
    ]
    spine = "".join(f'<itemref idref="{_id(file)}"/>' for file in pages)
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id" '
        'xml:lang="en-GB"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f'<dc:identifier id="id">urn:uuid:{name}</dc:identifier>'
        f"<dc:title>{html.escape(about.title)}</dc:title><dc:language>en-GB</dc:language>"
        f"<dc:creator>{html.escape(about.author)}</dc:creator>"
        "<dc:rights>Text and figures: CC BY 4.0</dc:rights>"
        # The format asks for a time; the commit's day is the only one that is not a clock's.
        f'<meta property="dcterms:modified">{about.date or "1980-01-01"}T00:00:00Z</meta>{facts}'
        f"</metadata><manifest>{''.join(listed)}</manifest><spine>{spine}</spine></package>\n"
    )


def _id(file: str) -> str:
    return "f-" + re.sub(r"[^\w-]", "-", file)
