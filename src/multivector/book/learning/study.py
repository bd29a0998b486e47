"""Study aids: how long a chapter takes, what a reader has done, and where that is kept.

Everything a reader does stays in the reader's own browser: ``static/study.js`` writes it to local
storage, shows it on the chapters and on the page that holds ``{progress}``, and nothing is sent.
Here the build says what a script could not know: the reading time under each title, and the table
of chapters with the objectives and self-checks of each.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from multivector.book.build import cache
from multivector.book.learning import selfcheck
from multivector.book.learning.terms import TAUGHT, reading_order

#: Words a minute of a student who reads to learn, in a second language. A convention, as are the
#: minutes below: both are printed beside the times they give, here and in the syllabuses.
WORDS_A_MINUTE = 130
#: Minutes for one of each
MINUTES = {"self-check": 2, "figure": 2, "explorer": 5, "exercise": 15, "code cell": 1}

_EXPLORER = '<section class="mv-explorer"'
_FOLDED_CODE = re.compile(r'<details class="[^"]*\bhide\b[^"]*">\s*<summary[^>]*>.*?</summary>\s*'
                          r'<div class="cell_input', re.S)  # fmt: skip


@dataclass(frozen=True)
class Reading:
    """What a page asks of its reader: words, and how many there are of each key of ``MINUTES``."""

    words: int
    counts: Mapping[str, int]

    @property
    def exact(self) -> float:
        """Return the minutes it takes, not rounded."""
        return self.words / WORDS_A_MINUTE + sum(MINUTES[k] * n for k, n in self.counts.items())

    @property
    def minutes(self) -> int:
        """Return the minutes it takes, at least one."""
        return max(1, round(self.exact))

    def line(self) -> str:
        """Return the sentence under a title."""
        parts = [f"{self.words:,} words"] + [
            f"{count} {one if count == 1 else one + 's'}"
            for one, count in self.counts.items()
            if count
        ]
        return f"About {self.minutes} {_minutes(self.minutes)}: {', '.join(parts)}."


def _minutes(count: int) -> str:
    return "minute" if count == 1 else "minutes"


def measure(doctree: nodes.Node) -> Reading:
    """Return what a page asks of its reader; code whose input is taken out is not read."""
    words = 0
    counts = dict.fromkeys(MINUTES, 0)
    for node in doctree.findall(nodes.Element):
        kind = type(node).__name__
        if isinstance(node, nodes.paragraph):
            words += len(node.astext().split())
        elif isinstance(node, selfcheck.SelfCheckForm):
            counts["self-check"] += 1
        elif isinstance(node, nodes.figure):
            counts["figure"] += 1
        elif isinstance(node, nodes.raw) and _EXPLORER in node.astext():
            counts["explorer"] += 1
        elif kind in ("exercise_node", "exercise_enumerable_node"):
            counts["exercise"] += 1
        elif isinstance(node, nodes.container) and node.get("nb_element") == "cell_code_source":
            counts["code cell"] += 1
    return Reading(words, counts)


def rates() -> str:
    """Return the sentence that says how the times are made."""
    each = ", ".join(f"{value} for each {name}" for name, value in MINUTES.items())
    return (
        f"Times count a minute for every {WORDS_A_MINUTE} words, and in minutes {each}. "
        "It is a convention, not a measurement of you."
    )


def readings(env: Any) -> dict[str, Reading]:
    """Return what each page that teaches asks of its reader, by docname."""
    if not hasattr(env, "mv_readings"):
        env.mv_readings = {}
    return env.mv_readings


class ProgressPlace(nodes.General, nodes.Element):
    """Where the reader's table goes once every page has been read."""


class Progress(SphinxDirective):
    """``{progress}``: the reader's own table, with export and erase."""

    def run(self) -> list[nodes.Node]:
        """Return the marker; the table needs every page."""
        self.env.mv_progress_page = self.env.docname
        return [ProgressPlace(), nodes.paragraph(text=rates())]


def table(rows: list[tuple[str, str, str, Reading, int, list[str]]]) -> str:
    """Return the reader's table as HTML.

    A row is (page, address, title, reading, number of objectives, names of self-checks).
    """
    head = "".join(
        f'<th scope="col">{word}</th>'
        for word in ("Chapter", "Read", "Objectives ticked", "Self-checks right", "Not yet right")
    )
    body = "".join(
        f'<tr data-page="{page}" data-checks="{" ".join(checks)}" data-objectives="{goals}">'
        f'<th scope="row"><a href="{html.escape(address)}">{html.escape(title)}</a> '
        f"<small>about {reading.minutes} {_minutes(reading.minutes)}</small></th>"
        f'<td data-cell="read">no</td><td data-cell="ticked">0 of {goals}</td>'
        f'<td data-cell="right">0 of {len(checks)}</td><td data-cell="wrong">0</td></tr>'
        for page, address, title, reading, goals, checks in rows
    )
    goals = sum(row[4] for row in rows)
    asked = sum(len(row[5]) for row in rows)
    foot = (
        f'<tr data-page=""><th scope="row">All chapters</th>'
        f'<td data-cell="read">0 of {len(rows)}</td><td data-cell="ticked">0 of {goals}</td>'
        f'<td data-cell="right">0 of {asked}</td><td data-cell="wrong">0</td></tr>'
    )
    return (
        '<div class="mv-progress"><noscript><p>Progress is kept by a script in your own browser, '
        "and scripts are off: nothing is kept, and there is nothing to show.</p></noscript>"
        '<div class="mv-js"><p class="mv-actions">'
        '<button type="button" class="btn" data-act="export">Export as a file</button> '
        '<button type="button" class="btn" data-act="erase">Erase</button> '
        '<button type="button" class="btn" data-act="undo" disabled>Undo</button></p>'
        '<p class="mv-said-so" role="status"></p>'
        '<div class="book-scroll mv-wide" tabindex="0" role="region" aria-label="Your progress">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody><tfoot>{foot}</tfoot></table>"
        "</div></div></div>"
    )


# --- with Sphinx --------------------------------------------------------------------------------


def _collect(app: Any, doctree: nodes.document) -> None:
    if app.env.docname.startswith(TAUGHT):
        readings(app.env)[app.env.docname] = measure(doctree)


def _purge(app: Any, env: Any, docname: str) -> None:
    readings(env).pop(docname, None)


def _again(app: Any, env: Any) -> list[str]:
    page = getattr(env, "mv_progress_page", None)
    return [page] if page in env.found_docs and cache.reading(app) else []


def _fill(app: Any, doctree: nodes.document, docname: str) -> None:
    for place in list(doctree.findall(ProgressPlace)):
        found, env = readings(app.env), app.env
        rows = [
            (
                page, app.builder.get_relative_uri(docname, page), env.titles[page].astext(),
                found[page], len(selfcheck.objectives_of(env, page)),
                selfcheck.checks_of(env, page),
            )
            for page in reading_order(env, app.config.root_doc)
            if page in found
        ]  # fmt: skip
        place.replace_self(nodes.raw("", table(rows), format="html"))


def _context(app: Any, page: str, template: str, context: dict, doctree: Any) -> None:
    """Print the time under the title; tell the layout which of its controls the page needs."""
    if app.builder.name != "html" or "body" not in context:
        return
    body = context["body"]
    context["mv_folded_code"] = bool(_FOLDED_CODE.search(body))
    reading = readings(app.env).get(page)
    if reading is None:
        return
    progress = getattr(app.env, "mv_progress_page", None)
    context["mv_progress"] = app.builder.get_relative_uri(page, progress) if progress else ""
    context["mv_chapter"] = True
    time = f'<p class="mv-time">{reading.line()}</p>'
    context["body"] = re.sub("</h1>", lambda found: found[0] + time, body, count=1)


def setup(app: Any) -> dict[str, Any]:
    """Register the directive; every page gets the script that keeps and shows progress."""
    app.add_directive("progress", Progress)
    app.add_node(ProgressPlace)
    app.add_js_file("study.js", loading_method="defer")
    app.connect("doctree-read", _collect)
    app.connect("env-purge-doc", _purge)
    app.connect("env-updated", _again)
    app.connect("doctree-resolved", _fill)
    app.connect("html-page-context", _context)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
