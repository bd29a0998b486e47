"""What a link to a page shows where it is shared: title, first words, the page's main figure.

Only a published copy has previews, since their addresses must be absolute. The figure is the poster
of the page's first figure or explorer, drawn to PNG by resvg with the fonts that measured it.
"""

from __future__ import annotations

import html
import re
import shutil
import textwrap
from pathlib import Path
from typing import Any

import resvg_py
from sphinx.errors import ExtensionError

from multivector.book.build import assets
from multivector.book.figures import pictures
from multivector.book.frame import address

FOLDER = "_static/preview"
WIDTH, HEIGHT = 1200, 630
_FONTS = "dejavu-fonts-ttf/ttf"
_FIRST = re.compile(r'<div class="(?:book|mv)-chart"[^>]*?aria-label="([^"]*)"')


def figure(body: str) -> tuple[str, str] | None:
    """Return (drawing, words for who cannot see it) of a page's first figure, if it has one."""
    found = _FIRST.search(body)
    if not found:
        return None
    place = next(pictures.drawings(body[found.end() :]), None)
    if place is None:  # an explorer that begins with words
        return None
    drawing = body[found.end() :][slice(*place)]
    return drawing, html.unescape(found[1])


def card(title: str, book: str, drawing: str) -> str:
    """Return the preview as SVG: book and page by name above the figure."""
    lines = textwrap.wrap(title, 42)[:2]
    words = "".join(
        f'<text x="60" y="{112 + 54 * n}" font-size="44" font-weight="bold" '
        f'fill="{pictures.INK["ink"]}">{html.escape(line)}</text>'
        for n, line in enumerate(lines)
    )
    top = 90 + 54 * len(lines)
    inner = pictures.picture(drawing)
    width, height = pictures.size(drawing)
    scale = min((WIDTH - 120) / width, (HEIGHT - top - 30) / height)
    x = (WIDTH - width * scale) / 2
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}" font-family="DejaVu Sans">'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{pictures.INK["paper"]}"/>'
        f'<rect width="16" height="{HEIGHT}" fill="{pictures.INK["focus"]}"/>'
        f'<text x="60" y="56" font-size="24" fill="{pictures.INK["muted"]}">{html.escape(book)}'
        f"</text>{words}"
        f'<g transform="translate({x:.2f} {top}) scale({scale:.4f})">{inner}</g></svg>'
    )


def png(svg: str) -> bytes:
    """Return an SVG as PNG; the machine's fonts are not asked, so the bytes are the same anywhere.

    Raises ``ExtensionError`` where the fonts are not installed or the picture cannot be drawn.
    """
    folder = assets.ROOT / "node_modules" / _FONTS
    files = [folder / "DejaVuSans.ttf", folder / "DejaVuSans-Bold.ttf"]
    if missing := [file.name for file in files if not file.is_file()]:
        raise ExtensionError(f"{', '.join(missing)} not installed; run: make assets")
    try:
        made = resvg_py.svg_to_bytes(
            svg_string=svg, skip_system_fonts=True, font_files=[str(file) for file in files],
            font_family="DejaVu Sans", sans_serif_family="DejaVu Sans",
        )  # fmt: skip
    except ValueError as error:
        raise ExtensionError(f"a preview cannot be drawn: {error}") from error
    return bytes(made)


def tags(values: dict[str, str]) -> str:
    """Return meta elements: OpenGraph's by ``property``, Twitter's by ``name``."""
    return "\n".join(
        f'<meta {"name" if key.startswith("twitter:") else "property"}="{key}" '
        f'content="{html.escape(value)}">'
        for key, value in values.items()
    )


def _add(app: Any, page: str, template: str, context: dict, doctree: Any) -> None:
    base = address.find()
    if not base or doctree is None or app.builder.name != "html":
        return
    title = html.unescape(re.sub("<[^>]+>", "", context["title"]))
    values = {
        "og:type": "article" if page != app.config.root_doc else "website",
        "og:site_name": app.config.html_title,
        "og:title": title,
        "og:description": context["mv_description"],
        "og:url": f"{base}{page}.html",
        "og:locale": "en_GB",
        "twitter:card": "summary",
    }
    if found := figure(context["body"]):
        drawing, words = found
        name = f"{FOLDER}/{page.removeprefix('chapters/').replace('/', '-')}.png"
        path = Path(app.outdir, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(png(card(title, app.config.html_title, drawing)))
        values |= {
            "og:image": f"{base}{name}",
            "og:image:width": str(WIDTH),
            "og:image:height": str(HEIGHT),
            "og:image:alt": words,
            "twitter:card": "summary_large_image",
        }
    context["mv_preview"] = tags(values)


def _clear(app: Any) -> None:
    """Drop the pictures of an earlier build that had an address."""
    if app.builder.name == "html" and not address.find():
        shutil.rmtree(Path(app.outdir, FOLDER), ignore_errors=True)


def setup(app: Any) -> dict[str, Any]:
    """Add the previews to each page, after ``weight`` has described it."""
    app.connect("builder-inited", _clear)
    app.connect("html-page-context", _add, priority=960)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
