"""From the one source to the files that leave it, the same bytes every time.

The student's notebook holds the prompts, stripped solution cells, checks and the public tests; a
build that would let a hidden test or a line of the solution out stops instead.
"""

from __future__ import annotations

import html
import io
import json
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from multivector import archive
from multivector.grading.assignment import (
    FOLDER,
    Assignment,
    myst_cells,
    one_boundary_a_fence,
    read_all,
    sum_points,
    with_solution,
    without_solution,
)
from multivector.grading.notebook import _Answers, judge

#: What a build makes unless told otherwise: all that needs nothing but this package.
DEFAULT_PARTS = ("student", "colab", "solution")
PARTS = (*DEFAULT_PARTS, "gradescope")
_HERE = Path(__file__).resolve().parents[3]
#: Not the bare name: on an index that may be a stranger's. This fails and says what is missing.
_NO_ADDRESS = "multivector @ git+ADDRESS"


class BuildError(RuntimeError):
    """A build that must not leave the machine; the message says why."""


def own_package(root: Path = _HERE) -> str:
    """Return what pip installs this very package from; empty where its folder has no address.

    The sources must be in ``root``: an installed copy may lie within somebody's own repository.
    """
    from multivector.book.build import repository

    return package_of(repository.find(root) if (root / "src" / "multivector").is_dir() else None)


def package_of(home: Any) -> str:
    """Return what pip installs the package from, given where a repository is; empty for nowhere."""
    return f"multivector @ git+{home.url}" if home else ""


def student_notebook(assignment: Assignment, *, colab: bool = False, package: str = "") -> str:
    """Return the student's notebook as the text of an ``.ipynb``.

    ``colab``: with a first cell that installs ``package`` (a pip requirement; ``own_package``).
    Raises ``BuildError`` if a solution or a hidden test would leave with it.
    """
    cells = []
    if colab:
        package = package or own_package() or _NO_ADDRESS
        source = (
            f"# Colab starts empty: this installs the book's package.\n%pip install -q {package!r}"
        )
        cells.append(_cell("code", source, "install", hidden=True))
    cells.append(_cell("code", _init_source(assignment), "init", hidden=True))
    public = assignment.public_tests()
    for number, cell in enumerate(assignment.cells):
        if cell.role == "check" and cell.question not in public:
            continue
        source = without_solution(cell.source) if cell.role == "solution" else cell.source
        if source.strip():
            kind = "markdown" if cell.role == "text" else "code"
            cells.append(_cell(kind, source, f"{assignment.slug}-{number}", locked=cell.role))
    # The title, what it asks and gives, and only then the machinery.
    first = next(i for i, cell in enumerate(cells) if cell["cell_type"] == "markdown")
    cells = [cells[first], _notice(assignment), *cells[:first], *cells[first + 1 :]]
    text = _notebook_text(assignment, cells)
    found = leaks(assignment, text)
    if found:
        raise BuildError(f"{assignment.slug}: would leak {found[0]!r}")
    return text


def solution_notebook(assignment: Assignment) -> str:
    """Return the notebook that gets full marks, as the text of an ``.ipynb``."""
    cells = []
    for number, cell in enumerate(assignment.cells):
        if cell.role == "check":
            continue
        source = with_solution(cell.source) if cell.role == "solution" else cell.source
        kind = "markdown" if cell.role == "text" else "code"
        cells.append(_cell(kind, source, f"{assignment.slug}-{number}"))
    return _notebook_text(assignment, cells)


def _init_source(assignment: Assignment) -> str:
    tests = json.dumps(assignment.public_tests(), ensure_ascii=False, indent=1)
    if "'''" in tests:
        raise BuildError(f"{assignment.slug}: a public test contains three single quotes")
    return (
        "# Run this cell first. It holds the checks: they look at the form of an answer and at\n"
        "# common slips, never at its value.\n"
        "from multivector.grading import Notebook\n\n"
        f"grader = Notebook.from_text(r'''{tests}''')"
    )


def _notice(assignment: Assignment) -> dict[str, Any]:
    minutes = f"About {assignment.minutes:g} minutes."
    points = f"{sum(q.points for q in assignment.questions):g} points"
    judged = sum(q.points for q in assignment.judged)
    split = f", {judged:g} of them read by a person" if judged else ""
    goals = "\n".join(f"- {text}" for text in assignment.objectives.values())
    text = f"*{minutes} {points}{split}.*\n\nAfterwards you can\n\n{goals}"
    return _cell("markdown", text, "notice")


def _cell(
    kind: str, source: str, seed: str, *, hidden: bool = False, locked: str = ""
) -> dict[str, Any]:
    metadata: dict[str, Any] = {}
    if hidden:
        metadata["jupyter"] = {"source_hidden": True}
    if hidden or locked in ("text", "check"):
        metadata |= {"deletable": False, "editable": False}
    identifier = re.sub(r"[^a-zA-Z0-9_-]", "-", f"cell-{seed}")[:64]
    cell = {"cell_type": kind, "id": identifier, "metadata": metadata, "source": source}
    return cell | ({"execution_count": None, "outputs": []} if kind == "code" else {})


def _notebook_text(assignment: Assignment, cells: list[dict[str, Any]]) -> str:
    for cell in cells:
        cell["source"] = cell["source"].splitlines(keepends=True)
    notebook = {
        "cells": cells,
        "metadata": {
            "kernelspec": dict(assignment.kernelspec),
            "language_info": {"name": "python"},
            "title": assignment.title,
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def leaks(assignment: Assignment, text: str) -> list[str]:
    """Return every telling line of a solution or a hidden test that occurs in ``text``.

    A line is telling if it is longer than a dozen characters and occurs in no part of the source
    that students may see. ``text`` is any file a student gets: a line is also looked for as JSON,
    JSON inside JSON, Python and HTML write it.
    """
    allowed = "\n".join(
        [c.source for c in assignment.cells if c.role != "solution"]
        + [without_solution(c.source) for c in assignment.cells if c.role == "solution"]
        + [c.source for q in assignment.questions for c in q.cases if not c.hidden]
    )
    secret = [c.source for q in assignment.questions for c in q.cases if c.hidden]
    secret += [with_solution(c.source) for c in assignment.cells if c.role == "solution"]
    lines = [line.strip() for source in secret for line in source.splitlines()]
    telling = [line for line in lines if len(line) > 12 and line not in allowed]
    return [line for line in telling if any(form in text for form in _written(line))]


def _written(line: str) -> set[str]:
    """Return a line as it may stand in a file: plain, escaped once or twice, or as HTML."""
    forms = {line}
    for _ in range(2):
        forms |= {json.dumps(form, ensure_ascii=a)[1:-1] for form in forms for a in (True, False)}
    return forms | {html.escape(line), html.escape(line, quote=False), repr(line)[1:-1]}


def self_test(assignment: Assignment) -> None:
    """Run solution and template here and now; raises ``BuildError`` unless full marks and 0.

    Nor may a public test complain about the solution, whatever it is worth.
    """
    for name, strip in (("solution", with_solution), ("untouched template", without_solution)):
        points, complaints = _points_here(assignment, strip)
        expected = assignment.out_of if name == "solution" else 0
        if points != expected:
            first = f"; {complaints[0]}" if complaints and expected else ""
            raise BuildError(
                f"{assignment.slug}: the {name} gets {points:g}, not {expected:g}{first}"
            )
        if complaints and name == "solution":
            raise BuildError(f"{assignment.slug}: the solution is told: {complaints[0]}")
    answers = _Answers(names_of_solution(assignment))
    for tests in assignment.public_tests().values():  # as students get them, with sealed slips
        for test in tests:
            if verdict := judge(test["name"], test["source"], answers):
                raise BuildError(f"{assignment.slug}: the solution is told: {verdict.message}")


def _points_here(assignment: Assignment, strip: Any) -> tuple[float, list[str]]:
    """Return the points of the automatic questions, and what any test complains about."""
    answers, points, complaints = _Answers(_names_here(assignment, strip)), [], []
    for case in (c for q in assignment.questions for c in q.cases):
        verdict = judge(case.name, case.source, answers)
        points.append(case.points * (1.0 if verdict is None else verdict.share))
        if verdict is not None:
            complaints.append(f"{case.name}: {verdict.message}")
    return sum_points(points), complaints


def _names_here(assignment: Assignment, strip: Any) -> dict[str, Any]:
    env: dict[str, Any] = {"__name__": "__main__", "display": lambda *a, **k: None}
    for cell in assignment.cells:
        if cell.role in ("code", "solution"):
            source = strip(cell.source) if cell.role == "solution" else cell.source
            try:
                exec(compile(source, f"<{cell.question or 'set-up'}>", "exec"), env)
            except Exception as error:
                raise BuildError(f"{assignment.slug} {cell.question}: {error!r}") from error
    return env


_SOLVED: dict[str, dict[str, Any]] = {}


def names_of_solution(assignment: Assignment) -> dict[str, Any]:
    """Return the names of a notebook in which the solution has run. Read it, do not change it."""
    if assignment.digest not in _SOLVED:
        _SOLVED.clear()  # one at a time: it holds the tables
        _SOLVED[assignment.digest] = _names_here(assignment, with_solution)
    return _SOLVED[assignment.digest]


def solution_page(assignment: Assignment) -> str:
    """Return the instructor's page: solution, every test, points and rubric, as HTML."""
    from markdown_it import MarkdownIt

    render = MarkdownIt("commonmark").enable("table").render
    parts = [
        f"<h1>{html.escape(assignment.title)}: solution</h1>",
        "<p><strong>For instructors.</strong> In a public repository this is public: see the "
        "guide on private overlays before you give points for it.</p>",
        "<table><tr><th>Question</th><th>Points</th><th>Minutes</th><th>Objectives</th></tr>",
    ]
    for question in assignment.questions:
        cells = (question.title, f"{question.points:g}", f"{question.minutes:g}")
        row = "".join(
            f"<td>{html.escape(c)}</td>" for c in (*cells, ", ".join(question.objectives))
        )
        parts.append(f"<tr>{row}</tr>")
    parts.append("</table>")
    for cell in assignment.cells:
        if cell.role == "text":
            parts.append(render(cell.source))
        elif cell.role == "check":
            question = assignment.question(cell.question)
            parts += [_test_html(case) for case in question.cases]
            parts += [_criterion_html(r) for r in question.rubric]
        else:
            source = with_solution(cell.source) if cell.role == "solution" else cell.source
            parts.append(f'<pre class="{cell.role}">{html.escape(source)}</pre>')
    style = (
        "body{max-width:50rem;margin:2rem auto;padding:0 1rem;font:1rem/1.5 sans-serif}"
        "pre{background:#f4f4f4;padding:.8rem;overflow:auto}pre.solution{background:#e6f2e6}"
        "td,th{text-align:left;padding:.2rem .8rem .2rem 0;vertical-align:top}"
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="robots" content="noindex">'
        f"<title>{html.escape(assignment.title)}: solution</title><style>{style}</style></head>\n"
        "<body>\n" + "\n".join(parts) + "\n</body></html>\n"
    )


def _criterion_html(criterion: Mapping[str, Any]) -> str:
    bands = "".join(
        f"<li>{word}: {html.escape(str(criterion[word]))}</li>"
        for word in ("full", "half", "none")
        if word in criterion
    )
    text = f"<p>Rubric, {criterion['points']:g}: {html.escape(str(criterion['criterion']))}.</p>"
    return text + (f"<ul>{bands}</ul>" if bands else "")


def _test_html(case: Any) -> str:
    who = "hidden" if case.hidden else "public"
    return (
        f"<details><summary>Test <code>{html.escape(case.name)}</code>, {who}, "
        f"{case.points:g} points</summary><pre>{html.escape(case.source)}</pre></details>"
    )


def gradescope_zip(assignment: Assignment, target: Path, package: str = "") -> None:
    """Write otter-grader's autograder zip for Gradescope to ``target``.

    otter builds it (and runs the solution once more, its own way); ids and dates are then fixed, so
    that two builds are the same file. Raises ``BuildError`` if otter is missing or objects.
    """
    try:
        import otter  # noqa: F401
    except ModuleNotFoundError:
        raise BuildError(
            "the Gradescope zip needs otter-grader; in the book's folder: "
            '.venv/bin/python -m pip install -c constraints.txt -e ".[instructor]"'
        ) from None
    package = package or own_package() or _NO_ADDRESS
    config = "# ASSIGNMENT CONFIG\n"
    source_text = assignment.source.replace(config, f"{config}requirements: requirements.txt\n")
    _, pieces = myst_cells(one_boundary_a_fence(source_text))
    cells = [
        _cell("code" if kind == "code" else "markdown", text, str(number))
        for number, (kind, text) in enumerate(pieces)
    ]
    with tempfile.TemporaryDirectory(prefix="multivector-") as folder:
        source = Path(folder) / f"{assignment.slug}.ipynb"
        source.write_text(_notebook_text(assignment, cells), encoding="utf-8")
        (Path(folder) / "requirements.txt").write_text(f"{package}\n", encoding="utf-8")
        run = subprocess.run(
            [sys.executable, "-m", "otter", "assign", source.name, "out", "--no-pdfs"],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=300,
        )
        made = sorted((Path(folder) / "out" / "autograder").glob("*.zip"))
        if run.returncode != 0 or len(made) != 1:
            raise BuildError(f"otter assign: {(run.stderr or run.stdout).strip()[-800:]}")
        _normalise_zip(made[0], target)


def _normalise_zip(source: Path, target: Path) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(made, "w") as new:
        for name in sorted(old.namelist()):
            entry = archive.entry(name)
            entry.external_attr = old.getinfo(name).external_attr
            new.writestr(entry, old.read(name))
    archive.write_whole(target, made.getvalue())


def build(
    assignment: Assignment,
    target: Path,
    parts: Iterable[str] = DEFAULT_PARTS,
    package: str = "",
) -> list[Path]:
    """Write the chosen ``parts`` under ``target`` and return their paths.

    Raises ``BuildError`` if solution or template do not get what they should, or something leaks.
    """
    self_test(assignment)
    slug, written = assignment.slug, []

    def write(path: Path, text: str) -> None:
        archive.write_whole(path, text.encode())
        written.append(path)

    if "student" in parts:
        write(target / "student" / f"{slug}.ipynb", student_notebook(assignment))
    if "colab" in parts:
        text = student_notebook(assignment, colab=True, package=package)
        write(target / "colab" / f"{slug}.ipynb", text)
    if "solution" in parts:
        folder = target / "instructor"
        write(folder / f"{slug}-solution.ipynb", solution_notebook(assignment))
        write(folder / f"{slug}-solution.html", solution_page(assignment))
    if "gradescope" in parts:
        path = target / "instructor" / f"{slug}-gradescope.zip"
        gradescope_zip(assignment, path, package)
        written.append(path)
    return written


def student_notebooks(root: Path, out: Path, package: str = "") -> list[Path]:
    """Write every assignment of a repository for students; return the paths.

    OUT/exercises/NAME.ipynb and, with a first cell that installs ``package``, NAME-colab.ipynb;
    without a package nothing for Colab. Raises ``BuildError`` rather than leak.
    """
    written = []
    for assignment in read_all(root):
        for suffix in ("", "-colab") if package else ("",):
            path = out / FOLDER / f"{assignment.slug}{suffix}.ipynb"
            text = student_notebook(assignment, colab=bool(suffix), package=package)
            archive.write_whole(path, text.encode())
            written.append(path)
    return written
