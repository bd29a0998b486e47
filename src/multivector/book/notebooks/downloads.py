"""The ``{downloads}`` directive: what a reader can keep, each file with its size.

``make book`` makes the notebooks and the data; ``make dist`` adds the offline book, the PDF and the
ePub. The list names the files that are there, so that no copy of the book offers what it lacks.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from multivector import archive
from multivector.book.notebooks import notebooks
from multivector.book.statements import codebook

FOLDER = "_downloads"
BOOK, PDF, EPUB = "multi-vector-book.zip", "multi-vector.pdf", "multi-vector.epub"
NOTEBOOKS, DATA = "multi-vector-notebooks.zip", Path(codebook.ZIP).name
#: file -> what it is for; in the order of the list
FILES = {
    BOOK: "The whole book as files: unpack it and open index.html, no network needed",
    PDF: "The book on paper: PDF, tagged, with bookmarks",
    EPUB: "The book for an e-reader: ePub",
    NOTEBOOKS: "Every chapter as a notebook: zip",
    DATA: "Every table that may be passed on: zip",
}
_PLACE = re.compile(r"(<!--downloads (\S*)-->).*?(<!--/downloads-->)", re.S)


class Downloads(SphinxDirective):
    """Mark the place; what is there to download is known when the build ends."""

    def run(self) -> list[nodes.Node]:
        """Return the marked place, which names the way from this page to the book's top."""
        up = "../" * self.env.docname.count("/") or "./"
        place = f'<div class="mv-downloads"><!--downloads {up}--><!--/downloads--></div>'
        return [nodes.raw("", place, format="html")]


def size(count: int) -> str:
    """Return a number of bytes as a reader says it: "6.6 MB", "86 KB"."""
    if count >= 1_000_000:
        return f"{count / 1_000_000:.1f} MB"
    return f"{max(1, round(count / 1000))} KB"


def listed(book: Path, up: str) -> str:
    """Return the files of ``book`` as an HTML list; ``up`` leads from the page to its top."""
    items = []
    for name, words in FILES.items():
        file = book / FOLDER / name
        if file.is_file():
            link = f'<a href="{up.removeprefix("./")}{FOLDER}/{name}" download>{words}</a>'
            items.append(f"<li>{link} ({size(file.stat().st_size)})</li>")
    return f"<ul>{''.join(items)}</ul>" if items else ""


def fill(book: Path) -> None:
    """Write the list of files into every marked place of the pages of ``book``."""
    for page in sorted((book / "chapters").rglob("*.html")):
        text = page.read_text(encoding="utf-8")
        new = _PLACE.sub(lambda place: f"{place[1]}{listed(book, place[2])}{place[3]}", text)
        if new != text:
            page.write_text(new, encoding="utf-8")


def _finish(app: Any, error: Exception | None) -> None:
    if error or app.builder.name != "html":
        return
    out = Path(app.outdir)
    made = archive.folder(out / notebooks.DOWNLOADS, "multi-vector-notebooks/")
    if made:
        archive.pack(out / FOLDER / NOTEBOOKS, made)
    fill(out)


def setup(app: Any) -> dict[str, Any]:
    """Register the directive; fill it once the notebooks and the data are written."""
    app.add_directive("downloads", Downloads)
    app.connect("build-finished", _finish, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
