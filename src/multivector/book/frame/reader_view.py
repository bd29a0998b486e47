"""Tell reader views what is content.

Reader views (Firefox's and others use Readability) drop a section with few words beside a figure as
an advertisement, unless its class says that it is content. Nothing of this is seen on the page.
"""

from __future__ import annotations

from typing import Any

from docutils import nodes

#: A word that Readability counts in favour of an element
CONTENT = "mv-content"


def _mark(app: Any, doctree: nodes.document, docname: str) -> None:
    """Give every section and every cell of a page the class of content."""
    for node in doctree.findall(nodes.Element):
        if isinstance(node, nodes.section | nodes.figure) or node.get("nb_element"):
            node["classes"].append(CONTENT)


def setup(app: Any) -> dict[str, Any]:
    """Mark the content of each page before it is written."""
    app.connect("doctree-resolved", _mark)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
