"""Errata on a page: what stood in the book, since when, and what is right.

``{errata}`` lists ``errata.csv``, the latest first; every row has the id ``e-<erratum_id>``.
"""

from __future__ import annotations

import html
from typing import Any

import pandas as pd
from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

from multivector import facts
from multivector.book.statements.searches import named
from multivector.data import data_dir, load

_HEAD = ("Page", "What stood there", "Since", "What is right", "Mended")


class Errata(SphinxDirective):
    """Render ``errata.csv`` as a table."""

    def run(self) -> list[nodes.Node]:
        """Return the table; the page is read again when the errata change."""
        self.env.note_dependency(str(data_dir() / "errata.csv"))
        table = load("errata").sort_values(["mended", "erratum_id"], ascending=[False, True])
        rows = "".join(self._row(row) for row in table.to_dict("records"))
        head = "".join(f'<th scope="col">{title}</th>' for title in _HEAD)
        text = (
            '<div class="book-scroll mv-tall mv-listed" tabindex="0" role="region" '
            'aria-label="Errata">'
            f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
        )
        return [nodes.raw("", text, format="html")]

    def _row(self, row: dict[str, Any]) -> str:
        docname = f"chapters/{row['page']}"
        if docname not in self.env.found_docs:
            raise ExtensionError(f"errata.csv: {row['erratum_id']} names no page: {row['page']}")
        up = "../" * self.env.docname.count("/")
        # The page's title is known when it is read; its file name is its address.
        page = f'<a href="{up}{docname}.html">{html.escape(row["page"].rsplit("/", 1)[-1])}</a>'
        note = "" if pd.isna(row["note"]) else f" {html.escape(row['note'])}"
        cells = (
            page,
            html.escape(row["stood"]),
            facts.date_words(row["since"].date().isoformat()),
            html.escape(row["right"]) + note + self._fact(row["fact_id"], up),
            facts.date_words(row["mended"].date().isoformat()),
        )
        body = named([f"<td>{cell}</td>" for cell in cells], _HEAD)
        return f'<tr id="e-{row["erratum_id"]}">{body}</tr>'

    def _fact(self, fact_id: Any, up: str) -> str:
        if pd.isna(fact_id):
            return ""
        where = f"{up}chapters/reference/statements.html#s-{fact_id}"
        return f' (<a href="{where}">the statement and its source</a>)'


def setup(app: Any) -> dict[str, Any]:
    """Register the directive."""
    app.add_directive("errata", Errata)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
