"""The ``{status}`` directive: which versions built the book and which pages ran with what result.

No clock: the date is the commit's, and durations stay in the log of the build.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from multivector import fingerprint
from multivector.book.build import cache
from multivector.data import package

#: What shapes the book, where it is installed: the newest Sphinx builds it without Jupyter Book.
PACKAGES = ("multivector", "jupyter-book", "sphinx", "myst-nb", "pandas", "plotly", "anywidget")


class StatusPlace(nodes.General, nodes.Element):
    """Where the tables go once every page has been read."""


class Status(SphinxDirective):
    """Mark the place; the tables need every page's result."""

    def run(self) -> list[nodes.Node]:
        """Return the marker."""
        self.env.mv_status_page = self.env.docname
        return [StatusPlace()]


def commit(root: Path) -> tuple[str, str]:
    """Return (short hash, date) of the commit, or two blanks outside a git checkout."""
    command = ["git", "-C", str(root), "log", "-1", "--format=%h %cs"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "", ""
    short, _, date = done.stdout.strip().partition(" ")
    return short, date


def versions(root: Path) -> list[tuple[str, str]]:
    """Return (what, version) of the commit and of each package that shapes the book."""
    short, date = commit(root)
    built = f"{short}, {date}" if short else "not built from a git checkout"
    found = fingerprint.versions(PACKAGES)
    return [("commit", built), *((name, found[name]) for name in PACKAGES if found[name])]


def _table(title: str, head: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[nodes.Node]:
    group = nodes.tgroup(cols=len(head))
    group += [nodes.colspec(colwidth=1) for _ in head]

    def row(cells: tuple[str, ...]) -> nodes.row:
        return nodes.row("", *(nodes.entry("", nodes.paragraph(text=cell)) for cell in cells))

    group += nodes.thead("", row(head))
    group += nodes.tbody("", *(row(cells) for cells in rows))
    return [nodes.rubric(text=title), nodes.table("", group)]


def _fill(app: Any, doctree: nodes.document, docname: str) -> None:
    for place in list(doctree.findall(StatusPlace)):
        ran = []
        for page, data in sorted(app.env.nb_metadata.items()):
            result = data.get("exec_data")
            if result:
                ran.append((page, "every cell ran" if result["succeeded"] else "failed"))
        tables = [
            (r["name"], r["terms"]["checked"], r["hash"].removeprefix("sha256:")[:12])
            for r in package()["resources"]
        ]
        place.replace_self(
            [
                *_table("What built this book", ("what", "version"), app.env.mv_versions),
                *_table("Pages that run code", ("page", "result"), ran),
                *_table("Tables", ("table", "terms read on", "sha256 begins"), tables),
            ]
        )


def _again(app: Any, env: Any) -> list[str]:
    page = getattr(env, "mv_status_page", None)
    before, env.mv_versions = getattr(env, "mv_versions", None), versions(Path(app.srcdir))
    changed = env.mv_versions != before
    return [page] if page in env.found_docs and (changed or cache.reading(app)) else []


def setup(app: Any) -> dict[str, Any]:
    """Register the directive; the page is written again when a page or a version changed."""
    app.add_directive("status", Status)
    app.add_node(StatusPlace)
    app.connect("doctree-resolved", _fill)
    app.connect("env-updated", _again)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
