"""The book's own address, where it is published; most copies of the book have none.

Publishing sets ``MULTIVECTOR_BOOK_ADDRESS``. Canonical links, pictures for link previews and the
site map need an absolute address, so a copy without one goes without them, and links nowhere else.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

VARIABLE = "MULTIVECTOR_BOOK_ADDRESS"


def find(environment: Mapping[str, str] = os.environ) -> str:
    """Return the address with a slash at its end, or ``""``; refuses what is no address."""
    text = environment.get(VARIABLE, "").strip()
    if not text:
        return ""
    if not re.fullmatch(r"https?://[\w.-]+(?::\d+)?(?:/[\w.~%/-]*)?", text):
        raise ValueError(f"{VARIABLE} is no address of a book: {text!r}")
    return text.rstrip("/") + "/"
