"""Facts in prose: a value that opens who said it, when, of what kind, in whose words.

``{fact}`eu-trade-2024` `` shows "$48.8 bn"; ``{quote}`bridge-power` `` shows the translated quote.
The value is plain text, so that reader views, copied text and voices have it. A button beside it
opens the card: by keyboard, and without JavaScript. Each page carries one card a fact, in order of
first use; print shows the cards as numbered notes at the end. The note number is drawn by the style
sheet: it is no word of the sentence, and nobody copies it.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping
from typing import Any

from docutils import nodes
from sphinx.util.docutils import SphinxRole

from multivector import facts
from multivector.book.build.languages import spoken, tagged
from multivector.data import DataError

#: Characters up to which a value stays on one line
_SHORT = 24
#: what a reference opens ("fact", "search") -> id -> its card as HTML; each role adds its own
CARDS: dict[str, Callable[[str], str]] = {}
#: what a reference opens -> what a screen reader says before the number of its note
_MARKS = {"fact": "Source of this statement", "search": "How this was searched"}


class FactReference(nodes.Inline, nodes.TextElement):
    """A fact in prose, or a search; its text child is the wording, so search and ePub see it.

    ``of`` is a key of ``CARDS``, ``fact`` the id of the row.
    """


class FactCards(nodes.General, nodes.Element):
    """The cards of one page, at its end; ``facts`` lists (of, id) in order of first use."""


class FactRole(SphinxRole):
    """``{fact}`id` `` and ``{quote}`id` ``: an unknown id is an error with file and line."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the reference node, or a problem that stops the build."""
        try:
            fact = facts.get(self.text.strip())
            shown = words(fact, quote=self.name == "quote")
        except DataError as error:
            message = self.inliner.reporter.error(str(error), line=self.lineno)
            return [self.inliner.problematic(self.rawtext, self.rawtext, message)], [message]
        return [FactReference(self.rawtext, shown, of="fact", fact=fact.fact_id)], []


def words(fact: facts.Fact, *, quote: bool) -> str:
    """Return what the page shows for a fact; refuses ``quote`` where no quote is recorded."""
    if not quote:
        return facts.prose(fact)
    if not (fact.quote_en or fact.quote):
        raise DataError(f"fact {fact.fact_id!r} has no quote")
    return f"“{fact.quote_en or fact.quote}”"


def card(fact: facts.Fact) -> str:
    """Return the card of one fact as HTML (phrasing content only)."""
    row = facts.source(fact.source_id)
    parts = [
        f"<strong>{html.escape(facts.prose(fact))}</strong>",
        f"<span>{html.escape(facts.KINDS[fact.kind])}"
        + (f"; {html.escape(facts.period(fact))}" if fact.period_start else "")
        + "</span>",
        f'<span class="mv-by">Said by: {html.escape(facts.voice(fact))}</span>',
    ]
    if fact.basis:
        parts.append(f"<span>Basis: {html.escape(fact.basis)}</span>")
    if fact.quote:
        parts.append(tagged(fact.quote, fact.quote_language, "q"))
        if fact.quote_en and fact.quote_language != "en":
            parts.append(f"<span>In English: {html.escape(fact.quote_en)}</span>")
    title = source_title(row)
    where = f", {html.escape(fact.locator)}" if fact.locator else ""
    parts.append(f'<span class="mv-by">Source: {title}{where}</span>')
    for rival in facts.rivals(fact):
        parts.append(
            f"<span>Contradicted by {html.escape(facts.voice(rival))}: "
            f"{html.escape(facts.prose(rival))}</span>"
        )
    if fact.note:
        parts.append(f"<span>Note: {spoken(fact.note)}</span>")
    return "".join(parts)


def source_title(row: Mapping[str, Any]) -> str:
    """Return a source's title as HTML: in its language, linked where an address is known."""
    title = tagged(row["title"] or row["source_id"], row["language"])
    if (row["url"] or "").startswith(("http://", "https://")):
        return f'<a href="{html.escape(row["url"])}">{title}</a>'
    return title


def _number(app: Any, doctree: nodes.document, docname: str) -> None:
    """Number the facts of a page in order of first use and append their cards."""
    order: dict[tuple[str, str], int] = {}
    for node in doctree.findall(FactReference):
        key = (node["of"], node["fact"])
        node["number"] = order.setdefault(key, len(order) + 1)
    if order:
        # Last in the page, outside any section, so that no heading claims the cards.
        doctree.append(FactCards(facts=list(order)))


def _plain(node: nodes.Node) -> bool:
    """Tell whether a button would be wrong here: inside a heading, a link or a contents list."""
    while node.parent is not None:
        node = node.parent
        if isinstance(node, nodes.title | nodes.reference | nodes.bullet_list) and (
            not isinstance(node, nodes.bullet_list) or node.get("toctree")
        ):
            return True
    return False


def visit_reference(self: Any, node: FactReference) -> None:
    """Open the value; the text child follows."""
    if _plain(node) or "number" not in node:
        node["open"] = False
        return
    node["open"] = True
    words = node.astext()
    classes = "mv-fact" + (" mv-said" if words.startswith("“") else "")
    classes += " mv-whole" if len(words) <= _SHORT else ""
    self.body.append(
        f'<span class="{classes}" data-{node["of"]}="{node["fact"]}" data-note="{node["number"]}">'
    )


def depart_reference(self: Any, node: FactReference) -> None:
    """Close the value with the button that opens its card."""
    if not node["open"]:
        return
    # One target a fact and page: ids stay unique when a fact appears twice.
    self.body.append(
        f'<button type="button" class="mv-mark" popovertarget="{node["of"]}-{node["fact"]}" '
        f'aria-label="{_MARKS[node["of"]]}, note {node["number"]}"></button></span>'
    )


def visit_cards(self: Any, node: FactCards) -> None:
    """Write every card of the page once, as popovers in an ordered list."""
    items = "".join(
        f'<li popover id="{of}-{name}" class="mv-card">{CARDS[of](name)}</li>'
        for of, name in node["facts"]
    )
    self.body.append(f'<ol class="mv-cards">{items}</ol>')
    raise nodes.SkipNode


def _text(self: Any, node: nodes.Node) -> None:
    """Leave the wording alone in builders without popovers."""


def _skip(self: Any, node: nodes.Node) -> None:
    raise nodes.SkipNode


def setup(app: Any) -> dict[str, Any]:
    """Register the two roles and their nodes."""
    CARDS["fact"] = lambda fact_id: card(facts.get(fact_id))
    app.add_role("fact", FactRole())
    app.add_role("quote", FactRole())
    plain, skip = (_text, _text), (_skip, None)
    app.add_node(
        FactReference,
        html=(visit_reference, depart_reference),
        latex=plain,
        text=plain,
        man=plain,
        texinfo=plain,
    )
    app.add_node(FactCards, html=(visit_cards, None), latex=skip, text=skip, man=skip, texinfo=skip)
    app.connect("doctree-resolved", _number)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
