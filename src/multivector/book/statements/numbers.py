"""No bare number: every figure in a chapter's prose is a fact, a computed value or an enumeration.

``python -m multivector.book.statements.numbers [FILE ...]`` prints file, line and figure; the build
stops on the same list. Allowed in prose: years and dates, ordinals, numbered lists, section
numbers, and the names listed below. Worked examples stand in an admonition of class ``example``. In
code, the words given to a figure may hold no digits but years: they are built from values.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sphinx.errors import ExtensionError

#: Names that carry digits; a figure, however official, never belongs here.
NAMES = (
    r"C5\s?\+\s?1",
    r"5\s?\+\s?1",
    r"ES-11/\d",
    r"A/RES/\d+/\d+",
    r"\b\d+/\d+\b(?= \(resolution\))",
    r"787-9",
    r"EU-?27",
    r"S-300",
    r"CC BY 4\.0",
    r"[PSCR]\d\b",
    r"WCAG 2\.2",
    r"Python 3(\.\d+)?",
)
_MONTH = "January|February|March|April|May|June|July|August|September|October|November|December"
#: What is counted or measured: a number before it is no year, whatever its size
_UNIT = (
    r"per\ cent|percent|million|billion|trillion|thousand|mln|bn|"
    r"(?:US\ )?dollars?|euros?|tenge|roubles?|rubles?|yuan|"
    r"tonnes?|tons?|barrels?|km|kilometres?|kilometers?|miles?|metres?|hectares?|"
    r"MW|GW|TEU|containers?|wagons?|"
    r"people|persons?|soldiers?|troops|workers?|students?|pupils?|citizens?|"
    r"words?|pages?|times|days?|hours?|minutes?|months?|weeks?|points?|companies|firms"
).replace(r"\ ", r"\s")
_ALLOWED = re.compile(
    "|".join(
        (
            *NAMES,
            rf"\b\d{{1,2}}(?:(?: to |-|–)\d{{1,2}})? (?:{_MONTH})\b",  # dates
            # Years, spans of years, decades: no amount of money, no number of a thing
            rf"(?<![$€₸£₽\d])\b(?:1[5-9]|20)\d\d(?:[-–/]\d{{2,4}})?s?\b(?!\s?(?:%|(?:{_UNIT})\b))",
            r"\b\d+(?:st|nd|rd|th)\b",  # ordinals
            r"(?i:chapter|section|objective|step|article|line|assignment)s? \d+",
        )
    )
)
_ROLE = re.compile(r"\{[a-z:]+\}`[^`]*`")
_CODE = re.compile(r"`+[^`]*`+")
_MATH = re.compile(r"\$[^$]*\$")
_LINK = re.compile(r"\]\([^)]*\)|<https?://[^>]*>|https?://\S+|\]\[[^\]]*\]")
_LIST = re.compile(r"^\s*\d+[.)] ")
_FENCE = re.compile(r"^\s*(`{3,}|~{3,}|:{3,})\s*(\{[^}]*\})?(.*)$")
_OPTION = re.compile(r"^\s*:[a-z_-]+:")
_NUMERIC_ANSWER = re.compile(r"^\s*[=!]\s*[-\d.,]+(\s*(\+-|±)\s*[\d.,]+)?\s*::")
#: Directives whose body is prose; the body of any other is code, data or formula
_PROSE = {
    "admonition",
    "note",
    "tip",
    "warning",
    "important",
    "seealso",
    "hint",
    "dropdown",
    "margin",
    "sidebar",
    "grid",
    "grid-item-card",
    "card",
    "exercise",
    "solution",
    "self-check",
    "objectives",
    "definition",
    "prf:definition",
    "glossary",
    "epigraph",
    "figure",
    "list-table",
    "table",
}
#: Words given to a figure, wherever they are written
_FIGURE_WORDS = {"caption", "alt", "takeaway", "x_title", "y_title", "title"}


@dataclass(frozen=True)
class Bare:
    """A figure in prose without a source."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: bare number {self.text!r}: use a fact or a computed value"


def bare_numbers(text: str, name: str) -> list[Bare]:
    """Return every bare number of one MyST page, in order."""
    found = [Bare(name, number, token) for number, line in _prose(text) for token in _tokens(line)]
    for start, code in _cells(text):
        found += [Bare(name, start + line, token) for line, token in _figure_words(code)]
    return sorted(found, key=lambda bare: bare.line)


def _tokens(line: str) -> list[str]:
    line = _LIST.sub("", _NUMERIC_ANSWER.sub("", line))
    for pattern in (_ROLE, _CODE, _MATH, _LINK, _ALLOWED):
        line = pattern.sub(" ", line)
    return re.findall(r"\d[\d,.]*\d|\d", line)


def _prose(text: str) -> Iterator[tuple[int, str]]:
    """Yield (line number, line) of prose: no front matter, code, mathematics or example."""
    fences: list[tuple[str, bool]] = []
    matter = text.startswith("---\n")
    math = False
    lines = text.split("\n")
    for number, line in enumerate(lines, start=1):
        if matter:
            matter = number == 1 or line.strip() != "---"
            continue
        if line.strip() == "$$":
            math = not math
            continue
        hidden = math or any(skip for _, skip in fences)
        fence = _FENCE.match(line)
        if fence:
            marks, directive, rest = fence.groups()
            if fences and not directive and not rest.strip() and marks.startswith(fences[-1][0]):
                fences.pop()
                continue
            if not hidden:
                fences.append((marks, not _is_prose(directive, lines, number)))
                continue
            if directive or rest.strip():
                fences.append((marks, True))
                continue
        if hidden or (fences and _OPTION.match(line)):
            continue
        yield number, line


def _is_prose(directive: str | None, lines: list[str], number: int) -> bool:
    if not directive or directive.strip("{}") not in _PROSE:
        return False
    following = lines[number : number + 3]
    return not any(re.match(r"\s*:class:.*\bexample\b", line) for line in following)


def _cells(text: str) -> Iterator[tuple[int, str]]:
    """Yield (line before the first code line, code) of every code cell."""
    for match in re.finditer(r"^```\{code-cell\}[^\n]*\n(.*?)^```", text, re.M | re.S):
        start = text[: match.start(1)].count("\n")
        body = match.group(1)
        if options := re.match(r"(?::[^\n]*\n)+\n?|---\n.*?---\n", body, re.S):
            start += options.group(0).count("\n")
            body = body[options.end() :]
        yield start, body


def _figure_words(code: str) -> Iterator[tuple[int, str]]:
    try:
        tree = ast.parse(code)
    except SyntaxError:
        return  # the cell stops the build by itself
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg in _FIGURE_WORDS:
            for part in ast.walk(node.value):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    # A format such as .1f inside an f-string is a Constant too: not words.
                    if re.fullmatch(r"[,+]?\.?\d*[a-z%]?", part.value):
                        continue
                    for token in _tokens(part.value):
                        yield part.lineno, token


def _check(app: Any, env: Any, docnames: list[str]) -> None:
    found: list[Bare] = []
    for docname in sorted(docnames):
        path = Path(env.doc2path(docname))
        if path.suffix == ".md":
            found += bare_numbers(path.read_text(encoding="utf-8"), f"{docname}.md")
    if found:
        raise ExtensionError("\n".join(str(bare) for bare in found))


def setup(app: Any) -> dict[str, Any]:
    """Stop the build at a bare number, before any page is read."""
    app.connect("env-before-read-docs", _check)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def main(argv: list[str] | None = None) -> int:
    """Check the given pages, or all of chapters/; return 1 if a bare number was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path)
    files = parser.parse_args(argv).files or sorted(Path("chapters").rglob("*.md"))
    found = [bare for file in files for bare in bare_numbers(file.read_text("utf-8"), str(file))]
    for bare in found:
        print(bare, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
