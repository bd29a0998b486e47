"""The Sphinx extension of the book: figures, facts, assets, launch links, page weight.

Each module has one purpose and its own ``setup``; this one only calls them.
"""

from __future__ import annotations

import gc
from typing import Any

import multivector

PARTS = (
    "build.assets",
    "build.cache",
    "figures.figures",
    "frame.mathml",
    "statements.codebook",
    "statements.errata",
    "statements.facts",
    "statements.searches",
    "statements.margins",
    "statements.numbers",
    "statements.statements",
    "build.status",
    "figures.widgets",
    "learning.selfcheck",
    "learning.terms",
    "build.languages",
    "frame.weight",
    "frame.code",
    "frame.reader_view",
    "notebooks.notebooks",
    "learning.assignments",
    "learning.syllabus",
    "notebooks.launch",
    "learning.study",
    "search.finder",
    "frame.address",
    "notebooks.downloads",
    "figures.preview",
)


def setup(app: Any) -> dict[str, Any]:
    """Load every part of the extension; called by Sphinx."""
    # A build makes millions of nodes and keeps nearly all to its end: looking for garbage every
    # seven hundred objects, as Python does unasked, is a quarter of an unchanged rebuild.
    gc.set_threshold(100_000, 10, 10)
    for part in PARTS:
        app.setup_extension(f"multivector.book.{part}")
    return {
        "version": multivector.__version__,
        # For all parts: what they note of pages they read and write no other process gives back.
        "parallel_read_safe": False,
        "parallel_write_safe": False,
    }
