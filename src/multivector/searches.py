"""One search: what was asked, with which words, where, when, and with what outcome.

"Not found" is a finding too, and it ages. A row of ``data/searches.csv`` says how it was come by,
so that a reader can search again; ``missing`` finds the negatives of a page that name no row.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields

import pandas as pd

from multivector.data import DataError, load
from multivector.facts import date_words

#: outcome -> how the card words it
OUTCOMES = {
    "not found": "Not found",
    "found in part": "Found in part",
}
#: Words by which a page says that something was looked for in vain
_NEGATIVE = re.compile(
    r"""
    \bnot\ found\b | \bnot\ (?:publicly\ )?(?:published|known|reported|recorded|disclosed)\b
    | \b(?:we|I)\ (?:have\ |had\ |did\ |do\ |could\ |can\ )?(?:not|never)\ (?:yet\ )?
      (?:find|found|confirm(?:ed)?|seen?|saw|locate[d]?)\b
    | \b(?:could|can|did)\ (?:not|never)\ (?:be\ )?(?:find|found|confirm(?:ed)?|locate[d]?)\b
    | \bcannot\ (?:be\ )?(?:find|found|confirm(?:ed)?)\b
    | \bfound\ (?:no|none|nothing|neither|nobody)\b | \b(?:find|finds)\ (?:no|none|nothing)\b
    | \bconfirm(?:ed)?\ (?:no|none)\b
    | \bno(?:ne)?\b[^.;:!?]{0,60}\b(?:was|were|is|are|has\ been|have\ been|could\ be|can\ be)
      \ (?:ever\ )?(?:found|known|published|reported|confirmed|seen)\b
    | \bnothing\b[^.;:!?]{0,40}\b(?:was|is)\ (?:found|known|published|reported)\b
    | \bno\ (?:later|newer|further|other|earlier|independent|official|open|public|published)\ 
      (?:step|report|page|figure|news|word|record|list|data|total|count|series|source|text|sign)s?\b
    | \bno\ (?:source|page|outlet|agency|report|ministry|statistic)s?\ 
      (?:\w+\ ){0,5}?(?:says?|said|gives?|gave|names?|shows?|showed|reports?|states?|mentions?
      |publish(?:es|ed)?|explains?|tells?|records?|has|have|had)\b
    | \bno\ such\ (?:visit|report|page|record|figure|statement|case|list|document|deal|act)s?\b
    | \b(?:nobody|no\ one)\ (?!can\b)(?:\w+\ ){0,4}?
      (?:publish(?:es|ed)?|says?|said|names?|gives?|gave|reports?|reported|counts|knows
      |has\ published|has\ said)\b
    | \bnever\ (?:been\ )?(?:published|reported|confirmed|disclosed)\b
    | \b(?:is|are|was|were|stays?|stayed|remains?)\ (?:unknown|unreported)\b
    | \bunpublished\b
    """,
    re.X | re.I,
)
_SHOWN = re.compile(r"\{search\}`[^`]+`")
_ROLE = re.compile(r"\{[a-z:]+\}`[^`]*`")
_FENCE = re.compile(r"^\s*(`{3,}|~{3,}|:{3,})\s*(\{[^}]*\})?(.*)$")
#: What begins a block of its own without a blank line before it
_ITEM = re.compile(r"^\s*(?:[-*+]|\d+[.)]|\|)\s?")
#: Directives whose body is no statement of the page: code, formulas, and questions to the reader
_NOT_PROSE = ("code-cell", "self-check", "math", "mermaid", "statements", "sources", "objectives")


@dataclass(frozen=True)
class Search:
    """One row of ``searches.csv``; ``date`` is ``YYYY-MM-DD``, ``note`` may be ``None``."""

    search_id: str
    question: str
    words: str
    places: str
    date: str
    outcome: str
    note: str | None

    @property
    def day(self) -> str:
        """The day of the search in words."""
        return date_words(self.date)


def all_searches() -> dict[str, Search]:
    """Return every search by its id, in the order of the table."""
    names = [field.name for field in fields(Search)]
    rows = load("searches").assign(date=lambda t: t["date"].dt.strftime("%Y-%m-%d"))
    return {
        row["search_id"]: Search(**{n: None if pd.isna(row[n]) else row[n] for n in names})
        for row in rows.to_dict("records")
    }


def get(search_id: str) -> Search:
    """Return one search; raises ``DataError`` for an id that is not in the table."""
    try:
        return all_searches()[search_id]
    except KeyError:
        raise DataError(f"no search called {search_id!r} in searches.csv") from None


def split(content: str) -> tuple[str, str]:
    """Return (words shown, id) of a role's content.

    ``no report was found <armenia-cargo>`` shows its own words, a bare id shows "not found".
    """
    found = re.match(r"^(.*?)\s*<([^<>]+)>$", content.strip(), re.S)
    words, search_id = (found[1], found[2].strip()) if found else ("", content.strip())
    return words or get(search_id).outcome, search_id


def told(search: Search) -> list[tuple[str, str]]:
    """Return what a card says of a search as (label, text) pairs, in reading order."""
    parts = [
        ("Question", search.question),
        ("Words searched", search.words),
        ("Where", search.places),
        ("When", search.day),
        ("Outcome", OUTCOMES[search.outcome]),
    ]
    return parts + ([("Note", search.note)] if search.note else [])


@dataclass(frozen=True)
class Unsearched:
    """A negative of a page that names no search; ``line`` is where its ``block`` begins."""

    file: str
    line: int
    text: str
    block: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text!r} names no {{search}} in its paragraph"


def missing(text: str, name: str) -> list[Unsearched]:
    """Return every negative of one MyST page whose paragraph or list item names no search."""
    return [
        Unsearched(name, line, found[0], block)
        for line, block in blocks(text)
        if not _SHOWN.search(block)
        for found in [_NEGATIVE.search(" ".join(_ROLE.sub("…", block).split()))]
        if found
    ]


def blocks(text: str) -> Iterator[tuple[int, str]]:
    """Yield (line, text) of each paragraph, list item and table row; no code, no questions."""
    block: list[str] = []
    start, skip = 0, ""
    matter = text.startswith("---\n")
    for number, line in enumerate([*text.split("\n"), ""], start=1):
        if matter:
            matter = number == 1 or line.strip() != "---"
            continue
        fence = _FENCE.match(line)
        if skip:
            if fence and fence[1].startswith(skip) and not fence[2] and not fence[3].strip():
                skip = ""
            continue
        ends = fence or not line.strip() or _ITEM.match(line)
        if ends and block:
            yield start, "\n".join(block)
            block = []
        if fence:
            directive = (fence[2] or "").strip("{}")
            # A fence without a directive opens only with words after it, such as ```python.
            if directive in _NOT_PROSE or (not directive and fence[3].strip()):
                skip = fence[1]
            continue
        if line.strip():
            if not block:
                start = number
            block.append(line)
