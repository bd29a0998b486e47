"""Every contradiction in the data is taken up by some chapter, both sides of it."""

from __future__ import annotations

import re
from pathlib import Path

from multivector import facts

CHAPTERS = [
    page
    for part in ("theory", "case-2025")
    for page in sorted((Path(__file__).resolve().parents[1] / "chapters" / part).glob("*.md"))
]


def named(page: Path) -> set[str]:
    """Facts that a page shows or computes with; a Kazakh twin counts as its Russian original.

    The two documents are one interview, so discussing one of them discusses the voice.
    """
    words = set(re.findall(r"[a-z0-9]+(?:-[a-z0-9]+)+", page.read_text("utf-8")))
    text = page.read_text("utf-8")
    for stem, tails in re.findall(r"f\"([\w-]+-)\{(\w+)\}", text):
        words |= {fact for fact in facts.all_facts() if fact.startswith(stem) and tails}
    return words | {f"{word}-kk" for word in words}


def test_every_conflict_is_discussed():
    pages = [named(page) for page in CHAPTERS]
    pairs = {
        tuple(sorted((one.fact_id, rival.fact_id)))
        for one in facts.all_facts().values()
        for rival in facts.rivals(one)
    }
    assert pairs
    silent = sorted(pair for pair in pairs if not any(set(pair) <= page for page in pages))
    assert silent == [], "no chapter sets these side by side"
