"""The Sphinx extension of the book: figures, facts, assets, launch links, page weight.

Each module has one purpose and its own ``setup``; this one only calls them.
"""

from __future__ import annotations

from typing import Any

import multivector

PARTS = (
    "assets",
    "cache",
    "figures",
    "mathml",
    "codebook",
    "facts",
    "numbers",
    "statements",
    "status",
    "widgets",
    "selfcheck",
    "terms",
    "languages",
    "weight",
    "code",
    "notebooks",
    "assignments",
    "syllabus",
    "launch",
    "study",
    "finder",
    "address",
    "downloads",
    "preview",
)


def setup(app: Any) -> dict[str, Any]:
    """Load every part of the extension; called by Sphinx."""
    for part in PARTS:
        app.setup_extension(f"multivector.book.{part}")
    return {
        "version": multivector.__version__,
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
