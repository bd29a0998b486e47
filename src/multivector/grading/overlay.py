"""An instructor's own hidden tests and choices, from a folder outside the repository.

``FOLDER/NAME.md`` is written like the source of assignment NAME and holds only what differs:
choices of parameters in the front matter, and hidden tests inside the blocks of their questions. It
is woven into the source's text, so that every build, variant and guard sees one source.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from multivector.grading import variants
from multivector.grading.assignment import (
    FOLDER,
    Assignment,
    find,
    front_matter,
    myst_cells,
    parse,
    pieces_of,
    read_case,
    read_text,
)
from multivector.grading.variants import SourceError

_CELL = "```{{code-cell}} ipython3\n{}\n```\n"


def read_with(name: str | Path, folder: Path | None) -> tuple[Assignment, str]:
    """Return an assignment with what ``folder`` has on it woven in, and in words what that is.

    A folder without a file for this assignment changes nothing. Raises ``SourceError`` for a
    folder that is not there or lies in the book's repository, and for an overlay that would change
    what students were told: a public test, an unknown parameter, another number of points.
    """
    path = find(name)
    text = read_text(path)
    book = parse(text, path)
    if folder is None:
        return book, ""
    if not folder.is_dir():
        raise SourceError(f"{folder} is no folder")
    home = next((p.parent for p in path.resolve().parents if p.name == FOLDER), None)
    if home is not None and folder.resolve().is_relative_to(home):
        raise SourceError(f"{folder} lies in the repository: an overlay is nobody else's to read")
    source = folder / f"{book.slug}.md"
    if not source.is_file():
        return book, changes(book, book)
    overlay = read_text(source)
    try:
        woven = parse(weave(text, overlay), path)
    except SourceError as error:
        raise SourceError(f"{source}: {error}") from None
    for before, after in zip(book.questions, woven.questions, strict=True):
        if before.points != after.points:
            raise SourceError(
                f"{source}: the tests of {before.name} give {after.points:g} points, the question "
                f"promises {before.points:g}"
            )
    return woven, changes(book, woven)


def weave(text: str, overlay: str) -> str:
    """Return a source's text with an overlay's tests and choices in it.

    A test that has the name of a hidden one takes its place, any other is added. Raises
    ``SourceError``.
    """
    facts = front_matter(overlay)["multivector"]
    unknown = sorted(map(str, set(facts) - {"parameters"}))
    if unknown:
        raise SourceError(f"an overlay has parameters and tests, not {', '.join(unknown)}")
    choices = facts.get("parameters")
    declared = variants.parameters(front_matter(text)["multivector"])
    values = variants.default(declared)
    if choices:
        variants.drawn({"draws": choices}, declared)  # in words, what JSON has no way to say
        # JSON is YAML: in one line, wherever the source's own block stands.
        line = f"multivector:\n  draws: {json.dumps(choices, ensure_ascii=False)}\n"
        text = re.sub(r"^multivector:[ \t]*\n", lambda _: line, text, count=1, flags=re.MULTILINE)
    for question, source in _tests(overlay):
        text = _place(text, question, source, values)
    return text


def _tests(overlay: str) -> Iterator[tuple[str, str]]:
    """Yield (question, source) for every test cell of an overlay."""
    question, inside = "", False
    for kind, source in pieces_of(myst_cells(overlay)[1]):
        if kind == "otter":
            if match := re.match(r"# BEGIN QUESTION\s+name:\s*(\S+)", source):
                question = match[1]
            inside = source.startswith("# BEGIN TESTS") or (
                inside and not source.startswith("# END TESTS")
            )
        elif kind == "code":
            if not question or not inside:
                raise SourceError("code outside # BEGIN TESTS: an overlay holds tests only")
            yield question, source


def _place(text: str, question: str, source: str, values: Mapping[str, Any]) -> str:
    """Return the text with one test among those of its question. ``values``: to read tests with."""
    case = read_case(variants.filled(source, values), question)
    if not case.hidden:
        raise SourceError(f"{question}: {case.name} is public: students would get it")
    head = rf"^# BEGIN QUESTION\n(?:(?!```|#)[^\n]*\n)*?name: *{re.escape(question)} *\n"
    block = re.compile(rf"{head}.*?^# END TESTS", re.MULTILINE | re.DOTALL)
    found = block.search(text)
    if found is None:
        raise SourceError(f"the assignment has no question {question}")
    body, cell = found[0], _CELL.format(source)
    for match in re.finditer(r"(?ms)^```\{code-cell\}[^\n]*\n(.*?)^```[ \t]*\n", body):
        if "# BEGIN TEST CONFIG" not in match[1]:
            continue
        there = read_case(variants.filled(match[1].strip("\n"), values), question)
        if there.name == case.name:
            if not there.hidden:
                raise SourceError(f"{question}: {case.name} is a public test of the assignment")
            body = body[: match.start()] + cell + body[match.end() :]
            break
    else:
        fence = body.rindex("```otter")
        body = body[:fence] + cell + "\n" + body[fence:]
    return text[: found.start()] + body + text[found.end() :]


def changes(book: Assignment, woven: Assignment) -> str:
    """Return in words what an overlay changes, for a person to check."""
    before = {c.name: c.source for q in book.questions for c in q.cases}
    after = {c.name: c.source for q in woven.questions for c in q.cases}
    told = {
        "tests added": [n for n in after if n not in before],
        "tests replaced": [n for n in before if before[n] != after[n]],
        "choices of": [n for n, c in woven.parameters.items() if c != book.parameters[n]],
    }
    parts = [f"{what} {', '.join(names)}" for what, names in told.items() if names]
    return f"overlay on {book.slug}: {'; '.join(parts) or 'nothing'}"
