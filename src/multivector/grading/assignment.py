"""The one source of an assignment: a MyST notebook in otter-grader's own block format.

`` ```otter `` fences hold otter's ``# BEGIN QUESTION`` and its kin, so that ``otter assign`` builds
the same source; minutes, objectives and rubrics stand in the front matter under ``multivector``.
Reading needs neither otter nor jupytext, so that a small Binder image can build student notebooks.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from multivector.grading import variants
from multivector.grading.seal import sealed
from multivector.grading.variants import SourceError

#: The folder of a repository that holds an assignment per folder
FOLDER = "exercises"
# Safe, and many times faster where PyYAML brings its C parser.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_FRONT = re.compile(r"\A---\n(.*?)^---[ \t]*\n", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"^```\{code-cell\}[^\n]*\n(.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)
_FENCE = re.compile(r"^```otter[ \t]*\n(.*?)^```[ \t]*$\n?", re.MULTILINE | re.DOTALL)
_BOUNDARY = re.compile(r"#\s+(BEGIN|END)\s+(QUESTION|SOLUTION|TESTS)\s*", re.IGNORECASE)
_CONFIG = re.compile(
    r'\A"""\s*#\s*BEGIN TEST CONFIG\n(?P<config>.*?)^"""\s*#\s*END TEST CONFIG\n',
    re.MULTILINE | re.DOTALL,
)
_ASSIGN = re.compile(r"^(\s*[\w.,\s\[\]\"']+?\s*=)(?!=).*#\s*SOLUTION\s*$")


@dataclass(frozen=True)
class TestCase:
    """One test function: its source, what it is worth, and who may see it."""

    __test__ = False  # not one of pytest's

    name: str
    source: str
    points: float
    hidden: bool
    params: tuple[str, ...]
    default_only: bool = False


@dataclass(frozen=True)
class Question:
    """One question: a name, its test cases, and for a judged one the rubric."""

    name: str
    title: str
    points: float
    manual: bool
    cases: tuple[TestCase, ...]
    minutes: float
    objectives: tuple[str, ...]
    rubric: tuple[Mapping[str, Any], ...] = ()
    #: Pages of the book that answer it, such as ``chapters/theory/bandwagoning``.
    read: tuple[str, ...] = ()

    @property
    def answers(self) -> tuple[str, ...]:
        """The names a student has to define, in the order in which the tests ask for them."""
        return tuple(dict.fromkeys(p for case in self.cases for p in case.params))


@dataclass(frozen=True)
class Cell:
    """One cell of the source. ``role``: text, code, solution (to be stripped) or check."""

    role: str
    source: str
    question: str | None = None


@dataclass(frozen=True)
class Assignment:
    """A whole assignment, read and checked: the book's, or one student's variant of it.

    ``source`` has the values of its parameters in place; ``template`` is the text as written.
    """

    slug: str
    title: str
    minutes: float
    objectives: Mapping[str, str]
    questions: tuple[Question, ...]
    cells: tuple[Cell, ...]
    kernelspec: Mapping[str, Any]
    source: str
    path: Path
    digest: str
    template: str
    parameters: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    #: A variant's values; ``None``: the book's, with the tests that only fit those.
    chosen: Mapping[str, Any] | None = None

    @property
    def automatic(self) -> tuple[Question, ...]:
        """The questions that the grader decides."""
        return tuple(q for q in self.questions if not q.manual)

    @property
    def judged(self) -> tuple[Question, ...]:
        """The questions that a person reads."""
        return tuple(q for q in self.questions if q.manual)

    @property
    def out_of(self) -> float:
        """Points that the grader can give."""
        return sum_points(q.points for q in self.automatic)

    def question(self, name: str | None) -> Question:
        """Return the question of this name."""
        return next(q for q in self.questions if q.name == name)

    def public_tests(self) -> dict[str, list[dict[str, str]]]:
        """Return name and source of every test a student may see, by question.

        Known wrong values are sealed in them.
        """
        return {
            q.name: [{"name": c.name, "source": sealed(c.source)} for c in q.cases if not c.hidden]
            for q in self.questions
            if any(not c.hidden for c in q.cases)
        }


def sum_points(points: Iterable[float]) -> float:
    """Return points added up, so that 0.1 and 0.2 are 0.3."""
    return round(sum(points), 6)


def find(name: str | Path) -> Path:
    """Return the source of an assignment given by path, folder or name.

    A name is looked for in ``exercises/`` under the working folder, then beside the package.
    Raises ``SourceError`` if there is none.
    """
    given = Path(name)
    places = [
        given,
        Path(FOLDER) / name,
        Path(__file__).resolve().parents[3] / FOLDER / name,
    ]
    for place in places:
        if place.is_file() and place.suffix == ".md":
            return place
        source = place / f"{place.resolve().name}.md"
        if source.is_file():
            return source
    raise SourceError(
        f"no assignment called {str(name)!r}: give a folder of exercises/ or a .md file"
    )


def read(name: str | Path) -> Assignment:
    """Return the assignment behind a path, folder or name; raises ``SourceError``."""
    path = find(name)
    return _parsed(read_text(path), path)


# A build of the book asks for every assignment on page after page; what is parsed is not changed.
_parsed = lru_cache(maxsize=64)(lambda text, path: parse(text, path))


def read_text(path: Path) -> str:
    """Return the text of a source or an overlay; raises ``SourceError`` unless it is UTF-8."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise SourceError(f"{path}: not in UTF-8; save it again as UTF-8") from None


def read_all(root: Path) -> list[Assignment]:
    """Return every assignment of a repository, in the order of their names."""
    folders = sorted(p.parent for p in (root / FOLDER).glob("*/*.md") if p.stem == p.parent.name)
    return [read(folder) for folder in folders]


def vary(assignment: Assignment, chosen: Mapping[str, Any]) -> Assignment:
    """Return the variant of an assignment in which its parameters have the ``chosen`` values."""
    return parse(assignment.template, assignment.path, chosen)


def parse(text: str, path: Path, chosen: Mapping[str, Any] | None = None) -> Assignment:
    """Return the assignment written in ``text``, or a variant of it.

    ``chosen``: a variant's value for every parameter. Raises ``SourceError`` for a broken source.
    """
    template = text
    front = front_matter(text)["multivector"]
    declared = variants.parameters(front)
    text = variants.substitute(text, variants.default(declared) if chosen is None else chosen)
    metadata, pieces = myst_cells(text)
    facts = metadata["multivector"]
    objectives = _form(dict, facts.get("objectives", {}), "objectives")
    cells: list[Cell] = []
    questions: list[Question] = []
    by_name = _form(dict, facts.get("questions", {}), "questions")
    state = _Reader(by_name, variant=chosen is not None)
    for kind, source in pieces_of(pieces):
        state.take(kind, source, cells, questions)
    if state.question is not None:
        raise SourceError(f"question {state.question['name']} never ends")
    if not any(cell.role == "text" for cell in cells):
        raise SourceError("no text: the first thing to read is the title")
    names = [q.name for q in questions]
    if len(set(names)) != len(names):
        raise SourceError("two questions share a name")
    unknown = {o for q in questions for o in q.objectives} - set(objectives)
    if unknown:
        raise SourceError(f"objectives used but not described: {', '.join(sorted(unknown))}")
    return Assignment(
        slug=path.stem,
        title=str(facts.get("title", path.stem)),
        minutes=_form(float, facts.get("minutes", 0), "minutes"),
        objectives=objectives,
        questions=tuple(questions),
        cells=tuple(cells),
        kernelspec=_form(dict, metadata.get("kernelspec", {}), "kernelspec"),
        source=text,
        path=path,
        digest=hashlib.sha256(f"{chosen is None}\n{text}".encode()).hexdigest(),
        template=template,
        parameters=variants.drawn(front, declared),
        chosen=chosen,
    )


def front_matter(text: str) -> dict[str, Any]:
    """Return the front matter of a MyST notebook, with a mapping under ``multivector``.

    Raises ``SourceError`` if there is none, or something else in its place.
    """
    match = _FRONT.match(text)
    if match is None:
        raise SourceError("no front matter: the source begins with ---")
    front = _mapping(match[1], "the front matter")
    return front | {"multivector": _form(dict, front.get("multivector") or {}, "multivector")}


def _mapping(text: str, what: str) -> dict[str, Any]:
    try:
        found = yaml.load(text, _Loader) or {}
    except yaml.YAMLError as error:
        raise SourceError(f"{what} is not YAML: {error}") from None
    return _form(dict, found, what)


def _form(kind: type, found: Any, what: str) -> Any:
    """Return what YAML gave if it is a dict, list or number; raises ``SourceError`` otherwise."""
    if not isinstance(found, (int, float) if kind is float else kind):
        names = {dict: "list of names and values", list: "list", float: "number"}
        raise SourceError(f"{what}: no {names[kind]}")
    return found


def myst_cells(text: str) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Return the front matter and the (text | code, source) cells of a MyST notebook.

    The subset that assignments use: ``{code-cell}`` fences without options, and ``+++`` between
    two cells of text. Raises ``SourceError`` for a source without front matter.
    """
    metadata = front_matter(text)
    cells: list[tuple[str, str]] = []
    rest = _FRONT.sub("", text, count=1)
    for index, part in enumerate(_CODE.split(rest)):
        if index % 2:
            cells.append(("code", part.strip("\n")))
            continue
        pieces = re.split(r"^\+\+\+.*$", part, flags=re.MULTILINE)
        cells += [("text", piece.strip()) for piece in pieces if piece.strip()]
    return metadata, cells


def pieces_of(cells: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield (text | code | otter, source) in order, with fences taken out of the text.

    One otter fence may hold several boundaries: each comes alone.
    """
    for kind, source in cells:
        if kind == "code":
            yield "code", source
            continue
        rest = source + "\n"
        while match := _FENCE.search(rest):
            if rest[: match.start()].strip():
                yield "text", rest[: match.start()].strip()
            # One fence may close one block and open the next: one boundary at a time.
            yield from (("otter", part) for part in _boundaries(match[1]))
            rest = rest[match.end() :]
        if rest.strip():
            yield "text", rest.strip()


def one_boundary_a_fence(text: str) -> str:
    """Return a source as otter wants it: one boundary a fence, and no key that is ours alone."""
    text = re.sub(r"^default_only:.*\n", "", text, flags=re.MULTILINE)
    return _FENCE.sub(
        lambda m: "".join(f"```otter\n{part}\n```\n\n" for part in _boundaries(m[1])), text
    )


def _boundaries(text: str) -> Iterator[str]:
    starts = [m.start() for m in re.finditer(r"^# ", text, re.MULTILINE)] + [len(text)]
    if text[: starts[0]].strip():
        raise SourceError(f"not an otter block: {text.strip().splitlines()[0]}")
    for start, end in zip(starts, starts[1:], strict=False):
        yield text[start:end].strip()


class _Reader:
    """Walks through the pieces and knows which block it is in."""

    def __init__(self, facts: Mapping[str, Any], *, variant: bool) -> None:
        self._facts, self._variant = facts, variant
        self.question: dict[str, Any] | None = None
        self._block: str | None = None
        self._cases: list[TestCase] = []
        self._title = ""

    def take(self, kind: str, source: str, cells: list[Cell], questions: list[Question]) -> None:
        if kind == "otter":
            self._boundary(source, cells, questions)
        elif self._block == "TESTS":
            if kind != "code":
                raise SourceError(f"{self._name()}: text among its tests")
            case = read_case(source, self._name())
            if not (case.default_only and self._variant):
                self._cases.append(case)
        elif self._block == "SOLUTION":
            cells.append(Cell("solution", source, self._name()))
        else:
            if self.question is not None and kind == "text" and not self._title:
                heading = re.search(r"^#+\s+(.*)$", source, re.MULTILINE)
                self._title = heading[1].strip() if heading else self._name()
            cells.append(Cell(kind, source, self.question and self._name()))

    def _name(self) -> str:
        if self.question is None:
            raise SourceError("a block outside every question")
        return str(self.question["name"])

    def _boundary(self, source: str, cells: list[Cell], questions: list[Question]) -> None:
        match = _BOUNDARY.match(source)
        if match is None:
            if not re.match(r"#\s+ASSIGNMENT CONFIG", source, re.IGNORECASE):
                raise SourceError(f"not an otter block: {source.splitlines()[0]}")
            return
        begin, block = match[1].upper() == "BEGIN", match[2].upper()
        if block == "QUESTION" and begin:
            if self.question is not None:
                raise SourceError(f"{self._name()}: a question inside it")
            self.question = _mapping(source, "a question's head")
            self._cases, self._title = [], ""
            if "name" not in self.question:
                raise SourceError("a question without a name")
        elif block == "QUESTION":
            cells.append(Cell("check", f'grader.check("{self._name()}")', self._name()))
            questions.append(self._finished())
            self.question = None
        else:
            expected = None if begin else block
            if self._block != expected:
                raise SourceError(f"{self._name()}: {match[0].strip()} out of place")
            self._block = block if begin else None

    def _finished(self) -> Question:
        assert self.question is not None
        name, manual = self._name(), bool(self.question.get("manual"))
        facts = _form(dict, self._facts.get(name, {}), name)
        points, rubric = sum_points(c.points for c in self._cases), self._rubric(facts)
        if manual:
            worth = sum_points(r["points"] for r in rubric)
            if points or not rubric or worth != self.question.get("points"):
                raise SourceError(f"{name}: a judged question's points are those of its rubric")
            points = worth
        elif not any(c.hidden for c in self._cases):
            raise SourceError(f"{name}: no hidden test, so a copied message would be full marks")
        if not facts.get("objectives") or not facts.get("minutes"):
            raise SourceError(f"{name}: minutes and objectives are missing in the front matter")
        return Question(
            name=name,
            title=self._title,
            points=points,
            manual=manual,
            cases=tuple(self._cases),
            minutes=_form(float, facts["minutes"], f"{name}, minutes"),
            objectives=tuple(_form(list, facts["objectives"], f"{name}, objectives")),
            rubric=rubric,
            read=tuple(_form(list, facts.get("read", []), f"{name}, read")),
        )

    def _rubric(self, facts: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
        what = f"{self._name()}, rubric"
        rubric = tuple(_form(dict, r, what) for r in _form(list, facts.get("rubric", []), what))
        for criterion in rubric:
            if {"id", "criterion", "points"} - set(criterion):
                raise SourceError(f"{what}: a criterion has an id, a criterion and points")
            _form(float, criterion["points"], what)
        return rubric


def read_case(source: str, question: str) -> TestCase:
    """Return the test function of a test cell; raises ``SourceError`` for anything else."""
    match = _CONFIG.match(source)
    config = _mapping(match["config"], f"{question}: a test's head") if match else {}
    body = source[match.end() :] if match else source
    try:
        tree = ast.parse(body)
    except SyntaxError as error:
        raise SourceError(f"{question}: a test is not Python: {error}") from None
    if len(tree.body) != 1 or not isinstance(tree.body[0], ast.FunctionDef):
        raise SourceError(f"{question}: a test cell holds one function and nothing else")
    if "points" not in config:
        raise SourceError(f"{question}: {tree.body[0].name} says nothing about its points")
    case = TestCase(
        name=tree.body[0].name,
        source=body.strip() + "\n",
        points=_form(float, config["points"], f"{question}: a test's points"),
        hidden=bool(config.get("hidden", False)),
        params=tuple(a.arg for a in tree.body[0].args.args),
        default_only=bool(config.get("default_only", False)),
    )
    if case.default_only and (case.hidden or case.points):
        raise SourceError(f"{question}: {case.name}: default_only is for public tests of 0 points")
    return case


def without_solution(source: str) -> str:
    """Return a solution cell as the student gets it, by otter's rules for ``# SOLUTION`` marks.

    Raises ``SourceError`` for a block that does not close.
    """
    kept: list[str] = []
    inside = False
    for line in source.splitlines():
        bare = line.strip()
        if bare.endswith(("# BEGIN PROMPT", "# END PROMPT", "# SOLUTION NO PROMPT")):
            continue
        if bare.startswith("# BEGIN SOLUTION"):
            inside = True
            if not bare.endswith("NO PROMPT"):
                kept.append(line[: len(line) - len(line.lstrip())] + "...")
        elif bare.endswith("# END SOLUTION"):
            inside = False
        elif inside:
            continue
        elif bare.endswith("# SOLUTION"):
            match = _ASSIGN.match(line)
            indent = line[: len(line) - len(line.lstrip())]
            kept.append(f"{match[1]} ..." if match else f"{indent}...")
        else:
            kept.append(line)
    if inside:
        raise SourceError("a solution block does not close")
    return "\n".join(kept).strip("\n")


def with_solution(source: str) -> str:
    """Return a solution cell as it runs: the marks and the prompt taken out."""
    kept: list[str] = []
    prompt = False
    for line in source.splitlines():
        bare = line.strip()
        if bare.endswith("# BEGIN PROMPT"):
            prompt = True
        elif bare.endswith("# END PROMPT"):
            prompt = False
        elif not prompt and not bare.startswith(("# BEGIN SOLUTION", "# END SOLUTION")):
            kept.append(re.sub(r"\s*# SOLUTION( NO PROMPT)?\s*$", "", line))
    return "\n".join(kept).strip("\n")
