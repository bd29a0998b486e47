"""Which notebooks resemble each other more than a class's notebooks do: something to look at.

Code is compared after comments, layout and a student's own names are taken out, texts by their
words. What the template holds, and what many students wrote, says nothing about two of them and is
left out (after MOSS: Schleimer, Wilkerson and Aiken, "Winnowing", SIGMOD 2003, without its
sampling: notebooks are small).
"""

from __future__ import annotations

import builtins
import keyword
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import combinations

_LENGTH = 6  # tokens in a row; fewer are chance, more miss a small change
_LONGEST = 200_000  # characters of a notebook that are looked at: it is a stranger's
_LEAST = 25  # rows of tokens of one's own; with fewer there are not enough ways to differ
_TEXT = re.compile(r"(?s)(\"\"\".*?\"\"\"|'''.*?''')")
_TOKEN = re.compile(r"(\.?)(\w+)|[^\w\s]")
_COMMENT = re.compile(r"#.*")
_KNOWN = {*keyword.kwlist, *dir(builtins)}


def fingerprint(
    cells: Iterable[str], template: Iterable[str], answers: Iterable[str]
) -> frozenset[int]:
    """Return a number for every row of tokens in ``cells`` that is not in the ``template``.

    ``answers``: the names that every student has to use. The same on every Python.
    """
    template = list(template)
    names = {m[2] for cell in template for m in _TOKEN.finditer(cell) if m[2]}
    common = _KNOWN | names | set(answers)
    return frozenset(_rows(cells, common)) - frozenset(_rows(template, common))


def _rows(cells: Iterable[str], common: set[str]) -> Iterable[int]:
    left = _LONGEST
    for cell in cells:
        cell, left = cell[:left], max(left - len(cell), 0)
        tokens: list[str] = []
        for number, part in enumerate(_TEXT.split(cell)):
            if number % 2:
                tokens += re.findall(r"\w+", part.lower())
                continue
            for match in _TOKEN.finditer(_COMMENT.sub("", part)):
                own = match[2] and not match[1] and not match[2].isdigit()
                tokens.append("name" if own and match[2] not in common else match[0])
        for start in range(len(tokens) - _LENGTH + 1):
            yield zlib.crc32("\0".join(tokens[start : start + _LENGTH]).encode("utf-8", "replace"))


def resembling(
    prints: Mapping[str, frozenset[int]], least: float = 0.7
) -> list[tuple[str, str, float]]:
    """Return (key, key, similarity) of the pairs at or above ``least``, most alike first.

    Similarity is the shared part of what both wrote and few others did, from 0 to 1. Time grows
    with the number of notebooks, not with its square.
    """
    many = max(4, len(prints) // 20)
    holders: dict[int, list[str]] = {}
    for key in sorted(prints):
        for row in prints[key]:
            holders.setdefault(row, []).append(key)
    own: Counter[str] = Counter()
    shared: Counter[tuple[str, str]] = Counter()
    for keys in holders.values():
        if len(keys) <= many:
            own.update(keys)
            shared.update(combinations(keys, 2))
    found = []
    for (one, two), count in shared.items():
        if min(own[one], own[two]) >= _LEAST:
            share = count / (own[one] + own[two] - count)
            if share >= least:
                found.append((one, two, round(share, 3)))
    return sorted(found, key=lambda pair: (-pair[2], pair[0], pair[1]))
