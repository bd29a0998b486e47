"""What the search page looks through besides Sphinx's index of pages: statements and terms.

``static/find.js`` searches. Here the build writes ``find-index.js``: every statement with its
speaker and the page that lists it, every glossary term in its three tongues, and the first words of
each page.
It is a classic script, as Sphinx's own index is, because a page opened as a file may not read its
neighbours.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from docutils import nodes

from multivector import facts
from multivector.book.frame.weight import description
from multivector.book.learning.terms import GLOSSARY, listed

INDEX = "find-index.js"
_TONGUES = re.compile(r"^Russian: (.*) · Kazakh: (.*)$")


def statements(where: dict[str, str]) -> list[dict[str, str]]:
    """Return every statement that some page lists; ``where`` is fact id -> page."""
    return [
        _filled({
            "id": fact.fact_id, "page": where[fact.fact_id], "says": facts.prose(fact),
            "about": fact.indicator, "voice": facts.voice(fact), "kind": fact.kind,
            "when": facts.period(fact), "quote": fact.quote, "lang": fact.quote_language,
            "english": fact.quote_en if fact.quote_language not in (None, "en") else None,
        })
        for fact in facts.all_facts().values()
        if fact.fact_id in where
    ]  # fmt: skip


def terms(doctree: nodes.Node) -> list[dict[str, str]]:
    """Return the terms of a glossary page: id, term, ru, kk, meaning; a dash is left out."""
    found = []
    for term, identifier, line, meaning in listed(doctree):
        tongues = _TONGUES.match(line)
        ru, kk = tongues.groups() if tongues else ("–", "–")
        found.append(_filled({
            "id": identifier, "term": term, "meaning": meaning,
            "ru": ru.replace("–", ""), "kk": kk.replace("–", ""),
        }))  # fmt: skip
    return found


def _filled(entry: dict[str, str | None]) -> dict[str, str]:
    return {key: value for key, value in entry.items() if value}


def script(said: list[dict], meant: list[dict], pages: dict[str, str]) -> str:
    """Return the index as a classic script."""
    index = {"statements": said, "terms": meant, "pages": pages, "glossary": GLOSSARY}
    text = json.dumps(index, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return f"window.mvFound({text});\n"


def _where(env: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for page, ids in sorted(getattr(env, "mv_listed", {}).items()):
        for fact_id in ids:
            found.setdefault(fact_id, page)
    return found


def _pages(env: Any) -> dict[str, str]:
    """Return the first words of each page, noted as it is read."""
    if not hasattr(env, "mv_first_words"):
        env.mv_first_words, env.mv_meant = {}, []
    return env.mv_first_words


def _note(app: Any, doctree: nodes.document) -> None:
    _pages(app.env)[app.env.docname] = description(doctree, "")
    if app.env.docname == GLOSSARY:
        app.env.mv_meant = terms(doctree)


def _purge(app: Any, env: Any, docname: str) -> None:
    _pages(env).pop(docname, None)
    if docname == GLOSSARY:
        env.mv_meant = []


def _write(app: Any, error: Exception | None) -> None:
    if error or app.builder.name != "html":
        return
    pages = {name: text for name, text in sorted(_pages(app.env).items()) if text}
    text = script(statements(_where(app.env)), app.env.mv_meant, pages)
    Path(app.outdir, "_static", INDEX).write_text(text, encoding="utf-8")


def _lists(app: Any, page: str, template: str, context: dict, doctree: Any) -> None:
    """Tell the search page which plain lists a reader without a script can look through."""
    if page == "search":
        titles = app.env.titles
        names = [GLOSSARY, *sorted(getattr(app.env, "mv_listed", {}))]
        context["mv_lists"] = [(name, titles[name].astext()) for name in names if name in titles]


def setup(app: Any) -> dict[str, Any]:
    """Note pages as they are read; write the index at the end, before addresses are stamped."""
    app.connect("doctree-read", _note, priority=900)
    app.connect("env-purge-doc", _purge)
    app.connect("html-page-context", _lists)
    app.connect("build-finished", _write, priority=800)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
