"""The graded assignments in the book: a list, a page for each, and their student notebooks.

``{assignments}`` is the list, ``{assignment} NAME`` the facts and links of one, and
``{assignment-questions} NAME`` its prompts: everything comes from the assignment's source, and
nothing of its solutions or tests. The notebooks are those of ``multivector student-notebooks``,
which Binder's image runs; the book's own build puts the same files under ``_downloads/notebooks``.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from multivector.book.build import repository
from multivector.book.notebooks import launch
from multivector.book.notebooks.notebooks import DOWNLOADS
from multivector.grading.assignment import FOLDER, Assignment, Question, SourceError, read_all
from multivector.grading.build import package_of, student_notebooks

#: Where the page of an assignment stands, if it has one
PAGES = "chapters/exercises"


class AssignmentList(SphinxDirective):
    """``{assignments}``: title, time and points of each assignment, with a link to its page."""

    def run(self) -> list[nodes.Node]:
        """Return a table, a row an assignment and one for all."""
        found = read_all(Path(self.env.srcdir))
        for assignment in found:
            self.env.note_dependency(str(assignment.path))
        head = ("Assignment", "Minutes", "Points", "Judged")
        group = nodes.tgroup("", *(nodes.colspec(colwidth=1) for _ in head), cols=len(head))
        group += nodes.thead("", _row([nodes.Text(word) for word in head]))
        lines = [_numbers(a) for a in found]
        together = [nodes.Text(f"{sum(column):g}") for column in zip(*lines, strict=True)]
        group += nodes.tbody(
            "",
            *(_row(self._cells(a, line)) for a, line in zip(found, lines, strict=True)),
            _row([nodes.emphasis(text="Together"), *together]),
        )
        return [nodes.table("", group, classes=["mv-plan"])]

    def _cells(self, assignment: Assignment, numbers: tuple[float, ...]) -> list[nodes.Node]:
        title: nodes.Node = nodes.Text(label(assignment))
        page = f"{PAGES}/{assignment.slug}"
        if page in self.env.found_docs:
            where = self.env.app.builder.get_relative_uri(self.env.docname, page)
            title = nodes.reference("", label(assignment), refuri=where, internal=True)
        return [title, *(nodes.Text(f"{number:g}") for number in numbers)]


class _OneAssignment(SphinxDirective):
    required_arguments = 1

    def assignment(self) -> Assignment:
        """Return the assignment that the directive names; stop where there is none."""
        try:
            found = {a.slug: a for a in read_all(Path(self.env.srcdir))}
            result = found[self.arguments[0]]
        except KeyError:
            raise self.error(f"no assignment called {self.arguments[0]!r} in {FOLDER}/") from None
        except SourceError as error:
            raise self.error(str(error)) from error
        self.env.note_dependency(str(result.path))
        return result


class AssignmentFacts(_OneAssignment):
    """``{assignment} NAME``: links, time, points and what one can do afterwards."""

    def run(self) -> list[nodes.Node]:
        """Return the list of links, a sentence and the objectives."""
        assignment = self.assignment()
        home = repository.find(Path(self.env.srcdir))
        places = launch.listed(self._links(assignment, home), "The notebook of this assignment")
        goals = nodes.bullet_list(
            "",
            *(nodes.list_item("", nodes.paragraph(text=t)) for t in assignment.objectives.values()),
        )
        return [
            nodes.raw("", places, format="html"),
            nodes.paragraph(text=summary(assignment)),
            nodes.paragraph(text="Afterwards you can"),
            goals,
        ]

    def _links(
        self, assignment: Assignment, home: repository.Repository | None
    ) -> list[tuple[str, str]]:
        name = f"{FOLDER}/{assignment.slug}"
        wanted = {"Download this chapter as a notebook": "Download the notebook"}
        plain = launch.links(self.env.docname, f"{name}.ipynb", home)
        colab = launch.links(self.env.docname, f"{name}-colab.ipynb", home)
        kept = [(wanted.get(w, w), a) for w, a in plain if w in (*wanted, "Run it on Binder")]
        return kept + [(w, a) for w, a in colab if w == "Run it on Colab"]


class AssignmentQuestions(_OneAssignment):
    """``{assignment-questions} NAME``: what is asked, to read before a kernel runs.

    Stands alone under a heading: each question is a section of its own.
    """

    def run(self) -> list[nodes.Node]:
        """Return a section per question, its prompt as the student's notebook has it."""
        return [self._section(self.assignment(), q) for q in self.assignment().questions]

    def _section(self, assignment: Assignment, question: Question) -> nodes.section:
        section = nodes.section(ids=[f"question-{question.name}"], names=[])
        section += nodes.title(text=question.title)
        for text in prompts(assignment, question):
            section += self.parse_text_to_nodes(text)
        if question.rubric:
            wanted = [f"{r['criterion']} ({r['points']:g})." for r in question.rubric]
            items = (nodes.list_item("", nodes.paragraph(text=text)) for text in wanted)
            section += nodes.paragraph(text="A reader looks for this, and gives these points:")
            section += nodes.bullet_list("", *items)
        return section


def label(assignment: Assignment) -> str:
    """Return number and title, as the book's prose names an assignment: "05 Measuring vectors"."""
    return f"{assignment.slug.partition('-')[0]} {assignment.title}"


def _numbers(assignment: Assignment) -> tuple[float, float, float]:
    automatic, judged = points(assignment)
    return assignment.minutes, automatic + judged, judged


def points(assignment: Assignment) -> tuple[float, float]:
    """Return the points that the grader gives and those that a person gives."""
    return assignment.out_of, sum(q.points for q in assignment.judged)


def summary(assignment: Assignment) -> str:
    """Return time and points of an assignment in a sentence or two."""
    automatic, judged = points(assignment)
    words = f"About {assignment.minutes:g} minutes, {automatic + judged:g} points."
    if not judged:
        return f"{words} The grader counts all of them."
    return f"{words} The grader counts {automatic:g}; a person reads for the other {judged:g}."


def prompts(assignment: Assignment, question: Question) -> list[str]:
    """Return the Markdown of a question's prompt, without its heading, in order."""
    texts = [
        re.sub(r"\A#+\s+.*\n*", "", cell.source)
        for cell in assignment.cells
        if cell.role == "text" and cell.question == question.name
    ]
    return [text for text in texts if text.strip()]


def _row(cells: list[nodes.Node]) -> nodes.row:
    return nodes.row("", *(nodes.entry("", nodes.paragraph("", "", cell)) for cell in cells))


def _style(app: Any, page: str, template: str, context: dict, doctree: Any) -> None:
    if page.startswith(f"{PAGES}/"):
        app.add_css_file("launch.css")


def _with_the_book(app: Any, error: Exception | None) -> None:
    if not error and app.builder.name == "html":
        package = package_of(repository.find(Path(app.srcdir)))
        student_notebooks(Path(app.srcdir), Path(app.outdir, DOWNLOADS), package)


def setup(app: Any) -> dict[str, Any]:
    """Add the directives, and write the notebooks when the book's build ends."""
    app.add_directive("assignments", AssignmentList)
    app.add_directive("assignment", AssignmentFacts)
    app.add_directive("assignment-questions", AssignmentQuestions)
    app.connect("html-page-context", _style)
    app.connect("build-finished", _with_the_book)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
