"""Searches in prose: a negative that opens what was looked for, where, when, with what words.

``{search}`no signature was found <accords-signature>` `` shows its words as a button with a
popover, as a fact does; ``{search}`accords-signature` `` shows the outcome. ``{searches}`` lists
the whole table on a page.
"""

from __future__ import annotations

import html
from collections.abc import Iterable
from typing import Any

from docutils import nodes
from sphinx.util.docutils import SphinxDirective, SphinxRole

from multivector import searches
from multivector.book.build.languages import spoken
from multivector.book.figures.figures import cell
from multivector.book.statements.facts import CARDS, FactReference
from multivector.data import DataError, data_dir

_HEAD = ("Question", "Outcome", "Words searched", "Where", "When", "Note")


class SearchRole(SphinxRole):
    """``{search}`words <id>` ``: an unknown id is an error with file and line."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the reference node, or a problem that stops the build."""
        try:
            shown, search_id = searches.split(self.text)
            searches.get(search_id)
        except DataError as error:
            message = self.inliner.reporter.error(str(error), line=self.lineno)
            return [self.inliner.problematic(self.rawtext, self.rawtext, message)], [message]
        return [FactReference(self.rawtext, shown, of="search", fact=search_id)], []


def card(search_id: str) -> str:
    """Return the card of one search as HTML (phrasing content only)."""
    search = searches.get(search_id)
    head = f"<strong>{html.escape(searches.OUTCOMES[search.outcome])}</strong>"
    return head + "".join(
        f"<span>{label}: {spoken(text)}</span>"
        for label, text in searches.told(search)
        if label != "Outcome"
    )


class Searches(SphinxDirective):
    """Render ``searches.csv`` as a table; every row has the id ``n-<search_id>``."""

    def run(self) -> list[nodes.Node]:
        """Return the table; the page is read again when the searches change."""
        self.env.note_dependency(str(data_dir() / "searches.csv"))
        rows = "".join(_row(search) for search in searches.all_searches().values())
        head = "".join(f'<th scope="col">{title}</th>' for title in _HEAD)
        text = (
            '<div class="book-scroll mv-tall mv-listed" tabindex="0" role="region" '
            'aria-label="Searches">'
            f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
        )
        return [nodes.raw("", text, format="html")]


def _row(search: searches.Search) -> str:
    cells = (
        cell(search.question),
        cell(searches.OUTCOMES[search.outcome]),
        f"<td>{spoken(search.words)}</td>",
        cell(search.places),
        cell(search.day),
        f"<td>{spoken(search.note or '')}</td>",
    )
    return f'<tr id="n-{search.search_id}">{named(cells, _HEAD)}</tr>'


def named(cells: Iterable[str], head: Iterable[str]) -> str:
    """Return the cells of a row, each with the name of its column for a narrow screen."""
    pairs = zip(cells, head, strict=True)
    return "".join(td.replace("<td", f'<td data-name="{title}"', 1) for td, title in pairs)


def setup(app: Any) -> dict[str, Any]:
    """Register the role, its card and the directive."""
    CARDS["search"] = card
    app.add_role("search", SearchRole())
    app.add_directive("searches", Searches)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
