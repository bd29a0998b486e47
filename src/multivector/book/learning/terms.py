"""Glossary terms where they are read: the first mention on a page links to its meaning.

A page needs no markup for it. The glossary stays a stock ``{glossary}``, so ``{term}`` works too;
this part gives every link to it the meaning as a hover text, says under each entry where the book
first uses the term, and warns of an entry that no chapter uses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.util import logging

logger = logging.getLogger(__name__)

GLOSSARY = "chapters/reference/glossary"
#: Pages that teach; a term used nowhere else is not used
TAUGHT = ("chapters/theory/", "chapters/case-2025/")
#: Prose that stays as it is: links, code, headings and what has a job of its own
_CLOSED = (
    nodes.reference, nodes.literal, nodes.math, nodes.title, nodes.caption, nodes.raw,
    nodes.rubric, nodes.table,
)  # fmt: skip


def pattern(term: str) -> re.Pattern[str]:
    """Return what finds a term: whole words, either case, hyphen or blank between its words."""
    words = [re.escape(word) for word in re.split(r"[\s-]+", term.strip())]
    return re.compile(r"(?<![\w-])" + r"[\s-]".join(words) + r"(?![\w-])", re.IGNORECASE)


def entries(doctree: nodes.Node) -> dict[str, tuple[str, str]]:
    """Return term -> (id, meaning as plain text) for every entry of every glossary on a page."""
    return {term: (identifier, meaning) for term, identifier, _, meaning in listed(doctree)}


def listed(doctree: nodes.Node) -> Iterator[tuple[str, str, str, str]]:
    """Yield (term, id, line of the other languages, meaning) for every term of every glossary."""
    for glossary in doctree.findall(addnodes.glossary):
        for item in glossary.findall(nodes.definition_list_item):
            tongues, *said = (" ".join(p.astext().split()) for p in item.findall(nodes.paragraph))
            for term in item.findall(nodes.term):
                yield term.astext(), term["ids"][0], tongues, " ".join(said)


def link(doctree: nodes.Node, found: dict[str, tuple[str, str]], address: str) -> int:
    """Link the first mention of each term in the prose of a page; returns how many were linked.

    Longer terms go first, so that "soft balancing" is not linked as "balancing".
    """
    linked = 0
    for term in sorted(found, key=lambda name: (-len(name), name)):
        for text in list(_open(doctree)):
            match = pattern(term).search(text)
            if not match:
                continue
            identifier, meaning = found[term]
            mention = nodes.reference(
                "", match[0], internal=True, refuri=f"{address}#{identifier}",
                reftitle=meaning, classes=["mv-term"],
            )  # fmt: skip
            before, after = text[: match.start()], text[match.end() :]
            parts = [nodes.Text(before), mention, nodes.Text(after)]
            text.parent.replace(text, [part for part in parts if part.astext()])
            linked += 1
            break
    return linked


def _open(doctree: nodes.Node) -> Iterator[nodes.Text]:
    for paragraph in doctree.findall(nodes.paragraph):
        if _inside(paragraph):
            continue
        for text in paragraph.findall(nodes.Text):
            if not _inside(text) and not _marked(text, paragraph):
                yield text


def _inside(node: nodes.Node) -> bool:
    while node.parent is not None:
        node = node.parent
        if isinstance(node, _CLOSED) or "mv-objectives" in node.get("classes", ()):
            return True
        if type(node).__name__ == "SelfCheckForm":  # a question must not answer itself
            return True
    return False


def _marked(text: nodes.Text, paragraph: nodes.Node) -> bool:
    """Return whether text is inside a node that is ours (a fact, a figure's words)."""
    node = text.parent
    while node is not paragraph:
        if not isinstance(node, nodes.emphasis | nodes.strong | nodes.inline):
            return True
        node = node.parent
    return False


def _collect(app: Any, doctree: nodes.document) -> None:
    if app.env.docname == GLOSSARY:
        app.env.mv_terms = entries(doctree)


def reading_order(env: Any, docname: str, seen: list[str] | None = None) -> list[str]:
    """Return the pages from ``docname`` on, as the tables of contents list them."""
    seen = [] if seen is None else seen
    if docname not in seen:
        seen.append(docname)
        for child in env.toctree_includes.get(docname, []):
            reading_order(env, child, seen)
    return seen


def _resolve(app: Any, doctree: nodes.document, docname: str) -> None:
    found = getattr(app.env, "mv_terms", {})
    if not found or app.builder.format != "html":
        return
    if docname == GLOSSARY:
        _first_uses(app, doctree, found)
        return
    if docname.startswith(TAUGHT):
        link(doctree, found, app.builder.get_relative_uri(docname, GLOSSARY))
    meanings = dict(found.values())
    for reference in doctree.findall(nodes.reference):
        path, _, identifier = reference.get("refuri", "").partition("#")
        if identifier in meanings and "glossary" in path and "reftitle" not in reference:
            reference["reftitle"] = meanings[identifier]
            reference["classes"].append("mv-term")


def _first_uses(app: Any, doctree: nodes.document, found: dict[str, tuple[str, str]]) -> None:
    order = reading_order(app.env, app.config.root_doc)
    taught = [name for name in order if name.startswith(TAUGHT)]
    words = {name: _said(app.env.get_doctree(name)) for name in taught}
    for item in list(doctree.findall(nodes.definition_list_item)):
        term = next(iter(item.findall(nodes.term))).astext()
        first = next((name for name in taught if pattern(term).search(words[name])), None)
        if first is None:
            logger.warning("glossary: no chapter uses %r", term, location=GLOSSARY)
            continue
        title = app.env.titles[first].astext()
        address = app.builder.get_relative_uri(GLOSSARY, first)
        line = nodes.paragraph("", "First used in: ")
        line += nodes.reference("", title, internal=True, refuri=address)
        next(iter(item.findall(nodes.definition))).append(line)


def _said(doctree: nodes.Node) -> str:
    """Return the prose of a page without its code, whose names are not words."""
    return "\n".join(
        "".join(t for t in paragraph.findall(nodes.Text) if not isinstance(t.parent, nodes.literal))
        for paragraph in doctree.findall(nodes.paragraph)
    )


def _outdated(app: Any, env: Any, added: set, changed: set, removed: set) -> list[str]:
    """Read the glossary again whenever a page changed: first uses may have moved."""
    return [GLOSSARY] if (added or changed or removed) and GLOSSARY in env.found_docs else []


def setup(app: Any) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("doctree-read", _collect)
    app.connect("doctree-resolved", _resolve, priority=700)
    app.connect("env-get-outdated", _outdated)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
