"""An inline drawing of a page as a picture of its own: an SVG file that knows no page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree

from multivector.explorers import base

#: The light theme, since a picture of its own knows no page's variables (see static/book.css)
INK = {
    "ink": "#1a2b3c", "muted": "#5b6b7c", "grid": "#d5dbe2", "paper": "#ffffff", "soft": "#f3f5f8",
    "focus": "#1f6fb2",
}  # fmt: skip
FONTS = "'Noto Sans', 'DejaVu Sans', Arial, sans-serif"

_SVG = re.compile(r"<svg\b[^>]*>|</svg>")
_VARIABLE = re.compile(r"var\(--mv-(\w+?)(?:-now)?\s*(?:,[^()]*(?:\([^()]*\))?)?\)")


class PictureError(ValueError):
    """A drawing that cannot stand by itself; the message shows where it begins."""


def drawings(page: str) -> Iterator[tuple[int, int]]:
    """Yield where each drawing of a page begins and ends; a drawing may nest another."""
    depth = start = 0
    for mark in _SVG.finditer(page):
        if mark[0].endswith("/>"):
            continue
        if mark[0] != "</svg>":
            start = start if depth else mark.start()
            depth += 1
        else:
            depth -= 1
            if depth == 0:
                yield start, mark.end()


def picture(svg: str) -> str:
    """Return an inline SVG of a page as a file of its own, in the colours of the light theme."""
    head, _, rest = svg.partition(">")
    head = re.sub(r'\s(?:aria-hidden|focusable|class|width|height|font-family|xmlns)="[^"]*"', "",
                  head)  # fmt: skip
    width, height = size(head)
    frame = f'xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}"'
    head = head.replace("<svg", f'<svg {frame} font-family="{FONTS}"', 1)
    style = f"<style>{_style()}</style>" if 'class="' in rest else ""
    made = _plain(f"{head}>{style}{rest}")
    try:
        ElementTree.fromstring(made)
    except ElementTree.ParseError as error:
        raise PictureError(f"a picture that is not XML: {error}: {svg[:80]}") from error
    return made + "\n"


def size(svg: str) -> tuple[float, float]:
    """Return width and height of a drawing by its ``viewBox``, in CSS pixels."""
    box = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg.partition(">")[0])
    if not box:
        raise PictureError(f"a picture without a viewBox: {svg[:80]}")
    return float(box[1]), float(box[2])


def _plain(words: str) -> str:
    """Return text with every colour variable of the page replaced by its value."""
    return _VARIABLE.sub(lambda found: INK[found[1]], words)


def _style() -> str:
    """Return what the explorers' style sheet says about shapes, for a picture without a page."""
    rules = []
    sheet = re.sub(r"/\*.*?\*/", "", base.style())
    # Not every program that draws pictures knows selectors by the beginning of a class.
    series = ", ".join(dict.fromkeys(re.findall(r"\.mv-s\d", sheet)))
    sheet = sheet.replace('g[class^="mv-s"]', series)
    for names, body in re.findall(r"([^{}]+)\{([^{}]*)\}", sheet):
        if re.search(r"(?:^|;)\s*(?:fill|stroke|opacity|font-size|color|paint-order)", body):
            # In the picture there is no chart around the shapes.
            names = names.replace(".mv-chart ", "").strip()
            if not re.search(r"@|:|\b(?:input|select|fieldset|label|table|explorer|p)\b", names):
                rules.append(f"{names}{{{body.strip()}}}")
    return _plain("".join(rules)) + f"text{{font-family:{FONTS}}}"
