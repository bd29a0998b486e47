"""The ``{statements}`` directive: every fact as one plain table, sortable and filterable.

Without JavaScript it is a table with links between statements that contradict each other; the
script adds a search field, three filters and sorting.
"""

from __future__ import annotations

import html
from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

from multivector import facts
from multivector.book.build.languages import tagged
from multivector.book.figures.figures import cell
from multivector.book.statements.facts import source_title
from multivector.data import data_dir, load

_HEAD = ("Statement", "About", "Who says it", "Kind", "Vector", "When", "Source")


class Statements(SphinxDirective):
    """Render facts as a table; ``:sources:`` or ``:others:`` limits it to some sources."""

    option_spec = {
        "sources": directives.unchanged,
        "others": directives.unchanged,
        "elsewhere": directives.unchanged_required,  # the page that holds the other statements
    }

    def run(self) -> list[nodes.Node]:
        """Return the table; the page is read again when the facts or sources change."""
        for name in ("facts.csv", "sources.csv"):
            self.env.note_dependency(str(data_dir() / name))
        only = set(self.options.get("sources", "").split())
        rest = set(self.options.get("others", "").split())
        rows = [
            fact
            for fact in facts.all_facts().values()
            if (not only or fact.source_id in only) and fact.source_id not in rest
        ]
        listed = _listed(self.env).setdefault(self.env.docname, [])
        listed += [fact.fact_id for fact in rows]
        return [nodes.raw("", table(rows, self.options["elsewhere"]), format="html")]


def _listed(env: Any) -> dict[str, list[str]]:
    """Return which page lists which statements; the search leads there."""
    if not hasattr(env, "mv_listed"):
        env.mv_listed = {}
    return env.mv_listed


def _purge(app: Any, env: Any, docname: str) -> None:
    _listed(env).pop(docname, None)


def table(rows: list[facts.Fact], elsewhere: str) -> str:
    """Return the table of statements as HTML; every row has the id ``s-<fact_id>``."""
    shown = {fact.fact_id for fact in rows}
    # Roles: a narrow screen lays rows out as cards, and a browser may then forget the table.
    head = "".join(f'<th scope="col" role="columnheader">{title}</th>' for title in _HEAD)
    body = "".join(_row(fact, shown, elsewhere) for fact in rows)
    return (
        f'<div class="mv-statements">{_filters(rows)}'
        f'<p class="mv-count" aria-live="polite">{len(rows)} statements</p>'
        f'<div class="book-scroll mv-tall" tabindex="0" role="region" aria-label="Statements">'
        f'<table role="table"><thead role="rowgroup"><tr role="row">{head}</tr></thead>'
        f'<tbody role="rowgroup">{body}</tbody></table></div></div>'
    )


def _filters(rows: list[facts.Fact]) -> str:
    """Return the form that narrows the table: in the page from the start, for nothing may move."""
    fields = '<label>Search <input type="search"></label>'
    for column, value in ((2, facts.voice), (3, lambda f: f.kind), (4, lambda f: f.vector)):
        options = "".join(
            f"<option>{html.escape(one)}</option>"
            for one in sorted({value(fact) for fact in rows} - {None, ""})
        )
        fields += (
            f'<label>{_HEAD[column]} <select data-column="{column}">'
            f'<option value="">any</option>{options}</select></label>'
        )
    return f'<form class="mv-filters mv-js">{fields}</form>'


def _row(fact: facts.Fact, shown: set[str], elsewhere: str) -> str:
    said = facts.prose(fact)
    quote = ""
    if fact.quote:
        quote = f"<br>{tagged(fact.quote, fact.quote_language, 'q')}"
        if fact.quote_en and fact.quote_en not in said:
            quote += f"<br>In English: {html.escape(fact.quote_en)}"
    against = ""
    if fact.conflicts_with:
        links = ", ".join(
            f'<a href="{"" if name in shown else elsewhere}#s-{name}">{name}</a>'
            for name in fact.conflicts_with.split()
        )
        against = f"<br>Stands against: {links}"
    cells = (
        f"{html.escape(said)}{quote}",
        f"{html.escape(fact.indicator or '')}{against}",
        html.escape(facts.voice(fact)),
        fact.kind,
        fact.vector or "",
        html.escape(facts.period(fact)),
        html.escape(fact.source_id) + (f", {html.escape(fact.locator)}" if fact.locator else ""),
    )
    orders = {"Statement": _order(fact), "When": fact.period_start or "9999"}
    row = "".join(
        f'<td role="cell" data-name="{name}"'
        + (f' data-sort="{html.escape(orders[name])}"' if name in orders else "")
        + f">{text}</td>"
        for name, text in zip(_HEAD, cells, strict=True)
    )
    return f'<tr role="row" id="s-{fact.fact_id}">{row}</tr>'


def _order(fact: facts.Fact) -> str:
    """Return what a statement sorts by: numbers of one unit by size, then words by letter."""
    if fact.value is None:
        return f"words {facts.prose(fact).strip('“')[:12]}"
    return f"{fact.unit} {fact.value:018.6f}"


class Sources(SphinxDirective):
    """Render ``sources.csv``: title with link, publisher, date, kind, stance, how it was seen."""

    def run(self) -> list[nodes.Node]:
        """Return the table of sources."""
        self.env.note_dependency(str(data_dir() / "sources.csv"))
        rows = []
        for source_id in load("sources")["source_id"]:
            row = {
                key: "" if value is None else value
                for key, value in facts.source(source_id).items()
            }
            date = row["published_date"]
            date = date.date().isoformat() if hasattr(date, "date") else (date or row["year"])
            cells = (
                cell(row["source_id"]),
                f"<td>{source_title(row)}</td>",
                cell(str(row["publisher"])),
                cell(str(date)),
                cell(row["kind"].replace("_", " ")),
                cell(row["stance"].replace("_", " ")),
                cell(row["seen"]),
            )
            rows.append(f"<tr>{''.join(cells)}</tr>")
        head = "".join(
            f'<th scope="col">{title}</th>'
            for title in ("Id", "Title", "Publisher", "Date", "Kind", "Stance", "Seen")
        )
        text = (
            '<div class="book-scroll mv-tall" tabindex="0" role="region" aria-label="Sources">'
            f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
        )
        return [nodes.raw("", text, format="html")]


def _script(app: Any, pagename: str, templatename: str, context: dict, doctree: Any) -> None:
    # Only the pages that hold such a table carry its script.
    if doctree is not None and any(
        "mv-statements" in node.astext() for node in doctree.findall(nodes.raw)
    ):
        app.add_js_file("statements.js", loading_method="defer")


def setup(app: Any) -> dict[str, Any]:
    """Register the directives and the script of their pages."""
    app.add_directive("statements", Statements)
    app.add_directive("sources", Sources)
    app.connect("env-purge-doc", _purge)
    app.connect("html-page-context", _script)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
