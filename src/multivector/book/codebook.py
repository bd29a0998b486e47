"""The ``{codebook}`` directive: the data package described from its own descriptor."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from multivector import data


class Codebook(SphinxDirective):
    """Render every table's codebook entry as sections of the page."""

    def run(self) -> list[nodes.Node]:
        """Return the parsed sections; the page is read again when the descriptor changes."""
        self.env.note_dependency(str(data.data_dir() / "datapackage.json"))
        return self.parse_text_to_nodes(data.codebook(), allow_section_headings=True)


def setup(app: Any) -> dict[str, Any]:
    """Register the directive."""
    app.add_directive("codebook", Codebook)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
