"""The ``{codebook}`` directive: the data package described from its own descriptor, and its zip."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from multivector import data, explorers

ZIP = "_downloads/multi-vector-data.zip"
#: Roles and calls that read a table without naming it
_BY_FACT = re.compile(r"\{(?:fact|quote)\}`|facts\.(?:value|get)\(|^```\{statements\}", re.M)
_BY_SEARCH = re.compile(r"\{search\}`|^```\{searches\}", re.M)
_EXPLORER = re.compile(r"\bexplorers\.([A-Z]\w+)\(")


def _loaded(text: str) -> set[str]:
    """Return the tables that a page or a module reads."""
    names = set(re.findall(r"\bload\(\"([\w-]+)\"[,)]", text))
    if "```{errata}" in text:
        names.add("errata")
    if _BY_SEARCH.search(text):
        names.add("searches")
    return names | {"facts", "sources"} if _BY_FACT.search(text) else names


def used(srcdir: Path, docnames: list[str]) -> dict[str, list[str]]:
    """Return {table: links to the pages that use it}.

    A fact in prose uses ``facts``; an explorer uses what its module loads.
    """
    found: dict[str, list[str]] = {}
    for docname in sorted(docnames):
        path = srcdir / f"{docname}.md"
        if not path.is_file():
            continue
        text = path.read_text(encoding="utf-8")
        shown = {getattr(explorers, name) for name in _EXPLORER.findall(text)}
        modules = [inspect.getsource(inspect.getmodule(explorer)) for explorer in shown]
        for name in set().union(*map(_loaded, [text, *modules])):
            found.setdefault(name, []).append(f"{{doc}}`/{docname}`")
    return found


class Codebook(SphinxDirective):
    """Render every table's codebook entry as sections of the page."""

    def run(self) -> list[nodes.Node]:
        """Return the parsed sections; the page is read again when descriptor or pages change."""
        self.env.note_dependency(str(data.data_dir() / "datapackage.json"))
        for docname in self.env.found_docs:
            self.env.note_dependency(self.env.doc2path(docname))
        pages = used(Path(self.env.srcdir), list(self.env.found_docs))
        depth = "../" * self.env.docname.count("/")
        link = nodes.raw(
            "",
            f'<p><a download href="{depth}{ZIP}">Download every table that may be passed on '
            "(zip)</a></p>",
            format="html",
        )
        return [
            link,
            *self.parse_text_to_nodes(data.codebook(used=pages), allow_section_headings=True),
        ]


def _write(app: Any, error: Exception | None) -> None:
    if not error and app.builder.format == "html":
        data.write_zip(Path(app.outdir, ZIP))


def setup(app: Any) -> dict[str, Any]:
    """Register the directive and write the zip when the build ends."""
    app.add_directive("codebook", Codebook)
    app.connect("build-finished", _write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
