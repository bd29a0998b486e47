"""The language of words in another tongue, so that a screen reader changes its voice.

A chapter writes ``[баланс сил]{lang=ru}``. MyST reads such attributes and keeps only class and id;
docutils has a class for it, which becomes the attribute ``lang`` again. A bibliography and the text
cells of a table cannot be marked in their source: their Cyrillic words are found by their letters.
"""

from __future__ import annotations

import html
import re
from typing import Any

from docutils import nodes

_MARKED = re.compile(r"(?<=\])\{lang=([A-Za-z-]+)\}")
_CYRILLIC = re.compile(r"([\u0400-\u04ff](?:[\u0400-\u04ff\s,:«»–-]*[\u0400-\u04ff»])?)")
#: Letters that Kazakh has and Russian has not
_KAZAKH = re.compile("[әғқңөұүһі]", re.IGNORECASE)


def named(text: str) -> str:
    """Return a page's source with each language as the class that docutils knows."""
    return _MARKED.sub(r"{.language-\1}", text)


def mark(doctree: nodes.Node) -> None:
    """Name the language of the Cyrillic words in every entry of a bibliography."""
    for entry in doctree.findall(nodes.citation):
        for text in list(entry.findall(nodes.Text)):
            parts = _CYRILLIC.split(text)
            if len(parts) > 1:
                text.parent.replace(text, [_part(part) for part in parts if part])


def _part(words: str) -> nodes.Node:
    if not (language := _language(words)):
        return nodes.Text(words)
    return nodes.inline("", words, classes=[f"language-{language}"])


def _language(words: str) -> str | None:
    if not _CYRILLIC.match(words):
        return None
    return "kk" if _KAZAKH.search(words) else "ru"


def spoken(text: str) -> str:
    """Return English text as HTML, escaped, with the language of its Cyrillic words."""
    return "".join(
        tagged(part, _language(part)) if _language(part) else html.escape(part)
        for part in _CYRILLIC.split(text)
    )


def tagged(text: str, language: str | None, tag: str = "span") -> str:
    """Return text as HTML, escaped, in an element that names its language, the page's if none."""
    named = f' lang="{html.escape(language)}"' if language not in (None, "en") else ""
    return f"<{tag}{named}>{html.escape(text)}</{tag}>"


def _read(app: Any, docname: str, source: list[str]) -> None:
    source[0] = named(source[0])


def _resolve(app: Any, doctree: nodes.document, docname: str) -> None:
    mark(doctree)


def setup(app: Any) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("source-read", _read)
    app.connect("doctree-resolved", _resolve)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
