"""Addresses: the book's own where it is published, its site map, pages that moved or are none.

Publishing sets ``MULTIVECTOR_BOOK_ADDRESS``. Canonical links, pictures for link previews and the
site map need an absolute address, so a copy without one goes without them, and links nowhere else.
A page that moves gets a line in ``moved_pages`` of ``_config.yml``: its old address leads on.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sphinx.errors import ExtensionError

VARIABLE = "MULTIVECTOR_BOOK_ADDRESS"


def find(environment: Mapping[str, str] = os.environ) -> str:
    """Return the address with a slash at its end, or ``""``; refuses what is no address."""
    text = environment.get(VARIABLE, "").strip()
    if not text:
        return ""
    if not re.fullmatch(r"https?://[\w.-]+(?::\d+)?(?:/[\w.~%/-]*)?", text):
        raise ValueError(f"{VARIABLE} is no address of a book: {text!r}")
    return text.rstrip("/") + "/"


# --- pages that are not chapters ----------------------------------------------------------------


def moved_page(up: str, target: str, base: str) -> str:
    """Return the page at an old address: it leads to ``target`` at once, and says so.

    ``up`` leads from the old page to the book's top; ``base`` is the book's address or ``""``.
    """
    there = f"{up}{target}.html"
    canonical = f'<link rel="canonical" href="{base}{target}.html">' if base else ""
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="refresh" content="0; url={there}">'
        f"<title>This page has moved</title>{canonical}</head><body><main>"
        f'<h1>This page has moved</h1><p><a href="{there}">Go to its new address</a></p>'
        "</main></body></html>\n"
    )


def check_moved(moved: Mapping[str, str], known: set[str]) -> None:
    """Refuse a table of moved pages that names a page which is there, or leads to none."""
    for old, new in moved.items():
        if old in known:
            raise ExtensionError(f"moved_pages: {old} has not moved, the page is there")
        if new not in known:
            raise ExtensionError(f"moved_pages: {old} leads to {new}, which is no page")
        if old != old.lower():
            raise ExtensionError(f"moved_pages: {old} is not lower case, as every address is")


def site_map(base: str, docnames: Iterable[str]) -> str:
    """Return the map of the site for search engines; no dates, since a page knows no clock."""
    places = "".join(
        f"<url><loc>{escape(base)}{escape(name)}.html</loc></url>\n" for name in sorted(docnames)
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{places}</urlset>\n'
    )


def rooted(page: str, base: str) -> str:
    """Return a page whose relative addresses count from the book's top, whatever its own depth."""
    top = urlsplit(base).path or "/"

    def absolute(match: re.Match) -> str:
        return f'{match[1]}"{top}{match[2].removeprefix("./")}"'

    return re.sub(r'(\s(?:href|src|action)=)"(?!\w+:|/|#)([^"]*)"', absolute, page)


def _configure(app: Any, config: Any) -> None:
    config.html_baseurl = find()
    config.html_additional_pages = {**config.html_additional_pages, "404": "404.html"}


def _write(app: Any, error: Exception | None) -> None:
    if error or app.builder.name != "html":
        return
    base, out = find(), Path(app.outdir)
    known = set(app.env.found_docs)
    moved = dict(app.config.moved_pages)
    check_moved(moved, known)
    for old, new in moved.items():
        path = out / f"{old}.html"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(moved_page("../" * old.count("/"), new, base), encoding="utf-8")
    if "index" not in known:  # the top of the book leads to its first page
        first = moved_page("", app.config.root_doc, base)
        (out / "index.html").write_text(first, encoding="utf-8")
    if base:
        (out / "sitemap.xml").write_text(site_map(base, known), encoding="utf-8")
    else:  # an earlier build into this folder may have had an address
        (out / "sitemap.xml").unlink(missing_ok=True)


def _root(app: Any, error: Exception | None) -> None:
    lost = Path(app.outdir, "404.html")
    if not error and find() and lost.is_file():
        lost.write_text(rooted(lost.read_text(encoding="utf-8"), find()), encoding="utf-8")


def setup(app: Any) -> dict[str, Any]:
    """Set the book's address; write the pages that lead to others when the build ends."""
    app.add_config_value("moved_pages", {}, "html", [dict])
    app.connect("config-inited", _configure)
    # Before external-toc writes an index of its own where it finds none.
    app.connect("build-finished", _write, priority=400)
    # After every script and style sheet has got its stamp, which looks for relative addresses.
    app.connect("build-finished", _root, priority=960)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
