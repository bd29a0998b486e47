"""The graded assignments in the book: a list with launch links, and their student notebooks.

The notebooks are those of ``multivector student-notebooks``, which Binder's image runs; the book's
own build puts the same files under ``_downloads/notebooks``.
"""

from __future__ import annotations

import html
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from multivector.book import launch, repository
from multivector.book.notebooks import DOWNLOADS
from multivector.grading.assignment import FOLDER, Assignment, read_all
from multivector.grading.build import student_notebooks


class AssignmentList(SphinxDirective):
    """``{assignments}``: title, time, points, objectives and links of each assignment."""

    def run(self) -> list[nodes.Node]:
        """Return a section-like group per assignment."""
        home = repository.find(Path(self.env.srcdir))
        found: list[nodes.Node] = []
        for assignment in read_all(Path(self.env.srcdir)):
            self.env.note_dependency(str(assignment.path))
            points = sum(q.points for q in assignment.questions)
            judged = sum(q.points for q in assignment.judged)
            words = (
                f"{assignment.slug}: about {assignment.minutes:g} minutes, {points:g} points, "
                f"{judged:g} of them read by a person. Afterwards you can"
            )
            goals = nodes.bullet_list()
            goals += [
                nodes.list_item("", nodes.paragraph(text=text))
                for text in assignment.objectives.values()
            ]
            places = "".join(
                f'<li><a href="{html.escape(address)}"{_download(address)}>{text}</a></li>'
                for text, address in self._links(assignment, home)
            )
            found += [nodes.rubric(text=assignment.title), nodes.paragraph(text=words), goals]
            found.append(nodes.raw("", f"<ul>{places}</ul>", format="html"))
        return found

    def _links(
        self, assignment: Assignment, home: repository.Repository | None
    ) -> list[tuple[str, str]]:
        name = f"{FOLDER}/{assignment.slug}"
        wanted = {"Download this chapter as a notebook": "Download the notebook"}
        plain = launch.links(self.env.docname, f"{name}.ipynb", home)
        colab = launch.links(self.env.docname, f"{name}-colab.ipynb", home)
        kept = [(wanted.get(w, w), a) for w, a in plain if w in (*wanted, "Run it on Binder")]
        return kept + [(w, a) for w, a in colab if w == "Run it on Colab"]


def _download(address: str) -> str:
    return "" if address.startswith("https:") else " download"


def _with_the_book(app: Any, error: Exception | None) -> None:
    if not error and app.builder.name == "html":
        home = repository.find(Path(app.srcdir))
        package = f"multivector @ git+{home.url}" if home else "multivector"
        student_notebooks(Path(app.srcdir), Path(app.outdir, DOWNLOADS), package)


def setup(app: Any) -> dict[str, Any]:
    """Add the directive, and write the notebooks when the book's build ends."""
    app.add_directive("assignments", AssignmentList)
    app.connect("build-finished", _with_the_book)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
