"""The language of words in another tongue, so that a screen reader changes its voice.

A chapter writes ``[баланс сил]{lang=ru}``. MyST reads such attributes and keeps only class and id;
docutils has a class for it, which becomes the attribute ``lang`` again.
"""

from __future__ import annotations

import re
from typing import Any

_MARKED = re.compile(r"(?<=\])\{lang=([A-Za-z-]+)\}")


def named(text: str) -> str:
    """Return a page's source with each language as the class that docutils knows."""
    return _MARKED.sub(r"{.language-\1}", text)


def _read(app: Any, docname: str, source: list[str]) -> None:
    source[0] = named(source[0])


def setup(app: Any) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("source-read", _read)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
