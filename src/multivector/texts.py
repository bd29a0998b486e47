"""The five source texts: found by their hash, read one way, searched for quotes and numerals.

The texts are their publishers' and are not part of the repository. Wherever a folder of them is
given, ``find`` recognises each by its sha256 and the tests hold every quote against it.

How a text is read before a quote is looked up (``normalise``):

1. Unicode NFC; soft hyphens, zero-width characters and byte-order marks are dropped.
2. Combining marks that no letter takes up are dropped (the paper has three stray breves).
3. A hyphen at a line end is a syllable break and goes with the break, except after a known first
   half of a compound and before a capital or a digit, where it is the word's own.
4. A hyphen set off by a space before a particle on the next line is glued (``какой -`` / ``либо``).
5. A dash that hangs on a word at a line end is glued to the next word (``2014–`` / ``2020``).
6. Every run of white space, line breaks included, becomes one space.

Nothing else changes: quotation marks, dashes, case and the authors' mistakes stay as printed.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from multivector.data import load

# First halves of compounds that happen to stand at a line end: their hyphen belongs to the word.
# Anything not listed here (or capitalised, or a digit, after the break) is taken for a syllable
# break and joined. Extend the list when a text brings a new compound.
COMPOUND_HEADS = frozenset(
    {"военно", "политико", "транспортно", "финансово", "центрально", "multi", "post"}
)
PARTICLES = ("либо", "нибудь", "то")

_INVISIBLE = re.compile("[\u00ad\u200b-\u200d\u2060\ufeff]")
_PARTICLE = re.compile(rf"(?<=\w)[^\S\n]-[^\S\n]*\n\s*(?=(?:{'|'.join(PARTICLES)})\b)")
_HYPHEN = re.compile(r"(?P<head>[^\s-]+)-[^\S\n]*\n\s*(?=(?P<next>\w))")
_DASH = re.compile(r"(?<=\w)(?P<dash>[\u2013\u2014])[^\S\n]*\n\s*(?=\w)")
_SPACE = re.compile(r"\s+")
_OPENING = "«»„“”\"'(["

_DIGITS = re.compile(r"\d+(?:[.,]\d+)?")
# Cardinals and the ordinals that carry a claim, declined. A help for the reader of a text, not a
# proof: "один" and "первый" are articles and adverbs in most of their uses.
_WORDS = {
    "ru": re.compile(
        r"\b(?:дв(?:а|е|ух|ум|умя)|тр(?:и|ёх|ех|ем|ём|емя)|четыр\w+|пят(?:ь|и|ью)|шест(?:ь|и|ью)"
        r"|сем(?:ь|и|ью)|девят(?:ь|и|ью)|десят(?:ь|и|ью|илетия)|половин\w+)\b",
        re.IGNORECASE,
    ),
    "kk": re.compile(
        r"\b(?:екі|үш|төрт|бес|алты|жеті|сегіз|тоғыз|жүз|мың|миллиард)\b", re.IGNORECASE
    ),
}


@dataclass(frozen=True)
class Numeral:
    """One numeral as printed: ``line`` counts from 1, ``position`` from 0 within the line."""

    line: int
    position: int
    token: str


def find(folder: Path) -> dict[str, str]:
    """Return source id -> text for every file in ``folder`` that is one of the five texts.

    A file is recognised by its sha256 in ``sources.csv``, whatever its name; other files are
    passed over. Texts are UTF-8 with their line breaks as received.
    """
    sources = load("sources")
    known = sources.dropna(subset=["sha256"]).set_index("sha256")["source_id"]
    texts = {}
    for path in sorted(Path(folder).iterdir()):
        if path.is_file():
            raw = path.read_bytes()
            source = known.get(hashlib.sha256(raw).hexdigest())
            if source is not None:
                texts[source] = raw.decode("utf-8")
    return texts


def normalise(text: str) -> str:
    """Return ``text`` on one line, in NFC, without line-end hyphens and stray marks.

    Idempotent. Quotation marks, dashes, letter case and spelling mistakes stay as printed.
    """
    text = _drop_marks(text)
    text = _PARTICLE.sub("-", text)
    text = _HYPHEN.sub(_join, text)
    text = _DASH.sub(lambda match: match["dash"], text)
    return _SPACE.sub(" ", text).strip()


def skeleton(text: str) -> str:
    """Return what normalising may not touch: ``text`` without spaces, hyphens and marks."""
    return re.sub(r"[\s-]", "", _drop_marks(text))


def locate(text: str, quote: str) -> list[int]:
    """Return the 1-based lines of the raw ``text`` on which ``quote`` begins, in order.

    ``quote`` is looked up in ``normalise(text)`` as it stands; an empty list means that it is
    not there. Lines are counted by ``\\n``. Raises ValueError if ``quote`` is empty.
    """
    if not quote:
        raise ValueError("an empty quote has no place in a text")
    line_of = [
        number for number, line in enumerate(text.split("\n"), start=1) for _ in skeleton(line)
    ]
    flat = normalise(text)
    lines: list[int] = []
    start = flat.find(quote)
    while start >= 0:
        lines.append(line_of[len(skeleton(flat[:start]))])
        start = flat.find(quote, start + 1)
    return lines


def numerals(text: str) -> list[Numeral]:
    """Return every number in digits (a decimal counts once), found without regard to facts."""
    return _matches(text, _DIGITS)


def number_words(text: str, language: str) -> list[Numeral]:
    """Return the common number words of a text in Russian (``ru``) or Kazakh (``kk``).

    A word broken across two lines is not found. Raises KeyError for another language.
    """
    return _matches(text, _WORDS[language])


def _matches(text: str, pattern: re.Pattern[str]) -> list[Numeral]:
    return [
        Numeral(number, match.start(), match.group())
        for number, line in enumerate(text.split("\n"), start=1)
        for match in pattern.finditer(line)
    ]


def _drop_marks(text: str) -> str:
    composed = unicodedata.normalize("NFC", _INVISIBLE.sub("", text))
    return "".join(char for char in composed if unicodedata.category(char) != "Mn")


def _join(match: re.Match[str]) -> str:
    head, following = match["head"], match["next"]
    keep = (
        head.lstrip(_OPENING).casefold() in COMPOUND_HEADS
        or following.isupper()
        or following.isdigit()
    )
    return f"{head}-" if keep else head
